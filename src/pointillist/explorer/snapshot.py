"""A picture of the map without a browser: the same positions, colours, sizes and selection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pointillist.errors import SnapshotError
from pointillist.explorer.colors import BACKGROUND, Theme, by_name, by_number
from pointillist.explorer.crowd import Tone, crowd_of, paint_dense, tone_for
from pointillist.explorer.filters import hidden
from pointillist.explorer.lens import Look, Seen, look_of, look_with, seen_by
from pointillist.explorer.painting import Dots, paint
from pointillist.explorer.pictured import Thumbnails, chosen, put_pictures, room_of
from pointillist.explorer.scene import TAGS, Scene
from pointillist.protocol.state import Camera, ColorScale, Filter

VEIL = 0.82
"""How much of the others a selection hides."""
MOST_PIXELS = 50_000_000
MOST_NAMES = 40
LARGEST_PX, MOST_CLOSER, MOST_TONED = 24, 2, 24
"""The radius of the largest point in space in CSS pixels; where density is drawn, how many times larger than in the
middle, and its radius in pixels."""
SEED = 1
RINGED_PX = 4
"""Points of this size show whether they are tagged."""
RIM_PX = 4
"""Between the outermost images of a map that is shown whole and its edge."""


@dataclass(frozen=True)
class Sight:
    """What of the map is shown: the traits of the same names."""

    layout_name: str | None
    color_by: str | None
    filters: list[Filter]
    camera: Camera | None
    palette: dict[str, dict[str, str]]
    color_scale: ColorScale
    point_size: float | None
    point_opacity: float | None
    density: float | None
    picture_px: int
    tags_shown: bool


def snapshot(
    scene: Scene,
    sight: Sight,
    width: int,
    height: int,
    *,
    scale: float = 1,
    dark: bool = False,
    names: bool = False,
    pictures: bool = False,
    most: int | None = None,
    thumbnails: Thumbnails | None = None,
) -> Image.Image:
    """The map in a pane of `width` × `height` CSS pixels, `scale` pixels of the picture for each.

    Args:
        most: draw no more points than this, a fair sample of those in the pane, and of the selected ones among them.
        names: whether the values of the column that gives the colour stand on the map, each amid its points.
        pictures: whether images are at their points, where they have room.
        thumbnails: gives them; None reads those that are not there yet.

    Raises:
        SnapshotError: if there is no layout yet, or no picture of this size.
    """
    _check_size(width, height, scale)
    if sight.layout_name is None:
        raise SnapshotError("there is no map yet: wait() until the images are placed, or give positions with layout=")
    xy = scene.layouts.get(sight.layout_name).xy
    camera = sight.camera if sight.camera is not None and sight.camera["layout"] == sight.layout_name else None
    theme: Theme = "dark" if dark else "light"
    codes, colors, words = coded(scene, sight, theme)
    there = np.isfinite(xy).all(axis=1)
    if sight.filters:
        there &= ~hidden(scene, sight.filters)
    placed, picture_px = int(np.isfinite(xy).all(axis=1).sum()), sight.picture_px if pictures else 0
    rim_px = room_of(picture_px, placed, width * height, 1).size_px / 2 + RIM_PX if picture_px else 0
    seen = seen_by(camera, xy, width, height, rim_px)
    usual = look_of(min(len(xy), most or len(xy)), width * height, seen.zoom, xy.shape[1])
    look = look_with(usual, sight.point_size, sight.point_opacity, sight.density)
    ground = np.array(BACKGROUND[theme], np.float32)
    canvas = np.empty((round(height * scale), round(width * scale), 3), np.float32)
    canvas[:] = ground
    flat = xy.shape[1] == 2
    near = there if most is None else there & _in_pane(seen, width, height)
    order = _draw_order(seen, near, most, flat=flat)
    radius = look.size_px * scale / 2
    rings = _tagged(scene, is_shown=sight.tags_shown and look.size_px >= RINGED_PX)
    dots = Dots(radius, look.opacity, look.rim, 0.75 * scale)
    x, y = seen.x * scale, seen.y * scale
    share = int(there.sum()) / max(1, placed) * len(order) / max(1, int(near.sum()))
    tone = _tone(xy, len(order), share, look, seen)
    if tone is None:
        paint(canvas, x[order], y[order], codes[order], colors, dots, ground, rings[order])
    else:
        radii = _radii(radius, seen.closer[order], scale, flat=flat)
        paint_dense(canvas, x[order], y[order], codes[order], colors, radii, tone, ground)
    selected = scene.selection.now.rows
    lit = None
    if len(selected):
        canvas += (ground - canvas) * VEIL
        lit = np.zeros(len(xy), bool)
        lit[selected] = True
        bright = Dots(radius * 1.12 + 0.2 * scale, max(look.opacity, 0.95), max(look.rim, 0.8), 0.75 * scale)
        order = _draw_order(seen, near & lit, most, flat=flat)
        paint(canvas, x[order], y[order], codes[order], colors, bright, ground, rings[order])
    picture = Image.fromarray(np.clip(canvas + 0.5, 0, 255).astype(np.uint8))
    if picture_px:
        room = room_of(picture_px, placed, width * height, seen.zoom)
        rows = chosen(seen, there, lit, room, width, height, flat=flat)
        given = thumbnails or scene.collection.contents.thumbnails
        put_pictures(picture, seen, rows, given, lambda row: colors[codes[row]], lit, room, scale, BACKGROUND[theme])
    if names:
        _write_names(picture, seen, there & _in_pane(seen, width, height), codes, colors, words, scale, dark=dark)
    return picture


def coded(scene: Scene, sight: Sight, theme: Theme) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """A colour code per row, the colours (c, 3) by code, and the names of the codes from 1 on, if they have names."""
    n, color_by = len(scene.collection), sight.color_by
    if color_by is None or (color_by != TAGS and scene.column(color_by).kind == "text"):
        return np.ones(n, np.uint8), by_name([""], [0], {}, theme), []
    chosen, places = sight.palette.get(color_by, {}), scene.collection.coloring.places
    if color_by == TAGS:
        rows = scene.collection.tags.rows()
        codes = np.zeros(n, np.uint16)
        for code, carried in reversed(list(enumerate(rows.values(), 1))):
            codes[carried] = code
        return codes, by_name(list(rows), places(TAGS, list(rows)), chosen, theme), list(rows)
    column = scene.column(color_by)
    if column.codes is not None:
        names = column.categories
        return column.codes, by_name(names, places(color_by, names), chosen, theme), names
    assert column.values is not None
    return *by_number(column.values, column.low, column.high, sight.color_scale, theme), []


def _tagged(scene: Scene, *, is_shown: bool) -> np.ndarray:
    """(n,) bool: which images carry a tag; none does where that is not shown."""
    tagged = np.zeros(len(scene.collection), bool)
    for rows in scene.collection.tags.rows().values() if is_shown else ():
        tagged[rows] = True
    return tagged


def _check_size(width: Any, height: Any, scale: Any) -> None:
    for name, value in (("width", width), ("height", height), ("scale", scale)):
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value) or value <= 0:
            raise SnapshotError(f"{name}={value!r}: a picture needs a number above 0")
    pixels = round(width * scale) * round(height * scale)
    if not 1 <= pixels <= MOST_PIXELS:
        raise SnapshotError(
            f"{width} × {height} at scale {scale:g} are {pixels:,} pixels; a picture has from 1 to {MOST_PIXELS:,}"
        )


def _in_pane(seen: Seen, width: float, height: float) -> np.ndarray:
    """(n,) bool: whether anything of a point can be seen."""
    with np.errstate(invalid="ignore"):
        across, down = np.abs(seen.x - width / 2), np.abs(seen.y - height / 2)
        return np.asarray((across < width / 2 + LARGEST_PX) & (down < height / 2 + LARGEST_PX))


def _draw_order(seen: Seen, there: np.ndarray, most: int | None, *, flat: bool) -> np.ndarray:
    """Rows from the bottom up: in a fixed random order, in space the nearest on top."""
    rows = np.random.default_rng(SEED).permutation(len(there))
    rows = rows[there[rows]][:most]
    if not flat:
        rows = rows[np.argsort(seen.depth[rows], kind="stable")]
    return np.asarray(rows)


def _tone(xy: np.ndarray, drawn: int, share: float, look: Look, seen: Seen) -> Tone | None:
    """How crowds are shown where `drawn` points are, this `share` of what is there."""
    rows = np.flatnonzero(np.isfinite(xy).all(axis=1))
    crowd = crowd_of(xy[np.random.default_rng(SEED).permutation(rows)])
    layers = min(drawn, crowd * share * np.pi * (look.size_px / 2) ** 2 / seen.scale**2)
    return tone_for(layers, look.density, deep=xy.shape[1] == 3)


def _radii(radius: float, closer: np.ndarray, scale: float, *, flat: bool) -> np.ndarray:
    """In pixels, in space in whole eighths; no point there is many times larger than in the middle."""
    if flat:
        return np.full(len(closer), radius)
    largest = min(LARGEST_PX * scale, MOST_CLOSER * radius, MOST_TONED)
    return np.asarray(np.clip(np.floor(radius * np.nan_to_num(closer) * 8 + 0.5) / 8, 3 / 8, largest))


def _write_names(
    picture: Image.Image,
    seen: Seen,
    there: np.ndarray,
    codes: np.ndarray,
    colors: np.ndarray,
    words: list[str],
    scale: float,
    *,
    dark: bool,
) -> None:
    """The largest categories in the pane first, each at the median of its points there; none lies on another."""
    font = ImageFont.load_default(13 * scale)
    draw = ImageDraw.Draw(picture)
    counts = np.bincount(codes[there], minlength=len(colors))[: len(words) + 1]
    ground = BACKGROUND["dark" if dark else "light"]
    taken: list[tuple[float, float, float, float]] = []
    for code in (np.argsort(-counts[1:], kind="stable")[:MOST_NAMES] + 1).tolist():
        rows = np.flatnonzero((codes == code) & there)
        if not len(rows):
            continue
        x, y = float(np.nanmedian(seen.x[rows])) * scale, float(np.nanmedian(seen.y[rows])) * scale
        box = draw.textbbox((x, y), words[code - 1], font=font, anchor="mm", stroke_width=round(2 * scale))
        outside = box[0] < 0 or box[1] < 0 or box[2] > picture.width or box[3] > picture.height
        if outside or any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            continue
        taken.append(box)
        ink = (235, 235, 235) if dark else (30, 30, 30)
        draw.text(
            (x, y), words[code - 1], font=font, anchor="mm", fill=ink, stroke_width=round(2 * scale), stroke_fill=ground
        )
