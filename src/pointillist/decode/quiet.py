"""Pillow says nothing while this thread decodes, and as much as ever to everybody else.

`warnings.catch_warnings` swaps the filters of the whole process and is not thread-safe. Here one filter stays in place
whose pattern matches only in threads that are decoding: the warnings module asks any pattern that is not a str for
`match(text)` (https://docs.python.org/3/library/warnings.html#the-warnings-filter).
"""

from __future__ import annotations

import ctypes
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PIL import _imaging

_here = threading.local()
_tiff_lock = threading.Lock()
_tiff_handlers: list[int | None] = []


class _WhileDecoding:
    """Stands where a compiled message pattern stands in a warnings filter."""

    # Code that copies filters to other processes (scikit-learn's Parallel) reads this; it matches nothing.
    pattern = "(?!)"
    flags = 0

    def match(self, text: str) -> bool:
        return _decoding(text)


_FILTER: Any = ("ignore", _WhileDecoding(), Warning, None, 0)


def _decoding(_: object) -> bool:
    return bool(getattr(_here, "depth", 0))


@contextmanager
def quiet() -> Iterator[None]:
    """No warning and no log line of Pillow's gets out of this thread inside the `with`."""
    filters: Any = warnings.filters
    if not filters or filters[0] is not _FILTER:
        if _FILTER in filters:
            filters.remove(_FILTER)
        filters.insert(0, _FILTER)
    _here.depth = getattr(_here, "depth", 0) + 1
    try:
        yield
    finally:
        _here.depth -= 1


# Logs an error about a damaged file besides raising it.
logging.getLogger("PIL.TiffImagePlugin").addFilter(lambda record: not _decoding(record))


@contextmanager
def quiet_libtiff() -> Iterator[None]:
    """Inside the `with`, libtiff does not write what is wrong with a file to the process's stderr; it fails as ever.

    Pillow has no switch for this. Where its libtiff is linked out of sight (Windows), the lines stay.
    """
    try:
        # The symbols of the libraries that Pillow's own C module depends on can be reached through it.
        set_handler: Any = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError):
        yield
        return
    set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
    with _tiff_lock:
        _tiff_handlers.append(set_handler(None))
    try:
        yield
    finally:
        with _tiff_lock:
            # Only the first to enter met the true handler: it is at the bottom, and the last to leave puts it back.
            handler = _tiff_handlers.pop()
            if not _tiff_handlers:
                set_handler(handler)
