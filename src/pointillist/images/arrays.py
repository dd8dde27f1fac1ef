"""A stack of images in one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
import pandas as pd

from pointillist.errors import DecodeError, SourceError
from pointillist.images.cells import content_identity
from pointillist.images.names import index_names
from pointillist.images.rows import Images
from pointillist.images.values import to_uint8, value_range

LOOK_AT = 512


class Stack(Sequence[object]):
    """The n images of an array, made uint8 when asked for, all with the same black and white."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels
        rows = np.unique(np.linspace(0, len(pixels) - 1, LOOK_AT).astype(int))
        self.black_white = stack_range(pixels[rows])

    def __len__(self) -> int:
        return len(self.pixels)

    @overload
    def __getitem__(self, row: int) -> object: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[object]: ...
    def __getitem__(self, row: int | slice) -> object:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        return to_uint8(np.asarray(self.pixels[row]), self.black_white)


def stack_range(pixels: np.ndarray) -> tuple[float, float]:
    """As `value_range`, but a range that all images together use little of is stretched: digits of 0…16."""
    black, white = value_range(pixels)
    largest = float(np.nanmax(pixels)) if pixels.dtype.kind != "b" else 1.0
    if pixels.dtype != np.uint8 and black == 0 and 1 < largest <= 64:
        white = largest
    return black, white


def read_stack(pixels: np.ndarray) -> Images:
    """(n, h, w), (n, h, w, 1 to 4) or (n, 1 to 4, h, w), of any numeric type.

    Raises:
        SourceError: the array has another shape, no images, or no numbers.
    """
    shape = pixels.shape
    if pixels.ndim == 3 and shape[2] in (3, 4) and shape[0] > 4:
        raise SourceError(
            f"an array of shape {shape} looks like one image; give a list of images, or (n, h, w, {shape[2]})"
        )
    channels = pixels.ndim == 4 and (shape[3] in (1, 2, 3, 4) or shape[1] in (1, 3, 4))
    if pixels.ndim != 3 and not channels:
        raise SourceError(
            f"an array of shape {shape} is not a stack of images; needs (n, h, w), (n, h, w, 3) or (n, 3, h, w)"
        )
    if 0 in shape:
        raise SourceError(f"an array of shape {shape} holds no pixels")
    n = len(pixels)
    try:
        cells = Stack(pixels)
    except DecodeError as error:
        raise SourceError(str(error)) from error
    table = pd.DataFrame(index=pd.RangeIndex(n))
    names = index_names(table.index)
    title = f"array of {n:,} image{'s' * (n != 1)}"
    return Images(lambda: table, names, names, None, title, f"{content_identity(cells)} {shape} {pixels.dtype}", cells)
