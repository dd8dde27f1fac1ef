"""A name for what an image contains, wherever it lies."""

from __future__ import annotations

import struct
from hashlib import blake2b

import numpy as np
from PIL import Image

from pointillist.decode.quiet import quiet
from pointillist.errors import DecodeError
from pointillist.images.payload import Box, Payload, pillow_lock


def content_key(payload: Payload, box: Box | None) -> bytes:
    """16 bytes: equal for equal file bytes (or pixels, shape and type) and equal boxes.

    Raises:
        DecodeError: a Pillow image that is read from its file only now cannot be read.
    """
    digest = blake2b(digest_size=16)
    if isinstance(payload, bytes):
        digest.update(payload)
    elif isinstance(payload, Image.Image):
        try:
            with quiet(), pillow_lock:
                pixels = payload.tobytes()
                palette = payload.getpalette() if payload.mode in ("P", "PA") else None
        except Exception as error:
            raise DecodeError(f"this Pillow image cannot be read: {error or type(error).__name__}") from error
        transparent = payload.info.get("transparency")
        digest.update(f"{payload.mode} {payload.size} {palette} {transparent}\n".encode())
        digest.update(pixels)
    else:
        digest.update(f"{payload.shape} {payload.dtype}\n".encode())
        digest.update(np.ascontiguousarray(payload).view(np.uint8).data if payload.size else b"")
    if box is not None:
        digest.update(b"box" + struct.pack("<4d", *box))
    return digest.digest()
