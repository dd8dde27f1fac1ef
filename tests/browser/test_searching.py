"""Finding images like others: menu, thumbs, rounds, words, a box, a pasted picture; and the view as it was after it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from atlas import Atlas, explore
from lab import Lab, wait_for

pytestmark = pytest.mark.browser

DrawFolder = Callable[..., Path]
ORDER = "list(atlas.results.index)"

PASTE = """(grid, data) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const held = new DataTransfer();
  held.items.add(new File([bytes], "pasted.jpg", { type: "image/jpeg" }));
  grid.dispatchEvent(new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true }));
}"""


def parts(atlas: Atlas) -> list[str]:
    """The examples of the search, as their chips say; read at once, for chips come and go."""
    found: list[str] = atlas.root.locator(".pt-part").evaluate_all("(chips) => chips.map((chip) => chip.title)")
    return [title.split("\n")[0] for title in found]


def wait_parts(atlas: Atlas, wanted: list[str]) -> None:
    wait_for(lambda: parts(atlas) == wanted, f"the examples are not {wanted}")


def test_more_and_less_like_this_round_by_round(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=5)
    lab.open()
    atlas, cell = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    atlas.dots_only()
    names = lab.ask("list(atlas.collection.table.index)")
    red, blue = names.index("red/000.jpg"), names.index("blue/000.jpg")
    tiles = atlas.tiles(len(names))

    # From the grid by the menu: order, colour and Python follow.
    atlas.page.mouse.click(*tiles[red].middle, button="right")
    choice = atlas.root.get_by_role("menuitem", name="More like this")
    choice.wait_for()
    assert lab.page.locator(".lm-Menu-content:visible").count() == 0  # JupyterLab's own menu stays away
    choice.click()
    wait_parts(atlas, ["Like 000.jpg"])
    expected = lab.ask("list(atlas.collection.similar('red/000.jpg', k=999).index)")
    assert lab.ask(ORDER) == expected
    assert [name.split("/")[0] for name in expected[:4]] == ["red"] * 4
    assert lab.ask("[atlas.color_by, atlas.sort_by, list(atlas.view.index)[0]]") == [
        "similarity",
        "similarity",
        "red/000.jpg",
    ]
    atlas.wait_drawn()
    near, far = (atlas.points(atlas.layout("umap"))[names.index(name)] for name in (expected[0], expected[-1]))
    shades = atlas.colors([tuple(near), tuple(far)]).astype(int)
    assert np.abs(shades[0] - shades[1]).sum() > 100  # the two ends of the scale

    # On the map, the least similar: not like this one, by its key; then back, forward and undo.
    atlas.page.mouse.move(*atlas.points(atlas.layout("umap"))[blue])
    atlas.root.locator(".pt-map-card").wait_for()
    atlas.root.locator(".pt-map").press("d")
    wait_parts(atlas, ["Like 000.jpg", "Unlike 000.jpg"])
    second = lab.ask("list(atlas.collection.similar('red/000.jpg', against='blue/000.jpg', k=999).index)")
    assert lab.ask(ORDER) == second
    atlas.root.get_by_role("button", name="Round before").click()
    wait_parts(atlas, ["Like 000.jpg"])
    assert lab.ask(ORDER) == expected
    atlas.root.get_by_role("button", name="Round after").click()
    wait_parts(atlas, ["Like 000.jpg", "Unlike 000.jpg"])
    assert lab.ask(ORDER) == second

    # The thumb on the second image of the grid, while the pointer is on it.
    atlas.page.mouse.move(*atlas.tiles(3)[1].middle)
    atlas.root.locator(".pt-judge").get_by_role("button", name="More like this", include_hidden=True).click()
    wait_for(lambda: len(parts(atlas)) == 3, "the thumb made no example")
    atlas.grid.press("Control+z")
    wait_parts(atlas, ["Like 000.jpg", "Unlike 000.jpg"])

    # Only so many stay; the filter is Python's too.
    best = atlas.root.get_by_label("Number of images that stay")
    best.fill("4")
    best.press("Enter")
    best.blur()
    wait_for(lambda: len(lab.ask("list(atlas.view.index)")) == 4, "not four stay")

    # A second view shows the same search; Escape gives the former view back in both.
    lab.create_second_view(cell)
    second = Atlas(lab, view=1)
    second.root.wait_for()
    wait_parts(second, ["Like 000.jpg", "Unlike 000.jpg"])
    second.grid.press("Escape")
    wait_parts(atlas, [])
    wait_parts(second, [])
    assert lab.ask("[atlas.color_by, atlas.sort_by, len(atlas.view), len(atlas.filters)]") == [
        "label",
        None,
        len(names),
        0,
    ]

    # Reversed, from Python: slider and number keep the least similar, and say so.
    assert lab.ask("len(atlas.similar('red/000.jpg', k=6, reverse=True))") == 6
    slider = atlas.root.get_by_label("Greatest similarity")
    slider.wait_for()
    wait_for(
        lambda: (slider.get_attribute("aria-valuetext") or "").endswith("or less: 6 images"), "the slider is not at six"
    )
    best.fill("3")
    best.press("Enter")
    best.blur()
    least = lab.ask("list(atlas.collection.similar('red/000.jpg', k=3, reverse=True).index)")
    wait_for(lambda: lab.ask("list(atlas.view.index)") == least, "not the three least similar stay")
    slider.press("End")
    wait_for(lambda: lab.ask("len(atlas.filters)") == 0, "the end of the slider is not all")

    # However many examples there are, the grid stays where it is and the last one is in sight.
    chips = atlas.root.locator(".pt-part")
    places = []
    for n in (1, 3, 8):
        lab.run(f"atlas.similar({names[:n]!r})")
        wait_for(lambda n=n: len(parts(atlas)) == n, f"there are not {n} examples")
        places.append(atlas.grid.evaluate("(grid) => grid.getBoundingClientRect().y"))
        last, line = chips.last.bounding_box(), atlas.root.get_by_label("Examples").bounding_box()
        assert last is not None and line is not None
        assert last["x"] + last["width"] <= line["x"] + line["width"], n
    assert len(set(places)) == 1, places


def test_words_a_pasted_image_and_a_part(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=4)
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")

    # Words in a model that reads none: why, and which do.
    atlas.grid.press("/")
    field = atlas.root.get_by_label("Find images by words")
    wait_for(lambda: field.evaluate("(input) => input.matches(':focus')"), "the field has no focus")
    field.fill("a red thing")
    field.press("Enter")
    alert = atlas.root.locator(".pt-results-failed")
    alert.wait_for()
    assert "clip/ViT-B-32" in alert.inner_text()
    assert lab.ask("atlas.query['id']") == 0

    # A copy of an image, pasted: that one is the first, and the chip has its picture.
    copy = base64.b64encode((images / "blue" / "002.jpg").read_bytes()).decode()
    atlas.grid.evaluate(PASTE, copy)
    wait_parts(atlas, ["Like pasted.jpg"])
    assert lab.ask("[atlas.results.index[0], round(float(atlas.results['similarity'].iloc[0]), 6)]") == [
        "blue/002.jpg",
        1.0,
    ]
    wait_for(
        lambda: atlas.root.locator(".pt-part img").evaluate("(img) => img.naturalWidth") > 0, "the chip has no picture"
    )
    atlas.grid.evaluate(PASTE, base64.b64encode(b"no image at all").decode())
    alert.wait_for()
    assert alert.inner_text().startswith("“pasted.jpg” cannot be compared with: not an image")
    assert parts(atlas) == ["Like pasted.jpg"]

    # In the details: the nearest as pictures one can go to, and a box drawn in the picture.
    atlas.page.mouse.dblclick(*atlas.tiles(2)[0].middle)
    nearest = atlas.root.locator(".pt-nearest button")
    wait_for(lambda: nearest.count() > 4, "no nearest images")
    title = atlas.root.locator(".pt-dialog h2")
    before = title.inner_text()
    nearest.first.click()
    wait_for(lambda: title.inner_text() not in (before, ""), "the details did not go to the nearest")
    area = atlas.root.locator(".pt-part-field")
    area.wait_for()
    box = area.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    atlas.page.mouse.move(middle[0] - 20, middle[1] - 20)
    atlas.page.mouse.down()
    atlas.page.mouse.move(middle[0] + 20, middle[1] + 20, steps=3)
    atlas.page.mouse.up()
    atlas.root.get_by_role("button", name="More like this part").click()
    wait_for(lambda: len(parts(atlas)) == 1 and parts(atlas)[0].startswith("Like part of 0"), "no part is searched")
    assert lab.ask("atlas.results['label'].iloc[0]") == "blue"


CLASSIFIER = """
import numpy as np
from pointillist.encoders.classes import Classes
class Classifier:
    name = fingerprint = "classifier"
    dims, input_px = 4, 8
    classes = Classes(
        ("thing as red as a rose that is open, crimson thing", "thing as blue as the sky is at noon, azure thing"),
        np.eye(4, dtype=np.float32)[[0, 2]], np.zeros(2, np.float32),
    )
    def prepare(self, rgb):
        return rgb.mean(axis=(0, 1)) / 255
    def encode(self, batch):
        x = np.array([[*row, 0.3] for row in batch], np.float32)
        return x / np.linalg.norm(x, axis=1, keepdims=True)
"""


def test_words_of_a_classifier_are_read_whole_beside_its_classes(
    lab: Lab, draw_folder: DrawFolder, tmp_path: Path
) -> None:
    images = draw_folder(tmp_path / "images", per_color=4)
    lab.open()
    lab.run(CLASSIFIER)
    atlas, _ = explore(lab, repr(str(images)), ", encoder=Classifier()")
    atlas.wait_layout("umap")
    field = atlas.root.get_by_label("Find images by words")
    field.fill("azure; thing -crimson")
    field.press("Enter")
    wait_parts(atlas, ["Like azure", "Like thing", "Unlike crimson"])
    titles = atlas.root.locator(".pt-part").evaluate_all("(chips) => chips.map((chip) => chip.title)")
    assert titles[1].split("\n")[1].startswith("The model's classes: thing as red as a rose that is open")
    cut = "(texts) => texts.map((text) => [text.textContent, text.scrollWidth > text.clientWidth])"
    words = atlas.root.locator(".pt-part-text:not(.pt-soft)").evaluate_all(cut)
    assert words == [["azure", False], ["thing", False], ["crimson", False]]
    field.fill("-")
    field.press("Enter")
    alert = atlas.root.locator(".pt-results-failed")
    alert.wait_for()
    assert alert.inner_text() == "'-' is nothing to search for: give words"


def test_a_search_among_the_selected_finds_only_those(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=4)
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    among = atlas.root.locator(".pt-search-only")
    assert among.count() == 0
    atlas.root.locator(".pt-legend-row", has_text="red").click()
    atlas.wait_selected(4)
    among.click()
    assert (among.inner_text(), among.get_attribute("aria-pressed")) == ("in 4 selected", "true")

    pasted = base64.b64encode((images / "blue" / "002.jpg").read_bytes()).decode()
    atlas.grid.evaluate(PASTE, pasted)
    wait_parts(atlas, ["Like pasted.jpg"])
    assert sorted(lab.ask(ORDER)) == [f"red/{i:03d}.jpg" for i in range(4)]
    assert lab.ask("atlas.query['within']") == 4
