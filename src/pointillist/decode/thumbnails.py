"""The small picture shown on the map and in the grid."""

from __future__ import annotations

import io
from math import ceil

import numpy as np
from PIL import Image

THUMBNAIL_PX = 256  # enough for the grid's largest cells


def thumbnail(rgb: np.ndarray, *, side_px: int = THUMBNAIL_PX) -> bytes:
    """A JPEG of (h, w, 3) uint8 that fits within side_px × side_px, never enlarged.

    JPEG, not WebP: WebP is a tenth smaller and takes ten times as long to write. Averaged by a whole factor first, then
    resampled: half the time of one pass, and no difference that the eye finds at this size. What averaging alone brings
    within an eighth of side_px is left so: half the time again.
    """
    image = Image.fromarray(rgb)
    longer = max(image.size)
    factor, scale = ceil(longer / side_px), side_px / longer
    if factor > 1 and longer / factor >= side_px * 7 / 8:
        image = image.reduce(factor)
    elif factor > 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.HAMMING, reducing_gap=1.0)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=75)
    return file.getvalue()
