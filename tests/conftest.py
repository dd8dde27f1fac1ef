"""What every test may use: small drawn image folders, and a store that never touches the user's own cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from PIL import Image, ImageDraw

# A shared machine may pause for longer than hypothesis' 200 ms; slowness is measured in bench/, not here.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")

SLOW_KINDS = ("wheel", "notebooks", "browser")

COLORS = {"red": (200, 40, 40), "green": (40, 150, 60), "blue": (40, 70, 200), "sand": (220, 190, 130)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick kinds of test first, so that a broken function is heard of before a browser starts."""

    def kind(item: pytest.Item) -> int:
        parts = item.path.parts
        return next((1 + i for i, name in enumerate(SLOW_KINDS) if name in parts), 0)

    items.sort(key=kind)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store directory for each test; returns it."""
    path = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("POINTILLIST_CACHE", str(path))
    return path


def draw(color: tuple[int, int, int], seed: int, side_px: int = 96) -> Image.Image:
    """A disc or a square of about `color` on grey: same color looks alike, no two seeds are equal."""
    rng = np.random.default_rng([seed, *color])
    grey = int(rng.integers(100, 130))
    image = Image.new("RGB", (side_px, side_px), (grey, grey, grey))
    shade = tuple(int(np.clip(c + rng.integers(-15, 16), 0, 255)) for c in color)
    x, y = (int(v) for v in rng.integers(4, side_px // 3, 2))
    size = int(rng.integers(side_px // 2, side_px * 5 // 8))
    shape = ImageDraw.Draw(image)
    (shape.ellipse if seed % 2 else shape.rectangle)((x, y, x + size, y + size), fill=shade)
    return image


@pytest.fixture
def draw_folder() -> Callable[..., Path]:
    """A function (folder, per_color=, colors=, start=) that fills `folder/<color>/<nnn>.jpg` and returns `folder`."""
    return fill


def fill(folder: Path, *, per_color: int, colors: tuple[str, ...] = tuple(COLORS), start: int = 0) -> Path:
    """Write `per_color` drawn images for each color, numbered from `start`."""
    for color in colors:
        (folder / color).mkdir(parents=True, exist_ok=True)
        for seed in range(start, start + per_color):
            draw(COLORS[color], seed).save(folder / color / f"{seed:03d}.jpg", quality=90)
    return folder
