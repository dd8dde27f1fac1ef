"""Makes a page of screenshots of every mode and state of the widget, to be looked at by eye.

make demo's images must be there; then   uv run python tests/browser/screens.py [--only NAME …]
writes test-results/screens/index.html: each mode in a light and a dark theme, wide at 2x and narrow at 1x.
"""

from __future__ import annotations

import argparse
import html
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from atlas import Atlas
from lab import Lab, chromium, jupyterlab, wait_for
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "data" / "clipart"
OUT = ROOT / "test-results" / "screens"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
WIDE = {"viewport": {"width": 1360, "height": 860}, "device_scale_factor": 2}
NARROW = {"viewport": {"width": 620, "height": 1000}, "device_scale_factor": 1}

OPEN = """
import pointillist as pt
if "atlas" in globals(): atlas.close()
atlas = pt.explore("photos")
atlas
"""

Mode = Callable[[Atlas], None]
MODES: dict[str, Mode] = {}


def mode(make: Mode) -> Mode:
    """A mode of the widget: how to get there from the first look."""
    MODES[make.__name__.replace("_", " ")] = make
    return make


@mode
def first_look(atlas: Atlas) -> None:
    """Nothing is touched."""


def zoom(atlas: Atlas, turns: int) -> None:
    """Turn the wheel over the middle of the cloud."""
    box = atlas.stage.bounding_box()
    assert box is not None
    atlas.page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.4)
    atlas.page.mouse.move(box["x"] + box["width"] * 0.4 + 1, box["y"] + box["height"] * 0.4)
    atlas.page.wait_for_timeout(400)  # the wheel is the map's once the pointer has rested
    for _ in range(turns):
        atlas.page.mouse.wheel(0, -200)
        atlas.page.wait_for_timeout(30)


@mode
def zoomed_in(atlas: Atlas) -> None:
    zoom(atlas, 5)


@mode
def zoomed_deep(atlas: Atlas) -> None:
    zoom(atlas, 11)


@mode
def a_category_hidden(atlas: Atlas) -> None:
    atlas.lab.run("atlas.filters = [{'column': 'label', 'hide': ['flags', 'plants']}]")


@mode
def in_space(atlas: Atlas) -> None:
    atlas.root.get_by_text("3D", exact=True).click()
    atlas.page.wait_for_timeout(300)
    atlas.wait_layout("umap-3d")


@mode
def one_category_selected(atlas: Atlas) -> None:
    atlas.root.locator(".pt-legend-row").nth(1).click()


@mode
def lasso(atlas: Atlas) -> None:
    box = atlas.stage.bounding_box()
    assert box is not None
    corners = [(0.3, 0.3), (0.55, 0.25), (0.6, 0.5), (0.4, 0.6), (0.28, 0.45)]
    atlas.lasso(np.array([(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]))


@mode
def hover(atlas: Atlas) -> None:
    xy = atlas.points(atlas.layout("umap")[:40])
    atlas.page.mouse.move(*xy[20])
    atlas.card.wait_for()


@mode
def no_colour(atlas: Atlas) -> None:
    atlas.lab.run("atlas.color_by = None")


@mode
def as_a_grid(atlas: Atlas) -> None:
    atlas.root.get_by_label("Layout of the map").select_option(label="UMAP in a grid")
    atlas.page.wait_for_timeout(300)
    zoom(atlas, 3)


@mode
def dots_only(atlas: Atlas) -> None:
    atlas.dots_only()


@mode
def all_pictures(atlas: Atlas) -> None:
    atlas.lab.run("atlas.picture_px = 120")


@mode
def points_popover(atlas: Atlas) -> None:
    atlas.root.get_by_role("button", name="Points", exact=True).click()


@mode
def nearest_images(atlas: Atlas) -> None:
    atlas.dots_only()
    atlas.root.get_by_role("button", name="Nearest images").click()
    atlas.page.mouse.move(*atlas.points(atlas.layout("umap")[:40])[20])


@mode
def legend_menu(atlas: Atlas) -> None:
    atlas.root.get_by_role("button", name="Order, scale and hover").click()


def search_words(atlas: Atlas, words: str) -> None:
    """Type words into the search field and wait for what they find."""
    field = atlas.root.get_by_label("Find images by words")
    field.fill(words)
    field.press("Enter")
    atlas.root.locator(".pt-part").first.wait_for()


@mode
def found_by_words(atlas: Atlas) -> None:
    search_words(atlas, "strawberry; lemon -banana")


@mode
def words_not_understood(atlas: Atlas) -> None:
    field = atlas.root.get_by_label("Find images by words")
    field.fill("a strawbery")
    field.press("Enter")
    atlas.root.locator(".pt-results-failed").wait_for()


@mode
def rounds_of_a_search(atlas: Atlas) -> None:
    atlas.lab.run("atlas.similar(atlas.collection.table.index[100], k=400)")
    atlas.root.locator(".pt-part").first.wait_for()
    for place, key in ((1, "u"), (2, "u"), (3, "d")):
        tile = atlas.tiles(10)[place]
        before = atlas.root.locator(".pt-part").count()
        atlas.page.mouse.move(*tile.middle)
        atlas.grid.press(key)
        wait_for(lambda before=before: atlas.root.locator(".pt-part").count() > before, "no further round")
    atlas.page.mouse.move(*atlas.tiles(10)[3].middle)


@mode
def menu_of_an_image(atlas: Atlas) -> None:
    search_words(atlas, "strawberry")
    atlas.page.mouse.click(*atlas.tiles(5)[1].middle, button="right")


@mode
def a_part_of_an_image(atlas: Atlas) -> None:
    atlas.page.mouse.dblclick(*atlas.tiles(5)[1].middle)
    field = atlas.root.locator(".pt-part-field")
    field.wait_for()
    box = field.bounding_box()
    assert box is not None
    atlas.page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.3)
    atlas.page.mouse.down()
    atlas.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.6, steps=4)
    atlas.page.mouse.up()


@mode
def help_panel(atlas: Atlas) -> None:
    atlas.root.get_by_role("button", name="Keys and help").click()


@mode
def clusters_found(atlas: Atlas) -> None:
    atlas.lab.run("if 'cluster' not in atlas.collection.table: atlas.collection.cluster()")
    atlas.root.locator(".pt-rail [data-panel=clusters]").click()
    atlas.root.locator(".pt-cluster").first.wait_for()
    atlas.root.locator(".pt-cluster").nth(1).click()


@mode
def clusters_as_a_table(atlas: Atlas) -> None:
    clusters_found(atlas)
    atlas.root.get_by_role("button", name="Table", exact=True).click()


def open_maps(atlas: Atlas) -> None:
    """Open the box of maps and wait until each is measured."""
    atlas.root.get_by_role("button", name="Maps and their quality").click()
    words = atlas.root.locator(".pt-layouts li")
    wait_for(lambda: all("measuring" not in said for said in words.all_inner_texts()), "a map is not measured", 60)


@mode
def two_maps(atlas: Atlas) -> None:
    atlas.root.get_by_role("button", name="Maps and their quality").click()
    atlas.root.get_by_role("button", name="PCA", exact=True).click()
    atlas.root.locator(".pt-layout-form [type=submit]").click()
    atlas.wait_layout("pca")
    open_maps(atlas)


@mode
def coloured_by_kept_neighbours(atlas: Atlas) -> None:
    open_maps(atlas)
    atlas.root.get_by_role("button", name="Colour by how many").first.click()
    wait_for(lambda: "kept" in str(atlas.lab.ask("atlas.color_by")), "not coloured by the kept neighbours")


@mode
def search_in_the_selected(atlas: Atlas) -> None:
    atlas.root.locator(".pt-legend-row").nth(1).click()
    atlas.root.locator(".pt-search-only").click()


def shoot(lab: Lab, names: list[str], theme: str, width: str) -> None:
    """One picture per mode, each in a new widget on the same collection."""
    lab.open(f"{theme}-{width}.ipynb")
    lab.theme(THEMES[theme])
    lab.hide_sidebar()
    cell = lab.start(OPEN)
    for name in names:
        lab.widget().wait_for()
        atlas = Atlas(lab)
        atlas.wait_layout("umap")
        MODES[name](atlas)
        atlas.wait_drawn()
        lab.page.wait_for_timeout(900)  # pictures fade in; a photographer may wait
        lab.widget().screenshot(path=OUT / f"{name.replace(' ', '_')}-{theme}-{width}.png")
        lab.rerun(cell)


def page_of(pictures: list[Path]) -> str:
    figures = "".join(
        f"<figure><img src='{name}.png' loading='lazy'><figcaption>{name}</figcaption></figure>"
        for name in (html.escape(path.stem) for path in sorted(pictures))
    )
    style = "body{font:14px sans-serif;display:flex;flex-wrap:wrap;gap:16px}img{max-width:680px;border:1px solid #ccc}"
    return f"<!doctype html><meta charset=utf-8><title>Screens</title><style>{style}</style>{figures}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", nargs="*", default=list(MODES), choices=list(MODES), metavar="NAME")
    arguments.add_argument("--themes", nargs="*", default=list(THEMES), choices=list(THEMES))
    arguments.add_argument("--widths", nargs="*", default=["wide", "narrow"], choices=["wide", "narrow"])
    asked = arguments.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium())
        with jupyterlab(Path(home) / "jupyterlab") as server:
            (server.root / "photos").symlink_to(IMAGES)
            lab = Lab(browser.new_page(), server)
            lab.open("before.ipynb")
            lab.cell('import pointillist as pt\npt.explore("photos").wait()', patience_s=400)
            lab.page.close()
            for theme in asked.themes:
                for width in asked.widths:
                    context = browser.new_context(**(WIDE if width == "wide" else NARROW))
                    shoot(Lab(context.new_page(), server), asked.only, theme, width)
                    context.close()
        browser.close()
    (OUT / "index.html").write_text(page_of(list(OUT.glob("*.png"))))


if __name__ == "__main__":
    main()
