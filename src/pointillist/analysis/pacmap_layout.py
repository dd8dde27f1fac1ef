"""PaCMAP layout of a neighbour graph (Wang, Huang, Rudin, Shaposhnik 2021, JMLR 22), by its authors' package.

It keeps more of how groups lie to one another than UMAP. The package is an extra: it brings faiss with it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np

from pointillist.analysis.recipes import SPARE
from pointillist.analysis.umap_layout import OnEpoch
from pointillist.errors import ProjectionError
from pointillist.neighbours import Neighbours

FEWEST = 20
"""Below this many vectors there are too few pairs to draw from, and PCA's picture is kept."""

WIDTH = 100
"""Pairs at a middle distance are told by this many principal components, as the package would by itself."""

EPOCHS = 450


def check_installed() -> None:
    """Raise ProjectionError where the package is not there."""
    if find_spec("pacmap") is None:
        raise ProjectionError(
            "cannot lay out by PaCMAP: needs the package pacmap. Install with: pip install 'pointillist[pacmap]'"
        )


def pacmap(
    graph: Neighbours, start: np.ndarray, x: np.ndarray, *, seed: int = 0, on_epoch: OnEpoch | None = None
) -> np.ndarray:
    """Lay the images out by pairs of near, middling and far ones.

    Args:
        graph: over the same n images; of each all but SPARE are pulled at, the nearest by distances scaled to its
            surroundings.
        start: (n, dims) float32 positions to begin with, from PCA; NaN where there is no vector.
        x: (n, e) float32 the vectors, or their first WIDTH principal components; compared by Euclidean distance,
            which orders vectors of unit length as the cosine does.
        on_epoch: as `umap_layout.umap` calls it, in every epoch.

    Returns:
        (n, dims) float32 around the origin, NaN where `start` is. The same on every call with the same input.

    Raises:
        ProjectionError: if the package is not installed.
    """
    check_installed()
    module = importlib.import_module("pacmap.pacmap")
    present = np.flatnonzero(np.isfinite(start).all(axis=1))
    if len(present) < FEWEST:
        return start.copy()
    usual = module.PaCMAP(start.shape[1], n_neighbors=graph.k - SPARE, random_state=seed)
    usual.decide_num_pairs(len(present))
    count = int(usual.n_neighbors)  # of few images fewer
    made = module.PaCMAP(
        start.shape[1],
        n_neighbors=count,
        pair_neighbors=_near_pairs(graph, present, len(start), count),
        apply_pca=False,
        random_state=seed,
    )
    begin = np.ascontiguousarray(start[present])
    with _watched(module, on_epoch):
        laid = made.fit_transform(np.ascontiguousarray(x[present], np.float32), init=begin, save_pairs=False)
    xy = np.full(start.shape, np.nan, np.float32)
    xy[present] = laid - laid.mean(axis=0)
    return xy


def _near_pairs(graph: Neighbours, present: np.ndarray, n: int, count: int) -> np.ndarray:
    """(m · count, 2) int32: each image with its nearest, by squared distance over the scales of both; the scale of an
    image is its mean distance to the 4th to 6th nearest."""
    position = np.zeros(n, np.int64)
    position[present] = np.arange(len(present))
    near = position[graph.rows[present]]
    away = np.sqrt(2 * np.maximum(graph.distances[present].astype(np.float64), 0))
    scale = np.maximum(away[:, 3:6].mean(axis=1), 1e-10)
    scaled = away**2 / scale[:, None] / scale[near]
    nearest = np.take_along_axis(near, np.argsort(scaled, axis=1, kind="stable")[:, :count], axis=1)
    own = np.repeat(np.arange(len(present)), count)
    return np.stack([own, nearest.ravel()], axis=1).astype(np.int32)


@contextmanager
def _watched(module: Any, on_epoch: OnEpoch | None) -> Iterator[None]:
    """Listen to the slope that the package asks for once in every epoch: it has no callback of its own."""
    slope = getattr(module, "pacmap_grad", None)
    if on_epoch is None or slope is None:
        yield
        return
    done = 0

    def listening(places: np.ndarray, *rest: Any) -> Any:
        nonlocal done
        on_epoch(done, EPOCHS, places)
        done += 1
        return slope(places, *rest)

    module.pacmap_grad = listening
    try:
        yield
    finally:
        module.pacmap_grad = slope
