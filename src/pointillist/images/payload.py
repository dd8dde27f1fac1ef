"""What a row's image is before it is decoded, and how it is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pointillist.errors import DecodeError

Signature = tuple[str, int, int]
"""Absolute path or URL, size in bytes, mtime in ns: a file whose signature is unchanged is taken as unchanged.
Size -1: no such file; 0, 0: not known (a URL)."""

Box = tuple[float, float, float, float]
"""x, y, w, h in pixels of the image as it is shown (EXIF turned)."""

Payload = bytes | Image.Image | np.ndarray[Any, np.dtype[Any]]
"""The bytes of an image file, a Pillow image, or an array of pixels (h, w[, c])."""


def fetch(cell: object) -> Payload:
    """The payload of one cell.

    Raises:
        DecodeError: it cannot be had; the text is the reason.
    """
    if isinstance(cell, str):
        try:
            return Path(cell).read_bytes()
        except FileNotFoundError as error:
            raise DecodeError(f"no such file: {cell}") from error
        except OSError as error:
            raise DecodeError(f"cannot be read: {error.strerror}") from error
    raise DecodeError(f"a {type(cell).__name__} is not an image")
