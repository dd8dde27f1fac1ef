"""Pictures at their points, under a real pointer: real pixels in Chromium, on a store without a kernel."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab import chromium
from PIL import Image
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).parents[2]
WIDTH, HEIGHT = 600, 480
STYLE = f"""
:root {{ --pt-bg: #ffffff; --pt-fg: #222222; --pt-fg-soft: #666666; --pt-accent: #1976d2; }}
body {{ margin: 0 }}
#map {{ width: {WIDTH}px; height: {HEIGHT}px; }}
"""
WANTED = """[...store.wanted].filter(([viewer]) => viewer.description === 'pictures on the map')
    .flatMap(([, rows]) => Array.from(rows))"""
DRAWN = "document.querySelector('.pt-map-stage')?.dataset.drawn === 'all'"

# Where the pane begins on a canvas that reaches beyond it, in device pixels.
BEYOND = """
  const beyond = (stage, canvas) => {
    const [pane, whole] = [stage.getBoundingClientRect(), canvas.getBoundingClientRect()];
    return [pane.left - whole.left, pane.top - whole.top].map((px) => Math.round(px * devicePixelRatio));
  };
"""
# The picture of a row as it should be drawn at `size` device pixels, and what is drawn about the row's point.
COMPARE = (
    f"""(row) => {{{BEYOND}"""
    + """
  const stage = document.querySelector('.pt-map-stage');
  const canvas = document.querySelector('.pt-map-pictures') ?? document.querySelector('.pt-map-canvas');
  const dpr = devicePixelRatio;
  const [beyondX, beyondY] = beyond(stage, canvas);
  const [x, y, scale] = stage.dataset.camera.split(' ').map(Number);
  const at = [store.layout.value.xy[2 * row], store.layout.value.xy[2 * row + 1]];
  const px = (stage.clientWidth / 2 + (at[0] - x) * scale) * dpr;
  const py = (stage.clientHeight / 2 - (at[1] - y) * scale) * dpr;
  const picture = store.thumbs.get(row);
  const size = Number(stage.dataset.pictureSize) * dpr;
  const factor = size / Math.max(picture.width, picture.height);
  const [w, h] = [Math.round(picture.width * factor), Math.round(picture.height * factor)];
  const read = (source, ...box) => {
    const context = new OffscreenCanvas(w, h).getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.drawImage(source, ...box);
    return Array.from(context.getImageData(0, 0, w, h).data);
  };
  const left = Math.round(px - w / 2), top = Math.round(py - h / 2);
  const frame = new OffscreenCanvas(1, 1).getContext('2d');
  frame.drawImage(canvas, beyondX + left - 1, beyondY + top + h / 2, 1, 1, 0, 0, 1, 1);
  return {
    w, h,
    wanted: read(picture, 0, 0, w, h),
    drawn: read(canvas, beyondX + left, beyondY + top, w, h, 0, 0, w, h),
    frame: Array.from(frame.getImageData(0, 0, 1, 1).data),
    place: [px / dpr, py / dpr],
  };
}"""
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("map") / "map_page.js"
    esbuild, entry = ROOT / "js/node_modules/.bin/esbuild", ROOT / "tests/browser/map_page.ts"
    options = ["--bundle", "--format=iife", "--loader:.svg=text", "--jsx=automatic", "--jsx-import-source=preact"]
    subprocess.run(
        [esbuild, entry, *options, f"--outfile={out}", "--log-level=error"],
        check=True,
        env={"NODE_PATH": str(ROOT / "js/node_modules")},
    )
    return out


@pytest.fixture(params=[1, 2])
def page(browser: Browser, bundle: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """2,000 points in three clumps, with pictures, at 1 and 2 device pixels per CSS pixel."""
    yield from opened_page(browser, bundle, request.param)


def opened_page(browser: Browser, bundle: Path, dpr: float, init: str = "0") -> Iterator[Page]:
    """@param init runs before the map is there"""
    context = browser.new_context(viewport={"width": WIDTH + 100, "height": HEIGHT}, device_scale_factor=dpr)
    opened = context.new_page()
    thrown: list[str] = []
    opened.on("pageerror", lambda error: thrown.append(str(error)))
    opened.set_content(f"<!doctype html><style>{STYLE}</style><body><div id=map></div></body>")
    opened.add_style_tag(path=bundle.with_suffix(".css"))
    opened.evaluate(init)
    opened.add_script_tag(path=bundle)
    opened.evaluate("""() => {
      store = fakeStore(2000, 3);
      store.traits.picture_px.value = 56;
      close = mapView(store, document.getElementById('map'));
    }""")
    wait_pictures(opened)
    yield opened
    assert thrown == []
    context.close()


def wait_pictures(page: Page) -> None:
    """Wait until every picture wanted is there and drawn."""
    page.wait_for_function(
        f"""() => {{
          const wanted = {WANTED};
          return {DRAWN} && wanted.length > 0 && wanted.every((row) => store.thumbs.get(row) !== null)
            && document.querySelector('.pt-map-stage').dataset.pictures === String(wanted.length);
        }}"""
    )


def wanted(page: Page) -> list[int]:
    return page.evaluate(WANTED)


def compare(page: Page, row: int) -> dict[str, Any]:
    seen = page.evaluate(COMPARE, row)
    for part in ("wanted", "drawn"):
        seen[part] = np.array(seen[part]).reshape(seen["h"], seen["w"], 4)
    return seen


def test_zoomed_in_each_picture_is_at_its_point_with_its_own_pixels(page: Page) -> None:
    page.mouse.click(300, 10)
    densest = page.evaluate("""() => {
      const { xy } = store.layout.value;
      const near = (row) => {
        let count = 0;
        for (let i = 0; i < xy.length; i += 2)
          if (Math.hypot(xy[i] - xy[2 * row], xy[i + 1] - xy[2 * row + 1]) < 0.2) count++;
        return count;
      };
      return Array.from({ length: 200 }, (_, row) => row).sort((a, b) => near(b) - near(a))[0];
    }""")
    page.mouse.move(*point(page, densest))
    for _ in range(6):
        page.mouse.wheel(0, -240)
    wait_pictures(page)
    inside = [row for row in wanted(page) if in_pane(compare(page, row)["place"])]
    assert len(inside) >= 4
    lut = page.evaluate("Array.from({length: 2000}, (_, row) => store.color.value.codes[row])")
    frames: dict[int, set[tuple[int, ...]]] = {}
    for row in inside:
        seen = compare(page, row)
        assert np.abs(seen["drawn"][..., :3] - seen["wanted"][..., :3]).max() <= 2
        assert (seen["drawn"][..., 3] == 255).all()
        frames.setdefault(lut[row], set()).add(tuple(seen["frame"]))
    assert all(len(colors) == 1 for colors in frames.values()), "a frame has the colour of its row's category"

    row = inside[0]
    x, y = compare(page, row)["place"]
    page.mouse.move(x + 18, y + 12)
    assert page.evaluate("store.hovered.value") == row, "the whole picture is its row"
    page.mouse.click(x - 18, y + 12)
    assert page.evaluate("Array.from(rowsOf(store.selection.value))") == [row]
    wait_pictures(page)
    veiled = compare(page, inside[1])
    faint, full = (np.abs(255 - veiled[part][..., :3].astype(int)).mean() for part in ("drawn", "wanted"))
    assert 0.1 * full < faint < 0.5 * full, "pictures that are not selected step back"


def test_a_dragged_map_shows_the_pictures_that_one_drawn_there_would(page: Page) -> None:
    """They are moved under the hand, and those that come in at the edge are whole."""

    def seen() -> np.ndarray:
        page.mouse.move(WIDTH + 80, 20)
        wait_pictures(page)
        return np.asarray(Image.open(io.BytesIO(page.locator("#map").screenshot())).convert("RGB")).astype(int)

    page.mouse.move(300, 200)
    for _ in range(4):
        page.mouse.wheel(0, -240)
    before = seen()
    page.mouse.move(300, 240)
    page.mouse.down()
    for x, y in [(306, 242), (320, 250), (352.4, 261.7)]:
        page.mouse.move(x, y)
    page.mouse.up()
    moved = seen()
    shift = "document.querySelector('.pt-map-pictures').style.transform"
    assert page.evaluate(shift).startswith("translate(5")
    page.evaluate("store.select([0], 'replace', 'map')")
    page.wait_for_function(f"{shift} === ''")
    page.evaluate("store.select([], 'replace', 'map')")
    assert np.abs(moved - seen()).max() <= 8, "points are moved to within a twentieth of a pixel"
    assert np.abs(moved - before).max() > 100


# Software GL that says it is hardware, and keeps what it drew so that it can be read.
HARDWARE = """
const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, options) {
  if (kind !== 'webgl2') return get.call(this, kind, options);
  const gl = get.call(this, kind, { ...options, failIfMajorPerformanceCaveat: false, preserveDrawingBuffer: true });
  const extension = gl.getExtension.bind(gl), parameter = gl.getParameter.bind(gl);
  gl.getExtension = (name) => (name === 'WEBGL_debug_renderer_info' ? null : extension(name));
  gl.getParameter = (name) => (name === gl.RENDERER ? 'A GPU' : parameter(name));
  return gl;
};
0"""


@pytest.fixture
def gpu_page(browser: Browser, bundle: Path) -> Iterator[Page]:
    software = browser.browser_type.launch(
        executable_path=chromium(), args=["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    )
    yield from opened_page(software, bundle, 1, HARDWARE)
    software.close()


def test_a_gpu_draws_them_with_the_points_and_on_a_canvas_when_it_is_gone(gpu_page: Page) -> None:
    page = gpu_page
    stage = page.locator(".pt-map-stage")
    expect(stage).to_have_attribute("data-raster", "gpu")
    expect(page.locator(".pt-map-pictures")).to_have_count(0)
    page.mouse.move(300, 200)
    for _ in range(4):
        page.mouse.wheel(0, -240)
    wait_pictures(page)

    def assert_each_at_its_point(tolerance: float) -> None:
        inside = [seen for row in wanted(page) if in_pane((seen := compare(page, row))["place"])]
        assert len(inside) >= 2
        for seen in inside:
            assert np.abs(seen["drawn"][..., :3] - seen["wanted"][..., :3]).mean() <= tolerance

    assert_each_at_its_point(6)
    page.evaluate("""() => {
      const canvas = document.querySelector('.pt-map-canvas');
      canvas.getContext('webgl2').getExtension('WEBGL_lose_context').loseContext();
    }""")
    expect(stage).to_have_attribute("data-raster", "cpu")
    expect(page.locator(".pt-map-pictures")).to_have_count(1)
    wait_pictures(page)
    assert_each_at_its_point(1)


def point(page: Page, row: int) -> list[float]:
    """Where a row's point is, in CSS pixels."""
    return page.evaluate(
        """(row) => {
          const stage = document.querySelector('.pt-map-stage');
          const [x, y, scale] = stage.dataset.camera.split(' ').map(Number);
          const [px, py] = store.layout.value.xy.subarray(2 * row, 2 * row + 2);
          return [stage.clientWidth / 2 + (px - x) * scale, stage.clientHeight / 2 - (py - y) * scale];
        }""",
        row,
    )


def in_pane(place: list[float]) -> bool:
    """Whether a picture about this place is clear of the pane's edges, the legend and the tools."""
    x, y = place
    return 70 < x < 380 and 70 < y < 380


# How much of a row's own picture is seen at its point, 0…1, the rest being background; least squares over the middle.
SHARE_IN_DEPTH = (
    f"""(row) => {{{BEYOND}"""
    + """
  const stage = document.querySelector('.pt-map-stage');
  const canvas = document.querySelector('.pt-map-pictures');
  const [x, y, scale, z, yaw, pitch] = stage.dataset.camera.split(' ').map(Number);
  const size = { width: stage.clientWidth, height: stage.clientHeight };
  const [px, py] = toScreen({ x, y, z, scale, yaw, pitch }, size, ...store.layout.value.xy.slice(3 * row, 3 * row + 3));
  const mean = (source, left, top, width, height) => {
    const context = new OffscreenCanvas(1, 1).getContext('2d');
    context.imageSmoothingQuality = 'high';
    const whole = new OffscreenCanvas(width, height).getContext('2d');
    whole.drawImage(source, left, top, width, height, 0, 0, width, height);
    const { data } = whole.getImageData(0, 0, width, height);
    const sums = [0, 0, 0];
    for (let i = 0; i < data.length; i++) if (i % 4 < 3) sums[i % 4] += data[i];
    return sums.map((sum) => sum / (width * height));
  };
  const picture = store.thumbs.get(row);
  const [beyondX, beyondY] = beyond(stage, canvas);
  const [atX, atY] = [px, py].map((at) => Math.round(at * devicePixelRatio) - 4);
  const all = new OffscreenCanvas(canvas.width, canvas.height);
  const context = all.getContext('2d');
  context.drawImage(canvas, 0, 0);
  for (const ringed of document.querySelectorAll('.pt-map-ringed:not([hidden])')) {
    const [left, top] = beyond(ringed, canvas);
    context.drawImage(ringed, left, top);
  }
  const drawn = mean(all, beyondX + atX, beyondY + atY, 8, 8);
  const part = Math.round(picture.width / 4);
  const from = (side) => Math.round(side / 2 - part / 2);
  const own = mean(picture, from(picture.width), from(picture.height), part, part);
  const square = own.reduce((sum, v) => sum + (255 - v) ** 2, 0);
  return own.reduce((sum, v, i) => sum + (255 - v) * (255 - drawn[i]), 0) / square;
}"""
)


@pytest.mark.parametrize("page", [1], indirect=True)
def test_in_space_pictures_are_paler_the_farther_they_are_but_not_the_one_in_question(page: Page) -> None:
    page.evaluate("""() => {
      const xy = new Float32Array(6000).fill(NaN);
      [[-1, 0, 1.6], [0, 0, 0], [1, 0, -2.4]].forEach((place, row) => xy.set(place, 3 * row));
      store.layout.value = { name: 'deep', revision: 1, dims: 3, xy };
    }""")
    page.wait_for_function("document.querySelector('.pt-map').dataset.dims === '3'")
    page.locator(".pt-map").focus()
    wait_pictures(page)
    assert sorted(wanted(page)) == [0, 1, 2]
    near, middle, far = (page.evaluate(SHARE_IN_DEPTH, row) for row in range(3))
    assert near > 0.85
    assert 0.3 < far < middle - 0.1
    page.evaluate("store.hovered.value = 2")
    wait_pictures(page)
    assert page.evaluate(SHARE_IN_DEPTH, 2) > 0.85


@pytest.mark.parametrize("page", [1, 2], indirect=True)
def test_a_hovered_picture_has_its_ring_at_its_point_until_another_has(page: Page) -> None:
    ringed = page.locator(".pt-map-ringed:visible")
    rows = [row for row in wanted(page) if in_pane(point(page, row))][:2]
    assert len(rows) == 2
    expect(ringed).to_have_count(0)
    drawn = page.evaluate("document.querySelector('.pt-map-pictures').toDataURL()")
    for row in rows:
        page.evaluate("(row) => { store.hovered.value = row; }", row)
        wait_pictures(page)
        box, pane = ringed.bounding_box(), page.locator(".pt-map-stage").bounding_box()
        assert box is not None
        assert pane is not None
        middle = [box["x"] + box["width"] / 2 - pane["x"], box["y"] + box["height"] / 2 - pane["y"]]
        assert middle == pytest.approx(point(page, row), abs=0.6)
    assert page.evaluate("document.querySelector('.pt-map-pictures').toDataURL()") == drawn, (
        "the others stay as they are"
    )
    page.evaluate("store.hovered.value = -1")
    expect(ringed).to_have_count(0)


def test_the_slider_goes_from_dots_to_pictures(page: Page) -> None:
    stage = page.locator(".pt-map-stage")
    slider = page.get_by_role("slider", name="Size of the pictures on the map")
    few = wanted(page)
    slider.focus()
    slider.press("End")
    assert page.evaluate("store.traits.picture_px.value") == 160
    wait_pictures(page)
    assert 0 < len(wanted(page)) < len(few)
    slider.press("Home")
    expect(stage).to_have_attribute("data-pictures", "0")
    assert page.evaluate("[store.traits.picture_px.value, store.wanted.size]") == [0, 0]
    expect(slider).to_have_attribute("aria-valuetext", "dots only")
    for _ in range(6):
        slider.press("ArrowRight")
    assert page.evaluate("store.traits.picture_px.value") == 56
    wait_pictures(page)
    assert wanted(page) == few, "the same camera shows the same pictures"
    page.evaluate("close()")
    assert page.evaluate("store.wanted.size") == 0


def test_names_stand_clear_of_each_other_and_select_what_they_name(page: Page) -> None:
    page.evaluate("store.traits.picture_px.value = 0")
    expect(page.locator(".pt-map-name")).to_have_count(0)
    page.get_by_role("button", name="Names on the map").click()
    page.mouse.move(200, 200)
    names = page.locator(".pt-map-name:not(.pt-going)")
    expect(names.first).to_be_visible()
    count = int(page.locator(".pt-map").get_attribute("data-names") or 0)
    assert 2 <= count <= 3
    expect(names).to_have_count(count)
    boxes = [names.nth(i).bounding_box() for i in range(count)] + [page.locator(".pt-map-legend").bounding_box()]
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert a is not None
            assert b is not None
            apart = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
            assert apart or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
    name = names.first.inner_text()
    rows = page.evaluate(
        """(name) => {
          const { codes, categories } = store.color.value;
          return Array.from(codes.keys()).filter((row) => categories[codes[row] - 1] === name);
        }""",
        name,
    )
    names.first.hover()
    page.wait_for_function("store.preview.value?.count > 0")
    assert page.evaluate("Array.from(rowsOf(store.preview.value))") == rows
    names.first.click()
    assert page.evaluate("Array.from(rowsOf(store.selection.value))") == rows
    stage = page.locator(".pt-map-stage")
    before = stage.get_attribute("data-camera")
    page.mouse.down()
    page.mouse.move(300, 300, steps=3)
    page.mouse.up()
    expect(stage).not_to_have_attribute("data-camera", before or "")
    assert page.evaluate("Array.from(rowsOf(store.selection.value))") == rows, (
        "a drag that begins on a name is no click"
    )
    page.get_by_role("button", name="Names on the map").click()
    expect(page.locator(".pt-map-name")).to_have_count(0)
