"""Pictures of the map from Python: colours, selection, filters, camera, files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import pointillist as pt
from pointillist.errors import SnapshotError
from pointillist.explorer.colors import BACKGROUND, palette, shares_of
from pointillist.explorer.lens import seen_by
from pointillist.explorer.pictured import chosen, room_of, sizes_seen
from pointillist.explorer.snapshot import snapshot

XY = np.array([[0.0, 0], [10, 0], [0, 10], [10, 10]])
"""Seen 540 pixels apart in a picture of 600: the margins are 5 %."""
PLACES = {0: (30, 570), 1: (570, 570), 2: (30, 30), 3: (570, 30)}


@pytest.fixture
def atlas(opened: Callable[..., Any]) -> pt.Explorer:
    frame = pd.DataFrame(
        {"path": [f"/nowhere/{i}.png" for i in range(4)], "label": ["a", "b", None, "a"], "size": [0.0, 1, 2, np.nan]}
    )
    atlas: pt.Explorer = opened(frame, image="path", layout=XY, store=None).atlas
    atlas.wait()
    return atlas


def taken(atlas: pt.Explorer, **options: Any) -> np.ndarray:
    picture = atlas.snapshot(**{"width": 600, "height": 600, "scale": 1, "pictures": False, **options})
    assert isinstance(picture, Image.Image)
    return np.asarray(picture).astype(int)


def near(pixel: np.ndarray, color: Any, by: int = 26) -> bool:
    return bool(np.abs(pixel - np.asarray(color).astype(int)).max() <= by)


def at(picture: np.ndarray, row: int) -> np.ndarray:
    x, y = PLACES[row]
    return picture[y, x]


def test_each_point_is_where_it_belongs_in_its_colour(atlas: pt.Explorer) -> None:
    picture, colors = taken(atlas), palette("light")
    assert near(at(picture, 0), colors.categories[0]) and near(at(picture, 3), colors.categories[0])
    assert near(at(picture, 1), colors.categories[1])
    assert near(at(picture, 2), colors.missing)
    assert near(picture[300, 300], BACKGROUND["light"], 0)


def test_numbers_and_one_colour(atlas: pt.Explorer) -> None:
    atlas.color_by = "size"
    picture, colors = taken(atlas, dark=True), palette("dark")
    assert near(at(picture, 0), colors.steps[0]) and near(at(picture, 2), colors.steps[-1])
    assert near(at(picture, 3), colors.missing)
    assert near(picture[300, 300], BACKGROUND["dark"], 0)
    atlas.color_by = None
    assert near(at(taken(atlas), 1), palette("light").categories[0])


def test_colours_chosen_by_hand_and_scales(atlas: pt.Explorer) -> None:
    atlas.palette = {"label": {"a": "#102030"}}
    assert near(at(taken(atlas), 0), (16, 32, 48))
    atlas.color_by = "size"
    atlas.color_scale = {"kind": "linear", "reversed": True}
    assert near(at(taken(atlas), 0), palette("light").steps[-1])


def test_scales_are_those_of_the_browser() -> None:
    values = np.array([1.0, 10, 100, 0, -5, np.nan])
    assert shares_of("log", values, -5.0, 100.0)[:5] == pytest.approx([0, 0.5, 1, 0, 0])
    assert shares_of("linear", values, -5.0, 100.0)[[2, 4]] == pytest.approx([1, 0])
    skewed = np.concatenate([np.arange(100.0), [1e6]])
    assert shares_of("quantile", skewed, 0.0, 1e6)[[0, 50, 100]] == pytest.approx([0, 0.5, 1], abs=0.02)
    assert np.isfinite(shares_of("linear", np.ones(3), 1.0, 1.0)).all()


def test_tags_give_colours(atlas: pt.Explorer) -> None:
    atlas.collection.tag([1], "seen")
    atlas.color_by, atlas.tags_shown = "tags", False
    picture = taken(atlas)
    assert near(at(picture, 1), palette("light").categories[0]) and near(at(picture, 0), palette("light").missing)


def test_what_is_not_selected_steps_back_and_what_is_filtered_out_is_gone(atlas: pt.Explorer) -> None:
    atlas.select([0])
    picture = taken(atlas)
    assert near(at(picture, 0), palette("light").categories[0])
    assert at(picture, 1).min() > 190 and not near(at(picture, 1), BACKGROUND["light"], 5)
    atlas.filters = [{"column": "label", "hide": ["b"]}]
    assert near(at(taken(atlas), 1), BACKGROUND["light"], 0)


def test_the_camera_is_the_widgets(atlas: pt.Explorer) -> None:
    atlas.camera = {"x": 10, "y": 10, "span": 1}
    picture = taken(atlas)
    assert near(picture[300, 300], palette("light").categories[0])
    assert near(at(picture, 0), BACKGROUND["light"], 0)


def test_a_layout_in_space_is_seen_from_the_side(opened: Callable[..., Any]) -> None:
    frame = pd.DataFrame({"path": [f"/nowhere/{i}.png" for i in range(2)], "label": ["far", "near"]})
    atlas = opened(frame, image="path", layout=np.array([[0, 0, -1.0], [0, 0, 1]]), store=None).atlas
    atlas.wait()
    atlas.camera = {"x": 0, "y": 0, "z": 0, "span": 4, "yaw": 0, "pitch": 0}
    assert near(taken(atlas)[300, 300], palette("light").categories[1])


@pytest.fixture
def heap(opened: Callable[..., Any]) -> pt.Explorer:
    """40,000 points of two kinds: most of them crowded in the middle, a few over the rest."""
    rng = np.random.default_rng(0)
    xy = np.concatenate([rng.normal(0, 0.1, (38_000, 2)), rng.uniform(-1, 1, (2_000, 2)), [[-1, -1], [1, 1]]])
    frame = pd.DataFrame({"path": [f"/nowhere/{i}.png" for i in range(len(xy))], "label": ["a"] * len(xy)})
    atlas: pt.Explorer = opened(frame, image="path", layout=xy, store=None).atlas
    atlas.wait()
    return atlas


def ink(picture: np.ndarray, left: int, right: int) -> float:
    """How far from white the pixels left…right from the middle are, on its line."""
    return float((255 - picture[295:305, 300 + left : 300 + right]).mean())


def test_crowds_are_denser_than_their_edge_as_in_the_widget(heap: pt.Explorer) -> None:
    dense = taken(heap)
    assert ink(dense, -5, 5) > 1.3 * ink(dense, 40, 50) > 3 * ink(dense, 150, 160)
    heap.density = 0
    flat = taken(heap)
    assert ink(flat, -5, 5) < 1.15 * ink(flat, 40, 50)
    heap.density = 1
    assert ink(taken(heap), 150, 160) < ink(dense, 150, 160)


def test_a_sample_is_one_of_what_is_in_the_pane_and_selected(heap: pt.Explorer) -> None:
    def corners() -> list[bool]:
        picture = np.asarray(snapshot(heap._scene, heap._sight(), 600, 600, most=100))
        return [near(picture[570, 30], palette("light").categories[0]), (picture[300, 300] < 250).any()]

    assert not corners()[0]
    heap.select([40_000, 40_001])
    assert corners()[0]
    heap.select(None)
    heap.camera = {"x": -1, "y": -1, "span": 0.01}
    assert corners()[1]


def test_size_and_opacity_by_hand(atlas: pt.Explorer) -> None:
    atlas.point_size, atlas.point_opacity = 30.0, 0.5
    picture, color = taken(atlas), palette("light").categories[0]
    assert near(picture[570, 40], (np.asarray(color).astype(int) + 255) / 2, 4)


@pytest.mark.parametrize("selected", [None, [0, 1]])
def test_tagged_images_are_rings_where_points_are_large_enough(atlas: pt.Explorer, selected: list[int] | None) -> None:
    color = palette("light").categories[0]
    atlas.point_size = 20.0
    atlas.select(selected)
    assert near(at(taken(atlas), 0), color)
    atlas.collection.tag([0], "seen")
    ringed = taken(atlas)
    assert near(at(ringed, 0), BACKGROUND["light"], 12) and near(ringed[570, 38], color)
    assert near(at(ringed, 1), palette("light").categories[1])
    atlas.tags_shown = False
    assert near(at(taken(atlas), 0), color)
    atlas.tags_shown, atlas.point_size = True, 3.9
    assert near(at(taken(atlas), 0), color)


def test_a_crowd_in_space_is_dense_too(opened: Callable[..., Any]) -> None:
    xyz = np.random.default_rng(0).normal(0, 1, (60_000, 3))
    frame = pd.DataFrame({"path": [f"/nowhere/{i}.png" for i in range(len(xyz))], "label": ["a"] * len(xyz)})
    atlas = opened(frame, image="path", layout=xyz, store=None).atlas
    atlas.wait()
    atlas.density = 1
    picture = taken(atlas)
    assert ink(picture, -5, 5) > 1.3 * ink(picture, 80, 90)


def test_a_file_is_written_by_its_ending(atlas: pt.Explorer, tmp_path: Path) -> None:
    for name in ("map.png", "map.jpg", "map.webp"):
        place = atlas.snapshot(tmp_path / name, width=320, height=200, scale=2)
        assert place == tmp_path / name
        assert Image.open(place).size == (640, 400)


def test_names_stand_on_the_map(atlas: pt.Explorer) -> None:
    assert (taken(atlas, names=True) != taken(atlas)).any()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": 0}, "width=0"),
        ({"scale": "2"}, "scale='2'"),
        ({"width": 10**6}, "pixels"),
        ({"path": "map.txt"}, "no kind of picture"),
        ({"path": "/no/such/folder/map.png"}, "cannot be written"),
    ],
)
def test_no_such_picture(atlas: pt.Explorer, options: dict[str, Any], words: str) -> None:
    with pytest.raises(SnapshotError, match=words):
        atlas.snapshot(**options)


def test_a_picture_goes_to_a_path(atlas: pt.Explorer) -> None:
    with pytest.raises(pt.SnapshotError, match=r"path=400: give the path of a file, .*; width= and height= say how"):
        atlas.snapshot(400)  # type: ignore[arg-type]


def test_there_is_no_picture_before_there_is_a_map(opened: Callable[..., Any], tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    atlas = opened(tmp_path, encoder=lambda images: np.zeros((len(images), 0))).atlas
    with pytest.raises(SnapshotError, match="no map yet"):
        atlas.snapshot()


@pytest.fixture
def pictured(opened: Callable[..., Any], tmp_path: Path) -> pt.Explorer:
    """Images of one colour each, twice as wide as high, at PLACES; 2 and 3 of a file that is none."""
    for name, color in (("red", (200, 0, 0)), ("blue", (0, 0, 200))):
        Image.new("RGB", (80, 40), color).save(tmp_path / f"{name}.png")
    (tmp_path / "none.png").write_bytes(b"no picture")
    paths = [str(tmp_path / name) for name in ("red.png", "blue.png", "none.png", "none.png")]
    frame = pd.DataFrame({"path": paths, "label": ["a", "b", "a", "a"]})
    atlas: pt.Explorer = opened(frame, image="path", layout=XY, store=None).atlas
    atlas.wait()
    return atlas


def test_images_are_at_their_points_in_frames_of_their_colour(pictured: pt.Explorer) -> None:
    picture, colors = taken(pictured, pictures=True), palette("light")
    assert near(at(picture, 0), (200, 0, 0), 3) and near(at(picture, 1), (0, 0, 200), 3)
    corner = picture[30:60, 30:60].reshape(-1, 3)
    assert any(near(pixel, colors.categories[0]) for pixel in corner), "where there is no image there is the point"
    assert near(picture[60, 30], BACKGROUND["light"], 0)
    red = np.abs(picture - (200, 0, 0)).max(axis=2) < 4
    rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
    assert 2 * len(rows) == pytest.approx(len(columns), abs=2) and len(rows) > 20
    above = picture[rows[0] - 1, 35]
    assert near(above, colors.categories[0], 0)
    assert near(picture[rows[0] - 3, 35], BACKGROUND["light"], 0)


def test_images_are_as_large_as_asked_and_none_where_none_is_wanted(pictured: pt.Explorer) -> None:
    def red(picture: np.ndarray) -> int:
        return int((np.abs(picture - (200, 0, 0)).max(axis=2) < 4).sum())

    usual = red(taken(pictured, pictures=True))
    pictured.picture_px = 28
    assert red(taken(pictured, pictures=True)) < usual / 2
    assert red(taken(pictured, scale=2, pictures=True)) > 3 * red(taken(pictured, pictures=True))
    assert red(taken(pictured)) == 0
    pictured.picture_px = 0
    assert red(taken(pictured, pictures=True)) == 0


def test_images_that_are_not_selected_step_back_and_filtered_ones_are_gone(pictured: pt.Explorer) -> None:
    pictured.select([1])
    picture = taken(pictured, pictures=True)
    assert near(at(picture, 1), (0, 0, 200), 3)
    assert near(at(picture, 0), np.array([200, 0, 0]) * 0.24 + 255 * 0.76, 3)
    pictured.select([])
    pictured.filters = [{"column": "label", "hide": ["a"]}]
    assert near(at(taken(pictured, pictures=True), 0), BACKGROUND["light"], 0)


@pytest.mark.parametrize("dims", [2, 3])
def test_no_image_is_on_another_and_the_selected_have_room_first(dims: int) -> None:
    xy = np.random.default_rng(0).normal(size=(5000, dims))
    xy[7] = np.nan
    seen = seen_by(None, xy, 800, 600)
    room = room_of(56, 5000, 800 * 600, 1)
    there, lit = np.isfinite(xy).all(axis=1), np.zeros(5000, bool)
    lit[11] = True
    rows = chosen(seen, there, lit, room, 800, 600, flat=dims == 2)
    assert rows[0] == 11 and 7 not in rows and 15 < len(rows) <= 300
    sizes = sizes_seen(seen.closer[rows])
    apart = np.maximum(*(np.abs(side[rows][:, None] - side[rows]) for side in (seen.x, seen.y)))
    needed = room.spacing_px * np.maximum(sizes[:, None], sizes)
    assert (apart + 1e9 * np.eye(len(rows)) >= needed).all()
    assert rows == chosen(seen, there, lit, room, 800, 600, flat=dims == 2)


def test_images_have_the_room_that_the_browser_gives_them() -> None:
    """What size.ts answers; js/test/map/pictures/size.test.ts holds the same numbers."""
    for picture_px, n, zoom, size_px, spacing_px in [
        (56, 4, 1, 85.84, 96.14),
        (56, 100, 1, 51.13, 63.71),
        (56, 2000, 8, 59.9, 67.09),
        (56, 10**6, 1, 33.6, 57.12),
        (108, 10**6, 1, 64.8, 91.37),
        (160, 10**6, 1, 96, 107.52),
    ]:
        room = room_of(picture_px, n, 800 * 600, zoom)
        assert (room.size_px, room.spacing_px) == pytest.approx((size_px, spacing_px), abs=0.01)
