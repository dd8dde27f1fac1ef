"""What images and tables are called: the same in every session and spelling, whatever stands in a name."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import pointillist as pt

ENCODER = "pixels/8"


@pytest.fixture
def folder(tmp_path: Path, draw_folder: Callable[..., Path]) -> Path:
    return draw_folder(tmp_path / "photos", per_color=2)


def embed(images: object, place: Path | str, **named: object) -> tuple[int, int, int]:
    done = pt.embed(images, ENCODER, to=place, engine="local", **named)  # type: ignore[arg-type]
    return done.there, done.made, done.failed


def test_tags_stay_when_images_from_another_folder_are_added(folder: Path, tmp_path: Path) -> None:
    place, store = tmp_path / "photos.lance", tmp_path / "tags.sqlite"
    embed(folder, place)
    with pt.open(place, store=store) as c:
        c.tag(["red/000.jpg"], "seen")
    other = tmp_path / "elsewhere" / "000.jpg"
    other.parent.mkdir()
    shutil.copy(folder / "blue" / "000.jpg", other)
    assert embed([other], place) == (0, 1, 0)
    with pt.open(place, store=store) as c:
        assert c.table.index[c.table["tags"].str.len() > 0].tolist() == ["photos/red/000.jpg"]


def test_a_table_is_the_same_however_its_place_is_spelt(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "my photos.lance"
    assert embed(folder, place.as_uri()) == (0, 8, 0)
    assert embed(folder, f"{place}/") == (8, 0, 0)
    with pt.open(place.as_uri()) as c:
        c.tag(["red/000.jpg"], "seen")
    with pt.open(f"{place}/") as c:
        assert c.table.loc["red/000.jpg", "tags"] == ["seen"]


def test_a_place_where_nobody_could_open_the_table_is_refused_before_the_work(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(pt.StoreError, match=r"'.*photos' is no place for a table: its name must end in \.lance"):
        embed(folder, tmp_path / "photos")
    with pytest.raises(pt.StoreError, match=r"3 is no place for a table: give a path or a URL that ends in \.lance"):
        embed(folder, 3)  # type: ignore[arg-type]
    with pytest.raises(pt.StoreError, match="is the memory of one process, which no worker shares"):
        embed(folder, "memory://photos.lance")
    with pytest.raises(pt.SourceError, match=r"2 of 3 rows name no image, row 1 first.*leave them out"):
        embed([str(folder / "red" / "000.jpg"), "", None], tmp_path / "photos.lance")


@pytest.mark.skipif(sys.platform != "linux", reason="file names that are no Unicode")
def test_any_name_a_file_can_have(folder: Path, tmp_path: Path) -> None:
    odd = [folder / "red" / name for name in ("a b%20ü#?.jpg", "part#xywh=1,2,3,4", os.fsdecode(b"\xff.jpg"))]
    for path in odd:
        shutil.copy(folder / "blue" / "000.jpg", path)
    images = [*map(str, odd), str(odd[0]), odd[0].as_uri(), str(folder / "none.jpg")]
    assert embed(images, tmp_path / "photos.lance") == (0, 4, 1)
    assert embed(images, tmp_path / "photos.lance") == (5, 0, 0)
    expected = pt.Collection([odd[0]], store=None).embed(ENCODER)[0]
    with pt.open(tmp_path / "photos.lance", store=None) as c:
        there = [row for row, name in enumerate(c.images.names) if name != "none.jpg"]
        assert c.failures["reason"].tolist() == [f"no such file: {folder / 'none.jpg'}"]
        assert all(np.array_equal(c.embeddings[ENCODER][row], expected) for row in there)
        assert [c.contents.picture(row, 512).width for row in there] == [96] * 4
        assert np.isfinite(c.embed("pixels/4")).all(axis=1).sum() == 4


def test_boxes_and_whole_images_in_one_table(folder: Path, tmp_path: Path) -> None:
    import pandas as pd

    place, file = tmp_path / "photos.lance", str(folder / "red" / "000.jpg")
    embed(folder, place)
    parts = pd.DataFrame({"file": [file], "x": [8], "y": [8], "w": [40], "h": [24]})
    assert embed(parts, place, image="file", box=("x", "y", "w", "h")) == (0, 1, 0)
    with pt.open(place, store=None) as c:
        assert sorted(c.images.box(row) is None for row in range(9)) == [False] + [True] * 8
        assert np.isfinite(c.embed("pixels/4")).all()
        assert sorted(c.contents.picture(row, 512).width for row in range(9)) == [40] + [96] * 8
