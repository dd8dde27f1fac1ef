"""The view that a notebook had last of a collection, kept in the store."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, TypedDict

import numpy as np

from pointillist.collection import Collection
from pointillist.errors import PointillistError, StoreError
from pointillist.explorer.notebook import notebook
from pointillist.protocol.state import Camera, ColorScale, Filter
from pointillist.wire import check

MOST_IMAGES = 200_000
"""Of more images the selection is not kept: a million ids take a second to make, and hold up what is done meanwhile."""

_opened: set[tuple[str, str]] = set()


class View(TypedDict):
    """The traits that are kept; `layout_name` is null where nobody chose a map."""

    layout_name: str | None
    camera: Camera | None
    color_by: str | None
    color_scale: ColorScale
    filters: list[Filter]
    sort_by: str | None
    sort_descending: bool
    card_columns: list[str] | None
    thumb_px: int
    height_px: int
    picture_px: int
    names_shown: bool
    tags_shown: bool
    point_size: float | None
    point_opacity: float | None
    density: float | None
    live_selection: bool


class Kept(TypedDict):
    """A view, and what it was a view of.

    label: the column of labels. is_placed: whether positions were given. encoder: whose map the camera looks at.
    """

    view: View
    label: str | None
    is_placed: bool
    encoder: str


class Views:
    """What is kept for this notebook; nothing where there is none.

    notebook: its name, None where there is none.
    kept: the view it had last, None where there is none that can be read, and in a kernel that has opened these images
        before: running the cell again there starts fresh.
    rows: (m,) uint32, the images then selected that are still there.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self.notebook = notebook()
        self._stages = f"view/1 {self.notebook}", f"selected/1 {self.notebook}"
        self.kept: Kept | None = None
        self.rows = np.empty(0, np.uint32)
        seen = (collection.images.identity, self.notebook or "")
        if self.notebook is None or seen in _opened:
            return
        _opened.add(seen)
        view, selected = (self._read(stage) for stage in self._stages)
        with suppress(PointillistError):
            check(view, Kept)
            self.kept = view
        if self.kept is not None and isinstance(selected, list) and selected and len(collection) <= MOST_IMAGES:
            ids = set(map(str, selected))
            rows = [row for row, id_ in enumerate(collection.images.ids[:]) if id_ in ids]
            self.rows = np.array(rows, np.uint32)

    def write(self, kept: Kept) -> None:
        """Keep a view, as far as the store can be written."""
        self._write(0, kept)

    def write_selection(self, rows: np.ndarray) -> None:
        """Keep what is selected, by the ids of the images."""
        is_kept = len(rows) > 0 and len(self._collection) <= MOST_IMAGES
        self._write(1, [self._collection.images.ids[row] for row in rows.tolist()] if is_kept else [])

    def _write(self, place: int, value: object) -> None:
        with suppress(StoreError):  # the view lasts as long as the kernel then
            data = np.frombuffer(json.dumps(value).encode(), np.uint8)
            self._collection.store.put_arrays(self._stages[place], {"json": data})

    def _read(self, stage: str) -> Any:
        with suppress(StoreError, LookupError, ValueError):
            arrays = self._collection.store.arrays(stage)
            return None if arrays is None else json.loads(arrays["json"].tobytes())
        return None
