"""What is no folder: tables, lists, arrays and datasets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from pointillist.errors import SourceError
from pointillist.images.arrays import read_stack
from pointillist.images.cells import read_list
from pointillist.images.datasets import read_dataset, read_hugging_face
from pointillist.images.payload import is_tensor
from pointillist.images.rows import Images
from pointillist.images.table import read_series, read_table


def read_object(source: Any, image: str | None) -> Images:
    """The images, with ids that may repeat.

    Raises:
        SourceError: no images can be found in `source`.
    """
    if isinstance(source, pd.DataFrame):
        return read_table(source, image)
    if hasattr(source, "features") and hasattr(source, "column_names"):
        return read_hugging_face(source, image)
    if hasattr(source, "to_pandas"):
        return read_table(source.to_pandas(), image)
    if image is not None:
        raise SourceError(f"image={image!r} names a column, and a {type(source).__name__} has none; leave it out")
    if isinstance(source, pd.Series):
        return read_series(source)
    if isinstance(source, np.ndarray) and source.dtype != object and source.dtype.kind not in "SUT":
        return read_stack(source)
    if is_tensor(source):
        return read_stack(source.detach().cpu().numpy())
    if isinstance(source, pd.Index | np.ndarray):
        return read_list(source.tolist())
    if isinstance(source, list | tuple | set | frozenset | Iterator):
        return read_list(sorted(source) if isinstance(source, set | frozenset) else list(source))
    if isinstance(source, dict):
        names = ", ".join(repr(name) for name in list(source)[:6])
        raise SourceError(f"a dict has no order of rows; give one of its values ({names}), or pd.DataFrame of it")
    if hasattr(source, "__getitem__"):
        return read_dataset(source)
    raise SourceError(
        f"cannot read images from a {type(source).__name__}; "
        "needs a folder, a list of paths, a DataFrame, an array (n, h, w[, 3]) or a dataset"
    )
