"""The selection: rows and a revision, changed from the browser and from Python. Safe from many threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pointillist.protocol.buffers import Buffer
from pointillist.wire import pack_mask


@dataclass(frozen=True)
class Selected:
    """One state of the selection.

    rows: (m,) uint32 selected rows, ascending, read-only.
    shown: (s,) uint32 rows the grid shows, ascending, read-only, when those are neither the selected ones nor, with
        nothing selected, all; else None.
    """

    revision: int
    rows: np.ndarray
    shown: np.ndarray | None = None


class Selection:
    """Owner of the selected rows, at first `rows`; `changed(selected, client)` is told of every change, outside the
    lock."""

    def __init__(self, changed: Callable[[Selected, str], None], rows: np.ndarray) -> None:
        self._lock = threading.Lock()
        self._changed = changed
        self.now = Selected(int(len(rows) > 0), _ascending(rows))  # a browser asks for what has a revision

    def set(self, rows: np.ndarray, client: str = "", shown: np.ndarray | None = None) -> Selected:
        """Replace the selection by `rows`; `client` made the change, "" for Python."""
        rows = _ascending(rows)
        shown = None if shown is None else _ascending(shown)
        with self._lock:
            self.now = selected = Selected(self.now.revision + 1, rows, shown)
        self._changed(selected, client)
        return selected


def pack_selected(now: Selected, n: int) -> tuple[list[Buffer], list[memoryview]]:
    """The buffers a selection travels in: `mask`, and `shown` where there is one."""
    parts = [pack_mask("mask", now.rows, n)]
    if now.shown is not None:
        parts.append(pack_mask("shown", now.shown, n))
    return [about for about, _ in parts], [data for _, data in parts]


def _ascending(rows: np.ndarray) -> np.ndarray:
    """Each row once, in order. Rows of a mask are that already: sorting half a million again takes 0.2 s."""
    if len(rows) > 1 and not (rows[1:] > rows[:-1]).all():
        rows = np.unique(rows)
    return _frozen(rows.astype(np.uint32))


def _frozen(rows: np.ndarray) -> np.ndarray:
    rows.flags.writeable = False
    return rows
