"""What a table calls an image: its absolute path or URL, and behind it the box where the row is a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from pointillist.errors import SourceError
from pointillist.images import Images, read_source
from pointillist.images.names import unique
from pointillist.images.payload import Box, is_url

_MARK = "#xywh="
"""As in the W3C's media fragments."""


class UriImages(Images):
    """Images named as in a table, some of which may be boxes and others whole."""

    def box(self, row: int) -> Box | None:
        box = super().box(row)
        return None if box is None or all(map(np.isnan, box)) else box


def uri_of(images: Images, row: int) -> str:
    """The name of one row."""
    box = images.box(row)
    return _name(str(images.cells[row])) + ("" if box is None else _MARK + ",".join(map(repr, box)))


def uris_of(images: Images) -> list[str]:
    """The name of each row.

    Raises:
        SourceError: an image is not at a path or URL.
    """
    others = [row for row, cell in enumerate(images.cells[:]) if not isinstance(cell, str)]
    if others and all(images.cells[row] is None for row in others):
        raise SourceError(
            f"{len(others):,} of {len(images):,} rows name no image, row {others[0]} first, and without a path or URL "
            "they have no place in a table: leave them out"
        )
    if others:
        raise SourceError("images in memory cannot be shared out: give paths or URLs that every worker can read")
    if images.boxes is None:
        return [_name(str(cell)) for cell in images.cells[:]]
    return [uri_of(images, row) for row in range(len(images))]


def files_of(uris: Sequence[str]) -> list[str]:
    """The path or URL in each name, without a box."""
    return [uri.rpartition(_MARK)[0] or uri for uri in uris]


def read_uris(uris: Sequence[str]) -> UriImages:
    """The rows that have these names; the names are their ids."""
    files = files_of(uris)
    read = read_source(files)
    named: dict[str, Any] = {field.name: getattr(read, field.name) for field in fields(read)}
    if files != list(uris):
        boxes = np.full((len(uris), 4), np.nan)
        for row, (uri, file) in enumerate(zip(uris, files, strict=True)):
            if uri != file:
                boxes[row] = [float(number) for number in uri[len(file) + len(_MARK) :].split(",")]
        named["boxes"] = boxes
    return UriImages(**{**named, "ids": unique(uris)})


def _name(cell: str) -> str:
    """A path or URL as a table can hold it. A path that is no Unicode, or ends as a box would, is written as file://."""
    if is_url(cell) or (cell.isascii() and _MARK not in cell):
        return cell
    try:
        cell.encode()
    except UnicodeEncodeError:
        return Path(cell).as_uri()
    return Path(cell).as_uri() if _MARK in cell else cell
