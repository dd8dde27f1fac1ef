"""A folder of image files, its subfolders included."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from pointillist.errors import SourceError
from pointillist.images.names import natural
from pointillist.images.paths import EXTENSIONS, images_below
from pointillist.images.rows import Images


def read_folder(folder: str | os.PathLike[str]) -> Images:
    """Every image file below `folder`, in natural order; hidden files and folders are left out.

    No file is opened or asked for its size: 100,000 files take about half a second.

    Raises:
        SourceError: there is no such folder, or no image file in it.
    """
    given = os.fspath(folder)
    root = os.path.abspath(os.path.expanduser(given))  # noqa: PTH100, PTH111 -- symlinks in it stay as given
    if not os.path.isdir(root):  # noqa: PTH112
        raise SourceError(_no_folder(given, root))
    found, others = walk(root)
    if not found:
        raise SourceError(_no_images(given, others))
    found.sort(key=natural)
    return images_below(root, found, title=f"{Path(root).name}/")


def walk(root: str) -> tuple[list[str], Counter[str]]:
    """Image files below `root` as relative paths with /, and how many other files there are of each extension.

    Linked folders are entered after all others, and no folder twice: loops of links end.

    Raises:
        SourceError: `root` itself cannot be listed.
    """
    found: list[str] = []
    others: Counter[str] = Counter()
    seen: set[tuple[int, int]] = set()
    folders, links = [""], list[str]()
    while folders or links:
        below = folders.pop() if folders else links.pop()
        path = os.path.join(root, below)  # noqa: PTH118
        try:
            status = os.stat(path)  # noqa: PTH116
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = list(os.scandir(path))
        except OSError as error:
            if not below:
                raise SourceError(f"the folder {root} cannot be listed: {error.strerror}") from error
            continue
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            if _is_folder(entry):
                (links if entry.is_symlink() else folders).append(f"{below}{name}/")
                continue
            extension = f".{name.rpartition('.')[2].lower()}" if "." in name else ""
            if extension in EXTENSIONS and (entry.is_file(follow_symlinks=False) or entry.is_symlink()):
                found.append(below + name)
            else:
                others[extension] += 1
    return found, others


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _no_folder(given: str, root: str) -> str:
    if os.path.isfile(root):  # noqa: PTH113
        extension = os.path.splitext(root)[1].lower()  # noqa: PTH122
        if extension in EXTENSIONS:
            return f"{given!r} is one image; give its folder, or a list of paths: [{given!r}]"
        if extension in (".csv", ".parquet", ".json", ".xlsx", ".feather"):
            return f"{given!r} is a table; read it with pandas and give the DataFrame"
        return f"{given!r} is a file; give a folder of images, a list of paths or a DataFrame"
    if any(sign in given for sign in "*?["):
        return f"{given!r} is no folder, and a pattern is not followed; give the list of paths: glob.glob({given!r})"
    where = "" if os.path.isabs(given) or given.startswith("~") else f" in {os.getcwd()}"  # noqa: PTH109, PTH117
    return f"no such folder: {given!r}{where}"


def _no_images(given: str, others: Counter[str]) -> str:
    wanted = "images end in .jpg, .png, .webp, .gif, .bmp, .tif, .avif, .ppm"
    if not others:
        return f"no images in {given!r}: the folder is empty; {wanted}"
    kinds = ", ".join(f"{kind or 'without extension'} ({count:,})" for kind, count in others.most_common(4))
    return f"no images in {given!r}: it holds {others.total():,} other files, {kinds}; {wanted}"
