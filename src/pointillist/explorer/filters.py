"""Filters: what Python or the browser says is hidden, checked, and as rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal

import numpy as np

from pointillist.analysis.clusters import Clusters
from pointillist.errors import TableError
from pointillist.explorer.scene import TAGS, Scene
from pointillist.protocol.state import Filter

FORM = (
    "{'column': name, 'hide': [values]}, {'column': name, 'keep': [values]}, "
    "{'column': name, 'low': 0.2, 'high': 0.8} or, for what has no value, "
    "{'column': name, 'keep': [], 'missing': False}"
)
WORDS = {"column", "hide", "keep", "low", "high", "missing"}


def checked(scene: Scene, filters: Any) -> list[Filter]:
    """The filters as they are sent: one per column, `missing` filled in.

    Rows without a value are hidden by a range or by `keep`, and stay where there is only `hide`.

    Raises:
        TableError: if one is no filter, or does not fit its column.
    """
    if isinstance(filters, str | Mapping) or not isinstance(filters, Sequence):
        raise TableError(f"filters is a list of filters such as {FORM}; got {_short(filters)}")
    found = [_checked(scene, given) for given in filters]
    columns = [one["column"] for one in found]
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise TableError(f"two filters for {twice!r}: each column has one; join them")
    return found


def settled(scene: Scene, filters: Any) -> Any:
    """The browser's filters without categories and columns that are gone: it may not have heard of new clusters yet."""
    if not isinstance(filters, list):
        return filters
    there = {info["name"]: info["kind"] for info in scene.columns()}
    kept = [one for one in filters if not isinstance(one, dict) or one.get("column") in there]
    return [
        _only(one, set(scene.column(one["column"]).categories))
        if isinstance(one, dict) and there[one["column"]] == "category"
        else one
        for one in kept
    ]


def _only(one: dict[str, Any], names: set[str]) -> dict[str, Any]:
    lists = {word: one[word] for word in ("hide", "keep") if isinstance(one.get(word), list)}
    return {**one, **{word: [name for name in given if name in names] for word, given in lists.items()}}


def fitting(scene: Scene, filters: Sequence[Filter]) -> list[Filter]:
    """Those of an earlier session that still fit: without the columns, categories and tags that are gone, and without
    filters that named nothing else."""
    found: list[Filter] = []
    for before in filters:
        for one in settled(scene, [before]):
            known = _only(one, set(scene.collection.tags.rows())) if one["column"] == TAGS else one
            if all(known.get(word) or not before.get(word) for word in ("hide", "keep")):
                with suppress(TableError):
                    found.extend(checked(scene, [known]))
    return found


def followed(filters: Sequence[Filter], column: str, before: Clusters, after: Clusters) -> list[Filter]:
    """The filters once the clusters in `column` are others: one on them goes with its images.

    It is dropped where no choice among the new clusters hides the same images.
    """
    return [
        now
        for one in filters
        if (now := _translated(one, before, after) if one["column"] == column else one) is not None
    ]


def _translated(one: Filter, before: Clusters, after: Clusters) -> Filter | None:
    word: Literal["keep", "hide"] = "keep" if "keep" in one else "hide"
    named = set(one.get(word, ()))
    by_number = [(word == "keep") != (name in named) for name in before.names]
    gone = np.array([*by_number, one["missing"]])[before.labels]  # of those in no cluster, -1, the last
    size, hidden = (np.bincount(after.labels[rows] + 1, minlength=len(after) + 1) for rows in (slice(None), gone))
    if ((hidden > 0) & (hidden < size)).any() or not hidden.any():
        return None
    names = [name for name, hides in zip(after.names, hidden[1:] > 0, strict=True) if hides == (word == "hide")]
    made: Filter = {"column": one["column"], "missing": bool(hidden[0]) if size[0] else one["missing"]}
    made[word] = names
    return made


def hidden(scene: Scene, filters: Sequence[Filter]) -> np.ndarray:
    """(n,) bool: the rows that any of the filters hides; one for a column that is gone hides none."""
    mask = np.zeros(len(scene.collection), bool)
    there = {info["name"] for info in scene.columns()}
    for one in filters:
        if one["column"] not in there:
            continue
        mask |= _hidden_tags(scene, one) if one["column"] == TAGS else _hidden_values(scene, one)
    return mask


def _checked(scene: Scene, given: Any) -> Filter:
    if not isinstance(given, Mapping) or not isinstance(given.get("column"), str):
        raise TableError(f"{_short(given)} is not a filter; write {FORM}")
    name = given["column"]
    unknown = [str(key) for key in given if key not in WORDS]
    if unknown:
        raise TableError(f"the filter for {name!r} has {unknown[0]!r}; there are: {', '.join(sorted(WORDS))}")
    kind = "tags" if name == TAGS else scene.column(name).kind
    if kind == "text":
        raise TableError(f"cannot filter by {name!r}: it holds text that differs from row to row")
    second = next((word for word in ("hide", "low", "high") if word in given and "keep" in given), None)
    if second is not None:
        raise TableError(f"the filter for {name!r} has both {second!r} and 'keep'; give one")
    is_range = kind == "number" and not _is_empty(given.get("keep"))
    wanted, other = (("low", "high"), ("hide", "keep")) if is_range else (("hide", "keep"), ("low", "high"))
    wrong = next((word for word in other if word in given), None)
    if wrong is not None:
        what = "numbers: filter them by 'low' and 'high'" if is_range else "categories: 'hide' or 'keep' them"
        raise TableError(f"{wrong!r} does not filter {name!r}, which holds {what}")
    one: Filter = {"column": name, "missing": _flag(given, name, wanted)}
    if is_range:
        form = scene.column(name).form
        low, high = _bound(given, "low", name, form), _bound(given, "high", name, form)
        if low is not None and high is not None and low > high:
            raise TableError(f"the filter for {name!r} goes from {low:g} to {high:g}: low comes first")
        one["low"], one["high"] = low, high
    elif "keep" in given:
        one["keep"] = _names(scene, given, "keep")
    else:
        one["hide"] = _names(scene, given, "hide")
    return one


def _is_empty(names: object) -> bool:
    return isinstance(names, Sequence) and not isinstance(names, str) and len(names) == 0


def _flag(given: Mapping[str, Any], name: str, wanted: tuple[str, str]) -> bool:
    flag = given.get("missing")
    if flag is None:
        return "keep" in given or any(given.get(word) is not None for word in wanted if word != "hide")
    if not isinstance(flag, bool | np.bool_):
        raise TableError(f"'missing' of the filter for {name!r} is {_short(flag)}: true hides rows without a value")
    return bool(flag)


def _bound(given: Mapping[str, Any], word: str, name: str, form: str | None) -> float | None:
    """An end of a range as the column's numbers count; of dates anything pandas reads as one, of durations too."""
    value = given.get(word)
    if value is None:
        return None
    if form is not None and not isinstance(value, int | float | np.number):
        value = _days(value, form)
    if isinstance(value, bool | str) or not isinstance(value, int | float | np.number) or math.isnan(value):
        kind = {None: "a number", "date": "a date", "duration": "a duration"}[form]
        raise TableError(f"{word!r} of the filter for {name!r} is {_short(given[word])}: it has to be {kind}, or None")
    return None if math.isinf(value) else float(value)


def _days(value: Any, form: str) -> float:
    import pandas as pd

    try:
        if form == "duration":
            return float(pd.Timedelta(value) / pd.Timedelta(days=1))
        return float((pd.to_datetime(value, utc=True) - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1))
    except (ValueError, TypeError, OverflowError):
        return math.nan


def _names(scene: Scene, given: Mapping[str, Any], word: str) -> list[str]:
    values, name = given[word], given["column"]
    if isinstance(values, str | Mapping) or not hasattr(values, "__iter__"):
        raise TableError(f"{word!r} of the filter for {name!r} is {_short(values)}: it has to be a list of values")
    names = list(dict.fromkeys(str(value) for value in values))
    if name == TAGS:
        return names  # tags come and go, also by undo
    there = scene.column(name).categories
    absent = next(iter(set(names) - set(there)), None)
    if absent is not None:
        few = ", ".join(map(repr, there[:6])) + (", …" if len(there) > 6 else "")
        raise TableError(f"{absent!r} is not a value of {name!r}; it has {few}")
    return names


def _hidden_values(scene: Scene, one: Filter) -> np.ndarray:
    column = scene.column(one["column"])
    if column.values is not None:
        values, low, high = column.values, one.get("low"), one.get("high")
        missing = np.isnan(values)
        mask: np.ndarray = missing & one["missing"]
        if "keep" in one:
            mask |= ~missing
        if low is not None:
            mask |= values < np.float32(low)
        if high is not None:
            mask |= values > np.float32(high)
        return mask
    assert column.codes is not None
    named = set(one.get("keep", one.get("hide", [])))
    by_code = np.array([False, *(("keep" in one) != (name in named) for name in column.categories)])
    by_code[0] = one["missing"]
    named_rows: np.ndarray = by_code[column.codes]
    return named_rows


def _hidden_tags(scene: Scene, one: Filter) -> np.ndarray:
    rows, n = scene.collection.tags.rows(), len(scene.collection)
    named, tagged = np.zeros(n, bool), np.zeros(n, bool)
    for tag, carried in rows.items():
        tagged[carried] = True
        if tag in one.get("keep", one.get("hide", [])):
            named[carried] = True
    return (tagged & ~named if "keep" in one else named) | (~tagged & one["missing"])


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
