"""Many maps on a page, maps that are hidden, and data that is odd: on a store without a kernel."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from lab import chromium
from PIL import Image
from plain_page import bundled
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
STYLE = """
:root { --pt-bg: #ffffff; --pt-fg: #222222; --pt-fg-soft: #666666; --pt-accent: #1976d2; }
body { margin: 0 }
.map { width: 500px; height: 400px; margin-bottom: 20px }
"""
SHOWS = """(at) => {
  const stage = document.querySelectorAll('.pt-map-stage')[at];
  const canvas = stage.querySelector('.pt-map-canvas');
  if (stage.dataset.drawn !== 'all' || canvas.width < 10) return 0;
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const context = copy.getContext('2d', { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, copy.width, copy.height);
  let inked = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i] + data[i + 1] + data[i + 2] < 700 && data[i + 3] > 0) inked++;
  return inked;
}"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled("map_page", tmp_path_factory.mktemp("map"))


@pytest.fixture
def page(browser: Browser, bundle: Path) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 700, "height": 500})
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    opened.set_content(EMPTY)
    prepare(opened, bundle)
    yield opened
    assert wrong == []
    opened.close()


EMPTY = f"<!doctype html><style>{STYLE}</style><body></body>"


def prepare(opened: Page, bundle: Path) -> None:
    """Give the page `addMap`, `stores` and `closes`."""
    opened.add_style_tag(path=bundle.with_suffix(".css"))
    opened.add_script_tag(path=bundle)
    opened.evaluate(
        """stores = []; closes = [];
        addMap = (n) => {
          const el = document.createElement('div');
          el.className = 'map';
          document.body.append(el);
          stores.push(fakeStore(n, 3));
          closes.push(mapView(stores.at(-1), el));
        }; 0"""
    )


def wait_until_shown(page: Page, at: int = 0, least: int = 500) -> None:
    page.wait_for_function(f"({SHOWS})({at}) > {least}")


def test_twenty_maps_on_a_page_all_show_points_and_those_out_of_sight_hold_no_renderer(page: Page) -> None:
    page.evaluate("""() => {
      live = 0;
      Worker = class extends Worker {
        constructor(url) { super(url); live++; }
        terminate() { super.terminate(); live--; }
      };
      for (let i = 0; i < 20; i++) addMap(3000);
    }""")
    assert page.evaluate("live") == 20
    page.wait_for_function("document.querySelectorAll('.pt-map-stage[data-raster=\"\"]').length >= 17")
    assert page.evaluate("live") <= 3
    for at in [*range(20), 0]:
        page.evaluate("(at) => document.querySelectorAll('.map')[at].scrollIntoView()", at)
        page.wait_for_function("(at) => document.querySelectorAll('.pt-map-stage')[at].dataset.raster !== ''", arg=at)
        wait_until_shown(page, at)
    assert page.evaluate("document.querySelectorAll('.pt-map-canvas:first-child').length") == 20
    assert page.evaluate("document.querySelectorAll('.pt-map-stage > canvas').length") <= 40, (
        "one each for points and pictures, no old one left"
    )
    page.evaluate("closes.forEach((close) => close()); 0")
    assert page.evaluate("document.querySelectorAll('canvas').length") == 0


def test_what_happens_while_a_map_is_asleep_is_there_when_it_wakes(page: Page) -> None:
    page.evaluate("addMap(3000); document.querySelector('.map').style.display = 'none'; 0")
    page.wait_for_function("document.querySelector('.pt-map-stage').dataset.raster === ''")
    page.evaluate("stores[0].select([5, 6, 7], 'replace'); document.querySelector('.map').style.display = ''; 0")
    wait_until_shown(page, least=0)
    veiled = page.evaluate(f"({SHOWS})(0)")
    page.evaluate("stores[0].clearSelection(); 0")
    wait_until_shown(page, least=veiled + 500)


def test_a_map_in_a_box_without_size_or_off_the_page_shows_once_it_has_one(page: Page) -> None:
    page.evaluate("addMap(2000); document.querySelector('.map').style.cssText = 'width: 0; height: 0'; 0")
    page.wait_for_function("document.querySelector('.pt-map-stage').dataset.drawn === 'all'")
    page.evaluate("document.querySelector('.map').style.cssText = ''; 0")
    wait_until_shown(page)
    page.evaluate("box = document.querySelector('.map'); box.remove(); 0")
    page.evaluate("stores[0].select([1], 'replace'); stores[0].clearSelection(); document.body.append(box); 0")
    wait_until_shown(page)


ODD = {
    "all equal": ("new Float32Array(2000).fill(7)", 1),
    "one point": ("Float32Array.of(3, 4)", 1),
    "none": ("new Float32Array(0)", -1),
    "none with a position": ("new Float32Array(2000).fill(NaN)", -1),
    "half without": ("Float32Array.from({length: 2000}, (_, i) => i % 4 < 2 ? NaN : Math.sin(i))", 500),
    "infinite": ("Float32Array.from({length: 2000}, (_, i) => i % 8 < 2 ? Infinity : Math.cos(i * i))", 500),
    "huge and far off": ("Float32Array.from({length: 2000}, (_, i) => 1e30 * Math.sin(i) + 1e32)", 1),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_positions_are_drawn_or_left_out(page: Page, name: str) -> None:
    """And they change the number of points: the layout that was there before had 3,000."""
    xy, least = ODD[name]
    page.evaluate("addMap(3000); 0")
    wait_until_shown(page)
    page.evaluate(f"stores[0].layout.value = {{ name: 'odd', revision: 2, dims: 2, xy: {xy} }}; 0")
    page.wait_for_function(
        f"({SHOWS})(0) >= {least} && document.querySelector('.pt-map-stage').dataset.drawn === 'all'"
    )
    page.evaluate("stores[0].layout.value = { ...stores[0].layout.value, dims: 3, revision: 3 }; 0")
    page.wait_for_function("document.querySelector('.pt-map-stage').dataset.drawn === 'all'")


COLUMNS = {
    "constant": "{ kind: 'number', values: new Float32Array(3000).fill(5), low: 5, high: 5 }",
    "all missing": "{ kind: 'number', values: new Float32Array(3000).fill(NaN), low: null, high: null }",
    "65,537 categories": """{ kind: 'category', categories: Array.from({ length: 65537 }, (_, c) => `c${c}`),
        codes: Uint32Array.from({ length: 3000 }, (_, row) => 65537 - row) }""",
    "another length": "{ kind: 'number', values: new Float32Array(10), low: 0, high: 0 }",
}


@pytest.mark.parametrize("name", COLUMNS)
def test_odd_columns_colour_the_points(page: Page, name: str) -> None:
    page.evaluate("addMap(3000); 0")
    wait_until_shown(page)
    page.evaluate(f"stores[0].color.value = {{ name: 'odd', revision: 1, ...{COLUMNS[name]} }}; 0")
    wait_until_shown(page)


def test_size_opacity_and_density_are_seen(page: Page) -> None:
    """Larger points cover more, fainter ones less, density makes a crowd darker than its rim."""
    page.evaluate("addMap(20000); 0")
    wait_until_shown(page)

    def inked(**traits: float | None) -> int:
        page.evaluate("(traits) => { for (const name in traits) stores[0].traits[name].value = traits[name]; }", traits)
        page.wait_for_function("document.querySelector('.pt-map-stage').dataset.drawn === 'all'")
        return page.evaluate(f"({SHOWS})(0)")

    usual = inked(point_size=None)
    small = inked(point_size=1)
    assert inked(point_size=9) > usual > small
    assert inked(point_size=None, point_opacity=0.05) < usual
    assert inked(point_opacity=None, density=1) != inked(density=0)
    assert inked(density=None) == usual


# Chromium without a GPU draws WebGL2 by software; the map is told that it is none, and takes it.
AS_IF_HARDWARE = """
const open = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, settings) {
  return open.call(this, kind, { ...settings, failIfMajorPerformanceCaveat: false });
};
const told = WebGL2RenderingContext.prototype.getParameter;
WebGL2RenderingContext.prototype.getParameter = function (name) {
  return name === 0x9246 || name === this.RENDERER ? 'a graphics card' : told.call(this, name);
};
"""


@pytest.mark.parametrize("raster", ["gpu", "cpu"])
def test_a_map_that_comes_to_a_finer_screen_is_drawn_finer(browser: Browser, bundle: Path, raster: str) -> None:
    software = browser.browser_type.launch(
        executable_path=chromium(), args=["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    )
    page = software.new_page(viewport={"width": 700, "height": 500})
    page.set_content(EMPTY)
    if raster == "gpu":
        page.evaluate(f"() => {{ {AS_IF_HARDWARE} }}")
    prepare(page, bundle)
    page.evaluate("addMap(3000); 0")
    screen = page.context.new_cdp_session(page)
    kind = "true" if raster == "gpu" else "false"

    def seen(dpr: int) -> np.ndarray:
        # Chromium tells media queries of the other screen only when the window's size changes too, as on a real one.
        metrics = {"width": 700 + dpr, "height": 500, "mobile": False, "deviceScaleFactor": dpr}
        screen.send("Emulation.setDeviceMetricsOverride", metrics)
        page.wait_for_function(
            f"""() => {{
              const canvas = document.querySelector('.pt-map-canvas');
              const isDrawn = document.querySelector('.pt-map-stage').dataset.drawn === 'all';
              return isDrawn && canvas.width === {500 * dpr} && {kind} === (canvas.getContext('webgl2') !== null);
            }}"""
        )
        # Playwright's own screenshot would set the screen back.
        png = base64.b64decode(screen.send("Page.captureScreenshot")["data"])
        with Image.open(io.BytesIO(png)) as image:
            assert image.size == ((700 + dpr) * dpr, 500 * dpr)
            return np.asarray(image.convert("RGB").crop((0, 0, 500 * dpr, 400 * dpr))).astype(float)

    coarse = seen(1)
    assert (coarse.min(axis=2) < 200).sum() > 500
    fine = seen(2)
    assert np.abs(fine.reshape(400, 2, 500, 2, 3).mean(axis=(1, 3)) - coarse).mean() < 2
    assert np.abs(fine - np.repeat(np.repeat(coarse, 2, axis=0), 2, axis=1)).mean() > 0.5, "not the old one scaled up"
    assert np.array_equal(seen(1), coarse)
    software.close()


def test_a_page_whose_policy_forbids_workers_shows_its_maps_all_the_same(browser: Browser, bundle: Path) -> None:
    page = browser.new_page(viewport={"width": 700, "height": 500})
    thrown: list[str] = []
    page.on("pageerror", lambda error: thrown.append(str(error)))
    page.route(
        "**/*",
        lambda route: route.fulfill(
            body=EMPTY, content_type="text/html", headers={"Content-Security-Policy": "worker-src 'none'"}
        ),
    )
    page.goto("http://maps.test/")
    prepare(page, bundle)
    refused = "new Promise((done) => addEventListener('securitypolicyviolation', (e) => done(e.effectiveDirective)))"
    page.evaluate(f"refused = {refused}; addMap(3000); 0")
    assert page.evaluate("refused") == "worker-src"
    wait_until_shown(page)
    whole = page.evaluate(f"({SHOWS})(0)")
    page.evaluate("stores[0].select([5, 6, 7], 'replace'); 0")
    page.wait_for_function(f"0 < ({SHOWS})(0) && ({SHOWS})(0) < {whole - 500}")
    assert page.workers == []
    page.get_by_role("button", name="More tools").click()
    with page.expect_download():
        page.get_by_role("button", name="Save picture").click()
        page.get_by_role("button", name="Save PNG").click()
    assert thrown == []
    page.close()
