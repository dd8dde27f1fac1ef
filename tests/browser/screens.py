"""Makes a page of screenshots of every mode and state of the widget, to be looked at by eye.

make demo's images must be there; then   uv run python tests/browser/screens.py [--only NAME …]
writes test-results/screens/index.html: each mode in a light and a dark theme, wide at 2x and narrow at 1x
(or --widths middle, where map and grid just stand side by side). What cannot be reached
is printed, and the rest goes on.
"""

from __future__ import annotations

import argparse
import html
import tempfile
from pathlib import Path

from atlas import Atlas
from lab import Lab, chromium, jupyterlab
from modes import FIRST_LOOK, MODES
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright
from states import SOURCES

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "data" / "clipart"
OUT = ROOT / "test-results" / "screens"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
WIDTHS = {
    "wide": {"viewport": {"width": 1440, "height": 860}, "device_scale_factor": 2},
    "middle": {"viewport": {"width": 980, "height": 860}, "device_scale_factor": 1},
    "narrow": {"viewport": {"width": 700, "height": 1000}, "device_scale_factor": 1},
}

OPEN = """
if "atlas" in globals(): atlas.close()
atlas = eval(opening)
atlas
"""


def shoot(lab: Lab, names: list[str], theme: str, width: str) -> None:
    """One picture per mode, each in a new widget on the same collection."""
    lab.open(f"{theme}-{width}.ipynb")
    lab.theme(THEMES[theme])
    lab.hide_sidebar()
    lab.run("import pointillist as pt\nopening = ''\n" + SOURCES)
    cell = -1
    for name in names:
        lab.run(f"opening = {MODES[name].opening!r}")
        if cell < 0:
            cell = lab.start(OPEN)
        else:
            lab.rerun(cell)
        try:
            lab.widget().wait_for(timeout=120_000)
            atlas = Atlas(lab)
            # All of it, and now: later it would close what is open.
            lab.widget().evaluate("(widget) => widget.scrollIntoView({ block: 'center' })")
            MODES[name].come(atlas)
            if atlas.stage.count():
                atlas.wait_drawn()
            lab.page.wait_for_timeout(900)  # pictures fade in; a photographer may wait
            lab.widget().screenshot(path=OUT / f"{name.replace(' ', '_')}-{theme}-{width}.png")
        except (AssertionError, PlaywrightError) as error:
            print(f"{name}, {theme}, {width}: {str(error).splitlines()[0]}")  # noqa: T201
            lab.page.keyboard.press("Escape")  # a menu of the notebook would lie over the next one


def page_of(pictures: list[Path]) -> str:
    figures = "".join(
        f"<figure><img src='{name}.png' loading='lazy'><figcaption>{name}</figcaption></figure>"
        for name in (html.escape(path.stem) for path in sorted(pictures))
    )
    style = "body{font:14px sans-serif;display:flex;flex-wrap:wrap;gap:16px}img{max-width:680px;border:1px solid #ccc}"
    return f"<!doctype html><meta charset=utf-8><title>Screens</title><style>{style}</style>{figures}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", nargs="*", default=list(MODES), choices=list(MODES), metavar="NAME")
    arguments.add_argument("--themes", nargs="*", default=list(THEMES), choices=list(THEMES))
    arguments.add_argument("--widths", nargs="*", default=["wide", "narrow"], choices=list(WIDTHS))
    asked = arguments.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium())
        with jupyterlab(Path(home) / "jupyterlab") as server:
            (server.root / "photos").symlink_to(IMAGES)
            lab = Lab(browser.new_page(), server)
            if any(MODES[name].opening == FIRST_LOOK for name in asked.only):
                lab.open("before.ipynb")
                lab.cell(f"import pointillist as pt\n{FIRST_LOOK}.wait()", patience_s=400)
            lab.page.close()
            for theme in asked.themes:
                for width in asked.widths:
                    context = browser.new_context(**WIDTHS[width])
                    shoot(Lab(context.new_page(), server), asked.only, theme, width)
                    context.close()
        browser.close()
    (OUT / "index.html").write_text(page_of(list(OUT.glob("*.png"))))


if __name__ == "__main__":
    main()
