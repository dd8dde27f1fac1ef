"""The k nearest so far of each image, kept while list after list is looked through; numba keeps what it compiled."""

from __future__ import annotations

import numba
import numpy as np

from pointillist.neighbours import GRID

_LANES = 16
"""So many are looked at together, whether one of them may be near enough: a processor compares them at once."""


@numba.njit("float32(float32)", cache=True, inline="always")
def _away(alike: np.float32) -> np.float32:
    """The cosine distance, on the grid."""
    return min(max(np.rint((np.float32(1) - alike) / GRID) * GRID, np.float32(0)), np.float32(2))


@numba.njit("void(float32, int64, float32[::1], int64[::1])", nogil=True, cache=True)
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


@numba.njit(
    "void(float32[:, ::1], int64[::1], int64[::1], int64[::1], boolean[::1], float32[:, ::1], int64[:, ::1])",
    nogil=True,
    cache=True,
)
def keep_nearest(
    alike: np.ndarray,
    here: np.ndarray,
    places: np.ndarray,
    there: np.ndarray,
    zero: np.ndarray,
    distances: np.ndarray,
    rows: np.ndarray,
) -> None:
    """Work what was found in one list into the nearest so far, by distance, then row.

    Args:
        alike: (a, b) products of the vectors of the rows `here` (a,) with those of the rows `there` (b,).
        places: (a,) where each of `here` stands in `distances` and `rows`.
        zero: (n,) which rows have a zero vector; two such are at distance 0.
        distances, rows: (m, k) the nearest so far, ascending; changed in place.
    """
    k = distances.shape[1]
    for i in range(len(here)):
        row, place = here[i], places[i]
        floor = np.float32(1) - distances[place, k - 1] - GRID
        for start in range(0, len(there), _LANES):
            end = min(start + _LANES, len(there))
            if end == start + _LANES and not zero[row]:
                near = 0
                for lane in range(_LANES):
                    near += alike[i, start + lane] >= floor
                if near == 0:
                    continue
            for j in range(start, end):
                if (alike[i, j] < floor and not zero[row]) or there[j] == row:
                    continue
                away = np.float32(0) if zero[row] and zero[there[j]] else _away(alike[i, j])
                _keep(away, there[j], distances[place], rows[place])
                floor = np.float32(1) - distances[place, k - 1] - GRID


@numba.njit(
    "void(float32[:, ::1], int64[::1], int64[:, ::1], boolean[::1], float32[:, ::1], int64[:, ::1])",
    nogil=True,
    cache=True,
    fastmath={"reassoc", "contract", "nsz"},
)
def keep_compared(
    unit: np.ndarray,
    here: np.ndarray,
    candidates: np.ndarray,
    zero: np.ndarray,
    distances: np.ndarray,
    rows: np.ndarray,
) -> None:
    """Compare the rows `here` (m,) with a few others each, and keep the nearest of these.

    Args:
        unit: (n, d) vectors of unit length or zero.
        candidates: (m, c) rows to compare with; n where there is none.
        zero, distances, rows: as `keep_nearest` takes them.
    """
    n, d = unit.shape
    for i in range(len(here)):
        row = here[i]
        for j in range(candidates.shape[1]):
            other = candidates[i, j]
            if other == n:
                break
            alike = np.float32(0)
            for axis in range(d):
                alike += unit[row, axis] * unit[other, axis]
            away = np.float32(0) if zero[row] and zero[other] else _away(alike)
            _keep(away, other, distances[i], rows[i])
