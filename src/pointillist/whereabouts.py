"""Where the images lie, and where they lay before: tags follow a renamed file, and what is missing can be told.

A file was renamed when it is not at its old place any more and its content is found where it was not before. Files that
swapped their names, or were numbered anew, are found so too; but where a new file holds what an old one held, and the
old one something never seen, that is a copy made before a change. A copy takes no tags with it, nor does content that
another file has held all along. While a file is missing its tags are kept under its id: when it comes back it has them.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

import numpy as np

from pointillist.contents import Contents
from pointillist.errors import StoreError
from pointillist.images import Images
from pointillist.images.names import base_name, natural
from pointillist.store import NO_FILE, Place, Store
from pointillist.tags import Tags

_LOOK = "look/1"


class Whereabouts:
    """Follows the files of one collection; safe from many threads.

    `on_change` is a list of callbacks, called with nothing after other images are missing than before.
    """

    def __init__(self, images: Images, store: Store, contents: Contents, tags: Tags) -> None:
        self._images, self._store, self._contents, self._tags = images, store, contents, tags
        self._lock = threading.RLock()
        self._known = np.zeros(0, bool)
        self._gone: dict[str, Place] = {}
        self.on_change: list[Callable[[], None]] = []
        contents.on_look.append(self._look)
        contents.on_read.append(self._read)

    def missing(self) -> list[Place]:
        """The images that were there before and are not now, in natural order of their ids; as of the last look."""
        return sorted(self._gone.copy().values(), key=lambda place: natural(place.id))

    def _look(self, stop: Callable[[], None]) -> None:
        """Compare what the store knows with the files that are there now."""
        with suppress(StoreError):  # what cannot be noted is found out again the next time
            with self._lock:
                before = self._gone
                self._known, self._gone = self._lost()
                new = np.flatnonzero(~self._known).tolist()
                changed = [row for row in np.flatnonzero(self._known).tolist() if self._is_to_be_read(row)]
            if perhaps := self._perhaps_moved(new, changed):
                self._contents.identify(perhaps, stop=stop)
            with self._lock:
                self._settle([*new, *changed], self._places(changed))
            if before.keys() != self._gone.keys():
                self._tell()

    def _is_to_be_read(self, row: int) -> bool:
        signature, key = self._contents.held(row)
        return key is None and signature is not None and signature[1] > 0

    def _places(self, rows: list[int]) -> dict[int, Place]:
        """Where the store says that these rows lay, by row."""
        row_of = {self._images.ids[row]: row for row in rows}
        return {row_of[place.id]: place for place in self._store.places_of(list(row_of))} if rows else {}

    def _perhaps_moved(self, new: list[int], changed: list[int]) -> list[int]:
        """Rows not read yet whose file is as large as one that is no more where it was."""
        before = self._places(changed)
        sizes = Counter([place.size for place in (*before.values(), *self._gone.values())])
        found: list[int] = []
        for row in (*new, *changed) if sizes else ():
            signature, key = self._contents.held(row)
            own = row in before and signature is not None and before[row].size == signature[1]
            if key is None and signature is not None and sizes[signature[1]] > own:
                found.append(row)
        return found

    def _lost(self) -> tuple[np.ndarray, dict[str, Place]]:
        """(n,) which rows are known at their place, and what is at its place no more, by id; noted in the store."""
        known, others = self._store.places(self._images.ids)
        looked = self._store.arrays(_LOOK)
        last = time.time() if looked is None else float(looked["at"])
        lost, changed = {}, []
        for place in others:
            there = _is_there(place.path)
            if there != (place.seen is None):
                place = replace(place, seen=None if there else last)
                changed.append(place)
            if not there:
                lost[place.id] = place
        if changed:
            self._store.put_places(changed)
        self._store.put_arrays(_LOOK, {"at": np.array(time.time())})
        for id_ in self._images.ids if lost else ():  # a row of its own tells that it cannot be read
            lost.pop(id_, None)
        return known, lost

    def _read(self, rows: list[int]) -> None:
        with self._lock, suppress(StoreError):
            if not len(self._known):
                return  # before the first look, which sees to these rows too
            before = len(self._gone)
            self._settle(rows)
        if before != len(self._gone):
            self._tell()

    def _settle(self, rows: Iterable[int], before: Mapping[int, Place] | None = None) -> None:
        """Note where the content of the rows lies; what lay elsewhere before and is gone from there was renamed.

        Args:
            before: where those of the rows lay that are known and whose file is another now.
        """
        before = before or {}
        keys = {row: self._contents.held(row)[1] for row in before}
        sizes = {row: (self._contents.held(row)[0] or NO_FILE)[1] for row in before}
        left = {  # no more where they were: other content is there
            place.id: row
            for row, place in before.items()
            if (sizes[row] != place.size if keys[row] is None else keys[row] != place.key)
        }
        taken = {place.key for row, place in before.items() if place.id in left} | {p.key for p in self.missing()}
        by_key: dict[bytes, list[str]] = {}
        for place in (*self.missing(), *(before[row] for row in left.values())):
            by_key.setdefault(place.key, []).append(place.id)
        found, renamed = [], {}
        for row in rows:
            signature, key = self._contents.held(row)
            if key is None or signature is None or signature[1] < 0 or signature[1:] == (0, 0):
                continue  # not read yet, in memory, gone, or at a URL, whose file nobody can look at
            id_ = self._images.ids[row]
            old = by_key.get(key, []) if id_ in left or not self._known[row] else []
            if not self._known[row]:  # a copy of what was then changed stays a copy
                old = [one for one in old if one not in left or keys[left[one]] in taken]
            if old:
                same_name = [one for one in old if base_name(one) == base_name(id_)]
                renamed[(same_name or old)[0]] = id_
                by_key[key].remove((same_name or old)[0])
            self._known[row] = True
            found.append(Place(id_, str(self._images.cells[row]), signature[1], key))
        if renamed:
            self._tags.move(renamed)
        if found:
            self._store.put_places(found, forget=renamed)
        self._gone = {id_: place for id_, place in self._gone.items() if id_ not in renamed}

    def _tell(self) -> None:
        for callback in list(self.on_change):
            callback()


def _is_there(path: str) -> bool:
    """Whether a file is at a path, or a link to one, be it broken; a folder of its name is not the file."""
    return os.path.lexists(path) and not os.path.isdir(path)  # noqa: PTH112
