"""Renamed files keep their tags, missing ones are listed with theirs, and nothing is read twice on the way."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pointillist import Collection

Draw = Callable[..., Path]


@pytest.fixture
def folder(draw_folder: Draw, tmp_path: Path) -> Path:
    return draw_folder(tmp_path / "photos", per_color=3)


@pytest.fixture
def opened(folder: Path, tmp_path: Path) -> Callable[[], Collection]:
    return lambda: Collection(folder, encoder="pixels/4", store=tmp_path / "s.sqlite")


def tags(c: Collection) -> dict[str, list[str]]:
    return {str(label): carried for label, carried in c.table["tags"].items() if carried}


def test_tags_follow_a_renamed_file_as_soon_as_the_files_are_looked_at(
    folder: Path, opened: Callable[[], Collection]
) -> None:
    with opened() as c:
        c.embed()
        c.tag(["red/000.jpg", "blue/001.jpg"], "seen")
        c.tag(["red/000.jpg"], "twice")
    (folder / "red" / "000.jpg").rename(folder / "sand" / "elsewhere.jpg")
    with opened() as c:
        assert c.missing.empty  # reads the file of the same length, and no other
        assert tags(c) == {"sand/elsewhere.jpg": ["seen", "twice"], "blue/001.jpg": ["seen"]}
        assert c.is_embedded()
        assert c.history["did"].tolist()[-1] == "tags of 1 image followed the renamed file"
        assert c.undo() == "undone: tag “twice” on 1 image"
        assert c.undo() == "undone: tag “seen” on 2 images"
        assert tags(c) == {}
        c.redo()
        assert tags(c) == {"sand/elsewhere.jpg": ["seen"], "blue/001.jpg": ["seen"]}
    with opened() as c:
        c.contents.scan()
        assert tags(c) == {"sand/elsewhere.jpg": ["seen"], "blue/001.jpg": ["seen"]}
        assert len(c.history) == 6


def test_there_and_back_and_there_again(folder: Path, opened: Callable[[], Collection]) -> None:
    with opened() as c:
        c.embed()
        c.tag(["red/000.jpg"], "seen")
    here, there = folder / "red" / "000.jpg", folder / "red" / "other.jpg"
    for old, new in ((here, there), (there, here), (here, there)):
        old.rename(new)
        with opened() as c:
            c.embed()
            assert tags(c) == {f"red/{new.name}": ["seen"]}
            assert c.missing.empty


def test_a_missing_file_is_listed_with_its_tags_and_has_them_when_it_comes_back(
    folder: Path, opened: Callable[[], Collection]
) -> None:
    with opened() as c:
        c.embed()
        c.tag(["red/000.jpg"], "seen")
        assert c.missing.empty
        looked = time.time()
    away = folder.parent / "away.jpg"
    shutil.copy2(folder / "red" / "000.jpg", away)
    (folder / "red" / "000.jpg").unlink()
    for _ in range(2):
        with opened() as c:
            missing = c.missing
            assert missing.index.tolist() == ["red/000.jpg"]
            assert missing["path"].tolist() == [str(folder / "red" / "000.jpg")]
            assert missing["tags"].tolist() == [["seen"]]
            assert abs(missing["seen"].iloc[0].timestamp() - looked) < 30
            assert tags(c) == {}
    shutil.copy2(away, folder / "red" / "000.jpg")
    with opened() as c:
        assert c.missing.empty
        assert tags(c) == {"red/000.jpg": ["seen"]}


def test_a_copy_takes_no_tags_and_neither_does_content_that_was_there_before(
    folder: Path, opened: Callable[[], Collection]
) -> None:
    shutil.copy2(folder / "red" / "001.jpg", folder / "red" / "twin.jpg")
    with opened() as c:
        c.embed()
        c.tag(["red/000.jpg", "red/001.jpg"], "seen")
    shutil.copy2(folder / "red" / "000.jpg", folder / "red" / "copy.jpg")
    (folder / "red" / "001.jpg").unlink()
    with opened() as c:
        c.embed()
        assert tags(c) == {"red/000.jpg": ["seen"]}
        assert c.missing.index.tolist() == ["red/001.jpg"]


def test_of_equal_files_the_one_called_the_same_is_the_one_that_moved(
    folder: Path, opened: Callable[[], Collection]
) -> None:
    shutil.copy2(folder / "red" / "000.jpg", folder / "red" / "twin.jpg")
    with opened() as c:
        c.embed()
        c.tag(["red/000.jpg"], "first")
        c.tag(["red/twin.jpg"], "second")
    (folder / "deep").mkdir()
    for name in ("twin.jpg", "000.jpg"):
        (folder / "red" / name).rename(folder / "deep" / name)
    with opened() as c:
        c.embed()
        assert tags(c) == {"deep/000.jpg": ["first"], "deep/twin.jpg": ["second"]}


def rename(folder: Path, pairs: dict[str, str]) -> None:
    """All at once, as a program that numbers files anew does it."""
    for old in pairs:
        (folder / old).rename(folder / f"{old}.on its way")
    for old, new in pairs.items():
        (folder / f"{old}.on its way").rename(folder / new)


@pytest.mark.parametrize("same_size", [False, True])
def test_tags_follow_files_that_swap_their_names_and_swap_back(
    same_size: bool, folder: Path, opened: Callable[[], Collection]
) -> None:
    swap = {"red/000.jpg": "sand/001.jpg", "sand/001.jpg": "red/000.jpg"}
    for i, name in enumerate(swap):
        if same_size:
            Image.new("RGB", (9, 9), (i, 0, 0)).save(folder / name, "BMP")
    with opened() as c:
        before = c.embed()[[c.images.ids.index(name) for name in swap]]
        for name in swap:
            c.tag([name], f"was {name}")
    for times in range(1, 4):
        rename(folder, swap)
        for _ in range(2):
            with opened() as c:
                assert c.missing.empty
                there = [*swap] if times % 2 == 0 else [*swap.values()]
                assert tags(c) == {now: [f"was {name}"] for now, name in zip(there, swap, strict=True)}
                assert c.is_embedded()
                assert np.array_equal(c.embed()[[c.images.ids.index(name) for name in there]], before)


def test_tags_follow_files_that_are_numbered_anew(folder: Path, opened: Callable[[], Collection]) -> None:
    with opened() as c:
        c.embed()
        for i in range(3):
            c.tag([f"red/00{i}.jpg"], f"number {i}")
    rename(folder, {f"red/00{i}.jpg": f"red/00{i + 1}.jpg" for i in range(3)})
    Image.new("RGB", (50, 30), "gold").save(folder / "red" / "000.jpg")
    with opened() as c:
        c.contents.scan()
        for _ in range(2):
            assert tags(c) == {f"red/00{i + 1}.jpg": [f"number {i}"] for i in range(3)}
            c.embed()
    (folder / "red" / "000.jpg").unlink()
    rename(folder, {f"red/00{i + 1}.jpg": f"red/00{i}.jpg" for i in range(3)})
    with opened() as c:
        assert c.missing.empty
        assert tags(c) == {f"red/00{i}.jpg": [f"number {i}"] for i in range(3)}


def test_a_file_that_was_changed_keeps_its_tags_and_the_copy_made_before_has_none(
    folder: Path, opened: Callable[[], Collection]
) -> None:
    with opened() as c:
        c.embed()
        c.tag(["red/000.jpg", "sand/000.jpg"], "seen")
    shutil.copy2(folder / "red" / "000.jpg", folder / "red" / "000 before.jpg")
    Image.new("RGB", (50, 30), "gold").save(folder / "red" / "000.jpg")
    os.utime(folder / "sand" / "000.jpg", (5, 5))
    with opened() as c:
        assert c.missing.empty
        assert tags(c) == {"red/000.jpg": ["seen"], "sand/000.jpg": ["seen"]}
        c.embed()
        assert tags(c) == {"red/000.jpg": ["seen"], "sand/000.jpg": ["seen"]}


def test_a_folder_in_the_place_of_a_file_is_not_the_file(folder: Path, opened: Callable[[], Collection]) -> None:
    with opened() as c:
        c.embed()
        c.tag(["red/000.jpg"], "seen")
    (folder / "red" / "000.jpg").rename(folder / "aside")
    (folder / "red" / "000.jpg").mkdir()
    with opened() as c:
        assert c.missing.index.tolist() == ["red/000.jpg"]
        assert c.missing["tags"].tolist() == [["seen"]]
    (folder / "aside").rename(folder / "red" / "000.jpg" / "inside.jpg")
    with opened() as c:
        assert c.missing.empty
        assert tags(c) == {"red/000.jpg/inside.jpg": ["seen"]}


def test_two_kernels_see_the_same_file_move_and_it_moves_once(
    folder: Path, opened: Callable[[], Collection], tmp_path: Path
) -> None:
    with opened() as c:
        c.embed()
        c.tag(["red/000.jpg"], "seen")
    (folder / "red" / "000.jpg").rename(folder / "red" / "other.jpg")
    with opened() as one, opened() as two:
        for c in (one, two):  # both have seen that it is gone before either knows where it is
            c.whereabouts._known, c.whereabouts._gone = c.whereabouts._lost()
        for c in (one, two):
            c.contents.identify([c.images.ids.index("red/other.jpg")])
            c.contents.scan()
        assert tags(one) == tags(two) == {"red/other.jpg": ["seen"]}
        assert [did for did in one.history["did"] if "followed" in did] == ["tags of 1 image followed the renamed file"]
        two.undo()
        assert tags(one) == {}


def test_a_table_of_some_of_the_files_misses_none_of_the_others(folder: Path, tmp_path: Path) -> None:
    paths = [str(path) for path in sorted(folder.rglob("*.jpg"))]
    with Collection(pd.DataFrame({"p": paths}), image="p", encoder="pixels/4", store=tmp_path / "s.sqlite") as c:
        c.embed()
        c.tag(c.images.table.index[:1], "seen")
    few = pd.DataFrame({"p": [*paths[3:], str(folder / "red" / "none.jpg")]})
    with Collection(few, image="p", encoder="pixels/4", store=tmp_path / "s.sqlite") as c:
        assert c.missing.empty
        assert len(c.embed()) == len(few)
        assert np.flatnonzero([bool(carried) for carried in c.table["tags"]]).tolist() == []


def test_crops_follow_their_file(folder: Path, tmp_path: Path) -> None:
    def crops(name: str) -> Collection:
        table = pd.DataFrame({"p": [str(folder / "red" / name)] * 2 + [str(folder / "blue" / "000.jpg")]})
        table["box"] = [(0, 0, 40, 40), (20, 20, 50, 50), (0, 0, 40, 40)]
        return Collection(table, image="p", box="box", encoder="pixels/4", store=tmp_path / "s.sqlite")

    with crops("000.jpg") as c:
        c.embed()
        c.tag([1], "ear")
    (folder / "red" / "000.jpg").rename(folder / "red" / "other.jpg")
    with crops("other.jpg") as c:
        c.embed()
        assert tags(c) == {"1": ["ear"]}
        assert c.missing.empty
