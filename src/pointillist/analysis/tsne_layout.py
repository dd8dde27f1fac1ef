"""t-SNE layout of a neighbour graph (van der Maaten, Hinton 2008; Barnes-Hut 2014), scikit-learn's.

openTSNE is faster on large sets, but is not built for Linux on ARM.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pointillist.analysis.umap_layout import OnEpoch
from pointillist.neighbours import Neighbours

FEWEST = 5
"""Below this many vectors PCA's picture is kept."""

_ALONE_BELOW = 1000


EPOCHS = 1000
"""At most; fewer where nothing moves any more."""


def tsne(
    graph: Neighbours, start: np.ndarray, *, perplexity: float | None, seed: int = 0, on_epoch: OnEpoch | None = None
) -> np.ndarray:
    """Lay the graph out so that neighbours lie together, each with about `perplexity` others.

    Args:
        graph: over the same n images, k at least 3 · perplexity + 1 or all others.
        perplexity: None where all k neighbours count the same, which of 15 gives a picture much like a perplexity of
            30 (Böhm, Berens, Kobak 2022, JMLR 23); bench/structure.py --only tsne sets one beside the other.
        start: (n, dims) float32 positions to begin with, from PCA; NaN where there is no vector.
        on_epoch: as `umap_layout.umap` calls it, in every epoch.

    Returns:
        (n, dims) float32 around the origin, NaN where `start` is. The same on every call with the same input.
    """
    from scipy.sparse import csr_matrix
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    present = np.flatnonzero(np.isfinite(start).all(axis=1))
    m, k = len(present), graph.k
    xy = np.full(start.shape, np.nan, np.float32)
    position = np.zeros(len(start), np.int64)
    position[present] = np.arange(m)
    # On unit vectors the square of the Euclidean distance is twice the cosine distance; an image is at 0 from itself.
    away = np.zeros((m, k + 1))  # where all are as near as can be, no search for a perplexity tells them apart
    if perplexity is not None:
        away[:, 1:] = np.sqrt(2 * graph.distances[present])
    near = np.concatenate([np.arange(m)[:, None], position[graph.rows[present]]], axis=1)
    apart = csr_matrix((away.ravel(), near.ravel(), np.arange(0, m * (k + 1) + 1, k + 1)), shape=(m, m))
    begin = start[present] - start[present].mean(axis=0)
    begin = (begin / max(float(begin[:, 0].std()), 1e-12) * 1e-4).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the graph holds more neighbours than it reads
        made = TSNE(
            n_components=start.shape[1],
            perplexity=(k - 1) / 3 if perplexity is None else min(perplexity, (k - 1) / 3),
            metric="precomputed",
            init=begin,
            random_state=seed,
            max_iter=EPOCHS,
        )
        alone = threadpool_limits(limits=1 if m < _ALONE_BELOW else None)  # threads that wait for one another
        with alone, _watched(on_epoch, begin.shape):
            laid = made.fit_transform(apart)
    xy[present] = laid - laid.mean(axis=0)
    return xy


@contextmanager
def _watched(on_epoch: OnEpoch | None, shape: tuple[int, int]) -> Iterator[None]:
    """Listen to the slope that scikit-learn asks for once in every epoch: it has no callback of its own. Where a later
    release calls it otherwise, nothing is heard and the layout is the same."""
    from sklearn.manifold import _t_sne

    slope = getattr(_t_sne, "_kl_divergence_bh", None)
    if on_epoch is None or slope is None:
        yield
        return
    done = 0

    def listening(params: np.ndarray, *rest: Any, **options: Any) -> Any:
        nonlocal done
        on_epoch(done, EPOCHS, params.reshape(shape))
        done += 1
        return slope(params, *rest, **options)

    _t_sne._kl_divergence_bh = listening
    try:
        yield
    finally:
        _t_sne._kl_divergence_bh = slope
