"""How large and opaque points are drawn, and where a camera sees them: look.ts and camera.ts of js/src/scatter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pointillist.protocol.state import Camera

SPREAD = 0.3
EYE = 2.0
MARGIN = 0.05


DEEP_OPACITY = 0.85
"""What is behind a point in depth shows through it no more than this leaves."""


@dataclass(frozen=True)
class Look:
    """Diameter in CSS pixels; opacity and rim (a hairline in the background's colour) in 0…1; density as for a tone."""

    size_px: float
    opacity: float
    rim: float
    density: float | None


def look_of(n: int, pane_px2: float, zoom: float, dims: int) -> Look:
    """The more points, the smaller and the more transparent; `zoom` is how many times closer than the whole map."""
    closer = max(1.0, zoom)
    fitted = _clamp(5.6 * (max(n, 1) / 1000) ** -0.2, 1.4, 6.5)
    size_px = fitted * _clamp(closer**0.3, 1, max(1, 9 / fitted))
    layers = n * size_px**2 / (SPREAD * max(pane_px2, 1) * closer**2)
    opacity = _clamp(0.85 * layers**-0.45, DEEP_OPACITY if dims == 3 else 0.16, 0.92)
    return Look(size_px, opacity, _rim_of(size_px), None)


def look_with(look: Look, size_px: float | None, opacity: float | None, density: float | None) -> Look:
    """With what people chose instead; None leaves what is. Points of a chosen opacity have it, crowds or not."""
    return Look(
        look.size_px if size_px is None else size_px,
        look.opacity if opacity is None else opacity,
        look.rim if size_px is None else _rim_of(size_px),
        density if density is not None or opacity is None else 0.0,
    )


def _rim_of(size_px: float) -> float:
    return _clamp((size_px - 3) / 2, 0, 1) * 0.7


@dataclass(frozen=True)
class Seen:
    """Points on a pane: `x`, `y` in CSS pixels, `closer` how many times larger than in the middle, `depth` towards the
    viewer; `scale` in CSS pixels per unit of the layout in the middle, `zoom` as in `look_of`."""

    x: np.ndarray
    y: np.ndarray
    closer: np.ndarray
    depth: np.ndarray
    scale: float
    zoom: float


def seen_by(camera: Camera | None, xy: np.ndarray, width: float, height: float, rim_px: float = 0) -> Seen:
    """(n, 2) or (n, 3) positions through a camera; None for one that shows all, `rim_px` from the edge at least."""
    points = np.zeros((len(xy), 3))
    points[:, : xy.shape[1]] = xy
    there = points[np.isfinite(points).all(axis=1)]
    if not len(there):
        there = np.zeros((1, 3))
    low, high = there.min(axis=0), there.max(axis=0)
    middle, short = (low + high) / 2, min(width, height)
    panes = _inside(width, rim_px), _inside(height, rim_px)
    whole = _whole_scale(there, low, high, panes, short, flat=xy.shape[1] == 2)
    if camera is None:
        yaw, pitch = (0.0, 0.0) if xy.shape[1] == 2 else (math.pi / 6, math.pi / 9)
        scale = whole
    else:
        middle = np.array([camera["x"], camera["y"], camera["z"]])
        yaw, pitch, scale = camera["yaw"], camera["pitch"], short / camera["span"]
    sy, cy, sp, cp = math.sin(yaw), math.cos(yaw), math.sin(pitch), math.cos(pitch)
    turned = (points - middle) @ np.array([[cy, 0, sy], [sy * sp, cp, -cy * sp], [-sy * cp, sp, cy * cp]]).T
    distance = 1 - turned[:, 2] * scale / (EYE * short)
    closer = np.where(distance > 0, 1 / np.where(distance > 0, distance, 1), np.nan)
    return Seen(
        width / 2 + turned[:, 0] * scale * closer,
        height / 2 - turned[:, 1] * scale * closer,
        closer,
        turned[:, 2],
        scale,
        scale / whole,
    )


def _inside(side_px: float, rim_px: float) -> float:
    """What is left of a side of the pane: without MARGIN on either end, nor less than `rim_px`, but half at least."""
    return min(side_px * (1 - 2 * MARGIN), max(side_px / 2, side_px - 2 * rim_px))


def _whole_scale(
    there: np.ndarray, low: np.ndarray, high: np.ndarray, panes: tuple[float, float], short: float, *, flat: bool
) -> float:
    if not flat:
        half, eye = min(panes) / 2, EYE * short
        radius = float(np.sqrt(((there - (low + high) / 2) ** 2).sum(axis=1).max()))
        return half * eye / math.hypot(eye, half) / radius if radius > 0 else short / 4
    sides = [pane / side for pane, side in zip(panes, (high - low)[:2].tolist(), strict=True) if side]
    return min(sides) if sides else max(1.0, short / 4)


def _clamp(value: float, low: float, high: float) -> float:
    return min(high, max(low, value))
