"""The pixels themselves as vectors: for drawings, digits, icons, spectrograms, wherever no network is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from pointillist.encoders.base import unit_length
from pointillist.errors import EncoderError

SIDES_PX = range(1, 129)


class PixelEncoder:
    """Each image squashed to side × side RGB pixels, the grey of middle brightness subtracted: d = 3 side².

    Without the subtraction all images would point almost the same way, bright and dark ones alike.
    """

    def __init__(self, side_px: int) -> None:
        """
        Raises:
            EncoderError: if the side is not one of SIDES_PX.
        """
        if side_px not in SIDES_PX:
            raise EncoderError(
                f"'pixels/{side_px}' is not an encoder: the side must be {SIDES_PX[0]} to {SIDES_PX[-1]} pixels, "
                "for example 'pixels/32'"
            )
        self.input_px = side_px
        self.name = f"pixels/{side_px}"
        self.fingerprint = f"{self.name} box-filter centred 2"
        self.batch = 256
        self.dims = 3 * side_px * side_px

    @property
    def preparing(self) -> Callable[[np.ndarray], np.ndarray]:
        return self.prepare

    def prepare(self, rgb: np.ndarray) -> np.ndarray:
        """(side, side, 3) uint8."""
        return np.asarray(Image.fromarray(rgb).resize((self.input_px, self.input_px), Image.Resampling.BOX))

    def encode(self, batch: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """(b, d) float32 of unit length."""
        return unit_length((np.stack(list(batch)).astype(np.float32) - 127.5).reshape(len(batch), self.dims))
