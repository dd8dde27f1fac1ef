"""From one line to a map: thumbnails, the growing layout, failures, a warm start, new files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from atlas import Atlas, explore
from lab import Lab, wait_for

pytestmark = pytest.mark.browser

DrawFolder = Callable[..., Path]

SLOW = """
import time, numpy as np
def slowly(images):
    time.sleep(0.02 * len(images))
    return np.array([[*image.mean((0, 1)), *image[::40, ::40, 0].ravel()[:3]] for image in images])
"""

COUNT_ENCODED = """
from pointillist.encoders.pixels import PixelEncoder
encoded, encode = [], PixelEncoder.encode
def counted(self, batch):
    encoded.append(len(batch))
    return encode(self, batch)
PixelEncoder.encode = counted
"""


WATCH = """() => {
  const seen = window.order = [];
  const find = (selector, root = document) => {
    const here = root.querySelector(selector);
    if (here) return here;
    for (const element of root.querySelectorAll("*")) {
      const inside = element.shadowRoot && find(selector, element.shadowRoot);
      if (inside) return inside;
    }
    return null;
  };
  const hasPoints = (map) => {
    const copy = new OffscreenCanvas(map.width, map.height).getContext("2d");
    copy.drawImage(map, 0, 0);
    return copy.getImageData(0, 0, map.width, map.height).data.some((byte, i) => i % 4 < 3 && byte > 0 && byte < 200);
  };
  const look = () => {
    const grid = find(".pt-grid canvas"), map = find("canvas.pt-map-canvas");
    if (grid && map) seen.push([!grid.hidden, hasPoints(map)]);
    if (seen.filter(([grid]) => grid).length < 5) requestAnimationFrame(look);
  };
  look();
}"""
"""Every frame: whether the grid is shown, and whether there are points on the map."""

PATIENT = """() => {
  const set = window.setTimeout;
  window.setTimeout = (act, ms, ...rest) => (ms === 1500 ? 0 : set(act, ms, ...rest));
}"""
"""However slow the machine: nothing but the map's points ends the waiting (js/src/store/map_first.ts)."""


def is_near(seen: np.ndarray, wanted: tuple[int, int, int]) -> bool:
    return bool((np.abs(seen.astype(int) - wanted) < 40).all())


def test_thumbnails_are_drawn_in_order(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=4, colors=("blue", "red"))
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    tiles = [tile for tile in atlas.tiles(8) if atlas.shows(tile)]
    assert tiles
    wanted = [(40, 70, 200)] * 4 + [(200, 40, 40)] * 4

    def drawn() -> bool:
        seen = atlas.colors([tile.middle for tile in tiles])
        return all(is_near(color, want) for color, want in zip(seen, wanted, strict=False))

    wait_for(drawn, "the thumbnails are not drawn")


def test_the_map_grows_as_pca_and_becomes_umap(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=60)
    lab.open()
    lab.run(SLOW)
    atlas, _ = explore(lab, repr(str(images)), ", encoder=slowly")
    lab.run("steps = []\natlas.observe(lambda change: steps.append(change['new']), 'layouts')")
    wait_for(lambda: "embedding" in atlas.root.locator(".pt-run").all_inner_texts().__str__(), "no run is shown")
    layout = atlas.root.locator(".pt-header .pt-choice select").first
    wait_for(lambda: layout.count() and layout.input_value() == "pca", "no first map")
    assert atlas.root.get_by_role("button", name="cancel").is_visible()
    atlas.wait_layout("umap")

    growing = lab.ask(
        "[l['placed'] for step in steps for l in step if l['name'] == 'pca' and l['status'] == 'growing']"
    )
    assert len(growing) >= 2
    assert growing == sorted(growing)
    assert 0 < growing[0] < 240
    assert lab.ask("[l['placed'] for l in atlas.layouts]") == [240, 240]


def test_the_map_is_painted_before_the_grid(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=4)
    lab.open()
    lab.page.evaluate(PATIENT)
    lab.page.evaluate(WATCH)
    xy = "__import__('numpy').random.default_rng(0).random((16, 2))"
    atlas, _ = explore(lab, repr(str(images)), f", layout={xy}")
    atlas.wait_drawn()
    wait_for(lambda: lab.page.evaluate("order.filter(([grid]) => grid).length >= 5"), "the grid is not painted")
    order = lab.page.evaluate("order")
    assert [False, False] in order
    assert [True, False] not in order


def test_the_grid_does_not_wait_for_a_map_that_is_not_there_yet(
    lab: Lab, draw_folder: DrawFolder, tmp_path: Path
) -> None:
    images = draw_folder(tmp_path / "images", per_color=60)
    lab.open()
    lab.run(SLOW)
    lab.page.evaluate(WATCH)
    explore(lab, repr(str(images)), ", encoder=slowly")
    wait_for(lambda: lab.page.evaluate("order.filter(([grid]) => grid).length >= 5"), "the grid is not painted")
    assert [True, False] in lab.page.evaluate("order")


def test_the_real_model_makes_a_map(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=6)
    lab.open()
    atlas, _ = explore(lab, repr(str(images)), "")
    atlas.wait_layout("umap")
    atlas.dots_only()
    atlas.wait_drawn()
    assert lab.ask("atlas.encoder") == "timm/tf_efficientnet_lite0"
    xy = atlas.layout("umap")
    places = atlas.points(xy)
    background = atlas.colors([(places[:, 0].max(), places[:, 1].min())])
    assert (np.abs(atlas.colors([tuple(p) for p in places]).astype(int) - background).sum(1) > 60).all()


def test_a_cancelled_run_keeps_what_is_done_and_goes_on(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=60)
    lab.open()
    lab.run(SLOW)
    atlas, _ = explore(lab, repr(str(images)), ", encoder=slowly")
    layout = atlas.root.locator(".pt-header .pt-choice select").first
    wait_for(lambda: layout.count() and layout.input_value() == "pca", "no first map")
    atlas.root.get_by_role("button", name="cancel").click()
    go_on = atlas.root.get_by_role("button", name="go on")
    go_on.wait_for()
    placed = lab.ask("max(l['placed'] for l in atlas.layouts)")
    assert 0 < placed < 240
    go_on.click()
    atlas.wait_layout("umap")


def test_unreadable_images_are_listed_with_their_reasons(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=3)
    (images / "red" / "empty.jpg").touch()
    (images / "red" / "words.jpg").write_text("these are words")
    whole = (images / "blue" / "000.jpg").read_bytes()
    (images / "blue" / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    atlas.root.get_by_role("button", name="3 failed").click()
    listed = atlas.root.locator(".pt-failure")
    wait_for(lambda: listed.count() == 3, "three failures are not listed")
    said = {item.locator(".pt-failure-name").inner_text(): item.inner_text() for item in listed.all()}
    reasons = lab.ask("atlas.collection.failures['reason'].to_dict()")
    assert set(reasons) == {"blue/cut.jpg", "red/empty.jpg", "red/words.jpg"}
    for path, reason in reasons.items():
        assert any(Path(path).name in name and reason in text for name, text in said.items())
    assert lab.ask("atlas.layouts[0]['placed']") == 12


def test_a_restarted_kernel_finds_everything_and_embeds_only_new_files(
    lab: Lab, draw_folder: DrawFolder, tmp_path: Path
) -> None:
    images = draw_folder(tmp_path / "images", per_color=10)
    lab.open()
    lab.run(COUNT_ENCODED)
    atlas, cell = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    assert lab.ask("sum(encoded)") == 40
    before = atlas.layout("umap")

    lab.restart_kernel()
    lab.run(COUNT_ENCODED)
    lab.rerun(cell)
    atlas = Atlas(lab)
    atlas.wait_layout("umap")
    assert lab.ask("sum(encoded)") == 0
    assert (atlas.layout("umap") == before).all()

    lab.restart_kernel()
    draw_folder(images, per_color=25, colors=("red", "sand"), start=10)
    lab.run(COUNT_ENCODED)
    lab.rerun(cell)
    atlas.wait_layout("umap")
    assert lab.ask("sum(encoded)") == 50
    assert lab.ask("[l['placed'] for l in atlas.layouts]") == [90, 90]


def test_the_notebook_file_stays_small(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=25)
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    lab.run("atlas.select(\"label == 'red'\")")
    saved = lab.save()
    states = saved["metadata"].get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
    explorers = [s["state"] for s in states.get("state", {}).values() if "layout_name" in s["state"]]
    sizes = {name: len(str(value)) for state in explorers for name, value in state.items() if not name.startswith("_")}
    assert all(size < 2_000 for size in sizes.values()), sizes
