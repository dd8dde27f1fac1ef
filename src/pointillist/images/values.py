"""Pixel values of any numeric type as 8 bits."""

from __future__ import annotations

import numpy as np

from pointillist.errors import DecodeError


def value_range(values: np.ndarray) -> tuple[float, float]:
    """The values meant as black and as white, from the type and the extremes.

    bool: 0, 1. Integers: 8, 12 or 16 bits deep, the least that holds the largest value (12-bit cameras and scanners
    write 16-bit files). Floats: 0…1 or 0…255. What fits none of these, such as values normalised by mean and
    deviation, goes from its least to its largest value.

    Raises:
        DecodeError: the values are no numbers.
    """
    kind = values.dtype.kind
    if kind not in "buif":
        raise DecodeError(f"pixels of type {values.dtype}; needs numbers, such as uint8")
    if kind == "b" or values.size == 0:
        return 0.0, 1.0
    if values.dtype == np.uint8:
        return 0.0, 255.0
    finite = values if kind != "f" else values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    scales = (1.0, 255.0) if kind == "f" else (255.0, 4095.0, 65535.0)
    white = next((scale for scale in scales if high <= scale), None)
    return (low, high) if low < 0 or white is None else (0.0, white)


def to_uint8(values: np.ndarray, black_white: tuple[float, float] | None = None) -> np.ndarray:
    """The values between black and white as 0…255, the same shape; beyond them is cut off, NaN is black.

    Args:
        black_white: as `value_range` gives it, which is the default.

    Raises:
        DecodeError: the values are no numbers.
    """
    black, white = value_range(values) if black_white is None else black_white
    if values.dtype.kind in "bui" and (black, white) == (0.0, 255.0):
        return values if values.dtype == np.uint8 else np.clip(values, 0, 255).astype(np.uint8)
    wide = values.dtype.itemsize > 4
    numbers = np.nan_to_num(values.astype(np.float64 if wide else np.float32), nan=black, posinf=white, neginf=black)
    share = np.clip(numbers, black, white) / 2 - black / 2
    half = white / 2 - black / 2
    return (share / half * 255 + 0.5).astype(np.uint8) if half > 0 else np.zeros(values.shape, np.uint8)
