"""The layouts on offer: positions by name, each change with a new revision. Safe from many threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pointillist.errors import TableError
from pointillist.protocol import LayoutInfo

TITLES = {"pca": "PCA", "umap": "UMAP", "given": "given"}
ORDER = ("given", "umap", "pca")


@dataclass(frozen=True)
class Layout:
    """Positions at one revision: (n, 2) float32, NaN where a row has none."""

    info: LayoutInfo
    xy: np.ndarray


class Layouts:
    """Layouts by name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._layouts: dict[str, Layout] = {}

    def put(self, name: str, xy: np.ndarray, *, encoder: str, status: Literal["growing", "ready"] = "ready") -> None:
        """Show `xy`, (n, 2) float32 that nobody changes any more, as the layout `name`."""
        placed = int(np.isfinite(xy).all(axis=1).sum())
        with self._lock:
            before = self._layouts.get(name)
            info: LayoutInfo = {
                "name": name,
                "title": TITLES.get(name, name),
                "encoder": encoder,
                "dims": 2,
                "revision": before.info["revision"] + 1 if before else 1,
                "placed": placed,
                "status": status,
            }
            self._layouts[name] = Layout(info, xy)

    def get(self, name: str) -> Layout:
        """The layout as it is now.

        Raises:
            TableError: if there is no layout of this name.
        """
        with self._lock:
            if name not in self._layouts:
                raise TableError(f"{name!r} is not a layout; there are: {', '.join(self._layouts) or 'none yet'}")
            return self._layouts[name]

    def infos(self) -> list[LayoutInfo]:
        """What there is, the best first."""
        with self._lock:
            return [self._layouts[name].info for name in ORDER if name in self._layouts]

    def best(self) -> str | None:
        """The layout to show when nobody chose one: the given one, UMAP, PCA; None while there is none."""
        infos = self.infos()
        return infos[0]["name"] if infos else None
