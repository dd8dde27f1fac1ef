"""What all encoders with a network have in common: the model is loaded when first needed, once, by one thread."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from pointillist.encoders.base import Encoder, unit_length
from pointillist.encoders.classes import Classes
from pointillist.encoders.network import Network
from pointillist.encoders.precision import best_precision
from pointillist.encoders.preprocessing import Preprocessing
from pointillist.jobs import outwaited


@dataclass(frozen=True, eq=False)
class Model:
    """A loaded model. classes: what its own classifier knows, None where it has none or its classes have no names."""

    network: Network
    preprocessing: Preprocessing
    classes: Classes | None = None


class ModelEncoder(ABC):
    """An encoder made in microseconds; it loads its model at the first `dims`, `input_px`, `prepare` or `encode`.

    So stored vectors are found by `fingerprint` without importing torch. What cannot be loaded raises EncoderError
    then.
    """

    name: str
    needs = "torch"

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Names everything the vectors depend on."""

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._loaded: Model | None = None
        self._precision = best_precision()

    @abstractmethod
    def _load(self) -> Model:
        """Load the model; called once."""

    def __getstate__(self) -> dict[str, Any]:
        """Where a copy runs it loads the model itself, in that machine's precision."""
        left = ("_loading", "_loaded", "_precision", "fingerprint")
        return {name: value for name, value in self.__dict__.items() if name not in left}

    def __setstate__(self, state: dict[str, Any]) -> None:
        ModelEncoder.__init__(self)
        self.__dict__.update(state)

    @property
    def dims(self) -> int:
        return self._model.network.dims

    @property
    def input_px(self) -> int:
        return self._model.preprocessing.needs_px

    @property
    def batch(self) -> int:
        return self._model.network.batch

    @property
    def workers(self) -> int:
        return self._model.network.workers

    @property
    def classes(self) -> Classes | None:
        """The classes of the model's own classifier, by name; None where there are none. Loads the model."""
        return self._model.classes

    @property
    def preparing(self) -> Callable[[np.ndarray], np.ndarray]:
        return self._model.preprocessing.apply

    def prepare(self, rgb: np.ndarray) -> np.ndarray:
        """(height, width, 3) uint8 of the model's input size."""
        return self.preparing(rgb)

    def encode(self, batch: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """(b, d) float32 of unit length."""
        return unit_length(self._model.network.encode(batch))

    def renamed(self, name: str) -> Self:
        """The same encoder under this name; a model that is loaded is shared."""
        if name == self.name:
            return self
        made = object.__new__(type(self))
        made.__dict__.update({**self.__dict__, "name": name})
        return made

    def is_of(self, other: Encoder) -> bool:
        """Whether both make the vectors of one model."""
        return self.fingerprint == other.fingerprint

    @property
    def is_loaded(self) -> bool:
        """Whether the next vector waits for no model."""
        return self._loaded is not None

    def load(self) -> None:
        """Load the model now.

        Raises:
            EncoderError: if it cannot be loaded.
        """
        _ = self._model

    @property
    def _model(self) -> Model:
        if self._loaded is None:
            if threading.current_thread() is threading.main_thread():
                outwaited(self._load_once)  # Ctrl-C would wait for an import, and its traceback go through all of it
            else:
                self._load_once()
        assert self._loaded is not None
        return self._loaded

    def _load_once(self) -> None:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
