"""Maps over sessions: listed again, extended by new images with a word about it, of a selection where it lay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("here")

N = 40


def opened_again(opened: Callable[..., Any], store: Path, **options: Any) -> Any:
    rng = np.random.default_rng(0)
    images = list(rng.integers(0, 255, (N, 8, 8, 3), np.uint8))
    found = opened(images, embeddings=rng.standard_normal((N, 6)), store=store, **options)
    found.atlas.wait()
    return found


def test_maps_made_before_are_on_offer_after_a_restart(opened: Callable[..., Any], tmp_path: Path) -> None:
    page = opened_again(opened, tmp_path / "store")
    page.answer("project", method="tsne perplexity=5", dims=2)
    page.answer("project", method="pca", dims=3)
    mask = np.arange(N) < 12
    page.answer("project", {"mask": mask}, method="pca", dims=2)
    page.atlas.wait()
    before = {info["name"]: info["title"] for info in page.atlas.layouts}
    page.atlas.close()
    page.atlas.collection.close()
    again = opened_again(opened, tmp_path / "store")
    assert {info["name"]: info["title"] for info in again.atlas.layouts} == before
    assert {"UMAP", "PCA", "PCA 3D", "t-SNE (perplexity 5)", "PCA (12 images)"} <= set(before.values())
    some = next(name for name, title in before.items() if title == "PCA (12 images)")
    again.atlas.layout_name = some
    _, arrays = again.answer("layout", name=some)
    np.testing.assert_array_equal(np.isfinite(arrays["xy"]).all(axis=1), mask)
    answer, _ = again.answer("project", {"mask": mask}, method="pca", dims=2)
    assert answer["name"] == some  # the same images are the same map


def test_the_map_of_a_selection_lies_where_its_images_were(opened: Callable[..., Any], tmp_path: Path) -> None:
    page = opened_again(opened, tmp_path / "store")
    mask = np.arange(N) < 20
    whole = page.atlas.collection.project("umap")
    assert page.atlas.layout_name == "umap"
    page.answer("project", {"mask": mask}, method="pca", dims=2)
    page.atlas.wait()
    _, arrays = page.answer("layout", name=page.atlas.layout_name)
    some, alone = arrays["xy"][mask], page.atlas.collection.project("pca", within=mask)[mask]
    np.testing.assert_allclose(some.mean(axis=0), whole[mask].mean(axis=0), atol=1e-4)

    def spread(xy: np.ndarray) -> float:
        return float(((xy - xy.mean(axis=0)) ** 2).sum())

    def apart(xy: np.ndarray) -> float:
        return float(((xy - whole[mask]) ** 2).sum())

    assert spread(some) == pytest.approx(spread(whole[mask]), rel=1e-3)
    # of all turns and mirrors of the same size it is the nearest
    centred = (alone - alone.mean(axis=0)) * np.sqrt(spread(some) / spread(alone))
    for turn in np.linspace(0, 2 * np.pi, 36):
        for mirror in (1, -1):
            to = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * [1, mirror]
            assert apart(some) <= apart(centred @ to.T + whole[mask].mean(axis=0)) + 1e-3


def test_new_images_are_placed_in_the_map_and_it_is_laid_out_anew_when_asked(
    opened: Callable[..., Any], draw_folder: Any, tmp_path: Path
) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=6)
    first = opened(folder, encoder="pixels/4", store=tmp_path / "store")
    first.atlas.wait()
    before = first.atlas.collection.table.assign(place=list(first.atlas.collection.project("umap")))["place"]
    first.atlas.close()
    first.atlas.collection.close()
    draw_folder(folder, per_color=3, start=50)
    page = opened(folder, encoder="pixels/4", store=tmp_path / "store")
    page.atlas.wait()
    info = page.atlas.layouts[0]
    assert (info["name"], info["placed"], info["added"]) == ("umap", 36, 12)
    _, arrays = page.answer("layout", name="umap")
    rows = page.atlas.collection.table.index.get_indexer(before.index)
    np.testing.assert_array_equal(arrays["xy"][rows], np.stack(list(before)))
    page.answer("project", method="umap", dims=2, anew=True)
    page.atlas.wait()
    anew = page.atlas.layouts[0]
    assert (anew["name"], anew["added"], anew["status"]) == ("umap", 0, "ready")
    assert anew["revision"] > info["revision"]
    np.testing.assert_array_equal(page.answer("layout", name="umap")[1]["xy"], page.atlas.collection.project("umap"))
    page.atlas.close()
    page.atlas.collection.close()
    last = opened(folder, encoder="pixels/4", store=tmp_path / "store")
    last.atlas.wait()
    assert last.atlas.layouts[0]["added"] == 0


def test_where_a_package_is_missing_the_page_knows_why(
    opened: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened_again(opened, tmp_path / "store").atlas.missing_ways == {}
    monkeypatch.setattr("pointillist.analysis.pacmap_layout.find_spec", lambda _: None)
    page = opened_again(opened, tmp_path / "other")
    assert "pip install 'pointillist[pacmap]'" in page.atlas.missing_ways["pacmap"]
