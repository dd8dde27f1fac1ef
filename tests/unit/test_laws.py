"""Laws that hold for the whole chain from vectors to clusters: what is added far away, scaled or reordered."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_rand_score

from pointillist import Collection
from pointillist.analysis.quality import trustworthiness
from pointillist.neighbours import neighbours


def collection(x: np.ndarray, index: Any = None) -> Collection:
    images = list(np.zeros((len(x), 2, 2, 3), np.uint8))
    return Collection(pd.DataFrame({"image": images}, index=index), image="image", embeddings=x, store=None)


def groups(seed: int, each: int = 14) -> np.ndarray:
    """Three groups of directions, a right angle apart, with room for one image that is like none of them."""
    rng = np.random.default_rng(seed)
    middles = np.eye(4)[:3].repeat(each, axis=0)
    x = middles + 0.1 * rng.standard_normal(middles.shape)
    x[:, 3] = 0
    return np.asarray(x, np.float32)


@given(seed=st.integers(0, 10**6), k=st.integers(1, 9))
@settings(max_examples=30, deadline=None)
def test_an_unrelated_image_changes_no_one_elses_neighbours(seed: int, k: int) -> None:
    x = groups(seed)
    far = np.array([[-1, -1, -1, 1]], np.float32)
    plain, more = neighbours(x, k), neighbours(np.vstack([x, far]), k)
    np.testing.assert_array_equal(more.rows[:-1], plain.rows)
    np.testing.assert_allclose(more.distances[:-1], plain.distances, atol=1e-6)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_kept_neighbours_follow_the_rows_and_not_the_length_of_vectors(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, xy = rng.standard_normal((30, 5)).astype(np.float32), rng.standard_normal((30, 2)).astype(np.float32)
    order = rng.permutation(30)
    with collection(x) as c, collection(x[order]) as permuted, collection(x * rng.uniform(0.5, 5, (30, 1))) as scaled:
        plain = c.neighbours_kept(xy, k=5)
        np.testing.assert_allclose(permuted.neighbours_kept(xy[order], k=5), plain[order])
        np.testing.assert_allclose(scaled.neighbours_kept(xy, k=5), plain)
        np.testing.assert_array_equal(c.neighbours_kept(-3 * xy, k=5), plain)
        assert ((plain >= 0) & (plain <= 1)).all()


@given(seed=st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_clusters_follow_the_rows(seed: int) -> None:
    x = groups(seed)
    order = np.random.default_rng(seed).permutation(len(x))
    for method in ("communities", "hdbscan", "kmeans"):
        options: dict[str, dict[str, Any]] = {"communities": {"resolution": 0.5}, "kmeans": {"count": 3}}
        option = options.get(method, {})
        with collection(x) as c, collection(x[order]) as permuted, collection(7 * x) as scaled:
            labels = c.cluster(method, **option).labels
            for other in (permuted.cluster(method, **option).labels, scaled.cluster(method, **option).labels[order]):
                same = labels[order][:, None] == labels[order][None, :]
                np.testing.assert_array_equal(other[:, None] == other[None, :], same)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("method", ["communities", "hdbscan", "kmeans"])
def test_clusters_of_real_images_follow_the_rows_too(
    method: Literal["communities", "hdbscan", "kmeans"], seed: int
) -> None:
    x = load_digits().data.astype(np.float32)
    order = np.random.default_rng(seed).permutation(len(x))
    with collection(x) as c, collection(x[order]) as permuted:
        labels, other = c.cluster(method).labels, permuted.cluster(method).labels
    assert len(np.unique(labels)) > 3
    assert adjusted_rand_score(labels[order], other) == 1


@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_trust_does_not_change_with_order_scale_or_a_turn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, xy = rng.standard_normal((40, 5)).astype(np.float32), rng.standard_normal((40, 2)).astype(np.float32)
    order = rng.permutation(40)
    plain = trustworthiness(x, xy, 5)
    assert abs(trustworthiness(x[order], xy[order], 5) - plain) < 1e-9
    assert abs(trustworthiness(4 * x, -2 * xy[:, ::-1], 5) - plain) < 1e-9


@given(seed=st.integers(0, 10**6), n=st.integers(2, 25))
@settings(max_examples=20, deadline=None)
def test_two_images_are_as_alike_from_either_side(seed: int, n: int) -> None:
    x = np.random.default_rng(seed).standard_normal((n, 5)).astype(np.float32)
    with collection(x) as c:
        graph = c.neighbours(n - 1)
        away = np.zeros((n, n), np.float32)
        np.put_along_axis(away, graph.rows.astype(np.int64), graph.distances, axis=1)
        np.testing.assert_allclose(away, away.T, atol=1e-6)
        for i in range(min(n, 4)):
            alike = c.similar([i], k=n)["similarity"].sort_index().to_numpy()
            np.testing.assert_allclose(alike, 1 - np.delete(away[i], i), atol=2e-6)
            np.testing.assert_allclose(alike, 1 - np.delete(away[:, i], i), atol=2e-6)
