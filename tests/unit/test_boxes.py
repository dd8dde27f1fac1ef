"""Boxes in one file: whoever wants several of them reads and decodes the file once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from PIL.ImageFile import ImageFile

import pointillist as pt
from pointillist.images import Images

FILES, EACH = 4, 8


@pytest.fixture
def boxes(tmp_path: Path) -> Callable[[], pt.Collection]:
    """A new collection, without a store, of EACH boxes in each of FILES photos, those of one file one after another."""
    rng = np.random.default_rng(0)
    rows = []
    for file in range(FILES):
        pixels = rng.integers(0, 256, (9, 12, 3), np.uint8)
        Image.fromarray(pixels).resize((1200, 900)).save(tmp_path / f"{file}.jpg")
        for _ in range(EACH):
            x, y = rng.integers(0, 400, 2).tolist()
            rows.append((str(tmp_path / f"{file}.jpg"), x, y, 300, 300))
    table = pd.DataFrame(rows, columns=["path", *"xywh"])
    return lambda: pt.Collection(table, image="path", box=[*"xywh"], store=None)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[int]]:
    """One entry for each file read, and for each file decoded; stored thumbnails, which are smaller, do not count."""
    read: list[int] = []
    decoded: list[int] = []
    payload, load = Images.payload, ImageFile.load

    def counting(image: ImageFile) -> object:
        if image.tile and image.width > 256:
            decoded.append(image.width)
        return load(image)

    monkeypatch.setattr(Images, "payload", lambda self, row: read.append(row) or payload(self, row))
    monkeypatch.setattr(ImageFile, "load", counting)
    return read, decoded


def test_thumbnails_are_made_from_a_file_read_once_and_come_in_the_order_asked(
    boxes: Callable[[], pt.Collection], counted: tuple[list[int], list[int]]
) -> None:
    alone = boxes().contents
    expected = [alone.thumbnails([row])[0] for row in range(FILES * EACH)]
    read, decoded = counted
    read.clear(), decoded.clear()
    order = np.random.default_rng(1).permutation(FILES * EACH).tolist()
    assert boxes().contents.thumbnails(order) == [expected[row] for row in order]
    assert (len(read), len(decoded)) == (FILES, FILES)


def test_files_looked_for_under_another_name_are_read_once(
    boxes: Callable[[], pt.Collection], counted: tuple[list[int], list[int]]
) -> None:
    contents = boxes().contents
    contents.scan()
    contents.identify(range(FILES * EACH))
    assert len({contents.held(row)[1] for row in range(FILES * EACH)}) == FILES * EACH
    assert [len(one) for one in counted] == [FILES, 0]


@pytest.mark.parametrize("size", [64, 160])
def test_training_reads_each_file_once(
    size: int, boxes: Callable[[], pt.Collection], counted: tuple[list[int], list[int]], tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    pt.train_autoencoder(boxes(), dims=2, size=size, epochs=1, kind="linear", path=tmp_path / "a.safetensors")
    assert [len(one) for one in counted] == [FILES, FILES]
