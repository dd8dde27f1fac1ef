"""Files that change between two runs into one table."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import pointillist as pt
from pointillist.encoders import encoder
from pointillist.jobs import Job
from pointillist.scale import embed_rows
from pointillist.scale.table import Table

ENCODER = "pixels/8"


@pytest.fixture
def folder(tmp_path: Path, draw_folder: Callable[..., Path]) -> Path:
    return draw_folder(tmp_path / "it's photos", per_color=2)


def embed(images: object, place: Path) -> tuple[int, int, int]:
    done = pt.embed(images, ENCODER, to=place, engine="local")
    return done.there, done.made, done.failed


def vectors(images: object) -> dict[str, np.ndarray]:
    c = pt.Collection(images, store=None)
    return dict(zip(c.table.index, c.embed(ENCODER), strict=True))


def change(folder: Path) -> None:
    """One file changed, one mended, one that appears where there was none."""
    shutil.copy(folder / "blue" / "000.jpg", folder / "red" / "000.jpg")
    shutil.copy(folder / "blue" / "001.jpg", folder / "red" / "bad.jpg")
    shutil.copy(folder / "blue" / "001.jpg", folder / "red" / "later.jpg")


def test_what_changed_is_made_anew_and_the_rest_left_alone(folder: Path, tmp_path: Path) -> None:
    place, later = tmp_path / "photos.lance", folder / "red" / "later.jpg"
    (folder / "red" / "bad.jpg").write_bytes(b"no picture")
    images = [*sorted(folder.rglob("*.jpg")), later]
    assert embed(images, place) == (0, 8, 2)
    assert embed(images, place) == (10, 0, 0)
    with pt.open(place) as c:
        c.tag(["red/000.jpg"], "seen")
    change(folder)
    assert embed(images, place) == (7, 3, 0)
    assert embed(images, place) == (10, 0, 0)
    with pt.open(place) as c:
        expected = vectors(folder)
        assert not len(c.failures)
        assert c.table.loc["red/000.jpg", "tags"] == ["seen"]
        for name, vector in zip(c.table.index, c.embeddings[ENCODER], strict=True):
            np.testing.assert_array_equal(vector, expected[name])


def test_rows_of_files_that_are_gone_stay(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "photos.lance"
    images = sorted(folder.rglob("*.jpg"))
    embed(images, place)
    (folder / "red" / "000.jpg").unlink()
    assert embed(images, place) == (8, 0, 0)
    assert len(Table(place)) == 8


def test_boxes_in_a_file_that_changed_are_made_anew(folder: Path, tmp_path: Path) -> None:
    import pandas as pd

    file, where = str(folder / "red" / "000.jpg"), {"image": "file", "box": ("x", "y", "w", "h")}
    table = pd.DataFrame({"file": [file, file], "x": [0, 8], "y": [0, 8], "w": [40, 40], "h": [30, 30]})

    def run() -> tuple[int, int, int]:
        done = pt.embed(table, ENCODER, to=tmp_path / "boxes.lance", engine="local", **where)  # type: ignore[arg-type]
        return done.there, done.made, done.failed

    assert run() == (0, 2, 0)
    change(folder)
    assert run() == (0, 2, 0)
    assert run() == (2, 0, 0)


def test_a_collection_gets_no_vector_of_a_file_as_it_was(folder: Path, tmp_path: Path) -> None:
    (folder / "red" / "bad.jpg").write_bytes(b"no picture")

    def by_table() -> np.ndarray:
        with pt.Collection(folder, store=tmp_path / "own.sqlite") as c:
            store = c.contents.listening_store()
            embed_rows(c.images, encoder(ENCODER), store, None, engine="local", workers=1, job=Job("x"))
            return c.embed(ENCODER)

    by_table()
    change(folder)
    (folder / "red" / "later.jpg").unlink()
    np.testing.assert_array_equal(by_table(), pt.Collection(folder, store=None).embed(ENCODER))


def test_a_table_of_other_columns_is_not_written_to(folder: Path, tmp_path: Path) -> None:
    import lance

    place = tmp_path / "photos.lance"
    embed(sorted(folder.rglob("*.jpg"))[:3], place)
    lance.dataset(place).drop_columns(["thumbnail"])
    with pytest.raises(pt.StoreError, match=r"has other columns .*another version of pointillist"):
        embed(folder, place)
    assert len(Table(place)) == 3
