"""Images at the door: folder, paths, DataFrame, arrays and datasets all become one `Images` with rows 0…n-1."""

from __future__ import annotations

from pointillist.images.payload import Box, Payload, Signature
from pointillist.images.rows import Images
from pointillist.images.source import read_source

__all__ = ["Box", "Images", "Payload", "Signature", "read_source"]
