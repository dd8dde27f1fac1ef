"""A kernel is restarted, the cell is run again, and the notebook looks as it was left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from atlas import Atlas, explore
from lab import Lab, wait_for

pytestmark = pytest.mark.browser


def camera(atlas: Atlas) -> list[float]:
    return [float(part) for part in (atlas.stage.get_attribute("data-camera") or "").split()]


def test_the_view_is_there_after_a_restart_and_is_left_with_one_click(
    lab: Lab, draw_folder: Callable[..., Path], tmp_path: Path
) -> None:
    images = draw_folder(tmp_path / "images", per_color=10)
    lab.open("one.ipynb")
    atlas, cell = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    note = atlas.root.locator(".pt-restored")
    assert note.count() == 0
    whole = camera(atlas)

    atlas.root.get_by_label("Layout of the map").select_option("pca")
    atlas.wait_layout("pca")
    fitted = camera(atlas)
    line = atlas.root.locator(".pt-legend-line", has_text="blue")
    line.hover()
    line.get_by_role("button", name="Hide blue").click()
    atlas.root.locator(".pt-filtered", has_text="30 of 40").wait_for()
    atlas.wait_drawn()  # the legend may take another corner before, away from under the pointer
    atlas.root.locator(".pt-legend-row", has_text="red").click()
    atlas.wait_selected(10)
    atlas.root.get_by_label("Order of the images").select_option("label")
    atlas.root.get_by_label("Size of the images").fill("160")
    box = atlas.stage.bounding_box()
    assert box is not None
    atlas.root.locator(".pt-map").focus()
    atlas.page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 3)
    wait_for(lambda: atlas.page.mouse.wheel(0, -120) or camera(atlas)[2] > 1.5 * fitted[2], "the wheel does not zoom")
    atlas.wait_drawn()
    wait_for(lambda: lab.ask("atlas.camera") is not None, "the kernel does not hear of the camera")
    closer = camera(atlas)
    seen = lab.ask("[list(atlas.view.index), atlas.filters, atlas.thumb_px]")
    assert [len(seen[0]), seen[2]] == [10, 160]

    assert atlas.selected() == 10
    wait_for(lambda: lab.ask("atlas._keeping._thread is None"), "the view is not written")
    lab.restart_kernel()
    lab.rerun(cell)
    atlas = Atlas(lab)
    atlas.wait_layout("pca")
    assert lab.ask("[atlas.restored, len(atlas.selection), atlas.selected['revision']]") == [True, 10, 1]
    atlas.wait_selected(10)
    wait_for(lambda: camera(atlas) == pytest.approx(closer), f"the camera is {camera(atlas)}, and was {closer}")
    atlas.root.locator(".pt-filtered", has_text="30 of 40").wait_for()
    assert lab.ask("[list(atlas.view.index), atlas.filters, atlas.thumb_px]") == seen
    assert atlas.root.get_by_label("Order of the images").input_value() == "label"

    note.get_by_text("view as you left it").wait_for()
    note.get_by_role("button", name="start fresh").click()
    atlas.wait_layout("umap")
    atlas.wait_selected(0)
    wait_for(lambda: camera(atlas) == pytest.approx(whole), "the map is not shown as on first sight")
    wait_for(lambda: note.count() == 0, "there is still something to leave")
    assert lab.ask("[len(atlas.view), atlas.filters, atlas.sort_by, atlas.thumb_px]") == [40, [], None, 104]

    lab.run("atlas.thumb_px = 80")
    lab.open("another.ipynb")
    other, cell = explore(lab, repr(str(images)))
    other.wait_layout("umap")
    assert lab.ask("[atlas.restored, atlas.thumb_px]") == [False, 104]
    lab.rerun(cell)
    assert lab.ask("[atlas.restored, atlas.thumb_px]") == [False, 104]
