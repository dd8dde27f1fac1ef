"""The map in space in a real notebook: turned by hand, a lasso in depth, back in the plane, a camera that survives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from atlas import Atlas, explore, ring_around, within
from lab import Lab, wait_for

pytestmark = pytest.mark.browser

DrawFolder = Callable[..., Path]
EYE = 2


def projected(xyz: np.ndarray, camera: dict[str, Any], box: dict[str, float]) -> np.ndarray:
    """(n, 2) CSS pixels of the page: what protocol/'s Camera means, written down once more."""
    yaw, pitch = camera["yaw"], camera["pitch"]
    turn = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]) @ np.array(
        [[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]
    )
    right, up, near = turn @ (xyz - [camera["x"], camera["y"], camera["z"]]).T
    scale = min(box["width"], box["height"]) / camera["span"]
    pixels = scale / (1 - near / (EYE * camera["span"]))
    return np.column_stack([box["x"] + box["width"] / 2 + right * pixels, box["y"] + box["height"] / 2 - up * pixels])


def view_of(atlas: Atlas) -> list[float]:
    """x, y, scale, z, yaw, pitch."""
    return [float(part) for part in (atlas.stage.get_attribute("data-camera") or "").split()]


def drag(atlas: Atlas, dx: float, dy: float, button: Any = "left") -> None:
    box = atlas.stage.bounding_box()
    assert box is not None
    mouse = atlas.page.mouse
    x, y = box["x"] + box["width"] / 2, box["y"] + 40
    mouse.move(x, y)
    mouse.down(button=button)
    mouse.move(x + dx, y + dy, steps=5)
    mouse.up(button=button)


def test_to_space_and_back(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=20)
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    lab.run("atlas.layout_name = 'pca'")
    atlas.wait_layout("pca")
    switch = atlas.root.get_by_label("Dimensions of the map")
    switch.get_by_text("3D").click()
    atlas.wait_layout("pca-3d")
    assert lab.ask("atlas.layout_name") == "pca-3d"
    assert view_of(atlas)[4:] == pytest.approx([np.pi / 6, np.pi / 9])

    before = atlas.screen()
    box = atlas.stage.bounding_box()
    assert box is not None
    short = min(box["width"], box["height"])
    drag(atlas, short / 4, short / 8)
    atlas.wait_drawn()
    turned = view_of(atlas)
    assert turned[4:] == pytest.approx([np.pi / 6 + np.pi / 4, np.pi / 9 + np.pi / 8], abs=0.02)
    region = np.s_[int(box["y"]) : int(box["y"] + box["height"]), int(box["x"]) : int(box["x"] + box["width"])]
    assert (atlas.screen()[region] != before[region]).any(axis=2).mean() > 0.01
    drag(atlas, 20, 10, "right")
    atlas.wait_drawn()
    wait_for(lambda: lab.ask("atlas.camera and atlas.camera['x']") == view_of(atlas)[0], "the kernel knows no camera")
    camera = lab.ask("atlas.camera")
    assert (camera["layout"], [camera["yaw"], camera["pitch"]]) == ("pca-3d", turned[4:])

    xyz = np.array(lab.ask("[[float(v) for v in p] for p in atlas.collection.stored_layout('pca', dims=3)]"))
    points = projected(xyz, camera, box)
    polygon = ring_around(points, atlas.stage)
    inside = np.flatnonzero(within(points, polygon))
    atlas.lasso(polygon)
    wait_for(lambda: lab.ask("len(atlas.rows)") > 0, "the lasso selected nothing")
    foremost = lab.ask("atlas.rows.tolist()")
    assert set(foremost) < set(inside.tolist()), "what lies behind other points is left out"
    atlas.page.keyboard.press("Escape")
    atlas.wait_selected(0)
    atlas.root.get_by_role("button", name="Behind too").click()
    atlas.lasso(polygon)
    atlas.wait_selected(len(inside))
    assert lab.ask("atlas.rows.tolist()") == inside.tolist()

    shown = lab.start("atlas")
    lab.widget(1).wait_for(timeout=60_000)
    again = Atlas(lab, 1)
    again.wait_layout("pca-3d")
    assert view_of(again)[3:] == pytest.approx(view_of(atlas)[3:])
    again.stage.scroll_into_view_if_needed()
    assert again.root.locator(".pt-map").get_attribute("data-tool") == "lasso", "the tool taken last is in hand"
    again.press_tool("Hand")
    drag(again, -30, 0)
    again.wait_drawn()
    moved = view_of(again)
    assert moved[4] < view_of(atlas)[4] - 0.05, "both views moved"
    wait_for(lambda: lab.ask("atlas.camera['yaw']") == moved[4], "the kernel has the camera of the other view")
    lab.rerun(shown)
    wait_for(lambda: view_of(Atlas(lab, 1)) == pytest.approx(moved), "the camera did not survive", 30)

    atlas.stage.scroll_into_view_if_needed()
    lab.run("atlas.zoom_to([atlas.collection.table.index[0]])")
    wait_for(lambda: view_of(atlas)[:2] == pytest.approx(xyz[0, :2].tolist(), rel=1e-4), "Python moved no camera")
    switch.get_by_text("2D").click()
    atlas.wait_layout("pca")
    wait_for(lambda: view_of(atlas)[3:] == [0, 0, 0], "the flat map is still turned")
