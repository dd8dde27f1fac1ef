"""Modes of the widget on other images than the drawings of the demo: few, late, lost, unreadable, many, in training."""

from __future__ import annotations

from atlas import Atlas
from lab import wait_for
from modes import mode, opened, uncovered, zoom

# Run once in the kernel, before the first widget.
SOURCES = """
import os, shutil
from pathlib import Path
import numpy as np
import pandas as pd
from PIL import Image

PHOTOS = sorted(Path("photos").resolve().rglob("*.png"))

def folder(name, n, start=0):
    for path in PHOTOS[start::len(PHOTOS) // 64][:n]:
        (Path(name) / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, Path(name) / path.parent.name)
    return name

def all_broken():
    Path("broken").mkdir(exist_ok=True)
    for number in range(12):
        (Path("broken") / f"drawing {number}.png").write_text("no image")
    return pt.explore("broken", store=None)

def some_lost():
    shutil.rmtree("lost", ignore_errors=True)
    folder("lost", 40)
    with pt.Collection("lost", store="lost.sqlite") as before:
        before.tag(before.table.index[:5], "to check")
        before.tag(before.table.index[3:7], "night")
        before.embed("pixels/32")
    for path in sorted(Path("lost").rglob("*.png"))[:14]:
        path.unlink()
    return pt.explore("lost", store="lost.sqlite", encoder="pixels/32")

def some_later():
    shutil.rmtree("later", ignore_errors=True)
    Path("later.sqlite").unlink(missing_ok=True)
    folder("later", 30)
    with pt.explore("later", store="later.sqlite", encoder="pixels/32").collection as before:
        before.embed("pixels/32")
        before.project("umap")
    folder("later", 20, start=7)
    return pt.explore("later", store="later.sqlite", encoder="pixels/32")

def cloud(n, dims, kinds=12):
    rng = np.random.default_rng(0)
    kind = rng.integers(0, kinds, n)
    middles = rng.normal(0, 4, (kinds, dims))
    xy = (middles[kind] + rng.normal(0, 0.7, (n, dims))).astype("f4")
    tile = Image.new("RGB", (8, 8), (120, 140, 160))
    data = pd.DataFrame({"image": [tile] * n, "kind": [f"kind {k:03d}" for k in kind]})
    return pt.explore(data, image="image", label="kind", layout=xy, store=None)

def low():
    atlas = pt.explore("photos")
    atlas.height_px = 320
    return atlas
"""


@opened("pt.explore(folder('one', 1), store=None, encoder='pixels/32')")
def one_image(atlas: Atlas) -> None:
    wait_for(lambda: atlas.root.locator(".pt-run").count() == 0, "work goes on")


@opened("pt.explore(folder('five', 5), store=None, encoder='pixels/32')")
def five_images(atlas: Atlas) -> None:
    atlas.wait_layout("umap")


@opened("all_broken()")
def all_unreadable(atlas: Atlas) -> None:
    atlas.root.locator(".pt-status .pt-link", has_text="failed").wait_for()
    wait_for(lambda: atlas.root.locator(".pt-run").count() == 0, "work goes on")


@opened("all_broken()")
def unreadable_ones_listed(atlas: Atlas) -> None:
    atlas.root.locator(".pt-status .pt-link", has_text="failed").click()
    atlas.root.locator(".pt-failure").first.wait_for()


@opened("some_lost()")
def missing_ones_listed(atlas: Atlas) -> None:
    atlas.root.locator(".pt-status .pt-link", has_text="missing").click()
    atlas.root.locator(".pt-missing").first.wait_for()


@opened("some_later()")
def later_images(atlas: Atlas) -> None:
    atlas.wait_layout("umap")
    atlas.root.get_by_role("button", name="lay out anew").wait_for()


@opened("pt.explore(folder('kept', 40), store='/proc/kept.sqlite', encoder='pixels/32')")
def nothing_is_kept(atlas: Atlas) -> None:
    atlas.wait_layout("umap")


@opened("cloud(100_000, 3)")
def space_of_many(atlas: Atlas) -> None:
    atlas.wait_layout("given-3d")


@opened("cloud(100_000, 3)")
def space_of_many_near(atlas: Atlas) -> None:
    atlas.wait_layout("given-3d")
    zoom(atlas, 5)


@opened("cloud(20_000, 2, kinds=300)")
def many_categories(atlas: Atlas) -> None:
    atlas.wait_layout("given")


@opened("cloud(20_000, 2, kinds=300)")
def many_categories_under_the_pointer(atlas: Atlas) -> None:
    atlas.wait_layout("given")
    atlas.root.locator(".pt-legend-row").nth(2).hover()


@opened("low()")
def low_map(atlas: Atlas) -> None:
    atlas.wait_layout("umap")


@opened("low()")
def low_map_more_tools(atlas: Atlas) -> None:
    atlas.wait_layout("umap")
    atlas.root.get_by_role("button", name="More tools").click()


@opened("low()")
def low_map_points(atlas: Atlas) -> None:
    atlas.wait_layout("umap")
    atlas.press_tool("Points")


@opened("low()")
def low_map_save(atlas: Atlas) -> None:
    atlas.wait_layout("umap")
    atlas.press_tool("Save picture")


@opened("low()")
def low_map_maps(atlas: Atlas) -> None:
    atlas.wait_layout("umap")
    atlas.root.get_by_role("button", name="Maps and their quality").click()


@opened("low()")
def low_map_hover(atlas: Atlas) -> None:
    atlas.wait_layout("umap")
    atlas.page.mouse.move(*corner_point(atlas, 0, -1))
    atlas.card.wait_for()


@opened("low()")
def low_map_clusters(atlas: Atlas) -> None:
    atlas.wait_layout("umap")
    atlas.root.locator(".pt-rail [data-panel=clusters]").click()
    atlas.root.locator(".pt-panel").wait_for()


@mode
def save_a_picture(atlas: Atlas) -> None:
    atlas.press_tool("Save picture")


def corner_point(atlas: Atlas, right: float, down: float) -> tuple[float, float]:
    """The point of the map that is farthest that way, of those that nothing covers."""
    xy = uncovered(atlas)
    x, y = xy[(xy * [right, down]).sum(axis=1).argmax()]
    return float(x), float(y)


@mode
def hover_lower_right(atlas: Atlas) -> None:
    atlas.page.mouse.move(*corner_point(atlas, 1, 1))
    atlas.card.wait_for()


@mode
def hover_upper_right(atlas: Atlas) -> None:
    atlas.page.mouse.move(*corner_point(atlas, 1, -1))
    atlas.card.wait_for()


@mode
def hover_upper_left(atlas: Atlas) -> None:
    atlas.page.mouse.move(*corner_point(atlas, -1, -1))
    atlas.card.wait_for()


@mode
def menu_at_the_edge(atlas: Atlas) -> None:
    atlas.page.mouse.click(*corner_point(atlas, 0.2, 1), button="right")
    atlas.root.locator(".pt-menu").wait_for()


@mode
def tags_beside_a_panel(atlas: Atlas) -> None:
    atlas.root.locator(".pt-legend-row").nth(1).click()
    atlas.tag_field.fill("to check")
    atlas.tag_field.press("Enter")
    atlas.root.locator(".pt-chip").first.wait_for()
    atlas.root.locator(".pt-rail [data-panel=clusters]").click()
    atlas.root.locator(".pt-panel").wait_for()


@mode
def encoders_panel(atlas: Atlas) -> None:
    atlas.root.locator(".pt-rail [data-panel=encoders]").click()
    atlas.root.locator(".pt-panel").wait_for()


def asked_for(atlas: Atlas, kind: str, field: str, words: str, model: str | None = None) -> None:
    """Name something in the form of the encoders' panel, and the model where there is a field for it, and send it."""
    atlas.wait_layout("umap")
    atlas.root.locator(".pt-rail [data-panel=encoders]").click()
    form = atlas.root.get_by_role("form", name="Add an encoder")
    form.locator("select").first.select_option(value=kind)
    form.locator("label", has_text=field).locator("input").fill(words)
    if model is not None:
        form.locator("label", has_text="model").locator("input").fill(model)
    form.locator("[type=submit]").click()


@opened("pt.explore(folder('trained', 64), store=None, encoder='pixels/32')")
def vectors_of_a_variable(atlas: Atlas) -> None:
    atlas.lab.run("import numpy as np; my_vectors = np.random.default_rng(0).normal(size=(len(atlas.collection), 8))")
    asked_for(atlas, "given", "vectors", "my_vectors")
    wait_for(lambda: atlas.root.locator(".pt-encoder").count() == 2, "the vectors are not in the list")


def listed(atlas: Atlas, count: int) -> None:
    """Wait until so many encoders are in the list and have seen all images."""
    there = atlas.root.locator(".pt-encoder")
    wait_for(lambda: there.count() == count and "at work" not in there.last.inner_text(), "it is not in the list", 120)


@opened("pt.explore(folder('trained', 64), store=None, encoder='pixels/32')")
def a_vision_model_of_hugging_face(atlas: Atlas) -> None:
    atlas.lab.run(
        "from transformers import ViTConfig, ViTModel\n"
        "sizes = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)\n"
        "vit = ViTModel(ViTConfig(image_size=64, patch_size=16, **sizes)).eval()"
    )
    asked_for(atlas, "own", "variable", "vit")
    listed(atlas, 2)


@opened("pt.explore(folder('trained', 64), store=None, encoder='pixels/32')")
def weights_of_a_file(atlas: Atlas) -> None:
    atlas.lab.run(
        "import timm, torch\n"
        "from safetensors.torch import save_file\n"
        "save_file(timm.create_model('test_resnet').state_dict(), 'textile, epoch 12.safetensors')"
    )
    asked_for(atlas, "timm", "weights", "textile, epoch 12.safetensors", model="test_resnet")
    listed(atlas, 2)


@opened("pt.explore(folder('trained', 64), store=None, encoder='pixels/32')")
def a_variable_that_is_none(atlas: Atlas) -> None:
    asked_for(atlas, "own", "variable", "my_modle")
    atlas.root.locator(".pt-encoder-form [role=alert]").wait_for()


@opened("pt.explore(folder('trained', 64), store=None, encoder='pixels/32')")
def weights_that_are_not_there(atlas: Atlas) -> None:
    asked_for(atlas, "timm", "weights", "mine.safetensors")
    atlas.root.locator(".pt-encoder-form [role=alert]").wait_for()


def train(atlas: Atlas, kind: str, epochs: int) -> None:
    """Begin a training in the panel of encoders, and wait for its second epoch."""
    atlas.wait_layout("umap")
    atlas.root.locator(".pt-rail [data-panel=encoders]").click()
    form = atlas.root.get_by_role("form", name="Add an encoder")
    form.locator("select").first.select_option(value=kind)
    form.locator("label", has_text="epochs").locator("input").fill(str(epochs))
    form.locator("[type=submit]").click()
    wait_for(lambda: atlas.root.locator(".pt-training-line").count(), "no second epoch", 240)


@opened("pt.explore(folder('trained', 64), store=None, encoder='pixels/32')")
def training_an_autoencoder(atlas: Atlas) -> None:
    train(atlas, "autoencoder", 60)
    atlas.root.locator(".pt-strip img").first.wait_for()


@opened("pt.explore(folder('trained', 64), store=None, encoder='pixels/32')")
def trained_autoencoder(atlas: Atlas) -> None:
    train(atlas, "autoencoder", 4)
    wait_for(lambda: "Trained" in atlas.root.locator(".pt-training h3").inner_text(), "the training goes on", 240)


@opened("pt.explore(folder('trained', 64), store=None, encoder='pixels/32')")
def fine_tuning(atlas: Atlas) -> None:
    train(atlas, "finetuned", 8)
