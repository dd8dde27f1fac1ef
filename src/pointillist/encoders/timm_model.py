"""Any timm model by timm's own name, with the preprocessing its weights were trained for."""

from __future__ import annotations

import difflib
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pointillist.encoders.classes import Classes
from pointillist.encoders.fetching import CLIP_FILES, HUB_FILES, pretrained_file, repository, saved_arguments
from pointillist.encoders.heads import taken_off
from pointillist.encoders.model import Model, ModelEncoder
from pointillist.encoders.network import Network
from pointillist.encoders.preprocessing import Preprocessing
from pointillist.encoders.weights import (
    file_digest,
    holds_code,
    in_short,
    load_by_order,
    names_in,
    packaged_file,
    packaged_version,
    read_checkpoint,
    refusal,
)
from pointillist.errors import EncoderError
from pointillist.named_file import named_file
from pointillist.numeric import is_whole

if TYPE_CHECKING:
    import torch

CODE = "1"
"""Changed when the same weights begin to give other vectors."""
SIZES_PX = range(16, 2049)


class TimmEncoder(ModelEncoder):
    """The features of a timm model before its classifier, and its classifier's named classes beside them."""

    def __init__(self, model: str, *, checkpoint: str | Path | None = None, size: int | None = None) -> None:
        """
        Args:
            model: timm's name, with or without the tag of the weights.
            checkpoint: a file with weights for it, fine-tuned ones for example.
            size: side of the input in pixels; by default that of the weights.

        Raises:
            EncoderError: if there is no such file, or the size is not one of SIZES_PX.
        """
        super().__init__()
        if model.startswith(("/", "~", ".")):
            raise EncoderError(f"timm has no model {model!r}; a folder is named 'timm/local-dir:{model}'")
        source, _, folder = model.partition(":")
        self._timm_name = f"{source}:{Path(folder).expanduser()}" if source == "local-dir" else model
        self._checkpoint = None if checkpoint is None else named_file(checkpoint, "checkpoint", EncoderError)
        if self._checkpoint is not None and not self._checkpoint.is_file():
            raise EncoderError(f"there is no checkpoint file {str(self._checkpoint)!r}")
        if size is not None and not (is_whole(size) and size in SIZES_PX):
            raise EncoderError(f"size={size!r} is not an input size: {SIZES_PX[0]} to {SIZES_PX[-1]} pixels")
        self._size = size
        self.name = f"timm/{model}" + (f" ({self._checkpoint.name})" if self._checkpoint else "")
        self.name += f" at {size} px" if size else ""

    @cached_property
    def fingerprint(self) -> str:
        """Model, weights, timm's version (it carries the preprocessing), precision and version of this code."""
        if self._checkpoint is not None:
            weights = f"file {file_digest(self._checkpoint)}"
        elif ":" in self._timm_name:  # a repository or folder whose weights may change under the same name
            weights = f"state {self._model.network.digest}"
        else:
            weights = packaged_version(self._timm_name) or "pretrained"
        size = f" {self._size}px" if self._size else ""
        return f"timm/{self._timm_name}{size} {weights} timm-{version('timm')} {self._precision} {CODE}"

    @property
    def size(self) -> int | None:
        """Side of its input in pixels where it was asked for."""
        return self._size

    @property
    def preprocessing(self) -> Preprocessing:
        """How images become its inputs."""
        return self._model.preprocessing

    @property
    def arguments(self) -> dict[str, Any]:
        """What its architecture was made with that is not timm's default; as JSON has it."""
        return saved_arguments(self._timm_name)

    def module(self) -> Any:
        """A copy of the whole model without its classifier, in float32, to train further."""
        module = self._whole()
        module.reset_classifier(0)
        if self._size is not None:
            resized(module, self._size, self.name)
        return module

    def _load(self) -> Model:
        whole = self._whole()
        if self._size is not None:
            resized(whole, self._size, self.name)
        names = (self._checkpoint and names_in(self._checkpoint)) or class_names(whole)
        preprocessing = preprocessing_of(whole, self._size)
        head = taken_off(whole, (3, preprocessing.height, preprocessing.width))
        network = Network(whole, preprocessing, self._precision)
        if head is None or head[0].shape[1] != network.dims:
            return Model(network, preprocessing)
        if names is None or len(names) != len(head[0]):
            names = tuple(f"class {i}" for i in range(len(head[0])))
        return Model(network, preprocessing, Classes(names, *head, length=network.probe_length))

    def _whole(self) -> Any:
        """The module with the classifier of its weights, where they have one."""
        name = self._timm_name
        if self._checkpoint is not None:
            return self._from_checkpoint(self._checkpoint)
        packaged = packaged_version(name)
        if packaged is not None:
            module = _created(name)
            load_by_order(module, read_checkpoint(packaged_file(name)), packaged)
            return module
        source, _, hub_id = name.partition(":")
        if source in ("hf-hub", "hf_hub"):
            name = f"local-dir:{repository(hub_id, 'config.json', (*HUB_FILES, *CLIP_FILES), self.name)}"
        if hub_id:
            return _created(name, pretrained=True)
        file = pretrained_file(_pretrained_config(name), self.name)
        return _created(name, pretrained=True, pretrained_cfg_overlay={"file": str(file), "custom_load": False})

    def _from_checkpoint(self, path: Path) -> Any:
        """Made for the size asked for where the tensors are of that size, else for the model's usual one."""
        tensors = read_checkpoint(path)
        for classes in dict.fromkeys((_classes_in(tensors, self._timm_name), 0)):  # 0 where part of a head is left out
            module = _created(self._timm_name, num_classes=classes)
            if self._size is not None and _unfit(module, tensors):
                resized(module, self._size, self.name)
            if not _unfit(module, tensors):
                break
        missing, other = unfit = _unfit(module, tensors) or ([], [])
        if any(unfit):
            sized = any("pos_embed" in key or "relative_position" in key for key in other)
            raise EncoderError(
                f"the checkpoint {str(path)!r} does not fit the model: of its {len(module.state_dict())} tensors "
                f"{len(missing)} are missing and {len(other)} have another shape (the first is "
                f"{(missing + other)[0]!r})"
                + ("; if it was trained at another input size, give its side in pixels as size=" if sized else "")
            )
        module.load_state_dict({key: tensors[key] for key in module.state_dict()})
        return module


def _created(model: str, **options: Any) -> Any:
    import timm

    _require_known(model)
    try:
        return timm.create_model(model, **options)
    except Exception as error:
        if holds_code(error):
            raise EncoderError(refusal(repr(model))) from error
        raise EncoderError(f"timm cannot make {model!r}: {in_short(error)}") from error


def resized(module: Any, size: int, name: str) -> None:
    """Tell a module whose weights depend on the input's size (most transformers) that it is another one."""
    set_size = getattr(module, "set_input_size", None)
    if set_size is not None:
        try:
            set_size(img_size=(size, size))
        except Exception as error:
            raise EncoderError(f"{name!r} cannot take images of {size} pixels: {error}") from error


def class_names(module: Any) -> tuple[str, ...] | None:
    """What the classes of a timm model are called: as its config says, else as ImageNet's classes if it has as many."""
    from timm.data.imagenet_info import ImageNetInfo, infer_imagenet_subset

    config = module.pretrained_cfg or {}
    names = config.get("label_names")
    if names:
        words = config.get("label_descriptions") or {}
        return tuple(str(words.get(name, name)) for name in names)
    subset = infer_imagenet_subset(module)
    return None if subset is None else tuple(ImageNetInfo(subset).label_descriptions())


def _require_known(model: str) -> None:
    """Raises EncoderError with timm's closest names if timm has no such model."""
    import timm

    architecture = model.partition(".")[0]
    if ":" not in model and not timm.is_model(architecture):
        names = timm.list_models()
        holding = [name for name in names if architecture and architecture.casefold() in name]
        close = sorted(holding, key=len)[:3] or difflib.get_close_matches(architecture, names, 3, cutoff=0.4)
        raise EncoderError(
            f"timm has no model {architecture!r}"
            + (f"; its closest names are {', '.join(close)}" if close else "; timm.list_models() lists its names")
        )


def _pretrained_config(model: str) -> dict[str, Any]:
    import timm

    _require_known(model)
    try:
        config = timm.get_pretrained_cfg(model)
    except RuntimeError as error:
        architecture, _, tag = model.partition(".")
        tags = [name.partition(".")[2] for name in timm.list_pretrained(f"{architecture}.*")]
        raise EncoderError(
            f"timm has no weights {tag!r} for {architecture!r}; it has {', '.join(tags) or 'none'}"
        ) from error
    return {} if config is None else dict(vars(config))


def preprocessing_of(module: torch.nn.Module, size: int | None = None) -> Preprocessing:
    """What a timm model's weights were trained for, at another input size where one is given."""
    from timm.data.config import resolve_model_data_config

    config: dict[str, Any] = resolve_model_data_config(module)
    _, height, width = config["input_size"] if size is None else (3, size, size)
    return Preprocessing(
        height=height,
        width=width,
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        crop_pct=float(config["crop_pct"]),
        interpolation=config["interpolation"],
        crop_mode=config["crop_mode"],
    )


def _classes_in(tensors: dict[str, torch.Tensor], model: str) -> int:
    """How many classes the classifier of a checkpoint tells apart; 0 where it has none."""
    names = () if ":" in model else _pretrained_config(model).get("classifier") or ()
    weights = tensors.get(f"{names if isinstance(names, str) else next(iter(names), '')}.weight")
    return 0 if weights is None else len(weights)


def _unfit(module: torch.nn.Module, tensors: dict[str, torch.Tensor]) -> tuple[list[str], list[str]] | None:
    """The module's tensors that a checkpoint lacks, and those that have another shape there; None if it fits."""
    own = module.state_dict()
    missing = [key for key in own if key not in tensors]
    other = [key for key, tensor in own.items() if key in tensors and tensors[key].shape != tensor.shape]
    return (missing, other) if missing or other else None
