"""Cells of a table as the details panel shows them, and names of files as messages tell them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pointillist.explorer.words import MAX_LETTERS, MAX_NAME_LETTERS, as_text, file_name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (np.nan, ""),
        (pd.NaT, ""),
        (pd.NA, ""),
        (True, "True"),
        (np.int64(1_234_567), "1234567"),
        (1_234_567.0, "1234567"),
        (0.1 + 0.2, "0.3"),
        ("<b>", "<b>"),
        (("site", 3), "site, 3"),
        (b"1234", "4 bytes"),
        ({"bytes": b"12", "path": None}, "2 bytes"),
        (np.zeros((4, 5, 3)), "array 4 × 5 × 3"),
        (Image.new("RGB", (2000, 4)), "image 2,000 × 4 px"),
        (["a", 1], "['a', 1]"),
    ],
)
def test_a_cell_in_words(value: Any, text: str) -> None:
    assert as_text(value) == text


def test_long_text_is_cut() -> None:
    assert as_text("x" * 1000) == "x" * (MAX_LETTERS - 1) + "…"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("holiday.jpg", "holiday.jpg"),
        ("", ""),
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("<script>alert(1)<script>.jpg", "<script>alert(1)<script>.jpg"),
        ("größe 東京 \N{FAMILY}\u200d.jpg", "größe 東京 \N{FAMILY}\u200d.jpg"),
        ("line\nbreak\0.jpg", "line�break�.jpg"),
        ("\u202egpj.exe", "�gpj.exe"),
        ("half a \ud83d.jpg", "half a �.jpg"),
    ],
)
def test_a_file_is_called_by_what_can_be_shown_of_its_name(path: str, name: str) -> None:
    assert file_name(path) == name


def test_of_a_long_name_its_beginning_and_its_ending_are_told() -> None:
    name = file_name("x" * 5000 + " copy of run 0017.jpg")
    assert name == "x" * 39 + "…copy of run 0017.jpg"
    assert len(name) == MAX_NAME_LETTERS
