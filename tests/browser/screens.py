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

from atlas import Atlas
from lab import Lab, chromium, jupyterlab
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "data" / "clipart"
OUT = ROOT / "test-results" / "screens"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
WIDE = {"viewport": {"width": 1360, "height": 860}, "device_scale_factor": 2}
NARROW = {"viewport": {"width": 620, "height": 1000}, "device_scale_factor": 1}

Mode = Callable[[Atlas], None]
MODES: dict[str, Mode] = {}


def mode(make: Mode) -> Mode:
    """A mode of the widget: how to get there from the first look."""
    MODES[make.__name__.replace("_", " ")] = make
    return make


@mode
def first_look(atlas: Atlas) -> None:
    """Nothing is touched."""


@mode
def zoomed_in(atlas: Atlas) -> None:
    box = atlas.stage.bounding_box()
    assert box is not None
    atlas.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    atlas.stage.click(position={"x": 5, "y": box["height"] - 5})
    for _ in range(6):
        atlas.page.keyboard.press("+")


@mode
def one_category_selected(atlas: Atlas) -> None:
    atlas.root.locator(".pt-legend-row").nth(1).click()


@mode
def help_panel(atlas: Atlas) -> None:
    atlas.root.get_by_role("button", name="Keys and help").click()


def shoot(lab: Lab, names: list[str], theme: str, width: str) -> list[Path]:
    """One picture per mode, each in a widget of its own on the same collection."""
    made = []
    for name in names:
        lab.open(f"{name}.ipynb")
        lab.theme(THEMES[theme])
        lab.hide_sidebar()
        lab.start('import pointillist as pt\natlas = pt.explore("photos")\natlas')
        lab.widget().wait_for()
        atlas = Atlas(lab)
        atlas.wait_layout("umap")
        MODES[name](atlas)
        atlas.wait_drawn()
        lab.page.wait_for_timeout(900)  # pictures fade in; a photographer may wait
        path = OUT / f"{name.replace(' ', '_')}-{theme}-{width}.png"
        lab.widget().screenshot(path=path)
        made.append(path)
        for session in lab.server.api("GET", "sessions"):
            lab.server.api("DELETE", f"sessions/{session['id']}")
    return made


def page_of(pictures: list[Path]) -> str:
    figures = "".join(
        f"<figure><img src='{html.escape(path.name)}' loading='lazy'><figcaption>{html.escape(path.stem)}</figcaption></figure>"
        for path in sorted(pictures)
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
    print(OUT / "index.html")


if __name__ == "__main__":
    main()
