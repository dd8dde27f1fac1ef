"""The neighbour graph: the k nearest other images of each image, exact, by blocked matrix products.

Layouts, clusters, scores and label checks all read this one graph. NumPy's BLAS took 1.6 s for 10,900 vectors of
width 1,280 on two cores, as fast as torch without its 2.4 s of import; on a GPU on_gpu.py does the same by torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

GRID = np.float32(2.0**-21)
"""Distances are multiples of this, about the error of a float32 product: copies then tie exactly wherever they are."""

Nearest = Callable[[slice], tuple[np.ndarray, np.ndarray]]
"""Of a block of rows (b, k) the nearest other rows and their distances, by distance, then row."""

_BLOCK_FLOATS = 8_000_000
_GROUP = 32
_TIES_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Neighbours:
    """The k nearest other images of each image.

    rows: (n, k) uint32, nearest first, equally near ones by row; a row is never its own neighbour.
    distances: (n, k) float32, cosine distance in [0, 2], ascending along each row, good to 1e-6.

    A row without a vector is nobody's neighbour; its own entries are itself at distance NaN.
    k is smaller than asked for when there are fewer other vectors, 0 when there is at most one.

    recall: share of the true nearest that is among those found, measured on a sample; 1 of an exact search.
    """

    rows: np.ndarray
    distances: np.ndarray
    recall: float = 1.0

    @property
    def k(self) -> int:
        return int(self.rows.shape[1])


def neighbours(
    x: np.ndarray,
    k: int,
    *,
    by: Callable[[np.ndarray, int], Nearest] | None = None,
    on_block: Callable[[int, int], None] | None = None,
) -> Neighbours:
    """Find the k nearest other rows of each row by cosine distance.

    Args:
        x: (n, d) float32 of any length; a row with NaN or infinity has no vector. A zero vector is at distance 1 from
            all but other zero vectors, whose copy it is.
        k: at least 1.
        by: makes of unit vectors (m, d) and k what searches them: `nearest_on` a device of torch, else NumPy.
        on_block: called with the rows done and their total after each block; what it raises ends the search.

    Raises:
        ValueError: if `x` is not (n, d), or k < 1.
    """
    if x.ndim != 2:
        raise ValueError(f"vectors of shape {x.shape}: they must be (n, d)")
    if k < 1:
        raise ValueError(f"k = {k}: each image needs at least 1 neighbour")
    present = np.flatnonzero(np.isfinite(x).all(axis=1))
    unit = unit_length(x[present])
    count, n = len(present), len(x)
    k = max(min(k, count - 1), 0)
    rows = np.repeat(np.arange(n, dtype=np.uint32)[:, None], k, axis=1)
    distances = np.full((n, k), np.nan, np.float32)
    if k == 0:
        return Neighbours(rows, distances)
    step = min(int(np.clip(_BLOCK_FLOATS // count, 64, 512)), count)
    nearest = _by_numpy(unit, k, step) if by is None else by(unit, k)
    for start in range(0, count, step):
        block = slice(start, min(start + step, count))
        places, distances[present[block]] = nearest(block)
        rows[present[block]] = present[places]
        if on_block is not None:
            on_block(block.stop, count)
    return Neighbours(rows, distances)


def _by_numpy(unit: np.ndarray, k: int, step: int) -> Nearest:
    """For blocks of at most `step` rows."""
    zero = np.flatnonzero(~unit.any(axis=1))
    table = np.empty((step, len(unit)), np.float32)

    def nearest(block: slice) -> tuple[np.ndarray, np.ndarray]:
        apart = np.matmul(unit[block], unit.T, out=table[: block.stop - block.start])
        np.subtract(1, apart, out=apart)
        own = np.arange(block.start, block.stop)
        apart[np.ix_(zero[(zero >= block.start) & (zero < block.stop)] - block.start, zero)] = 0
        apart[own - block.start, own] = np.inf
        return _nearest(apart, k)

    return nearest


def nearest_among(
    x: np.ndarray,
    of: np.ndarray,
    among: np.ndarray,
    k: int,
    *,
    on_block: Callable[[int, int], None] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest of some rows to each of others, in the way and order of `neighbours`.

    Args:
        x: (n, d) float32. of: (m,) rows. among: (p,) rows, ascending; all with a vector.

    Returns:
        rows: (m, j) uint32, distances: (m, j) float32; j = k, or fewer where `among` holds fewer others. A row is
        never its own neighbour.
    """
    own_place = np.searchsorted(among, of)
    own = (own_place < len(among)) & (among[np.minimum(own_place, len(among) - 1)] == of) if len(among) else None
    k = max(0, min(k, len(among) - int(own is not None and own.any())))
    rows, distances = np.empty((len(of), k), np.uint32), np.empty((len(of), k), np.float32)
    if own is None or k == 0 or not len(of):
        return rows, distances
    there = unit_length(x[among])
    zero = np.asarray(~there.any(axis=1))
    step = int(np.clip(_BLOCK_FLOATS // len(among), 64, 512))
    for start in range(0, len(of), step):
        block = slice(start, min(start + step, len(of)))
        places = np.where(own[block], own_place[block], -1)
        nearest, distances[block] = nearest_of_unit(unit_length(x[of[block]]), there, places, k, zero)
        rows[block] = among[nearest]
        if on_block is not None:
            on_block(block.stop, len(of))
    return rows, distances


def nearest_of_unit(
    here: np.ndarray, there: np.ndarray, own: np.ndarray, k: int, zero: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest of `there` (p, d) to each of `here` (m, d), all of unit length or zero; all at once.

    Args:
        own: (m,) the place of each in `there`, which is left out, or -1.
        zero: (p,) bool, which of `there` are zero.

    Returns:
        places: (m, k), distances: (m, k) float32.
    """
    apart = here @ there.T
    np.subtract(1, apart, out=apart)
    apart[np.ix_(~here.any(axis=1), ~there.any(axis=1) if zero is None else zero)] = 0
    mine = np.flatnonzero(own >= 0)
    apart[mine, own[mine]] = np.inf
    return _nearest(apart, k)


def unit_length(x: np.ndarray) -> np.ndarray:
    """(n, d) float32 rows scaled to length 1; zero rows stay zero."""
    largest = np.abs(x).max(axis=1, initial=0, keepdims=True)
    scaled = np.divide(x, largest, out=np.zeros(x.shape, np.float32), where=largest > 0, casting="unsafe")
    length = np.sqrt(np.einsum("ij,ij->i", scaled, scaled))[:, None]
    np.divide(scaled, length, out=scaled, where=length > 0)
    return np.asarray(scaled)


def bound_of_least(apart: np.ndarray, k: int) -> np.ndarray:
    """(b, 1): what k entries or more of each row of `apart` (b, m) are not above, and few others.

    The k-th smallest of the minima of groups bounds the k-th smallest of all: one look at each entry, where sorting all
    into nearer and farther took 8 ns for each.
    """
    b, m = apart.shape
    groups = m if m < 8 * k else max(4 * k, m // _GROUP)
    depth = m // groups
    lowest = apart[:, : groups * depth].reshape(b, depth, groups).min(axis=1)
    return np.asarray(np.partition(lowest, k - 1, axis=1)[:, k - 1 : k])


def _nearest(apart: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(b, k) columns and distances of the k smallest entries of each row of `apart` (b, m), by distance then column."""
    b, m = apart.shape
    close = np.flatnonzero(apart <= bound_of_least(apart, k) + GRID)
    row = close // m
    first = np.searchsorted(row, np.arange(b + 1))
    nearest, distance = np.empty((b, k), np.int64), np.empty((b, k), np.float32)
    step = max(1, _TIES_AT_ONCE // max(int(np.diff(first).max()), 1))
    for start in range(0, b, step):  # in one go, but where whole crowds are equally far
        end = min(start + step, b)
        some = slice(first[start], first[end])
        away = _on_grid(apart.reshape(-1)[close[some]])
        order = np.lexsort([away, row[some]])  # stable: equally far ones stay by column
        chosen = order[(first[start:end] - first[start])[:, None] + np.arange(k)]
        nearest[start:end] = close[some][chosen] % m
        distance[start:end] = away[chosen]
    return nearest, distance


def _on_grid(apart: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(np.rint(apart / GRID) * GRID, 0, 2))
