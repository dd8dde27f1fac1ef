"""The colours of the map, read from the file that js/src/palette.ts was written to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from pointillist.protocol.state import ColorScale

Theme = Literal["light", "dark"]
RANKS = 256
BACKGROUND: dict[Theme, tuple[int, int, int]] = {"light": (255, 255, 255), "dark": (17, 17, 17)}


@dataclass(frozen=True)
class Palette:
    """Colours of one theme, uint8: `missing` (3,), `categories` (48, 3), which then begin again, `steps` (255, 3)."""

    missing: np.ndarray
    categories: np.ndarray
    steps: np.ndarray


@cache
def palette(theme: Theme) -> Palette:
    """The colours for a light or a dark background."""
    kept = json.loads(Path(__file__).with_name("colors.json").read_text(encoding="utf-8"))[theme]
    return Palette(**{name: np.array(kept[name], np.uint8) for name in ("missing", "categories", "steps")})


def by_name(names: Sequence[str], places: Sequence[int], chosen: Mapping[str, str], theme: Theme) -> np.ndarray:
    """(c + 1, 3): the colour of what is missing, then of each name; `chosen` holds some as "#rrggbb"."""
    colors = palette(theme)
    made = np.vstack([colors.missing, colors.categories[np.array(places, np.int64) % len(colors.categories)]])
    for place, name in enumerate(names, 1):
        if name in chosen:
            made[place] = list(bytes.fromhex(chosen[name].lstrip("#")))
    return made


def by_number(
    values: np.ndarray, low: float | None, high: float | None, scale: ColorScale, theme: Theme
) -> tuple[np.ndarray, np.ndarray]:
    """Codes, 0 = missing, and the colours (256, 3) they stand for."""
    colors = palette(theme)
    steps = colors.steps[::-1] if scale["reversed"] else colors.steps
    shares = np.nan_to_num(shares_of(scale["kind"], values.astype(np.float64), low, high))
    codes = np.where(np.isnan(values), 0, 1 + np.round(shares * (len(steps) - 1)))
    return codes.astype(np.uint8), np.vstack([colors.missing, steps])


def shares_of(kind: str, values: np.ndarray, low: float | None, high: float | None) -> np.ndarray:
    """Where values stand on the colour bar, 0 … 1: evenly, by logarithm or by rank, as in js/src/map/scale.ts."""
    if low is None or high is None:
        return (values > 0).astype(np.float64)
    if kind == "log":
        positive = values[(values > 0) & np.isfinite(values)]
        least = low if low > 0 else float(positive.min()) if len(positive) else np.inf
        if least < high:
            start, span = np.log(least), np.log(high) - np.log(least)
            return np.asarray(np.clip((np.log(np.where(values > least, values, least)) - start) / span, 0, 1))
    if kind == "quantile" and low < high:
        at = np.quantile(values[np.isfinite(values)], np.linspace(0, 1, RANKS), method="nearest")
        first, places = np.unique(at, return_index=True)  # what many rows share is put at the first of its ranks
        return np.asarray(np.interp(values, first, places / (RANKS - 1)))
    return np.asarray(np.clip((values - low) / ((high - low) or 1), 0, 1))
