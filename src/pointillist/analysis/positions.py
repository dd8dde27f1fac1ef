"""Neighbours in a layout: the nearest positions, where `pointillist.neighbours` finds the nearest vectors."""

from __future__ import annotations

import numpy as np

from pointillist.neighbours import Neighbours


def position_neighbours(xy: np.ndarray, k: int) -> Neighbours:
    """Find the k nearest other positions of each position, by Euclidean distance.

    Args:
        xy: (n, dims) float32, NaN where a row has no position.
    """
    from scipy.spatial import cKDTree

    n = len(xy)
    present = np.flatnonzero(np.isfinite(xy).all(axis=1))
    k = max(min(k, len(present) - 1), 0)
    rows = np.repeat(np.arange(n, dtype=np.uint32)[:, None], k, axis=1)
    distances = np.full((n, k), np.nan, np.float32)
    if k:
        places = xy[present].astype(np.float64)
        away, near = cKDTree(places).query(places, k + 1, workers=-1)
        own = near == np.arange(len(present))[:, None]
        own[~own.any(axis=1), -1] = True  # of many copies at one place the last found makes room
        near, away = near[~own].reshape(-1, k), away[~own].reshape(-1, k)
        rows[present] = present[near]
        distances[present] = away
    return Neighbours(rows, distances)
