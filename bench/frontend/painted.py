"""What the frames of a screencast show, looked at after the clock has stopped."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

Frames = list[tuple[float, str]]
Rect = dict[str, float]

ENOUGH = 0.005
"""Share of the plot's middle that has to be saturated colour for "there are points"."""


def pixels(jpeg: str) -> np.ndarray:
    """(h, w, 3) int16."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(jpeg))).convert("RGB")).astype(np.int16)


def middle(picture: np.ndarray, rect: Rect) -> np.ndarray:
    """The part of the picture inside 90 % × 80 % of the plot."""
    left, right = rect["x"] + 0.05 * rect["w"], rect["x"] + 0.95 * rect["w"]
    top, bottom = rect["y"] + 0.12 * rect["h"], rect["y"] + 0.92 * rect["h"]
    return picture[int(max(top, 0)) : int(bottom), int(left) : int(right)]


def coloured(picture: np.ndarray, rect: Rect) -> float:
    """Share of saturated pixels: the points are saturated, JupyterLab's white and grey is not."""
    part = middle(picture, rect)
    return float(((part.max(2) - part.min(2)) > 35).mean()) if part.size else 0.0


def first_points(frames: Frames, rect: Rect, t0: float) -> dict[str, Any]:
    """When the first points and the settled picture were on screen, in ms after t0, and how coloured the last frame is.

    Settled: from then on the share stays within 2 % of the last frame's; a widget may paint one colour first and the
    categories seconds later.
    """
    seen = [(t, coloured(pixels(jpeg), rect)) for t, jpeg in frames if t >= t0]
    last = seen[-1][1] if seen else 0.0
    first = next((t for t, share in seen if share >= ENOUGH), None)
    settled = None
    for t, share in reversed(seen):
        if last < ENOUGH or abs(share - last) > 0.02 * last:
            break
        settled = t
    return {
        "first_points_ms": _ms(first, t0),
        "settled_ms": _ms(settled, t0),
        "coloured": last,
        "shares": [(round(1e3 * (t - t0)), round(share, 4)) for t, share in seen][:200],
    }


def _ms(t: float | None, t0: float) -> float | None:
    return None if t is None else 1e3 * (t - t0)
