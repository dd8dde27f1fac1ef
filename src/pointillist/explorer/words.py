"""Values of a table as short text for the details panel."""

from __future__ import annotations

import math
from typing import Any

MAX_LETTERS = 400


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


def _short(text: str) -> str:
    return text if len(text) <= MAX_LETTERS else text[: MAX_LETTERS - 1] + "…"
