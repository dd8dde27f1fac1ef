"""Values of a table and names of files as short text that can be shown."""

from __future__ import annotations

import math
from typing import Any

from pointillist.images.names import base_name

MAX_LETTERS = 400
MAX_NAME_LETTERS, MAX_ENDING_LETTERS = 60, 20
JOINERS = "\u200c\u200d"
"""Nothing is seen of them, but words and pictographs are written with them."""


def as_text(value: Any) -> str:
    """One cell in words: "" when missing, what it is rather than its content when it is an image or bytes."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _short(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value):,} bytes"
    if isinstance(value, float):
        return (
            "" if math.isnan(value) else f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
        )
    if isinstance(value, tuple):
        return ", ".join(as_text(part) for part in value)
    shape = getattr(value, "shape", None)
    if shape:
        return f"array {' × '.join(str(side) for side in shape)}"
    size = getattr(value, "size", None)
    if isinstance(size, tuple) and hasattr(value, "mode"):
        return f"image {size[0]:,} × {size[1]:,} px"
    if isinstance(value, dict) and isinstance(value.get("bytes"), bytes):
        return f"{len(value['bytes']):,} bytes"
    text = str(value)
    return "" if text in ("NaT", "<NA>", "nan") else _short(text)


def file_name(path: str) -> str:
    """What a file is called, without its folders: one line of at most MAX_NAME_LETTERS, the beginning and the ending of
    a longer one, � for what cannot be shown or turns the writing round."""
    name = "".join(one if one.isprintable() or one in JOINERS else "�" for one in base_name(path))
    if len(name) <= MAX_NAME_LETTERS:
        return name
    return f"{name[: MAX_NAME_LETTERS - MAX_ENDING_LETTERS - 1]}…{name[-MAX_ENDING_LETTERS:]}"


def _short(text: str) -> str:
    return text if len(text) <= MAX_LETTERS else text[: MAX_LETTERS - 1] + "…"
