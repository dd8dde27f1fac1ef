"""Layouts turned onto one another, so that a switch between them moves points no further than it must."""

from __future__ import annotations

import numpy as np


def aligned(xy: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """The layout turned, mirrored and moved, never stretched, to lie nearest to another one (Schönemann 1966).

    `onto` counts by its shape, not its size: both are scaled to the same spread to find the turn.

    Args:
        xy, onto: (n, dims) float32, NaN where a row has no position; rows with both count.

    Returns:
        (n, dims) float32; `xy` as it is where fewer than two rows count.
    """
    both = np.isfinite(xy).all(axis=1) & np.isfinite(onto).all(axis=1)
    if both.sum() < 2:
        return xy
    here, there = xy[both].astype(np.float64), onto[both].astype(np.float64)
    middle = here.mean(axis=0)
    left, _, right = np.linalg.svd((here - middle).T @ (there - there.mean(axis=0)))
    return np.asarray((xy - middle) @ (left @ right), np.float32)
