"""The widget as VS Code shows it: in a page of another origin, far higher than its window, with that editor's colours.

VS Code itself is not here. `test_with_its_own_widget_manager` has the part of it that a widget meets, from npm
(`make test` fetches it), and a kernel; the other tests need neither.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from atlas import ring_around, within
from lab import Server, chromium, wait_for
from PIL import Image
from plain_page import bundled
from playwright.sync_api import Browser, FloatRect, Frame, Locator, Page, Route

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent / "vscode"
ROOT = Path(__file__).parents[2]
NPM = ROOT / ".setup/vscode"
ANYWIDGET = Path(sys.prefix) / "share/jupyter/nbextensions/anywidget/index.js"
WINDOW = {"width": 1200, "height": 820}
LIST_PX = {"x": 0, "y": 40, "width": 1200, "height": 760}
COLORS = {
    "vscode-dark": {"editor-background": "#1f1f1f", "editor-foreground": "#cccccc", "focusBorder": "#0078d4"},
    "vscode-light": {"editor-background": "#fdfdfd", "editor-foreground": "#3b3b3b", "focusBorder": "#005fb8"},
}


class VSCode:
    """A notebook with one output. `frame` is the page of its outputs."""

    def __init__(self, page: Page, files: dict[str, Path]) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.set_default_timeout(30_000)

        def serve(route: Route) -> None:
            name = route.request.url.rpartition("/")[2]
            path = files.get(name, HERE / name)
            kinds = {".html": "text/html", ".js": "text/javascript"}
            if path.exists() and path.suffix in kinds:
                route.fulfill(body=path.read_bytes(), content_type=kinds[path.suffix])
            else:
                route.fulfill(status=404, body="")

        page.route("http://editor.test/**", serve)
        page.route("http://webview.test/**", serve)
        page.goto("http://editor.test/notebook.html")
        self.frame: Frame = wait_for(lambda: page.frame(url="http://webview.test/webview.html"), "no page of outputs")
        self.theme("vscode-light")

    @property
    def root(self) -> Locator:
        return self.frame.locator(".pointillist")

    @property
    def stage(self) -> Locator:
        return self.frame.locator(".pt-map-stage")

    def theme(self, kind: str) -> None:
        self.frame.evaluate("([kind, colors]) => setTheme(kind, colors)", [kind, COLORS[kind]])

    def box(self) -> FloatRect:
        """Where the widget is in the window."""
        box = self.root.bounding_box()
        assert box is not None
        return box

    def uncovered(self, box: FloatRect) -> bool:
        """Whether the page of outputs is what one sees in the box, from top to bottom, and no cell."""
        tags = self.page.evaluate(
            "([x, ...down]) => down.map((y) => document.elementFromPoint(x, y).tagName)",
            [box["x"] + 100, *(box["y"] + part * box["height"] for part in (0.01, 0.5, 0.99))],
        )
        return tags == ["IFRAME"] * 3

    def scrolled(self) -> float:
        return float(self.page.evaluate("scrolled"))

    def scroll(self, by_px: float) -> None:
        self.page.evaluate("scrollNotebook", by_px)

    def canvas(self) -> list[int]:
        """Width and height of the map's canvas, in pixels."""
        return self.frame.locator(".pt-map-canvas").first.evaluate("(canvas) => [canvas.width, canvas.height]")

    def wait_drawn(self) -> None:
        wait_for(lambda: self.stage.get_attribute("data-drawn") == "all", "the map is not at rest")

    def corner(self) -> float:
        """How light the lower left corner of the map is painted, of 255."""
        box = self.stage.bounding_box()
        assert box is not None
        clip = {
            "x": box["x"] + 2,
            "y": min(box["y"] + box["height"], WINDOW["height"] - 20) - 6,
            "width": 4,
            "height": 4,
        }
        return float(np.mean(Image.open(io.BytesIO(self.page.screenshot(clip=clip))).convert("L")))


@pytest.fixture
def editor(browser: Browser, tmp_path: Path) -> Iterator[VSCode]:
    """A widget on a model without a kernel."""
    page = browser.new_page(viewport=WINDOW)
    opened = VSCode(page, {})
    bundle = bundled("widget_page", tmp_path)
    opened.frame.add_style_tag(path=bundle.with_suffix(".css"))
    opened.frame.add_script_tag(path=bundle)
    opened.frame.evaluate("showWidget(output, 2000)")
    opened.wait_drawn()
    yield opened
    assert opened.wrong == []
    page.close()


def test_it_fills_what_is_seen_of_the_page_and_goes_back(editor: VSCode) -> None:
    assert editor.frame.evaluate("innerHeight") == 14_000
    before = editor.box()
    heights = "new ResizeObserver(([one]) => tops.push(one.contentRect.height)).observe(document.querySelector(at))"
    editor.frame.evaluate(f"at = '.pt-map-canvas'; tops = []; {heights}")
    editor.frame.get_by_role("button", name="Fill the window").click()
    seen = {**before, "y": LIST_PX["y"], "height": LIST_PX["height"]}
    wait_for(lambda: editor.box() == seen, "it is not where one looks, and as high")
    wait_for(lambda: editor.canvas()[1] < LIST_PX["height"], "the map is higher than the window")
    assert max(editor.frame.evaluate("tops")) < LIST_PX["height"], "not even for a frame"
    wait_for(lambda: editor.uncovered(seen), "a cell lies on it")
    editor.page.set_viewport_size({"width": 900, "height": 620})
    wait_for(lambda: editor.box()["height"] == 560, "it does not follow the window")
    editor.page.set_viewport_size(WINDOW)
    wait_for(lambda: editor.box() == seen, "it does not follow the window back")
    editor.frame.get_by_role("button", name="Back into the notebook").click()
    wait_for(lambda: editor.box() == {**before, "y": LIST_PX["y"]}, "it is not as it was")
    wait_for(lambda: not editor.root.get_attribute("style"), "something of it stays")
    assert editor.frame.locator("a[href^='#']").count() == 0


def test_it_has_the_colours_of_the_editor_and_not_those_of_ipywidgets(editor: VSCode) -> None:
    def look(name: str) -> str:
        return str(editor.root.evaluate(f"(e) => getComputedStyle(e).{name}"))

    assert look("backgroundColor") == "rgb(253, 253, 253)"
    editor.theme("vscode-dark")
    wait_for(lambda: look("backgroundColor") == "rgb(31, 31, 31)", "it is not dark")
    wait_for(lambda: look("color") == "rgb(204, 204, 204)", "its text is not light")
    wait_for(lambda: look("colorScheme") == "dark", "its menus are not dark")
    wait_for(lambda: editor.corner() < 60, "the map is not dark")
    around = editor.frame.locator(".cell-output-ipywidget-background")
    clear = "(all) => all.map((one) => getComputedStyle(one).backgroundColor)"
    assert around.evaluate_all(clear) == ["rgba(0, 0, 0, 0)"] * 2, "there is white around it"
    editor.frame.evaluate("box = output.cloneNode(); output.before(box); box.append(output)")
    assert around.evaluate_all(clear) == ["rgb(255, 255, 255)"] * 2, "other widgets need it"


def test_the_wheel_the_keys_and_a_picture_saved(editor: VSCode) -> None:
    box = editor.stage.bounding_box()
    assert box is not None
    at = (box["x"] + 150, box["y"] + 150)
    camera = editor.stage.get_attribute("data-camera")
    editor.page.mouse.move(600, 60)
    editor.page.mouse.move(*at)
    editor.page.mouse.wheel(0, 40)
    wait_for(lambda: editor.scrolled() == 40, "who scrolls past is held up")
    assert editor.stage.get_attribute("data-camera") == camera
    editor.page.wait_for_timeout(400)  # the wheel is the map's once the pointer has rested
    editor.page.mouse.wheel(0, -40)
    wait_for(lambda: editor.stage.get_attribute("data-camera") != camera, "the map does not take the wheel")
    grid = editor.frame.locator(".pt-grid").bounding_box()
    assert grid is not None
    editor.page.mouse.move(grid["x"] + 90, grid["y"] + 90)
    editor.page.wait_for_timeout(400)
    for _ in range(3):
        editor.page.mouse.wheel(0, 40)
    editor.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert editor.scrolled() == 40

    editor.frame.locator(".pt-grid").focus()
    for key in ("ArrowRight", "Space", "Control+z", "f", "Escape"):
        editor.page.keyboard.press(key)
    assert editor.frame.evaluate("keys") == [], "the editor would take them for its own"
    for key in ("F1", "Control+s", "Control+Shift+P"):
        editor.page.keyboard.press(key)
    heard = [key for key in editor.frame.evaluate("keys") if key not in ("Control", "Shift")]
    assert heard == ["F1", "s", "P"], "the editor's own keys do nothing"

    editor.frame.get_by_role("button", name="More tools").or_(
        editor.frame.get_by_role("button", name="Save picture")
    ).first.click()
    editor.frame.get_by_role("button", name="Save PNG").click()
    wait_for(lambda: editor.frame.evaluate("saved") == ["photos map.png"], "the editor does not hear of the picture")


@pytest.mark.skipif(not (NPM / "ready").exists(), reason="it is fetched by make .setup/vscode/ready")
def test_with_its_own_widget_manager(browser: Browser, server: Server, tmp_path: Path) -> None:
    kernel = tmp_path / "kernel.js"
    esbuild = [str(ROOT / "js/node_modules/.bin/esbuild"), str(HERE / "kernel.ts"), "--bundle", "--log-level=error"]
    found = {**os.environ, "NODE_PATH": str(NPM / "node_modules")}
    subprocess.run([*esbuild, "--define:global=window", f"--outfile={kernel}"], check=True, env=found)
    files = {
        "kernel.js": kernel,
        "require.js": NPM / "node_modules/requirejs/require.js",
        "ipywidgets.js": NPM / "package/dist/ipywidgets.js",
        "anywidget.js": ANYWIDGET,
    }
    # The page comes from nowhere, and asks a server on this machine.
    args = ["--disable-features=LocalNetworkAccessChecks", "--disable-web-security"]
    own = browser.browser_type.launch(executable_path=chromium(), args=args)
    editor = VSCode(own.new_page(viewport=WINDOW), files)
    editor.theme("vscode-dark")
    for name in ("require.js", "kernel.js"):
        editor.frame.add_script_tag(url=f"http://webview.test/{name}")
    model = server.api("POST", "kernels")
    editor.frame.evaluate(
        "([url, token, id]) => connect(url, token, id, '/ipywidgets.js').then(() => null)",
        [f"{server.url}/", server.token, model["id"]],
    )
    execute = "(code) => execute(code)"
    xy = np.random.default_rng(0).normal(size=(60, 2))
    editor.frame.evaluate(
        execute,
        "import numpy as np, pointillist as pt\n"
        "random = np.random.default_rng(0)\n"
        "xy = random.normal(size=(60, 2))\n"
        "pictures = random.integers(0, 255, (60, 8, 8, 3), np.uint8)\n"
        "atlas = pt.explore(pictures, layout=xy, store=None)\n"
        "atlas.picture_px = 0\n"
        "atlas",
    )
    editor.stage.wait_for()
    editor.wait_drawn()
    x, y, scale, *_ = (float(part) for part in (editor.stage.get_attribute("data-camera") or "").split())
    box = editor.stage.bounding_box()
    assert box is not None
    points = np.column_stack(
        [box["x"] + box["width"] / 2 + (xy[:, 0] - x) * scale, box["y"] + box["height"] / 2 - (xy[:, 1] - y) * scale]
    )
    polygon = ring_around(points, editor.stage)
    editor.frame.get_by_role("button", name="Lasso").click()
    editor.page.mouse.move(*polygon[0])
    editor.page.mouse.down()
    for corner in [*polygon[1:], polygon[0]]:
        editor.page.mouse.move(*corner, steps=6)
    editor.page.mouse.up()
    inside = np.flatnonzero(within(points, polygon)).tolist()
    wait_for(
        lambda: editor.frame.evaluate(execute, "print(atlas.rows.tolist())") == str(inside), "another selection arrived"
    )
    editor.frame.evaluate(execute, "atlas.select([1, 2, 3])")
    wait_for(lambda: editor.frame.locator(".pt-picked b").inner_text() == "3", "a selection is not shown")
    wait_for(lambda: editor.corner() < 60, "the map is not dark")
    grid = editor.frame.locator(".pt-grid")
    wait_for(lambda: grid.get_attribute("aria-rowcount") == "1", "the grid does not show them")
    assert editor.frame.evaluate("refused") == []
    assert editor.wrong == []
    server.api("DELETE", f"kernels/{model['id']}")
    own.close()
