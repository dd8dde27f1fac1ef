"""Both rasterisers draw the same picture, and the right one: real pixels in Chromium, GPU pass by software WebGL2."""

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
SIZE = {"width": 240, "height": 180}
LUT = [150, 150, 150, 255, 0, 114, 178, 255, 224, 138, 0, 255, 0, 158, 115, 255]
WHITE, DARK = [255, 255, 255], [24, 26, 30]

# The CPU rounds a point's centre to 1/8 pixel, so an edge pixel may be off by 1/16 of the contrast, 16 of 255, per
# point that covers it; and it rounds each blend, as the GPU does, but not always the same way.
MEAN_TOLERANCE, TOLERANCE_99, TOLERANCE_MAX = 1.5, 16, 48


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with software_page(browser, "scatter_page", tmp_path_factory.mktemp("scatter")) as opened:
        yield opened


def scene(xy: np.ndarray, codes: np.ndarray | None = None, **settings: Any) -> dict[str, Any]:
    """What the page's `drawPoints` takes."""
    codes = np.ones(len(xy)) if codes is None else codes
    return {
        "xy": base64.b64encode(xy.astype("<f4").tobytes()).decode(),
        "codes": base64.b64encode(codes.astype(np.uint8).tobytes()).decode(),
        "lut": LUT,
        "dims": xy.shape[1],
        "lit": None,
        "hidden": None,
        "tagged": None,
        "camera": {"x": 0, "y": 0, "z": 0, "scale": 10, "yaw": 0, "pitch": 0},
        "look": {"size_px": 8, "opacity": 1, "rim": 0, "density": 0},
        "background": WHITE,
        "dpr": 1,
        "glide_ms": 0,
        **SIZE,
        **settings,
    }


def draw(page: Page, kind: str, what: dict[str, Any], *, least_frames: int = 1) -> np.ndarray:
    drawn = page.evaluate("([kind, scene]) => drawPoints(kind, scene)", [kind, what])
    assert drawn["kind"] == kind
    assert drawn["frames"] >= least_frames
    pixels = np.frombuffer(base64.b64decode(drawn["pixels"]), np.uint8)
    return pixels.reshape(drawn["height"], drawn["width"], 4)[:, :, :3].astype(int)


def clumps(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    codes = random.integers(0, 4, n)
    centers = np.array([[-6, 4], [5, 3], [-2, -4], [6, -5]])
    return centers[codes] + random.normal(0, 1.6, (n, 2)), codes


KINDS = pytest.mark.parametrize("kind", ["cpu", "gpu"])


@KINDS
def test_a_point_is_where_it_should_be_in_its_colour(page: Page, kind: str) -> None:
    picture = draw(page, kind, scene(np.array([[3.0, 2.0], [-5.0, -4.0]]), np.array([1, 2])))
    for x, y, color in [(3, 2, LUT[4:7]), (-5, -4, LUT[8:11])]:
        left, top = 120 + 10 * x, 90 - 10 * y
        block = picture[top - 12 : top + 12, left - 12 : left + 12]
        assert np.abs(block[11:13, 11:13] - color).max() <= 1
        ink = (255 - block).sum(axis=2)
        rows, columns = np.indices(ink.shape)
        assert abs((ink * rows).sum() / ink.sum() - 11.5) < 0.1
        assert abs((ink * columns).sum() / ink.sum() - 11.5) < 0.1
        assert ink.sum() / (255 * 3 - sum(color)) == pytest.approx(np.pi * 4**2, rel=0.03)
    elsewhere = picture.copy()
    elsewhere[50:90, 130:170] = elsewhere[110:150, 50:90] = 255
    assert (elsewhere == 255).all()


@KINDS
def test_lit_points_are_on_top_and_the_others_step_back(page: Page, kind: str) -> None:
    xy = np.zeros((50, 2))
    xy[:10] += [6, 0]
    codes = np.r_[np.full(10, 2), np.ones(39, int), 3]
    plain = draw(page, kind, scene(xy, codes))
    lit = draw(page, kind, scene(xy, codes, lit=[49]))
    assert np.abs(plain[90, 180] - LUT[8:11]).max() <= 1
    assert np.abs(lit[90, 120] - LUT[12:15]).max() <= 14, "the one lit point covers 39 others in its place"
    assert (255 - lit[90, 180]).sum() < 0.25 * (255 - plain[90, 180]).sum(), "a point that is not lit is veiled"


@KINDS
@pytest.mark.parametrize("dims", [2, 3])
def test_large_points_are_whole_up_to_the_edges(page: Page, kind: str, dims: int) -> None:
    """48 px of radius, and the middle of one 40 px outside: in a plane, in depth, added up, and lit."""
    at = np.array([[-16.0, 0], [2, 3], [11, -10]])
    xy = at if dims == 2 else np.c_[at, np.zeros(3)]
    look = {"size_px": 24, "opacity": 1, "rim": 0, "density": 0}
    rows, columns = np.indices((180, 240)) + 0.5
    inside = [np.hypot(columns - 120 - 10 * x, rows - 90 + 10 * y) for x, y in at]
    nearest = np.min(inside, axis=0)
    small = {"camera": {"x": 0, "y": 0, "z": 0, "scale": 2.5, "yaw": 0, "pitch": 0}, "width": 60, "height": 45}
    for settings in [{}, {"lit": [0]}] + ([{"look": {**look, "density": 0.9}}] if dims == 2 else []):
        picture = draw(page, kind, scene(xy, dpr=4, **{"look": look, **small, **settings}))
        assert picture.shape == (180, 240, 3)
        inked = (picture < 250).any(axis=2)
        assert inked[nearest < 47].all()
        assert not inked[nearest > 62].any()


@KINDS
def test_rows_without_a_position_are_not_drawn(page: Page, kind: str) -> None:
    places = [[np.nan, 0], [0, np.nan], [np.inf, 0], [0, -np.inf], [np.nan, np.nan]]
    assert (draw(page, kind, scene(np.array(places))) == 255).all()
    assert (draw(page, kind, scene(np.zeros((0, 2)))) == 255).all()


@KINDS
def test_a_glide_ends_where_the_new_layout_is(page: Page, kind: str) -> None:
    before, codes = clumps(300, seed=1)
    after, _ = clumps(300, seed=2)
    before[:40] = np.nan
    after[-40:] = np.nan
    glided = scene(after, codes, glide_ms=200)
    glided["before"] = scene(before)["xy"]
    assert (draw(page, kind, glided) == draw(page, kind, scene(after, codes))).all()


def sphere(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points on a ball of radius 6, coloured by octant of its front."""
    at = np.random.default_rng(seed).normal(size=(n, 3))
    at *= 6 / np.linalg.norm(at, axis=1)[:, None]
    return at, 1 + (at[:, 0] > 0) + (at[:, 1] > 0)


TURNED = {"x": 0.5, "y": -0.3, "z": 0.2, "scale": 10, "yaw": 0.7, "pitch": -0.4}


@KINDS
def test_in_depth_the_front_most_point_wins(page: Page, kind: str) -> None:
    """Three points on one line of sight, given in every order; seen from the front, the side and behind."""
    look = {"size_px": 12, "opacity": 1, "rim": 0, "density": 0}
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        xyz, codes = np.array([[0, 0, 3.0], [0, 0, 0], [0, 0, -3]])[order], np.array([1, 2, 3])[order]
        for yaw, nearest in [(0, 1), (np.pi, 3)]:
            camera = {"x": 0, "y": 0, "z": 0, "scale": 10, "yaw": yaw, "pitch": 0}
            picture = draw(page, kind, scene(xyz, codes, camera=camera, look=look))
            assert np.abs(picture[90, 120] - LUT[4 * nearest : 4 * nearest + 3]).max() <= 1
        lit = draw(page, kind, scene(xyz, codes, look=look, lit=[0, 1, 2]))
        assert np.abs(lit[90, 120] - LUT[4:7]).max() <= 14


@KINDS
def test_a_turned_camera_shows_points_where_they_are(page: Page, kind: str) -> None:
    """Yaw takes what is nearer to the right, pitch takes it down, and what is nearer is larger."""
    xyz, codes = np.array([[0, 0, 4.0], [0, 0, -4]]), np.array([1, 2])
    camera = {"x": 0, "y": 0, "z": 0, "scale": 10, "yaw": np.pi / 6, "pitch": 0}
    picture = draw(page, kind, scene(xyz, codes, camera=camera))
    depth, across = 4 * np.cos(np.pi / 6), 4 * np.sin(np.pi / 6)
    perspective = 10 / (2 * SIZE["height"])
    areas = []
    for sign, code in [(1, 1), (-1, 2)]:
        ink = np.abs(255 - picture).sum(axis=2) * (np.abs(picture - LUT[4 * code : 4 * code + 3]).max(axis=2) < 90)
        left = 120 + sign * 10 * across / (1 - sign * perspective * depth)
        assert abs((ink * np.arange(240)).sum() / ink.sum() + 0.5 - left) < 0.4
        areas.append((ink > 0).sum())
    assert areas[0] > 1.1 * areas[1]
    down = draw(page, kind, scene(xyz, codes, camera=camera | {"yaw": 0, "pitch": np.pi / 6}))
    lower = 90 + round(10 * across / (1 - perspective * depth))
    assert np.abs(down[lower, 120] - LUT[4:7]).max() <= 1


@KINDS
def test_behind_the_eye_nothing_is_drawn(page: Page, kind: str) -> None:
    camera = {"x": 0, "y": 0, "z": 0, "scale": 10, "yaw": 0, "pitch": 0}
    assert (draw(page, kind, scene(np.array([[0, 0, 36.0], [0, 0, 50.0]]), camera=camera)) == 255).all()
    assert (draw(page, kind, scene(np.array([[0, 0, np.nan], [0, 0, np.inf]]), camera=camera)) == 255).all()


@KINDS
def test_hidden_points_are_not_drawn_and_come_back(page: Page, kind: str) -> None:
    xy, codes = clumps(400)
    kept = np.setdiff1d(np.arange(400), hidden := list(range(0, 400, 3)))
    xy_kept = np.where(np.isin(np.arange(400), kept)[:, None], xy, np.nan)
    for lit in (None, list(range(0, 400, 2))):
        without = draw(page, kind, scene(xy, codes, hidden=hidden, lit=lit))
        assert (without == draw(page, kind, scene(xy_kept, codes, lit=lit))).all()
        assert (without != draw(page, kind, scene(xy, codes, lit=lit))).any()
    assert (draw(page, kind, scene(xy, codes, hidden=list(range(400)))) == 255).all()


@KINDS
@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("lit", [None, [1]])
def test_a_tagged_point_is_a_ring_while_it_is_large(page: Page, kind: str, dims: int, lit: list[int] | None) -> None:
    xy = np.zeros((2, dims))
    xy[:, 0] = -5, 5
    what = scene(xy, lit=lit, tagged=[1], look={"size_px": 12, "opacity": 1, "rim": 0, "density": 0})
    picture, blue = draw(page, kind, what), [0, 114, 178]
    plain, ring = picture[90, 70], picture[90, 170]
    assert (plain == blue).all() or lit is not None
    assert (ring == WHITE).all() and np.abs(picture[90, 175] - blue).max() <= 16
    small = what["look"] | {"size_px": 3.9}
    assert (draw(page, kind, what | {"look": small})[90, 170] == blue).all()
    assert (draw(page, kind, what | {"tagged": None})[90, 170] == blue).all()


@KINDS
def test_gliding_between_flat_and_deep_ends_where_the_new_layout_is(page: Page, kind: str) -> None:
    flat, codes = clumps(300)
    deep, _ = sphere(300)
    for before, after in [(flat, deep), (deep, flat)]:
        glided = scene(after, codes, glide_ms=200, before=scene(before)["xy"], before_dims=before.shape[1])
        assert (draw(page, kind, glided) == draw(page, kind, scene(after, codes))).all()


def assert_same(gpu: np.ndarray, cpu: np.ndarray, margin: int) -> None:
    """At the very edge the GPU drops a point whose centre is outside, the CPU draws what shows of it: not compared."""
    assert gpu.shape == cpu.shape
    off = np.abs(gpu - cpu)[margin:-margin, margin:-margin]
    assert off.mean() <= MEAN_TOLERANCE
    assert np.percentile(off, 99) <= TOLERANCE_99
    assert off.max() <= TOLERANCE_MAX


def test_a_picture_made_in_many_frames_is_the_same(page: Page) -> None:
    xy, codes = clumps(400_000)
    what = scene(xy, codes, look={"size_px": 2, "opacity": 0.5, "rim": 0, "density": 0})
    assert_same(draw(page, "gpu", what), draw(page, "cpu", what, least_frames=3), margin=5)


def test_a_lost_gpu_comes_back_with_the_same_picture(page: Page) -> None:
    xy, codes = clumps(500)
    what = scene(xy, codes, lit=[1, 2, 3])
    assert (draw(page, "gpu", what | {"lose": True}) == draw(page, "gpu", what)).all()


@pytest.mark.parametrize("dpr", [1, 2, 1.25])
@pytest.mark.parametrize(
    ("n", "look"),
    [
        (60, {"size_px": 6.5, "opacity": 0.92, "rim": 0.7, "density": 0}),
        (3_000, {"size_px": 4.4, "opacity": 0.7, "rim": 0.4, "density": 0}),
        (60_000, {"size_px": 1.5, "opacity": 0.3, "rim": 0, "density": 0}),
    ],
)
@pytest.mark.parametrize(("background", "lit"), [(WHITE, False), (DARK, True)])
def test_gpu_and_cpu_draw_the_same_picture(
    page: Page, n: int, look: dict[str, float], dpr: float, background: list[int], lit: bool
) -> None:
    xy, codes = clumps(n)
    what = scene(xy, codes, look=look, dpr=dpr, background=background, lit=list(range(0, n, 7)) if lit else None)
    what["tagged"] = list(range(0, n, 3))
    gpu, cpu = draw(page, "gpu", what), draw(page, "cpu", what)
    assert (gpu != background).any(axis=2).mean() > 0.01, "something is drawn"
    assert_same(gpu, cpu, margin=int(10 * dpr))


@pytest.mark.parametrize("dpr", [1, 2])
@pytest.mark.parametrize(
    ("n", "look"),
    [
        (60, {"size_px": 6.5, "opacity": 0.92, "rim": 0.7, "density": 0}),
        (3_000, {"size_px": 4.4, "opacity": 0.7, "rim": 0.4, "density": 0}),
        (60_000, {"size_px": 1.5, "opacity": 0.3, "rim": 0, "density": 0}),
    ],
)
@pytest.mark.parametrize("lit", [False, True])
def test_gpu_and_cpu_draw_the_same_picture_in_depth(
    page: Page, n: int, look: dict[str, float], dpr: float, lit: bool
) -> None:
    xyz, codes = sphere(n)
    what = scene(xyz, codes, look=look, dpr=dpr, camera=TURNED, lit=list(range(0, n, 7)) if lit else None)
    what["tagged"] = list(range(0, n, 3))
    gpu, cpu = draw(page, "gpu", what), draw(page, "cpu", what)
    assert (gpu != 255).any(axis=2).mean() > 0.01, "something is drawn"
    off = np.abs(gpu - cpu)[30:-30, 30:-30].max(axis=2)
    assert (off > TOLERANCE_MAX).mean() < 0.002, "where two points are as deep, either may be in front"
    assert np.percentile(off, 99) <= TOLERANCE_99


def crowd(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two clumps with a thin crowd between them."""
    random = np.random.default_rng(seed)
    codes = random.integers(1, 4, n)
    spread = np.where(random.random((n, 1)) < 0.1, 4, 0.8)
    return np.where(random.random((n, 1)) < 0.5, -5, 4) * np.array([[1, 0.3]]) + random.normal(0, spread, (n, 2)), codes


DENSE = {"opacity": 0.3, "rim": 0, "density": None}


@pytest.mark.parametrize("size_px", [1.4, 2.4, 5])
@pytest.mark.parametrize(("dpr", "background", "lit"), [(1, WHITE, False), (2, DARK, True)])
def test_gpu_and_cpu_draw_the_same_density(
    page: Page, size_px: float, dpr: float, background: list[int], lit: bool
) -> None:
    """Sums do not depend on the order; a point on the border of two pixels may be in either."""
    xy, codes = crowd(60_000)
    what = scene(xy, codes, look=DENSE | {"size_px": size_px}, dpr=dpr, background=background)
    what["lit"] = list(range(0, 60_000, 70)) if lit else None
    gpu, cpu = draw(page, "gpu", what), draw(page, "cpu", what)
    off = np.abs(gpu - cpu)[10:-10, 10:-10]
    assert off.mean() <= 0.5
    assert np.percentile(off, 99.5) <= 8
    plain = draw(page, "cpu", what | {"look": DENSE | {"size_px": size_px, "density": 0}})
    assert np.abs(plain - cpu).mean() > (0.4 if lit else 3), "the density is seen"


@pytest.mark.parametrize("size_px", [1.4, 2.4, 5])
@pytest.mark.parametrize(("dpr", "lit"), [(1, False), (2, True)])
def test_gpu_and_cpu_draw_the_same_density_in_depth(page: Page, size_px: float, dpr: float, lit: bool) -> None:
    ball, codes = sphere(60_000)
    what = scene(ball * np.array([1.6, 1, 1]), codes, look=DENSE | {"size_px": size_px, "density": 0.8}, dpr=dpr)
    what |= {"camera": TURNED, "lit": list(range(0, 60_000, 70)) if lit else None}
    gpu, cpu = draw(page, "gpu", what), draw(page, "cpu", what)
    off = np.abs(gpu - cpu)[10:-10, 10:-10]
    assert off.mean() <= 0.5
    assert np.percentile(off, 99.5) <= (16 if lit else 8)
    plain = draw(page, "cpu", what | {"look": DENSE | {"size_px": size_px, "density": 0}})
    assert np.abs(plain - cpu).mean() > (0.4 if lit else 3), "the density is seen"


@KINDS
def test_in_depth_a_crowd_is_darker_what_is_behind_is_seen_too_and_what_is_near_weighs_more(
    page: Page, kind: str
) -> None:
    """Two spots of one colour each, one before the other: from either side the nearer one has more of the mixture."""
    spots = np.repeat([[0.05, 0.05, 6.0], [0.05, 0.05, -6.0]], 300, axis=0)
    alone = np.repeat([[-6.0, 0.05, 0], [6.0, 0.05, 0]], [3, 300], axis=0)
    around = np.random.default_rng(0).normal((0, -6, 0), 0.4, (3000, 3))
    xyz, codes = np.r_[spots, alone, around], np.r_[np.repeat([1, 2], 300), np.full(3303, 3)]
    look = {"size_px": 3, "opacity": 0.9, "rim": 0, "density": 0.9}

    def seen(yaw: float) -> tuple[np.ndarray, list[int]]:
        camera = {"x": 0, "y": 0, "z": 0, "scale": 10, "yaw": yaw, "pitch": 0}
        picture = draw(page, kind, scene(xyz, codes, camera=camera, look=look))
        return picture[88:92, 119:123].min(axis=(0, 1)), [
            int((255 - picture[86:94, x - 4 : x + 4]).sum(axis=2).max()) for x in (60, 180)
        ]

    front, (few, many) = seen(0)
    back, _ = seen(np.pi)
    assert 0 < few < many - 60
    blue, orange = np.array(LUT[4:7]), np.array(LUT[8:11])
    share = [((color - blue) @ (orange - blue)) / ((orange - blue) @ (orange - blue)) for color in (front, back)]
    assert 0.05 < share[0] < 0.45 and 0.55 < share[1] < 0.95
    order = np.random.default_rng(1).permutation(len(xyz))
    one, other = (draw(page, kind, scene(xyz[o], codes[o], look=look)) for o in (np.arange(len(xyz)), order))
    assert np.abs(one - other).max() <= 1


@KINDS
def test_a_symmetric_crowd_has_a_symmetric_density_and_row_order_does_not_matter(page: Page, kind: str) -> None:
    half, codes = crowd(30_000)
    xy, codes = np.r_[half, -half], np.r_[codes, codes]
    look = DENSE | {"size_px": 1.4, "density": 1}
    picture = draw(page, kind, scene(xy, codes, look=look))
    assert (np.abs(picture - picture[::-1, ::-1]) > 1).mean() < (1e-3 if kind == "gpu" else 1e-9)
    order = np.random.default_rng(5).permutation(len(xy))
    assert np.abs(picture - draw(page, kind, scene(xy[order], codes[order], look=look))).max() <= 1


@KINDS
def test_density_shows_how_crowded_it_is(page: Page, kind: str) -> None:
    """Spots of 10 … 10,000 points: as they are they come out alike, by density each darker than the last."""
    xy = np.repeat([[-8.05, 0.05], [-3.05, 0.05], [2.05, 0.05], [7.05, 0.05]], [10, 100, 1000, 10_000], axis=0)
    xy = np.r_[xy, np.random.default_rng(0).normal((0, -6), 0.3, (30_000, 2))]
    ink = {}
    for density in (0, 0.7, 1):
        picture = draw(page, kind, scene(xy, look={"size_px": 3.4, "opacity": 0.5, "rim": 0, "density": density}))
        ink[density] = (255 - picture[87:92, [39, 89, 140, 190]]).sum(axis=2).max(axis=0)
    assert np.ptp(ink[0][1:]) <= 6
    for density in (0.7, 1):
        assert (np.diff(ink[density]) > 20).all()
    assert ink[1][0] < ink[0.7][0]
