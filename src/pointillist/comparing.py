"""How much each image's neighbours differ between two encoders: columns computed on request, kept in the store."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from pointillist.errors import StoreError
from pointillist.store import Store

_STAGE = "differences/1"


@dataclass(frozen=True, eq=False)
class Difference:
    """values: (n,) float32 from 0, the same k nearest, to 1, none in common; NaN where either has no vector.
    a, b: names of the encoders. digest: of both their vectors."""

    a: str
    b: str
    k: int
    digest: str
    values: np.ndarray


class Differences:
    """The columns of one collection by name, in the order they were made. Safe from many threads.

    `on_change` is a list of callbacks, called with nothing after one was made.
    """

    def __init__(self, store: Store, n: int) -> None:
        self._store, self._n = store, n
        self._lock = threading.RLock()
        self._columns: dict[str, Difference] | None = None
        self._revisions: dict[str, int] = {}
        self.on_change: list[Callable[[], None]] = []

    def all(self) -> dict[str, Difference]:
        """Name of the column -> what it holds; those of earlier sessions over the same images too."""
        with self._lock:
            if self._columns is None:
                self._columns = self._stored()
            return dict(self._columns)

    def revision(self, name: str) -> int:
        """How often a column was made in this session."""
        return self._revisions.get(name, 0)

    def put(self, name: str, made: Difference) -> None:
        """Show this column from now on."""
        with self._lock:
            self._columns = {**self.all(), name: made}
            self._revisions[name] = self.revision(name) + 1
            known = {key: [one.a, one.b, one.k, one.digest] for key, one in self._columns.items()}
            with suppress(StoreError):  # computed again the next time
                self._store.put_arrays(f"{_STAGE} {name}", {"values": made.values})
                self._store.put_arrays(_STAGE, {"json": np.frombuffer(json.dumps(known).encode(), np.uint8)})
        for tell in list(self.on_change):
            tell()

    def _stored(self) -> dict[str, Difference]:
        kept = self._store.arrays(_STAGE)
        columns = {}
        for name, (a, b, k, digest) in (json.loads(kept["json"].tobytes()) if kept else {}).items():
            found = self._store.arrays(f"{_STAGE} {name}")
            if found is not None and len(found["values"]) == self._n:
                columns[name] = Difference(a, b, k, digest, found["values"])
        return columns


def name_of(titles: Sequence[str]) -> str:
    """What the column of two encoders is called."""
    return f"differs: {titles[0]} | {titles[1]}"


def shares_not_in_common(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n,) float32: of the k nearest rows by one graph, the share that is not among those of the other.

    Args:
        a, b: (n, k) rows, as `Neighbours.rows`.
    """
    k = min(a.shape[1], b.shape[1])
    if k == 0:
        return np.zeros(len(a), np.float32)
    common = np.zeros(len(a), np.int32)
    right = np.sort(b[:, :k], axis=1)
    for column in range(k):
        common += (right == a[:, column : column + 1]).any(axis=1)
    return np.asarray(1 - common / k, np.float32)
