"""The modes of the widget that screens.py makes pictures of, and how to get to each from the first look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from atlas import Atlas
from lab import wait_for

FIRST_LOOK = 'pt.explore("photos")'


@dataclass(frozen=True)
class Mode:
    """One picture: `opening` is the expression that makes the widget, `reach` does the rest."""

    reach: Callable[[Atlas], None]
    opening: str = FIRST_LOOK

    def come(self, atlas: Atlas) -> None:
        """From the widget just made to the mode."""
        if self.opening == FIRST_LOOK:
            atlas.wait_layout("umap")
        self.reach(atlas)


MODES: dict[str, Mode] = {}


def mode(reach: Callable[[Atlas], None]) -> Callable[[Atlas], None]:
    """A mode of the widget on the drawings: how to get there from the first look."""
    MODES[reach.__name__.replace("_", " ")] = Mode(reach)
    return reach


def opened(opening: str) -> Callable[[Callable[[Atlas], None]], Callable[[Atlas], None]]:
    """A mode of a widget of its own, made by this expression; its map may not be there yet."""

    def add(reach: Callable[[Atlas], None]) -> Callable[[Atlas], None]:
        MODES[reach.__name__.replace("_", " ")] = Mode(reach, opening)
        return reach

    return add


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
def tagged_as_rings(atlas: Atlas) -> None:
    atlas.dots_only()
    atlas.lab.run("atlas.collection.tag(\"label == 'flags'\", 'seen')")
    zoom(atlas, 2)


@mode
def in_space(atlas: Atlas) -> None:
    atlas.root.get_by_text("3D", exact=True).click()
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


ON_MAP = """(places) => places.map(([x, y]) => {
  const there = document.elementFromPoint(x, y);
  return Boolean(there?.closest(".pt-map-stage")) && there.closest(".pt-map-name") === null;
})"""
"""Of places on the page: whether the map is what lies on top there, and no name of it."""


def uncovered(atlas: Atlas) -> np.ndarray:
    """The points of the map on which nothing lies but pictures, (k, 2) in CSS pixels of the page, in order of rows."""
    xy = atlas.points(atlas.layout("umap"))
    xy = xy[np.isfinite(xy).all(axis=1)]
    return xy[np.array(atlas.page.evaluate(ON_MAP, xy.tolist()))]


@mode
def hover(atlas: Atlas) -> None:
    atlas.page.mouse.move(*uncovered(atlas)[20])
    atlas.card.wait_for()


@mode
def no_colour(atlas: Atlas) -> None:
    atlas.lab.run("atlas.color_by = None")


@mode
def as_a_grid(atlas: Atlas) -> None:
    atlas.root.get_by_label("Layout of the map").select_option(label="UMAP in a grid")
    atlas.wait_layout("umap-grid")
    zoom(atlas, 3)


@mode
def dots_only(atlas: Atlas) -> None:
    atlas.dots_only()


@mode
def all_pictures(atlas: Atlas) -> None:
    atlas.lab.run("atlas.picture_px = 120")


@mode
def points_popover(atlas: Atlas) -> None:
    atlas.press_tool("Points")


@mode
def nearest_images(atlas: Atlas) -> None:
    atlas.dots_only()
    atlas.press_tool("Nearest images")
    atlas.page.mouse.move(*atlas.points(atlas.layout("umap")[:40])[20])
    atlas.root.locator(".pt-map-lines line").first.wait_for()


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


@mode
def map_that_converges(atlas: Atlas) -> None:
    """t-SNE on its way: shown, with how far it is and a way to end it."""
    atlas.root.get_by_role("button", name="Maps and their quality").click()
    atlas.root.get_by_role("button", name="t-SNE", exact=True).click()
    atlas.root.locator(".pt-layout-form [type=submit]").click()
    atlas.root.locator(".pt-run").first.wait_for()
    wait_for(lambda: "tsne" in (atlas.stage.get_attribute("data-layout") or ""), "it is not shown on its way", 60)


@mode
def map_of_the_selected(atlas: Atlas) -> None:
    atlas.root.locator(".pt-legend-row").nth(1).click()
    atlas.root.get_by_role("button", name="Map of these only").click()
    atlas.root.get_by_role("button", name="all images", exact=True).wait_for()
