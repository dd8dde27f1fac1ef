"""Painting many points at once gives what painting one after the other gives."""

from __future__ import annotations

import numpy as np
import pytest

from pointillist.explorer import painting
from pointillist.explorer.painting import Dots, paint

COLORS = np.array([[10, 20, 30], [250, 0, 0], [0, 200, 90], [40, 40, 255]], np.uint8)
GROUND = np.array([255, 255, 255], np.float32)


def one_by_one(
    canvas: np.ndarray, x: np.ndarray, y: np.ndarray, codes: np.ndarray, dots: Dots, rings: np.ndarray
) -> np.ndarray:
    """The same as a loop over points and pixels."""
    made = canvas.astype(np.float64).copy()
    height, width = made.shape[:2]
    lines, columns = np.mgrid[0:height, 0:width] + 0.5
    outer = dots.radius + (dots.rim_width if dots.rim else 0)
    for px, py, code, ring in zip(x, y, codes, rings, strict=True):
        d = np.hypot(columns - px, lines - py)
        fill, whole = (np.clip(radius + 0.5 - d, 0, 1) for radius in (dots.radius, outer))
        opened = ring * np.clip(dots.radius / 2 + 0.5 - d, 0, 1)
        own, edge = dots.opacity * (fill - opened), dots.opacity * (dots.rim * (whole - fill) + opened)
        made = (1 - own - edge)[..., None] * made + own[..., None] * COLORS[code] + edge[..., None] * GROUND
    return made


@pytest.mark.parametrize("dots", [Dots(2.4, 0.9, 0.7, 0.75), Dots(0.6, 0.3, 0, 0.75), Dots(1.0, 0.95, 0.8, 1.5)])
@pytest.mark.parametrize("every", [None, 3])
def test_all_at_once_is_one_after_the_other(every: int | None, dots: Dots, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painting, "SLAB", 16)
    rng = np.random.default_rng(3)
    x, y, codes = rng.uniform(-3, 33, 120), rng.uniform(-3, 23, 120), rng.integers(0, 4, 120)
    canvas = np.empty((20, 30, 3), np.float32)
    canvas[:] = GROUND
    rings = np.arange(120) % (every or 121) == 1
    expected = one_by_one(canvas, x, y, codes, dots, rings & (every is not None))
    paint(canvas, x, y, codes, COLORS, dots, GROUND, None if every is None else rings)
    assert np.abs(canvas - expected).max() < 1.2


def test_the_last_lies_on_top() -> None:
    canvas = np.zeros((9, 9, 3), np.float32)
    paint(canvas, np.full(3, 4.5), np.full(3, 4.5), np.array([1, 2, 3]), COLORS, Dots(3, 1, 0, 0), GROUND)
    assert np.abs(canvas[4, 4] - COLORS[3]).max() < 1


def test_what_has_no_place_is_left_out() -> None:
    canvas = np.zeros((9, 9, 3), np.float32)
    x = np.array([np.nan, np.inf, -50.0, 4.0])
    paint(canvas, x, np.array([4.0, 4, 4, 1e9]), np.ones(4, int), COLORS, Dots(3, 1, 0, 0), GROUND)
    assert not canvas.any()
