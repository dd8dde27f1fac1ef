"""A file where one is asked for by its path."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from pointillist.errors import PointillistError


def named_file(given: Any, argument: str, refused: type[PointillistError], besides: str = "") -> Path:
    """The path given as an argument, with ~ spelt out.

    Args:
        besides: what else it may be, for the message.

    Raises:
        refused: if it is no path.
        RuntimeError: if the system knows no home directory for this user.
    """
    if not isinstance(given, str | PathLike):
        raise refused(f"{argument}={given!r}: give the path of a file{besides}")
    return Path(given).expanduser()
