"""What rows are called: ids that stay the same in every session, and short names to show."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_DIGITS = re.compile(r"\d+")


def natural(text: str) -> tuple[str, str]:
    """A sort key that puts 2 before 10 and pays no heed to case."""
    return _DIGITS.sub(lambda digits: digits[0].zfill(20), text.casefold()), text


def unique(ids: Iterable[str]) -> list[str]:
    """The ids, with #2, #3, … on the second and later occurrence of one."""
    ids = list(ids)
    taken = set(ids)
    if len(taken) == len(ids):
        return ids
    seen: Counter[str] = Counter()
    made = []
    for one in ids:
        seen[one] += 1
        name = one if seen[one] == 1 else f"{one}#{seen[one]}"
        while seen[one] > 1 and name in taken:
            seen[one] += 1
            name = f"{one}#{seen[one]}"
        taken.add(name)
        made.append(name)
    return made


def unicode_text(path: str) -> str:
    """A path that can be shown and stored: bytes of a file name that are no UTF-8 are written as \\xff."""
    if path.isascii():
        return path
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def base_name(path: str) -> str:
    """What follows the last separator."""
    name = path[path.rfind("/") + 1 :]
    return name if os.sep == "/" else name[name.rfind(os.sep) + 1 :]


def parent_labels(relative: list[str]) -> list[str | None]:
    """The name of the folder that holds each file, None for those at the top."""
    return [parts[-2] if len(parts := path.rsplit("/", 2)) > 1 else None for path in relative]


def index_names(index: pd.Index) -> list[str]:
    """The labels of an index as text; the levels of a MultiIndex joined by /."""
    if hasattr(index, "levels"):
        return ["/".join(str(part) for part in label) for label in index]
    return [str(label) for label in index]
