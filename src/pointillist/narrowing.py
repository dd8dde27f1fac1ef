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
"""Multiples of what a processor multiplies at once; 3 of them are not axes."""


@dataclass(frozen=True, eq=False)
class Narrow:
    """Of n vectors: `left[i] @ right[j]` is 1 less the cosine distance of i and j by the axes alone.

    left, right: (n, w) float32. count: how many candidates of each image to compare in full.
    found: (s, k) bool, which of the nearest that were known are among so many.
    """

    left: np.ndarray
    right: np.ndarray
    count: int
    found: np.ndarray


def narrowed(unit: np.ndarray, sample: np.ndarray, true: np.ndarray) -> Narrow | None:
    """The narrowest form of the vectors in which the candidates are ENOUGH, None where none is less than half as wide.

    Args:
        unit: (n, d) float32 of unit length or zero. sample: (s,) rows. true: (s, k) their nearest.
    """
    n, d = unit.shape
    widths = [width for width in _WIDTHS if 2 * width <= d]
    count = 2 * true.shape[1]
    if not widths or n <= 2 * count:
        return None
    some = unit[:: -(-n // _FITTED_ON)]
    mean = some.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(some - mean, rowvar=False, dtype=np.float32))
    for width in widths:
        left, right = _sides(unit, mean, axes[:, : d - width + 2 : -1])
        _, away = nearest_of_unit(left[sample], right, sample, count)
        found = 1 - np.einsum("id,ikd->ik", left[sample], right[true]) <= away[:, -1:] + GRID
        if found.mean() >= ENOUGH:
            return Narrow(left, right, count, found)
    return None


def _sides(unit: np.ndarray, mean: np.ndarray, axes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Half the squared distance, as one product: (n, p + 3) each. Zero is one apart from all but zero, by an axis of
    its own."""
    places = np.column_stack([unit @ axes - mean @ axes, ~unit.any(axis=1)]).astype(np.float32)
    half, one = np.einsum("ij,ij->i", places, places) / 2, np.ones(len(unit), np.float32)
    return np.column_stack([places, 1 - half, one]), np.column_stack([places, one, -half])
