"""Clusters against networkx, scikit-learn and brute force, and by laws."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from sklearn.cluster import HDBSCAN
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from pointillist.analysis import clusters as ways
from pointillist.analysis.clusters import by_size, communities, distinct, hdbscan, kmeans, majority_names, medoids
from pointillist.analysis.communities import louvain
from pointillist.analysis.positions import position_neighbours
from pointillist.neighbours import neighbours


def blobs(groups: int, each: int, d: int = 16, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = np.arange(groups * each) % groups
    return (rng.standard_normal((groups, d))[truth] * 4 + rng.standard_normal((len(truth), d))).astype(
        np.float32
    ), truth


def ring_of_cliques(cliques: int, each: int) -> coo_matrix:
    return nx.to_scipy_sparse_array(nx.ring_of_cliques(cliques, each), format="coo", dtype=float)


def test_louvain_finds_cliques() -> None:
    found = louvain(ring_of_cliques(8, 6).tocsr())
    assert adjusted_rand_score(np.arange(48) // 6, found) == 1


@pytest.mark.parametrize("resolution", [0.5, 1.0, 2.0])
def test_louvain_is_as_modular_as_networkx_and_its_groups_are_connected(resolution: float) -> None:
    """On the average of many graphs: both climb, and on a small graph either may end on the lower hill."""
    better = []
    for seed in range(120):
        graph = nx.gnp_random_graph(3 + seed % 38, 0.15, seed=seed)
        rng = np.random.default_rng(seed)
        for _, _, edge in graph.edges(data=True):
            edge["weight"] = float(rng.uniform(0.1, 1))
        if not graph.edges:
            continue
        links = nx.to_scipy_sparse_array(graph, format="csr")
        found = louvain(links, resolution=resolution)
        groups = [set(np.flatnonzero(found == group).tolist()) for group in range(found.max() + 1)]
        for group in groups:
            assert nx.is_connected(graph.subgraph(group))
        np.testing.assert_array_equal(found, louvain(links, resolution=resolution))
        theirs = nx.community.louvain_communities(graph, resolution=resolution, seed=0)
        ours, other = (nx.community.modularity(graph, parts, resolution=resolution) for parts in (groups, theirs))
        better.append(ours - other)
    assert np.mean(better) > -0.003


@pytest.mark.parametrize("method", ["communities", "hdbscan", "kmeans"])
def test_each_method_finds_clear_groups_and_leaves_missing_vectors_out(method: str) -> None:
    x, truth = blobs(6, 40)
    x[[3, 100]] = np.nan
    graph = neighbours(x, 15)
    labels = {
        "communities": lambda: communities(graph),
        "hdbscan": lambda: hdbscan(graph, x, 10),
        "kmeans": lambda: kmeans(x, 6),
    }[method]()
    assert labels.dtype == np.int32
    assert (labels[[3, 100]] == -1).all()
    kept = labels >= 0
    assert kept.sum() > 0.9 * len(x)
    assert adjusted_rand_score(truth[kept], labels[kept]) > 0.99
    assert (np.diff(np.bincount(labels[kept])) <= 0).all()


def test_digits_come_out_as_with_scikit_learn() -> None:
    x, digits = load_digits(return_X_y=True)
    graph = neighbours(x.astype(np.float32), 15)
    assert adjusted_mutual_info_score(digits, communities(graph)) > 0.9
    assert adjusted_mutual_info_score(digits, hdbscan(graph, x.astype(np.float32), 21)) > 0.75
    assert adjusted_mutual_info_score(digits, kmeans(x.astype(np.float32), 10)) > 0.7


def test_more_resolution_makes_more_communities() -> None:
    x, _ = blobs(5, 60, d=3)
    graph = neighbours(x, 15)
    assert communities(graph, resolution=0.2).max() < communities(graph).max() < communities(graph, resolution=5).max()


def test_hdbscan_calls_what_lies_between_noise_mostly_as_with_all_pairs() -> None:
    x, _ = load_digits(return_X_y=True)
    x = x.astype(np.float32)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    labels = hdbscan(neighbours(x, 15), x, 20)
    whole = HDBSCAN(min_cluster_size=20, min_samples=2, copy=True).fit_predict(unit)
    assert 0.1 < (labels < 0).mean() < 0.35
    assert adjusted_mutual_info_score(whole, labels) > 0.85


def test_hdbscan_of_parts_that_nothing_ties_together_equals_that_of_all_pairs() -> None:
    x, _ = blobs(7, 40, d=24, seed=2)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    whole = HDBSCAN(min_cluster_size=15, min_samples=3, metric="cosine", algorithm="brute", copy=True).fit_predict(unit)
    assert adjusted_rand_score(whole, hdbscan(neighbours(x, 10), x, 15)) > 0.97


def test_large_sets_are_grouped_by_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "MINI_BATCH_ABOVE", 100)
    x, truth = blobs(4, 100)
    assert adjusted_rand_score(truth, kmeans(x, 4)) > 0.95


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_few_images_and_copies(n: int) -> None:
    x = np.ones((n, 4), np.float32)
    graph = neighbours(x, 15)
    assert communities(graph).tolist() == [0] * n
    assert hdbscan(graph, x, 5).shape == (n,)
    if n:
        assert set(kmeans(x, min(n, 3))) == {0}


@given(labels=st.lists(st.integers(-1, 4), max_size=30))
def test_numbered_by_size_then_row(labels: list[int]) -> None:
    before = np.array(labels, np.int64)
    after = by_size(before)
    assert ((after < 0) == (before < 0)).all()
    pairs = {(old, new) for old, new in zip(before.tolist(), after.tolist(), strict=True) if old >= 0}
    assert len(pairs) == len({old for old, _ in pairs}) == len({new for _, new in pairs})
    groups = [np.flatnonzero(after == new) for new in range(after.max(initial=-1) + 1)]
    keys = [(-len(rows), rows[0]) for rows in groups]
    assert keys == sorted(keys)


def test_medoid_is_nearest_to_the_mean() -> None:
    x, labels = blobs(3, 30)
    for cluster, row in enumerate(medoids(x, labels)):
        members = np.flatnonzero(labels == cluster)
        away = np.linalg.norm(x[members] - x[members].mean(axis=0), axis=1)
        assert row == members[away.argmin()]
    copies = np.ones((4, 2), np.float32)
    assert medoids(copies, np.array([-1, 0, 0, 0])).tolist() == [1]


def test_names() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1, 2, 2, 3, -1])
    codes = np.array([0, 0, 1, 1, 0, 2, -1, -1, 0, 2])
    assert majority_names(labels, codes, ["cat", "dog", "bird"]) == ["cat", "cat, dog", "", "cat"]
    assert distinct(["cat", "cat, dog", "", "cat", "cat 2"]) == ("cat", "cat, dog", "cluster 3", "cat 2", "cat 2 2")


@pytest.mark.parametrize(("n", "dims", "k"), [(60, 2, 5), (60, 3, 7), (4, 2, 9), (1, 2, 3), (0, 2, 3)])
def test_nearest_positions_equal_brute_force(n: int, dims: int, k: int) -> None:
    xy = np.random.default_rng(0).standard_normal((n, dims)).astype(np.float32)
    if n > 10:
        xy[[5, 9]] = np.nan
    present = np.flatnonzero(np.isfinite(xy).all(axis=1))
    found = position_neighbours(xy, k)
    k = max(min(k, len(present) - 1), 0)
    assert found.rows.shape == (n, k)
    for row in present:
        away = np.linalg.norm(xy - xy[row], axis=1)
        away[row] = np.nan
        nearest = np.argsort(away)[:k]
        np.testing.assert_array_equal(found.rows[row], nearest)
        np.testing.assert_allclose(found.distances[row], away[nearest], rtol=1e-5)


def test_positions_on_one_another_are_never_their_own_neighbours() -> None:
    found = position_neighbours(np.zeros((30, 2), np.float32), 3)
    assert (found.rows != np.arange(30)[:, None]).all()
    assert all(len(set(row)) == 3 for row in found.rows.tolist())
    assert (found.distances == 0).all()
