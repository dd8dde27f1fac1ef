"""Vectors in fewer numbers, by which most of the nearest are among a few candidates that are then compared in full.

The numbers are along the axes where the vectors vary most. A distance by them alone is never above the true one, and
that of a copy is 0. How many axes are enough is not a parameter but found, for vectors whose nearest are known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pointillist.neighbours import GRID, nearest_of_unit

ENOUGH = 0.99
"""The share of the nearest that the candidates must hold."""
_FITTED_ON = 20_000
_WIDTHS = (64, 128, 256)
"""Multiples of what a processor multiplies at once."""


@dataclass(frozen=True, eq=False)
class Narrow:
    """n vectors in fewer numbers.

    places: (n, w) float32, whose straight distances tell the candidates.
    count: how many candidates of each to compare in full, itself among them.
    found: (s, k) bool, which of the nearest that were known are among so many.
    """

    places: np.ndarray
    count: int
    found: np.ndarray


def narrowed(unit: np.ndarray, sample: np.ndarray, true: np.ndarray) -> Narrow:
    """The narrowest form of the vectors in which the candidates are ENOUGH; themselves where none is less than half as
    wide.

    Args:
        unit: (n, d) float32 of unit length. sample: (s,) rows. true: (s, k) their nearest.
    """
    n, d = unit.shape
    widths = [width for width in _WIDTHS if 2 * width <= d]
    count = 2 * true.shape[1] + 1
    if widths and n > 2 * count:
        some = unit[:: -(-n // _FITTED_ON)]
        mean = some.mean(axis=0)
        _, axes = np.linalg.eigh(np.cov(some - mean, rowvar=False, dtype=np.float32))
        for width in widths:
            along = axes[:, : d - width - 1 : -1]
            places = (unit @ along - mean @ along).astype(np.float32, copy=False)
            found = _found(places, sample, true, count)
            if found.mean() >= ENOUGH:
                return Narrow(places, count, found)
    return Narrow(unit, true.shape[1] + 1, np.ones(true.shape, bool))


def _found(places: np.ndarray, sample: np.ndarray, true: np.ndarray, count: int) -> np.ndarray:
    """Which of the true nearest of a sample are among the `count` nearest by straight distance."""
    half, one = np.einsum("ij,ij->i", places, places) / 2, np.ones(len(places), np.float32)
    right = np.column_stack([places, one, -half])
    left = np.column_stack([places[sample], 1 - half[sample], one[sample]])  # left · right: 1 less half the square
    _, away = nearest_of_unit(left, right, np.full(len(sample), -1), count)
    return np.asarray(1 - np.einsum("id,ikd->ik", left, right[true]) <= away[:, -1:] + GRID)
