"""One image, decoded once, no larger than needed."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
from PIL import Image
from PIL.Image import Transpose

from pointillist.decode.formats import cut_off, damaged, image_format, not_an_image, open_lazily, size_in_header
from pointillist.decode.pixels import from_array, to_rgb
from pointillist.decode.quiet import quiet, quiet_libtiff
from pointillist.errors import DecodeError
from pointillist.images.payload import Box, Payload, pillow_lock

MAX_PIXELS = 178_956_970  # 512 MiB of RGB, and the size at which Pillow refuses too
LARGE_PIXELS = 32_000_000

# EXIF 2.3, tag 0x0112: how to turn the stored picture upright.
TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
SIDEWAYS = (Transpose.TRANSPOSE, Transpose.ROTATE_270, Transpose.TRANSVERSE, Transpose.ROTATE_90)

_large = threading.Lock()


@dataclass(frozen=True, eq=False)
class Decoded:
    """The pixels of one image, or of one box in it.

    rgb: (h, w, 3) uint8, contiguous, at the original size or smaller.
    width, height: the original size in pixels, EXIF turned; of the box inside the image if there is one.
    """

    rgb: np.ndarray
    width: int
    height: int


class Shared:
    """The decoded picture of one file, kept for all the boxes in it that want the same scale; safe in many threads.

    Two scales are kept: a model's and that of thumbnails.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[int, Image.Image] = {}

    def picture(self, scale: int, load: Callable[[], Image.Image]) -> Image.Image:
        """What `load` gives, from before if it was one of the last two scales loaded."""
        with self._lock:
            if scale not in self._kept:
                if len(self._kept) == 2:
                    del self._kept[next(iter(self._kept))]
                self._kept[scale] = load()
            return self._kept[scale]


def decode(payload: Payload, *, at_least_px: int, box: Box | None = None, shared: Shared | None = None) -> Decoded:
    """Decode at a reduced scale, as long as the shorter side stays at least `at_least_px`.

    EXIF turned, alpha on white, first frame of an animation. Never warns; safe in many threads.

    Args:
        box: cut to the image; pixels of the image as shown.
        shared: keeps what is decoded for the next box of the same file; the pixels are the same with it and without.

    Raises:
        DecodeError: it is not an image, or cannot be read, or the box is not in it; the text is the reason.
    """
    with quiet():
        if isinstance(payload, bytes):
            return _decode_file(payload, at_least_px, box, shared or Shared())
        if isinstance(payload, Image.Image):
            return _decode_pillow(payload, at_least_px, box)
        image = from_array(payload)
        _check_size(*image.size)
        return _finish(image, image.size, None, box, at_least_px)


def _decode_file(data: bytes, at_least_px: int, box: Box | None, shared: Shared) -> Decoded:
    name = image_format(data)
    if name is None:
        raise DecodeError(not_an_image(data))
    try:
        if size := size_in_header(data, name):
            _check_size(*size)
        image = open_lazily(data, name)
        width, height = image.size
        _check_size(width, height)
        with _room_for(width, height), quiet_libtiff() if name == "TIFF" else nullcontext():
            scale, turn = 1, None
            if name == "JPEG":
                turn = _turn(image)
                side = _shorter_side(_turned_size((width, height), turn), box)
                scale = next(scale for scale in (8, 4, 2, 1) if scale == 1 or side // scale >= at_least_px)

            def load() -> Image.Image:
                if name == "JPEG":
                    image.draft(None, (max(1, width // scale), max(1, height // scale)))
                image.load()
                upright = turn if name == "JPEG" else _turn(image)
                return image if upright is None else image.transpose(upright)

            picture = shared.picture(scale, load)
            size = _turned_size((width, height), turn) if name == "JPEG" else picture.size
            return _finish(picture, size, None, box, at_least_px)
    except DecodeError:
        raise
    except MemoryError as error:
        raise DecodeError(f"not enough memory to decode this {name} image", passing=True) from error
    except Exception as error:
        # Damaged files bring anything out of Pillow: OSError, SyntaxError, struct.error, ValueError, KeyError, …
        raise DecodeError(cut_off(data, name) or damaged(name, error)) from error


def _decode_pillow(image: Image.Image, at_least_px: int, box: Box | None) -> Decoded:
    _check_size(*image.size)
    try:
        with pillow_lock:
            image.load()
            turn = _turn(image)
        return _finish(image, _turned_size(image.size, turn), turn, box, at_least_px)
    except DecodeError:
        raise
    except Exception as error:
        raise DecodeError(f"this Pillow image cannot be read: {error or type(error).__name__}") from error


def _finish(
    image: Image.Image, size: tuple[int, int], turn: Transpose | None, box: Box | None, at_least_px: int
) -> Decoded:
    """Turn, crop, reduce and convert a loaded image, which may be smaller than `size`, its original turned size."""
    if turn is not None:
        image = image.transpose(turn)
    width, height = size
    if box is not None:
        left, top, right, bottom = inside(box, size)
        width, height = right - left, bottom - top
        across, down = image.width / size[0], image.height / size[1]
        x, y = min(int(left * across), image.width - 1), min(int(top * down), image.height - 1)
        image = image.crop((x, y, max(x + 1, round(right * across)), max(y + 1, round(bottom * down))))
    rgb = to_rgb(image, max(1, min(image.size) // at_least_px))
    return Decoded(np.asarray(rgb), width, height)


def inside(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the box in whole pixels, cut to the image.

    Raises:
        DecodeError: the box has no size, or lies outside.
    """
    x, y, w, h = box
    text = f"the box x={x:g}, y={y:g}, w={w:g}, h={h:g}"
    if not all(math.isfinite(value) for value in box):
        raise DecodeError(f"{text} is not a box: a number is missing")
    if w <= 0 or h <= 0:
        raise DecodeError(f"{text} has no size")
    if x + w <= 0 or y + h <= 0 or x >= size[0] or y >= size[1]:
        raise DecodeError(f"{text} lies outside the image of {size[0]:,} × {size[1]:,} pixels")
    left, top = min(max(0, round(x)), size[0] - 1), min(max(0, round(y)), size[1] - 1)
    right, bottom = min(max(round(x + w), left + 1), size[0]), min(max(round(y + h), top + 1), size[1])
    return left, top, right, bottom


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise DecodeError(
            f"{width:,} × {height:,} pixels: over the limit of {MAX_PIXELS // 10**6} million; make it smaller first"
        )


def _room_for(width: int, height: int) -> AbstractContextManager[object]:
    """Large images are decoded one at a time, so that a few of them at once do not fill the memory."""
    return _large if width * height > LARGE_PIXELS else nullcontext()


def _turn(image: Image.Image) -> Transpose | None:
    try:
        return TURNS.get(image.getexif().get(0x0112, 1))
    except Exception:  # noqa: BLE001 -- damaged EXIF data; the picture itself may be whole
        return None


def _turned_size(size: tuple[int, int], turn: Transpose | None) -> tuple[int, int]:
    return (size[1], size[0]) if turn in SIDEWAYS else size


def _shorter_side(size: tuple[int, int], box: Box | None) -> int:
    if box is None:
        return min(size)
    left, top, right, bottom = inside(box, size)
    return min(right - left, bottom - top)
