"""PCA layouts: of all vectors at once, and of vectors that are still arriving."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

_EXACT_UP_TO = 2048
"""Where both n and d are larger, the axes are found by Lanczos iteration instead of a full decomposition."""

_WHOLE_UP_TO = 768
"""All axes of so many dimensions are found before SciPy, which finds the few that are asked for, is imported."""

_AT_ONCE = 2048
_STRIPES = 8

_FIT_ON = 8192
"""A growing map is fitted on this many vectors at most; they are a fair sample, more would not turn it."""


@dataclass(frozen=True)
class Pca:
    """Principal axes.

    mean: (d,) float32. axes: (dims, d) float32, orthonormal, widest spread first; an axis along which nothing varies
    is zero. The largest entry of each axis is positive, so the same vectors always give the same picture.
    """

    mean: np.ndarray
    axes: np.ndarray

    def place(self, x: np.ndarray) -> np.ndarray:
        """(n, dims) float32 positions of the (n, d) vectors."""
        return np.asarray(x @ self.axes.T - self.mean @ self.axes.T, np.float32)


def fit_pca(x: np.ndarray, dims: int = 2) -> Pca:
    """The `dims` axes along which the (n, d) vectors vary most. No vector may be NaN; n may be 0."""
    n, d = x.shape
    mean = x.mean(axis=0, dtype=np.float64).astype(np.float32) if n else np.zeros(d, np.float32)
    largest = float(max(np.max(x.max(axis=0) - mean), np.max(mean - x.min(axis=0)))) if n and d else 0.0
    axes = np.zeros((dims, d), np.float32)
    if largest > 0:
        found = _axes(x, mean, np.float32(largest), min(dims, n, d))
        found *= np.sign(np.take_along_axis(found, np.abs(found).argmax(axis=1)[:, None], axis=1))
        axes[: len(found)] = found
    return Pca(mean, axes)


def pca(x: np.ndarray, dims: int = 2) -> np.ndarray:
    """Lay (n, d) vectors out by their principal components: (n, dims) float32, NaN where a vector is."""
    present = np.isfinite(x).all(axis=1)
    if present.all():
        return fit_pca(x, dims).place(x)
    xy = np.full((len(x), dims), np.nan, np.float32)
    vectors = x[present]
    xy[present] = fit_pca(vectors, dims).place(vectors)
    return xy


class GrowingPca:
    """A PCA layout of vectors that are still arriving, which does not jump.

    New vectors are placed on the axes found so far. Whenever their number has doubled the axes are fitted again and
    the new picture is turned, mirrored and moved onto the old one (orthogonal Procrustes), so that points drift
    instead of jumping. Vectors must arrive in random order to be a fair sample. Thread-safe.
    """

    def __init__(self, vectors: np.ndarray, dims: int = 2) -> None:
        """Args:
        vectors: (n, d) float32, kept by reference: the owner fills in rows and then calls `add` with them.
        """
        self._vectors = vectors
        self._xy = np.full((len(vectors), dims), np.nan, np.float32)
        self._placed = np.zeros(len(vectors), bool)
        self._sample = np.empty(0, np.int64)
        self._fitted_on = 0
        self._axes = np.zeros((dims, vectors.shape[1]), np.float32)
        self._offset = np.zeros(dims, np.float32)
        self._lock = threading.Lock()

    def add(self, rows: np.ndarray) -> None:
        """Place rows whose vectors have been filled in; those without a finite vector get no position."""
        with self._lock:
            rows = np.unique(np.asarray(rows, np.int64))
            rows = rows[~self._placed[rows] & np.isfinite(self._vectors[rows]).all(axis=1)]
            self._xy[rows] = self._vectors[rows] @ self._axes.T + self._offset
            before = np.flatnonzero(self._placed)
            self._placed[rows] = True
            self._sample = np.concatenate([self._sample, rows])[:_FIT_ON]
            if len(self._sample) >= 2 * self._fitted_on and len(self._sample) > self._fitted_on:
                self._refit(before)

    def positions(self) -> np.ndarray:
        """(n, dims) float32 as of now; NaN where no vector has arrived."""
        with self._lock:
            return self._xy.copy()

    def _refit(self, before: np.ndarray) -> None:
        fitted = fit_pca(self._vectors[self._sample], len(self._axes))
        offset = -fitted.axes @ fitted.mean
        old = self._xy[before]
        new = self._vectors[before] @ fitted.axes.T + offset
        turn, old_middle, new_middle = _onto(new, old)
        self._axes = turn.T @ fitted.axes
        self._offset = (offset - new_middle) @ turn + old_middle
        self._fitted_on = len(self._sample)
        everywhere = np.flatnonzero(self._placed)
        self._xy[everywhere] = self._vectors[everywhere] @ self._axes.T + self._offset


def _axes(x: np.ndarray, mean: np.ndarray, largest: np.float32, count: int) -> np.ndarray:
    """(count, d) unit axes of (x - mean) / largest, widest first; zero where nothing varies."""
    n, d = x.shape
    if min(n, d) > _EXACT_UP_TO:
        import scipy.sparse.linalg

        centred = (x - mean) / largest

        def spread_along(v: np.ndarray) -> np.ndarray:
            return np.asarray(centred.T @ (centred @ v.astype(np.float32).ravel()))

        spread = scipy.sparse.linalg.LinearOperator((d, d), matvec=spread_along, dtype=np.float32)
        start = np.random.default_rng(0).standard_normal(d, np.float32)
        size, vectors = scipy.sparse.linalg.eigsh(spread, k=count, v0=start)
    elif n <= d:
        centred = (x - mean) / largest
        size, vectors = _widest((centred @ centred.T).astype(np.float64), count)
        vectors = centred.T @ vectors
    else:
        size, vectors = _widest(_spread(x, mean, largest), count)
    order = np.argsort(-size, kind="stable")
    size, axes = size[order], np.asarray(vectors.T[order], np.float64)
    length = np.linalg.norm(axes, axis=1, keepdims=True)
    alive = (size > 1e-6 * max(size[0], 0.0))[:, None] & (length > 0)
    unit = np.zeros_like(axes)
    np.divide(axes, length, out=unit, where=alive)
    return unit


def _spread(x: np.ndarray, mean: np.ndarray, largest: np.float32) -> np.ndarray:
    """(d, d) float64: the sum of the products of (x - mean) / largest.

    Each stripe of x is one thread's from end to end: threads of one product wait for the slowest at every block, and
    while images are decoded beside it that took three times as long.
    """
    n, d = x.shape

    def stripe(first: int) -> np.ndarray:
        table, room = np.zeros((d, d)), np.empty((min(_AT_ONCE, n), d), np.float32)
        for start in range(first * _AT_ONCE, n, _STRIPES * _AT_ONCE):
            some = x[start : start + _AT_ONCE]
            centred = np.subtract(some, mean, out=room[: len(some)])
            centred /= largest
            table += centred.T @ centred
        return table

    total = np.zeros((d, d))
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(min(os.cpu_count() or 1, _STRIPES)) as pool:
        for table in pool.map(stripe, range(min(_STRIPES, -(-n // _AT_ONCE)))):
            total += table  # in the same order however many threads there are
    return total


def _widest(table: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The `count` largest eigenvalues of a symmetric (m, m) table, and the (m, count) vectors of them."""
    last = len(table) - 1
    if last < _WHOLE_UP_TO:
        with threadpool_limits(1, "blas"):
            size, vectors = np.linalg.eigh(table)
        return size[-count:], vectors[:, -count:]
    import scipy.linalg

    found: tuple[np.ndarray, np.ndarray] = scipy.linalg.eigh(table, subset_by_index=[last - count + 1, last])
    return found


def _onto(new: np.ndarray, old: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The orthogonal (dims, dims) `turn` and the middles for which (new - new_middle) @ turn + old_middle is nearest
    to `old` (Schönemann 1966)."""
    dims = new.shape[1]
    if not len(old):
        return np.eye(dims, dtype=np.float32), np.zeros(dims, np.float32), np.zeros(dims, np.float32)
    old_middle, new_middle = old.mean(axis=0), new.mean(axis=0)
    left, _, right = np.linalg.svd((new - new_middle).T.astype(np.float64) @ (old - old_middle))
    return (left @ right).astype(np.float32), old_middle, new_middle
