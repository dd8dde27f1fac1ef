"""A DataFrame with a column of images."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pointillist.errors import SourceError
from pointillist.images.cells import at_the_door, could_be_image, from_cells, is_missing
from pointillist.images.path_column import images_of_paths, path_column
from pointillist.images.paths import has_image_extension
from pointillist.images.rows import Images

USUAL_NAMES = (
    "image",
    "img",
    "image_path",
    "img_path",
    "path",
    "file",
    "file_path",
    "filepath",
    "filename",
    "file_name",
)
LOOK_AT = 16


def read_table(table: pd.DataFrame, image: str | None) -> Images:
    """The rows of a DataFrame, on its own index; `image` is guessed when None.

    Raises:
        SourceError: no rows, no such column, or no column that is clearly the one with the images.
    """
    if not len(table):
        raise SourceError("the DataFrame has no rows")
    if image is None:
        image = guess_column(table)
    table = table.copy()
    column = column_of(table, image, "image")
    title = f"DataFrame of {len(table):,} row{'s' * (len(table) != 1)}"
    paths = path_column(column)
    if paths is not None:
        return images_of_paths(paths, table, title=title)
    cells = [at_the_door(cell) for cell in column.tolist()]
    wrong = next((cell for cell in cells if not could_be_image(cell)), None)
    if wrong is not None or all(cell is None for cell in cells):
        what = "nothing but missing values" if wrong is None else f"{type(wrong).__name__} values such as {wrong!r:.60}"
        raise SourceError(
            f"column {image!r} holds {what}, not images; "
            f"image= needs a column of paths, URLs, bytes, Pillow images or arrays, one of {listed(table)}"
        )
    return from_cells(cells, table, title=title)


def guess_column(table: pd.DataFrame) -> str:
    """The one column that holds images; of several the one with a usual name.

    Raises:
        SourceError: there is none, or several without a usual name.
    """
    found = [name for position, name in enumerate(table.columns) if holds_images(table.iloc[:, position])]
    if len(found) > 1:
        usual = [name for name in found if str(name).lower() in USUAL_NAMES]
        found = sorted(usual, key=lambda name: USUAL_NAMES.index(str(name).lower()))[:1] or found
    if len(found) == 1:
        return found[0]
    if found:
        raise SourceError(f"several columns hold images: {', '.join(map(repr, found))}; say which: image={found[0]!r}")
    raise SourceError(
        "no column looks like images (paths that end in .jpg, .png, …, bytes, Pillow images or arrays); "
        f"say which it is with image=, one of {listed(table)}"
    )


def holds_images(column: pd.Series) -> bool:
    """Whether all of up to 16 values, evenly spread, are images or end like image files."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind != "O":
        return False
    present = column[column.notna()]
    if not len(present):
        return False
    spread = sorted({int(i) for i in np.linspace(0, len(present) - 1, LOOK_AT)})
    values = [value for value in (present.iloc[i] for i in spread) if not (isinstance(value, str) and not value)]
    return bool(values) and all(
        has_image_extension(value) if isinstance(value, str) else not is_missing(value) and could_be_image(value)
        for value in values
    )


def column_of(table: pd.DataFrame, name: str, option: str) -> pd.Series:
    """A column by name.

    Raises:
        SourceError: it is not there, or there twice, or `name` cannot be a column's name.
    """
    try:
        hash(name)
    except TypeError:
        kind = type(name).__name__
        way_out = "put the values into a DataFrame and name their column"
        raise SourceError(f"{option}= takes the name of a column, not a value of type {kind}; {way_out}") from None
    if name not in table.columns:
        raise SourceError(f"{option}={name!r} is not a column of the table; it has {listed(table)}")
    column = table[name]
    if isinstance(column, pd.DataFrame):
        raise SourceError(f"{option}={name!r} names {column.shape[1]} columns of the table; rename one of them")
    return column


def listed(table: pd.DataFrame) -> str:
    """The names of the columns, at most twenty."""
    names = [repr(name) for name in table.columns[:20]]
    return ", ".join(names) + (f" and {len(table.columns) - 20} more" if len(table.columns) > 20 else "") or "none"


def read_series(column: pd.Series) -> Images:
    """The values of a Series, on its own index."""
    name = column.name if isinstance(column.name, str) else "image"
    return read_table(column.to_frame(name), name)
