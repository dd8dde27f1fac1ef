"""A tag typed in the widget is a column of the table, for good."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from atlas import Atlas, explore
from lab import Lab, wait_for
from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

DrawFolder = Callable[..., Path]

TAGGED = "[i for i, t in atlas.collection.table['tags'].items() if 'modern cars' in t]"


def test_a_typed_tag_is_in_the_table_and_survives_a_restart_as_a_chosen_colour_does(
    lab: Lab, draw_folder: DrawFolder, tmp_path: Path
) -> None:
    images = draw_folder(tmp_path / "images", per_color=5)
    lab.open()
    atlas, cell = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    assert atlas.tag_field.is_disabled()
    atlas.root.locator(".pt-legend-row", has_text="red").click()
    atlas.wait_selected(5)
    atlas.tag_field.fill("modern cars")
    atlas.tag_field.press("Enter")
    chip = atlas.root.locator(".pt-chip", has_text="modern cars")
    chip.wait_for()
    wanted = [f"red/{i:03d}.jpg" for i in range(5)]
    assert lab.ask(TAGGED) == wanted
    atlas.root.locator(".pt-legend-row", has_text="red").hover()
    atlas.root.get_by_role("button", name="Colour of red").click()
    atlas.root.locator(".pt-legend-swatch").nth(9).click()
    wait_for(lambda: list(lab.ask("atlas.palette")["label"]) == ["red"], "no colour was chosen")
    color = lab.ask("atlas.palette")["label"]["red"]

    lab.restart_kernel()
    lab.rerun(cell)
    atlas = Atlas(lab)
    atlas.wait_layout("umap")
    atlas.root.locator(".pt-chip", has_text="modern cars").wait_for()
    assert lab.ask(TAGGED) == wanted
    dot = atlas.root.locator(".pt-legend-row", has_text="red").locator(".pt-legend-dot")
    shown = dot.evaluate("dot => getComputedStyle(dot).backgroundColor.match(/\\d+/g).map(Number)")
    assert shown == [int(color[at : at + 2], 16) for at in (1, 3, 5)]


def covers(panel: Locator, other: Locator) -> bool:
    """Whether a panel that has come to rest lies over all the width of another part of the widget."""
    over, under = panel.bounding_box(), other.bounding_box()
    return bool(over and under and over["x"] <= under["x"] and over["width"] >= under["width"])


def test_a_tag_is_undone_and_redone(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=5)
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    lab.run("atlas.select(\"label == 'blue'\")")
    atlas.wait_selected(5)
    atlas.tag_field.fill("modern cars")
    atlas.tag_field.press("Enter")
    wait_for(lambda: len(lab.ask(TAGGED)) == 5, "no tag")
    atlas.root.get_by_role("button", name="Undo").click()
    wait_for(lambda: lab.ask(TAGGED) == [], "the tag is still there")
    atlas.root.get_by_role("button", name="Redo").click()
    wait_for(lambda: len(lab.ask(TAGGED)) == 5, "the tag did not come back")

    # With a panel that covers the grid, for which there is no room beside it.
    atlas.root.locator(".pt-rail [data-panel=clusters]").click()
    panel = atlas.root.locator(".pt-panel")
    wait_for(lambda: covers(panel, atlas.grid), "there is room for the panel and the grid")
    atlas.root.get_by_role("button", name="Undo").click()
    wait_for(lambda: lab.ask(TAGGED) == [], "the tag is still there")


def test_a_tag_made_in_python_is_a_chip_and_colours_the_map(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=5)
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    lab.run("atlas.collection.tag(\"label == 'sand'\", 'beach'); atlas.color_by = 'tags'")
    atlas.root.locator(".pt-chip", has_text="beach").wait_for()
    entry = atlas.root.locator(".pt-legend-row", has_text="beach")
    wait_for(lambda: entry.count() == 1 and "5" in entry.inner_text(), "the legend does not know the tag")
    entry.click()
    atlas.wait_selected(5)
    assert lab.ask("sorted(set(atlas.selection['label']))") == ["sand"]
