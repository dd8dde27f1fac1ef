"""Density in numbers: sums against a loop, and the tones of js/src/scatter/crowd.ts."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pointillist.explorer.crowd import Tone, crowd_of, paint_dense, tone_for

COLORS = np.array([[10, 20, 30], [250, 0, 0], [0, 200, 90]], np.uint8)
GROUND = np.array([255, 255, 255], np.float32)


@pytest.mark.parametrize("radius", [0.4, 0.7, 1.0, 1.6])
def test_points_are_added_up_whatever_their_order(radius: float) -> None:
    rng, tone = np.random.default_rng(1), Tone(0.3, 0.4)
    x, y, codes = rng.uniform(-4, 34, 300), rng.uniform(-4, 24, 300), rng.integers(0, 3, 300)
    x[0], y[1] = np.nan, np.inf
    side = max(1, round(radius * math.sqrt(math.pi)))
    sums = np.zeros((20, 30, 4))
    for px, py, code in zip(x[2:], y[2:], codes[2:], strict=True):
        left, top = math.floor(px + 0.5 - side / 2), math.floor(py + 0.5 - side / 2)
        for line in range(max(0, top), min(20, top + side)):
            for column in range(max(0, left), min(30, left + side)):
                sums[line, column] += math.pi * radius**2 / side**2 * np.array([*COLORS[code], 1])
    covered = sums[..., 3:]
    opacity = np.minimum(1, 0.3 * np.where(covered < 1, covered, covered**0.4))
    expected = GROUND * (1 - opacity) + opacity * sums[..., :3] / np.where(covered > 0, covered, 1)
    canvas = np.zeros((20, 30, 3), np.float32)
    shuffled = rng.permutation(300)
    paint_dense(canvas, x[shuffled], y[shuffled], codes[shuffled], COLORS, np.full(300, radius), tone, GROUND)
    assert np.abs(canvas - expected).max() < 0.01


def test_a_large_point_is_a_disc() -> None:
    canvas = np.zeros((41, 41, 3), np.float32)
    paint_dense(canvas, np.array([20.5]), np.array([20.5]), np.array([1]), COLORS, np.array([10.0]), Tone(1, 1), GROUND)
    assert (255 - canvas[..., 1]).sum() / 255 == pytest.approx(math.pi * 100, rel=0.01)
    assert (canvas[20, 20] == COLORS[1]).all() and (canvas[20, 32] == GROUND).all()


@pytest.mark.parametrize("case", json.loads(Path(__file__).with_name("tones.json").read_text()))
def test_tones_are_those_of_the_browser(case: dict[str, Any]) -> None:  # js/test/scatter/crowd.test.ts reads the same
    tone = tone_for(case["layers"], case["density"], deep=case["deep"])
    told = (None, None) if tone is None else (tone.level, tone.power)
    assert told == ((None, None) if case["level"] is None else pytest.approx((case["level"], case["power"]), rel=1e-6))


def test_a_crowd_is_told_from_spread_points() -> None:
    rng = np.random.default_rng(2)
    spread = rng.random((100_000, 2))
    assert 100_000 < crowd_of(spread) < 230_000
    assert crowd_of(np.concatenate([spread, np.full((1, 2), 0.5) + 0.1 * rng.random((900_000, 2))])) > 4e6
    ball = rng.random((50_000, 3))
    assert crowd_of(ball) == pytest.approx(crowd_of(ball[:, [1, 2, 0]]))
    plane = np.column_stack([spread[:50_000], np.full(50_000, 7.0)])
    assert crowd_of(plane) == pytest.approx(crowd_of(spread[:50_000]))
    assert crowd_of(np.zeros((10, 2))) == math.inf and crowd_of(np.zeros((0, 2))) == 0
