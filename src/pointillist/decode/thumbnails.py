"""The small picture shown on the map and in the grid."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def thumbnail(rgb: np.ndarray, *, side_px: int = 256) -> bytes:
    """A JPEG of (h, w, 3) uint8 that fits within side_px × side_px, never enlarged."""
    image = Image.fromarray(rgb)
    image.thumbnail((side_px, side_px), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()
