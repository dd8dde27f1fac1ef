"""The selection: rows and a revision, changed from the browser and from Python. Safe from many threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Selected:
    """One state of the selection: (m,) uint32 rows, ascending, read-only."""

    revision: int
    rows: np.ndarray


class Selection:
    """Owner of the selected rows; `changed(selected, client)` is told of every change, outside the lock."""

    def __init__(self, changed: Callable[[Selected, str], None]) -> None:
        self._lock = threading.Lock()
        self._changed = changed
        self.now = Selected(0, _frozen(np.empty(0, np.uint32)))

    def set(self, rows: np.ndarray, client: str = "") -> Selected:
        """Replace the selection by `rows`; `client` made the change, "" for Python."""
        rows = _frozen(np.unique(rows).astype(np.uint32))
        with self._lock:
            self.now = selected = Selected(self.now.revision + 1, rows)
        self._changed(selected, client)
        return selected


def _frozen(rows: np.ndarray) -> np.ndarray:
    rows.flags.writeable = False
    return rows
