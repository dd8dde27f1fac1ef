"""The box behind the map's menu in a real JupyterLab: a map by hand, how far to trust it, a map of a part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from atlas import explore
from lab import Lab, wait_for

pytestmark = pytest.mark.browser

DrawFolder = Callable[..., Path]


def test_a_map_is_made_by_hand_trusted_and_coloured_and_one_of_a_part_leads_back(
    lab: Lab, draw_folder: DrawFolder, tmp_path: Path
) -> None:
    images = draw_folder(tmp_path / "images", per_color=20)
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    box = atlas.root.get_by_role("button", name="Maps and their quality")
    box.click()
    for name, value in (("n_neighbors", "5"), ("min_dist", "0.4")):
        atlas.root.locator(f".pt-layout-form input[name={name}]").fill(value)
    atlas.root.get_by_role("button", name="Make this map").click()
    wait_for(lambda: "n_neighbors=5" in str(lab.ask("atlas.layout_name")), "the new map is not on show", 60)
    made = lab.ask("atlas.layout_name")
    assert "min_dist=0.4" in made
    atlas.wait_layout(made)

    # How far it can be trusted is measured while the box is open, and each image's share is a column.
    box.click()
    shown = atlas.root.locator(".pt-layouts li", has=atlas.page.locator("[aria-pressed=true]"))
    wait_for(lambda: "trust " in shown.inner_text(), "no trust is told", 60)
    words = shown.inner_text()
    told = float(words.split("trust ")[1].split()[0])
    quality = lab.ask(f"float(atlas.collection.layout_quality(atlas._scene.layouts.get({made!r}).xy).trustworthiness)")
    assert told == pytest.approx(quality, abs=0.006)
    shown.get_by_role("button", name="Colour by").click()
    wait_for(lambda: "kept" in str(lab.ask("atlas.color_by")), "not coloured by the kept neighbours")
    atlas.page.keyboard.press("Escape")
    wait_for(lambda: atlas.root.locator(".pt-layouts").count() == 0, "Escape does not close the box")
    column = lab.ask("atlas.color_by")
    kept = lab.ask(f"[float(v) for v in atlas.collection.table[{column!r}]]")
    assert len(kept) == 80
    assert all(0 <= share <= 1 for share in kept)
    atlas.wait_drawn()

    # A map of a part, and the way back.
    lab.run("atlas.select(\"label in ('red', 'blue')\")")
    atlas.wait_selected(40)
    atlas.root.get_by_role("button", name="Map of these only").click()
    atlas.root.get_by_text("map of 40 images only").wait_for()
    atlas.root.get_by_role("button", name="all images", exact=True).click()
    wait_for(lambda: "within=" not in str(lab.ask("atlas.layout_name")), "the whole map did not come back")
    atlas.wait_drawn()

    # The search field offers to stay among the selected images.
    pill = atlas.root.get_by_role("button", name="in 40 selected")
    pill.click()
    assert pill.get_attribute("aria-pressed") == "true"
