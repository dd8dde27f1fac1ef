"""A folder of image files, its subfolders included."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pandas as pd

from pointillist.errors import SourceError
from pointillist.images.rows import Images

EXTENSIONS = frozenset(".jpg .jpeg .png .webp .gif .bmp .tif .tiff .avif .ppm .pgm".split())


def read_folder(folder: Path) -> Images:
    """Every image file below `folder`, in natural order, hidden files and folders left out.

    Raises:
        SourceError: there is no such folder, or no image file in it.
    """
    root = Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100 -- keep the caller's symlinks
    if not root.is_dir():
        raise SourceError(f"no such folder: {folder}")
    found = sorted(_walk(str(root)), key=natural)
    if not found:
        raise SourceError(f"no image files in {folder}")
    parents = [os.path.basename(os.path.dirname(path)) or None for path in found]  # noqa: PTH119, PTH120
    paths = [os.path.join(root, path) for path in found]  # noqa: PTH118
    table = pd.DataFrame({"path": paths}, index=pd.Index(found))
    label = "label" if len(set(parents)) > 1 else None
    if label:
        table[label] = parents
    names = [path.rsplit("/", 1)[-1] for path in found]
    return Images(table, found, names, label, f"{root.name}/", os.path.realpath(root), paths)


def natural(text: str) -> list[str | int]:
    """A sort key that puts 2 before 10."""
    return [int(part) if part.isdigit() else part.casefold() for part in re.split(r"(\d+)", text)]


def _walk(root: str) -> list[str]:
    found: list[str] = []
    seen = set()
    todo = [("", root)]
    while todo:
        prefix, path = todo.pop()
        real = os.path.realpath(path)
        if real in seen:
            continue
        seen.add(real)
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    todo.append((f"{prefix}{entry.name}/", entry.path))
                elif os.path.splitext(entry.name)[1].lower() in EXTENSIONS:  # noqa: PTH122
                    found.append(prefix + entry.name)
    return found
