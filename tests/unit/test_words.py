"""Cells of a table as the details panel shows them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pointillist.explorer.words import MAX_LETTERS, as_text


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
