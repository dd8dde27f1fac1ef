"""A picture of the map saved from its tools: the file that is downloaded, opened again."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from plain_page import bundled
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).parents[2]
WIDTH, HEIGHT = 600, 480
STYLE = f"""
:root {{ --pt-bg: #ffffff; --pt-fg: #222222; --pt-fg-soft: #666666; --pt-accent: #1976d2; }}
body {{ margin: 0 }}
#map {{ width: {WIDTH}px; height: {HEIGHT}px; }}
"""
# `live` is how many workers there are.
COUNTED = """() => {
  live = 0;
  Worker = class extends Worker {
    constructor(url) { super(url); live++; }
    terminate() { super.terminate(); live--; }
  };
}"""
DRAWN = "document.querySelector('.pt-map-stage')?.dataset.drawn === 'all'"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled("map_page", tmp_path_factory.mktemp("map"))


@pytest.fixture
def page(browser: Browser, bundle: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """2,000 points in three clumps; `param` is device pixels per CSS pixel."""
    opened = browser.new_page(
        viewport={"width": WIDTH + 100, "height": HEIGHT}, device_scale_factor=getattr(request, "param", 1)
    )
    thrown: list[str] = []
    opened.on("pageerror", lambda error: thrown.append(str(error)))
    opened.set_content(f"<!doctype html><style>{STYLE}</style><body><div id=map></div></body>")
    opened.add_style_tag(path=bundle.with_suffix(".css"))
    opened.add_script_tag(path=bundle)
    opened.evaluate(COUNTED)
    opened.evaluate("store = fakeStore(2000, 3); close = mapView(store, document.getElementById('map')); 0")
    opened.wait_for_function(DRAWN)
    yield opened
    assert thrown == []
    opened.close()


def saved(page: Page, size: str, to: Path) -> np.ndarray:
    """Save a picture of that size and read it: (h, w, 3) float."""
    page.get_by_role("button", name="Save picture").click()
    page.get_by_role("radio", name=size).check()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Save PNG").click()
    assert downloading.value.suggested_filename == "photos map.png"
    downloading.value.save_as(to)
    with Image.open(to) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB")).astype(float)


def on_screen(page: Page) -> np.ndarray:
    """The points and pictures as the page shows them: (h, w, 3) float."""
    page.wait_for_function(DRAWN)
    url = page.evaluate("""() => {
      const [points, pictures] = document.querySelectorAll('.pt-map-canvas');
      const copy = Object.assign(document.createElement('canvas'), { width: points.width, height: points.height });
      copy.getContext('2d').drawImage(points, 0, 0);
      const left = Math.round(parseFloat(pictures.style.left) * devicePixelRatio);
      copy.getContext('2d').drawImage(pictures, left, left);
      return copy.toDataURL();
    }""")
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as image:
        return np.asarray(image.convert("RGB")).astype(float)


def smaller(picture: np.ndarray, times: int) -> np.ndarray:
    height, width, _ = picture.shape
    blocks = picture.reshape(height // times, times, width // times, times, 3)
    return np.asarray(blocks.mean(axis=(1, 3)))


def test_the_picture_is_what_the_view_shows_at_the_size_chosen(page: Page, tmp_path: Path) -> None:
    """What is selected is before the rest, what is filtered out is not there, nor the rings."""
    page.evaluate("store.select(Array.from({length: 700}, (_, row) => row), 'replace')")
    page.evaluate("store.setFilters([{ column: 'label', hide: ['cat'], missing: false }])")
    page.evaluate("store.hover(3); store.focus(5, 'map')")
    shown = on_screen(page)
    as_shown = saved(page, "As shown", tmp_path / "1.png")
    assert as_shown.shape == (HEIGHT, WIDTH, 3)
    assert np.array_equal(as_shown, shown)
    large = saved(page, "4×", tmp_path / "4.png")
    assert large.shape == (4 * HEIGHT, 4 * WIDTH, 3)
    assert np.abs(smaller(large, 4) - shown).mean() < 1
    row, color = page.evaluate("""() => {
      const row = rowsOf(store.selection.value).findLast((row) => store.color.value.codes[row] === 1);
      const dot = getComputedStyle(document.querySelector('.pt-legend-dot')).backgroundColor;
      return [row, dot.match(/\\d+/g).map(Number)];
    }""")
    x, y = page.evaluate(
        """(row) => {
          const stage = document.querySelector('.pt-map-stage');
          const [x, y, scale] = stage.dataset.camera.split(' ').map(Number);
          const [px, py] = store.layout.value.xy.subarray(2 * row, 2 * row + 2);
          return [stage.clientWidth / 2 + (px - x) * scale, stage.clientHeight / 2 - (py - y) * scale];
        }""",
        row,
    )
    assert np.abs(large[round(4 * y), round(4 * x)] - color).max() < 16
    expect(page.get_by_role("button", name="Save picture")).to_have_attribute("aria-busy", "false")
    expect(page.get_by_role("button", name="Save picture")).to_be_focused()
    assert page.evaluate("live") == 1, "the worker that drew it is gone"


@pytest.mark.parametrize("page", [2], indirect=True)
def test_pictures_are_in_it_and_depth_is_as_it_is_turned(page: Page, tmp_path: Path) -> None:
    page.evaluate("""() => {
      const { xy } = store.layout.value;
      const deep = Float32Array.from({ length: 6000 }, (_, i) => (i % 3 < 2 ? xy[2 * ((i / 3) | 0) + (i % 3)] : i % 7));
      store.layout.value = { name: 'deep', revision: 1, dims: 3, xy: deep };
      store.traits.picture_px.value = 48;
    }""")
    page.wait_for_function(f"""() => {{
      const wanted = [...store.wanted.values()].flatMap((rows) => Array.from(rows));
      return {DRAWN} && wanted.length > 10 && wanted.every((row) => store.thumbs.get(row) !== null)
        && document.querySelector('.pt-map-stage').dataset.pictures === String(wanted.length);
    }}""")
    shown = on_screen(page)
    as_shown = saved(page, "As shown", tmp_path / "1.png")
    assert as_shown.shape == (2 * HEIGHT, 2 * WIDTH, 3)
    assert np.abs(as_shown - shown).mean() < 0.5
    large = saved(page, "2×", tmp_path / "2.png")
    assert np.abs(smaller(large, 2) - shown).mean() < 2
    page.get_by_role("button", name="Save picture").click()
    page.get_by_role("checkbox", name="Pictures at the points").uncheck()
    page.keyboard.press("Escape")
    without = saved(page, "As shown", tmp_path / "3.png")
    page.evaluate("store.traits.picture_px.value = 0")
    page.wait_for_function("document.querySelector('.pt-map-stage').dataset.pictures === '0'")
    assert np.array_equal(without, on_screen(page))


def test_names_are_written_where_the_page_has_them(page: Page, tmp_path: Path) -> None:
    page.evaluate("store.traits.names_shown.value = true")
    page.wait_for_function(f"{DRAWN} && document.querySelectorAll('.pt-map-name').length > 1")
    page.evaluate(
        "Promise.all(document.querySelector('.pt-map').getAnimations({ subtree: true }).map((a) => a.finished))"
    )
    boxes = page.locator(".pt-map-name").evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().toJSON())")
    seen = Image.open(io.BytesIO(page.locator(".pt-map").screenshot())).convert("RGB")
    screen = np.asarray(seen).astype(float)
    bare = on_screen(page)
    picture = saved(page, "As shown", tmp_path / "1.png")
    near = np.zeros((HEIGHT, WIDTH), bool)
    for box in boxes:
        left, top = int(box["x"]) - 4, int(box["y"]) - 4
        part = np.s_[top : top + int(box["height"]) + 8, left : left + int(box["width"]) + 8]
        near[part] = True
        off = np.abs(picture[part] - screen[part]).mean()
        assert off < 0.3 * np.abs(bare[part] - screen[part]).mean(), "as on the page"
    assert np.array_equal(picture[~near], bare[~near])


def test_a_map_closed_while_its_picture_is_made_leaves_nothing(page: Page) -> None:
    page.get_by_role("button", name="Save picture").click()
    page.get_by_role("radio", name="4×").check()
    page.evaluate("""() => {
      Array.from(document.querySelectorAll('button')).find((button) => button.textContent === 'Save PNG').click();
      close();
    }""")
    page.wait_for_function("live === 0 && document.querySelectorAll('canvas').length === 0")
    assert page.evaluate("store.toast.value") is None
