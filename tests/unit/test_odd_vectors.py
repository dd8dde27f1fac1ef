"""Few images, copies, zero vectors and rows without a vector go through everything that is made of vectors."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
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
    with nullcontext() if x.any(axis=1).all() else pytest.warns(UserWarning, match="all zeros"):
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


class ByRow:
    """An encoder of images whose first pixel says which vector is theirs; it reads text too, all of it alike."""

    name = fingerprint = "by row"
    input_px = 4

    def __init__(self, x: np.ndarray) -> None:
        self.x, self.dims = x, x.shape[1]

    def prepare(self, rgb: np.ndarray) -> np.ndarray:
        return np.asarray(rgb[0, 0, 0])

    def encode(self, batch: Any) -> np.ndarray:
        return self.x[list(batch)]

    def encode_text(self, texts: list[str], *, prompts: tuple[str, ...] = ("{}",)) -> np.ndarray:
        return np.ones((len(texts), self.dims), np.float32)


@pytest.mark.parametrize("odd", ODD)
def test_odd_vectors_are_found_by_sentences_and_named_by_words(odd: str) -> None:
    x = ODD[odd]()
    n = len(x)
    c = Collection(list(np.arange(n, dtype=np.uint8)[:, None, None, None].repeat(3, 3)), encoder=ByRow(x), store=None)
    c.embed()
    found = c.search("anything", k=n + 5)["similarity"]
    assert sorted(found.index) == list(range(n))
    assert found.is_monotonic_decreasing
    for way in ("communities", "hdbscan", "kmeans"):
        named = c.cluster(way, words=["this", "that"])  # type: ignore[arg-type,unused-ignore]
        assert len(set(named.names)) == len(named)


def bad(n: int = 3) -> Collection:
    """Images that none can be read."""
    import pandas as pd

    table = pd.DataFrame({"image": [b"no image %d" % row for row in range(n)]})
    c = Collection(table, image="image", encoder=ByRow(random(n)), store=None)
    c.embed()
    return c


def test_where_no_image_can_be_read_nothing_has_a_place_a_neighbour_or_a_cluster() -> None:
    c = bad()
    assert len(c.failures) == 3
    assert np.isnan(next(iter(c.embeddings.values()))).all()
    assert np.isnan(c.neighbours(5).distances).all()
    for method in ("pca", "umap", "tsne"):
        for dims in (2, 3):
            assert np.isnan(c.project(method, dims=dims)).all()  # type: ignore[call-overload,unused-ignore]
    for way in ("communities", "hdbscan", "kmeans"):
        assert (c.cluster(way, words=["this"]).labels == -1).all()  # type: ignore[arg-type,unused-ignore]


def test_where_one_image_can_be_read_it_alone_is_in_a_cluster() -> None:
    import pandas as pd

    table = pd.DataFrame({"image": [b"no image", np.zeros((2, 2, 3), np.uint8), b"none"]})
    c = Collection(table, image="image", encoder=ByRow(random(1)), store=None)
    c.embed()
    for way, labels in (("communities", [-1, 0, -1]), ("hdbscan", [-1, -1, -1]), ("kmeans", [-1, 0, -1])):
        assert c.cluster(way).labels.tolist() == labels  # type: ignore[arg-type,unused-ignore]


def test_a_cluster_of_images_that_cannot_be_read_has_no_name_from_words() -> None:
    import pandas as pd

    images: list[Any] = [np.full((2, 2, 3), row, np.uint8) for row in range(8)]
    images[4:] = [b"no image"] * 4
    xy = np.repeat([[0.0, 0.0], [9.0, 9.0]], 4, axis=0)
    table = pd.DataFrame({"image": images})
    c = Collection(table, image="image", encoder=ByRow(random(8)), layout=xy, store=None)
    c.embed()
    found = c.cluster("kmeans", layout="given", count=2, words=["this", "that"])
    names = {found.names[label] for label in found.labels[:4]}, {found.names[label] for label in found.labels[4:]}
    assert names[0] <= {"this", "that"}
    assert not names[1] & {"this", "that"}


ASKED: dict[str, tuple[Callable[[Collection], Any], type[Exception], str]] = {
    "no neighbours": (lambda c: c.neighbours(0), pt.SelectionError, "k=0: ask for at least 1 neighbour"),
    "half a neighbour": (lambda c: c.neighbours(2.5), pt.SelectionError, "k=2.5: ask"),  # type: ignore[arg-type]
    "neighbours in words": (lambda c: c.neighbours("ten"), pt.SelectionError, "k='ten': ask"),  # type: ignore[arg-type]
    "true neighbours": (lambda c: c.neighbours(True), pt.SelectionError, "k=True: ask"),
    "more clusters than images": (lambda c: c.cluster("kmeans", count=3), pt.ClusterError, "from 1 to 2"),
    "clusters larger than all": (lambda c: c.cluster("hdbscan", min_size=5), pt.ClusterError, "from 2 to 2"),
    "UMAP of more neighbours": (lambda c: c.project("umap", n_neighbors=5), pt.ProjectionError, "n_neighbors=5: give"),
    "t-SNE of more": (lambda c: c.project("tsne", dims=3, perplexity=9), pt.ProjectionError, "perplexity=9: give"),
    "four dimensions": (lambda c: c.project("pca", dims=4), pt.ProjectionError, "dims=4"),  # type: ignore[arg-type]
    "a vector of NaN": (lambda c: c.similar(np.full(6, np.nan)), pt.EmbeddingError, "holds NaN or infinity"),
    "a zero vector": (lambda c: c.similar(np.zeros(6)), pt.EmbeddingError, "all zero"),
    "no image": (lambda c: c.similar([]), pt.SelectionError, "no example to compare with"),
    "an unreadable image": (lambda c: c.similar(b"no image"), pt.SelectionError, "cannot be compared with"),
    "an empty sentence": (lambda c: c.search(" "), pt.SelectionError, "is nothing to search for"),
    "no sentence": (lambda c: c.search([]), pt.SelectionError, "nothing to search for"),
    "unlike an empty one": (lambda c: c.search("a", against=[""]), pt.SelectionError, "is nothing to search for"),
    "no answer": (lambda c: c.search("a", k=0), pt.SelectionError, "k=0: ask for at least 1 image"),
    "a sentence where nothing could be read": (lambda _: bad().search("a"), pt.EmbeddingError, "no image has a vector"),
    "a vector there": (lambda _: bad().similar(np.ones(6)), pt.EmbeddingError, "no image has a vector of 'by row'"),
    "an image there": (lambda _: bad().similar(0), pt.EmbeddingError, "none of the 1 images"),
}


@pytest.mark.parametrize("asked", ASKED)
def test_what_two_images_cannot_be_asked_is_told_and_loses_nothing(asked: str) -> None:
    ask, error, says = ASKED[asked]
    with Collection([np.full((2, 2, 3), row, np.uint8) for row in range(2)], encoder=ByRow(random(2)), store=None) as c:
        c.embed()
        c.tag([1], "kept")
        before = c.project("umap", dims=3), c.cluster().labels
        with pytest.raises(error, match=says):
            ask(c)
        assert c.table["tags"].tolist() == [[], ["kept"]]
        np.testing.assert_array_equal(c.project("umap", dims=3), before[0])
        assert c.clusters is not None
        np.testing.assert_array_equal(c.clusters.labels, before[1])
        assert len(c.similar(0)) == 1 and len(c.search("a")) == 2


def test_vectors_that_are_given_must_be_numbers() -> None:
    x = random(4)
    x[2, 1] = np.nan
    with pytest.raises(pt.EmbeddingError, match=r"NaN or infinite values in 1 of 4 rows \(first: row 2\)"):
        collection(x)
