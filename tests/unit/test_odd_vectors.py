"""Few images, copies, zero vectors and rows without a vector go through everything that is made of vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pointillist as pt
from pointillist import Collection
from pointillist.neighbours import neighbours

pytestmark = pytest.mark.usefixtures("here")


def random(n: int, d: int = 6) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((n, d)).astype(np.float32)


ODD: dict[str, Callable[[], np.ndarray]] = {
    "one": lambda: random(1),
    "two": lambda: random(2),
    "two that are copies": lambda: np.ones((2, 6), np.float32),
    "all alike": lambda: np.ones((30, 6), np.float32),
    "all zero": lambda: np.zeros((30, 6), np.float32),
    "some zero": lambda: random(30) * (np.arange(30) % 3 > 0)[:, None],
    "every row twice": lambda: np.repeat(random(15), 2, axis=0),
    "two places only": lambda: np.repeat(random(2), 20, axis=0),
    "one number each": lambda: random(30, 1),
    "opposite pairs": lambda: np.concatenate([random(15), -random(15)]),
    "enormous and tiny": lambda: random(30) * np.logspace(-30, 30, 30)[:, None].astype(np.float32),
}


def collection(x: np.ndarray) -> Collection:
    return Collection(np.zeros((len(x), 4, 5, 3), np.uint8), embeddings=x, store=None)


@pytest.mark.parametrize("odd", ODD)
def test_odd_vectors_are_laid_out_grouped_searched_and_judged(odd: str) -> None:
    x = ODD[odd]()
    n = len(x)
    c = collection(x)
    graph = c.neighbours(15)
    assert graph.k == min(15, n - 1)
    assert (graph.distances >= 0).all() and (graph.distances <= 2).all()
    assert (graph.rows != np.arange(n)[:, None]).all()
    for method in ("pca", "umap", "tsne"):
        for dims in (2, 3):
            assert np.isfinite(c.project(method, dims=dims)).all(), (method, dims)  # type: ignore[call-overload,unused-ignore]
    for way in ("communities", "hdbscan", "kmeans"):
        found = c.cluster(way)  # type: ignore[arg-type,unused-ignore]
        assert len(found.labels) == n
        assert found.sizes.sum() == (found.labels >= 0).sum()
    similar = c.similar([0], k=n + 5)["similarity"]
    assert len(similar) == n - 1
    assert similar.between(-1, 1).all()
    kept = c.layout_quality("pca").preserved
    assert ((kept >= 0) & (kept <= 1) | np.isnan(kept)).all()


@pytest.mark.parametrize("k", [5, 6, 1000])
def test_more_neighbours_than_images_are_all_others(k: int) -> None:
    found = neighbours(random(5), k)
    assert [sorted(row) for row in found.rows.tolist()] == [[j for j in range(5) if j != i] for i in range(5)]


def test_rows_without_a_vector_have_no_place_and_are_in_no_answer() -> None:
    def encoder(images: list[np.ndarray]) -> np.ndarray:
        return np.array([[*image.mean((0, 1)) / 255, 1.0] for image in images])

    rng = np.random.default_rng(0)
    images: list[Any] = [rng.integers(0, 255, (8, 8, 3), np.uint8) for _ in range(30)]
    images[3] = images[17] = b"no image"
    import pandas as pd

    c = Collection(pd.DataFrame({"image": images}), image="image", encoder=encoder, store=None)
    c.embed()
    without = np.isin(np.arange(30), [3, 17])
    graph = c.neighbours(5)
    assert not np.isin(graph.rows[~without], [3, 17]).any()
    assert np.isnan(graph.distances[without]).all()
    for method in ("pca", "umap", "tsne"):
        np.testing.assert_array_equal(np.isnan(c.project(method)).all(axis=1), without)  # type: ignore[arg-type,unused-ignore]
    for way in ("communities", "hdbscan", "kmeans"):
        assert (c.cluster(way).labels[without] == -1).all()  # type: ignore[arg-type,unused-ignore]
    assert not set(c.similar([0], k=100).index) & {3, 17}
    with pytest.raises(pt.EmbeddingError, match="none of the 1 images"):
        c.similar([3])


def test_vectors_that_are_given_must_be_numbers() -> None:
    x = random(4)
    x[2, 1] = np.nan
    with pytest.raises(pt.EmbeddingError, match=r"NaN or infinite values in 1 of 4 rows \(first: row 2\)"):
        collection(x)
