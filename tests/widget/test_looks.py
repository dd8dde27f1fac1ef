"""Palette, colour scale, card columns, and who is near: set and asked, checked."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import pointillist as pt
from pointillist.explorer.colors import palette
from pointillist.protocol.state import Traits
from pointillist.wire import check


def test_python_and_browser_set_how_points_look(page: Any) -> None:
    atlas = page.atlas
    assert (atlas.palette, atlas.color_scale, atlas.card_columns) == ({}, {"kind": "linear", "reversed": False}, None)
    atlas.palette = {"class": {"cat": "#FF0000"}, "tags": {"later": "#00ff00"}}
    assert atlas.palette == {"class": {"cat": "#ff0000"}, "tags": {"later": "#00ff00"}}
    atlas.color_scale = "log"
    atlas.card_columns = ["score", "note", "score"]
    assert atlas.card_columns == ["score", "note"]
    check(page.comm.state, Traits)
    page.set(color_scale={"kind": "quantile", "reversed": True}, card_columns=None, palette={})
    assert (atlas.color_scale["kind"], atlas.card_columns, atlas.palette) == ("quantile", None, {})
    page.set(live_selection=True)
    assert atlas.live_selection is True


def classes(distinct: int) -> pd.DataFrame:
    """So many images that are nowhere, each of its own class."""
    return pd.DataFrame(
        {"path": [f"/nowhere/{i}.png" for i in range(distinct)], "class": [f"class {i}" for i in range(distinct)]}
    )


def test_a_label_of_thousands_of_classes_colours(opened: Callable[..., Any]) -> None:
    table = classes(5000)
    page = opened(
        table, image="path", label="class", layout=np.random.default_rng(0).normal(size=(5000, 2)), store=None
    )
    page.atlas.wait()
    assert (page.atlas.color_by, page.atlas.notice) == ("class", "")
    answer, arrays = page.answer("column", name="class")
    assert len(answer["categories"]) == len(answer["places"]) == 5000
    assert [answer["categories"][code - 1] for code in arrays["codes"]] == table["class"].tolist()
    assert len(np.unique(np.asarray(page.atlas.snapshot(pictures=False)).reshape(-1, 3), axis=0)) > 1000
    page.atlas.filters = [{"column": "class", "keep": ["class 4321"]}]
    assert page.atlas.view["class"].tolist() == ["class 4321"]


def test_a_label_of_too_many_classes_leaves_the_map_plain_and_says_why(opened: Callable[..., Any]) -> None:
    n = 65_537
    page = opened(
        classes(n), image="path", label="class", layout=np.random.default_rng(0).normal(size=(n, 2)), store=None
    )
    assert page.atlas.color_by == "class"
    plain = np.asarray(page.atlas.snapshot(pictures=False))
    page.atlas.wait()
    assert page.atlas.color_by is None
    assert page.comm.state["notice"] == "The label 'class' gives no colours: it has more than 65,535 different values."
    with pytest.raises(pt.TableError, match="cannot colour by 'class'"):
        page.atlas.color_by = "class"
    page.set(color_by="class")
    assert page.atlas.color_by is None
    assert (np.asarray(page.atlas.snapshot(pictures=False)) == plain).all()


def test_a_label_of_lists_says_why_it_gives_no_colours(opened: Callable[..., Any]) -> None:
    table = classes(3).assign(boxes=[[1], [2], [3]])
    page = opened(table, image="path", label="boxes", layout=np.zeros((3, 2)), store=None)
    page.atlas.wait()
    assert page.atlas.color_by is None
    assert "'boxes' gives no colours: its values are not all names" in page.atlas.notice


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("palette", {"class": {"cat": "red"}}, "'red' is not a colour for 'cat': write it as '#1f77b4'"),
        ("palette", {"class": {"cow": "#ff0000"}}, "'cow' is not a value of 'class'; it has 'cat', 'dog'"),
        ("palette", {"score": {"1": "#ff0000"}}, "'score' holds no categories"),
        ("palette", {"breed": {}}, "'breed' is not a column of the table"),
        ("palette", ["#ff0000"], "palette is {column: {category: '#rrggbb'}}"),
        ("color_scale", "cubic", "'cubic' is not a scale; there are: linear, log, quantile"),
        ("color_scale", {"kind": "log", "reversed": 1}, "'reversed' of color_scale is 1"),
        ("color_scale", {"name": "log"}, "color_scale is {'kind'"),
        ("card_columns", "score", "card_columns is a list of column names"),
        ("card_columns", ["breed"], "'breed' is not a column of the table"),
    ],
)
def test_what_cannot_be_is_refused(page: Any, name: str, value: Any, said: str) -> None:
    before = getattr(page.atlas, name)
    with pytest.raises(pt.TableError) as error:
        setattr(page.atlas, name, value)
    assert said in str(error.value)
    sent = len(page.comm.sent)
    page.set(**{name: value})
    assert getattr(page.atlas, name) == before
    assert ("update", {name: before}) in [(method, data.get("state")) for method, data, _ in page.comm.sent[sent:]]


@pytest.mark.parametrize("graph", [True, False])
def test_the_nearest_by_the_vectors_with_a_graph_and_without(graph: bool, opened: Callable[..., Any]) -> None:
    files = []
    for i, pixels in enumerate(np.random.default_rng(0).integers(0, 255, (30, 4, 4, 3), np.uint8)):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "png")
        files.append(b"no image" if i == 7 else file.getvalue())
    table = pd.DataFrame({"image": files})
    page = opened(table, image="image", encoder="pixels/4", layout=np.zeros((30, 2)), store=None)
    page.atlas.wait()
    vectors = page.atlas.collection.embed()
    if graph:
        page.atlas.collection.neighbours()
    _, arrays = page.answer("neighbours", row=3, k=5)
    distances = np.nan_to_num(1 - vectors @ vectors[3], nan=9)
    distances[3] = 9
    assert arrays["rows"].tolist() == np.argsort(distances, kind="stable")[:5].tolist()
    assert np.allclose(arrays["distances"], np.sort(distances)[:5], atol=1e-5)
    assert "this image has no vector" in page.answer("neighbours", row=7, k=5)[0]["message"]
    assert "there is no row 30" in page.answer("neighbours", row=30, k=5)[0]["message"]


def test_without_vectors_it_says_so(page: Any) -> None:
    assert page.answer("neighbours", row=0, k=5)[0]["kind"] == "asked"


def test_numbers_that_are_dates_or_durations_say_so(opened: Callable[..., Any]) -> None:
    table = pd.DataFrame(
        {
            "image": list(np.zeros((3, 4, 4, 3), np.uint8)),
            "when": pd.date_range("2020-01-01", periods=3),
            "took": pd.to_timedelta([1, 2, 3], unit="h"),
            "size": [1.0, 2.0, 3.5],
        }
    )
    page = opened(table, image="image", layout=np.zeros((3, 2)), store=None)
    page.atlas.wait()
    forms = {info["name"]: info.get("form") for info in page.atlas.columns}
    assert (forms["when"], forms["took"], forms["size"]) == ("date", "duration", None)


def test_colours_are_kept_over_a_restart_and_stay_with_their_category(
    opened: Callable[..., Any], tmp_path: Path
) -> None:
    def session(labels: list[str]) -> Any:
        table = pd.DataFrame({"path": [f"/nowhere/{i}.png" for i in range(len(labels))], "class": labels})
        page = opened(table, image="path", label="class", layout=np.arange(2.0 * len(labels)).reshape(-1, 2), **where)
        page.atlas.wait()
        return page

    where = {"store": tmp_path / "a.sqlite"}
    first = session(["cat", "dog"])
    assert first.answer("column", name="class")[0]["places"] == [0, 1]
    first.set(palette={"class": {"dog": "#ABCDEF"}})
    assert first.atlas.palette == {"class": {"dog": "#abcdef"}}
    first.atlas.close()

    second = session(["ant", "cat", "elk"])  # `dog` is gone, and its colour waits for it
    assert second.comm.state["palette"] == {"class": {"dog": "#abcdef"}}
    assert second.answer("column", name="class")[0]["places"] == [2, 0, 3]
    second.set(palette={"class": {"dog": "#abcdef", "elk": "#123456"}})
    second.set(palette={"class": {"cow": "#123456"}})
    assert second.atlas.palette == {"class": {"dog": "#abcdef", "elk": "#123456"}}
    picture = np.asarray(second.atlas.snapshot(width=300, height=300, scale=1)).astype(int)
    colors = palette("light").categories
    for color in (colors[2], colors[0], (0x12, 0x34, 0x56)):  # of `ant`, `cat` and `elk`
        assert np.abs(picture - np.asarray(color).astype(int)).max(axis=2).min() <= 26
    assert np.abs(picture - colors[1].astype(int)).max(axis=2).min() > 26
    second.atlas.close()

    third = session(["cat", "dog"])
    assert third.comm.state["palette"]["class"]["dog"] == "#abcdef"


def test_a_renamed_cluster_keeps_the_colour_chosen_for_it(page: Any) -> None:
    collection = page.atlas.collection
    collection.cluster("kmeans", layout="given", count=3)
    name = collection.clusters.names[1]
    before = page.answer("column", name="cluster")[0]["places"]
    page.set(palette={"cluster": {name: "#102030"}})
    collection.rename_cluster(name, "east")
    page.comm.wait_for(lambda: page.comm.state["palette"] == {"cluster": {name: "#102030", "east": "#102030"}})
    assert page.answer("column", name="cluster")[0]["places"] == before
