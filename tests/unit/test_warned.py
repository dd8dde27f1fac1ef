"""A warning names the line of whoever called, however deep in the package it comes from."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pointillist as pt
from pointillist.warned import warn_caller

IMAGES = np.random.default_rng(0).integers(0, 255, (6, 8, 8, 3), np.uint8)
WAYS: dict[str, Callable[..., Any]] = {"Collection": pt.Collection, "explore": pt.explore}


@pytest.mark.parametrize("way", WAYS)
def test_a_store_that_cannot_be_written_is_told_at_the_line_that_opened_it(way: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.warns(UserWarning, match="Nothing is kept after this session") as told:
        WAYS[way](IMAGES, encoder="pixels/2", store=tmp_path / "file" / "store").close()
    assert [one.filename for one in told] == [__file__]


@pytest.mark.parametrize("way", [*WAYS, "add_vectors"])
def test_vectors_of_zeros_are_told_at_the_line_that_gave_them(way: str) -> None:
    vectors = np.eye(6, dtype=np.float32)
    vectors[2] = 0
    with pytest.warns(UserWarning, match="all zeros in 1 of 6 rows") as told:
        if way == "add_vectors":
            with pt.Collection(IMAGES, store=None) as c:
                c.add_vectors("mine", vectors)
        else:
            WAYS[way](IMAGES, embeddings=vectors, store=None).close()
    assert [one.filename for one in told] == [__file__]


def test_on_a_thread_of_the_package_it_warns_all_the_same() -> None:
    with pytest.warns(UserWarning, match="by itself") as told:
        thread = threading.Thread(target=warn_caller, args=("by itself",))
        thread.start()
        thread.join()
    assert len(told) == 1
