"""pandas at the edges: from what a user names to rows, and from a table's column to what the browser draws."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Context
from numbers import Number
from typing import Any, Literal

import numpy as np
import pandas as pd

from pointillist.errors import SelectionError
from pointillist.images.names import natural
from pointillist.numeric import is_whole

MAX_CATEGORIES = 4096
MAX_CODES = 65_535
"""So many categories a label or a Categorical may have: what uint16 holds beside 0."""
Kind = Literal["category", "number", "text"]


@dataclass(frozen=True)
class EncodedColumn:
    """One column as the wire carries it.

    category: `codes` (n,) uint8, uint16 from 256 categories on; 0 = missing, c = categories[c - 1].
    number: `values` (n,) float32, NaN = missing or infinite, also beyond what float32 holds; `low` and `high` are the
    extremes or None. Dates are days since 1970-01-01 UTC, durations are days. float32 holds whole numbers exactly up to
    16,777,216.
    text: neither; it is shown in details only. `too_many`: it would be categories if there were fewer.
    form: what the numbers stand for when they are dates or durations.
    """

    kind: Kind
    categories: list[str]
    codes: np.ndarray | None = None
    values: np.ndarray | None = None
    low: float | None = None
    high: float | None = None
    form: Literal["date", "duration"] | None = None
    too_many: bool = False


TOO_MANY = EncodedColumn("text", [], too_many=True)


def which_rows(table: pd.DataFrame, which: Any, saved: Mapping[str, np.ndarray] | None = None) -> np.ndarray:
    """The rows named by `which`, ascending, each once: (m,) uint32.

    Args:
        table: n rows, any index.
        which: an index label or several; a boolean mask of length n; a DataFrame, Series or Index (its labels; a
            boolean Series is a mask, aligned by its index; a row, as `table.iloc[0]` gives it, is that row); a query
            string; the name of a saved selection. A missing value in a mask is false. On an index of true and false
            an array or list of length n is a mask too, as in pandas, and any other one holds labels. A DataFrame as
            long as the table with nothing but booleans is refused: it reads as a mask and is none. A string is tried as
            a label, then as a saved name, then as a query. Integers are labels wherever the index holds a number; else,
            as in one of paths, they are row numbers from 0.
        saved: name -> rows of the saved selections.

    Raises:
        SelectionError: if it names something that is not there, or cannot be understood.
    """
    index = table.index
    if isinstance(which, pd.Series) and _is_mask_series(which):
        return _masked(_aligned_mask(index, which))
    if isinstance(which, pd.DataFrame) and len(which) == len(index) and _is_all_masks(which):
        raise SelectionError(
            "a DataFrame of true and false is no mask: give one column of it; "
            f"its columns: {', '.join(map(str, which.columns))}"
        )
    if (
        isinstance(which, pd.Series)
        and _is_label(index, which.name)
        and not any(_is_label(index, v) for v in which.index)
    ):
        return _located(index, which.name)
    if isinstance(which, pd.DataFrame | pd.Series):
        return _labelled(index, which.index)
    if isinstance(which, pd.Index):
        return _labelled(index, which)
    if _is_label(index, which):
        return _located(index, which)
    if isinstance(which, str):
        if saved is not None and which in saved:
            return np.unique(np.asarray(saved[which], np.uint32))
        return _queried(table, which, saved or {})
    if is_whole(which) and not _holds_numbers(index):
        return _numbered(index, [which])
    if isinstance(which, slice | Mapping | bytes) or getattr(which, "ndim", 1) != 1 or not isinstance(which, Iterable):
        raise SelectionError(_missing(index, [which], 1))
    items = list(which)
    if items and all(is_whole(item) for item in items) and not _holds_numbers(index):
        return _numbered(index, items)
    if _is_mask(items) and (len(items) == len(index) or index.inferred_type != "boolean"):
        if len(items) != len(index):
            raise SelectionError(
                f"a mask of length {len(items):,} for {len(index):,} images: it needs one value per image"
            )
        return _masked(np.array([not _is_missing(item) and bool(item) for item in items]))
    return _labelled(index, _as_index(index, items))


def column_kind(series: pd.Series[Any], *, label: bool = False) -> Kind:
    """How a column is shown: as categories, as numbers, or as text in details only.

    Categories: booleans, Categoricals with at most MAX_CODES values in use, and strings with at most MAX_CATEGORIES,
    unless more than half of over 50 are distinct. Numbers: numbers, dates and durations. Text: all else.

    Args:
        label: the column names a class for each image, so strings are categories up to MAX_CODES of them, and whole
            numbers too, also those pandas keeps as floats because some are missing.
    """
    return encode_column(series, label=label).kind


def encode_column(series: pd.Series[Any], *, label: bool = False) -> EncodedColumn:
    """Turn a column into codes or numbers; see `EncodedColumn` and `column_kind`.

    Categories come in natural order ("b2" before "b10"), a Categorical's in its own; of more than MAX_CATEGORIES the
    unused ones are dropped.
    """
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        if len(dtype.categories) > MAX_CATEGORIES:
            series = series.cat.remove_unused_categories()
        if len(series.cat.categories) > MAX_CODES:
            return TOO_MANY
        codes, categories = series.cat.codes.to_numpy(np.int64) + 1, said(series.cat.categories)
        if len(set(categories)) < len(categories):  # durations that differ by less than is said of them
            categories = [str(value) for value in series.cat.categories]
        return _coded(codes, categories)
    meaning = _meaning(series)
    if meaning == "boolean" or (label and meaning == "integer"):
        return _categories(series, by_value=True)
    if meaning in ("integer", "number"):
        numbers = pd.to_numeric(series.astype(object), errors="coerce") if dtype.kind == "O" else series
        whole = _whole(numbers) if label else None
        return _numbers(numbers) if whole is None else _categories(whole, by_value=True)
    if meaning == "date":
        return replace(_numbers(_days(pd.to_datetime(series, utc=True, errors="coerce"))), form="date")
    if meaning == "duration":
        return replace(_numbers(pd.to_timedelta(series) / pd.Timedelta(days=1)), form="duration")
    if meaning == "string":
        most = MAX_CODES if label else MAX_CATEGORIES
        if series.iloc[: 4 * most].nunique() > most:
            return TOO_MANY  # a million paths need not be counted
        distinct = series.nunique()
        if distinct <= most and (label or len(series) <= 50 or distinct <= 0.5 * len(series)):
            return _categories(series, by_value=False)
        return TOO_MANY
    return EncodedColumn("text", [])


def said(values: Any) -> list[str]:
    """The values as text; dates without a time of day are days, durations as the legend writes them."""
    index = pd.Index(list(values), tupleize_cols=False)
    if isinstance(index, pd.DatetimeIndex) and (index == index.normalize()).all():
        return [f"{date:%Y-%m-%d}" for date in index]
    if isinstance(index, pd.TimedeltaIndex):
        days = (index / pd.Timedelta(days=1)).to_numpy(np.float32)  # as the legend has them
        return [_duration(float(one)) for one in days]
    return [str(value) for value in values]


def _duration(days: float) -> str:
    """Up to four digits in the largest unit of which there is one, as `numberWords` in js/src/map/scale.ts does."""
    units = ((1, "d"), (24, "h"), (1440, "min"), (86_400, "s"))
    each, unit = next((one for one in units if abs(days) >= 1 / one[0]), units[-1])
    number = Context(prec=4, rounding=ROUND_HALF_UP).create_decimal(days * each)
    return f"{number.normalize():,f} {unit}"


def _meaning(series: pd.Series[Any]) -> str:
    types, dtype = pd.api.types, series.dtype
    if types.is_bool_dtype(dtype):
        return "boolean"
    if types.is_integer_dtype(dtype):
        return "integer"
    if types.is_numeric_dtype(dtype):
        return "text" if types.is_complex_dtype(dtype) else "number"
    if types.is_datetime64_any_dtype(dtype):
        return "date"
    if types.is_timedelta64_dtype(dtype):
        return "duration"
    inferred = types.infer_dtype(series, skipna=True)
    return {
        "string": "string",
        "boolean": "boolean",
        "integer": "integer",
        "floating": "number",
        "mixed-integer-float": "number",
        "decimal": "number",
        "datetime": "date",
        "datetime64": "date",
        "date": "date",
        "timedelta": "duration",
        "timedelta64": "duration",
    }.get(inferred, "text")


def _whole(series: pd.Series[Any]) -> pd.Series[Any] | None:
    """The numbers as integers; None if one is no whole number, is too large for a float to tell, or none is there."""
    values = series.to_numpy(np.float64, na_value=np.nan)
    present = values[~np.isnan(values)]
    if not len(present) or (abs(present) > 2**53).any() or (present != np.round(present)).any():
        return None
    return pd.Series(values).astype("Int64")


def _categories(series: pd.Series[Any], *, by_value: bool) -> EncodedColumn:
    codes, values = pd.factorize(series, use_na_sentinel=True)
    if len(values) > MAX_CODES:
        return TOO_MANY
    listed = list(values)  # one by one they take far longer out of a pandas array
    keys = listed if by_value else [natural(str(value)) for value in listed]
    order = sorted(range(len(listed)), key=keys.__getitem__)
    rank = np.zeros(len(listed) + 1, np.int64)
    rank[np.array(order, np.int64)] = np.arange(1, len(listed) + 1)  # the last place is for the missing, code -1
    return _coded(rank[codes], [str(listed[i]) for i in order])


def _coded(codes: np.ndarray, categories: list[str]) -> EncodedColumn:
    return EncodedColumn("category", categories, codes=codes.astype(np.uint8 if len(categories) < 256 else np.uint16))


def _numbers(series: pd.Series[Any]) -> EncodedColumn:
    with np.errstate(over="ignore"):
        values = series.to_numpy(np.float64, na_value=np.nan).astype(np.float32)
    is_finite = np.isfinite(values)
    values[~is_finite] = np.nan
    finite = values[is_finite]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (None, None)
    return EncodedColumn("number", [], values=values, low=low, high=high)


def _days(when: pd.Series[Any]) -> pd.Series[Any]:
    """Days since 1970-01-01 UTC, counted in the column's own unit: nanoseconds end in the year 2262."""
    moments = when.dt.tz_localize(None).to_numpy()
    day = np.timedelta64(1, "D").astype(f"timedelta64[{np.datetime_data(moments.dtype)[0]}]")
    days = moments.astype(np.int64) / day.astype(np.int64)
    return pd.Series(np.where(np.isnat(moments), np.nan, days))


def _masked(mask: np.ndarray) -> np.ndarray:
    return np.flatnonzero(mask).astype(np.uint32)


def _aligned_mask(index: pd.Index[Any], mask: pd.Series[Any]) -> np.ndarray:
    if not mask.index.equals(index):
        if (
            len(mask) != len(index)
            or not index.is_unique
            or not mask.index.is_unique
            or len(index.difference(mask.index))
        ):
            raise SelectionError(
                f"a boolean Series of length {len(mask):,} whose index is not that of the {len(index):,} images: "
                "make it from the table, or pass its .to_numpy()"
            )
        mask = mask.reindex(index)
    return mask.to_numpy(bool, na_value=False)


def _is_mask(items: list[Any]) -> bool:
    return any(isinstance(item, bool | np.bool_) for item in items) and all(
        isinstance(item, bool | np.bool_) or _is_missing(item) for item in items
    )


def _is_mask_series(series: pd.Series[Any]) -> bool:
    return pd.api.types.is_bool_dtype(series.dtype) or (series.dtype.kind == "O" and _is_mask(list(series)))


def _is_all_masks(frame: pd.DataFrame) -> bool:
    width = frame.shape[1]
    return width > 0 and all(_is_mask_series(frame.iloc[:, place]) for place in range(width))


def _is_missing(item: Any) -> bool:
    return item is None or item is pd.NA or item is pd.NaT or (isinstance(item, float) and np.isnan(item))


def _is_label(index: pd.Index[Any], which: Any) -> bool:
    if isinstance(which, slice) or (isinstance(which, tuple) and not which):  # a MultiIndex says that () is in it
        return False
    try:
        return which in index
    except TypeError:
        return False


def _holds_numbers(index: pd.Index[Any]) -> bool:
    """Whether an integer could be one of its labels, or a part of one."""
    if isinstance(index, pd.CategoricalIndex):
        return _holds_numbers(index.categories)
    if isinstance(index, pd.MultiIndex) or index.dtype.kind in "biufc":
        return True
    return index.dtype.kind == "O" and index.inferred_type != "string" and any(isinstance(v, Number) for v in index)


def _numbered(index: pd.Index[Any], numbers: list[Any]) -> np.ndarray:
    """The rows of these numbers."""
    if len(numbers) == len(index) > 2 and set(numbers) <= {0, 1}:
        raise SelectionError("0 and 1 for each image are row numbers, not a mask: give true and false, as with == 1")
    gone = [number for number in numbers if not 0 <= number < len(index)]
    if gone:
        raise SelectionError(f"{_missing(index, gone[:3], len(gone))}; numbers of rows go from 0 to {len(index) - 1:,}")
    return np.unique(np.array(numbers, np.uint32))


def _located(index: pd.Index[Any], label: Any) -> np.ndarray:
    found = index.get_loc(label)
    if isinstance(found, slice):
        return np.arange(len(index), dtype=np.uint32)[found]
    return _masked(found) if isinstance(found, np.ndarray) else np.array([found], np.uint32)


def _as_index(index: pd.Index[Any], labels: list[Any]) -> pd.Index[Any]:
    if isinstance(index, pd.MultiIndex):
        if not all(isinstance(label, tuple) and len(label) == index.nlevels for label in labels):
            raise SelectionError(
                f"{labels[0]!r} is not a label of this index: its labels are tuples of {index.nlevels} "
                f"({', '.join(str(name) for name in index.names)})"
            )
        return pd.MultiIndex.from_tuples(labels, names=index.names) if labels else index[:0]
    return pd.Index(labels, tupleize_cols=False) if labels else index[:0]


def _labelled(index: pd.Index[Any], labels: pd.Index[Any]) -> np.ndarray:
    found = index.get_indexer_for(labels)
    if (found < 0).any():
        missing = labels[~labels.isin(index)]
        raise SelectionError(_missing(index, list(missing[:3]), len(missing)))
    return np.unique(found).astype(np.uint32)


def _missing(index: pd.Index[Any], labels: list[Any], count: int) -> str:
    named = ", ".join(repr(label.item() if isinstance(label, np.generic) else label) for label in labels)
    more = f" and {count - len(labels):,} more" if count > len(labels) else ""
    held = ", ".join(repr(label) for label in index[:3])
    return (
        f"{named}{more} not found: give index labels ({held}{', …' if len(index) > 3 else ''}), a boolean mask, "
        "a DataFrame, Series or Index, a query string or the name of a saved selection"
    )


def _queried(table: pd.DataFrame, query: str, saved: Mapping[str, np.ndarray]) -> np.ndarray:
    try:
        mask = table.eval(query)
    except Exception as error:  # pandas raises whatever Python's parser and the columns raise
        names = f"; saved selections: {', '.join(map(repr, saved))}" if saved else ""
        raise SelectionError(
            f"{query!r} is neither an index label nor a saved selection, and not a query either ({error}); "
            f"a query looks like \"label == 'cat' and width > 200\"; "
            f"columns: {', '.join(map(str, table.columns))}{names}"
        ) from error
    if not isinstance(mask, pd.Series) or not _is_mask_series(mask):
        compares = "; == compares, = does not" if re.search(r"[^=!<>]=[^=]", query) else ""
        raise SelectionError(f"the query {query!r} is not true or false for each image{compares}")
    return _masked(mask.to_numpy(bool, na_value=False))
