"""What axe-core finds against the widget in its main states: nothing that is serious."""

from __future__ import annotations

from pathlib import Path

import pytest
from atlas import Atlas, explore
from lab import Lab

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"

IMAGES = """
import numpy as np
images = list(np.random.default_rng(0).integers(0, 255, (24, 16, 16, 3), dtype=np.uint8))
"""


def violations(atlas: Atlas) -> list[str]:
    """Serious and critical ones, each with where it is."""
    found = atlas.page.evaluate(
        "async () => (await axe.run('.pointillist', { resultTypes: ['violations'] })).violations"
    )
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def test_axe_finds_nothing_serious(lab: Lab) -> None:
    lab.open()
    lab.cell(IMAGES)
    atlas, _ = explore(lab, "images")
    atlas.wait_layout("umap")
    lab.page.add_script_tag(path=AXE)
    assert violations(atlas) == []

    atlas.root.get_by_role("button", name="Keys and help").click()
    atlas.root.locator(".pt-help").wait_for()
    assert violations(atlas) == []
    lab.page.keyboard.press("Escape")

    for panel, form in (("Clusters", ".pt-cluster-form"), ("Encoders", ".pt-encoder-form")):
        atlas.root.locator(f".pt-rail button[data-name='{panel}']").click()
        atlas.root.locator(form).first.wait_for()
        assert violations(atlas) == []
    lab.page.keyboard.press("Escape")

    lab.run("atlas.similar(0, k=5)")
    atlas.root.locator(".pt-part").first.wait_for()
    atlas.page.mouse.move(*atlas.tiles(5)[1].middle)
    atlas.root.locator(".pt-judge").wait_for()
    assert violations(atlas) == []
    atlas.page.mouse.dblclick(*atlas.tiles(5)[1].middle)
    atlas.root.locator(".pt-part-field").wait_for()
    assert violations(atlas) == []
