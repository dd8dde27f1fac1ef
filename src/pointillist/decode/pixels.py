"""Every kind of pixel becomes 8-bit RGB on white."""

from __future__ import annotations

import numpy as np
from PIL import Image

from pointillist.errors import DecodeError
from pointillist.images.values import to_uint8

WHITE = (255, 255, 255)


def to_rgb(image: Image.Image, reduce: int = 1) -> Image.Image:
    """A loaded image as RGB, box-averaged by the factor `reduce`.

    Transparent pixels show white. One channel of more than 8 bits goes through `to_uint8`.
    """
    mode = image.mode
    if mode.startswith("I") or mode == "F":
        image = Image.fromarray(to_uint8(np.asarray(image)))
        mode = "L"
    elif mode in ("P", "PA", "1", "RGBX") or "transparency" in image.info:
        transparent = mode == "PA" or "transparency" in image.info
        image = image.convert("RGBA" if transparent else "RGB")
        mode = image.mode
    if reduce > 1 and mode in ("RGB", "L", "RGBA", "LA", "CMYK", "YCbCr", "La", "RGBa"):
        image = image.reduce(reduce)
    if mode in ("RGBA", "LA", "La", "RGBa"):
        if mode != "RGBA":
            image = image.convert("LA" if mode == "La" else "RGBA").convert("RGBA")
        white = Image.new("RGB", image.size, WHITE)
        white.paste(image, mask=image)
        return white
    if mode == "RGB":
        return image
    return image.convert("RGB")


def from_array(pixels: np.ndarray) -> Image.Image:
    """A Pillow image of (h, w), (h, w, 1), (h, w, 2) with alpha, (h, w, 3) or (h, w, 4) with alpha; (c, h, w) likewise.

    Raises:
        DecodeError: the array has no such shape, no pixels, or no numbers.
    """
    shape = pixels.shape
    if 0 in shape:
        raise DecodeError(f"an array of shape {shape} has no pixels")
    if pixels.ndim == 3 and shape[2] > 4 and shape[0] in (1, 3, 4):
        pixels = np.moveaxis(pixels, 0, 2)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim != 2 and not (pixels.ndim == 3 and pixels.shape[2] in (2, 3, 4)):
        raise DecodeError(f"an array of shape {shape} is not an image; needs (h, w), (h, w, 3) or (h, w, 4)")
    return Image.fromarray(np.ascontiguousarray(to_uint8(pixels)))
