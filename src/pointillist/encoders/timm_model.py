"""Any timm model by timm's own name, with the preprocessing its weights were trained for."""

from __future__ import annotations

import difflib
import hashlib
import threading
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from pointillist.encoders.base import unit_length
from pointillist.encoders.network import Network
from pointillist.encoders.precision import best_precision
from pointillist.encoders.preprocessing import Preprocessing
from pointillist.encoders.weights import (
    from_hub_or_folder,
    load_by_order,
    packaged_file,
    packaged_version,
    pretrained_file,
    read_checkpoint,
)
from pointillist.errors import EncoderError

if TYPE_CHECKING:
    import torch

CODE = "1"
"""Changed when the same weights begin to give other vectors."""


class TimmEncoder:
    """The features of a timm model before its classifier.

    Made in microseconds; the model is loaded at the first `dims`, `input_px`, `prepare` or `encode`, so that stored
    vectors can be found by `fingerprint` without importing torch. What cannot be loaded raises EncoderError then.
    """

    def __init__(self, model: str, *, checkpoint: str | Path | None = None) -> None:
        """
        Args:
            model: timm's name, with or without the tag of the weights.
            checkpoint: a file with weights for it, fine-tuned ones for example.

        Raises:
            EncoderError: if there is no such file.
        """
        self._model = model
        self._checkpoint = Path(checkpoint).expanduser() if checkpoint is not None else None
        if self._checkpoint is not None and not self._checkpoint.is_file():
            raise EncoderError(f"there is no checkpoint file {str(self._checkpoint)!r}")
        self._loading = threading.Lock()
        self._loaded: tuple[Network, Preprocessing] | None = None
        self._precision = best_precision()
        self.name = f"timm/{model}" + (f" ({self._checkpoint.name})" if self._checkpoint else "")

    @cached_property
    def fingerprint(self) -> str:
        """Model, weights, timm's version (it carries the preprocessing), precision and version of this code."""
        if self._checkpoint is not None:
            with self._checkpoint.open("rb") as file:
                weights = f"file {hashlib.file_digest(file, 'blake2b').hexdigest()[:32]}"
        elif ":" in self._model:  # a repository or folder whose weights may change under the same name
            weights = f"state {self._network.digest}"
        else:
            weights = packaged_version(self._model) or "pretrained"
        return f"timm/{self._model} {weights} timm-{version('timm')} {self._precision} {CODE}"

    @property
    def dims(self) -> int:
        return self._network.dims

    @property
    def input_px(self) -> int:
        return self._preprocessing.needs_px

    @property
    def batch(self) -> int:
        return self._network.batch

    @property
    def workers(self) -> int:
        return self._network.workers

    def prepare(self, rgb: np.ndarray) -> np.ndarray:
        """(height, width, 3) uint8 of the model's input size."""
        return self._preprocessing.apply(rgb)

    def encode(self, batch: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """(b, d) float32 of unit length."""
        return unit_length(self._network.encode(batch))

    @property
    def _network(self) -> Network:
        return self._load()[0]

    @property
    def _preprocessing(self) -> Preprocessing:
        return self._load()[1]

    def _load(self) -> tuple[Network, Preprocessing]:
        if self._loaded is None:
            with self._loading:
                if self._loaded is None:
                    module = self._module()
                    preprocessing = _preprocessing(module)
                    self._loaded = Network(module, preprocessing, self._precision), preprocessing
        return self._loaded

    def _module(self) -> torch.nn.Module:
        if self._checkpoint is not None:
            module = _created(self._model, num_classes=0)
            _load_all(module, read_checkpoint(self._checkpoint), str(self._checkpoint))
            return module
        packaged = packaged_version(self._model)
        if packaged is not None:
            whole: Any = _created(self._model)
            load_by_order(whole, read_checkpoint(packaged_file(self._model)), packaged)
            whole.reset_classifier(0)
            return cast("torch.nn.Module", whole)
        if ":" in self._model:
            return _created(from_hub_or_folder(self._model, self.name), pretrained=True, num_classes=0)
        file = pretrained_file(_pretrained_config(self._model), self.name)
        overlay = {} if file is None else {"pretrained_cfg_overlay": {"file": str(file)}}
        return _created(self._model, pretrained=True, num_classes=0, **overlay)


def _created(model: str, **options: Any) -> torch.nn.Module:
    import timm

    _require_known(model)
    try:
        module: torch.nn.Module = timm.create_model(model, **options)
    except Exception as error:
        raise EncoderError(f"timm cannot make {model!r}: {error}") from error
    return module


def _require_known(model: str) -> None:
    """Raises EncoderError with timm's closest names if timm has no such model."""
    import timm

    architecture = model.partition(".")[0]
    if ":" not in model and not timm.is_model(architecture):
        close = difflib.get_close_matches(architecture, timm.list_models(), 3, cutoff=0.4)
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


def _preprocessing(module: torch.nn.Module) -> Preprocessing:
    from timm import data

    config: dict[str, Any] = data.resolve_model_data_config(module)  # type: ignore[attr-defined, no-untyped-call]
    _, height, width = config["input_size"]
    return Preprocessing(
        height=height,
        width=width,
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        crop_pct=float(config["crop_pct"]),
        interpolation=config["interpolation"],
        crop_mode=config["crop_mode"],
    )


def _load_all(module: torch.nn.Module, tensors: dict[str, torch.Tensor], source: str) -> None:
    """Load a checkpoint that must hold every tensor of the module; a classifier beside them is left out."""
    own = module.state_dict()
    missing = [key for key in own if key not in tensors]
    other = [key for key, tensor in own.items() if key in tensors and tensors[key].shape != tensor.shape]
    if missing or other:
        raise EncoderError(
            f"the checkpoint {source!r} does not fit the model: of its {len(own)} tensors {len(missing)} are missing "
            f"and {len(other)} have another shape (the first is {(missing + other)[0]!r})"
        )
    module.load_state_dict({key: tensors[key] for key in own})
