"""Whatever the caller has becomes `Images`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd

from pointillist.errors import SourceError
from pointillist.images.arrays import read_stack
from pointillist.images.boxes import box_marks, padded, read_boxes
from pointillist.images.cells import read_list
from pointillist.images.datasets import read_dataset, read_hugging_face
from pointillist.images.folder import read_folder
from pointillist.images.names import unique
from pointillist.images.payload import is_url
from pointillist.images.rows import Images
from pointillist.images.table import column_of, read_series, read_table


def read_source(
    source: object,
    *,
    image: str | None = None,
    label: str | None = None,
    box: str | Sequence[str] | None = None,
    pad: float = 0.0,
) -> Images:
    """Turn a folder, paths, a table, arrays or a dataset into `Images`; opens no image file.

    Args:
        image: the column that holds the images; guessed when there is one candidate.
        label: the column that holds the label; by default the one called label, if there is one.
        box: four columns x, y, w, h, or one column of four numbers, in pixels of the image as shown.
        pad: added on each side of a box, as a fraction of its width and height.

    Raises:
        SourceError: no images can be found in `source`.
    """
    images = _read(source, image)
    if label is not None:
        column_of(images.table, label, "label")
        images = replace(images, label=label)
    elif images.label is None and "label" in images.table.columns:
        images = replace(images, label="label")
    if box is None:
        if pad:
            raise SourceError(f"pad={pad!r} widens boxes, and there are none: give box= too")
        return replace(images, ids=unique(images.ids))
    boxes = read_boxes(images.table, box)
    ids = unique(one + mark for one, mark in zip(images.ids, box_marks(boxes), strict=True))
    return replace(images, ids=ids, boxes=padded(boxes, pad))


def _read(source: Any, image: str | None) -> Images:
    """The images, with ids that may repeat."""
    if isinstance(source, pd.DataFrame):
        return read_table(source, image)
    if hasattr(source, "features") and hasattr(source, "column_names"):
        return read_hugging_face(source, image)
    if hasattr(source, "to_pandas"):
        return read_table(source.to_pandas(), image)
    if image is not None:
        raise SourceError(f"image={image!r} names a column, and a {type(source).__name__} has none; leave it out")
    if isinstance(source, str) and is_url(source):
        raise SourceError(f"{source!r} is one URL; give a list of URLs, or a DataFrame with a column of them")
    if isinstance(source, str | os.PathLike):
        return read_folder(cast("str | os.PathLike[str]", source))
    if isinstance(source, pd.Series):
        return read_series(source)
    if isinstance(source, np.ndarray) and source.dtype != object and source.dtype.kind not in "SUT":
        return read_stack(source)
    if hasattr(source, "detach"):
        return read_stack(source.detach().cpu().numpy())
    if isinstance(source, pd.Index | np.ndarray):
        return read_list(source.tolist())
    if isinstance(source, list | tuple | set | frozenset | Iterator):
        return read_list(sorted(source) if isinstance(source, set | frozenset) else list(source))
    if isinstance(source, dict):
        names = ", ".join(repr(name) for name in list(source)[:6])
        raise SourceError(f"a dict has no order of rows; give one of its values ({names}), or pd.DataFrame of it")
    if hasattr(source, "__getitem__"):
        return read_dataset(source)
    raise SourceError(
        f"cannot read images from a {type(source).__name__}; "
        "needs a folder, a list of paths, a DataFrame, an array (n, h, w[, 3]) or a dataset"
    )
