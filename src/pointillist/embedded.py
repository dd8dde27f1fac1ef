"""Which encoders a collection was embedded with: what each gave and what it cost; kept in the store."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields

import numpy as np

from pointillist.errors import StoreError
from pointillist.store import Store

_STAGE = "encoders/1"


@dataclass(frozen=True)
class Made:
    """The vectors of one encoder.

    fingerprint: the key of its vectors in the store. dims: their width, 0 while there are none.
    rows: how many images have one. seconds: how long all its runs took together; 0 where nobody measured it.
    """

    name: str
    fingerprint: str
    dims: int
    rows: int
    seconds: float


class Embedded:
    """The encoders in the order of their first run, and which of them an explorer showed last. Safe from many threads.

    `on_change` is a list of callbacks, called with nothing after something was added or counted anew.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._made: dict[str, Made] | None = None
        self._shown: str | None = None
        self.on_change: list[Callable[[], None]] = []

    def all(self) -> list[Made]:
        """Every encoder of the store, and those of this session that cannot be kept."""
        with self._lock:
            return list(self._known().values())

    def get(self, name: str) -> Made | None:
        """What is known of an encoder by its name."""
        with self._lock:
            return self._known().get(name)

    @property
    def shown(self) -> str | None:
        """The encoder that an explorer of these images showed last, in this session or an earlier one."""
        with self._lock:
            self._known()
            return self._shown

    def show(self, name: str) -> None:
        """Note what an explorer shows."""
        with self._lock:
            self._known()
            if self._shown != name:
                self._shown = name
                self._keep()

    def note(self, name: str, fingerprint: str, *, dims: int, rows: int, seconds: float) -> None:
        """Take in one run: `rows` and `dims` are as they are after it, `seconds` are added."""
        with self._lock:
            before = self._known().get(name)
            if before is not None and before.fingerprint == fingerprint:
                seconds += before.seconds
            made = Made(name, fingerprint, dims, rows, seconds)
            if before == made:
                return
            self._known()[name] = made
            self._keep()
        for tell in list(self.on_change):
            tell()

    def _known(self) -> dict[str, Made]:
        if self._made is None:
            kept = self._store.arrays(_STAGE)
            read = json.loads(kept["json"].tobytes()) if kept is not None else {}
            names = {field.name for field in fields(Made)}
            self._made = {one["name"]: Made(**one) for one in read.get("made", []) if set(one) == names}
            self._shown = read.get("shown")
        return self._made

    def _keep(self) -> None:
        text = json.dumps({"made": [asdict(made) for made in self._known().values()], "shown": self._shown})
        with suppress(StoreError):  # a list that cannot be kept costs a look at the next start
            self._store.put_arrays(_STAGE, {"json": np.frombuffer(text.encode(), np.uint8)})
