"""Bytes, Pillow images or arrays become RGB pixels, a thumbnail and a content key, or a reason in words."""

from __future__ import annotations

from pointillist.decode.decoding import Decoded, Shared, decode
from pointillist.decode.keys import content_key
from pointillist.decode.thumbnails import THUMBNAIL_PX, as_seen, standing_in, thumbnail, thumbnail_is_enough

__all__ = [
    "THUMBNAIL_PX",
    "Decoded",
    "Shared",
    "as_seen",
    "content_key",
    "decode",
    "standing_in",
    "thumbnail",
    "thumbnail_is_enough",
]
