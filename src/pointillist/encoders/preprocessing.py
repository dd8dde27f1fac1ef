"""How an image becomes a model's input: the evaluation transform that timm's weights were trained for.

The same steps as `timm.data.transforms_factory.transforms_imagenet_eval`, on uint8 and with torch's antialiased resize:
a quarter of the time that Pillow takes, and within one level of 255 of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import Literal

import numpy as np

LONGEST = 16
"""Times its shorter side, of an image that is enlarged: what lies farther out does not reach the middle, which is cut
out of it."""


@dataclass(frozen=True)
class Preprocessing:
    """height, width: of the input in pixels. mean, std: of each channel, for values 0…1. crop_pct: input side over
    side of the resized image. crop_mode: what gives way when the aspect ratio differs: the longer side is cut (center),
    the image squashed, or a border added, of the colour `ground` (0…255), by default the mean colour."""

    height: int
    width: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop_pct: float
    interpolation: Literal["bicubic", "bilinear"]
    crop_mode: Literal["center", "squash", "border"]
    ground: tuple[int, ...] | None = None

    @property
    def needs_px(self) -> int:
        """The shorter side an image should have at least, so that nothing is enlarged."""
        return max(self._resized)

    @property
    def _resized(self) -> tuple[int, int]:
        return floor(self.height / self.crop_pct), floor(self.width / self.crop_pct)

    def apply(self, rgb: np.ndarray) -> np.ndarray:
        """(height, width, 3) uint8 from an (h, w, 3) uint8 image of any size."""
        import torch

        rgb = self._near_middle(rgb)
        pixels = torch.from_numpy(rgb.copy()).permute(2, 0, 1)[None]
        size = self._size_for(*rgb.shape[:2])
        resized = torch.nn.functional.interpolate(pixels, size, mode=self.interpolation, antialias=True)
        whole = resized[0].permute(1, 2, 0).numpy()
        top, left = round((size[0] - self.height) / 2), round((size[1] - self.width) / 2)
        if top >= 0 and left >= 0:
            return np.ascontiguousarray(whole[top : top + self.height, left : left + self.width])
        return self._on_ground(whole)

    def _near_middle(self, rgb: np.ndarray) -> np.ndarray:
        """The image; of a thin one that is enlarged the middle: 1 × 5,000 pixels would become 256 × 1,280,000.

        The input is the same to a pixel of the enlarged image.
        """
        if self.crop_mode != "center" or min(rgb.shape[:2]) >= min(self._resized):
            return rgb
        most = ceil(LONGEST * max(self._resized) / min(self._resized)) * min(rgb.shape[:2])
        for axis in (0, 1):
            over = rgb.shape[axis] - most
            if over > 1:
                rgb = np.take(rgb, range(over // 2, over // 2 + most + over % 2), axis)
        return rgb

    def _size_for(self, h: int, w: int) -> tuple[int, int]:
        tall, wide = self._resized
        if self.crop_mode == "squash":
            return tall, wide
        if self.crop_mode == "center" and tall == wide:
            return (tall, tall * w // h) if h <= w else (tall * h // w, tall)
        scale = (min if self.crop_mode == "border" else max)(tall / h, wide / w)
        return max(1, round(h * scale)), max(1, round(w * scale))

    def _on_ground(self, whole: np.ndarray) -> np.ndarray:
        """The middle of an image that is smaller than the input in at least one direction, on the ground colour."""
        ground = np.empty((self.height, self.width, 3), np.uint8)
        ground[:] = self.ground or [round(255 * value) for value in self.mean]
        tall, wide = min(whole.shape[0], self.height), min(whole.shape[1], self.width)
        top, left = (self.height - tall) // 2, (self.width - wide) // 2
        from_top, from_left = (whole.shape[0] - tall) // 2, (whole.shape[1] - wide) // 2
        ground[top : top + tall, left : left + wide] = whole[from_top : from_top + tall, from_left : from_left + wide]
        return ground
