"""How an image becomes a model's input: the evaluation transform that timm's weights were trained for, in one resize.

timm resizes and then crops; here the crop's box in the original is resized directly, which touches each pixel once.
Source of the rules: `timm.data.transforms_factory.transforms_imagenet_eval`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Literal

import numpy as np
from PIL import Image

CropMode = Literal["center", "squash", "border"]


@dataclass(frozen=True)
class Preprocessing:
    """height, width: of the input in pixels. mean, std: of each channel, for values 0…1. crop_pct: share of the
    resized image that the input covers. resample: a Pillow filter. crop_mode: what happens to the aspect ratio."""

    height: int
    width: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop_pct: float
    resample: Image.Resampling
    crop_mode: CropMode

    @property
    def needs_px(self) -> int:
        """The shorter side an image should have at least, so that nothing is enlarged."""
        return max(floor(self.height / self.crop_pct), floor(self.width / self.crop_pct))

    def apply(self, rgb: np.ndarray) -> np.ndarray:
        """(height, width, 3) uint8 from an (h, w, 3) uint8 image of any size."""
        image = Image.fromarray(rgb)
        if self.crop_mode == "border":
            return self._with_border(image)
        tall, wide = floor(self.height / self.crop_pct), floor(self.width / self.crop_pct)
        scale_x, scale_y = image.width / wide, image.height / tall
        if self.crop_mode == "center":
            scale_x = scale_y = min(scale_x, scale_y)
        w, h = self.width * scale_x, self.height * scale_y
        left, top = (image.width - w) / 2, (image.height - h) / 2
        box = (max(0.0, left), max(0.0, top), min(image.width, left + w), min(image.height, top + h))
        return np.asarray(image.resize((self.width, self.height), self.resample, box=box))

    def _with_border(self, image: Image.Image) -> np.ndarray:
        """The whole image on a ground of the mean colour; sides beyond the input are cut."""
        tall, wide = floor(self.height / self.crop_pct), floor(self.width / self.crop_pct)
        scale = min(wide / image.width, tall / image.height)
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        ground = Image.new("RGB", (self.width, self.height), tuple(round(255 * value) for value in self.mean))
        ground.paste(image.resize(size, self.resample), ((self.width - size[0]) // 2, (self.height - size[1]) // 2))
        return np.asarray(ground)
