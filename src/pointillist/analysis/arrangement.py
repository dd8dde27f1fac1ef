"""A layout without overlap: every image has a cell of a grid of its own, and neighbours stay near."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_WIDEST = 2.0
"""A grid is at most this much wider than high, or higher than wide, however long the layout is."""


@dataclass(frozen=True)
class Grid:
    """Cells of a grid.

    columns, lines: its size. cell: (n, 2) int32, column from the left and line from the bottom of each row, no two the
    same; -1 where the row has no position.
    """

    columns: int
    lines: int
    cell: np.ndarray


def grid_of(xy: np.ndarray) -> Grid:
    """Give each of the (n, 2) positions a cell of its own, in a grid about as wide and high as they are.

    The grid is halved again and again, across its longer side, and the positions with it: those farther left (or lower)
    go to the left (or lower) half, as many as it has room for in proportion. Ties go by row. O(n log n).

    Raises:
        ValueError: if `xy` is not of shape (n, 2).
    """
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise ValueError(f"positions of shape {xy.shape} cannot be arranged in a grid; it takes (n, 2)")
    placed = np.flatnonzero(np.isfinite(xy).all(axis=1))
    cell = np.full((len(xy), 2), -1, np.int32)
    n = len(placed)
    if n == 0:
        return Grid(0, 0, cell)
    at = xy[placed].astype(np.float64)
    wide, high = np.ptp(at, axis=0)
    aspect = np.clip(wide / high if high > 0 else np.inf if wide > 0 else 1.0, 1 / _WIDEST, _WIDEST)
    columns = int(np.clip(round(np.sqrt(n * aspect)), 1, n))
    lines = -(-n // columns)
    cell[placed] = _bisected(at, columns, lines)
    return Grid(columns, lines, cell)


def arranged(xy: np.ndarray) -> np.ndarray:
    """The (n, 2) positions moved to the middles of their cells in `grid_of`.

    The grid lies about the middle of the positions and is as wide or as high as they are. (n, 2) float32, NaN where
    `xy` is not finite.
    """
    grid = grid_of(xy)
    moved = np.full(xy.shape, np.nan, np.float32)
    placed = grid.cell[:, 0] >= 0
    if not placed.any():
        return moved
    at = xy[placed].astype(np.float64)
    low, high = at.min(axis=0), at.max(axis=0)
    size = np.array([grid.columns, grid.lines])
    side = float(((high - low) / size).max()) or 1.0
    moved[placed] = (low + high) / 2 + (grid.cell[placed] + 0.5 - size / 2) * side
    return moved


def _bisected(at: np.ndarray, columns: int, lines: int) -> np.ndarray:
    """(n, 2) int32 cells of n ≤ columns × lines positions, n ≥ 1.

    All blocks of a level are halved at once. The points are kept in two orders, along x and along y, block by block in
    both; halving along one leaves that order as it is and parts each block of the other without changing it further.
    """
    n = len(at)
    orders = [np.argsort(at[:, axis], kind="stable") for axis in (0, 1)]
    first = np.zeros((1, 2), np.int64)
    size = np.array([[columns, lines]])
    counts = np.array([n])
    upper = np.empty(n, bool)
    while size.max() > 1:
        axis = int(size[:, 1].max() > size[:, 0].max())
        starts = np.cumsum(counts) - counts
        block = np.repeat(np.arange(len(counts)), counts)
        half = size[:, axis] // 2
        room = half * size[:, 1 - axis]
        rest = size.prod(axis=1) - room
        share = np.rint(counts * room / (room + rest)).astype(np.int64)
        below = np.clip(share, np.maximum(0, counts - rest), np.minimum(room, counts))
        place = np.arange(n) - starts[block]
        upper[orders[axis]] = place >= below[block]
        orders[1 - axis] = _parted(orders[1 - axis], upper, starts, block, below)
        first = np.repeat(first, 2, axis=0)
        size = np.repeat(size, 2, axis=0)
        size[0::2, axis] = half
        size[1::2, axis] -= half
        first[1::2, axis] += half
        counts = np.column_stack([below, counts - below]).ravel()
        held = counts > 0
        first, size, counts = first[held], size[held], counts[held]
    cell = np.empty((n, 2), np.int32)
    cell[orders[0]] = first
    return cell


def _parted(
    order: np.ndarray, upper: np.ndarray, starts: np.ndarray, block: np.ndarray, below: np.ndarray
) -> np.ndarray:
    """`order` with the upper points of each block after its others, each kind in the order it had."""
    is_upper = upper[order]
    uppers = np.cumsum(is_upper)
    uppers_before = (uppers - is_upper) - (uppers - is_upper)[starts][block]
    place = np.arange(len(order)) - starts[block]
    to = starts[block] + np.where(is_upper, below[block] + uppers_before, place - uppers_before)
    parted = np.empty_like(order)
    parted[to] = order
    return parted
