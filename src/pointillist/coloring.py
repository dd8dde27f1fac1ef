"""The colours of categories: which place of the palette each has, and those chosen by hand; kept in the store.

A category keeps its place when others come, go or change their order, in this session and the next ones.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from pointillist.errors import StoreError
from pointillist.store import Store

DISTINCT = 24
"""From so many places on, those of categories that are gone are given away again: farther ones are harder to tell."""
KEPT = 1000
"""So many categories of a column are remembered by name; those after them come in the column's own order."""

Chosen = dict[str, dict[str, str]]


class Coloring:
    """What is remembered of colours; safe from many threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._places: dict[str, dict[str, int]] = {}
        self._chosen: Chosen | None = None

    def places(self, column: str, categories: Sequence[str]) -> list[int]:
        """The place in the palette of each category, from 0; new ones get the first that are free."""
        with self._lock:
            known = self._known(column)
            names = categories[:KEPT]
            new = [name for name in names if name not in known]
            if new:
                self._keep(column, _settled(known, names, new))
                known = self._places[column]
            rest = range(max(known.values(), default=-1) + 1, 1 << 32)
            return [known[name] for name in names] + [place for place, _ in zip(rest, categories[KEPT:], strict=False)]

    def renamed(self, column: str, old: str, new: str) -> None:
        """A category is called otherwise from now on, and keeps its colour."""
        with self._lock:
            known, chosen = self._known(column), self.chosen()
            if old in known:
                self._keep(column, {**known, new: known[old]})
            own = chosen.get(column, {})
            if old in own:
                self.choose({**chosen, column: {**own, new: own[old]}})

    def chosen(self) -> Chosen:
        """The colours chosen by hand: column -> category -> "#rrggbb"."""
        with self._lock:
            if self._chosen is None:
                self._chosen = _read(self._store, "palette/1")
            return self._chosen

    def choose(self, chosen: Mapping[str, Mapping[str, str]]) -> None:
        """Keep these, and no others."""
        with self._lock:
            made = {column: dict(colors) for column, colors in chosen.items()}
            if made != self.chosen():
                self._chosen = made
                _write(self._store, "palette/1", made)

    def _known(self, column: str) -> dict[str, int]:
        if column not in self._places:
            self._places[column] = _read(self._store, f"colour places/1 {column}")
        return self._places[column]

    def _keep(self, column: str, places: dict[str, int]) -> None:
        self._places[column] = places
        _write(self._store, f"colour places/1 {column}", places)


def _settled(known: Mapping[str, int], present: Sequence[str], new: Sequence[str]) -> dict[str, int]:
    """All places, the `new` names among them; names that are not `present` may lose theirs."""
    here = set(present)
    held = {place for name, place in known.items() if name in here}
    fresh = max(known.values(), default=-1) + 1
    given: dict[str, int] = {}
    free = 0
    for name in new:
        if fresh < DISTINCT:
            place, fresh = fresh, fresh + 1
        else:
            while free in held:
                free += 1
            place = free
        given[name] = place
        held.add(place)
    taken = set(given.values())
    return {name: place for name, place in known.items() if name in here or place not in taken} | given


def _read(store: Store, stage: str) -> dict[str, Any]:
    kept = store.arrays(stage)
    return json.loads(kept["json"].tobytes()) if kept else {}


def _write(store: Store, stage: str, value: object) -> None:
    with suppress(StoreError):  # they last as long as the kernel then
        store.put_arrays(stage, {"json": np.frombuffer(json.dumps(value).encode(), np.uint8)})
