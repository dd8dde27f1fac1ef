"""The neighbour graph of so many images that looking at all pairs is slow: each looks in the lists nearest to it.

The vectors are put into about 2 · √n lists around centres (k-means of a sample); matrix products of the images that
look into a list with those in it do the work. In how many lists each looks is not a parameter but found: for a sample
the true nearest are known, hence also which share of them any number of lists would have found. Where that is no less
work than all pairs, as with noise of many dimensions, the search is exact. bench/neighbours.py sets it beside
pynndescent, hnswlib, usearch and faiss.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from pointillist.neighbours import Neighbours, nearest_of_unit, neighbours, unit_length

EXACT_UP_TO = 20_000
"""Rows. Of width 512, start included (bench/neighbours.py): 10,000 take 1.0 s by all pairs and 2.7 by lists, 20,000 2.9
and 4.2, 30,000 8.0 and 5.3."""
RECALL = 0.97
"""Aimed at, so that what is stated is above LEAST_RECALL whichever images are drawn to tell."""
LEAST_RECALL = 0.95
_SAMPLE = 400
_ROUNDS = 6
_PER_LIST = 40
_SHARE = 0.4
_AT_ONCE = 8192


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
    depth = _depth(of_row, unit, centres, choosing, k)
    if depth > _SHARE * len(centres):
        return neighbours(x, k, on_block=on_block)
    nearest, distance = _looked_up(unit, centres, members, depth, k, on_block)
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


def _depth(of_row: np.ndarray, unit: np.ndarray, centres: np.ndarray, sample: np.ndarray, k: int) -> int:
    """In how many lists each image must look for RECALL of all true nearest to be found."""
    true, _ = nearest_of_unit(unit[sample], unit, sample, k)
    place = np.argsort(np.argsort(-(unit[sample] @ centres.T), axis=1), axis=1)
    needed = np.sort(np.take_along_axis(place, of_row[true], axis=1), axis=None)
    return int(needed[int(np.ceil(RECALL * len(needed))) - 1]) + 1


def _looked_up(
    unit: np.ndarray,
    centres: np.ndarray,
    members: list[np.ndarray],
    depth: int,
    k: int,
    on_block: Callable[[int, int], None] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """(n, k) rows and distances of the nearest in the `depth` lists nearest to each row."""
    from pointillist.keeping import keep_nearest

    count = len(unit)
    distances, rows = np.full((count, k), np.inf, np.float32), np.full((count, k), count, np.int64)
    zero = np.asarray(~unit.any(axis=1))
    by_list = np.concatenate(members)  # rows that look into the same lists, together
    sorted_unit = unit[by_list]  # a list is a slice of it
    begin = np.concatenate([[0], np.cumsum([len(rows) for rows in members])])

    def look(start: int) -> int:
        here, own = by_list[start : start + _AT_ONCE], sorted_unit[start : start + _AT_ONCE]
        lists = np.argpartition(-(own @ centres.T), depth - 1, axis=1)[:, :depth].ravel()
        order = np.argsort(lists, kind="stable")
        asked, first = np.unique(lists[order], return_index=True)
        for one, places in zip(asked, np.split(order // depth, first[1:]), strict=True):
            there = members[one]
            if len(there):
                alike = own[places] @ sorted_unit[begin[one] : begin[one + 1]].T
                keep_nearest(alike, here[places], there, zero, distances, rows)
        return len(here)

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        done = 0
        try:
            for made in pool.map(look, range(0, count, _AT_ONCE)):
                done += made
                if on_block is not None:
                    on_block(done, count)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
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
