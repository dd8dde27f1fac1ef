"""How far a layout can be trusted: does it keep the neighbours of the vectors?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pointillist.analysis.positions import position_neighbours
from pointillist.neighbours import Neighbours, unit_length

SAMPLE = 5000
"""Trustworthiness of more images is that of this many of them, a fixed random sample, where not all are asked for."""

_BLOCK_FLOATS = 8_000_000


@dataclass(frozen=True, eq=False)
class Quality:
    """How well a layout keeps the neighbours of its vectors.

    trustworthiness: in [0, 1]; 1 where everything near in the layout is near among the vectors (Venna, Kaski 2001).
    measured: of so many images: all that have a place, or a sample of them.
    preserved: (n,) float32 in [0, 1], of each image the share of its k nearest vectors that are among its k nearest
        positions; NaN in rows without a position.
    k: of both.
    """

    trustworthiness: float
    measured: int
    preserved: np.ndarray
    k: int

    def __repr__(self) -> str:
        kept = float(np.nanmean(self.preserved)) if np.isfinite(self.preserved).any() else float("nan")
        of = f" of a sample of {self.measured:,}" if self.measured < np.isfinite(self.preserved).sum() else ""
        return f"<trustworthiness {self.trustworthiness:.3f}{of}, {kept:.0%} of {self.k} neighbours kept>"


def quality(
    x: np.ndarray,
    graph: Neighbours,
    xy: np.ndarray,
    *,
    exact: bool = False,
    on_block: Callable[[int, int], None] | None = None,
) -> Quality:
    """Compare a layout with the vectors it is a picture of.

    Args:
        x: (n, d) float32 vectors. graph: their neighbours. xy: (n, dims) positions; rows with NaN are left out.
        exact: trustworthiness of all images however many, instead of a sample of SAMPLE.
        on_block: told the rows done and their total; what it raises ends the work.
    """
    near = position_neighbours(xy, graph.k)
    k = min(near.k, graph.k)
    placed = np.flatnonzero(np.isfinite(xy).all(axis=1) & np.isfinite(x).all(axis=1))
    asked = placed if exact else _sample(placed)
    return Quality(_trustworthiness(x, near, placed, asked, k, on_block), len(asked), preserved(graph, near), k)


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
    """scikit-learn's `trustworthiness` with the cosine metric, in blocks."""
    placed = np.flatnonzero(np.isfinite(xy).all(axis=1) & np.isfinite(x).all(axis=1))
    return _trustworthiness(x, position_neighbours(xy, k), placed, placed, k, None)


def _sample(rows: np.ndarray) -> np.ndarray:
    m = len(rows)
    return rows if m <= SAMPLE else rows[np.sort(np.random.default_rng(0).choice(m, SAMPLE, replace=False))]


def _trustworthiness(
    x: np.ndarray,
    near: Neighbours,
    placed: np.ndarray,
    asked: np.ndarray,
    k: int,
    on_block: Callable[[int, int], None] | None,
) -> float:
    """Of the rows `asked`, ascending, among the rows `placed`."""
    m = len(placed)
    if k < 1 or 2 * m <= 3 * k + 1:
        return float("nan")
    unit = unit_length(x[placed])
    position = np.full(len(x), -1, np.int64)
    position[placed] = np.arange(m)
    step = max(1, _BLOCK_FLOATS // m)
    too_far = 0
    for start in range(0, len(asked), step):
        block = asked[start : start + step]
        own_place = position[block]
        alike = unit[own_place] @ unit.T
        alike[np.arange(len(block)), own_place] = np.inf
        to = position[near.rows[block, :k]]
        own = np.take_along_axis(alike, to, axis=1)
        for place in range(k):
            rank = np.count_nonzero(alike > own[:, place, None], axis=1)  # the image itself counts for its own rank
            too_far += int(np.maximum(rank - k, 0).sum())
        if on_block is not None:
            on_block(min(start + step, len(asked)), len(asked))
    return 1.0 - too_far * 2.0 / (len(asked) * k * (2.0 * m - 3.0 * k - 1.0))
