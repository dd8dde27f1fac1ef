"""The images at the points of a map drawn without a browser: as large, as far apart and framed as in one.

size.ts, place.ts and canvas.ts of js/src/map/pictures. Which image of a crowd stands for it may differ: a browser goes
from coarse to fine, and keeps what was on show.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from pointillist.explorer.lens import SPREAD, Seen

MOST_PICTURES = 300
CROWDED = 1 / 6
SMALLEST = 0.6
APART = {"crowded": 1.7, "roomy": 1.12}
WANTED_PX = {"usual": 56, "most": 160}
"""Towards the slider's end it is pictures that one wants to see: they come side by side."""
GROWTH, LARGEST = 0.35, 1.8
NEAREST, FARTHEST = 2.2, 0.4
"""In space an image is as much larger as its point is nearer to the eye, within these."""
HAZE, MOST_HAZE = 1.8, 0.6
VEIL = 0.76
"""How much of an image the background covers while others are selected."""
FRAME_PX = {"plain": 1.5, "lit": 2.5}

Thumbnails = Callable[[Sequence[int]], Sequence[bytes | str | None]]


@dataclass(frozen=True)
class Room:
    """CSS pixels: the longer side of an image, and how far apart the middles of two are at least, in x or in y."""

    size_px: float
    spacing_px: float


def room_of(picture_px: float, n: int, pane_px2: float, zoom: float) -> Room:
    """How large images are where `n` points have a position; `zoom` as in `look_of`."""
    between_px = zoom * math.sqrt(SPREAD * pane_px2 / max(1, n))
    ease = min(1.0, max(0.0, 1 - math.log(between_px / picture_px) / math.log(CROWDED)))
    grown = min(LARGEST, max(1.0, between_px / picture_px) ** GROWTH)
    size_px = picture_px * (SMALLEST + (1 - SMALLEST) * ease) * grown
    wanted = min(1.0, max(0.0, (picture_px - WANTED_PX["usual"]) / (WANTED_PX["most"] - WANTED_PX["usual"])))
    apart = APART["crowded"] + (APART["roomy"] - APART["crowded"]) * max(ease, wanted)
    return Room(size_px, max(size_px * apart, math.sqrt(0.6 * pane_px2 / MOST_PICTURES)))


def chosen(
    seen: Seen, there: np.ndarray, lit: np.ndarray | None, room: Room, width: float, height: float, *, flat: bool
) -> list[int]:
    """Rows whose images have room, at most MOST_PICTURES.

    The `lit` ones come first, in space the nearest of them; else the order is random and always the same.

    Args:
        there: (n,) bool, the rows on the map.
        lit: (n,) bool, the selected ones; None where none are.
    """
    sizes = sizes_seen(seen.closer)
    half = room.size_px / 2 * sizes
    with np.errstate(invalid="ignore"):
        inside = (np.abs(seen.x - width / 2) < width / 2 + half) & (np.abs(seen.y - height / 2) < height / 2 + half)
    rows = np.flatnonzero(there & inside)
    late = np.zeros(len(rows), bool) if lit is None else ~lit[rows]
    rows = rows[np.lexsort((_rank(rows), np.zeros(len(rows)) if flat else -seen.closer[rows], late))]
    # Of those in one small square, of which no more than one can have room, the first is looked at: else all would be.
    square_px = room.spacing_px * (1 if flat else FARTHEST) / 4
    squares = np.floor(np.stack([seen.x[rows], seen.y[rows]]) / square_px).astype(np.int64)
    rows = rows[np.sort(np.unique(squares[0] * (1 << 32) + squares[1], return_index=True)[1])]
    taken: list[int] = []
    for row in rows.tolist():
        apart = np.maximum(np.abs(seen.x[taken] - seen.x[row]), np.abs(seen.y[taken] - seen.y[row]))
        if (apart >= room.spacing_px * np.maximum(sizes[taken], sizes[row])).all():
            taken.append(row)
        if len(taken) == MOST_PICTURES:
            break
    return taken


def sizes_seen(closer: np.ndarray) -> np.ndarray:
    """How many times as large as in the middle images are, by how many times larger their points are seen."""
    return np.asarray(np.clip(np.nan_to_num(closer, nan=FARTHEST), FARTHEST, NEAREST))


def put_pictures(
    picture: Image.Image,
    seen: Seen,
    rows: Sequence[int],
    thumbnails: Thumbnails,
    color_of: Callable[[int], np.ndarray],
    lit: np.ndarray | None,
    room: Room,
    scale: float,
    ground: tuple[int, int, int],
) -> None:
    """Draw the images of `rows` on `picture`, in space the farthest first; one that cannot be read is left out.

    Args:
        thumbnails: the encoded image of each row, or why there is none, None where nobody knows.
        color_of: (3,) in 0…255, of the frame round a row's image.
        lit: as for `chosen`; the others step back.
        scale: pixels for each CSS pixel.
    """
    rows = sorted(rows, key=lambda row: float(seen.depth[row]))
    line, sizes = max(1, _whole(scale)), sizes_seen(seen.closer)
    for row, encoded in zip(rows, thumbnails(rows), strict=True):
        if not isinstance(encoded, bytes):
            continue
        image = Image.open(io.BytesIO(encoded)).convert("RGB")
        by = room.size_px * float(sizes[row]) * scale / max(image.size)
        width, height = (max(1, _whole(side * by)) for side in image.size)
        left = _whole(float(seen.x[row]) * scale - width / 2)
        top = _whole(float(seen.y[row]) * scale - height / 2)
        is_lit = lit is None or bool(lit[row])
        veil = min(MOST_HAZE, max(0.0, HAZE * (1 - float(seen.closer[row])))) if is_lit else VEIL
        frame = _whole(FRAME_PX["lit" if lit is not None and is_lit else "plain"] * scale)
        _box(picture, left, top, width, height, frame + line, ground)
        _box(picture, left, top, width, height, frame, _veiled(color_of(row), ground, veil))
        image = image.resize((width, height), Image.Resampling.LANCZOS)
        picture.paste(Image.blend(image, Image.new("RGB", image.size, ground), veil), (left, top))


def _rank(rows: np.ndarray) -> np.ndarray:
    """A fixed random number for each row: rankOf of candidates.ts."""
    z = (rows + 1).astype(np.uint32) * np.uint32(0x9E3779B1)
    z = (z ^ (z >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    z = (z ^ (z >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return np.asarray(z ^ (z >> np.uint32(16)))


def _whole(value: float) -> int:
    """As a browser rounds."""
    return math.floor(value + 0.5)


def _veiled(color: np.ndarray, ground: tuple[int, int, int], veil: float) -> tuple[int, int, int]:
    red, green, blue = (round((1 - veil) * own + veil * below) for own, below in zip(color, ground, strict=True))
    return red, green, blue


def _box(
    picture: Image.Image, left: int, top: int, width: int, height: int, out: int, color: tuple[int, int, int]
) -> None:
    corners = (left - out, top - out, left + width + out - 1, top + height + out - 1)
    ImageDraw.Draw(picture).rectangle(corners, fill=color)
