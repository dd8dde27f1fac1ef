"""With a second view, a busy kernel, JupyterLab's keys, a dark theme, and names that look like HTML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from atlas import Atlas, explore
from lab import Lab, wait_for

pytestmark = pytest.mark.browser

DrawFolder = Callable[..., Path]

RESULTS = Path(__file__).parents[2] / "test-results"


PARTS = ".pointillist, .pt-map, .pt-map-canvas, .pt-grid, .pt-tag-bar"

COUNT_HELD = """
function (selector) {
  let held = 0;
  for (const element of this) {
    // The prototypes are among what is found, and throw when asked.
    try { held += !element.isConnected && element.matches(selector); } catch {}
  }
  return held;
}
"""


def held(lab: Lab, selector: str) -> int:
    """How many elements that match are off the page and still in memory after collecting garbage."""
    devtools = lab.page.context.new_cdp_session(lab.page)
    try:
        prototype = devtools.send("Runtime.evaluate", {"expression": "HTMLElement.prototype"})["result"]["objectId"]
        found = devtools.send("Runtime.queryObjects", {"prototypeObjectId": prototype})["objects"]["objectId"]
        ask = {"objectId": found, "functionDeclaration": COUNT_HELD, "returnByValue": True}
        count = devtools.send("Runtime.callFunctionOn", {**ask, "arguments": [{"value": selector}]})
        return int(count["result"]["value"])
    finally:
        devtools.detach()


def test_two_views_share_the_selection_and_closing_one_leaves_nothing(
    lab: Lab, draw_folder: DrawFolder, tmp_path: Path
) -> None:
    images = draw_folder(tmp_path / "images", per_color=5)
    lab.open()
    atlas, cell = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    for _ in range(2):
        lab.create_second_view(cell)
        second = Atlas(lab, view=1)
        second.root.wait_for()
        second.wait_layout("umap")
        second.root.locator(".pt-legend-row", has_text="red").click()
        second.wait_selected(5)
        atlas.wait_selected(5)
        assert lab.ask("sorted(set(atlas.selection['label']))") == ["red"]
        lab.close_second_view()
        second.root.wait_for(state="detached")
        wait_for(lambda: held(lab, PARTS) == 0, "the closed view is still held by something")
        lab.run("atlas.select(\"label == 'blue'\")")
        atlas.wait_selected(5)


def test_the_grid_loads_on_while_a_cell_runs(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=150)
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    wait_for(lab.subshells_started, "no subshell")
    # The cell speaks to the widget first: ipykernel would then hand the answers back to the thread of the cell.
    cell = lab.start("import time; atlas.height_px = 660; time.sleep(60)")
    lab.wait_running(cell)
    atlas.grid.focus()
    lab.page.keyboard.press("End")
    last = [tile for tile in atlas.tiles(600, at_end=True)[-20:] if atlas.shows(tile)]

    def drawn() -> bool:
        return all(color[0] > 190 and color[2] < 160 for color in atlas.colors([tile.middle for tile in last]))

    wait_for(drawn, "the last images are not drawn")
    assert not lab.finished(cell)
    assert atlas.root.locator(".pt-pill").count() == 0
    lab.interrupt()
    wait_for(lambda: lab.finished(cell), "the cell did not end")


def test_jupyterlabs_own_keys_work_from_the_widget_and_none_changes_a_cell(
    lab: Lab, draw_folder: DrawFolder, tmp_path: Path
) -> None:
    lab.open()
    atlas, _ = explore(lab, repr(str(draw_folder(tmp_path / "images", per_color=5))))
    atlas.wait_layout("umap")
    cells = lab.page.locator(".jp-Notebook .jp-Cell")
    before = cells.count()
    for field in (atlas.grid, atlas.tag_field):
        field.focus()
        for key in ("b", "d", "d", "x", "Control+x", "Control+Shift+C"):
            lab.page.keyboard.press(key)
        palette = lab.page.locator("#modal-command-palette")
        palette.wait_for(state="visible")
        lab.page.keyboard.press("Escape")
        palette.wait_for(state="hidden")
        assert cells.count() == before
        atlas.root.locator(".pt-legend-row").first.click()  # the tag field wants a selection


def test_names_that_look_like_html_are_text(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    attack = "<img src=x onerror=window.attacked=1>"
    images = draw_folder(tmp_path / "images", per_color=3, colors=("blue", "red"))
    (images / "red").rename(images / attack)
    (images / attack / "000.jpg").rename(images / attack / f"{attack}.jpg")
    (images / attack / "<script>window.attacked=2<").write_text("no image by its name")
    (images / "blue" / f"broken {attack}.jpg").write_text("<b>not an image</b>")
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    atlas.root.locator(".pt-legend-row", has_text=attack).click()
    atlas.wait_selected(3)
    atlas.tag_field.fill(attack)
    atlas.tag_field.press("Enter")
    atlas.root.locator(".pt-chip", has_text=attack).wait_for()

    points = atlas.points(atlas.layout("umap"))
    row = lab.ask(f"atlas.collection.images.names.index({attack + '.jpg'!r})")
    lab.page.mouse.move(*points[row])
    wait_for(lambda: attack in atlas.card.inner_text(), "the card does not show the name")
    assert atlas.card.locator(".pt-map-card-tag").inner_text() == attack
    lab.page.mouse.dblclick(*atlas.tiles(1)[0].middle)
    wait_for(lambda: attack in atlas.root.locator(".pt-details").inner_text(), "no details")
    lab.page.keyboard.press("Escape")
    atlas.root.get_by_role("button", name="1 failed").click()
    wait_for(lambda: attack in atlas.root.locator(".pt-failure").inner_text(), "the failure is not listed")

    assert lab.page.evaluate("window.attacked") is None
    assert atlas.root.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_the_widget_follows_the_theme(lab: Lab, draw_folder: DrawFolder, tmp_path: Path, theme: str) -> None:
    images = draw_folder(tmp_path / "images", per_color=8)
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    lab.theme(theme)
    dark = "Dark" in theme
    lab.run("atlas.select(\"label == 'red'\"); atlas.collection.tag(atlas.selection, 'a tag')")
    atlas.root.locator(".pt-chip").wait_for()

    def grey(color: str) -> float:
        return float(np.mean([float(part) for part in color[color.index("(") + 1 : -1].split(",")[:3]]))

    def style(selector: str, name: str) -> float:
        return grey(atlas.root.locator(selector).first.evaluate(f"(e) => getComputedStyle(e).{name}"))

    def themed() -> bool:
        return (style(".pt-frame", "backgroundColor") < 90) == dark and (style(".pt-source", "color") > 160) == dark

    wait_for(themed, f"the widget is not in {theme}")
    corner = atlas.stage.bounding_box()
    assert corner is not None
    wait_for(
        lambda: (atlas.colors([(corner["x"] + 3, corner["y"] + corner["height"] - 3)]).mean() < 90) == dark,
        f"the map is not in {theme}",
    )
    lab.scroll_to(0)
    atlas.wait_drawn()
    RESULTS.mkdir(exist_ok=True)
    lab.page.screenshot(path=RESULTS / f"{theme.split()[-1].lower()}.png")


def test_nothing_on_the_line_on_top_lies_over_something_else(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    """With a filter, a selection and a map of it there is the most on it."""
    images = draw_folder(tmp_path / "images", per_color=12)
    lab.open()
    lab.hide_sidebar()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    lab.run("atlas.filters = [{'column': 'label', 'hide': ['red']}]; atlas.select(\"label == 'blue'\")")
    atlas.wait_selected(12)
    atlas.root.get_by_role("button", name="Map of these only").click()
    atlas.root.get_by_role("button", name="all images", exact=True).wait_for(timeout=60_000)
    spilled = """(line) => {
      const edge = line.getBoundingClientRect().right;
      return [...line.querySelectorAll('.pt-choice, .pt-search, .pt-filtered, .pt-link, .pt-icon-button')]
        .filter((one) => one.scrollWidth > one.clientWidth || one.getBoundingClientRect().right > edge)
        .map((one) => one.className);
    }"""
    line = atlas.root.locator(".pt-header")
    for width in (730, 800, 930):
        atlas.root.evaluate("(root, width) => { root.parentElement.style.width = `${width}px` }", width)
        wait_for(lambda width=width: abs(line.evaluate("(l) => l.clientWidth") - width) < 4, "it is not as wide")
        assert line.evaluate(spilled) == [], width
    # With the grid below the map: the search, and one line of all the rest.
    middles = """(rest) => [...rest.children].map((one) => {
      const { top, bottom } = one.getBoundingClientRect();
      return (top + bottom) / 2;
    })"""
    for width in (700, 424, 390):
        atlas.root.evaluate("(root, width) => { root.parentElement.style.width = `${width}px` }", width)
        wait_for(lambda width=width: abs(line.evaluate("(l) => l.clientWidth") - width) < 4, "it is not as wide")
        assert line.evaluate(spilled) == [], width
        assert len(set(line.locator(".pt-header-rest").evaluate(middles))) == 1, width
