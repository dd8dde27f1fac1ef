"""A torch module of the user's, or a vision model of Hugging Face's transformers, as an encoder."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeGuard

from pointillist.encoders.base import Encoder
from pointillist.encoders.model import Model, ModelEncoder
from pointillist.encoders.network import Network
from pointillist.encoders.preprocessing import Preprocessing
from pointillist.errors import EncoderError

if TYPE_CHECKING:
    import torch

SIZE_PX = 224
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CODE = "1"


def is_module(value: object) -> TypeGuard[torch.nn.Module]:
    """Whether it is a torch module, told without importing torch."""
    return any(kind.__module__.startswith("torch.nn") for kind in type(value).__mro__)


class ModuleEncoder(ModelEncoder):
    """A module that gives one vector for each image.

    Its input is (b, 3, size, size), the shorter side of the image scaled to `size` and the middle cut out. The colours
    are normalised as a timm model's own config says, as the image processor of a Hugging Face model on this machine
    says, else with ImageNet's mean and standard deviation. Of what a Hugging Face model gives, the pooled vector is
    taken: `image_embeds` or `pooler_output`, else the first token, or the mean over a map's places.
    """

    def __init__(self, module: torch.nn.Module, *, size: int | None = None) -> None:
        super().__init__()
        self._module = module
        self._preprocessing = _preprocessing(module, size)
        self.name = type(module).__name__

    @cached_property
    def fingerprint(self) -> str:
        """Kind and structure of the module, its weights, preprocessing, precision."""
        structure = hashlib.blake2b(str(self._module).encode(), digest_size=16).hexdigest()
        weights = self._model.network.digest
        return (
            f"module/{type(self._module).__name__} {structure} {weights} {self._preprocessing} {self._precision} {CODE}"
        )

    def is_of(self, other: Encoder) -> bool:
        """Also after the module was trained further: it is the same one."""
        return (isinstance(other, ModuleEncoder) and other._module is self._module) or super().is_of(other)

    def _load(self) -> Model:
        was_training = self._module.training
        try:
            module = _pooled(self._module) if _is_hugging_face(self._module) else self._module
            return Model(Network(module, self._preprocessing, self._precision, copy=True), self._preprocessing)
        except EncoderError as error:
            raise EncoderError(f"the module {self.name!r} cannot be used: {error}") from error
        finally:
            self._module.train(was_training)


def _is_hugging_face(module: Any) -> bool:
    return hasattr(module, "config") and hasattr(module.config, "to_dict")


def _pooled(module: Any) -> torch.nn.Module:
    """A Hugging Face vision model that gives one vector for each image."""
    import torch

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.whole = module

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            if hasattr(self.whole, "get_image_features"):
                given = self.whole.get_image_features(pixel_values=pixels)
            else:
                given = self.whole(pixel_values=pixels)
            if isinstance(given, torch.Tensor):
                return torch.as_tensor(given.flatten(1))
            for name in ("image_embeds", "pooler_output"):
                vector = getattr(given, name, None)
                if vector is not None:
                    return torch.as_tensor(vector).flatten(1)
            hidden = given.last_hidden_state
            return torch.as_tensor(hidden.mean((2, 3)) if hidden.ndim == 4 else hidden[:, 0])

    return Pooled()


def _preprocessing(module: Any, size: int | None) -> Preprocessing:
    if getattr(module, "pretrained_cfg", None):
        from pointillist.encoders.timm_model import preprocessing_of

        return preprocessing_of(module, size)
    mean, std, side = MEAN, STD, SIZE_PX
    if _is_hugging_face(module):
        config = getattr(module.config, "vision_config", None) or module.config
        wanted = getattr(config, "image_size", SIZE_PX)
        side = wanted if isinstance(wanted, int) else max(wanted)
        processor = _processor_of(module)
        mean, std = tuple(processor.get("image_mean") or MEAN), tuple(processor.get("image_std") or STD)
    side = size or side
    return Preprocessing(side, side, mean, std, 1.0, "bicubic", "center")


def _processor_of(module: Any) -> dict[str, Any]:
    """The config of the model's image processor if its files are on this machine; empty where they are not."""
    try:
        from transformers import AutoImageProcessor

        return dict(AutoImageProcessor.from_pretrained(module.name_or_path, local_files_only=True).to_dict())
    except (ImportError, OSError, ValueError, AttributeError):
        return {}
