"""The clusters panel in a real JupyterLab: counted while set, found, renamed, merged, tagged, crossed, taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from atlas import Atlas, explore
from lab import Lab, wait_for
from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

DrawFolder = Callable[..., Path]
CLUSTERS = "{str(name): int(n) for name, n in atlas.collection.table['cluster'].value_counts().items() if n}"
OF_ONE = "sorted(atlas.collection.table.index[atlas.collection.table['cluster'] == {!r}])"
SELECTED = "sorted(atlas.selection.index)"


def lines(atlas: Atlas) -> dict[str, int]:
    """The clusters the panel lists, with the sizes it says."""
    read = "(ls) => ls.map((l) => [l.dataset.cluster, Number(l.querySelector('.pt-cluster-size').lastChild.data)])"
    return dict(atlas.root.locator(".pt-cluster-main").evaluate_all(read))


def line(atlas: Atlas, name: str) -> Locator:
    return atlas.root.locator(f".pt-cluster-main[data-cluster={name!r}]")


def edit(atlas: Atlas, act: str, name: str, field: str, text: str) -> None:
    """Type a name or a tag for a cluster, by the button that its line has under the mouse."""
    line(atlas, name).hover()
    atlas.root.get_by_role("button", name=f"{act} {name}", exact=True).click()
    typed = atlas.root.get_by_label(f"{field} {name}", exact=True)
    typed.fill(text)
    typed.press("Enter")


def test_clusters_are_found_named_merged_tagged_and_crossed(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=15)
    lab.open()
    atlas, _ = explore(lab, repr(str(images)))
    atlas.wait_layout("umap")
    atlas.root.get_by_role("navigation", name="Panels").get_by_role("button", name="Clusters").click()

    # Counted while the settings change, found by the button only.
    atlas.root.get_by_role("button", name="k-means").click()
    counts = atlas.root.locator(".pt-cluster-counts")
    for k in (3, 5):
        field = atlas.root.get_by_label("k", exact=True)
        field.fill(str(k))
        field.press("Tab")
        wait_for(lambda k=k: counts.inner_text() == f"{k} clusters", f"{k} clusters are not counted")
    assert lab.ask("'cluster' in atlas.collection.table.columns") is False
    atlas.root.get_by_role("button", name="Find clusters").click()
    wait_for(lambda: len(lines(atlas)) == 5, "five clusters are not listed")
    wait_for(lambda: lab.ask("atlas.color_by") == "cluster", "the map is not coloured by the clusters")
    found = lab.ask(CLUSTERS)
    assert lines(atlas) == found
    assert sum(found.values()) == 60

    # A click selects, shift adds; the two are one after "merge them".
    first, second = list(lines(atlas))[:2]
    edit(atlas, "Rename", first, "Name of", "my own")
    wait_for(lambda: lines(atlas).get("my own") == found[first], "the name is not in the list")
    members = lab.ask(OF_ONE.format("my own"))
    assert len(members) == found[first]
    line(atlas, "my own").click()
    atlas.wait_selected(len(members))
    assert lab.ask(SELECTED) == members
    others = lab.ask(OF_ONE.format(second))
    line(atlas, second).click(modifiers=["Shift"])
    atlas.wait_selected(len(members) + len(others))
    assert lab.ask(SELECTED) == sorted(members + others)
    atlas.root.get_by_role("button", name="merge them").click()
    wait_for(lambda: len(lines(atlas)) == 4, "they are not merged")
    merged = next(name for name, n in lab.ask(CLUSTERS).items() if n == len(members) + len(others))
    assert lab.ask(OF_ONE.format(merged)) == sorted(members + others)

    # Tagged as a whole, and crossed with the labels, each count a selection.
    edit(atlas, "Tag", merged, "Tag for", "look again")
    tagged = "sorted(i for i, t in atlas.collection.table['tags'].items() if 'look again' in t)"
    wait_for(lambda: lab.ask(tagged) == sorted(members + others), "they are not tagged")
    atlas.root.get_by_role("button", name="Table", exact=True).click()
    cell = atlas.root.locator(f".pt-crossing td button[title^={merged + ', '!r}]").first
    cell.wait_for()
    label = (cell.get_attribute("title") or "").removeprefix(f"{merged}, ").split(":")[0]
    within = [name for name in sorted(members + others) if name.startswith(label)]
    crossed = Counter(name.split("/")[0] for name in members + others)
    assert int(cell.inner_text()) == crossed[label] == len(within)
    cell.click()
    atlas.wait_selected(len(within))
    assert lab.ask(SELECTED) == within

    # Back by the key, for the panel lies over the button: the selection, the tag, the merge.
    atlas.root.get_by_role("button", name="List", exact=True).click()
    atlas.page.keyboard.press("Control+z")
    atlas.wait_selected(len(members) + len(others))
    atlas.page.keyboard.press("Control+z")
    wait_for(lambda: lab.ask(tagged) == [], "the tag is still there")
    atlas.page.keyboard.press("Control+z")
    wait_for(lambda: len(lines(atlas)) == 5, "the merge was not taken back")
    assert lines(atlas) == lab.ask(CLUSTERS) == {"my own" if name == first else name: n for name, n in found.items()}

    # Escape closes the panel, and the keys are at the rail, where it was opened.
    line(atlas, "my own").press("Escape")
    wait_for(lambda: atlas.root.locator(".pt-panel").count() == 0, "the panel stays")
    assert atlas.page.evaluate("document.activeElement.dataset.panel") == "clusters"


TOWER = """
import numpy as np
class Tower:
    name = fingerprint = "tower"
    dims, input_px = 4, 8
    def prepare(self, rgb):
        return rgb.mean(axis=(0, 1)) / 255
    def encode(self, batch):
        x = np.array([[*row, 0.3] for row in batch], np.float32)
        return x / np.linalg.norm(x, axis=1, keepdims=True)
    def encode_text(self, texts, *, prompts=("{}",)):
        return np.array([["rose" in text, "grass" in text, "sea" in text, 0] for text in texts], np.float32)
"""


def test_clusters_are_named_by_words_of_ones_own(lab: Lab, draw_folder: DrawFolder, tmp_path: Path) -> None:
    """By an encoder that knows three words; one without a text tower says which encoders have one."""
    images = draw_folder(tmp_path / "images", per_color=15, colors=("red", "green", "blue"))
    lab.open()
    lab.run(TOWER)
    atlas, _ = explore(lab, repr(str(images)), ", encoder=Tower()")
    atlas.wait_layout("umap")
    atlas.root.get_by_role("navigation", name="Panels").get_by_role("button", name="Clusters").click()
    atlas.root.get_by_role("button", name="k-means").click()
    field = atlas.root.get_by_label("k", exact=True)
    field.fill("3")
    field.press("Tab")
    atlas.root.get_by_text("Name them by your own words").click()
    atlas.root.get_by_label("Words to name clusters by").fill("sea, rose\ngrass")
    atlas.root.get_by_role("button", name="Find clusters").click()
    wait_for(lambda: set(lines(atlas)) == {"sea", "rose", "grass"}, "they are not named by the words")
    pairs = "sorted(set(atlas.collection.table[['cluster', 'label']].astype(str).itertuples(index=False, name=None)))"
    assert [tuple(pair) for pair in lab.ask(pairs)] == [("grass", "green"), ("rose", "red"), ("sea", "blue")]
    lab.run("c = atlas.collection; c.embed('pixels/32'); c.use('pixels/32')")
    wait_for(lambda: atlas.root.get_by_label("Words to name clusters by").count() == 0, "words are still asked for")
    assert "clip/ViT-B-32" in atlas.root.locator(".pt-own-words").inner_text()
