"""Widths, and a device with fingers for a pointer, without JupyterLab."""

from __future__ import annotations

from pathlib import Path

import pytest
from plain_page import bundled
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_the_last_two_buttons_of_a_narrow_header_stand_together(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 700, "height": 800}, has_touch=True)
    bundle = bundled("widget_page", tmp_path)
    page.set_content("<!doctype html><body></body>")
    page.add_style_tag(path=bundle.with_suffix(".css"))
    page.add_script_tag(path=bundle)
    page.evaluate("showWidget(document.body, 200)")
    header = page.locator(".pt-header")
    header.get_by_role("button", name="Fill the window").wait_for()
    lines = set()
    for width in range(360, 520, 10):
        page.evaluate("(width) => { document.body.style.width = `${width}px` }", width)
        page.wait_for_function("(width) => document.querySelector('.pt-header').clientWidth + 2 === width", arg=width)
        boxes = [header.get_by_role("button", name=name).bounding_box() for name in ("Keys", "Fill the window")]
        assert boxes[0] is not None and boxes[1] is not None
        assert boxes[0]["y"] == boxes[1]["y"], width
        lines.add(header.evaluate("(header) => header.clientHeight"))
    assert len(lines) > 1  # among these widths there are some where all has a place on two lines, and some where not
    page.close()


def test_the_widget_fills_its_place_whatever_the_width(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 800})
    bundle = bundled("widget_page", tmp_path)
    page.set_content("<!doctype html><body></body>")
    page.add_style_tag(path=bundle.with_suffix(".css"))
    page.add_script_tag(path=bundle)
    page.evaluate("showWidget(document.body, 200)")
    page.locator(".pt-header").wait_for()
    for width in (500, 719, 721, 850, 959, 961, 1300):
        page.evaluate("(width) => { document.body.style.width = `${width}px` }", width)
        page.wait_for_function("(w) => document.querySelector('.pt-frame').offsetWidth === w", arg=width, timeout=5000)
    page.close()
