"""Hiding, ranges, outlines that move, live selections, lines to the nearest: what is done on the map, Python sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from atlas import Atlas, explore, ring_around, within
from lab import Lab, wait_for

pytestmark = pytest.mark.browser

DrawFolder = Callable[..., Path]


def opened(lab: Lab, folder: Path) -> Atlas:
    """The widget on a table of the folder's images with a label and a size from 0 to n - 1."""
    files = sorted(folder.rglob("*.jpg"))
    labels = [file.parent.name for file in files]
    table = f"{{'path': {[str(file) for file in files]}, 'label': {labels}, 'size': list(range({len(files)}))}}"
    lab.open()
    atlas, _ = explore(
        lab, f"__import__('pandas').DataFrame({table})", ", image='path', label='label', encoder='pixels/32'"
    )
    atlas.wait_layout("umap")
    atlas.dots_only()
    return atlas


def grid_rows(atlas: Atlas) -> int:
    return int(atlas.grid.get_attribute("aria-rowcount") or 0)


def test_what_is_hidden_in_the_legend_is_gone_from_map_grid_and_view(
    lab: Lab, draw_folder: DrawFolder, tmp_path: Path
) -> None:
    atlas = opened(lab, draw_folder(tmp_path / "images", per_color=40, colors=("blue", "red")))
    points = atlas.points(atlas.layout("umap"))
    before = grid_rows(atlas)
    background = atlas.colors([(points[:, 0].min() - 8, points[:, 1].min() - 8)])[0]
    line = atlas.root.locator(".pt-legend-line", has_text="blue")
    line.hover()
    line.get_by_role("button", name="Hide blue").click()
    header = atlas.root.locator(".pt-filtered")
    wait_for(lambda: header.inner_text().startswith("40 of 80"), "the header does not say what is shown")
    wait_for(lambda: grid_rows(atlas) < before, "the grid shows hidden images")
    # A subshell hears of it, and the question may overtake it.
    hides = [{"column": "label", "hide": ["blue"], "missing": False}]
    wait_for(lambda: lab.ask("atlas.filters") == hides, "the kernel does not hear of the filter")
    assert lab.ask("sorted(set(atlas.view['label']))") == ["red"]
    atlas.wait_drawn()
    blue = points[:40]
    alone = blue[np.linalg.norm(blue[:, None] - points[None, 40:], axis=2).min(1) > 12]

    def unseen() -> bool:
        return bool((np.abs(atlas.colors([tuple(p) for p in alone]).astype(int) - background) < 12).all())

    wait_for(unseen, "hidden points are drawn")
    atlas.lasso(corners(atlas))
    atlas.wait_selected(40)
    header.get_by_role("button", name="show all").click()
    wait_for(lambda: header.count() == 0, "the filter is still on")
    assert lab.ask("[len(atlas.view), len(atlas.filters)]") == [40, 0]  # the view is the selection
    atlas.grid.focus()
    lab.page.keyboard.press("Escape")

    lab.run("atlas.color_by = 'size'")
    bar = atlas.root.locator(".pt-legend-bar")
    bar.wait_for()
    box = bar.bounding_box()
    assert box is not None
    mouse = lab.page.mouse
    mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 5)
    mouse.down()
    mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 5, steps=5)
    assert lab.ask("len(atlas.filters)") == 0
    mouse.up()
    wait_for(lambda: lab.ask("len(atlas.filters)") == 1, "the brush did not reach Python")
    kept = lab.ask("atlas.view['size'].tolist()")
    low, high = lab.ask("[atlas.filters[0]['low'], atlas.filters[0]['high']]")
    assert kept == [size for size in range(80) if low <= size <= high]
    assert 15 <= len(kept) <= 25
    lab.run("atlas.filters = [{'column': 'size', 'high': 9}]")
    wait_for(lambda: header.inner_text().startswith("10 of 80"), "the filter of Python is not on")
    atlas.grid.focus()
    lab.page.keyboard.press("Control+a")
    atlas.wait_selected(10)


def test_of_numbers_those_without_a_value_are_hidden_in_the_legend_or_shown_alone(
    lab: Lab, draw_folder: DrawFolder, tmp_path: Path
) -> None:
    folder = draw_folder(tmp_path / "images", per_color=10, colors=("red",))
    files = [str(file) for file in sorted(folder.rglob("*.jpg"))]
    lab.open()
    table = f"__import__('pandas').DataFrame({{'path': {files}, 'score': [None] * 4 + [*range(6)]}})"
    atlas, _ = explore(lab, table, ", image='path', layout=[[i, i * i] for i in range(10)], store=None")
    lab.run("atlas.color_by = 'score'")
    line = atlas.root.locator(".pt-legend-line", has_text="no value")
    hides = {"column": "score", "low": None, "high": None, "missing": True}
    only = {"column": "score", "keep": [], "missing": False}
    for button, told, shown in (
        ("Hide no value", [hides], [*range(4, 10)]),
        ("Show no value", [], [*range(10)]),
        ("Show only no value", [only], [*range(4)]),
    ):
        line.hover()
        line.get_by_role("button", name=button, exact=True).click()
        wait_for(lambda told=told: lab.ask("atlas.filters") == told, f"{button!r} did not reach Python")
        assert lab.ask("sorted(atlas.view.index.tolist())") == shown
    header = atlas.root.locator(".pt-filtered")
    wait_for(lambda: header.inner_text().startswith("4 of 10"), "they are not shown alone")


def corners(atlas: Atlas) -> np.ndarray:
    """The corners of the map, clear of its legend and tools: (4, 2) CSS pixels of the page."""
    box = atlas.stage.bounding_box()
    assert box is not None
    x, y, width, height = box["x"], box["y"], box["width"], box["height"]
    return np.array(
        [[x + 6, y + 6], [x + 6, y + height - 60], [x + width - 6, y + height - 60], [x + width - 6, y + 6]]
    )


def test_an_outline_is_moved_a_selection_is_live_and_the_nearest_are_joined(
    lab: Lab, draw_folder: DrawFolder, tmp_path: Path
) -> None:
    atlas = opened(lab, draw_folder(tmp_path / "images", per_color=20))
    points = atlas.points(atlas.layout("umap"))
    polygon = ring_around(points, atlas.stage)
    atlas.lasso(polygon)
    first = within(points, polygon)
    atlas.wait_selected(int(first.sum()))
    outline = atlas.root.locator(".pt-map-kept")
    assert outline.get_attribute("d") not in (None, "")

    moves = list(points[~first] - points[first].mean(axis=0))
    near = [within(points, polygon + move + nudge) for move in moves for nudge in ([0, 0], [2, 2], [-2, -2], [2, -2])]
    clear = [
        (move, near[4 * i])
        for i, move in enumerate(moves)
        if near[4 * i].any()
        and (near[4 * i] != first).any()
        and all((n == near[4 * i]).all() for n in near[4 * i : 4 * i + 4])
    ]
    move, second = clear[0]
    grip = (polygon[0] + polygon[1]) / 2
    mouse = lab.page.mouse
    mouse.move(*grip)
    mouse.down()
    mouse.move(*(grip + move), steps=5)
    mouse.up()
    wait_for(
        lambda: lab.ask("atlas.rows.tolist()") == np.flatnonzero(second).tolist(),
        "what the moved outline holds is not selected",
    )
    lab.page.keyboard.press("Control+z")
    wait_for(
        lambda: lab.ask("atlas.rows.tolist()") == np.flatnonzero(first).tolist(), "undo did not move the outline back"
    )
    lab.page.keyboard.press("Delete")
    wait_for(lambda: outline.get_attribute("d") == "", "the outline is still there")
    atlas.wait_selected(int(first.sum()))
    lab.page.keyboard.press("Escape")
    atlas.wait_selected(0)

    atlas.root.get_by_role("button", name="Live selection").click()
    wait_for(lambda: lab.ask("atlas.live_selection") is True, "Python does not hear that it is live")
    mouse.move(*polygon[0])
    mouse.down()
    for corner in [*polygon[1:], polygon[0]]:
        mouse.move(*corner, steps=4)
    wait_for(
        lambda: lab.ask("atlas.rows.tolist()") == np.flatnonzero(first).tolist(), "Python does not see the lasso yet"
    )
    assert atlas.selected() == int(first.sum())  # the count of what is to be selected
    lab.page.keyboard.press("Escape")
    wait_for(lambda: lab.ask("len(atlas.rows)") == 0, "what was given up stayed selected in Python")
    mouse.up()

    lab.page.keyboard.press("n")
    lab.page.keyboard.press("h")
    row = int(np.flatnonzero(first)[0])
    mouse.move(*points[row])
    lines = atlas.root.locator(".pt-map-lines line")
    wait_for(lambda: lines.count() == 12, "the nearest are not joined by lines")
    ends = lines.evaluate_all("(all) => all.map((l) => [l.x2.baseVal.value, l.y2.baseVal.value])")
    box = atlas.stage.bounding_box()
    assert box is not None
    wanted = points[lab.ask(f"atlas.collection.neighbours().rows[{row}][:12].tolist()")] - [box["x"], box["y"]]
    assert np.abs(np.array(ends) - wanted).max() < 1.5
