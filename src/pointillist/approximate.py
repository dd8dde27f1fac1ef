"""The neighbour graph of so many images that looking at all pairs is slow: each looks in the lists nearest to it.

The vectors are put into about 2 · √n lists around centres (k-means of a sample); matrix products of the images that
look into a list with those in it do the work, in fewer numbers where that loses next to nothing (narrowing.py). In how
many lists each looks is not a parameter but found: for a sample the true nearest are known, hence also which share of
them any number of lists would have found. Where that is no less work than all pairs, as with noise of many dimensions,
the search is exact. bench/neighbours.py sets it beside pynndescent, hnswlib, usearch and faiss.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from pointillist.narrowing import Narrow, narrowed
from pointillist.neighbours import Neighbours, nearest_of_unit, neighbours, unit_length
from pointillist.on_gpu import gpu, nearest_on

EXACT_UP_TO = 20_000
"""Rows. Of width 512, start included (bench/neighbours.py): 10,000 take 0.7 s by all pairs and 2.2 by lists, 20,000 2.8
and 2.7, 50,000 18.9 and 4.3."""
EXACT_ON_A_GPU_UP_TO = 500_000
"""Rows. Reckoned, not measured: 500,000 × 512 are 256 million million operations, a minute of a small GPU."""
RECALL = 0.97
"""Aimed at, so that what is stated is above LEAST_RECALL whichever images are drawn to tell."""
LEAST_RECALL = 0.95
_SAMPLE = 400
_ROUNDS = 6
_PER_LIST = 40
_SHARE = 0.4
_AT_ONCE = 8192
_ON_A_GPU_FROM = 5000

log = logging.getLogger(__name__)


def exact_up_to() -> int:
    """So many vectors are compared with all others, where nobody asks for the one or the other."""
    return EXACT_UP_TO if gpu() is None else EXACT_ON_A_GPU_UP_TO


def found_neighbours(
    x: np.ndarray, k: int, *, exact: bool | None = None, on_block: Callable[[int, int], None] | None = None
) -> Neighbours:
    """The graph, on a GPU where there is one: exact, or as `nearly_neighbours` finds it.

    Args:
        exact: None decides by `exact_up_to`. The others, Raises: as `neighbours`.
    """
    device = gpu() if len(x) >= _ON_A_GPU_FROM else None
    if device is not None and (len(x) <= EXACT_ON_A_GPU_UP_TO if exact is None else exact):
        try:
            return neighbours(x, k, by=nearest_on(device), on_block=on_block)
        except MemoryError as error:
            log.warning("neighbours are searched on the CPU: %s", error)
    if len(x) <= EXACT_UP_TO if exact is None else exact:
        return neighbours(x, k, on_block=on_block)
    return nearly_neighbours(x, k, on_block=on_block)


def nearly_neighbours(
    x: np.ndarray, k: int, *, seed: int = 0, on_block: Callable[[int, int], None] | None = None
) -> Neighbours:
    """The graph of `neighbours`, but for a few of the nearest: its `recall` says how many were found.

    Distances, the order of copies and rows without a vector are as there. The same vectors and seed give the same
    graph.

    Args, Raises: as `neighbours`.
    """
    present = np.flatnonzero(np.isfinite(x).all(axis=1)) if x.ndim == 2 else np.arange(0)
    count = len(present)
    if k < 1 or count <= 8 * k:
        return neighbours(x, k, on_block=on_block)
    rng = np.random.default_rng(seed)
    unit = unit_length(x[present])
    centres = _centres(unit, rng)
    of_row = _blocks(unit, centres, lambda alike: alike.argmax(axis=1))
    members = np.split(np.argsort(of_row, kind="stable"), np.cumsum(np.bincount(of_row, minlength=len(centres)))[:-1])
    choosing, stating = np.array_split(rng.choice(count, min(2 * _SAMPLE, count), replace=False), 2)
    true, _ = nearest_of_unit(unit[choosing], unit, choosing, k)
    narrow = narrowed(unit, choosing, true)
    depth = _depth(of_row, unit[choosing], centres, true, narrow)
    if depth > _SHARE * len(centres):
        return neighbours(x, k, on_block=on_block)
    nearest, distance = _looked_up(unit, narrow, centres, members, depth, k, on_block)
    rows = np.repeat(np.arange(len(x), dtype=np.uint32)[:, None], k, axis=1)
    distances = np.full((len(x), k), np.nan, np.float32)
    rows[present], distances[present] = present[nearest], distance
    return replace(Neighbours(rows, distances), recall=_recall(distance[stating], unit, stating, k))


def told_again(graph: Neighbours, x: np.ndarray, *, seed: int = 0) -> Neighbours:
    """The graph of the vectors (n, d) with the recall that a fresh sample of them has, for one that has grown."""
    present = np.flatnonzero(np.isfinite(x).all(axis=1))
    if not graph.k or not len(present):
        return graph
    sample = np.random.default_rng(seed).choice(len(present), min(_SAMPLE, len(present)), replace=False)
    recall = _recall(graph.distances[present[sample]], unit_length(x[present]), sample, graph.k)
    return replace(graph, recall=recall)


def _centres(unit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(c, d) directions of unit length around which the vectors crowd."""
    count = min(round(2 * len(unit) ** 0.5), len(unit))
    sample = unit[np.sort(rng.choice(len(unit), min(_PER_LIST * count, len(unit)), replace=False))]
    centres = sample[rng.choice(len(sample), count, replace=False)]
    for _ in range(_ROUNDS):
        nearest = _blocks(sample, centres, lambda alike: alike.argmax(axis=1))
        order = np.argsort(nearest, kind="stable")
        there, first = np.unique(nearest[order], return_index=True)
        centres[there] = unit_length(np.add.reduceat(sample[order], first, axis=0))
    return np.asarray(centres)


def _depth(of_row: np.ndarray, sample: np.ndarray, centres: np.ndarray, true: np.ndarray, narrow: Narrow | None) -> int:
    """In how many lists each image must look for RECALL of all true nearest (s, k) of a sample (s, d) to be found."""
    place = np.argsort(np.argsort(-(sample @ centres.T), axis=1), axis=1)
    needed = np.take_along_axis(place, of_row[true], axis=1)
    if narrow is not None:
        needed[~narrow.found] = len(centres)
    return int(np.sort(needed, axis=None)[int(np.ceil(RECALL * needed.size)) - 1]) + 1


def _looked_up(
    unit: np.ndarray,
    narrow: Narrow | None,
    centres: np.ndarray,
    members: list[np.ndarray],
    depth: int,
    k: int,
    on_block: Callable[[int, int], None] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """(n, k) rows and distances of the nearest in the `depth` lists nearest to each row."""
    from pointillist.keeping import keep_compared, keep_nearest

    count = len(unit)
    distances, rows = np.full((count, k), np.inf, np.float32), np.full((count, k), count, np.int64)
    zero = np.asarray(~unit.any(axis=1))
    by_list = np.concatenate(members)  # rows that look into the same lists, together
    right = (unit if narrow is None else narrow.right)[by_list]  # a list is a slice of it
    begin = np.concatenate([[0], np.cumsum([len(rows) for rows in members])])

    def look(start: int) -> int:
        here = by_list[start : start + _AT_ONCE]
        own = unit[here]
        left, kept = (own, k) if narrow is None else (narrow.left[here], narrow.count)
        away, near = np.full((len(here), kept), np.inf, np.float32), np.full((len(here), kept), count, np.int64)
        closeness = own @ centres.T
        closeness[zero[here]] = -np.arange(len(centres))  # all lists are as near, and zeros are in the first
        least = np.partition(closeness, len(centres) - depth, axis=1)[:, -depth, None]
        lists, askers = np.nonzero((closeness >= least).T)
        asking = np.split(np.ascontiguousarray(askers), np.searchsorted(lists, np.arange(1, len(centres))))
        for one in np.argsort([-len(places) for places in asking], kind="stable"):  # the block's own come first
            there, places = members[one], asking[one]
            if len(there) and len(places):
                alike = left[places] @ right[begin[one] : begin[one + 1]].T
                keep_nearest(alike, here[places], places, there, zero, away, near)
        if narrow is not None:
            candidates = near
            away, near = np.full((len(here), k), np.inf, np.float32), np.full((len(here), k), count, np.int64)
            keep_compared(unit, here, candidates, zero, away, near)
        distances[here], rows[here] = away, near
        return len(here)

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        done = 0
        for made in pool.map(look, range(0, count, _AT_ONCE)):  # left by an exception, it cancels what has not begun
            done += made
            if on_block is not None:
                on_block(done, count)
    short = np.flatnonzero(np.isinf(distances[:, -1]))
    if len(short):
        rows[short], distances[short] = nearest_of_unit(unit[short], unit, short, k)
    return rows, distances


def _recall(found: np.ndarray, unit: np.ndarray, sample: np.ndarray, k: int) -> float:
    """The share of the true nearest that is among those found, told by their distances: copies stand for each other."""
    _, distance = nearest_of_unit(unit[sample], unit, sample, k)
    return float((found <= distance[:, -1:] + 1e-6).mean())


def _blocks(x: np.ndarray, centres: np.ndarray, of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """What `of` makes of the similarities of x to the centres, a block of rows at a time."""
    return np.concatenate([of(x[start : start + _AT_ONCE] @ centres.T) for start in range(0, len(x), _AT_ONCE)])
