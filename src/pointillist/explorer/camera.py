"""Where a map looks, as people write it and as the wire takes it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from pointillist.errors import CameraError
from pointillist.protocol.state import Camera

NUMBERS = ("x", "y", "z", "span", "yaw", "pitch")
ROOM = 1.25
"""How much more than the points themselves a camera that was sent to them shows."""
CLOSEST = 0.02
"""One point alone is shown with this share of the whole map around it."""


def checked(camera: Any, layout: str | None) -> Camera | None:
    """A camera with what was left out filled in: straight on, at z = 0, of the layout on show.

    Raises:
        CameraError: if it is not a mapping of finite numbers x, y and span > 0, perhaps z, yaw, pitch and layout.
    """
    if camera is None:
        return None
    if not isinstance(camera, Mapping):
        raise CameraError(f"a camera is a dict of {', '.join(NUMBERS)}, or None to show all points, not {camera!r}")
    known = {"layout": layout or "", "z": 0.0, "yaw": 0.0, "pitch": 0.0, **camera}
    for name in NUMBERS:
        value = known.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not math.isfinite(value):
            raise CameraError(f"the camera's {name!r} is {value!r}; it must be a finite number")
        known[name] = float(value)
    if known["span"] <= 0:
        raise CameraError(f"the camera's 'span' is {known['span']:g}; it must be more than 0 data units")
    if not isinstance(known["layout"], str):
        raise CameraError(f"the camera's 'layout' is {known['layout']!r}; it must be the name of a layout")
    return cast(Camera, {name: known[name] for name in Camera.__annotations__})


def sees(camera: Camera, xy: np.ndarray) -> bool:
    """Whether any point of the (n, 2) or (n, 3) layout is near where the camera looks."""
    middle = np.array([camera["x"], camera["y"], camera["z"]])[: xy.shape[1]]
    return bool((np.abs(xy - middle) <= camera["span"]).all(axis=1).any())


def camera_on(xy: np.ndarray, rows: np.ndarray, now: Camera | None, layout: str) -> Camera:
    """The camera that shows those rows of the (n, 2) or (n, 3) layout, from the side that `now` looks from.

    Raises:
        CameraError: if none of the rows has a position.
    """
    placed = xy[np.isfinite(xy).all(axis=1)]
    picked = xy[rows][np.isfinite(xy[rows]).all(axis=1)].astype(np.float64)
    if not len(picked):
        raise CameraError("none of these images has a position on the map")
    low, high = picked.min(axis=0), picked.max(axis=0)
    middle = np.pad((low + high) / 2, (0, 3 - xy.shape[1]))
    size = (high - low).max() if xy.shape[1] == 2 else 2 * np.linalg.norm(picked - (low + high) / 2, axis=1).max()
    whole = float(np.ptp(placed.astype(np.float64), axis=0).max())
    same_side = now is not None and now["layout"] == layout
    return {
        "layout": layout,
        "x": float(middle[0]),
        "y": float(middle[1]),
        "z": float(middle[2]),
        "span": max(ROOM * float(size), CLOSEST * whole) or 1.0,
        "yaw": now["yaw"] if same_side and now is not None else math.pi / 6 if xy.shape[1] == 3 else 0.0,
        "pitch": now["pitch"] if same_side and now is not None else math.pi / 9 if xy.shape[1] == 3 else 0.0,
    }
