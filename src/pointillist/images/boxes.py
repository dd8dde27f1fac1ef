"""Boxes in images: object crops."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from pointillist.errors import SourceError
from pointillist.images.cells import is_missing
from pointillist.images.table import column_of
from pointillist.numeric import is_number


def read_boxes(table: pd.DataFrame, box: str | Sequence[str]) -> np.ndarray:
    """(n, 4) float64 x, y, w, h of the table's rows; NaN where a value is missing.

    Args:
        box: four columns x, y, w, h, or one column of four numbers.

    Raises:
        SourceError: no such columns, or their values are no boxes.
    """
    if isinstance(box, str):
        return _in_pixels(_from_one(column_of(table, box, "box")), box)
    names = list(box) if isinstance(box, Iterable) else box
    if not isinstance(names, list) or len(names) != 4:
        raise SourceError(f"box={names!r} needs four columns x, y, w, h, or one column of four numbers")
    values = np.empty((len(table), 4))
    for position, name in enumerate(names):
        column = column_of(table, name, "box")
        try:
            values[:, position] = pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise SourceError(f"box column {name!r} does not hold numbers: {error}") from error
    return _in_pixels(values, names)


def padded(boxes: np.ndarray, pad: float) -> np.ndarray:
    """The boxes, larger on each side by the fraction `pad` of their width and height; they may reach out of the image.

    Raises:
        SourceError: `pad` is negative or no number.
    """
    if not (is_number(pad) and np.isfinite(pad) and pad >= 0):
        raise SourceError(f"pad={pad!r} is not a fraction of the box; needs a number of at least 0, such as 0.1")
    x, y, w, h = boxes.T
    return np.stack([x - w * pad, y - h * pad, w * (1 + 2 * pad), h * (1 + 2 * pad)], axis=1)


def box_marks(boxes: np.ndarray) -> list[str]:
    """A box as it stands in a row's id, without the padding, so that tags outlive another `pad`."""
    return ["[" + ",".join(f"{value:.7g}" for value in one) + "]" for one in boxes.tolist()]


def _in_pixels(boxes: np.ndarray, box: object) -> np.ndarray:
    """The boxes; refused where all lie within one pixel, as those do that are told as shares of the image."""
    present = boxes[~np.isnan(boxes).any(axis=1)]
    ends = present[:, :2] + present[:, 2:]
    if len(present) and (present >= 0).all() and (present[:, 2:] > 0).all() and (ends <= 1).all() and (ends < 1).any():
        raise SourceError(
            f"box={box!r} holds shares of the images (first: {present[0].tolist()}), and boxes are in pixels: multiply "
            "x and w by the image's width, y and h by its height"
        )
    return boxes


def _from_one(column: pd.Series) -> np.ndarray:
    values = np.full((len(column), 4), np.nan)
    for row, value in enumerate(column.tolist()):
        if is_missing(value):
            continue
        try:
            if isinstance(value, str | bytes | dict):
                raise TypeError
            x, y, w, h = (np.nan if is_missing(number) else float(number) for number in value)
        except (TypeError, ValueError) as error:
            raise SourceError(
                f"box column {column.name!r} holds {value!r:.60} in row {row}; needs four numbers x, y, w, h"
            ) from error
        values[row] = x, y, w, h
    return values
