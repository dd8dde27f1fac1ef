"""How far a layout can be trusted: does it keep the neighbours of the vectors?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pointillist.analysis.positions import position_neighbours
from pointillist.neighbours import Neighbours, unit_length

SAMPLE = 5000
"""Trustworthiness of more images is that of this many of them, a fixed random sample."""

_BLOCK_FLOATS = 8_000_000


@dataclass(frozen=True, eq=False)
class Quality:
    """How well a layout keeps the neighbours of its vectors.

    trustworthiness: in [0, 1]; 1 where everything near in the layout is near among the vectors (Venna, Kaski 2001).
    preserved: (n,) float32 in [0, 1], of each image the share of its k nearest vectors that are among its k nearest
        positions; NaN in rows without a position.
    k: of both.
    """

    trustworthiness: float
    preserved: np.ndarray
    k: int

    def __repr__(self) -> str:
        kept = float(np.nanmean(self.preserved)) if np.isfinite(self.preserved).any() else float("nan")
        return f"<trustworthiness {self.trustworthiness:.3f}, {kept:.0%} of {self.k} neighbours kept>"


def quality(
    x: np.ndarray, graph: Neighbours, xy: np.ndarray, *, on_block: Callable[[int, int], None] | None = None
) -> Quality:
    """Compare a layout with the vectors it is a picture of.

    Args:
        x: (n, d) float32 vectors. graph: their neighbours. xy: (n, dims) positions; rows with NaN are left out.
        on_block: told the rows done and their total; what it raises ends the work.
    """
    placed = np.isfinite(xy).all(axis=1)
    near = position_neighbours(xy, graph.k)
    k = min(near.k, graph.k)
    return Quality(_trustworthiness(x, near, placed, k, on_block), preserved(graph, near), k)


def preserved(graph: Neighbours, near: Neighbours) -> np.ndarray:
    """(n,) float32: of each row the share of its neighbours in one graph that it has in the other too."""
    n, k = len(graph.rows), min(graph.k, near.k)
    if k == 0:
        return np.full(n, np.nan, np.float32)
    wide = np.sort(near.rows[:, :k], axis=1).astype(np.int64) + np.arange(n)[:, None] * n
    asked = graph.rows[:, :k].astype(np.int64) + np.arange(n)[:, None] * n
    kept = np.isin(asked.ravel(), wide.ravel()).reshape(n, k).mean(axis=1, dtype=np.float32)
    kept[np.isnan(near.distances[:, 0]) | np.isnan(graph.distances[:, 0])] = np.nan
    return np.asarray(kept)


def trustworthiness(x: np.ndarray, xy: np.ndarray, k: int) -> float:
    """scikit-learn's `trustworthiness` with the cosine metric, in blocks; of a sample where there are many rows."""
    return _trustworthiness(x, position_neighbours(xy, k), np.isfinite(xy).all(axis=1), k, None)


def _trustworthiness(
    x: np.ndarray, near: Neighbours, placed: np.ndarray, k: int, on_block: Callable[[int, int], None] | None
) -> float:
    rows = np.flatnonzero(placed & np.isfinite(x).all(axis=1))
    m = len(rows)
    if k < 1 or 2 * m <= 3 * k + 1:
        return float("nan")
    unit = unit_length(x[rows])
    position = np.full(len(x), -1, np.int64)
    position[rows] = np.arange(m)
    chosen = np.arange(m) if m <= SAMPLE else np.sort(np.random.default_rng(0).choice(m, SAMPLE, replace=False))
    step = max(1, _BLOCK_FLOATS // m)
    too_far = 0
    for start in range(0, len(chosen), step):
        block = chosen[start : start + step]
        alike = unit[block] @ unit.T
        alike[np.arange(len(block)), block] = np.inf
        to = position[near.rows[rows[block], :k]]
        own = np.take_along_axis(alike, to, axis=1)
        for place in range(k):
            rank = np.count_nonzero(alike > own[:, place, None], axis=1)  # the image itself counts for its own rank
            too_far += int(np.maximum(rank - k, 0).sum())
        if on_block is not None:
            on_block(min(start + step, len(chosen)), len(chosen))
    return 1.0 - too_far * 2.0 / (len(chosen) * k * (2.0 * m - 3.0 * k - 1.0))
