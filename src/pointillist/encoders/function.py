"""Anybody's own function as an encoder."""

from __future__ import annotations

import uuid
import weakref
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from PIL import Image

from pointillist.encoders.base import in_words, one_each, unit_length
from pointillist.errors import EncoderError

INPUT_PX = 224

_fingerprints: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()


class FunctionEncoder:
    """A function from a list of (h, w, 3) uint8 images to (b, d) vectors: an array, a list of them, or torch tensors.

    The images are its own, to be changed in place too. They keep their aspect ratio; their shorter side is INPUT_PX, or
    less where the image is smaller.

    Nobody can tell from the outside what a function computes, so its vectors are only known again in this process;
    give the function an attribute `fingerprint` (a string you change with the model) to keep them longer.
    """

    input_px = INPUT_PX

    def __init__(self, function: Callable[[list[np.ndarray]], Any]) -> None:
        self._function = function
        self.name = getattr(function, "__name__", type(function).__name__)
        self.fingerprint = _fingerprint(function, self.name)

    @cached_property
    def dims(self) -> int:
        """Width of the vectors, found by asking for the vector of one grey image."""
        grey = np.full((INPUT_PX, INPUT_PX, 3), 128, np.uint8)
        return int(self.encode([grey]).shape[1])

    def prepare(self, rgb: np.ndarray) -> np.ndarray:
        """The image with its shorter side at most INPUT_PX; no image is enlarged."""
        h, w = rgb.shape[:2]
        scale = INPUT_PX / min(h, w)
        if scale >= 1:
            return rgb
        size = round(w * scale), round(h * scale)
        return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BICUBIC))

    def encode(self, batch: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """(b, d) float32 of unit length.

        Raises:
            EncoderError: if the function fails, or does not return one vector for each image.
        """
        try:
            vectors = one_each(self._function([image.copy() for image in batch]), len(batch), self.name)
        except EncoderError:
            raise
        except Exception as error:
            raise EncoderError(f"the encoder {self.name!r} failed on {in_words(len(batch))}: {error!r}") from error
        return unit_length(vectors)


def _fingerprint(function: Callable[..., Any], name: str) -> str:
    given = getattr(function, "fingerprint", None)
    if isinstance(given, str):
        return f"function/{name} {given}"
    try:
        return _fingerprints.setdefault(function, f"function/{name} of one session {uuid.uuid4().hex}")
    except TypeError:  # not hashable, or no weak reference to it can be made
        return f"function/{name} of one session {uuid.uuid4().hex}"
