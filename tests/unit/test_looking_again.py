"""What was wrong may be right the next time: failures that pass, images that changed, datasets that only look alike."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pointillist import Collection

Draw = Callable[..., Path]


def png(color: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(file, "PNG")
    return file.getvalue()


def test_a_file_that_could_not_be_opened_is_tried_again(
    draw_folder: Draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, store = draw_folder(tmp_path / "photos", per_color=2), tmp_path / "s.sqlite"
    real = os.stat

    def stat(path: Any, *args: Any, **kwargs: Any) -> os.stat_result:
        if str(path).endswith("red/000.jpg") and "many" in trouble:
            raise OSError(24, "Too many open files")
        return real(path, *args, **kwargs)

    with Collection(folder, encoder="pixels/4", store=store) as c:
        c.contents.scan()
        trouble = "too many"
        monkeypatch.setattr("pointillist.images.payload.os.stat", stat)
        assert np.isnan(c.embed()).any(axis=1).sum() == 1
        assert c.failures["reason"].tolist() == ["the file cannot be read: Too many open files"]
    trouble = "over"
    with Collection(folder, encoder="pixels/4", store=store) as c:
        assert c.failures.empty
        assert not np.isnan(c.embed()).any()


def test_an_image_in_memory_may_be_another_the_next_time(tmp_path: Path) -> None:
    store = tmp_path / "s.sqlite"
    with Collection(pd.DataFrame({"im": [png("red"), b"broken"]}), encoder="pixels/4", store=store) as c:
        c.embed()
        assert list(c.failures.index) == [1]
    with Collection(pd.DataFrame({"im": [png("red"), png("blue")]}), encoder="pixels/4", store=store) as c:
        assert not np.isnan(c.embed()).any()
        assert c.failures.empty


def test_a_file_that_changed_is_embedded_anew(draw_folder: Draw, tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=2)
    with Collection(folder, encoder="pixels/4", store=None) as c:
        before = c.embed().copy()
        Image.new("RGB", (90, 70), "white").save(folder / "red" / "000.jpg")
        after = c.embed()
        changed = np.flatnonzero((before != after).any(axis=1))
        assert c.table.index[changed].tolist() == ["red/000.jpg"]
        (folder / "red" / "000.jpg").write_bytes(b"no image")
        assert np.flatnonzero(np.isnan(c.embed()).any(axis=1)).tolist() == changed.tolist()


class Shades:
    """A dataset whose class, length and words are those of every other one."""

    def __init__(self, start: int) -> None:
        self._start = start

    def __len__(self) -> int:
        return 5

    def __getitem__(self, row: int) -> tuple[Image.Image, int]:
        if row >= 5:
            raise IndexError(row)
        return Image.new("RGB", (8, 8), (self._start + row, 0, 0)), 0

    def __repr__(self) -> str:
        return "Shades"


def test_datasets_that_only_look_alike_share_no_store() -> None:
    train, test = Collection(Shades(0)), Collection(Shades(100))
    assert train.store.path != test.store.path
    assert train.store.path == Collection(Shades(0)).store.path


def test_a_selection_by_labels_makes_no_table_of_tags(draw_folder: Draw, tmp_path: Path) -> None:
    with Collection(draw_folder(tmp_path / "photos", per_color=2), store=None) as c:
        c.tag(["red/000.jpg"], "x")
        asked: list[int] = []
        lists = c.tags.lists
        c.tags.lists = lambda rows: asked.append(len(rows)) or lists(rows)  # type: ignore[method-assign,func-returns-value]
        c.tag(["red/001.jpg"], "x")
        assert asked == []
        assert c.rows("tags.str.len() > 0").tolist() == c.rows(["red/000.jpg", "red/001.jpg"]).tolist()
