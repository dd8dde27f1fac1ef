"""Whatever the caller has becomes `Images`."""

from __future__ import annotations

import os
from pathlib import Path

from pointillist.errors import SourceError
from pointillist.images.folder import read_folder
from pointillist.images.rows import Images


def read_source(
    source: object,
    *,
    image: str | None = None,
    label: str | None = None,
    box: str | tuple[str, str, str, str] | list[str] | None = None,
    pad: float = 0.0,
) -> Images:
    """Turn a folder, paths, a table, arrays or a dataset into `Images`; opens no image.

    Args:
        image: the column that holds the images; guessed when there is one candidate.
        label: the column that holds the label.
        box: four columns x, y, w, h, or one column of four numbers, in pixels of the image as shown.
        pad: added on each side of a box, as a fraction of its width and height.

    Raises:
        SourceError: no images can be found in `source`.
    """
    if isinstance(source, str | os.PathLike):
        return read_folder(Path(source))
    raise SourceError(f"cannot read images from a {type(source).__name__}")
