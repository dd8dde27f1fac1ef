"""Names on the map are text at the screen's own pixels, wherever the camera goes and however fine the screen is."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from plain_page import bundled
from playwright.sync_api import Browser, Page

WIDTH, HEIGHT = 700, 560
# Nothing of the map is seen but its names, and beside it those that are written plainly.
STYLE = f"""
:root {{ --pt-bg: #ffffff; --pt-fg: #222222; --pt-fg-soft: #666666; --pt-accent: #1976d2; }}
body {{ margin: 0; background: white }}
#map {{ width: {WIDTH}px; height: {HEIGHT}px; }}
.pt-map > :not(.pt-map-stage), .pt-map-stage > :not(.pt-map-names) {{ opacity: 0 !important }}
#plain {{ position: absolute; left: {WIDTH}px; top: 0; width: 240px; height: {HEIGHT}px; }}
#plain .pt-map-name {{ transform: none !important; will-change: auto; filter: none; animation: none; transition: none }}
"""
RESTS = """document.querySelector('.pt-map-stage')?.dataset.drawn === 'all'
  && document.querySelectorAll('.pt-map .pt-map-name').length > 3
  && document.querySelectorAll('.pt-map .pt-map-name.pt-going').length === 0
  && document.querySelector('.pt-map').getAnimations({ subtree: true }).length === 0"""
# Of every name that is wholly there: what it says, its box in pixels of the screen, and how far in its letters begin.
NAMES = """() => [...document.querySelectorAll('.pt-map .pt-map-name:not(.pt-going)')]
  .filter((one) => getComputedStyle(one).opacity === '1')
  .map((one) => {
    const { left, top, width, height } = one.getBoundingClientRect();
    const letters = one.querySelector('.pt-map-name-text').getBoundingClientRect().left - left;
    return {
      text: one.textContent,
      box: [left, top, width, height].map((px) => px * devicePixelRatio),
      letters: letters * devicePixelRatio,
      transform: getComputedStyle(one).transform,
    };
  })"""
# The same names one below the other, each at a whole pixel of every screen here and in no layer of its own.
PLAINLY = """(names) => {
  document.getElementById('plain')?.remove();
  const plain = Object.assign(document.createElement('div'), { id: 'plain' });
  plain.className = document.querySelector('.pt-map').className.replace('pt-map', '');
  plain.style.font = getComputedStyle(document.querySelector('.pt-map')).font;
  const all = [...document.querySelectorAll('.pt-map .pt-map-name')];
  names.forEach(({ text }, i) => {
    const copy = all.find((one) => one.textContent === text).cloneNode(true);
    Object.assign(copy.style, { left: '8px', top: `${8 + 28 * i}px` });
    plain.append(copy);
  });
  document.body.append(plain);
}"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled("map_page", tmp_path_factory.mktemp("names"))


@pytest.fixture(params=[1, 1.5, 2])
def page(browser: Browser, bundle: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """3,000 points of nine categories with their names, on a screen with so many pixels for one of CSS."""
    size = {"width": WIDTH + 240, "height": HEIGHT}
    opened = browser.new_page(viewport=size, device_scale_factor=request.param)
    opened.set_content("<!doctype html><body><div id=map></div></body>")
    opened.add_style_tag(path=bundle.with_suffix(".css"))
    opened.add_style_tag(content=STYLE)
    opened.add_script_tag(path=bundle)
    opened.evaluate("""() => {
      store = fakeStore(3000, 9);
      store.set('names_shown', true);
      mapView(store, document.getElementById('map'));
    }""")
    opened.wait_for_function(RESTS)
    opened.locator(".pt-map").focus()
    yield opened
    opened.close()


def screen(page: Page) -> np.ndarray:
    """All of the page, (rows, columns, 3), a value for each pixel of the screen."""
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)


def most_off(page: Page, names: list[dict[str, Any]], seen: np.ndarray) -> dict[str, int]:
    """How far any pixel of each name's letters is from the same name written plainly, 0…255.

    Where a CSS pixel is no whole number of the screen's, a line of text is a pixel higher or lower by its rounding.
    """
    page.evaluate(PLAINLY, names)
    plain = screen(page)
    dpr = page.evaluate("devicePixelRatio")
    off = {}
    for i, name in enumerate(names):
        left, top, width, height = (round(px) for px in name["box"])
        begin = round(name["letters"]) - 1
        own = seen[top - 2 : top + height + 2, left + begin : left + width + 2]
        x, y = round((WIDTH + 8) * dpr), round((8 + 28 * i) * dpr)
        written = [
            plain[y - 2 + down : y + height + 2 + down, x + begin : x + width + 2]
            for down in ((0,) if dpr % 1 == 0 else (-1, 0, 1))
        ]
        assert (written[0] < 120).all(axis=2).sum() > 20, "it is written there"
        off[name["text"]] = min(int(np.abs(own - one).max()) for one in written)
    return off


def is_whole(name: dict[str, Any]) -> bool:
    """Whether it is moved only, and by whole pixels of the screen."""
    kind, numbers = name["transform"].rstrip(")").split("(")
    left, top = name["box"][:2]
    return (
        kind == "matrix"
        and [float(number) for number in numbers.split(",")][:4] == [1, 0, 0, 1]
        and max(abs(left - round(left)), abs(top - round(top))) < 0.01
    )


def zoom(page: Page) -> None:
    """Turn the wheel by an odd part of a notch; the camera has moved after it."""
    camera = page.locator(".pt-map-stage").get_attribute("data-camera")
    page.mouse.move(330, 240)
    page.mouse.move(333, 241, steps=2)
    page.mouse.wheel(0, -77)
    page.wait_for_function("(last) => document.querySelector('.pt-map-stage').dataset.camera !== last", arg=camera)


def drag(page: Page) -> None:
    """Take hold of the map and move it by parts of a pixel."""
    page.mouse.move(301, 222)
    page.mouse.down()
    page.mouse.move(318.3, 207.6, steps=3)
    page.mouse.up()


def test_names_are_as_sharp_as_text_that_is_written_there_wherever_the_camera_went(page: Page) -> None:
    cameras = set()
    for go in (None, zoom, drag, zoom):
        if go is not None:
            go(page)
        page.mouse.move(WIDTH + 100, HEIGHT - 20)
        page.wait_for_function(RESTS)
        cameras.add(page.locator(".pt-map-stage").get_attribute("data-camera"))
        names = page.evaluate(NAMES)
        assert len(names) == int(page.locator(".pt-map").get_attribute("data-names") or 0), "all are opaque"
        assert len(names) > 3
        assert all(is_whole(name) for name in names), names
        off = most_off(page, names, screen(page))
        assert max(off.values()) < 16, off
    assert len(cameras) == 4


def test_names_are_sharp_while_the_camera_moves(page: Page) -> None:
    """Its frames are looked at one by one, and one of them on the screen."""
    for _ in range(4):
        zoom(page)
    page.wait_for_function(RESTS)
    page.evaluate(f"""() => {{
      frames = [];
      const look = () => {{
        frames.push({{ camera: document.querySelector('.pt-map-stage').dataset.camera, names: ({NAMES})() }});
        if (new Set(frames.map(({{ camera }}) => camera)).size < 6) requestAnimationFrame(look);
      }};
      requestAnimationFrame(look);
    }}""")
    page.keyboard.press("f")
    page.wait_for_function("new Set(frames.map(({ camera }) => camera)).size === 6")
    frames = page.evaluate("frames")
    assert sum(len(frame["names"]) for frame in frames) > 12
    assert all(is_whole(name) for frame in frames for name in frame["names"])
    page.wait_for_function(RESTS)
    zoom(page)
    before = page.evaluate(NAMES)
    seen = screen(page)
    names = [name for name in page.evaluate(NAMES) if name in before]
    assert len(names) > 1
    off = most_off(page, names, seen)
    assert max(off.values()) < 16, off
