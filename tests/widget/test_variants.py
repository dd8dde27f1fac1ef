"""Maps with parameters, maps of some images only, and how far each can be trusted, over the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pointillist.explorer.variants import parsed, told

N = 40


@pytest.fixture
def page(opened: Callable[..., Any]) -> Any:
    rng = np.random.default_rng(0)
    images = list(rng.integers(0, 255, (N, 8, 8, 3), np.uint8))
    found = opened(images, embeddings=rng.standard_normal((N, 6)), store=None)
    found.atlas.wait()
    return found


def test_a_map_with_parameters_stands_beside_the_usual_one(page: Any) -> None:
    answer, _ = page.answer("project", method="tsne perplexity=5 seed=2", dims=2)
    page.atlas.wait()
    assert page.atlas.layout_name == answer["name"] == "tsne perplexity=5 seed=2"
    titles = [info["title"] for info in page.atlas.layouts]
    assert titles == ["UMAP", "PCA", "t-SNE (perplexity 5, seed 2)"]
    want = page.atlas.collection.project("tsne", perplexity=5, seed=2)
    _, arrays = page.answer("layout", name=answer["name"])
    np.testing.assert_array_equal(arrays["xy"], want)


def test_a_selection_is_laid_out_on_its_own(page: Any) -> None:
    mask = np.zeros(N, bool)
    mask[5:25] = True
    answer, _ = page.answer("project", {"mask": mask}, method="pca", dims=2)
    page.atlas.wait()
    assert page.atlas.layout_name == answer["name"]
    _, arrays = page.answer("layout", name=answer["name"])
    np.testing.assert_array_equal(np.isfinite(arrays["xy"]).all(axis=1), mask)
    assert page.atlas.layouts[-1]["title"] == "PCA (20 images)"
    again, _ = page.answer("project", {"mask": mask}, method="pca", dims=2)
    assert again == answer


def test_quality_is_that_of_the_collection_and_measured_once(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    want = page.atlas.collection.layout_quality("pca")
    answer, _ = page.answer("measure_layout", name="pca")
    assert answer["trustworthiness"] == pytest.approx(want.trustworthiness)
    assert answer["preserved"] == pytest.approx(float(want.preserved.mean()))
    assert answer["k"] == want.k

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("measured again")

    mask = np.arange(N) < 25
    part, _ = page.answer("project", {"mask": mask}, method="pca", dims=2)
    page.atlas.wait()
    own = page.atlas.collection.layout_quality(page.atlas.collection.project("pca", within=mask))
    of_part, _ = page.answer("measure_layout", name=part["name"])
    assert of_part == {
        "trustworthiness": own.trustworthiness,
        "preserved": pytest.approx(np.nanmean(own.preserved)),
        "k": 12,
    }
    monkeypatch.setattr(type(page.atlas.collection), "layout_quality", never)
    assert page.answer("measure_layout", name="pca")[0] == answer


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("isomap", "'isomap' is not a layout"),
        ("umap size=3", "'size' is no parameter of a layout"),
        ("umap seed=x", "seed='x': give a number"),
        ("umap within=9-beef", "not known any more"),
    ],
)
def test_what_cannot_be_made_is_said(page: Any, method: str, says: str) -> None:
    refused, _ = page.answer("project", method=method, dims=2)
    assert refused["kind"] == "asked"
    assert says in refused["message"]


def test_names_of_maps() -> None:
    assert parsed("umap n_neighbors=30 min_dist=0.5") == ("umap", {"n_neighbors": 30, "min_dist": 0.5}, None)
    assert told("umap n_neighbors=30 within=1204-ab") == "30 neighbours, 1,204 images"
    assert told("pca") == ""


def test_the_kept_neighbours_of_a_map_are_a_column_one_can_colour_by(page: Any) -> None:
    answer, _ = page.answer("keep_column", name="pca")
    name = answer["column"]
    assert name == "nearest kept: PCA | own vectors"
    page.atlas.color_by = page.atlas.sort_by = name
    column, arrays = page.answer("column", name=name)
    assert column["kind"] == "number"
    want = page.atlas.collection.layout_quality("pca").preserved
    np.testing.assert_array_equal(arrays["values"], want)
    np.testing.assert_array_equal(np.sort(want), page.atlas.view[name])
