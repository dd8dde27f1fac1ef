"""Map, grid and the next cell are one selection."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from atlas import explore, ring_around, within
from lab import Lab, wait_for

pytestmark = pytest.mark.browser

DrawFolder = Callable[..., Path]


def test_a_lasso_is_a_dataframe_in_the_next_cell(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=20)
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    lab.run("heard = []\natlas.observe(lambda change: heard.append(len(change['new'])), 'rows')")
    points = atlas.points(atlas.layout("umap"))
    polygon = ring_around(points, atlas.stage)
    inside = np.flatnonzero(within(points, polygon))
    assert 3 <= len(inside) < 80

    atlas.lasso(polygon)
    atlas.wait_selected(len(inside))
    shown = lab.cell("print(atlas.selection.to_csv())")
    names = lab.ask("atlas.collection.table.index.tolist()")
    assert [line.split(",")[0] for line in shown.splitlines()] == ["", *(names[row] for row in inside)]
    assert lab.ask("atlas.rows.tolist()") == inside.tolist()
    assert lab.ask("atlas.selection.index.equals(atlas.collection.table.index[atlas.rows])") is True
    assert lab.ask("list(atlas.selection.columns)") == ["path", "label", "tags"]
    assert lab.ask("heard[-1]") == len(inside)

    def grid_is_selection() -> bool:
        return int(atlas.grid.get_attribute("aria-rowcount") or 0) == -(
            -len(inside) // int(atlas.grid.get_attribute("aria-colcount") or 1)
        )

    wait_for(grid_is_selection, "the grid shows something else than the selection")
    assert lab.ask("atlas.view.index.tolist() == atlas.selection.index.tolist()") is True


def test_the_grammar_of_selection_in_the_legend(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=5)
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    entry = {name: atlas.root.locator(".pt-legend-row", has_text=name) for name in ("blue", "red")}
    entry["blue"].click()
    atlas.wait_selected(5)
    entry["red"].click(modifiers=["Shift"])
    atlas.wait_selected(10)
    entry["blue"].click(modifiers=["Alt"])
    atlas.wait_selected(5)
    assert lab.ask("sorted(set(atlas.selection['label']))") == ["red"]
    atlas.grid.focus()
    lab.page.keyboard.press("Escape")
    atlas.wait_selected(0)

    # A button that goes with what it does leaves the keys in the widget.
    entry["red"].click()
    atlas.wait_selected(5)
    atlas.root.get_by_role("button", name="Clear the selection").click()
    atlas.wait_selected(0)
    lab.page.keyboard.press("Control+z")
    atlas.wait_selected(5)


def test_a_selection_made_in_python_is_shown(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=5)
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    lab.run("atlas.select(\"label == 'green'\")")
    atlas.wait_selected(5)
    said = lab.start("atlas.select('no_such_column == 3')")
    wait_for(lambda: lab.finished(said), "the cell did not end")
    assert lab.outputs(said)[0]["ename"] == "SelectionError"
    atlas.wait_selected(5)


def test_a_click_in_the_grid_rings_its_point(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=6)
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    atlas.dots_only()
    xy = atlas.layout("umap")
    row = 2
    lab.page.mouse.click(*atlas.tiles(3)[row].middle)
    ring = atlas.root.locator(".pt-map-ring-focused")

    def ringed() -> bool:
        box = ring.bounding_box() if ring.is_visible() else None
        if box is None:
            return False
        middle = np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])
        return bool(np.abs(middle - atlas.points(xy)[row]).max() < 2)

    wait_for(ringed, "the point is not ringed")


def test_a_point_under_the_mouse_shows_its_picture(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=6, colors=("blue", "red"))
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    atlas.dots_only()
    points = atlas.points(atlas.layout("umap"))
    red = int(np.argmax(np.linalg.norm(points - points[:6].mean(0), axis=1)))
    assert red >= 6
    lab.page.mouse.move(*points[red])
    atlas.card.wait_for()
    name = lab.ask(f"atlas.collection.images.names[{red}]")
    wait_for(lambda: atlas.card.locator(".pt-map-card-name").inner_text() == name, "the card has another name")
    assert atlas.card.locator(".pt-map-card-label").inner_text() == "red"
    picture = atlas.card.locator("canvas")

    def red_in_the_middle() -> bool:
        if not picture.is_visible():
            return False
        r, g, b, _ = picture.evaluate(
            "(c) => [...c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data]"
        )
        return bool(r > g + 60 and r > b + 60)

    wait_for(red_in_the_middle, "the card does not show the picture")
    lab.page.mouse.move(5, 5)
    atlas.card.wait_for(state="hidden")


CUT = """(line) => {
  const { left, right } = line.getBoundingClientRect();
  return [...line.querySelectorAll(".pt-picked-n, button")]
    .filter((part) => {
      const box = part.getBoundingClientRect();
      return box.left < left || box.right > right + 0.5 || box.width < 20 || part.scrollWidth > part.clientWidth;
    })
    .map((part) => part.ariaLabel || part.textContent);
}"""
"""What of the line on the selection cannot be seen whole."""


def test_how_many_are_selected_is_read_whole_where_there_is_little_room(
    lab: Lab, draw_folder: DrawFolder, tmp_path: Path
) -> None:
    images = draw_folder(tmp_path / "images", per_color=46)
    lab.open()
    lab.hide_sidebar()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    lab.run("atlas.sort_by = 'label'")
    side, line = atlas.root.locator(".pt-grid-side"), atlas.root.locator(".pt-picked")

    def width() -> float:
        return float(side.evaluate("(side) => side.clientWidth"))

    for window, panel, room in ((1400, True, (300, 360)), (1268, True, (240, 300)), (390, False, (200, 260))):
        lab.page.set_viewport_size({"width": window, "height": 1000})
        if panel != atlas.root.locator(".pt-panel").count():
            atlas.root.locator(".pt-rail [data-panel=clusters]").click()
        wait_for(lambda room=room: room[0] < width() < room[1], f"no such room in a window of {window} px")
        lab.run("atlas.select(list(atlas.collection.table.index))")
        atlas.wait_selected(184)
        box = atlas.grid.bounding_box()
        assert box is not None
        atlas.page.mouse.click(box["x"] + 40, box["y"] + 40)
        for _ in range(4):
            atlas.page.keyboard.press("Shift+ArrowRight")
        atlas.wait_selected(5)
        assert atlas.root.locator(".pt-picked-n").inner_text() == "5 of 184"
        assert "selected" in str(line.text_content())
        wait_for(lambda: line.evaluate(CUT) == [], f"cut in {width():.0f} px: {line.evaluate(CUT)}", 5)
        wait_for(lambda: lab.ask("len(atlas.rows)") == 5, "the kernel does not hear of the five before it selects all")
