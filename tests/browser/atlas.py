"""What a person sees and does in the widget: map, grid, tag field, legend. Everything is read off the page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from lab import Lab, wait_for
from PIL import Image
from playwright.sync_api import Locator

READY_S = 60
# As in js/src/grid/geometry.ts
GAP_PX, PAD_PX = 4, 6


@dataclass(frozen=True)
class Tile:
    """A square of the grid, in CSS pixels of the page."""

    x: float
    y: float
    side: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.side / 2, self.y + self.side / 2


class Atlas:
    """One view of the explorer on a page."""

    def __init__(self, lab: Lab, view: int = 0) -> None:
        self.lab = lab
        self.page = lab.page
        self.root: Locator = lab.widget(view)
        self.stage = self.root.locator(".pt-map-stage")
        self.grid = self.root.locator(".pt-grid")
        self.card = self.root.locator(".pt-map-card")
        self.tag_field = self.root.locator(".pt-tag-field input")

    def wait_drawn(self) -> None:
        """Wait until the map has come to rest with all its points."""
        wait_for(
            lambda: self.stage.count() and self.stage.get_attribute("data-drawn") == "all", "the map is not at rest"
        )

    def wait_layout(self, name: str) -> None:
        """Wait until the layout `name` is on show and at rest."""
        wait_for(
            lambda: self.stage.count() and self.stage.get_attribute("data-layout") == name,
            f"{name} is not on show",
            READY_S,
        )
        wait_for(lambda: self.root.locator(".pt-run").count() == 0, "work goes on", READY_S)
        self.wait_drawn()

    def press_tool(self, name: str) -> None:
        """Press a tool of the map, which on a low one is in a box."""
        more = self.root.get_by_role("button", name="More tools")
        if more.is_visible():
            more.click()
        self.root.get_by_role("button", name=name, exact=True).click()

    def dots_only(self) -> None:
        """Take pictures and names off the map, so that a point is what is under the mouse and has its own ring."""
        self.lab.run("atlas.picture_px, atlas.names_shown = 0, False")
        wait_for(lambda: self.stage.get_attribute("data-pictures") in (None, "0"), "there are pictures on the map")
        wait_for(lambda: self.root.locator(".pt-map-name").count() == 0, "there are names on the map")

    def wait_selected(self, n: int) -> None:
        """Wait until the widget says that n images are selected."""
        wait_for(lambda: self.selected() == n, f"{n} images are not selected")

    def selected(self) -> int:
        """How many images are selected, as the line over the grid says."""
        said = self.root.locator(".pt-picked b")
        return int(said.inner_text().replace(",", "")) if said.count() else 0

    def points(self, xy: np.ndarray) -> np.ndarray:
        """(n, 2) CSS pixels of the page at which the map shows the positions `xy` (n, 2)."""
        x, y, scale, *_ = (float(part) for part in (self.stage.get_attribute("data-camera") or "").split())
        box = self.stage.bounding_box()
        assert box is not None
        across = box["x"] + box["width"] / 2 + (xy[:, 0] - x) * scale
        down = box["y"] + box["height"] / 2 - (xy[:, 1] - y) * scale
        return np.column_stack([across, down])

    def layout(self, name: str) -> np.ndarray:
        """(n, 2) positions of a layout, from the kernel."""
        asked = f"[[float(v) for v in p] for p in atlas.collection.stored_layout({name!r})]"
        return np.array(self.lab.ask(asked))

    def lasso(self, polygon: np.ndarray) -> None:
        """Draw a lasso through the corners (k, 2), in CSS pixels of the page, with the mouse."""
        self.root.get_by_role("button", name="Lasso").click()
        mouse = self.page.mouse
        mouse.move(*polygon[0])
        mouse.down()
        for corner in [*polygon[1:], polygon[0]]:
            mouse.move(*corner, steps=6)
        mouse.up()

    def tiles(self, n: int, *, at_end: bool = False) -> list[Tile]:
        """Where the n images are of a grid that is scrolled to its beginning or its end; some are off its box."""
        box = self.grid.bounding_box()
        columns, rows = (int(self.grid.get_attribute(f"aria-{of}count") or 0) for of in ("col", "row"))
        width, height = self.grid.evaluate("(grid) => [grid.clientWidth, grid.clientHeight]")
        assert box is not None
        side = (width - 2 * PAD_PX - GAP_PX * (columns - 1)) // columns
        pitch = side + GAP_PX
        left = (width - (columns * pitch - GAP_PX)) // 2
        offset = max(0, rows * pitch - GAP_PX + 2 * PAD_PX - height) if at_end else 0
        return [
            Tile(box["x"] + left + place % columns * pitch, box["y"] + PAD_PX + place // columns * pitch - offset, side)
            for place in range(n)
        ]

    def shows(self, tile: Tile) -> bool:
        """Whether all of a tile is inside the grid's box."""
        box = self.grid.bounding_box()
        assert box is not None
        return bool(box["y"] <= tile.y and tile.y + tile.side <= box["y"] + box["height"])

    def screen(self) -> np.ndarray:
        """(height, width, 3) uint8: the page as it looks now, one array element per CSS pixel."""
        return np.asarray(Image.open(io.BytesIO(self.page.screenshot())).convert("RGB"))

    def colors(self, places: Sequence[tuple[float, float]]) -> np.ndarray:
        """(k, 3) uint8: what is drawn at k places of the page."""
        screen = self.screen()
        return np.array([screen[int(y), int(x)] for x, y in places])


OPEN = """
import pointillist as pt
atlas = pt.explore({source}{options})
atlas
"""


def explore(lab: Lab, source: str, options: str = ", encoder='pixels/32'") -> tuple[Atlas, int]:
    """Run the first cell of a notebook: open the widget; it and the number of its cell."""
    cell = lab.start(OPEN.format(source=source, options=options))
    lab.widget().wait_for(timeout=60_000)
    return Atlas(lab), cell


def within(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """(n,) bool: which points (n, 2) are inside a polygon (k, 2), by counting crossings."""
    inside = np.zeros(len(points), bool)
    x, y = points.T
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        crosses = (y0 > y) != (y1 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return inside


def ring_around(points: np.ndarray, room: Locator, corners: int = 9, clearance_px: float = 3) -> np.ndarray:
    """A polygon that holds some of the points, comes near none of them (each is clearly in or out) and fits `room`."""
    box = room.bounding_box()
    assert box is not None
    low = np.array([box["x"], box["y"]])
    high = low + np.array([box["width"], box["height"]])
    angles = 2 * np.pi * np.arange(corners) / corners + 0.1
    for middle in points:
        for radius in range(30, 200, 2):
            polygon = middle + radius * np.column_stack([np.cos(angles), np.sin(angles)])
            if (polygon < low + 4).any() or (polygon > high - 4).any():
                break
            inside = within(points, polygon)
            near = [within(points, middle + (polygon - middle) * (1 + s * clearance_px / radius)) for s in (-1.1, 1.1)]
            if 3 <= inside.sum() < len(points) and all((n == inside).all() for n in near):
                return polygon
    raise AssertionError("no lasso keeps clear of all points")
