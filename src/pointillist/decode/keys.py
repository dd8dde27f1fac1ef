"""A name for what an image contains, wherever it lies."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from pointillist.images.payload import Box, Payload


def content_key(payload: Payload, box: Box | None) -> bytes:
    """16 bytes: equal for equal file bytes (or pixels, shape and dtype) and equal boxes.

    Raises:
        DecodeError: a Pillow image that is read from its file only now cannot be read.
    """
    digest = blake2b(digest_size=16)
    if isinstance(payload, bytes):
        digest.update(payload)
    else:
        pixels = np.ascontiguousarray(payload)
        digest.update(f"{pixels.shape} {pixels.dtype}\n".encode())
        digest.update(pixels.data)
    if box is not None:
        digest.update(repr(box).encode())
    return digest.digest()
