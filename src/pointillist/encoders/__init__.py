"""Encoders: images in, unit-length vectors out. Importing this package loads neither torch nor timm."""

from __future__ import annotations

from pointillist.encoders.base import Encoder

__all__ = ["Encoder"]
