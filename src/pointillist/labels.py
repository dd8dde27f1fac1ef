"""What counts as a label where a model is tuned on a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def label_words(column: pd.Series[Any]) -> pd.Series[Any]:
    """The labels as text, missing where a value is missing or blank; whole numbers that pandas keeps as floats, because
    some are missing, are written as whole ones."""
    import pandas as pd

    values = column.convert_dtypes() if pd.api.types.is_float_dtype(column) else column
    words = values.astype(str)
    return words.where(values.notna() & (words.str.strip() != ""))
