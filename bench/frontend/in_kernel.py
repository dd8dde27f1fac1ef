"""Imported by the notebook's cells: makes the data, builds the widget, notes times.

What it learns goes as lines of JSON to the file $BENCH_LOG: nothing is sent over the kernel's wire while that is
measured.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import time
from pathlib import Path
from typing import Any

CLUSTERS, CATEGORIES, SEED = 20, 10, 7
IMAGES = 64
_now: dict[str, Any] = {}


def note(**what: Any) -> None:
    what.setdefault("t", time.time())
    with Path(os.environ["BENCH_LOG"]).open("a") as log:
        log.write(json.dumps(what) + "\n")


def make_table(n: int) -> Any:
    """n points in 20 round clusters within a square, float32, and two columns of ten categories."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(SEED)
    middle, spread = rng.uniform(-7, 7, (CLUSTERS, 2)), rng.uniform(0.3, 1.5, CLUSTERS)
    which = rng.integers(0, CLUSTERS, n)
    xy = middle[which] + rng.standard_normal((n, 2)) * spread[which, None]
    xy = np.clip(xy, -10, 10).astype(np.float32)
    xy[0], xy[1] = (-10, -10), (10, 10)  # the same extent at every n
    names = [f"class {c}" for c in range(CATEGORIES)]
    return pd.DataFrame(
        {
            "x": xy[:, 0],
            "y": xy[:, 1],
            "category": pd.Categorical.from_codes(which % CATEGORIES, names),
            "other": pd.Categorical.from_codes((which * 7 + 3) % CATEGORIES, names),
        }
    )


def make_images(folder: Path) -> None:
    """64 small pictures, reachable by any number of paths: the links 00 … 99 lead back into the folder."""
    from PIL import Image

    for i in range(IMAGES):
        Image.new("RGB", (64, 48), (4 * i, 255 - 4 * i, 128)).save(folder / f"{i:02}.png")
    for i in range(100):
        (folder / f"{i:02}").symlink_to(".")


def image_paths(n: int, folder: str) -> list[str]:
    """n different paths of files that exist."""
    return [f"{folder}/{i // 640000:02}/{i // 6400 % 100:02}/{i // 64 % 100:02}/{i % 64:02}.png" for i in range(n)]


def setup(adapter: str, n: int) -> None:
    """First cell: everything that is not timed."""
    _now["adapter"] = importlib.import_module(f"adapters.{adapter}").Adapter()
    _now["table"] = _now["adapter"].prepare(make_table(n))
    begun = time.perf_counter()
    _now["adapter"].load()
    note(event="setup", n=n, import_s=time.perf_counter() - begun, rss=_rss())


def show() -> None:
    """Second cell, the measured one: construct and display."""
    from IPython.display import display

    t0, begun = time.time(), time.perf_counter()
    widget = _now["widget"] = _now["adapter"].construct(_now["table"])
    constructed = time.perf_counter()
    display(_now["adapter"].displayable(widget))
    displayed = time.perf_counter()
    _now["adapter"].observe(widget, lambda: note(event="told"))
    note(event="show", t0=t0, construct_s=constructed - begun, display_s=displayed - constructed)


def read() -> None:
    """Third cell: the selection, as a person would read it."""
    adapter, widget = _now["adapter"], _now["widget"]
    begun = time.perf_counter()
    n = adapter.rows(widget)
    rows_s = time.perf_counter() - begun
    begun = time.perf_counter()
    frame = adapter.frame(widget)
    frame_s = None if frame is None else time.perf_counter() - begun
    note(event="read", n=int(n), rows_s=rows_s, frame_s=frame_s, rss=_rss())


def _rss() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
