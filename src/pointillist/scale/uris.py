"""What a table calls an image: its absolute path or URL, and behind it the box where the row is a part of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pointillist.errors import SourceError
from pointillist.images import Images, read_boxed, read_source

_MARK = "#xywh="
"""As in the W3C's media fragments; a file whose own name ends so is taken for a box."""


def uri_of(images: Images, row: int) -> str:
    """The name of one row."""
    box = images.box(row)
    return str(images.cells[row]) + ("" if box is None else _MARK + ",".join(map(repr, box)))


def uris_of(images: Images) -> list[str]:
    """The name of each row.

    Raises:
        SourceError: an image is not at a path or URL.
    """
    if not all(isinstance(cell, str) for cell in images.cells[:]):
        raise SourceError("images in memory cannot be shared out: give paths or URLs that every worker can read")
    if images.boxes is None:
        return [str(cell) for cell in images.cells[:]]
    return [uri_of(images, row) for row in range(len(images))]


def files_of(uris: Sequence[str]) -> list[str]:
    """The path or URL in each name, without a box."""
    return [uri.rpartition(_MARK)[0] or uri for uri in uris]


def read_uris(uris: Sequence[str]) -> Images:
    """The rows that have these names."""
    files = files_of(uris)
    if files == list(uris):
        return read_source(list(uris))
    boxes = np.full((len(uris), 4), np.nan)
    for row, (uri, file) in enumerate(zip(uris, files, strict=True)):
        if uri != file:
            boxes[row] = [float(number) for number in uri[len(file) + len(_MARK) :].split(",")]
    return read_boxed(files, boxes)
