"""Whatever the caller has becomes `Images`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pointillist.errors import SourceError
from pointillist.images.folder import read_folder
from pointillist.images.lazy import Together
from pointillist.images.names import unique
from pointillist.images.payload import is_url
from pointillist.images.rows import Images


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
    if isinstance(source, str | os.PathLike):
        images = _read_place(os.fspath(source), image)
    else:
        from pointillist.images.objects import read_object  # imports pandas, which a folder need not wait for

        images = read_object(source, image)
        if images.label is None and images.table.columns.nlevels == 1 and "label" in images.table.columns:
            images = replace(images, label="label")
    if label is not None:
        from pointillist.images.table import column_of

        column_of(images.table, label, "label")
        images = replace(images, label=label)
    if box is None:
        if pad:
            raise SourceError(f"pad={pad!r} widens boxes, and there are none: give box= too")
        return replace(images, ids=Together(len(images), lambda: unique(images.ids)))
    from pointillist.images.boxes import read_boxes

    return _boxed(images, read_boxes(images.table, box), pad)


def _boxed(images: Images, boxes: np.ndarray, pad: float) -> Images:
    from pointillist.images.boxes import box_marks, padded

    def marked() -> list[str]:
        return unique(one + mark for one, mark in zip(images.ids, box_marks(boxes), strict=True))

    return replace(images, ids=Together(len(images), marked), boxes=padded(boxes, pad))


def _read_place(place: str, image: str | None) -> Images:
    if image is not None:
        raise SourceError(f"image={image!r} names a column, and {place!r} is not a table; leave it out")
    if is_url(place):
        raise SourceError(f"{place!r} is one URL; give a list of URLs, or a DataFrame with a column of them")
    return read_folder(place)
