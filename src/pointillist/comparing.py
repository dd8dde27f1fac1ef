"""How much each image's neighbours differ between two encoders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def name_of(titles: Sequence[str]) -> str:
    """What the column of two encoders is called."""
    return f"differs: {titles[0]} | {titles[1]}"


def shares_not_in_common(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n,) float32: of the k nearest rows by one graph, the share that is not among those of the other.

    Args:
        a, b: (n, k) rows, as `Neighbours.rows`.
    """
    k = min(a.shape[1], b.shape[1])
    if k == 0:
        return np.zeros(len(a), np.float32)
    common = np.zeros(len(a), np.int32)
    right = np.sort(b[:, :k], axis=1)
    for column in range(k):
        common += (right == a[:, column : column + 1]).any(axis=1)
    return np.asarray(1 - common / k, np.float32)
