"""UMAP layout of a neighbour graph (McInnes, Healy, Melville 2018, arXiv:1802.03426).

The graph of weights is made here, in NumPy: the same numbers as umap-learn's, without the 3.3 s its compiled version
takes before its first answer. The layout itself is umap-learn's compiled descent, on one thread, since with several it
is not reproducible; large collections, where that takes a minute and more, are laid out by descent.py on all cores.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pointillist.analysis.recipes import MIN_DIST
from pointillist.neighbours import Neighbours

if TYPE_CHECKING:
    from scipy.sparse import coo_matrix

OnEpoch = Callable[[int, int, np.ndarray], None]

FEWEST = 5
"""Below this many vectors there is nothing for UMAP to do, and PCA's picture is kept."""

SPREAD = 1.0

_CLOSE = 1e-6
"""By so much the weights of an image may add up to more than they are to."""

ONE_THREAD_UP_TO = 50_000
"""Images. umap-learn lays them out a little more faithfully; 200,000 took it 84 s, and descent.py 22 on two cores."""


def umap(
    graph: Neighbours,
    start: np.ndarray,
    *,
    min_dist: float = MIN_DIST,
    seed: int = 0,
    on_epoch: OnEpoch | None = None,
) -> np.ndarray:
    """Lay the graph out so that neighbours lie together.

    Args:
        graph: over the same n images.
        start: (n, dims) float32 positions to begin with, from PCA; NaN where there is no vector.
        min_dist: how near to one another positions may come, from 0 to 1: less makes tighter groups.
        on_epoch: called now and then with the epochs done, their total and the positions so far (m, dims) of the rows
            with a vector, which change later; what it raises ends the work. Whoever looks changes nothing.

    Returns:
        (n, dims) float32 around the origin, NaN where `start` is. The same on every call with the same input.
    """
    easy = easy_layout(graph, start)
    if easy is not None:
        return easy
    present = np.flatnonzero(np.isfinite(start).all(axis=1))
    position = np.zeros(len(start), np.int64)
    position[present] = np.arange(len(present))
    weights = fuzzy_graph(position[graph.rows[present]], graph.distances[present])
    laid = _descend(weights, start[present], min_dist, seed, on_epoch)
    xy = np.full(start.shape, np.nan, np.float32)
    xy[present] = laid - laid.mean(axis=0)
    return xy


def easy_layout(graph: Neighbours, start: np.ndarray) -> np.ndarray | None:
    """The layout where UMAP has nothing to do, else None.

    Fewer than FEWEST images stay where they are; images that are all alike become a disc.
    """
    present = np.flatnonzero(np.isfinite(start).all(axis=1))
    if len(present) > 1 and not (graph.distances[present] > 1e-6).any():
        turn = np.arange(len(present)) * (np.pi * (3 - 5**0.5))
        xy = np.full(start.shape, np.nan, np.float32)
        xy[present] = 0
        xy[present, :2] = np.sqrt(np.arange(len(present)) + 0.5)[:, None] * np.stack(
            [np.cos(turn), np.sin(turn)], axis=1
        )
        return xy
    return start.copy() if len(present) < FEWEST else None


def fuzzy_graph(rows: np.ndarray, distances: np.ndarray) -> coo_matrix:
    """The symmetric graph of weights in (0, 1]: (n, n), without self-loops, entries sorted by row, then column.

    Each image's distances are measured from its nearest distinct neighbour and scaled so that the weights add up to
    log2(k + 1); the two directions are joined by the probabilistic or. Equal to umap-learn's `fuzzy_simplicial_set`
    with n_neighbors = k + 1, which counts the image itself.

    Args:
        rows: (n, k) integers. distances: (n, k) float32 ≥ 0, ascending along each row.
    """
    from scipy.sparse import coo_matrix

    n, k = rows.shape
    away = distances.astype(np.float64)
    nearest = np.min(np.where(away > 0, away, np.inf), axis=1)
    nearest[~np.isfinite(nearest)] = 0
    beyond = np.maximum(away - nearest[:, None], 0)
    scale = _scale(beyond, np.log2(k + 1))
    floor = np.where(nearest > 0, away.sum(axis=1) / (k + 1), away.sum() / (n * (k + 1)))
    scale = np.maximum(scale, 1e-3 * floor)
    ratio = np.divide(beyond, scale[:, None], out=np.zeros_like(beyond), where=beyond > 0)
    weight = np.exp(-ratio)
    one_way = coo_matrix((weight.ravel(), (np.repeat(np.arange(n), k), rows.ravel())), shape=(n, n)).tocsr()
    other_way = one_way.T.tocsr()
    joined = (one_way + other_way - one_way.multiply(other_way)).tocoo()
    joined.sum_duplicates()
    joined.eliminate_zeros()
    return joined


def _scale(beyond: np.ndarray, total: float) -> np.ndarray:
    """(n,) scales for which sum(exp(-beyond / scale)) = total along each row, 0 where so many are 0 that none does.

    Newton's method for 1 / scale, in which the sum is convex and falls: from 0 on no step goes too far.
    """
    inverse = np.zeros(len(beyond))
    inverse[(beyond == 0).sum(axis=1) >= total] = np.inf
    open_rows = np.flatnonzero(np.isfinite(inverse))
    for _ in range(64):
        away = beyond[open_rows]
        weight = np.exp(-away * inverse[open_rows, None])
        excess = weight.sum(axis=1) - total
        inverse[open_rows] += excess / np.einsum("ij,ij->i", weight, away)
        open_rows = open_rows[excess > _CLOSE]
    return np.divide(1, inverse, out=np.zeros(len(beyond)), where=inverse > 0)


def _descend(
    weights: coo_matrix, start: np.ndarray, min_dist: float, seed: int, on_epoch: OnEpoch | None
) -> np.ndarray:
    from umap.umap_ import find_ab_params

    n = len(start)
    epochs = 500 if n <= 2000 else 200  # more gained 0.001 of trustworthiness and cost 2.5 times as long
    strong = weights.data >= weights.data.max() / epochs
    edges = _Edges(weights.row[strong], weights.col[strong].astype(np.int32), weights.data[strong])
    random = np.random.RandomState(seed)
    low, size = start.min(axis=0), np.ptp(start, axis=0)
    begin = np.where(size > 0, 10 * (start - low) / np.where(size > 0, size, 1), random.uniform(0, 10, start.shape))
    curve = find_ab_params(SPREAD, min_dist)
    if n > ONE_THREAD_UP_TO:
        return _on_all_cores(begin, edges, epochs, curve, seed, on_epoch)
    return _on_one_thread(begin, edges, epochs, curve, random, on_epoch)


class _Edges(NamedTuple):
    """Of a symmetric graph, sorted by head: (e,) integers, (e,) int32, (e,) weights."""

    head: np.ndarray
    tail: np.ndarray
    weight: np.ndarray


def _on_one_thread(
    begin: np.ndarray,
    edges: _Edges,
    epochs: int,
    curve: tuple[float, float],
    random: np.random.RandomState,
    on_epoch: OnEpoch | None,
) -> np.ndarray:
    from umap.layouts import optimize_layout_euclidean

    places = np.ascontiguousarray(begin, np.float32)
    laid = optimize_layout_euclidean(
        places,
        places,
        edges.head.astype(np.int32),
        edges.tail,
        epochs,
        len(begin),
        edges.weight.max() / edges.weight.astype(np.float64),
        *curve,
        random.randint(np.iinfo(np.int32).min + 1, np.iinfo(np.int32).max - 1, 3).astype(np.int64),
        move_other=True,
        tqdm_kwds=_telling(on_epoch, places),
    )
    return np.asarray(laid, np.float32)


def _on_all_cores(
    begin: np.ndarray,
    edges: _Edges,
    epochs: int,
    curve: tuple[float, float],
    seed: int,
    on_epoch: OnEpoch | None,
) -> np.ndarray:
    from pointillist.analysis.descent import descend

    (a, b), laid = curve, begin
    first = np.searchsorted(edges.head, np.arange(len(begin) + 1))
    steps = descend(begin, first, edges.tail, edges.weight, a=a, b=b, seed=seed, epochs=epochs)
    for done, laid in enumerate(steps, 1):
        if on_epoch is not None:
            on_epoch(done, epochs, laid)
    return np.asarray(laid, np.float32)


class _Teller:
    """A file for tqdm that turns what it draws back into numbers."""

    def __init__(self, on_epoch: OnEpoch, places: np.ndarray) -> None:
        self._on_epoch = on_epoch
        self._places = places

    def write(self, text: str) -> None:
        numbers = text.split()
        if len(numbers) == 2:
            self._on_epoch(int(numbers[0]), int(numbers[1]), self._places)

    def flush(self) -> None:
        pass


def _telling(on_epoch: OnEpoch | None, places: np.ndarray) -> dict[str, object]:
    if on_epoch is None:
        return {"disable": True}
    file = _Teller(on_epoch, places)
    return {"disable": False, "file": file, "bar_format": "{n} {total}", "mininterval": 0.1, "ncols": 80}
