"""The small picture shown on the map and in the grid."""

from __future__ import annotations

import io
from math import ceil

import numpy as np
from PIL import Image

from pointillist.decode.decoding import decode
from pointillist.errors import DecodeError

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


def standing_in(picture: bytes, input_px: int) -> np.ndarray | None:
    """The pixels of a thumbnail, (h, w, 3) uint8, where they do for a model that looks at `input_px`; else None.

    They do where the shorter side is twice as long: what the thumbnail lost is then averaged away.
    """
    if not thumbnail_is_enough(input_px):
        return None
    try:
        rgb = decode(picture, at_least_px=2 * input_px).rgb
    except DecodeError:  # damaged in the store
        return None
    return rgb if min(rgb.shape[:2]) >= 2 * input_px else None


def thumbnail_is_enough(input_px: int) -> bool:
    """Whether a model that looks at `input_px` can do with the thumbnails of images that are not narrow."""
    return 2 * input_px <= THUMBNAIL_PX


def as_seen(rgb: np.ndarray, input_px: int, picture: bytes | None = None) -> np.ndarray:
    """What a model that looks at `input_px` is given of an image: its thumbnail where that is enough, else `rgb`.

    Also where the whole image is at hand, so that a vector is the same whether its file was read for it or not.

    Args:
        picture: the thumbnail, where there is one.
    """
    if not thumbnail_is_enough(input_px):
        return rgb
    small = standing_in(thumbnail(rgb) if picture is None else picture, input_px)
    return rgb if small is None else small
