"""An encoder tried on a batch: a vector for each image it can take, for each other one the reason why it cannot."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pointillist.encoders.base import Encoder, NotFinite, one_each, unit_length
from pointillist.errors import EncoderError, PointillistError

UNIT_WITHIN = 1e-3


@dataclass(frozen=True, eq=False)
class Refused:
    """Why an encoder gave one image no vector. passing: it may be over the next time. error: what it raised."""

    reason: str
    passing: bool
    error: BaseException | None = None

    @classmethod
    def because(cls, error: Exception, name: str) -> Refused:
        """Of what the encoder `name` raised."""
        said = str(error) if isinstance(error, PointillistError) else f"the encoder {name!r} failed on it: {error!r}"
        return cls(said, True, error)


class Trying:
    """One encoder; a batch that it fails on is tried in halves, so that one bad image fails alone.

    So is one that does not fit the memory; no larger batch is given to the encoder from then on.

    most: how many images the encoder is given at once, at most.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.most = sys.maxsize

    def __call__(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray | Refused]:
        """(d,) float32 of unit length, or why there is none, for each of b inputs. Safe from many threads.

        Raises:
            EncoderError: if there is no memory for a single image.
        """
        if len(inputs) <= self.most:
            try:
                return list(self._encoded(inputs))
            except NotFinite as error:
                refused = Refused(f"{self._encoder.name!r} gave it NaN or infinite values", False, error)
                return [vector if np.isfinite(vector).all() else refused for vector in error.vectors]
            except Exception as error:
                if is_out_of_memory(error):
                    if len(inputs) == 1:
                        raise EncoderError(
                            f"no memory for a single image with {self._encoder.name!r}: close what else uses the "
                            "device, or choose a smaller model"
                        ) from error
                    self.most = max(1, min(self.most, len(inputs) // 2))
                elif len(inputs) == 1:
                    return [Refused.because(error, self._encoder.name)]
        half = len(inputs) // 2
        return [*self(inputs[:half]), *self(inputs[half:])]

    def _encoded(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        vectors = one_each(self._encoder.encode(inputs), len(inputs), self._encoder.name)
        is_unit = np.abs(np.linalg.norm(vectors.astype(np.float64), axis=1) - 1) <= UNIT_WITHIN
        return vectors if is_unit.all() else unit_length(vectors)


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether an encoder failed, or what it was made of, for want of memory on whatever device; knows no torch."""
    while error is not None:
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
            return True
        if isinstance(error, RuntimeError) and re.search("out of memory|allocate memory|ALLOC_FAILED", str(error)):
            return True
        error = error.__cause__
    return False
