"""What an encoder is, and the one thing all of them do last: unit length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeGuard

import numpy as np

from pointillist.errors import EncoderError
from pointillist.numeric import on_cpu


class Preparing(Protocol):
    """The half of an encoder that images are read for; see there."""

    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def input_px(self) -> int: ...

    def prepare(self, rgb: np.ndarray) -> np.ndarray:
        """One model input from one (h, w, 3) uint8 image, any h and w from 1 up. Pure; called from many threads."""
        ...


class Encoder(Preparing, Protocol):
    """Turns RGB arrays into unit-length float32 vectors.

    name: what people call it, e.g. "timm/resnet18".
    fingerprint: names everything the vectors depend on (weights, preprocessing, precision); two encoders with the
        same fingerprint make the same vectors, so it is the key under which vectors are stored.
    dims: d, the width of the vectors.
    input_px: images are decoded so that their shorter side is at least this many pixels; up to 128 it is the thumbnail,
        a JPEG of up to 256 px, wherever its shorter side is at least twice as long.
    batch, workers (may be left out): how many inputs `encode` likes to be given at once, and how many threads may
        call it at the same time.
    preparing (may be left out): `prepare`, or what it calls, as something small that can be pickled; images are then
        prepared in other processes where there are many cores. `needs` then names a module that this imports.
    classes (may be left out): the named classes of its own classifier; see `pointillist.encoders.classes_of`.
    """

    @property
    def dims(self) -> int: ...

    def encode(self, batch: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """(b, d) float32 of unit length from b prepared inputs, b from 1 up."""
        ...


class TextEncoder(Encoder, Protocol):
    """An encoder that also turns text into vectors of the same space."""

    def encode_text(self, texts: Sequence[str], *, prompts: Sequence[str] = ...) -> np.ndarray:
        """(m, d) float32 of unit length; each text in each of `prompts` in place of {}, the mean direction."""
        ...


def has(value: object, name: str) -> bool:
    """Whether a value has an attribute, told from its names alone: asking for it may load a model."""
    return hasattr(type(value), name) or name in getattr(value, "__dict__", {})


def is_encoder(value: object) -> TypeGuard[Encoder]:
    """Whether a value is an encoder; loads no model."""
    return all(has(value, name) for name in ("name", "fingerprint", "dims", "input_px", "prepare", "encode"))


def reads_text(encoder: Encoder) -> TypeGuard[TextEncoder]:
    """Whether the encoder has a text tower: `encode_text` then gives vectors of sentences."""
    return callable(getattr(type(encoder), "encode_text", None))


class NotFinite(EncoderError):
    """Some vectors hold NaN or infinite values. vectors: (b, d) float32 of unit length, NaN in those rows."""

    def __init__(self, vectors: np.ndarray) -> None:
        super().__init__("the model gave NaN or infinite values; try another encoder or checkpoint")
        self.vectors = vectors


def one_each(answer: object, count: int, name: str) -> np.ndarray:
    """What the encoder `name` returned for `count` images, as (count, d) float32.

    Raises:
        EncoderError: if it is not one vector of numbers for each image.
    """
    given = [on_cpu(one) for one in answer] if isinstance(answer, list | tuple) else on_cpu(answer)
    with np.errstate(over="ignore"):  # what does not fit becomes infinite
        vectors = np.asarray(given, dtype=np.float32)
    if vectors.ndim != 2 or len(vectors) != count or not vectors.shape[1]:
        raise EncoderError(
            f"the encoder {name!r} returned an array of shape {vectors.shape} for {in_words(count)}; "
            "it must return one vector for each image"
        )
    return vectors


def in_words(count: int) -> str:
    """So many images."""
    return "1 image" if count == 1 else f"{count:,} images"


def unit_length(vectors: np.ndarray) -> np.ndarray:
    """Scale each row of (b, d) to length 1, in float32. A zero row becomes the constant unit vector.

    Raises:
        NotFinite: if a value is NaN or infinite.
    """
    vectors = np.asarray(vectors, dtype=np.float32)
    finite = np.isfinite(vectors).all(axis=1)
    precise = np.where((vectors.any(axis=1) & finite)[:, None], vectors, 1).astype(np.float64)
    lengths: np.ndarray = np.linalg.norm(precise, axis=1, keepdims=True)
    unit = np.asarray(precise / lengths, np.float32)
    if not finite.all():
        unit[~finite] = np.nan
        raise NotFinite(unit)
    return unit
