"""Images that lie at paths and URLs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from pointillist.images.names import base_name, parent_labels, unicode_text
from pointillist.images.payload import is_url
from pointillist.images.rows import Images

if TYPE_CHECKING:
    import pandas as pd

EXTENSIONS = frozenset([".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".ppm", ".pgm"])


def has_image_extension(path: str) -> bool:
    """Whether a path, or a URL without its query, ends like an image file."""
    end = path.split("?", 1)[0].split("#", 1)[0] if is_url(path) else path
    return os.path.splitext(end)[1].lower() in EXTENSIONS  # noqa: PTH122


def images_below(root: str, relative: list[str], *, title: str) -> Images:
    """Files below one folder, given as relative paths with /, as a table with the columns path and label.

    `label` is the parent folder's name, where more than one occurs.
    """
    start = root if root.endswith(os.sep) else root + os.sep
    paths = [start + path for path in relative]
    shown = [unicode_text(path) for path in relative]
    labels = parent_labels(shown)
    return Images(
        make_table=partial(path_table, shown, [unicode_text(start) + path for path in shown], labels),
        ids=shown,
        names=[base_name(path) for path in shown],
        label="label" if len(set(labels)) > 1 else None,
        title=title,
        identity=folder_identity(root),
        cells=paths,
    )


def path_table(index: list[str], paths: list[str], labels: Sequence[str | None]) -> pd.DataFrame:
    """The columns path and, where labels differ, label."""
    import pandas as pd

    table = pd.DataFrame({"path": paths}, index=pd.Index(index, dtype=object if not index else None))
    if len(set(labels)) > 1:
        table["label"] = list(labels)
    return table


def absolute(path: str | os.PathLike[str]) -> str:
    """An absolute path without . and .., or the URL as it is."""
    text = os.fspath(path)
    if is_url(text):
        return text
    if text.startswith("~"):
        text = os.path.expanduser(text)  # noqa: PTH111
    return os.path.abspath(text)  # noqa: PTH100 -- symlinks stay


def common_folder(paths: Sequence[str]) -> str | None:
    """The deepest folder that holds all local paths; None if there is a URL among them, or two drives."""
    folders = {os.path.dirname(path) for path in paths}  # noqa: PTH120
    if not folders or any(is_url(path) for path in paths):
        return None
    try:
        return os.path.commonpath(folders)
    except ValueError:
        return None


def relative_to(root: str | None, path: str) -> str:
    """The path below `root` with /, in Unicode; the whole of it if there is no root."""
    if root is None:
        return unicode_text(path)
    below = path[len(root) :].lstrip(os.sep)
    return unicode_text(below.replace(os.sep, "/") if os.sep != "/" else below)


def folder_identity(root: str) -> str:
    """The folder wherever it is reached from."""
    return unicode_text(os.path.realpath(root))


def url_identity(urls: Sequence[str]) -> str:
    """What all URLs start with, up to a /."""
    first, last = min(urls), max(urls)
    pairs = enumerate(zip(first, last, strict=False))
    end = next((position for position, (a, b) in pairs if a != b), min(len(first), len(last)))
    return first[: first.rfind("/", 0, end) + 1] or f"{first} … {last}"
