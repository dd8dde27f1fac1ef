"""The one kind of thing every source becomes: n images with rows 0…n-1."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pointillist.images.payload import Box, Payload, Signature, fetch


@dataclass(frozen=True, eq=False)
class Images:
    """n images, or boxes in images, with everything about them converted once.

    table: n rows, the caller's columns on the caller's index (duplicates and MultiIndex as they are).
    ids: n unique strings, the same in every session: what tags hang on.
    names: n short names to show.
    label: the column of `table` that holds the label, or None.
    title: what a person calls the collection ("photos/", "DataFrame of 1,204 rows").
    identity: names the collection's store; the same folder gives the same string.
    cells: n things that `fetch` turns into a payload; a path or URL is a str.
    boxes: (n, 4) float64 x, y, w, h with the padding applied, or None; NaN where a row has no box.
    """

    table: pd.DataFrame
    ids: list[str]
    names: list[str]
    label: str | None
    title: str
    identity: str
    cells: Sequence[object]
    boxes: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def signature(self, row: int) -> Signature | None:
        """The file's path, size and mtime, read now; None for an image in memory."""
        cell = self.cells[row]
        if not isinstance(cell, str):
            return None
        try:
            stat = os.stat(cell)  # noqa: PTH116 -- called once per image
        except OSError:
            return cell, -1, 0
        return cell, stat.st_size, stat.st_mtime_ns

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
