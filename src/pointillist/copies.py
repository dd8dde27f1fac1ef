"""Vectors that occur more than once, found by their bits."""

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
    """Args: x: (n, d) float32. They are ordered along a direction of no meaning, which an error in the last bits, as a
    change of scale brings, hardly changes."""
    _, first, of_row, count = np.unique(row_keys(x), return_index=True, return_inverse=True, return_counts=True)
    direction = np.random.default_rng(0).standard_normal(x.shape[1])
    along = np.empty(len(first))
    for start in range(0, len(first), _AT_ONCE):  # row by row alike, which a product of matrices is not
        some = slice(start, start + _AT_ONCE)
        along[some] = np.einsum("ij,j->i", x[first[some]].astype(np.float64), direction)
    order = np.argsort(along, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    of_row = place[of_row]
    begin = np.concatenate([[0], np.cumsum(count[order])])
    return Copies(first[order], of_row, np.argsort(of_row, kind="stable"), begin)


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
