"""The view after a restart: what a notebook had last is shown again where it fits, and nothing else is."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pointillist as pt
from pointillist.errors import ProjectionError
from pointillist.explorer import last_view, views

from .conftest import table

N = 12
XY = np.stack([np.arange(N), np.arange(N) ** 2], axis=1).astype(float)
CAMERA = {"layout": "given", "x": 3.0, "y": 9.0, "z": 0.0, "span": 4.0, "yaw": 0.0, "pitch": 0.0}
CHOSEN: dict[str, Any] = {
    "camera": CAMERA,
    "color_by": "score",
    "color_scale": {"kind": "log", "reversed": True},
    "filters": [{"column": "class", "hide": ["cat"], "missing": False}],
    "sort_by": "score",
    "sort_descending": True,
    "card_columns": ["class", "score"],
    "thumb_px": 60,
    "height_px": 900,
    "picture_px": 0,
    "names_shown": False,
    "tags_shown": False,
    "point_size": 7.5,
    "point_opacity": 0.5,
    "density": 0.25,
    "live_selection": True,
}


class Lab:
    """Explorers of one store, in one notebook after another, in one kernel after another."""

    def __init__(self, opened: Callable[..., Any], store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._open, self._patch, self.store = opened, monkeypatch, store
        self.pages: list[Any] = []
        self.notebook("one.ipynb")

    def notebook(self, name: str | None) -> None:
        self._patch.setattr(views, "notebook", lambda: name)

    def begin(self, source: Any = None, **options: Any) -> Any:
        given = {"image": "image", "label": "class", "layout": XY, "store": self.store, **options}
        self.pages.append(self._open(table() if source is None else source, **given))
        return self.pages[-1]

    def explore(self, source: Any = None, **options: Any) -> Any:
        page = self.begin(source, **options)
        page.atlas.wait()
        return page

    def restart(self) -> None:
        views._opened.clear()
        for page in self.pages:
            page.atlas.close()
            page.atlas.collection.close()
        self.pages.clear()

    def again(self, source: Any = None, **options: Any) -> Any:
        self.restart()
        return self.explore(source, **options)


@pytest.fixture
def lab(opened: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    yield Lab(opened, tmp_path / "store", monkeypatch)
    views._opened.clear()


def view_of(atlas: Any) -> dict[str, Any]:
    return {name: getattr(atlas, name) for name in CHOSEN}


def select(page: Any, *rows: int) -> None:
    page.answer("select", {"mask": np.isin(np.arange(N), rows)})


def test_what_was_chosen_and_selected_is_there_after_a_restart(lab: Lab) -> None:
    first = lab.explore()
    fresh = view_of(first.atlas)
    assert not first.atlas.restored
    first.set(**CHOSEN)
    select(first, 2, 7)
    again = lab.again()
    assert view_of(again.atlas) == CHOSEN
    assert all(fresh[name] != value for name, value in CHOSEN.items())
    assert again.atlas.rows.tolist() == [2, 7]
    assert list(again.atlas.selection.index) == ["i2", "i7"]
    assert again.atlas.restored and again.comm.state["restored"]
    _, arrays = again.answer("selection")
    assert np.flatnonzero(arrays["mask"]).tolist() == [2, 7]
    lab.again()
    assert view_of(lab.pages[0].atlas) == CHOSEN, "it outlives a session in which nothing is touched"


def test_the_first_message_already_says_that_some_are_selected(lab: Lab) -> None:
    select(lab.explore(), 4)
    again = lab.again()
    opened = next(data for method, data, _ in again.comm.sent if method == "comm_open")
    assert opened["state"]["selected"] == {"revision": 1, "count": 1}


def test_another_notebook_and_the_same_kernel_start_fresh(lab: Lab) -> None:
    lab.explore().set(color_by="score", thumb_px=60)
    assert (lab.explore().atlas.color_by, lab.pages[1].atlas.restored) == ("class", False)
    lab.notebook("two.ipynb")
    two = lab.again()
    assert (two.atlas.color_by, two.atlas.thumb_px, two.atlas.restored) == ("class", 104, False)
    two.set(thumb_px=80)
    lab.notebook("one.ipynb")
    assert lab.again().atlas.thumb_px == 60
    lab.notebook(None)
    nowhere = lab.again()
    assert (nowhere.atlas.thumb_px, nowhere.atlas.restored) == (104, False)
    nowhere.set(thumb_px=90)
    lab.notebook("two.ipynb")
    assert lab.again().atlas.thumb_px == 80


def test_a_second_explorer_that_nobody_touches_takes_nothing_away(lab: Lab) -> None:
    first = lab.explore()
    first.set(color_by="score")
    select(first, 3)
    lab.explore()
    assert (lab.again().atlas.color_by, lab.pages[0].atlas.rows.tolist()) == ("score", [3])
    lab.explore().set(thumb_px=60)  # the one touched last is the one that is shown
    again = lab.again()
    assert (again.atlas.color_by, again.atlas.thumb_px, again.atlas.rows.tolist()) == ("class", 60, [])


def test_an_argument_that_is_another_than_before_wins(lab: Lab) -> None:
    first = lab.explore(label=None, layout=None, embeddings=XY)
    first.set(color_by="score", layout_name="pca")
    first.atlas.zoom_to(["i3"])
    again = lab.again(embeddings=XY)
    assert (again.atlas.color_by, again.atlas.layout_name, again.atlas.camera) == ("class", "given", None)
    again.set(color_by="score")
    assert lab.again(embeddings=XY).atlas.color_by == "score"
    assert lab.again(label="score", embeddings=XY).atlas.color_by == "score"
    lab.pages[0].set(color_by="class")
    assert lab.again(embeddings=XY).atlas.color_by == "class"


def test_what_no_longer_fits_is_left_out(lab: Lab) -> None:
    first = lab.explore()
    first.atlas.collection.tag(["i1"], "kept")
    first.atlas.collection.tag(["i2"], "gone")
    hidden = {"column": "class", "hide": ["cat", "dog"], "missing": False}
    with_tags = {"column": "tags", "hide": ["gone", "kept"], "missing": False}
    ranged = {"column": "score", "low": 1.0, "high": None, "missing": True}
    first.set(color_by="score", sort_by="score", card_columns=["score"], filters=[hidden, with_tags, ranged])
    select(first, 0, 1, 5)
    first.atlas.collection.untag(["i2"], "gone")
    others = table().drop(columns="score").drop(index=["i0", "i3"])
    others["class"] = others["class"].replace("cat", "cow")
    again = lab.again(others.iloc[::-1], layout=XY[:10])
    assert (again.atlas.color_by, again.atlas.sort_by, again.atlas.card_columns) == ("class", None, None)
    assert again.atlas.filters == [hidden | {"hide": ["dog"]}, with_tags | {"hide": ["kept"]}]
    assert sorted(again.atlas.selection.index) == ["i1", "i5"]
    only = [{"column": "class", "keep": ["cow"], "missing": True}]
    again.set(filters=only)
    assert lab.again().atlas.filters == [], "one that names nothing any more would hide all"


def test_the_view_is_there_before_the_columns_are_known(lab: Lab) -> None:
    lab.explore().set(sort_by="score", filters=[{"column": "score", "low": 2.0, "high": None, "missing": True}])
    before = lab.pages[0].atlas.view
    lab.restart()
    page = lab.begin()
    pd.testing.assert_index_equal(page.atlas.view.index, before.index)
    page.atlas.color_by = "tags"
    page.atlas.wait()
    assert (page.atlas.color_by, page.atlas.sort_by) == ("tags", "score")
    lab.restart()
    page = lab.begin(table().drop(columns="score"))
    assert list(page.atlas.view.index) == list(table().index)


def test_a_label_of_too_many_values_is_nothing_to_restore(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointillist.frame.MAX_CODES", 3)
    first = lab.explore(label="note")
    assert first.atlas.color_by is None
    first.set(thumb_px=60)
    first.set(thumb_px=104)
    again = lab.again(label="note")
    assert not again.atlas.restored
    again.set(color_by="class")
    again.answer("start_fresh")
    assert again.atlas.color_by is None


def test_a_search_is_not_restored_and_what_it_changed_is_as_before(lab: Lab) -> None:
    vectors = np.random.default_rng(0).standard_normal((N, 4))
    first = lab.explore(embeddings=vectors)
    first.set(color_by="score", sort_by="class", sort_descending=True)
    select(first, 6)
    first.atlas.similar(["i3"], k=4)
    assert (first.atlas.color_by, first.atlas.sort_by, len(first.atlas.filters)) == ("similarity", "similarity", 1)
    again = lab.again(embeddings=vectors)
    assert (again.atlas.color_by, again.atlas.sort_by, again.atlas.sort_descending) == ("score", "class", True)
    assert (again.atlas.filters, again.atlas.rows.tolist()) == ([], [6])


def test_the_map_on_show_and_its_camera_come_back_or_not(lab: Lab, laid_out_here: None) -> None:
    rng = np.random.default_rng(0)
    vectors = {"layout": None, "embeddings": rng.standard_normal((N, 4))}
    first = lab.explore(**vectors)
    assert first.atlas.layout_name == "umap"
    first.set(layout_name="pca")
    first.atlas.zoom_to(["i3"])
    camera = first.atlas.camera
    again = lab.again(**vectors)
    assert (again.atlas.layout_name, again.atlas.camera) == ("pca", camera)
    again.answer("project", method="pca-grid", dims=2)
    again.atlas.wait()
    assert again.atlas.layout_name == "pca-grid"
    again = lab.again(**vectors)
    again.comm.wait_for(lambda: again.comm.state["layout_name"] == "pca-grid")  # it is arranged again
    again.atlas.wait()
    lab.pages[0].set(layout_name="pca", camera=camera | {"x": 1e6})
    again = lab.again(**vectors)
    assert (again.atlas.layout_name, again.atlas.camera) == ("pca", None), "nothing is there to be seen"
    again.set(camera=camera | {"span": 1e6})
    others = {"layout": None, "embeddings": None, "encoder": "pixels/4"}
    assert lab.again(**others).atlas.camera is None, "it is another encoder's map"


def test_a_map_in_a_grid_that_comes_to_nothing_is_not_tried_again(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    first = lab.explore()
    first.answer("project", method="given-grid", dims=2)
    first.atlas.wait()
    assert first.atlas.layout_name == "given-grid"
    tried: list[int] = []

    def fails(xy: np.ndarray) -> np.ndarray:
        tried.append(len(xy))
        raise ProjectionError("there is no grid today")

    monkeypatch.setattr("pointillist.explorer.maps.arranged", fails)
    lab.restart()
    again = lab.begin()
    again.comm.wait_for(lambda: any(run["state"] == "failed" for run in again.comm.state["runs"]))
    for _ in range(3):
        again.atlas._write({"layouts"})
        assert again.atlas._flow.jobs.wait(60)
    assert (tried, again.atlas.layout_name) == ([N], "given")


def test_the_view_that_explore_shows_is_one_click_away(lab: Lab) -> None:
    first = lab.explore()
    fresh = view_of(first.atlas)
    first.set(**CHOSEN)
    select(first, 2, 7)
    again = lab.again()
    again.answer("start_fresh")
    assert view_of(again.atlas) == fresh
    assert (again.atlas.rows.tolist(), again.atlas.restored) == ([], False)
    assert again.events("selection")[-1]["count"] == 0
    last = lab.again()
    assert (view_of(last.atlas), last.atlas.restored, last.atlas.rows.tolist()) == (fresh, False, [])


def test_the_note_is_put_away_for_this_session(lab: Lab) -> None:
    lab.explore().set(thumb_px=60)
    again = lab.again()
    again.set(restored=False)
    assert (again.atlas.restored, again.atlas.thumb_px) == (False, 60)
    assert lab.again().atlas.restored


@pytest.mark.parametrize(
    "text", ["{", "[]", "null", '{"view": {}}', '{"view": {"thumb_px": "large"}}', "\xff\xfe", json.dumps(None)]
)
def test_what_cannot_be_read_is_ignored(lab: Lab, text: str) -> None:
    first = lab.explore()
    first.set(thumb_px=60)
    select(first, 2)
    lab.restart()
    with sqlite3.connect(lab.store) as db:
        assert db.execute("UPDATE arrays SET data = ?, shape = ?", (text.encode("latin1"), f"[{len(text)}]")).rowcount
    again = lab.explore()
    assert (again.atlas.thumb_px, again.atlas.rows.tolist(), again.atlas.restored) == (104, [], False)


def test_one_value_that_cannot_be_is_left_out_alone(lab: Lab) -> None:
    lab.explore().set(thumb_px=60, color_by="score")
    lab.restart()
    with sqlite3.connect(lab.store) as db:
        found = "SELECT stage, data FROM arrays JOIN stages USING (stage) WHERE stages.name = 'view/1 one.ipynb'"
        stage, data = db.execute(found).fetchone()
        kept = json.loads(data)
        kept["view"] |= {"thumb_px": 99_999, "camera": {"x": "left"}, "point_size": -3}
        data = json.dumps(kept).encode()
        db.execute("UPDATE arrays SET data = ?, shape = ? WHERE stage = ?", (data, f"[{len(data)}]", stage))
    again = lab.explore().atlas
    assert (again.thumb_px, again.camera, again.point_size, again.color_by) == (104, None, None, "score")


def test_a_store_that_cannot_be_written_or_is_gone_costs_the_view_alone(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(last_view, "AFTER_S", 0.01)
    monkeypatch.setattr(last_view, "WAIT_S", 0.2)
    page = lab.explore()
    with sqlite3.connect(lab.store, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        page.set(thumb_px=60)
        page.atlas.close()  # and does not wait for the other
        other.execute("ROLLBACK")
    page = lab.again()
    page.atlas.collection.close()
    page.set(thumb_px=70)
    page.atlas._keep()
    assert page.atlas.thumb_px == 70


def test_many_changes_are_written_once_and_none_where_nothing_changed(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = lab.explore()
    written: list[int] = []
    monkeypatch.setattr(page.atlas._views, "write", lambda kept: written.append(kept["view"]["thumb_px"]))
    for side_px in range(40, 100):
        page.set(thumb_px=side_px)
    page.set(thumb_px=104)
    page.atlas._keep()
    assert written == []
    for side_px in range(40, 100):
        page.set(thumb_px=side_px)
    page.atlas.close()
    assert written == [99]


def test_a_selection_among_very_many_is_not_kept(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_IMAGES", N)
    select(lab.explore(), 0, 1, 2)
    again = lab.again()
    assert again.atlas.rows.tolist() == [0, 1, 2]
    monkeypatch.setattr(views, "MOST_IMAGES", N - 1)
    again.set(thumb_px=60)
    again = lab.again()
    assert (again.atlas.rows.tolist(), again.atlas.thumb_px) == ([], 60)


def test_a_kernel_that_ends_writes_what_is_not_written_yet(lab: Lab, tmp_path: Path) -> None:
    code = f"""
import numpy as np
import pointillist as pt
from pointillist.explorer import views
views.notebook = lambda: "one.ipynb"
images = [np.full((8, 8, 3), i, np.uint8) for i in range(4)]
atlas = pt.explore(images, layout=np.arange(8.0).reshape(4, 2), store={str(tmp_path / "store")!r})
atlas.wait()
atlas.select([1, 3])
atlas.thumb_px = 77
"""
    env = {**os.environ, "PYTHONPATH": str(Path(pt.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, env=env)
    images = [np.full((8, 8, 3), i, np.uint8) for i in range(4)]
    again = lab.explore(images, image=None, label=None, layout=np.arange(8.0).reshape(4, 2))
    assert (again.atlas.thumb_px, again.atlas.rows.tolist()) == (77, [1, 3])
