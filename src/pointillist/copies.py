"""Which vectors occur more than once, told by their bits, and an order of them that does not depend on their rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_AT_ONCE = 8192


@dataclass(frozen=True, eq=False)
class Copies:
    """The u distinct ones of n vectors, in an order that they alone decide, wherever their rows are.

    first: (u,) the lowest row of each.
    of_row: (n,) which of them each row holds.
    rows: (n,) all rows, those of one vector together and ascending.
    begin: (u + 1,) where they begin in `rows`, and its end.
    """

    first: np.ndarray
    of_row: np.ndarray
    rows: np.ndarray
    begin: np.ndarray


def copies(x: np.ndarray) -> Copies:
    """Args: x: (n, d) float32."""
    _, first, of_row, count = np.unique(row_keys(x), return_index=True, return_inverse=True, return_counts=True)
    order = steady_order(x, first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    of_row = place[of_row]
    begin = np.concatenate([[0], np.cumsum(count[order])])
    return Copies(first[order], of_row, np.argsort(of_row, kind="stable"), begin)


def steady_order(x: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
    """(m,) places of the rows of x (n, d), or of some (m,), in an order that the vectors alone decide.

    They go along a direction of no meaning. What starts from chance starts the same then in whatever order the images
    are given; an error in the last bits, as a change of scale brings, hardly changes it. Copies stay as they are.
    """
    rows = np.arange(len(x)) if rows is None else rows
    direction = np.random.default_rng(0).standard_normal(x.shape[1])
    along = np.empty(len(rows))
    for start in range(0, len(rows), _AT_ONCE):  # row by row alike, which a product of matrices is not
        some = slice(start, start + _AT_ONCE)
        along[some] = np.einsum("ij,j->i", x[rows[some]].astype(np.float64), direction)
    return np.argsort(along, kind="stable")


def row_keys(x: np.ndarray) -> np.ndarray:
    """(n,) uint64 that names each vector by its bits: equal vectors have equal keys, others almost surely not."""
    odd = np.random.default_rng(0).integers(0, 2**63, x.shape[1], np.uint64) * np.uint64(2) + np.uint64(1)
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    keys = np.zeros(len(x), np.uint64)
    for start in range(0, len(x), _AT_ONCE):
        block = bits[start : start + _AT_ONCE].astype(np.uint64)
        block ^= block << np.uint64(29)
        keys[start : start + _AT_ONCE] = (block * odd).sum(axis=1, dtype=np.uint64)
    return keys
