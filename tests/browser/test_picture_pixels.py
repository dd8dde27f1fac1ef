"""Pictures over the points, by the GPU's texture array and by a canvas: both draw the same. Real pixels in Chromium."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plain_page import software_page
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
WHITE, DARK = [255, 255, 255], [24, 26, 30]
RED, BLUE = [213, 94, 0], [0, 114, 178]

# Frames, rings and veils are whole pixels: they differ by rounding only. Inside a picture the browser scales in its way
# and the shader by the mean of what a pixel covers: edges in it come out a little softer or harder.
FRAME_TOLERANCE, MEAN_TOLERANCE, TOLERANCE_99 = 2, 2.5, 32


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with software_page(browser, "pictures_page", tmp_path_factory.mktemp("pictures")) as opened:
        yield opened


def one(left: int, top: int, width: int, height: int, seed: int, **settings: Any) -> dict[str, Any]:
    """A picture as it is drawn; `of` is the size of its thumbnail."""
    usual = {"of": [256, round(256 * height / width)], "color": RED, "frame": 2, "ring": None, "share": 1, "veil": 0}
    usual["near"] = 0
    return {"left": left, "top": top, "width": width, "height": height, "seed": seed, **usual, **settings}


def draw(page: Page, kind: str, *frames: list[dict[str, Any]], **settings: Any) -> np.ndarray:
    what = {"frames": frames, "width": 300, "height": 200, "dpr": 1, "background": WHITE, **settings}
    drawn = page.evaluate("([kind, scene]) => drawPictures(kind, scene)", [kind, what])
    assert drawn["kind"] == kind
    pixels = np.frombuffer(base64.b64decode(drawn["pixels"]), np.uint8)
    size = [round(what[side] * what["dpr"]) for side in ("height", "width")]
    return pixels.reshape(*size, 4)[:, :, :3].astype(int)


def mixed(side: int, background: list[int]) -> list[dict[str, Any]]:
    """Sizes, shapes, a ring, a veil, one that comes, one over another, and one that the edge cuts."""
    return [
        one(20, 20, side, side, 1),
        one(40 + side, 20, side, round(side * 0.6), 2, color=BLUE),
        one(40 + side // 2, 40, round(side * 0.7), side, 3, ring=BLUE, frame=3),
        one(20, 60 + side, side, side, 4, veil=0.76),
        one(60 + side, 50 + side, side, side, 5, share=0.4),
        one(-side // 2, 90, side, side, 6),
    ]


@pytest.mark.parametrize("background", [WHITE, DARK])
@pytest.mark.parametrize(("side", "dpr"), [(40, 1), (57, 1), (96, 2), (150, 2)])
def test_gpu_and_canvas_draw_the_same_pictures(page: Page, side: int, dpr: int, background: list[int]) -> None:
    pictures = mixed(side, background)
    gpu, cpu = (draw(page, kind, pictures, dpr=dpr, background=background) for kind in ("gpu", "cpu"))
    assert (gpu != background).any(axis=2).mean() > 0.1
    off = np.abs(gpu - cpu).max(axis=2)
    inside = np.zeros_like(off, bool)
    for box in pictures:
        rows, columns = (
            slice(max(0, box[at]), box[at] + box[size]) for at, size in (("top", "height"), ("left", "width"))
        )
        inside[rows, columns] = True
    assert off[~inside].max() <= FRAME_TOLERANCE
    assert off[inside].mean() <= MEAN_TOLERANCE
    assert np.percentile(off[inside], 99) <= TOLERANCE_99


@pytest.mark.parametrize("of", [[30, 30], [100, 80], [256, 256]])
def test_at_its_own_size_a_thumbnail_has_its_own_pixels(page: Page, of: list[int]) -> None:
    """Also one that fills a part of its cell only: nothing of the rest shows at its edges."""
    pictures = [one(10, 10, *of, 3, of=of), one(40, 60, *of, 8, of=of)]
    gpu, cpu = (draw(page, kind, pictures, width=400, height=360) for kind in ("gpu", "cpu"))
    assert np.abs(gpu - cpu).max() <= FRAME_TOLERANCE


def test_more_pictures_than_there_are_layers_at_first_and_other_ones_in_their_place(page: Page) -> None:
    """Growing and making room leaves every picture with its own pixels."""
    grid = [(10 + 24 * (at % 20), 10 + 24 * (at // 20)) for at in range(300)]
    few, many, others = (
        [one(x, y, 16, 16, seed + at, of=[48, 48], frame=1) for at, (x, y) in enumerate(grid[:count])]
        for seed, count in ((0, 20), (100, 300), (1000, 300))
    )
    large = {"width": 500, "height": 400}
    gpu = draw(page, "gpu", few, many, others, few + others[20:], **large)
    assert np.abs(gpu - draw(page, "gpu", few + others[20:], **large)).max() <= 1
    cpu = draw(page, "cpu", few + others[20:], **large)
    assert np.abs(gpu - cpu).mean() <= MEAN_TOLERANCE
    grown = draw(page, "gpu", few, [one(10, 10, 200, 200, 1)], **large)
    assert np.abs(grown - draw(page, "gpu", [one(10, 10, 200, 200, 1)], **large)).max() <= 1, "larger cells, as sharp"


@pytest.mark.parametrize("event", ["lose", "rest"])
def test_pictures_come_back_after_the_gpu_was_gone_or_gave_them_back(page: Page, event: str) -> None:
    pictures = mixed(40, WHITE)
    again = draw(page, "gpu", pictures, [*pictures, one(100, 150, 40, 40, 9)], **{event: True})
    assert (again == draw(page, "gpu", [*pictures, one(100, 150, 40, 40, 9)])).all()


def test_pictures_lie_over_the_points(page: Page) -> None:
    for kind in ("gpu", "cpu"):
        points = {"points": [0, 0, 3, 1]}
        bare, covered = draw(page, kind, [], **points), draw(page, kind, [one(130, 80, 40, 40, 1)], **points)
        assert (bare[98:103, 148:153] == [200, 30, 30]).all()
        assert (covered[98:103, 148:153] != [200, 30, 30]).any()
        assert (bare[88:92, 178:182] == covered[88:92, 178:182]).all(), "the other point is still there"


def covered(pixels: np.ndarray, place: list[float]) -> bool:
    """Whether the point at this place is drawn there, in its colour."""
    x, y, near = place
    pixels_per_unit = 10 / (1 - near * 10 / (2 * 200))  # the eye is two heights of the pane away
    left, top = round(150 + x * pixels_per_unit), round(100 - y * pixels_per_unit)
    return bool((pixels[top - 1 : top + 2, left - 1 : left + 2] == [200, 30, 30]).all())


@pytest.mark.parametrize("kind", ["gpu", "cpu"])
def test_in_depth_a_nearer_point_covers_a_picture_and_a_farther_one_does_not(page: Page, kind: str) -> None:
    """On the left points are before a picture, a little behind and far behind; on the right one is between two."""
    before, *_, between = places = [[-7, 3, 4], [-7, 0, -0.5], [-7, -3, -4], [6, 0, 0]]
    left = one(40, 40, 80, 120, 1)
    lower, upper = (one(170, 60, 80, 80, seed, near=near) for seed, near in ((2, -4), (3, 4)))
    deep = {"points": [number for place in places for number in place], "dims": 3}
    drawn = draw(page, kind, [lower, left], **deep)
    assert [covered(drawn, place) for place in places] == [True, False, False, True]
    assert (draw(page, kind, [], **deep) != drawn).any(axis=2)[50:150, 50:110].mean() > 0.9, "the picture is there"
    assert not covered(draw(page, kind, [lower, left, upper], **deep), between), "it is behind the picture on top"
    in_question = {**lower, "ring": BLUE}
    assert not covered(draw(page, kind, [left, in_question], **deep), between), "nothing covers the one in question"
    others = draw(page, kind, [lower, left], lit=[1, 2], **deep)
    assert not covered(others, before), "what stepped back covers nothing"
    assert covered(draw(page, kind, [lower, left], lit=[0], **deep), before)
    flat = [number for place in places for number in place[:2]]
    assert not covered(draw(page, kind, [lower, left], points=flat), [-7, 3, 0]), "on a flat map pictures are on top"


@pytest.mark.parametrize(("kind", "n", "moving"), [("gpu", 4, True), ("gpu", 250_000, False), ("cpu", 4, False)])
def test_while_the_camera_moves_only_a_gpu_covers_pictures_and_by_few_points(
    page: Page, kind: str, n: int, moving: bool
) -> None:
    before = [-7, 3, 4]
    points = {"points": before + [0, 900, 0] * (n - 1), "dims": 3}
    seen = (
        covered(draw(page, kind, [one(40, 40, 80, 120, 1)], resting=resting, **points), before)
        for resting in (True, False)
    )
    assert list(seen) == [True, moving]


@pytest.mark.parametrize("lit", [None, list(range(0, 600, 3))])
@pytest.mark.parametrize(("side", "dpr"), [(57, 1), (96, 2)])
def test_gpu_and_canvas_cover_the_same_pictures_in_depth(
    page: Page, side: int, dpr: int, lit: list[int] | None
) -> None:
    rng = np.random.default_rng(4)
    points = (rng.normal(0, 1, (600, 3)) * [8, 5, 4]).astype("f4").ravel().tolist()
    pictures = sorted(
        (
            one(int(x), int(y), side, side, seed, near=float(near))
            for seed, (x, y, near) in enumerate(rng.uniform([0, 0, -6], [240, 140, 6], (12, 3)))
        ),
        key=lambda box: box["near"],
    )
    look = {"size_px": 6.3, "opacity": 0.88, "rim": 0.7, "density": 0}
    what = {"points": points, "dims": 3, "look": look, "lit": lit, "dpr": dpr}
    gpu, cpu = (draw(page, kind, pictures, **what) for kind in ("gpu", "cpu"))
    off = np.abs(gpu - cpu).max(axis=2)
    assert off.mean() <= MEAN_TOLERANCE
    assert np.percentile(off, 99) <= TOLERANCE_99
    behind = [{**box, "near": 99} for box in pictures]
    uncovered = draw(page, "gpu", behind, **what)
    assert (np.abs(gpu - uncovered).max(axis=2) > TOLERANCE_99).mean() > 0.01, "many of them are covered"
