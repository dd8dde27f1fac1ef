"""Numbers for each image that were computed on request: columns of the table, kept in the store."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from pointillist.errors import StoreError
from pointillist.store import Store

_STAGE = "computed/1"


@dataclass(frozen=True, eq=False)
class Column:
    """values: (n,) float32, NaN where nothing can be told. made_of: names all that they depend on.
    description: what they say, for people."""

    values: np.ndarray
    made_of: str
    description: str


class Computed:
    """The columns of one collection by name, in the order they were made. Safe from many threads.

    `on_change` is a list of callbacks, called with nothing after one was made.
    """

    def __init__(self, store: Store, n: int) -> None:
        self._store, self._n = store, n
        self._lock = threading.RLock()
        self._columns: dict[str, Column] | None = None
        self._revisions: dict[str, int] = {}
        self.on_change: list[Callable[[], None]] = []

    def all(self) -> dict[str, Column]:
        """Name of the column -> what it holds; those of earlier sessions over the same images too."""
        with self._lock:
            if self._columns is None:
                self._columns = self._stored()
            return dict(self._columns)

    def revision(self, name: str) -> int:
        """How often a column was made in this session."""
        return self._revisions.get(name, 0)

    def get(self, name: str, made_of: str, description: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The values of a column, made and shown from now on unless they are there and made of the same."""
        known = self.all().get(name)
        if known is not None and known.made_of == made_of:
            return known.values
        values = make()
        self._put(name, Column(values, made_of, description))
        return values

    def _put(self, name: str, made: Column) -> None:
        with self._lock:
            self._columns = {**self.all(), name: made}
            self._revisions[name] = self.revision(name) + 1
            known = {key: [one.made_of, one.description] for key, one in self._columns.items()}
            with suppress(StoreError):  # computed again the next time
                self._store.put_arrays(f"{_STAGE} {name}", {"values": made.values})
                self._store.put_arrays(_STAGE, {"json": np.frombuffer(json.dumps(known).encode(), np.uint8)})
        for tell in list(self.on_change):
            tell()

    def _stored(self) -> dict[str, Column]:
        kept = self._store.arrays(_STAGE)
        columns = {}
        for name, (made_of, description) in (json.loads(kept["json"].tobytes()) if kept else {}).items():
            found = self._store.arrays(f"{_STAGE} {name}")
            if found is not None and len(found["values"]) == self._n:
                columns[name] = Column(found["values"], made_of, description)
        return columns
