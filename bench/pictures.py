"""Photo-like JPEG files to measure with: soft shapes under fine grain, 500 px wide, about 45 kB each, all different."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH_PX, HEIGHT_PX = 500, 375
FOLDERS = 10


def pictures(folder: Path, n: int) -> Path:
    """Fill `folder` with n generated pictures in ten subfolders, unless they are there; returns it."""
    paths = [folder / f"kind {i % FOLDERS}" / f"{i:06d}.jpg" for i in range(n)]
    missing = [(i, path) for i, path in enumerate(paths) if not path.exists()]
    for parent in {path.parent for _, path in missing}:
        parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor() as pool:
        for _ in pool.map(lambda job: write(*job), missing):
            pass
    return folder


def write(i: int, path: Path) -> None:
    """Write picture number i. Pictures of one subfolder share colors and scale."""
    kind, own = np.random.default_rng(i % FOLDERS), np.random.default_rng(1000 + i)
    cells = int(kind.integers(3, 12))
    base = kind.integers(40, 215, 3)
    soft = np.clip(base + own.normal(0, 60, (cells, cells, 3)), 0, 255).astype(np.uint8)
    photo = Image.fromarray(soft).resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.BICUBIC)
    grain = own.integers(-12, 13, (HEIGHT_PX // 2 + 1, WIDTH_PX // 2, 1), dtype=np.int16)
    grain = grain.repeat(2, axis=0)[:HEIGHT_PX].repeat(2, axis=1)
    pixels = np.clip(np.asarray(photo, dtype=np.int16) + grain, 0, 255).astype(np.uint8)
    written = path.with_suffix(".part")
    Image.fromarray(pixels).save(written, format="JPEG", quality=85)
    written.rename(path)
