"""Search among so many vectors that reading all of them is slow: their sketches are read, and few of the vectors.

A sketch tells how alike a vector can be at most, but for an error that is known. The vectors that may belong to the
answer are compared exactly, so what is told of them is exact; only how far the error goes is a choice, `doubt`. It is
found when the index is made: a sample of the vectors are queries whose true nearest are known, and others of them tell
the recall; so do some that are turned away from all vectors, as sentences are. What does not gain by it, a query far
from all or noise of few dimensions, is answered by reading all.
bench/search.py --beyond sets it beside faiss and usearch.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from pointillist.analysis.similarity import most_similar, similarities
from pointillist.neighbours import GRID, nearest_of_unit, unit_length

K = 100
"""The recall is that of so many nearest."""
LEAST_RECALL = 0.95
_AIM = 0.98
_SAMPLE = 100
_FAR = 0.3
"""About how alike CLIP's sentences and the images they describe are at most."""
_MOST_READ = 40
"""Where more than the 40th part of all vectors would be compared exactly, reading all of them in order is as fast."""
_FIRST = 4
"""So many times k are compared before it is known how alike the k-th is."""
_GROUP = 64
_AT_ONCE = 4096
_TRUE_AT_ONCE = 65_536

OnBlock = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Index:
    """Sketches of n vectors of unit length.

    mean: (d,) float32. bits: (n, w) uint64, scale: (n,) float32, offset: (n,) float32, see `sketch`.
    doubt: how many times |query| · scale a vector may be more alike than its sketch says.
    recall: share of the true 100 nearest of vectors of a sample that is found; 0 where the index is no gain, all is
        read then. recall_far: the same of directions that are 0.3 like a vector and random besides, for sentences.
    """

    mean: np.ndarray
    bits: np.ndarray
    scale: np.ndarray
    offset: np.ndarray
    doubt: float = 0.0
    recall: float = 0.0
    recall_far: float = 0.0

    def best(
        self,
        x: np.ndarray,
        query: np.ndarray,
        k: int,
        *,
        reverse: bool = False,
        threshold: float | None = None,
        among: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """What `most_similar` answers, but for a few; None where all vectors must be read.

        Args:
            x: (n, d) the vectors that the index is of. query: (d,) of unit length. The others: as `most_similar`.
        """
        most = len(x) // _MOST_READ
        allowed = int(np.count_nonzero(among))
        if allowed <= max(most, _FIRST * k):
            return None if allowed > most else self._exact(x, query, np.flatnonzero(among), k, reverse, threshold)
        if _FIRST * k > most:
            return None
        highest = self.highest(-query if reverse else query)
        highest[~among] = -np.inf
        limit = _limit(highest, _FIRST * k)
        signed = similarities(x[np.flatnonzero(highest >= limit)], query) * (-1 if reverse else 1)
        there = signed[~np.isnan(signed)]
        if len(there) < k:
            return None
        floor = float(np.partition(there, len(there) - k)[len(there) - k])
        if threshold is not None:
            floor = max(floor, -threshold if reverse else threshold)
        rows = np.flatnonzero(highest >= floor - 2 * GRID)
        if len(rows) > most:
            return None
        return self._exact(x, query, rows, k, reverse, threshold)

    def highest(self, query: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """(n,) float32, or (m,) of some rows: how alike each vector is to the query at most; -inf where none is."""
        from pointillist.analysis import sketch

        parts = (self.bits, self.scale, self.offset)
        bits, scale, offset = parts if rows is None else tuple(part[rows] for part in parts)
        planes, whole, step, length = self._asked(query)
        scores = np.empty(len(bits), np.float32)
        numbers = whole + self.doubt * length, step, float(query @ self.mean)

        def fill(part: slice) -> None:
            sketch.compare(bits[part], scale[part], offset[part], planes, *numbers, scores[part])

        workers = os.cpu_count() or 1
        if len(bits) < _TRUE_AT_ONCE or workers == 1:
            fill(slice(None))
        else:
            edges = np.linspace(0, len(bits), workers + 1).astype(int)
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(fill, [slice(*pair) for pair in pairwise(edges)]))
        return scores

    def _asked(self, query: np.ndarray) -> tuple[np.ndarray, float, float, float]:
        """The query in four bits: planes (4, w), `whole` and `step` as `compare` takes them, and its length."""
        from pointillist.analysis import sketch

        d = len(query)
        room = np.zeros((d, sketch.LANES), np.float32)
        room[:, 0] = query - self.mean
        sketch.turn(room, sketch.signs_of(d))
        turned = room[:, 0]
        step = float(np.abs(turned).max()) * 2 / 15 or 1.0
        numbers = np.clip(np.rint(turned / step + 7.5), 0, 15).astype(np.uint8)
        planes = np.zeros((4, 64 * self.bits.shape[1]), bool)
        planes[:, :d] = (numbers >> np.arange(4, dtype=np.uint8)[:, None]) & 1
        words = np.packbits(planes, axis=1, bitorder="little").view("<u8").astype(np.uint64)
        return words, step * 7.5 * d, step, float(np.linalg.norm(turned))

    def _exact(
        self, x: np.ndarray, query: np.ndarray, rows: np.ndarray, k: int, reverse: bool, threshold: float | None
    ) -> tuple[np.ndarray, np.ndarray]:
        places, similarity = most_similar(similarities(x[rows], query), k, reverse=reverse, threshold=threshold)
        return rows[places].astype(np.uint32), similarity


def indexed(x: np.ndarray, *, on_block: OnBlock | None = None) -> Index:
    """Make the index of (n, d) float32 or float16 vectors of unit length, NaN in rows without one.

    The same vectors give the same index. Its recall is 0 where it would be below LEAST_RECALL, where most answers would
    need all vectors all the same, or where there are too few.

    Args:
        on_block: called with the rows done and their total; what it raises ends the work.
    """
    d = x.shape[1]
    rng = np.random.default_rng(0)
    present = np.flatnonzero(np.isfinite(x[:, 0]))
    some = present if len(present) <= _TRUE_AT_ONCE else np.sort(rng.choice(present, _TRUE_AT_ONCE, replace=False))
    mean = x[some].mean(axis=0, dtype=np.float64).astype(np.float32) if len(some) else np.zeros(d, np.float32)
    index = _drawn(x, mean, on_block)
    if len(present) < _MOST_READ * _FIRST * K:
        return index
    sample = rng.choice(present, 2 * _SAMPLE, replace=False)
    near = np.asarray(x[sample], np.float32)
    true, alike = _true(x, near, sample)
    needed = []
    for query, rows, scores in zip(near[:_SAMPLE], true, alike, strict=False):
        error = np.linalg.norm(query - mean) * index.scale[rows]
        short = scores[-1] - index.highest(query, rows)
        needed.append(short[error > 0] / error[error > 0])
    index = replace(index, doubt=max(0.0, float(np.quantile(np.concatenate(needed), _AIM))))
    recall, served = _told(index, x, near[_SAMPLE:], sample[_SAMPLE:], alike[_SAMPLE:, -1])
    if recall < LEAST_RECALL or 2 * served <= _SAMPLE:
        return replace(index, recall=0.0)
    aside = rng.standard_normal((_SAMPLE, d)).astype(np.float32)
    far = unit_length(_FAR * unit_length(near[_SAMPLE:]) + (1 - _FAR**2) ** 0.5 * unit_length(aside))
    nobody = np.full(_SAMPLE, -1)
    recall_far, _ = _told(index, x, far, nobody, _true(x, far, nobody)[1][:, -1])
    return replace(index, recall=recall, recall_far=recall_far if recall_far >= LEAST_RECALL else 0.0)


def _told(index: Index, x: np.ndarray, queries: np.ndarray, own: np.ndarray, worst: np.ndarray) -> tuple[float, int]:
    """The share of the true K nearest that is found for queries (m, d), and for how many not all vectors were read.

    Args:
        own: (m,) the row that each query is and that is no answer, or -1. worst: (m,) how alike its true K-th is.
    """
    found, served = [], 0
    among = np.ones(len(x), bool)
    for query, row, least in zip(queries, own, worst, strict=True):
        among[row] = row < 0
        answer = index.best(x, query, K, among=among)
        among[row] = True
        served += answer is not None
        found.append(1.0 if answer is None else float((answer[1] >= least - 2 * GRID).mean()))
    return float(np.mean(found)), served


def _drawn(x: np.ndarray, mean: np.ndarray, on_block: OnBlock | None) -> Index:
    from pointillist.analysis import sketch

    n, d = x.shape
    bits = np.empty((n, -(-d // 64)), np.uint64)
    scale, offset = np.empty(n, np.float32), np.empty(n, np.float32)
    signs = sketch.signs_of(d)

    def draw(start: int) -> int:
        end = int(min(start + _AT_ONCE, n))
        part = slice(start, end)
        some = np.ascontiguousarray(x[part], np.float32)
        sketch.draw(some, mean, signs, bits[part], scale[part], offset[part])
        return end

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        try:
            for done in pool.map(draw, range(0, n, _AT_ONCE)):
                if on_block is not None:
                    on_block(done, n)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return Index(mean, bits, scale, offset)


def _true(x: np.ndarray, queries: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(m, K) rows and similarities of the vectors truly nearest to queries (m, d), nearest first; `own` (m,) is the row
    that a query is, and -1 where it is none."""
    rows, apart = np.empty((len(own), 0), np.int64), np.empty((len(own), 0), np.float32)
    for start in range(0, len(x), _TRUE_AT_ONCE):
        there = np.asarray(x[start : start + _TRUE_AT_ONCE], np.float32)
        present = np.flatnonzero(np.isfinite(there[:, 0]))
        if len(present) < len(there):
            there = there[present]
        place = np.searchsorted(start + present, own)
        place[(place == len(present)) | ((start + present)[np.minimum(place, len(present) - 1)] != own)] = -1
        places, away = nearest_of_unit(queries, there, place, min(K, len(there) - 1))
        rows = np.concatenate([rows, start + present[places]], axis=1)
        apart = np.concatenate([apart, away], axis=1)
        order = np.lexsort((rows, apart), axis=1)[:, :K]
        rows, apart = np.take_along_axis(rows, order, axis=1), np.take_along_axis(apart, order, axis=1)
    return rows, 1 - apart


def _limit(scores: np.ndarray, count: int) -> np.floating:
    """A score that at least `count` of (n,) reach, and few more: the highest of groups are fewer to sort."""
    groups = len(scores) // _GROUP
    if groups < 2 * count:
        return np.float32(np.partition(scores, len(scores) - count)[len(scores) - count])
    highest = scores[: _GROUP * groups].reshape(_GROUP, groups).max(axis=0)
    return np.float32(np.partition(highest, groups - count)[groups - count])
