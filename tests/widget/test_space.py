"""Maps in space: the 3D twin of a layout, made on demand; where the map looks, and moving it from Python."""

from __future__ import annotations

import math
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

import pointillist as pt
from pointillist.collection import Collection
from pointillist.errors import Cancelled


def vectors(n: int = 40) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, 6)) + np.eye(6)[np.arange(n) % 6] * 6


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that has the layouts of forty images already."""
    store = tmp_path_factory.mktemp("space") / "store.db"
    with Collection(np.zeros((40, 4, 4, 3), np.uint8), embeddings=vectors(), store=store) as c:
        c.project("umap")
        with patch.object(Collection, "_note_map"):  # there in no time when asked for, and not on offer before
            c.project("umap", dims=3)
    return store


@pytest.fixture
def placed(opened: Callable[..., Any], laid_out: Path, tmp_path: Path) -> Any:
    """A page on forty images with vectors of their own, and a copy of the store: what one test made is no other's."""
    store = Path(shutil.copy(laid_out, tmp_path))
    page = opened(np.zeros((40, 4, 4, 3), np.uint8), embeddings=vectors(), store=store)
    page.atlas.wait()
    return page


def test_the_twin_in_space_is_made_shown_and_kept(placed: Any) -> None:
    body, _ = placed.answer("project", method="umap", dims=3)
    assert body == {"name": "umap-3d"}
    placed.atlas.wait()
    assert placed.comm.state["layout_name"] == "umap-3d"
    assert [(one["name"], one["method"], one["dims"], one["title"]) for one in placed.comm.state["layouts"]] == [
        ("umap", "umap", 2, "UMAP"),
        ("umap-3d", "umap", 3, "UMAP 3D"),
        ("pca", "pca", 2, "PCA"),
    ]
    assert placed.comm.state["runs"][-1]["name"] == "laying out the map in 3D"
    body, arrays = placed.answer("layout", name="umap-3d")
    assert (body["dims"], arrays["xy"].shape) == (3, (40, 3))
    np.testing.assert_array_equal(arrays["xy"], placed.atlas.collection.project("umap", dims=3))
    body, _ = placed.answer("project", method="umap", dims=2)
    assert body == {"name": "umap"}
    placed.comm.wait_for(lambda: placed.comm.state["layout_name"] == "umap")
    runs = len(placed.atlas.runs)
    placed.answer("project", method="umap", dims=3)
    assert placed.atlas.layout_name == "umap-3d"
    assert len(placed.atlas.runs) == runs


def test_a_grid_of_a_flat_map_is_made_shown_and_made_anew_with_it(placed: Any) -> None:
    assert placed.answer("project", method="umap-grid", dims=2)[0] == {"name": "umap-grid"}
    placed.atlas.wait()
    assert placed.comm.state["layout_name"] == "umap-grid"
    assert [(one["name"], one["title"]) for one in placed.comm.state["layouts"]] == [
        ("umap", "UMAP"),
        ("umap-grid", "UMAP in a grid"),
        ("pca", "PCA"),
    ]
    _, arrays = placed.answer("layout", name="umap-grid")
    np.testing.assert_array_equal(arrays["xy"], placed.atlas.collection.arrange("umap"))
    assert len(np.unique(arrays["xy"], axis=0)) == 40
    maps = placed.atlas._flow.maps
    maps.show("umap", np.zeros((40, 2), np.float32))
    _, arrays = placed.answer("layout", name="umap-grid")
    assert len(np.unique(arrays["xy"], axis=0)) == 40
    assert "flat" in placed.answer("project", method="umap-grid", dims=3)[0]["message"]
    assert "not a layout" in placed.answer("project", method="nobody-grid", dims=2)[0]["message"]


def test_the_news_of_a_layout_and_that_it_is_on_show_come_together(placed: Any) -> None:
    placed.answer("project", method="pca", dims=3)
    placed.comm.wait_for(lambda: placed.comm.state["layout_name"] == "pca-3d")
    known: set[str] = set()
    for method, data, _ in list(placed.comm.sent):
        if method != "update":
            continue
        known |= {one["name"] for one in data["state"].get("layouts", [])}
        shown = data["state"].get("layout_name")
        assert shown is None or shown in known, "the page is told to show what it does not know yet"


def test_what_was_chosen_meanwhile_stays(placed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    project = Collection.project

    def slowly(self: Collection, *args: Any, **options: Any) -> np.ndarray:
        assert go.wait(60)
        return project(self, *args, **options)

    monkeypatch.setattr(Collection, "project", slowly)
    placed.answer("project", method="pca", dims=3)
    placed.set(layout_name="pca")
    go.set()
    placed.atlas.wait()
    assert "pca-3d" in [one["name"] for one in placed.atlas.layouts]
    assert placed.atlas.layout_name == "pca"


@pytest.mark.parametrize("ending", ["placed", "cancelled"])
def test_a_map_asked_for_before_the_first_is_there_follows_it(
    ending: str, opened: Callable[..., Any], laid_out_here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, neighbours = threading.Event(), Collection.neighbours

    def held(self: Collection, *args: Any, **options: Any) -> Any:
        assert go.wait(60)
        return neighbours(self, *args, **options)

    monkeypatch.setattr(Collection, "neighbours", held)
    page = opened(np.zeros((40, 4, 4, 3), np.uint8), embeddings=vectors())
    page.comm.wait_for(lambda: page.atlas.layouts)
    assert page.answer("project", method="pca", dims=3)[0] == {"name": "pca-3d"}

    def waiting() -> list[Any]:
        return [run for run in page.atlas.runs if run["name"].endswith("3D") and run["message"].startswith("waits")]

    (run,) = page.comm.wait_for(waiting)
    if ending == "cancelled":
        page.answer("cancel_run", run=run["id"])
        page.comm.wait_for(lambda: page.atlas.runs[-1]["state"] == "cancelled")
    go.set()
    page.atlas.wait()
    names = [one["name"] for one in page.atlas.layouts]
    assert "umap" in names
    assert ("pca-3d" in names) == (page.comm.state["layout_name"] == "pca-3d") == (ending == "placed")


@pytest.mark.parametrize("ending", ["placed", "cancelled"])
def test_a_grid_asked_for_while_its_map_grows_follows_it(ending: str, placed: Any) -> None:
    maps, xy = placed.atlas._flow.maps, placed.atlas.collection.project("umap")
    maps.show("umap", xy[::-1].copy(), status="growing")
    assert placed.answer("project", method="umap-grid", dims=2)[0] == {"name": "umap-grid"}
    placed.comm.wait_for(lambda: placed.atlas.runs[-1]["message"].startswith("waits"))
    if ending == "cancelled":
        placed.atlas._scene.layouts.restore("umap", None)
    else:
        maps.show("umap", xy)
    placed.comm.wait_for(lambda: placed.atlas.runs[-1]["state"] != "running")
    if ending == "cancelled":
        assert "the map to be arranged was not made" in placed.atlas.runs[-1]["message"]
        assert "umap-grid" not in [one["name"] for one in placed.atlas.layouts]
    else:
        assert placed.comm.state["layout_name"] == "umap-grid"
        _, arrays = placed.answer("layout", name="umap-grid")
        np.testing.assert_array_equal(arrays["xy"], placed.atlas.collection.arrange("umap"))


def test_it_can_be_cancelled_and_tried_again(placed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()
    project = Collection.project

    def endless(self: Collection, *args: Any, job: Any = None, **options: Any) -> np.ndarray:
        begun.set()
        job._stop.wait(60)
        raise Cancelled("stopped")

    monkeypatch.setattr(Collection, "project", endless)
    placed.answer("project", method="umap", dims=3)
    assert begun.wait(60)
    placed.answer("project", method="umap", dims=3)
    (run,) = placed.comm.wait_for(lambda: [run for run in placed.atlas.runs if run["name"].endswith("3D")])
    placed.answer("cancel_run", run=run["id"])
    placed.comm.wait_for(lambda: placed.comm.state["runs"][-1]["state"] == "cancelled")
    assert placed.atlas.layout_name == "umap"
    monkeypatch.setattr(Collection, "project", project)
    placed.answer("retry_run", run=run["id"])
    placed.atlas.wait()
    assert placed.comm.state["layout_name"] == "umap-3d"


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("given", "the positions were given in 2D; choose another map to see it in 3D"),
        ("isomap", "'isomap' is not a layout; there are: pca, umap, tsne"),
        ("umap", "no vectors of .*; make them with embed"),
    ],
)
def test_what_cannot_be_made_says_why(page: Any, method: str, says: str) -> None:
    body, _ = page.answer("project", method=method, dims=3)
    assert body["kind"] == "asked"
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(body["message"])


def test_positions_given_in_space_have_a_flat_twin(opened: Callable[..., Any]) -> None:
    xyz = np.random.default_rng(1).normal(size=(12, 3))
    xyz[4, 2] = np.nan
    page = opened(np.zeros((12, 4, 4, 3), np.uint8), layout=xyz, store=None)
    page.atlas.wait()
    assert page.comm.state["layout_name"] == "given-3d"
    assert (page.atlas.layouts[0]["dims"], page.atlas.layouts[0]["placed"]) == (3, 11)
    np.testing.assert_array_equal(page.answer("layout", name="given-3d")[1]["xy"][4], np.full(3, np.nan, np.float32))
    page.answer("project", method="given", dims=2)
    assert page.comm.state["layout_name"] == "given"
    flat = page.answer("layout", name="given")[1]["xy"]
    np.testing.assert_array_equal(flat[:4], xyz[:4, :2].astype(np.float32))
    assert np.isnan(flat[4]).all()


def test_the_camera_from_python_goes_to_every_view_and_stays(page: Any) -> None:
    page.atlas.camera = {"x": 3, "y": 9, "span": 4}
    camera = {"layout": "given", "x": 3.0, "y": 9.0, "z": 0.0, "span": 4.0, "yaw": 0.0, "pitch": 0.0}
    assert page.events("camera") == [{"camera": camera}]
    assert page.comm.state["camera"] == camera
    assert page.atlas.camera == camera
    page.atlas.camera = None
    assert page.events("camera")[-1] == {"camera": None}


def test_a_view_that_moves_its_camera_moves_no_other(page: Any) -> None:
    camera = {"layout": "given", "x": 1.0, "y": 2.0, "z": 0.0, "span": 3.0, "yaw": 0.5, "pitch": 0.0}
    page.set(camera=camera)
    assert page.atlas.camera == camera
    assert page.events("camera") == []


@pytest.mark.parametrize(
    ("camera", "says"),
    [
        ({"x": 1, "y": 2}, "the camera's 'span' is None; it must be a finite number"),
        ({"x": 1, "y": math.nan, "span": 1}, "the camera's 'y' is nan"),
        ({"x": 1, "y": 2, "span": 0}, "the camera's 'span' is 0; it must be more than 0"),
        ({"x": "1", "y": 2, "span": 1}, "the camera's 'x' is '1'"),
        ({"x": 1, "y": 2, "span": 1, "layout": 3}, "the camera's 'layout' is 3"),
        ([1, 2], "a camera is a dict of x, y, z, span, yaw, pitch, or None"),
    ],
)
def test_a_camera_that_cannot_be_says_why(page: Any, camera: Any, says: str) -> None:
    with pytest.raises(pt.CameraError, match=says):
        page.atlas.camera = camera
    assert page.atlas.camera is None


def test_zoom_to_rows(page: Any) -> None:
    page.atlas.zoom_to(["i2", "i4"])
    camera = page.atlas.camera
    assert (camera["x"], camera["y"], camera["yaw"]) == (3, 10, 0)
    assert camera["span"] == pytest.approx(1.25 * 12)
    page.atlas.zoom_to(["i5"])
    assert (page.atlas.camera["x"], page.atlas.camera["y"]) == (5, 25)
    assert page.atlas.camera["span"] == pytest.approx(0.02 * 121)
    page.atlas.zoom_to(None)
    assert page.atlas.camera is None
    with pytest.raises(pt.SelectionError):
        page.atlas.zoom_to(["nobody"])


def test_zoom_to_rows_in_space_shows_all_of_them_from_the_same_side(opened: Callable[..., Any]) -> None:
    xyz = np.random.default_rng(1).normal(size=(12, 3))
    xyz[11] = np.nan
    page = opened(np.zeros((12, 4, 4, 3), np.uint8), layout=xyz, store=None)
    page.atlas.wait()
    page.atlas.camera = {"x": 0, "y": 0, "span": 4, "yaw": 1, "pitch": -0.5}
    page.atlas.zoom_to([0, 1, 2])
    camera = page.atlas.camera
    assert (camera["layout"], camera["yaw"], camera["pitch"]) == ("given-3d", 1, -0.5)
    middle = np.array([camera["x"], camera["y"], camera["z"]])
    assert np.linalg.norm(xyz[:3] - middle, axis=1).max() < camera["span"] / 2
    with pytest.raises(pt.CameraError, match="none of these images has a position on the map"):
        page.atlas.zoom_to([11])
