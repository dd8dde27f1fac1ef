"""Density where points pile up, as the map's renderer shows it: crowd.ts and cpu/dense.ts of js/src/scatter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

SAMPLE = 200_000
MOST_CELLS = 256
POINTS_PER_CELL = 8
QUANTILE = 0.9
"""The crowd that nine of ten points are in or in a thinner one."""
FEW, FEW_DEEP = 4, 16
"""Fewer layers than this need no density when nobody asked for it."""
GROWS, USUAL = 8, 0.85
"""Its usual strength, to which it grows over so many times more layers."""
MOST_SIDE = 3
"""A point smaller than this is a square of whole pixels."""


@dataclass(frozen=True)
class Tone:
    """A pixel that points cover w times is level · w opaque up to w = 1, and level · w^power from there."""

    level: float
    power: float

    def opacity(self, covered: np.ndarray) -> np.ndarray:
        """Of pixels covered so often, in 0…1."""
        return np.minimum(1, self.level * np.where(covered < 1, covered, np.maximum(covered, 1) ** self.power))


def crowd_of(xy: np.ndarray) -> float:
    """Points per square unit where they are crowded, of finite (n, 2) or (n, 3) positions in a random order.

    Infinite when all are in one place. In space the mean of the three sides that are not edge-on.
    """
    if xy.shape[1] == 2:
        return _crowd_from(xy[:SAMPLE], len(xy))
    sides = [_crowd_from(xy[:SAMPLE, axes], len(xy)) for axes in ([0, 1], [1, 2], [0, 2])]
    seen = [side for side in sides if math.isfinite(side)]
    return math.prod(side ** (1 / len(seen)) for side in seen) if seen else math.inf


def _crowd_from(sample: np.ndarray, n: int) -> float:
    if not len(sample):
        return 0.0
    low, extent = sample.min(axis=0), np.ptp(sample, axis=0).astype(np.float64)
    side = max(2, min(MOST_CELLS, round(math.sqrt(len(sample) / POINTS_PER_CELL))))
    steps = np.rint((sample - low) * ((side - 1) / np.where(extent > 0, extent, 1))).astype(np.int64)
    counts = np.sort(np.bincount(steps[:, 1] * side + steps[:, 0], minlength=side * side))
    at = min(int(np.searchsorted(np.cumsum(counts), QUANTILE * len(sample))), len(counts) - 1)
    area = float(extent.prod()) / (side - 1) ** 2
    return float(counts[at]) * (n / len(sample)) / area if area > 0 else math.inf


def tone_for(layers: float, density: float | None, *, deep: bool) -> Tone | None:
    """The tone for crowds of `layers` points on each other, so that they come out opaque.

    Args:
        density: 0 = none, 1 = most: a point that is alone is fainter the more of it; None = by the layers.

    Returns:
        None where points are drawn as they are.
    """
    few = FEW_DEEP if deep else FEW
    if density == 0 or (density is None and not layers >= few):
        return None
    grown = min(1.0, math.log(layers / few) / math.log(GROWS)) if density is None else 1.0
    alone = 0.9 - 0.75 * (USUAL * grown if density is None else density)
    most = max(1.0, layers)
    power = min(1.0, math.log(1 / alone) / math.log(most)) if most > 1 else 1.0
    return Tone(max(alone, most**-power), power)


def paint_dense(
    canvas: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    codes: np.ndarray,
    colors: np.ndarray,
    radii: np.ndarray,
    tone: Tone,
    ground: np.ndarray,
) -> None:
    """Fill `canvas`, (h, w, 3) float32 in 0…255, with points added up: their mean colour, as opaque as `tone` says.

    Args:
        x, y: (n,) centres in pixels; what is not finite or outside is left out.
        codes: (n,) into `colors`, (c, 3).
        radii: (n,) in pixels. The fewer different ones, the faster.
        ground: (3,) the colour that shows through.
    """
    height, width = canvas.shape[:2]
    sums = np.zeros((height * width, 4))
    for radius in np.unique(radii):
        side = max(1, round(radius * math.sqrt(math.pi)))
        shape = _square(side, radius) if side <= MOST_SIDE else _disc(radius)
        rows = np.flatnonzero(np.isfinite(x) & np.isfinite(y) & (radii == radius))
        back = 0.5 - side / 2 if side <= MOST_SIDE else 0.0
        left, top = np.floor(x[rows] + back), np.floor(y[rows] + back)
        for dx, dy, weight in shape:
            px, py = left + dx, top + dy
            inside = (px >= 0) & (px < width) & (py >= 0) & (py < height)
            pixel = (py[inside] * width + px[inside]).astype(np.int64)
            of = codes[rows[inside]]
            for channel in range(3):
                sums[:, channel] += weight * np.bincount(pixel, colors[of, channel], height * width)
            sums[:, 3] += weight * np.bincount(pixel, minlength=height * width)
    covered = sums[:, 3:]
    opacity = tone.opacity(covered)
    mean = sums[:, :3] / np.where(covered > 0, covered, 1)
    canvas[:] = (ground * (1 - opacity) + mean * opacity).reshape(canvas.shape)


def _square(side: int, radius: float) -> list[tuple[int, int, float]]:
    """The pixels of a square that covers as much as the disc, right and down of its first, and how much of each."""
    weight = math.pi * radius**2 / side**2
    return [(dx, dy, weight) for dy in range(side) for dx in range(side)]


def _disc(radius: float) -> list[tuple[int, int, float]]:
    """The pixels of a disc about the middle of one, and how much of each it covers."""
    reach = math.ceil(radius + 0.5)
    around = range(-reach, reach + 1)
    shares = [(dx, dy, min(1.0, max(0.0, radius + 0.5 - math.hypot(dx, dy)))) for dy in around for dx in around]
    return [(dx, dy, share) for dx, dy, share in shares if share > 0]
