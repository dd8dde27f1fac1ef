"""A column of a table that holds nothing but paths: kept as the table has it, a million of them in a blink."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, overload

import numpy as np
import pandas as pd

from pointillist.images.lazy import Each, Together
from pointillist.images.names import base_name, unicode_text
from pointillist.images.paths import folder_identity
from pointillist.images.rows import Images, Paths

CHUNK = 1 << 13
"""Rows looked at together, as the bytes of their joined text."""
SLASH, BREAK, DOT, HOME = b"/\n.~"


class PathColumn(Paths):
    """n absolute paths: `before` and the texts of a column. `root` is the deepest folder that holds all of them."""

    def __init__(self, texts: Sequence[Any], before: str, root: str) -> None:
        self._texts = texts
        self._before = before
        self.root = root

    def __len__(self) -> int:
        return len(self._texts)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[str]: ...
    def __getitem__(self, row: int | slice) -> str | Sequence[str]:
        if isinstance(row, slice):
            return [self._before + text for text in self._texts[row].tolist()]  # type: ignore[attr-defined]
        return self._before + str(self._texts[row])


def path_column(column: pd.Series[Any]) -> PathColumn | None:
    """The column as paths, if every value is one that needs no cleaning up; else None.

    Such a path is absolute, or relative and not beginning with ~, and has no empty part, no part . or .. and no line
    break. A URL has an empty part.
    """
    if os.sep != "/" or not len(column):
        return None
    texts: Any = column.array if pd.api.types.is_extension_array_dtype(column.dtype) else column.to_numpy()
    least = most = None
    absolute: bool | None = None
    for start in range(0, len(texts), CHUNK):
        some = texts[start : start + CHUNK].tolist()
        try:
            joined = "\n".join(["", *some, ""])
        except TypeError:  # one is no text
            return None
        absolute = joined.startswith("\n/") if absolute is None else absolute
        if not _is_clean(joined, len(some), absolute=absolute):
            return None
        lowest, highest = min(some), max(some)
        least = lowest if least is None else min(least, lowest)
        most = highest if most is None else max(most, highest)
    if least is None or most is None:
        return None
    before = "" if absolute else os.path.join(os.getcwd(), "")  # noqa: PTH109, PTH118
    return PathColumn(texts, before, _common_folder(before + least, before + most))


def images_of_paths(paths: PathColumn, table: pd.DataFrame, *, title: str) -> Images:
    """Images at the paths of a column, and the table it is from."""
    n, root = len(paths), paths.root
    return Images(
        make_table=lambda: table,
        ids=Together(n, lambda: _below(root, paths[:])),
        names=Each(n, lambda row: base_name(unicode_text(paths[row]))),
        label=None,
        title=title,
        identity=folder_identity(root),
        cells=paths,
    )


def _is_clean(joined: str, count: int, *, absolute: bool) -> bool:
    """Whether paths are as `abspath` leaves them, all absolute or none; one a line, with a line break at each end.

    Pairs of bytes are looked at: that takes a quarter of the time of searching the text for each of them.
    """
    read = np.frombuffer(joined.encode("utf-8", "surrogatepass"), np.uint8)
    here, following = read[:-1], read[1:]
    after_break, after_slash = here == BREAK, here == SLASH
    before_break, before_slash = following == BREAK, following == SLASH
    if np.count_nonzero(after_break) != count or np.any(after_break & (before_break | (following == HOME))):
        return False
    if np.any(after_slash & (before_slash | before_break)):
        return False
    if np.count_nonzero(after_break & before_slash) != (count if absolute else 0):
        return False
    if not np.any((after_slash | after_break) & (following == DOT)):
        return True
    return not any(f"{start}{part}{end}" in joined for part in (".", "..") for start in "/\n" for end in "/\n")


def _below(root: str, paths: Sequence[str]) -> list[str]:
    """`relative_to(root, path)` of each, in half the time."""
    start = len(root.rstrip("/")) + 1
    below = [path[start:] for path in paths]
    return below if all(map(str.isascii, below)) else [unicode_text(path) for path in below]


def _common_folder(least: str, most: str) -> str:
    """What the folders of all paths from `least` to `most` begin with: what these two share, up to a /."""
    pairs = enumerate(zip(least, most, strict=False))
    end = next((position for position, (a, b) in pairs if a != b), min(len(least), len(most)))
    return least[: least.rfind("/", 0, end)] or "/"
