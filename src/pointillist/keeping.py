"""The nearest of a few candidates of each vector, compared in full; numba keeps what it compiled."""

from __future__ import annotations

import numpy as np

from pointillist.compiling import compiled
from pointillist.neighbours import GRID


@compiled("float32(float32)", inline="always")
def _away(alike: np.float32) -> np.float32:
    """The cosine distance, on the grid."""
    return min(max(np.rint((np.float32(1) - alike) / GRID) * GRID, np.float32(0)), np.float32(2))


@compiled("void(float32, int64, float32[::1], int64[::1])", nogil=True)
def _keep(away: np.float32, row: int, distances: np.ndarray, rows: np.ndarray) -> None:
    """Put a row at its place among the nearest so far of one image, by distance, then row, where it is one of them."""
    last = len(rows) - 1
    if away > distances[last] or (away == distances[last] and row > rows[last]):
        return
    while last > 0 and (distances[last - 1] > away or (distances[last - 1] == away and rows[last - 1] > row)):
        distances[last] = distances[last - 1]
        rows[last] = rows[last - 1]
        last -= 1
    distances[last] = away
    rows[last] = row


@compiled(
    "void(float32[:, ::1], int64[::1], int32[:, ::1], int64[::1], int64[::1], float32[:, ::1], int64[:, ::1])",
    nogil=True,
    fastmath={"reassoc", "contract", "nsz"},
)
def keep_compared(
    unit: np.ndarray,
    here: np.ndarray,
    candidates: np.ndarray,
    rows_of: np.ndarray,
    begin: np.ndarray,
    distances: np.ndarray,
    rows: np.ndarray,
) -> None:
    """Keep the nearest rows of those that hold the vectors `here` or one of their candidates, by distance, then row.

    Args:
        unit: (u, d) distinct vectors of unit length or zero. here: (m,) which of them.
        candidates: (m, c) which others to compare each with; below 0 where there is none.
        rows_of, begin: (n,), (u + 1,) which rows hold them, as `Copies` says.
        distances, rows: (m, k) the nearest so far, ascending; at first inf and n.
    """
    kept, d = rows.shape[1], unit.shape[1]
    for i in range(len(here)):
        one = here[i]
        for place in range(begin[one], min(begin[one + 1], begin[one] + kept)):
            _keep(np.float32(0), rows_of[place], distances[i], rows[i])
        for j in range(candidates.shape[1]):
            other = candidates[i, j]
            if other < 0 or other == one:
                continue
            alike = np.float32(0)
            for axis in range(d):
                alike += unit[one, axis] * unit[other, axis]
            away = _away(alike)
            for place in range(begin[other], min(begin[other + 1], begin[other] + kept)):
                _keep(away, rows_of[place], distances[i], rows[i])
