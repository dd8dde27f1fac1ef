"""Layouts turned onto one another, so that a switch between them moves points no further than it must."""

from __future__ import annotations

import numpy as np


def aligned(xy: np.ndarray, onto: np.ndarray, *, scale: bool = False) -> np.ndarray:
    """The layout turned and mirrored to lie nearest to another one (Schönemann 1966): of other parameters, another
    method or another encoder, in the plane or in space.

    `onto` counts by its shape alone: where it lies and how large it is does not change the turn. A flat layout and one
    in space are compared as if the flat one lay in the first two directions of space.

    Args:
        xy: (n, 2) or (n, 3) float32, NaN where a row has no position. onto: (n, 2) or (n, 3) likewise; the rows that
            have a position in both count.
        scale: also move it to the middle of `onto` and make it as large: the square mean distance from the middle is
            then that of `onto`.

    Returns:
        float32 of the shape of `xy`, its middle at the origin unless `scale`; a copy of `xy` where fewer than two rows
        count.

    Raises:
        ValueError: if the two have different numbers of rows.
    """
    if len(xy) != len(onto):
        raise ValueError(f"{len(xy):,} positions cannot lie as {len(onto):,} others do: they must be of the same rows")
    both = np.isfinite(xy).all(axis=1) & np.isfinite(onto).all(axis=1)
    if both.sum() < 2:
        return xy.copy()
    here, there = xy[both].astype(np.float64), onto[both].astype(np.float64)
    middle, goal = here.mean(axis=0), there.mean(axis=0)
    here, there = here - middle, there - goal
    own, dims = xy.shape[1], onto.shape[1]
    wide = np.zeros((own, own))
    wide[:, : min(own, dims)] = (here.T @ there)[:, :own]
    left, _, right = np.linalg.svd(wide)
    moved = (xy - middle) @ (left @ right)
    if scale:
        size, wanted = np.sqrt((here**2).sum()), np.sqrt((there**2).sum())
        to = np.zeros(own)
        to[: min(own, dims)] = goal[:own]
        moved = moved * (wanted / size if size > 0 else 1.0) + to
    return np.asarray(moved, np.float32)
