"""The neighbour graph of so many images that looking at all pairs is slow: faiss names a few candidates of each.

It searches in fewer numbers where that loses next to nothing (narrowing.py), and in so many lists as are needed
(lists.py); the candidates are compared in full. Where that is no less work than all pairs, as with noise of many
dimensions, the search is exact. bench/neighbours.py sets it beside pynndescent, hnswlib, usearch and faiss alone.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module

import numpy as np

from pointillist.children import Ended
from pointillist.copies import Copies, copies
from pointillist.lists import Lists
from pointillist.narrowing import narrowed
from pointillist.neighbours import Neighbours, nearest_of_unit, neighbours, unit_length
from pointillist.on_gpu import gpu, nearest_on

EXACT_UP_TO = 20_000
"""Rows. Of width 512, start included (bench/neighbours.py): 20,000 take 2.6 to 3.0 s by all pairs and 2.6 to 2.7 by
lists, 50,000 19.0 and 5.7."""
EXACT_ON_A_GPU_UP_TO = 500_000
"""Rows. Reckoned, not measured: 500,000 × 512 are 256 million million operations, a minute of a small GPU."""
LEAST_RECALL = 0.95
"""A graph that has grown and finds less is made anew."""
_FEW = 8
"""So many times k are too few to search."""
_SAMPLE = 400
_AT_ONCE = 8192
_TRUE_AT_ONCE = 8_000_000
_ON_A_GPU_FROM = 5000
_SEARCHING = 0.9
"""The share of the work that is done when the candidates are known."""

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
    graph, in whatever order they are given; another vector among them may change which few are missed.

    Args, Raises: as `neighbours`.
    """
    present = np.flatnonzero(np.isfinite(x).all(axis=1)) if x.ndim == 2 else np.arange(0)
    count = len(present)
    if k < 1 or count <= _FEW * k:
        return neighbours(x, k, on_block=on_block)
    unit = unit_length(x[present])
    same = copies(unit)
    distinct = unit[same.first]
    del unit  # as large as all the rest

    def tell(share: float) -> None:
        if on_block is not None:
            on_block(round(share * count), count)

    candidates = _candidates(distinct, same.first, k, seed, lambda share: tell(_SEARCHING * share))
    if candidates is None:
        return neighbours(x, k, on_block=on_block)
    found, away = _compared(
        distinct, candidates, same, k + 1, lambda share: tell(_SEARCHING + (1 - _SEARCHING) * share)
    )
    nearest, distance = found[same.of_row], away[same.of_row]
    own = nearest == np.arange(count)[:, None]
    own[~own.any(axis=1), -1] = True  # of a crowd of copies it is not among the first
    nearest, distance = nearest[~own].reshape(count, k), distance[~own].reshape(count, k)
    rows = np.repeat(np.arange(len(x), dtype=np.uint32)[:, None], k, axis=1)
    distances = np.full((len(x), k), np.nan, np.float32)
    rows[present], distances[present] = present[nearest], distance
    return told_again(Neighbours(rows, distances), x, seed=seed)


def told_again(graph: Neighbours, x: np.ndarray, *, seed: int = 0) -> Neighbours:
    """The graph of the vectors (n, d) with the recall that a sample of them has, told by their distances: copies stand
    for each other."""
    present = np.flatnonzero(np.isfinite(x).all(axis=1))
    if not graph.k or not len(present):
        return graph
    sample = np.random.default_rng(seed).choice(len(present), min(_SAMPLE, len(present)), replace=False)
    unit = unit_length(x[present])
    _, distance = nearest_of_unit(unit[sample], unit, sample, graph.k)
    return replace(graph, recall=float((graph.distances[present[sample]] <= distance[:, -1:] + 1e-6).mean()))


def _candidates(
    unit: np.ndarray, first: np.ndarray, k: int, seed: int, on_share: Callable[[float], None]
) -> np.ndarray | None:
    """(u, c) int32, of each distinct vector (u, d) others among which nearly all of its k nearest are, -1 for none;
    None where all pairs must be looked at."""
    if len(unit) <= _FEW * k:
        return np.tile(np.arange(len(unit), dtype=np.int32), (len(unit), 1))
    try:
        with Lists() as lists:
            threading.Thread(target=import_module, args=["pointillist.keeping"]).start()  # numba takes a second
            directed = unit.any(axis=1)
            sample = np.random.default_rng(seed + 1).permutation(np.flatnonzero(directed))[:_SAMPLE]
            true, _ = nearest_of_unit(unit[sample], unit, sample, k)
            on_share(0)
            narrow = narrowed(unit, sample, true)
            wanted = np.where(narrow.found, true, -1)
            found = lists.candidates(narrow.places, narrow.count, sample, wanted, seed=seed, on_share=on_share)
    except (OSError, Ended) as error:
        log.warning("all pairs are compared, as the process that would spare that %s", error)
        return None
    if found is not None:  # all that have a direction are equally far from one that has none
        found[~directed] = np.argsort(first)[: found.shape[1]]
    return found


def _compared(
    unit: np.ndarray, candidates: np.ndarray, same: Copies, k: int, on_share: Callable[[float], None]
) -> tuple[np.ndarray, np.ndarray]:
    """(u, k) rows and distances of the nearest of each distinct vector (u, d), itself and its copies among them."""
    from pointillist.keeping import keep_compared

    u = len(unit)
    distances, rows = np.full((u, k), np.inf, np.float32), np.full((u, k), len(same.rows), np.int64)

    def look(start: int) -> int:
        some = slice(start, min(start + _AT_ONCE, u))
        here = np.arange(some.start, some.stop)
        keep_compared(unit, here, candidates[some], same.rows, same.begin, distances[some], rows[some])
        return some.stop

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for done in pool.map(look, range(0, u, _AT_ONCE)):  # left by an exception, it cancels what has not begun
            on_share(done / u)
    # some lists hold too few, and from distance 1 on those without a direction are near
    few = np.flatnonzero(distances[:, -1] >= (np.inf if unit.any(axis=1).all() else 1))
    for start in range(0, len(few), step := max(1, _TRUE_AT_ONCE // u)):
        some = few[start : start + step]
        near, _ = nearest_of_unit(unit[some], unit, np.full(len(some), -1), min(k, u))
        away, there = np.full((len(some), k), np.inf, np.float32), np.full((len(some), k), len(same.rows), np.int64)
        keep_compared(unit, some, near.astype(np.int32), same.rows, same.begin, away, there)
        distances[some], rows[some] = away, there
    return rows, distances
