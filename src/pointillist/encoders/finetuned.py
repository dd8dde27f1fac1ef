"""A timm model fine-tuned on the user's labels, opened from its file."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from pointillist.encoders.classes import Classes
from pointillist.encoders.model import Model, ModelEncoder
from pointillist.encoders.network import Network
from pointillist.encoders.preprocessing import Preprocessing
from pointillist.encoders.trained import config_of, tensors_of
from pointillist.encoders.weights import file_digest
from pointillist.errors import EncoderError

VERSION = 1


class FinetunedEncoder(ModelEncoder):
    """The features of a fine-tuned timm model, and the classes it was trained to tell apart.

    report: what the training was worth, as `finetune` measured it on images that it did not train on; a dict with
        `before` and `after` (share of them whose label is that of most of their 5 nearest training images), `by_chance`
        (how far the two may differ by chance), `epochs`, `trained`, `held_out`, and the same in words as `summary`.
    """

    def __init__(self, path: Path) -> None:
        """
        Raises:
            EncoderError: if there is no such file, or it holds no fine-tuned model.
        """
        super().__init__()
        self.path = path
        self._config = config_of(path)
        self.report: dict[str, Any] = self._config["report"]
        self.name = f"finetuned/{path}"

    @cached_property
    def fingerprint(self) -> str:
        return f"finetuned {file_digest(self.path)} {self._precision} {VERSION}"

    def _load(self) -> Model:
        import timm

        from pointillist.encoders.timm_model import resized

        tensors = tensors_of(self.path)
        head = tensors.pop("head.weight"), tensors.pop("head.bias")
        try:
            module = timm.create_model(self._config["model"], num_classes=0, **self._config.get("arguments", {}))
            if self._config["size"]:
                resized(module, self._config["size"], self.name)
            module.load_state_dict(tensors)
        except (RuntimeError, KeyError) as error:
            raise EncoderError(f"{str(self.path)!r} does not fit this version of timm: {error}") from error
        preprocessing = Preprocessing(**self._config["preprocessing"])
        network = Network(module, preprocessing, self._precision)
        weights, bias = (np.asarray(tensor.float().numpy()) for tensor in head)
        return Model(
            network, preprocessing, Classes(tuple(self._config["classes"]), weights, bias, self._config["length"])
        )
