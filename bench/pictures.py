"""Photo-like files to measure with: soft shapes under fine grain, all different."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH_PX, HEIGHT_PX = 500, 375
FOLDERS = 10
SETS = {"small": "JPEG, 500 px, 45 kB", "large": "JPEG, 4,000 px, 3 MB", "png": "PNG, 500 px, 250 kB"}


def pictures(folder: Path, n: int, kind: str = "small") -> Path:
    """Fill `folder` with n generated pictures in ten subfolders, unless they are there; returns it."""
    ending = "png" if kind == "png" else "jpg"
    paths = [folder / f"kind {i % FOLDERS}" / f"{i:06d}.{ending}" for i in range(n)]
    missing = [(i, path) for i, path in enumerate(paths) if not path.exists()]
    for parent in {path.parent for _, path in missing}:
        parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor() as pool:
        for _ in pool.map(lambda job: write(job[0], job[1], 8 if kind == "large" else 1), missing):
            pass
    return folder


def copies(folder: Path, n: int) -> Path:
    """Fill `folder` with n small JPEG files that are all different, quickly: bytes after a picture's end change nothing
    but its content key."""
    sources = [path.read_bytes() for path in sorted(pictures(folder.with_name("sources"), 50).rglob("*.jpg"))]
    folder.mkdir(parents=True)
    for i in range(n):
        (folder / f"{i:06d}.jpg").write_bytes(sources[i % len(sources)] + i.to_bytes(8, "big"))
    return folder


def write(i: int, path: Path, scale: int = 1) -> None:
    """Write picture number i, `scale` times as large. Pictures of one subfolder share colors and scale."""
    kind, own = np.random.default_rng(i % FOLDERS), np.random.default_rng(1000 + i)
    cells = int(kind.integers(3, 12))
    base = kind.integers(40, 215, 3)
    soft = np.clip(base + own.normal(0, 60, (cells, cells, 3)), 0, 255).astype(np.uint8)
    width, height = WIDTH_PX * scale, HEIGHT_PX * scale
    photo = Image.fromarray(soft).resize((width, height), Image.Resampling.BICUBIC)
    grain = own.integers(-12, 13, (height // 2 + 1, width // 2, 1), dtype=np.int16)
    grain = grain.repeat(2, axis=0)[:height].repeat(2, axis=1)
    pixels = np.clip(np.asarray(photo, dtype=np.int16) + grain, 0, 255).astype(np.uint8)
    written = path.with_suffix(".part")
    Image.fromarray(pixels).save(written, format="PNG" if path.suffix == ".png" else "JPEG", quality=85)
    written.rename(path)
