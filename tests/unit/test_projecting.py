"""Layouts with parameters, of a part, kept, aligned and judged; the recipes they are made by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import TSNE
from sklearn.manifold import trustworthiness as sklearns

import pointillist as pt
from pointillist import Collection, approximate
from pointillist.analysis import recipes
from pointillist.analysis.projection import pca
from pointillist.analysis.recipes import recipe
from pointillist.analysis.tsne_layout import tsne
from pointillist.analysis.umap_process import UmapProcess
from pointillist.jobs import Job
from pointillist.neighbours import neighbours


def collection(n: int = 150, d: int = 12, **options: Any) -> Collection:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, d))[np.arange(n) % 5] * 3 + rng.standard_normal((n, d))
    return Collection(rng.integers(0, 255, (n, 4, 5, 3), np.uint8), embeddings=x, store=None, **options)


def test_tsne_runs_in_a_process_of_its_own() -> None:
    x = np.random.default_rng(0).standard_normal((40, 5)).astype(np.float32)
    graph, start = neighbours(x, 16), pca(x)
    with UmapProcess("tsne") as process:
        np.testing.assert_array_equal(process.layout(graph, start, perplexity=5), tsne(graph, start, perplexity=5))


@pytest.mark.usefixtures("here")
def test_every_parameter_has_its_own_layout_and_each_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    c = collection()
    made = [
        c.project("umap"),
        c.project("umap", min_dist=0.5),
        c.project("umap", n_neighbors=5),
        c.project("umap", seed=1),
        c.project("tsne"),
        c.project("tsne", perplexity=5),
        c.project("tsne", dims=3)[:, :2],
    ]
    assert all(np.isfinite(xy).all() for xy in made)
    assert len({xy.tobytes() for xy in made}) == len(made)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("pointillist.analysis.umap_process.UmapProcess", never)
    np.testing.assert_array_equal(c.project("umap", min_dist=0.5), made[1])
    np.testing.assert_array_equal(c.project("tsne", perplexity=5), made[5])
    np.testing.assert_array_equal(c.project("umap", min_dist=0.1, n_neighbors=15), made[0])


@pytest.mark.usefixtures("here")
def test_layouts_lie_as_pca_does() -> None:
    c = collection()
    onto = c.project("pca")
    for method in ("umap", "tsne"):
        xy = c.project(method)
        left, _, right = np.linalg.svd((xy - xy.mean(axis=0)).T @ (onto - onto.mean(axis=0)))
        np.testing.assert_allclose(left @ right, np.eye(2), atol=1e-3)


@pytest.mark.usefixtures("here")
def test_a_part_is_laid_out_on_its_own() -> None:
    c = collection()
    part = np.arange(150) % 5 < 2
    xy = c.project("umap", within=part)
    assert (np.isfinite(xy).all(axis=1) == part).all()
    np.testing.assert_array_equal(c.project("umap", within=np.flatnonzero(part)), xy)
    alone = c.project("pca", within=part)
    own = pca(c.embeddings["given"][part])
    np.testing.assert_allclose(np.ptp(alone[part], axis=0).prod(), np.ptp(own, axis=0).prod(), rtol=0.5)
    one = c.project("umap", within=[7])
    assert np.isfinite(one).all(axis=1).nonzero()[0].tolist() == [7]
    with pytest.raises(pt.SelectionError, match="9999"):
        c.project("umap", within=[9999])


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_positions_on_the_way_lie_as_the_layout_will(method: Literal["umap", "tsne"]) -> None:
    c = collection()
    seen: list[np.ndarray] = []
    c.project(method, on_positions=seen.append)
    np.testing.assert_allclose(seen[0], 2 * c.project("pca"), atol=1e-4)
    part = np.arange(150) % 5 < 2
    c.project(method, within=part, on_positions=seen.append)
    assert (np.isfinite(seen[1]).all(axis=1) == part).all()


@pytest.mark.usefixtures("here")
def test_quality_of_a_layout() -> None:
    c = collection()
    x = c.embeddings["given"]
    for layout in ("pca", "umap"):
        xy = c.project(layout)
        found = c.layout_quality(layout)
        assert found.trustworthiness == pytest.approx(sklearns(x, xy, n_neighbors=15, metric="cosine"), abs=1e-6)
        assert found.preserved.shape == (150,)
        assert c.layout_quality(xy).trustworthiness == found.trustworthiness
    assert c.layout_quality("umap").trustworthiness > c.layout_quality("pca").trustworthiness
    part = np.arange(150) % 2 == 0
    alone = Collection(np.zeros((75, 4, 5, 3), np.uint8), embeddings=x[part], store=None)
    xy = c.project("umap", within=part)
    found, same = c.layout_quality(xy), alone.layout_quality(xy[part])
    assert found.trustworthiness == pytest.approx(
        sklearns(x[part], xy[part], n_neighbors=15, metric="cosine"), abs=1e-6
    )
    assert found.trustworthiness == same.trustworthiness
    np.testing.assert_array_equal(found.preserved[part], same.preserved)
    assert np.isnan(found.preserved[~part]).all()
    few = c.project("pca", within=np.arange(150) < 9)
    found = c.layout_quality(few)
    assert found.k == 4
    assert found.trustworthiness == pytest.approx(sklearns(x[:9], few[:9], n_neighbors=4, metric="cosine"), abs=1e-6)
    kept = c.neighbours_kept(xy, k=4, title="half")
    np.testing.assert_array_equal(kept[part], alone.neighbours_kept(xy[part], k=4))
    assert np.isnan(kept[~part]).all()
    with pytest.raises(pt.EmbeddingError, match="has 3 rows for 150 images"):
        c.layout_quality(np.zeros((3, 2)))


def test_tsne_is_as_trustworthy_as_scikit_learns_on_all_pairs() -> None:
    x = load_digits().data[:300].astype(np.float32)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    graph, start = neighbours(x, 91), pca(x)
    xy = tsne(graph, start, perplexity=30)
    np.testing.assert_array_equal(tsne(graph, start, perplexity=30), xy)
    theirs = TSNE(init="pca", random_state=0).fit_transform(unit)
    ours, plain = (sklearns(x, laid, n_neighbors=15, metric="cosine") for laid in (xy, theirs))
    assert ours > plain - 0.005


def test_tsne_of_neighbours_that_count_alike_is_as_trustworthy() -> None:
    """Of more than 20,000 images it reads the 15 nearest that all else reads instead of 91."""
    x = load_digits().data[:600].astype(np.float32)
    few, start = neighbours(x, 15), pca(x)
    alike = tsne(few, start, perplexity=None)
    usual = tsne(neighbours(x, 91), start, perplexity=30)
    trust, wanted = (sklearns(x, laid, n_neighbors=15, metric="cosine") for laid in (alike, usual))
    assert trust > wanted - 0.003
    with UmapProcess("tsne") as process:
        np.testing.assert_array_equal(process.layout(few, start, perplexity=None), alike)


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_one_graph_serves_all_that_is_asked_of_many_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """By lists the first 15 of more would be others: so nothing reads more unless it is told to."""
    assert recipes.WEIGHED_UP_TO == approximate.EXACT_UP_TO
    monkeypatch.setattr(approximate, "EXACT_UP_TO", 100)
    monkeypatch.setattr(recipes, "WEIGHED_UP_TO", 100)
    c, asked = collection(500), []
    real = approximate.found_neighbours

    def counted(x: np.ndarray, k: int, **more: Any) -> Any:
        asked.append(k)
        return real(x, k, **more)

    monkeypatch.setattr(approximate, "found_neighbours", counted)
    for method in get_args(recipes.Method):
        xy = c.project(method)
        c.layout_quality(xy)
        c.neighbours_kept(xy)
    c.cluster("communities")
    c.cluster("hdbscan")
    assert asked == [15]
    c.project("tsne", perplexity=30)
    assert asked == [15, 91]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("n", [1, 2, 4, 6, 8])
def test_few_images_and_copies_are_laid_out(n: int) -> None:
    for x in (np.random.default_rng(0).standard_normal((n, 3)), np.ones((n, 3))):
        c = Collection(np.zeros((n, 4, 5, 3), np.uint8), embeddings=x, store=None)
        for method in ("umap", "tsne", "pca"):
            assert np.isfinite(c.project(method, dims=3)).all()


@pytest.mark.parametrize(
    ("method", "asked", "says"),
    [
        ("isomap", {}, "'isomap' is not a projection; there are: pca, umap, tsne, pacmap"),
        ("pca", {"dims": 4}, "dims=4 cannot be shown"),
        ("pca", {"n_neighbors": 5}, "n_neighbors= is for umap and pacmap, and pca has no use for it"),
        ("umap", {"perplexity": 5}, "perplexity= is for tsne"),
        ("umap", {"n_neighbors": 1}, "n_neighbors=1: give a whole number from 2 to 99"),
        ("umap", {"n_neighbors": 100}, "n_neighbors=100: give"),
        ("umap", {"n_neighbors": "x"}, "n_neighbors='x': give a whole number from 2 to 99"),
        ("umap", {"n_neighbors": 2.5}, "n_neighbors=2.5: give a whole number"),
        ("umap", {"min_dist": "x"}, "min_dist='x': give a distance from 0"),
        ("umap", {"min_dist": float("nan")}, "min_dist=nan: give a distance"),
        ("tsne", {"perplexity": "x"}, "perplexity='x': give a number from 1"),
        ("umap", {"dims": 2.0}, r"dims=2\.0 cannot be shown"),
        ("umap", {"dims": "2"}, "dims='2' cannot be shown"),
        ("umap", {"min_dist": 2}, "min_dist=2: give a distance from 0"),
        ("tsne", {"perplexity": 40}, "perplexity=40: give a number from 1 to 32"),
    ],
)
def test_what_does_not_fit(method: str, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(pt.ProjectionError, match=says):
        recipe(method, 100, **asked)


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "a", None, True, float("nan")])
def test_a_seed_that_is_none_is_refused_by_whatever_takes_one(seed: Any) -> None:
    c = collection(20)
    refused: list[tuple[type[Exception], Callable[[], object]]] = [
        (pt.ProjectionError, lambda: c.project("umap", seed=seed)),
        (pt.ProjectionError, lambda: c.project("pca", seed=seed)),
        (pt.ProjectionError, lambda: c.arrange(seed=seed)),
        (pt.ClusterError, lambda: c.cluster("kmeans", seed=seed)),
        (pt.EncoderError, lambda: pt.train_autoencoder(c, seed=seed)),
        (pt.EncoderError, lambda: pt.finetune(c, label="label", seed=seed)),
    ]
    for error, ask in refused:
        with pytest.raises(error, match=r"^seed=.*: give a whole number from 0 to 4,294,967,295$"):
            ask()


def test_a_part_without_an_image_cannot_be_laid_out() -> None:
    c = collection(20)
    for nothing in ([], np.zeros(20, bool)):
        with pytest.raises(pt.SelectionError, match="names no image that has a vector"):
            c.project("umap", within=nothing)


def test_defaults_depend_on_the_number_of_images() -> None:
    assert recipe("tsne", 20_000).perplexity == 30
    assert recipe("tsne", 50).perplexity == 16
    assert recipe("tsne", 100).k == 91
    assert [recipe("umap", n).k for n in (20, 149, 150, 100_000)] == [8, 8, 15, 15]
    assert recipe("tsne", 20_001).perplexity is None
    assert recipe("tsne", 20_001, perplexity=5).key == recipe("tsne", 20_000, perplexity=5).key
    assert recipe("umap", 100, n_neighbors=15).k == 15
    assert type(recipe("umap", 100, dims=np.int64(3)).dims) is int  # it goes into JSON
    assert recipe("umap", 2, seed=3).key != recipe("umap", 2).key
    assert recipe("pca", 2, seed=3).key == recipe("pca", 2).key


@pytest.mark.usefixtures("here")
def test_a_graph_of_some_is_searched_with_as_many_as_one_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """From lists so few as one or two neighbours are found less surely, and what a sample tells of them wavers."""
    c, asked = collection(400), []
    real = approximate.nearly_neighbours

    def counted(x: np.ndarray, k: int, **more: Any) -> Any:
        asked.append(k)
        return real(x, k, **more)

    monkeypatch.setattr(approximate, "nearly_neighbours", counted)
    monkeypatch.setattr("pointillist.approximate.EXACT_UP_TO", 50)
    some = np.arange(400) % 2 == 0
    xy = c.project("umap", within=some, n_neighbors=2)
    kept = c.neighbours_kept(xy, k=1)
    assert asked == [15, 15]
    assert set(kept[some].tolist()) <= {0.0, 1.0}
    for k in (0, 1.5, "1"):
        with pytest.raises(pt.SelectionError, match="ask for at least 1 neighbour"):
            c.neighbours_kept(xy, k=k)  # type: ignore[arg-type]


@pytest.mark.parametrize("most", [20_000, 50])
def test_one_graph_serves_whoever_asks_for_fewer(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as nothing asks for more than 15 it is searched for once, and a few are the first of it; of an exact one
    also as many as were asked for at most."""
    c = collection(400)
    true = neighbours(c.embedding().vectors, 4)
    asked: list[int] = []
    for name in ("neighbours", "nearly_neighbours"):
        real = getattr(approximate, name)

        def counted(x: np.ndarray, k: int, real: Any = real, **more: Any) -> Any:
            asked.append(k)
            return real(x, k, **more)

        monkeypatch.setattr(approximate, name, counted)
    monkeypatch.setattr("pointillist.approximate.EXACT_UP_TO", most)
    few = c.neighbours(4)
    if most > 400:
        np.testing.assert_array_equal(few.rows, true.rows)
        np.testing.assert_array_equal(few.distances, true.distances)
    assert few.recall >= 0.95
    c.neighbours()
    c.cluster("communities")
    c.neighbours_kept(np.arange(800.0).reshape(400, 2), k=7)
    c.project("umap", n_neighbors=6)
    assert len(asked) == 1 + (most < 400 and few.recall == 1)  # lists that are no gain look at all pairs
    for k in (40, 25, 15, 4):
        true = neighbours(c.embedding().vectors, k)
        found = c.neighbours(k)
        assert asked[-1] == (25 if most < 400 and k <= 25 else 40)
        if most > 400:
            np.testing.assert_array_equal(found.rows, true.rows)
            np.testing.assert_array_equal(found.distances, true.distances)
    np.testing.assert_array_equal(c.neighbours(4).rows, few.rows)
    assert c.neighbours(1000).k == 399 and asked[-1] == 1000
    count = len(asked)
    assert c.neighbours(2000).k == 399
    assert (len(asked) == count) == (most > 400)  # there are no more


@pytest.mark.usefixtures("here")
def test_after_tsne_all_else_reads_its_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    c = collection(300)
    c.project("tsne", perplexity=20)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("searched again")

    monkeypatch.setattr(approximate, "neighbours", never)
    c.project("umap")
    c.cluster("communities")
    assert c.stored_neighbours(61) is not None and c.stored_neighbours(62) is None


def test_a_large_part_is_laid_out_by_lists_as_all_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointillist.approximate.EXACT_UP_TO", 100)
    parts: list[int] = []
    real = approximate.nearly_neighbours

    def counted(x: np.ndarray, k: int, **more: Any) -> Any:
        parts.append(len(x))
        return real(x, k, **more)

    monkeypatch.setattr("pointillist.approximate.nearly_neighbours", counted)
    c = collection(300)
    c.project("umap", within=np.arange(300) < 99)
    assert parts == []
    xy = c.project("umap", within=np.arange(300) < 180)
    assert parts == [180]
    assert np.isfinite(xy).all(axis=1).sum() == 180


def test_neighbours_and_epochs_are_counted_under_titles_of_their_own() -> None:
    told: dict[tuple[str, int], int] = {}

    def changed(job: Job) -> None:
        if job.total:
            told[job.name, job.total] = job.done

    job = Job("laying out", changed=changed)
    collection(60).project("tsne", job=job)
    assert list(told) == [("finding neighbours", 60), ("laying out", 1000)]
    assert told["finding neighbours", 60] == 60
    assert job.name == "laying out"
