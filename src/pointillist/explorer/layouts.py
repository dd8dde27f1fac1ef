"""The layouts on offer: positions by name, each change with a new revision. Safe from many threads."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pointillist.analysis.recipes import TITLES
from pointillist.errors import TableError
from pointillist.explorer.variants import told
from pointillist.protocol.state import LayoutInfo

GRID = "-grid"
"""What is added to a layout's name for the one in which each image has a cell of a grid of its own."""


Status = Literal["growing", "ready"]


@dataclass(frozen=True)
class Layout:
    """Positions at one revision: (n, 2) or (n, 3) float32, NaN where a row has none."""

    info: LayoutInfo
    xy: np.ndarray


def layout_name(method: str, dims: int) -> str:
    """The name of what a method makes in the plane or in space."""
    return method if dims == 2 else f"{method}-{dims}d"


class Layouts:
    """Layouts by name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._layouts: dict[str, Layout] = {}
        self._revisions: dict[str, int] = {}

    def put(self, method: str, xy: np.ndarray, *, encoder: str, status: Status = "ready", added: int = 0) -> str:
        """Offer `xy`, (n, 2) or (n, 3) float32 that nobody changes any more, as what `method` made; its name.

        added: how many images were placed in it since it was made.
        """
        with self._lock:
            return self._put(method, xy, encoder, status, added)

    def swap(self, encoder: str, made: Sequence[tuple[str, np.ndarray]]) -> None:
        """Offer these methods and positions, all by one encoder, in place of those of any other."""
        with self._lock:
            self._layouts = {name: old for name, old in self._layouts.items() if not old.info["encoder"]}
            for method, xy in made:
                self._put(method, xy, encoder, "ready")

    def encoder(self) -> str | None:
        """The encoder whose layouts are on offer, None while there are none."""
        with self._lock:
            return next((one.info["encoder"] for one in self._layouts.values() if one.info["encoder"]), None)

    def _put(self, method: str, xy: np.ndarray, encoder: str, status: Status, added: int = 0) -> str:
        dims: Literal[2, 3] = 3 if xy.shape[1] == 3 else 2
        name = layout_name(method, dims)
        revision = self._next_revision(name)
        info: LayoutInfo = {
            "name": name,
            "title": _title(method) + (" 3D" if dims == 3 else ""),
            "method": method,
            "encoder": encoder,
            "dims": dims,
            "revision": revision,
            "placed": int(np.isfinite(xy).all(axis=1).sum()),
            "status": status,
            "added": added,
        }
        self._layouts[name] = Layout(info, xy)
        return name

    def restore(self, name: str, before: Layout | None) -> None:
        """Take a layout that grew away again: offer what was there before, or nothing."""
        with self._lock:
            self._layouts.pop(name, None)
            if before is not None:
                self._layouts[name] = Layout({**before.info, "revision": self._next_revision(name)}, before.xy)

    def get(self, name: str) -> Layout:
        """The layout as it is now.

        Raises:
            TableError: if there is no layout of this name.
        """
        with self._lock:
            if name not in self._layouts:
                raise TableError(f"{name!r} is not a layout; there are: {', '.join(self._layouts) or 'none yet'}")
            return self._layouts[name]

    def has(self, name: str) -> bool:
        """Whether there is a layout of this name."""
        with self._lock:
            return name in self._layouts

    def infos(self) -> list[LayoutInfo]:
        """What there is, the best first."""
        with self._lock:
            names = [name for method in TITLES for name in (method, method + GRID, layout_name(method, 3))]
            others = [name for name in self._layouts if name not in names]
            return [self._layouts[name].info for name in [*names, *others] if name in self._layouts]

    def best(self) -> str | None:
        """The layout to show when nobody chose one: the given one, UMAP, PCA; None while there is none."""
        infos = self.infos()
        return infos[0]["name"] if infos else None

    def _next_revision(self, name: str) -> int:
        """Of a layout that was taken away and comes again too, so that no browser takes the old one for it."""
        self._revisions[name] = self._revisions.get(name, 0) + 1
        return self._revisions[name]


def _title(method: str) -> str:
    base = method.removesuffix(GRID)
    kind, apart = base.split(" ")[0], told(base)
    return TITLES.get(kind, kind) + (f" ({apart})" if apart else "") + (" in a grid" if base != method else "")
