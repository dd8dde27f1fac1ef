"""What people read of an encoder: its kind and a short title, told from its name and, of a trained one, its file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pointillist.errors import EncoderError

EncoderKind = Literal["timm", "clip", "pixels", "autoencoder", "finetuned", "given", "own"]

FAMILIES: dict[str, EncoderKind] = {
    "timm": "timm",
    "clip": "clip",
    "pixels": "pixels",
    "autoencoder": "autoencoder",
    "finetuned": "finetuned",
    "given": "given",
}


def kind_of(name: str) -> EncoderKind:
    """The family of an encoder's name; "own" for a function, a module, or an object of the caller's."""
    return FAMILIES.get(name.partition("/")[0], "own")


def is_made_by_name(name: str) -> bool:
    """Whether `pointillist.encoder(name)` makes the encoder of this name again: no function, and no checkpoint, whose
    name stands in brackets, of whatever input size."""
    return kind_of(name) not in ("own", "given") and re.search(r"\)( at \d+ px)?$", name) is None


def title_of(name: str) -> str:
    """A short title. Two encoders may have the same; a trained one whose file is gone has its file's name."""
    kind, model = kind_of(name), name.partition("/")[2]
    if kind == "timm":
        return model.removeprefix("hf-hub:").rpartition("/")[2]
    if kind == "clip":
        return f"CLIP {_clip(model)}"
    if kind == "pixels":
        return f"pixels {model} × {model}"
    if kind in ("autoencoder", "finetuned"):
        return _trained(Path(model))
    return "own vectors" if name == "given" else name


def _clip(model: str) -> str:
    """Of an architecture and its weights the architecture, of a repository or a folder the last part."""
    repository = re.match(r"hf-hub:(?:.*/)?(?:clip-)?([^@]+)", model, re.IGNORECASE)
    if repository:
        return repository[1]
    folder = Path(model.removeprefix("local-dir:"))
    if model.startswith(("local-dir:", "/", "~", ".")) or folder.is_dir():
        return folder.name or model
    return model.partition("/")[0]


def _trained(path: Path) -> str:
    from pointillist.encoders.trained import config_of

    try:
        config = config_of(path)
    except (EncoderError, ValueError):
        return path.stem
    if config.get("kind") == "finetuned":
        column = config.get("column")
        base = title_of(str(config.get("base", "")))
        return f"{base} tuned on {column}" if column else f"{base}, fine-tuned"
    drawn = "pixels after PCA" if config.get("net") == "linear" else "autoencoder"
    return f"{drawn}, {config.get('dims')} numbers of {config.get('size')} px"
