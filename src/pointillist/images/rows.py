"""The one kind of thing every source becomes: n images with rows 0…n-1."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pointillist.images.names import unicode_text
from pointillist.images.payload import Box, Payload, Signature, fetch, is_url

if TYPE_CHECKING:
    import pandas as pd


class Paths(Sequence[str]):
    """Cells that are all absolute paths, made when asked for."""


@dataclass(frozen=True, eq=False)
class Images:
    """n images, or boxes in images, with everything about them converted once.

    make_table: makes `table`, once; a folder's first pictures need not wait for pandas to be imported.
    ids: n unique strings, the same in every session: what tags hang on.
    names: n short names to show.
    label: the column of `table` that holds the label, or None.
    title: what a person calls the collection ("photos/", "DataFrame of 1,204 rows").
    identity: names the collection's store; the same folder gives the same string.
    cells: n things that `fetch` turns into a payload: a list, in which a str is an absolute path or a URL, `Paths`, or
        another sequence that makes them when asked.
    boxes: (n, 4) float64 x, y, w, h with the padding applied, or None; NaN where a row's box is missing.
    """

    make_table: Callable[[], pd.DataFrame]
    ids: Sequence[str]
    names: Sequence[str]
    label: str | None
    title: str
    identity: str
    cells: Sequence[object]
    boxes: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def table(self) -> pd.DataFrame:
        """n rows, the caller's columns on the caller's index (duplicates and MultiIndex as they are)."""
        return self.make_table()

    def signature(self, row: int) -> Signature | None:
        """The file's path, size and mtime, read now; None for an image in memory or in a dataset.

        The path of a box carries the box, since two boxes in one file have different content.
        """
        cell = self.cells[row] if isinstance(self.cells, list | Paths) else None
        if not isinstance(cell, str):
            return None
        box = self.box(row)
        path = unicode_text(cell) + ("" if box is None else "#xywh={:.9g},{:.9g},{:.9g},{:.9g}".format(*box))
        if is_url(cell):
            return path, 0, 0
        try:
            found = os.stat(cell)  # noqa: PTH116 -- 10,000 of these stand between a restart and the map
        except (OSError, ValueError):
            return path, -1, 0
        return path, found.st_size, found.st_mtime_ns

    def payload(self, row: int) -> Payload:
        """The row's bytes, Pillow image or pixels.

        Raises:
            DecodeError: they cannot be had; the text is the reason.
        """
        return fetch(self.cells[row])

    def box(self, row: int) -> Box | None:
        """x, y, w, h in pixels of the image as shown, padding applied; None when the row is a whole image."""
        if self.boxes is None:
            return None
        x, y, w, h = self.boxes[row].tolist()
        return x, y, w, h
