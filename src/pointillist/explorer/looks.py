"""How points look and what their card tells: values that Python or the browser set, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pointillist.errors import TableError
from pointillist.explorer.scene import TAGS, Scene
from pointillist.protocol.state import ColorScale

SCALES = ("linear", "log", "quantile")


def palette(scene: Scene, value: Any) -> dict[str, dict[str, str]]:
    """Colours chosen by hand, column -> category -> "#rrggbb" in small letters.

    Those in force stay, also of a category or a column that is gone: it may come again.

    Raises:
        TableError: if a colour, a category or a column is none.
    """
    form = "palette is {column: {category: '#rrggbb'}}"
    if not isinstance(value, Mapping):
        raise TableError(f"{form}; got {_short(value)}")
    made: dict[str, dict[str, str]] = {}
    before = scene.collection.coloring.chosen()
    for column, colors in value.items():
        if not isinstance(colors, Mapping):
            raise TableError(f"{form}; for {column!r} it has {_short(colors)}")
        known = before.get(str(column), {})
        new = [str(category) for category in colors if str(category) not in known]
        there = None if column == TAGS or (known and not new) else _categories(scene, str(column))
        chosen: dict[str, str] = {}
        for category, color in colors.items():
            if there is not None and str(category) in new and str(category) not in there:
                few = ", ".join(map(repr, there[:6])) + (", …" if len(there) > 6 else "")
                raise TableError(f"{category!r} is not a value of {column!r}; it has {few}")
            if not isinstance(color, str) or not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
                raise TableError(f"{_short(color)} is not a colour for {category!r}: write it as '#1f77b4'")
            chosen[str(category)] = color.lower()
        if chosen:
            made[str(column)] = chosen
    return made


def color_scale(_: Scene, value: Any) -> ColorScale:
    """How numbers become colours: {"kind": …, "reversed": …}, or the kind alone.

    Raises:
        TableError: if it is neither.
    """
    given = {"kind": value} if isinstance(value, str) else value
    if not isinstance(given, Mapping) or not set(given) <= {"kind", "reversed"}:
        raise TableError(f"color_scale is {{'kind': 'linear', 'reversed': False}}; got {_short(value)}")
    kind: Any = given.get("kind", "linear")
    reverse: Any = given.get("reversed", False)
    if kind not in SCALES:
        raise TableError(f"{_short(kind)} is not a scale; there are: {', '.join(SCALES)}")
    if not isinstance(reverse, bool):
        raise TableError(f"'reversed' of color_scale is {_short(reverse)}: it has to be true or false")
    return {"kind": kind, "reversed": reverse}


def card_columns(scene: Scene, value: Any) -> list[str] | None:
    """The columns that the card of a hovered point tells; None: the one that colours.

    Raises:
        TableError: if one is not a column.
    """
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TableError(f"card_columns is a list of column names, or None; got {_short(value)}")
    names = list(dict.fromkeys(map(str, value)))
    for name in names:
        if name != TAGS:
            scene.column(name)
    return names


def _categories(scene: Scene, name: str) -> list[str]:
    column = scene.column(name)
    if column.kind != "category":
        raise TableError(f"{name!r} holds no categories, so they cannot be coloured one by one; see color_scale")
    return column.categories


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
