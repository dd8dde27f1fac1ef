"""A column of plain paths is read as any other column of paths, without a look at each of them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pointillist.images.table as table_module
from pointillist.images import read_source
from pointillist.images.cells import at_the_door, from_cells
from pointillist.images.path_column import path_column
from pointillist.images.table import read_table

PARTS = st.sampled_from(["a", "b.png", "ab", "ü", ".", "..", ".hidden", "~", "", "x y", "c\nd", "a.b."])
PATHS = st.builds(
    lambda start, parts: start + "/".join(parts), st.sampled_from(["", "/", "~/", "http://h/"]), st.lists(PARTS)
)


@given(st.lists(PATHS, min_size=1, max_size=6), st.sampled_from([object, "str"]))
def test_the_quick_way_gives_what_the_slow_one_gives(paths: list[str], dtype: object) -> None:
    frame = pd.DataFrame({"image": pd.Series(paths, dtype=dtype)})
    quick = path_column(frame["image"])
    if quick is None:
        return
    images = read_table(frame, "image")
    slow = from_cells([at_the_door(path) for path in paths], frame, title=images.title)
    assert list(images.cells) == slow.cells
    assert images.cells[:] == slow.cells
    assert list(images.ids) == slow.ids
    assert images.names == slow.names
    assert images.identity == slow.identity


@pytest.mark.parametrize(
    "paths", [["/a/b/1.png", "/a/c/2.png"], ["b/1.png"], ["/1.png", "/2.png"], ["/a/.x/1.png"] * 3]
)
def test_plain_paths_take_the_quick_way(paths: list[str]) -> None:
    assert path_column(pd.Series(paths, dtype=object)) is not None


@pytest.mark.parametrize(
    "odd",
    [
        "/a//1.png",
        "/a/./1.png",
        "/a/../1.png",
        "/a/..",
        "/a/",
        "",
        "a/1.png",
        "~/1.png",
        "http://a/1.png",
        "/a\n/1.png",
    ],
)
def test_a_path_that_needs_cleaning_up_takes_the_slow_way(odd: str) -> None:
    assert path_column(pd.Series(["/a/2.png", odd], dtype=object)) is None


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, 3, b"bytes"])
def test_what_is_no_text_takes_the_slow_way(missing: object) -> None:
    assert path_column(pd.Series(["/a/2.png", missing], dtype=object)) is None


def test_paths_past_one_chunk_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointillist.images.path_column.CHUNK", 4)
    paths = [f"/data/{i % 3}/{i}.png" for i in range(11)]
    found = path_column(pd.Series(paths))
    assert found is not None and found.root == "/data"
    assert path_column(pd.Series([*paths, "/data/../x.png"])) is None
    assert path_column(pd.Series([*paths, "x.png"])) is None


def test_no_path_is_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked(_: object) -> object:
        raise AssertionError("a cell was looked at")

    monkeypatch.setattr(table_module, "at_the_door", looked)
    images = read_source(pd.DataFrame({"path": [f"/d/{i}.png" for i in range(1000)]}), image="path")
    assert len(images) == 1000
    assert images.names[7] == "7.png"
    assert images.ids[7] == "7.png"


def test_a_change_of_the_callers_table_does_not_reach_the_images() -> None:
    frame = pd.DataFrame({"path": pd.Series(["/d/a.png", "/d/b.png"], dtype=object)})
    images = read_source(frame, image="path")
    frame.loc[0, "path"] = "/d/changed.png"
    assert images.cells[0] == "/d/a.png"


def test_a_relative_path_stays_where_it_was_when_the_folder_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    images = read_source(pd.DataFrame({"path": ["a.png", "b.png"]}), image="path")
    monkeypatch.chdir(os.sep)
    assert images.cells[1] == str(tmp_path / "b.png")


def test_a_path_that_stands_twice_is_two_rows_with_two_ids() -> None:
    images = read_source(pd.DataFrame({"path": ["/d/a.png", "/d/a.png"]}), image="path")
    assert images.ids == ["a.png", "a.png#2"]
