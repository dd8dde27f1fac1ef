"""The whole widget where the system forces its colours, as the contrast themes of Windows do."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from plain_page import bundled
from playwright.sync_api import Browser, Locator, Page


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled("widget_page", tmp_path_factory.mktemp("widget"))


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, bundle: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    opened = browser.new_page(
        viewport={"width": 1200, "height": 700}, forced_colors="active", color_scheme=request.param
    )
    opened.set_content("<!doctype html><body style='margin: 0'><div id=widget></div></body>")
    opened.add_style_tag(path=bundle.with_suffix(".css"))
    opened.add_script_tag(path=bundle)
    opened.evaluate("showWidget(document.getElementById('widget'), 2000)")
    opened.wait_for_function("document.querySelector('.pt-map-stage')?.dataset.drawn === 'all'")
    opened.wait_for_function("document.querySelectorAll('.pt-map-name:not(.pt-going)').length > 2")
    yield opened
    opened.close()


def pixels(part: Locator) -> np.ndarray:
    """(height, width, 3): what is seen of an element."""
    return np.asarray(Image.open(io.BytesIO(part.screenshot(animations="disabled"))).convert("RGB")).astype(int)


def text_contrast(part: Locator) -> float:
    """How far the lightness of letters is from what is under them, 0…255."""
    grey = pixels(part).mean(axis=2)
    return float(np.abs(grey - np.median(grey)).max())


def test_data_has_its_colours_and_the_rest_those_of_the_system(page: Page) -> None:
    dots = page.locator(".pt-legend-dot")
    seen = np.array([pixels(dots.nth(place))[4, 4] for place in range(4)])
    assert (seen.max(axis=1) - seen.min(axis=1) > 60).all(), "colours, not black and white"
    assert len(np.unique(seen, axis=0)) == 4
    pressed, others = page.get_by_role("button", name="Hand"), page.get_by_role("button", name="Lasso")
    assert np.abs(pixels(pressed)[3, 3] - pixels(others)[3, 3]).max() > 60, "one sees which tool is in hand"
    assert text_contrast(pressed) > 100
    canvas = 0 if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else 255
    for name in page.locator(".pt-map-name:not(.pt-going) .pt-map-name-text").all():
        letters = np.abs(pixels(name).mean(axis=2) - canvas) > 128
        assert 0.05 < letters.mean() < 0.45, "letters with room between them, not a bar"
    slider = page.get_by_label("Size of the pictures on the map")
    box = pixels(slider)
    assert np.ptp(box[len(box) // 2 - 3 : len(box) // 2 + 3, 2].mean(axis=1)) > 100, "its track is seen"
