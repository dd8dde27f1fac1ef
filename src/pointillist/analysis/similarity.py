"""Exact search: how similar every image is to one query, and the best of them.

The scores of 1,000,000 × 512 take as long on two cores as reading the vectors from memory once: one BLAS product of two
vectors per row, on one thread per core. It gives a vector the same score wherever it stands, which BLAS's
matrix-vector product does not, and takes 0.5 ms at 10,000 × 512 where einsum takes 0.9.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from pointillist.neighbours import bound_of_least, unit_length

_GRID = 2.0**-21
"""Scores are multiples of this, about the error of a float32 product: copies then tie exactly, and go by row."""

_ALONE_BELOW = 32_000_000
"""Fewer bytes than this are read faster by one thread than others are woken: 20 MB of float32 took 1.0 ms alone and 1.4
with two on two cores, 64 MB 3.3 and 3.6, 205 MB 10.1 and 8.5."""


def query_vector(
    positive: np.ndarray, negative: np.ndarray | None = None, weights: np.ndarray | None = None
) -> np.ndarray:
    """The direction of the examples: 2 · mean(positive) - mean(negative), or the mean where there is no negative.

    Args:
        positive: (m, d), m from 1 up, each scaled to unit length first. negative: (j, d) likewise.
        weights: (m,) of the positive ones, ≥ 0 and not all 0; equal by default.

    Returns:
        (d,) float32 of unit length.

    Raises:
        ValueError: if the examples cancel one another out.
    """
    share = np.ones(len(positive)) if weights is None else np.asarray(weights, np.float64)
    query = share @ unit_length(positive) / share.sum()
    if negative is not None and len(negative):
        query = 2 * query - unit_length(negative).mean(axis=0, dtype=np.float64)
    length = np.linalg.norm(query)
    if not length > 1e-6:
        raise ValueError("the examples cancel one another out: there is no direction left to search in")
    return np.asarray(query / length, np.float32)


def similarities(x: np.ndarray, query: np.ndarray) -> np.ndarray:
    """The cosine similarity of every image to the query.

    Args:
        x: (n, d) float32 or float16 of unit length, NaN in rows without a vector. query: (d,) of unit length.

    Returns:
        (n,) float32 in [-1, 1] but for rounding, NaN in rows without a vector.
    """
    n = len(x)
    scores = np.empty(n, np.float32)
    query = np.ascontiguousarray(query, np.float32)
    fill = _fill
    if x.dtype == np.float16:
        from pointillist.analysis.halves import fill_half as fill
    workers = min(os.cpu_count() or 1, 8) if x.nbytes >= _ALONE_BELOW else 1
    edges = np.linspace(0, n, workers + 1).astype(int)
    parts = [slice(*pair) for pair in pairwise(edges)]
    if workers == 1:
        fill(x, query, scores)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda part: fill(x[part], query, scores[part]), parts))
    return scores


def most_similar(
    scores: np.ndarray,
    k: int,
    *,
    reverse: bool = False,
    threshold: float | None = None,
    among: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The k best scores, best first, equal ones by row.

    Args:
        scores: (n,) float32; a row with NaN is never an answer.
        k: at least 1; all there are when there are fewer.
        reverse: the lowest scores, lowest first.
        threshold: only scores of at least this much; of at most, when reversed.
        among: (n,) bool, the rows that may be answers.

    Returns:
        rows: (m,) uint32. similarity: (m,) float32 in [-1, 1].
    """
    signed = -scores if reverse else scores
    allowed = ~np.isnan(signed) if among is None else among & ~np.isnan(signed)
    if threshold is not None:
        allowed &= signed >= np.float32((-threshold if reverse else threshold) - _GRID / 2)
    rows = np.flatnonzero(allowed)
    values = signed[rows]
    if k < len(rows):
        close = -values <= bound_of_least(-values[None], k)[0] + np.float32(_GRID)
        rows, values = rows[close], values[close]
    values = rounded(values)
    order = np.argsort(-values, kind="stable")[:k]
    return rows[order].astype(np.uint32), np.asarray(-values[order] if reverse else values[order], np.float32)


def rounded(scores: np.ndarray) -> np.ndarray:
    """The scores as they are told: float32 in [-1, 1], so that those of copies are the same."""
    return np.asarray(np.clip(np.rint(scores / np.float32(_GRID)) * np.float32(_GRID), -1, 1), np.float32)


def _fill(x: np.ndarray, query: np.ndarray, scores: np.ndarray) -> None:
    np.vecdot(x, query, out=scores)
