"""The k nearest so far of each image, kept while list after list is looked through; numba keeps what it compiled."""

from __future__ import annotations

import numba
import numpy as np

from pointillist.neighbours import GRID


@numba.njit(
    "void(float32[:, ::1], int64[::1], int64[::1], boolean[::1], float32[:, ::1], int64[:, ::1])",
    nogil=True,
    cache=True,
)
def keep_nearest(
    alike: np.ndarray, here: np.ndarray, there: np.ndarray, zero: np.ndarray, distances: np.ndarray, rows: np.ndarray
) -> None:
    """Work what was found in one list into the nearest so far, by distance, then row.

    Args:
        alike: (a, b) products of the vectors of the rows `here` (a,) with those of the rows `there` (b,).
        zero: (n,) which rows have a zero vector; two such are at distance 0.
        distances, rows: (n, k) the nearest so far, ascending; changed in place. No two threads may have the
            same row `here`.
    """
    k = distances.shape[1]
    for i in range(len(here)):
        row = here[i]
        floor = np.float32(1) - distances[row, k - 1] - GRID
        for j in range(len(there)):
            if (alike[i, j] < floor and not zero[row]) or there[j] == row:
                continue
            away = np.float32(0)
            if not (zero[row] and zero[there[j]]):
                away = min(max(np.rint((np.float32(1) - alike[i, j]) / GRID) * GRID, np.float32(0)), np.float32(2))
            last = k - 1
            if away > distances[row, last] or (away == distances[row, last] and there[j] > rows[row, last]):
                continue
            while last > 0 and (
                distances[row, last - 1] > away or (distances[row, last - 1] == away and rows[row, last - 1] > there[j])
            ):
                distances[row, last] = distances[row, last - 1]
                rows[row, last] = rows[row, last - 1]
                last -= 1
            distances[row, last] = away
            rows[row, last] = there[j]
            floor = np.float32(1) - distances[row, k - 1] - GRID
