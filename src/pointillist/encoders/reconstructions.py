"""What an autoencoder makes of images, beside them, to look at."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

SHOWN_SIDE_PX = 96
GAP_PX = 4


def reconstructed(path: Path, images: Sequence[np.ndarray]) -> list[np.ndarray]:
    """(side, side, 3) uint8 each: the images as the autoencoder in the file sees them, then what it draws of each.

    Raises:
        EncoderError: if the file holds no autoencoder.
    """
    from pointillist.encoders.autoencoder import AutoencoderEncoder

    model = AutoencoderEncoder(path)
    prepared = [model.prepare(image) for image in images]
    return [*prepared, *model.reconstruct(prepared)]


def enlarged(pixels: np.ndarray) -> Image.Image:
    """(side, side, 3) uint8 at SHOWN_SIDE_PX."""
    from PIL import Image

    return Image.fromarray(pixels).resize((SHOWN_SIDE_PX, SHOWN_SIDE_PX), Image.Resampling.BILINEAR)


def sheet(path: Path, images: Sequence[np.ndarray]) -> bytes:
    """A PNG of two lines: the images, and below each what the autoencoder in the file draws of it.

    Raises:
        EncoderError: if the file holds no autoencoder.
    """
    from PIL import Image

    step = SHOWN_SIDE_PX + GAP_PX
    picture = Image.new("RGBA", (step * len(images) - GAP_PX, 2 * step - GAP_PX))
    for i, pixels in enumerate(reconstructed(path, images)):
        line, column = divmod(i, len(images))
        picture.paste(enlarged(pixels), (step * column, step * line))
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
