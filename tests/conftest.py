"""What every test may use: small drawn image folders, and a store that never touches the user's own cache."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import numpy as np
import pytest
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from pointillist.neighbours import Neighbours

# A shared machine may pause for longer than hypothesis' 200 ms; slowness is measured in bench/, not here.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")

SLOW_KINDS = ("wheel", "notebooks", "browser")

COLORS = {"red": (200, 40, 40), "green": (40, 150, 60), "blue": (40, 70, 200), "sand": (220, 190, 130)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In one process quick kinds of test go first, so that a broken function is heard of before a browser starts; where
    two share the work, the browser's, which are the longest piece, go first."""
    shared = "PYTEST_XDIST_WORKER" in os.environ

    def kind(item: pytest.Item) -> int:
        place = next((1 + i for i, name in enumerate(SLOW_KINDS) if name in item.path.parts), 0)
        return -place if shared else place

    items.sort(key=kind)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Processes that share the work (`-n 2`) take a file at a time, and one of them all that needs a browser."""
    from xdist.scheduler import LoadScopeScheduling

    class Pieces(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return "browser" if "browser" in path.split("/") else path

    return Pieces(config, log)


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


class InThisProcess:
    """What `UmapProcess` does, without the start of a process."""

    def __init__(self, method: str = "umap") -> None:
        self.method = method

    def __enter__(self) -> InThisProcess:
        return self

    def __exit__(self, *error: object) -> None: ...

    def kill(self) -> None: ...

    def layout(
        self,
        graph: Neighbours,
        start: np.ndarray,
        *,
        x: np.ndarray | None,
        seed: int,
        min_dist: float,
        perplexity: float,
        check: object,
        on_positions: Callable[[np.ndarray], None] | None,
    ) -> np.ndarray:
        from pointillist.analysis.tsne_layout import tsne
        from pointillist.analysis.umap_layout import easy_layout, umap

        easy = easy_layout(graph, start)
        if easy is not None:
            return easy
        if on_positions is not None:
            on_positions(start * 2)
        if self.method == "umap":
            return umap(graph, start, min_dist=min_dist, seed=seed)
        return tsne(graph, start, perplexity=perplexity, seed=seed)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layouts are made in this process."""
    monkeypatch.setattr("pointillist.analysis.umap_process.UmapProcess", InThisProcess)


START_RAY = """
for attempt in range(3):
    try:
        ray.init(num_cpus=2, object_store_memory=100_000_000, include_dashboard=False, log_to_driver=False)
        break
    except Exception:  # Ray gives its own processes 30 s to start, which a loaded machine may exceed
        ray.shutdown()
        if attempt == 2:
            raise
"""


@pytest.fixture
def on_ray() -> Callable[[str], str]:
    """A program in which START_RAY stands for the start of Ray with two workers."""
    return lambda program: program.replace("START_RAY", START_RAY)
