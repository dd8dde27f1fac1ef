"""Two encoders on one collection, in a real JupyterLab: switched, compared, coloured by; the selection stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from atlas import Atlas, explore
from lab import Lab, wait_for

pytestmark = pytest.mark.browser

DrawFolder = Callable[..., Path]
HEADER = ".pt-header select[aria-label^='Encoder']"


def test_an_encoder_is_added_compared_and_switched_and_survives_a_restart(
    lab: Lab, draw_folder: DrawFolder, tmp_path: Path
) -> None:
    images = draw_folder(tmp_path / "images", per_color=6)
    lab.open()
    atlas, cell = explore(lab, repr(str(images)), "")
    atlas.wait_layout("umap")
    first = lab.ask("atlas.encoder")
    atlas.root.locator(".pt-legend-row", has_text="red").click()
    atlas.wait_selected(6)

    atlas.root.locator(HEADER).select_option(label="Add or compare …")
    form = atlas.root.get_by_role("form", name="Add an encoder")
    form.locator("select").first.select_option(label="pixels")
    form.locator("input").first.fill("16")
    form.get_by_role("button", name="Embed and show").click()
    wait_for(lambda: atlas.root.locator(HEADER).input_value() == "pixels/16", "pixels are not on show")
    wait_for(lambda: atlas.root.locator(".pt-encoder").count() == 2, "no second encoder in the list")
    wait_for(lambda: lab.ask("atlas._scene.layouts.encoder()") == "pixels/16", "no map by pixels")
    atlas.wait_layout("umap")
    atlas.wait_selected(6)

    atlas.root.get_by_role("button", name="Compare", exact=True).click()
    wait_for(lambda: str(lab.ask("atlas.color_by")).startswith("differs: "), "not coloured by the difference")
    atlas.wait_drawn()

    atlas.root.locator(HEADER).select_option(first)
    wait_for(lambda: lab.ask("atlas._scene.layouts.encoder()") == first, "the first map did not come back")
    atlas.wait_selected(6)
    atlas.root.locator(HEADER).select_option("pixels/16")
    wait_for(lambda: lab.ask("atlas._scene.layouts.encoder()") == "pixels/16", "no map by pixels again")

    lab.restart_kernel()
    lab.rerun(cell)
    atlas = Atlas(lab)
    atlas.wait_layout("umap")
    assert lab.ask("atlas.encoder") == "pixels/16"
    assert atlas.root.locator(HEADER).input_value() == "pixels/16"


def test_a_table_opens_with_its_encoder_in_the_menu_and_another_is_added(
    lab: Lab, draw_folder: DrawFolder, tmp_path: Path
) -> None:
    import pointillist as pt

    images = draw_folder(tmp_path / "images", per_color=6)
    (images / "red" / "bad.jpg").write_bytes(b"no picture")
    pt.embed(images, "pixels/8", to=tmp_path / "photos.lance", engine="local")
    lab.open()
    atlas, _ = explore(lab, repr(str(tmp_path / "photos.lance")), "")
    atlas.wait_layout("umap")
    menu = atlas.root.locator(HEADER)
    assert menu.input_value() == "pixels/8"
    assert menu.locator("option").all_inner_texts() == ["pixels 8 × 8", "Add or compare …"]
    assert atlas.root.get_by_role("button", name="1 failed").is_visible()

    menu.select_option(label="Add or compare …")
    form = atlas.root.get_by_role("form", name="Add an encoder")
    form.locator("select").first.select_option(label="pixels")
    form.locator("input").first.fill("4")
    form.get_by_role("button", name="Embed and show").click()
    wait_for(lambda: lab.ask("atlas._scene.layouts.encoder()") == "pixels/4", "no map by the other encoder")
    menu.select_option("pixels/8")
    wait_for(lambda: lab.ask("atlas._scene.layouts.encoder()") == "pixels/8", "the table's own map did not come back")

    images.rename(tmp_path / "elsewhere")
    form.locator("input").first.fill("64")  # more than half of the images' 96 px: thumbnails do not do
    form.get_by_role("button", name="Embed and show").click()
    alarm = atlas.root.locator(".pt-status [role=alert]")
    alarm.wait_for()
    assert "none of the 24 images that have vectors of 'pixels/8' can be read any more" in alarm.inner_text()
    assert menu.input_value() == "pixels/8"
