"""Points painted into an array of pixels, one over the other, as the map's renderer does it. Numbers only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SLAB = 200_000
"""Points painted together: what one takes of memory is this times the pixels a point covers."""
HIDDEN = 1 / 300
"""Where less than this of what lies below is seen, a further point changes no byte."""
SMALL = 2
"""Points that reach at most so many pixels are left out when their middle is hidden; larger ones may show beside it."""


CORE = 0.5
"""The share of a ring's radius that is open."""


@dataclass(frozen=True)
class Dots:
    """Discs of one look. Lengths are pixels; opacity and rim are in 0…1."""

    radius: float
    opacity: float
    rim: float
    rim_width: float


def paint(
    canvas: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    codes: np.ndarray,
    colors: np.ndarray,
    dots: Dots,
    rim: np.ndarray,
    rings: np.ndarray | None = None,
) -> None:
    """Paint points over `canvas`, (h, w, 3) float32 in 0…255, in their order: the last lies on top.

    Args:
        x, y: (n,) centres in pixels; what is not finite or outside is left out.
        codes: (n,) into `colors`, (c, 3).
        rim: (3,) the colour of the hairline round a disc, and within a ring.
        rings: (n,) bool, those that are rings; None where none are.

    Worked from the top down, so that points nobody will see cost next to nothing.
    """
    height, width = canvas.shape[:2]
    reach = int(dots.radius + (dots.rim_width if dots.rim else 0) + 1)  # a pixel farther off is not touched
    with np.errstate(invalid="ignore"):
        inside = np.flatnonzero((x > -reach) & (x < width + reach) & (y > -reach) & (y < height + reach))
    above, light = np.zeros((height * width, 3), np.float32), np.ones(height * width, np.float32)
    for end in range(len(inside), 0, -SLAB):
        rows = inside[max(0, end - SLAB) : end]
        column = np.clip(x[rows], 0, width - 1).astype(np.int64)
        line = np.clip(y[rows], 0, height - 1).astype(np.int64)
        if reach <= SMALL:
            rows = rows[light[line * width + column] > HIDDEN]
        if len(rows):
            ring = None if rings is None or not rings.any() else rings[rows]
            own, through = _slab(x[rows], y[rows], codes[rows], colors, dots, rim, ring, (height, width), reach)
            above += light[:, None] * own
            light *= through
    canvas[:] = (canvas.reshape(-1, 3) * light[:, None] + above).reshape(canvas.shape)


def _slab(
    x: np.ndarray,
    y: np.ndarray,
    codes: np.ndarray,
    colors: np.ndarray,
    dots: Dots,
    rim: np.ndarray,
    rings: np.ndarray | None,
    size: tuple[int, int],
    reach: int,
) -> tuple[np.ndarray, np.ndarray]:
    """What some points alone make of each pixel, (h·w, 3), and how much of what is below shines through, (h·w,)."""
    height, width = size
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    fx, fy = (x - left).astype(np.float32), (y - top).astype(np.float32)
    outer = dots.radius + (dots.rim_width if dots.rim else 0.0)
    pieces: list[np.ndarray] = []
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            px, py = left + dx, top + dy
            near = np.hypot(dx + 0.5 - fx, dy + 0.5 - fy) < outer + 0.5
            some = np.flatnonzero(near & (px >= 0) & (px < width) & (py >= 0) & (py < height))
            pieces.append((py[some] * width + px[some]) * len(x) + some)
    keys = np.concatenate(pieces)
    if not len(keys):
        return np.zeros((height * width, 3), np.float32), np.ones(height * width, np.float32)
    keys.sort()  # by pixel, and there from the bottom up
    pixel, point = np.divmod(keys, len(x))
    d = np.hypot(pixel % width + 0.5 - x[point], pixel // width + 0.5 - y[point])
    fill = np.clip(dots.radius + 0.5 - d, 0, 1)
    own, edge = dots.opacity * fill, dots.opacity * dots.rim * (np.clip(outer + 0.5 - d, 0, 1) - fill)
    if rings is not None:
        opened = np.where(rings[point], dots.opacity * np.clip(CORE * dots.radius + 0.5 - d, 0, 1), 0)
        own, edge = own - opened, edge + opened
    passed = np.cumsum(np.log1p(-np.minimum(own + edge, 0.9999)))
    starts = np.flatnonzero(np.diff(pixel, prepend=-1))
    ends = np.append(starts[1:], len(pixel)) - 1
    total = np.repeat(passed[ends], ends - starts + 1)
    seen = np.exp(total - passed)  # how much of each piece those above it let through
    mixed = own[:, None] * colors[codes[point]] + edge[:, None] * rim
    made = np.zeros((height * width, 3), np.float32)
    made[pixel[starts]] = np.add.reduceat(mixed * seen[:, None], starts, axis=0)
    through = np.ones(height * width, np.float32)
    before = np.where(starts > 0, passed[starts - 1], 0.0)
    through[pixel[starts]] = np.exp(passed[ends] - before)
    return made, through
