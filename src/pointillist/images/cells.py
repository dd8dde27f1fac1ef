"""A list of paths, URLs, bytes, Pillow images or arrays, and a table to go with it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import pandas as pd
from PIL import Image, ImageFile

from pointillist.errors import DecodeError, SourceError
from pointillist.images.names import base_name, index_names, parent_labels, unicode_text
from pointillist.images.paths import absolute, common_folder, folder_identity, path_table, relative_to, url_identity
from pointillist.images.payload import fetch, is_tensor
from pointillist.images.rows import Images

SAMPLE = 64


def read_list(source: Sequence[object]) -> Images:
    """A list of anything `fetch` takes. Paths are indexed by what follows their common folder, others by position.

    Raises:
        SourceError: the list is empty, or holds something that is no image.
    """
    if not source:
        raise SourceError("the list of images is empty; give at least one path, or a folder")
    for position, cell in enumerate(source):
        if not could_be_image(cell):
            raise SourceError(
                f"item {position} is {_shortly(cell)}, not an image; "
                "needs paths, URLs, bytes, Pillow images or arrays (for rows with columns, give a DataFrame)"
            )
    cells = [at_the_door(cell) for cell in source]
    paths = [cell for cell in cells if isinstance(cell, str)]
    title = f"{len(cells):,} image{'s' * (len(cells) != 1)}"
    if len(paths) < len(cells):
        return from_cells(cells, pd.DataFrame(index=pd.RangeIndex(len(cells))), title=title)
    root = common_folder(paths)
    shown = [relative_to(root, path) for path in paths]
    table = path_table(shown, [unicode_text(path) for path in paths], parent_labels(shown))
    return from_cells(cells, table, title=title, label="label" if "label" in table else None)


def from_cells(cells: list[object], table: pd.DataFrame, *, title: str, label: str | None = None) -> Images:
    """Images of n cells, converted by `at_the_door`, and a table of n rows."""
    paths = [cell for cell in cells if isinstance(cell, str)]
    labels = index_names(table.index)
    if paths and all(isinstance(cell, str) or is_missing(cell) for cell in cells):
        root = common_folder(paths)
        ids = [
            relative_to(root, cell) if isinstance(cell, str) else f"[{label}]"
            for cell, label in zip(cells, labels, strict=True)
        ]
        names = [
            base_name(unicode_text(cell)) if isinstance(cell, str) else label
            for cell, label in zip(cells, labels, strict=True)
        ]
        identity = folder_identity(root) if root is not None else url_identity(paths)
        return Images(lambda: table, ids, names, label, title, identity, cells)
    return Images(lambda: table, labels, labels, label, title, content_identity(cells), cells)


def content_identity(cells: Sequence[object]) -> str:
    """Names images in memory by their number and the content of 64 of them, evenly spread."""
    n = len(cells)
    digest = blake2b(f"{n}".encode(), digest_size=16)
    for row in sorted({int(i) for i in np.linspace(0, n - 1, min(n, SAMPLE))}):
        try:
            payload = fetch(cells[row])
            if isinstance(payload, Image.Image):
                payload = np.asarray(payload)
            if isinstance(payload, np.ndarray):
                digest.update(f"{payload.shape} {payload.dtype}".encode())
                payload = payload.tobytes()
            digest.update(payload)
        except (DecodeError, OSError, ValueError, SyntaxError) as error:
            digest.update(type(error).__name__.encode())
    return f"memory:{digest.hexdigest()}"


def at_the_door(cell: object) -> object:
    """A path becomes absolute, a dict its content, a Pillow image that is not read yet its file."""
    if isinstance(cell, str):
        return absolute(cell) if cell else None
    if isinstance(cell, os.PathLike):
        return absolute(os.fspath(cell))
    if isinstance(cell, dict):
        content = cell.get("bytes")
        return content if content is not None else at_the_door(cell.get("path"))
    if isinstance(cell, ImageFile.ImageFile) and cell.tile and isinstance(cell.filename, str) and cell.filename:
        return absolute(cell.filename) if cell.tell() == 0 and os.path.isfile(cell.filename) else cell  # noqa: PTH113
    return None if is_missing(cell) else cell


def is_missing(cell: object) -> bool:
    """None, NaN, NaT or pd.NA."""
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and np.isnan(cell))


def could_be_image(cell: object) -> bool:
    """Whether `fetch` takes it, or it is missing; a str could always be a path."""
    if isinstance(cell, np.ndarray) or is_tensor(cell):
        return getattr(cell, "ndim", 0) in (2, 3)
    if isinstance(cell, dict):
        return "bytes" in cell or "path" in cell
    return isinstance(cell, str | bytes | bytearray | memoryview | os.PathLike | Image.Image) or is_missing(cell)


def _shortly(cell: object) -> str:
    if isinstance(cell, np.ndarray):
        return f"an array of shape {cell.shape}"
    text = repr(cell)
    return f"{type(cell).__name__} {text if len(text) < 60 else text[:57] + '…'}"
