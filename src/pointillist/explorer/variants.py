"""Layouts with parameters of their own, or of some images only, as they are named: "umap n_neighbors=30 seed=1"."""

from __future__ import annotations

from typing import Any, get_args

from pointillist.analysis.recipes import Method
from pointillist.errors import ProjectionError, TableError

OPTIONS: dict[str, tuple[type, str]] = {
    "n_neighbors": (int, "{} neighbours"),
    "min_dist": (float, "min_dist {}"),
    "perplexity": (float, "perplexity {}"),
    "seed": (int, "seed {}"),
}
"""Parameter -> its type, and how a title tells it."""

WITHIN = "within"
"""Of which images: m-<digest>, where the flow keeps their m rows."""


def parsed(method: str) -> tuple[Method, dict[str, Any], str | None]:
    """The projection, its parameters, and which images it is of; None for all.

    Raises:
        TableError: if there is no such projection. ProjectionError: if a parameter is none, or no number.
    """
    base, *given = method.split(" ")
    known: Method | None = next((known for known in get_args(Method) if known == base), None)
    if known is None:
        raise TableError(f"{base!r} is not a layout; there are: {', '.join(get_args(Method))}")
    options: dict[str, Any] = {}
    within = None
    for part in given:
        name, _, value = part.partition("=")
        if name == WITHIN:
            within = value
            continue
        if name not in OPTIONS:
            raise ProjectionError(f"{name!r} is no parameter of a layout; there are: {', '.join(OPTIONS)}")
        try:
            options[name] = OPTIONS[name][0](value)
        except ValueError as error:
            raise ProjectionError(f"{name}={value!r}: give a number") from error
    return known, options, within


def named(method: Method, options: dict[str, float]) -> str:
    """What a layout with these parameters is called; the other way round than `parsed`."""
    own = [f"{name}={options[name]:g}" for name in OPTIONS if name in options]
    return " ".join([method, *own])


def told(method: str) -> str:
    """What sets the layout apart from the usual one, for its title: "" where nothing does."""
    _, *given = method.split(" ")
    words = []
    for part in given:
        name, _, value = part.partition("=")
        words.append(f"{int(value.split('-')[0]):,} images" if name == WITHIN else OPTIONS[name][1].format(value))
    return ", ".join(words)
