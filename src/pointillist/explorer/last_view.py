"""The view after a restart: as this notebook had it last, where it still fits; kept while it changes."""

from __future__ import annotations

import atexit
import json
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import numpy as np
import traitlets

from pointillist.collection import Collection
from pointillist.errors import PointillistError
from pointillist.explorer.camera import sees
from pointillist.explorer.filters import fitting
from pointillist.explorer.layouts import GRID
from pointillist.explorer.outbox import Outbox
from pointillist.explorer.traits import Traits
from pointillist.explorer.views import Kept, View, Views

NAMES = tuple(View.__annotations__)
OF_COLUMNS = ("color_by", "filters", "sort_by", "card_columns")
"""What names columns. Which there are is known after the first pictures, for it needs pandas."""
AFTER_S = 0.5
"""The view is written this long after a change: what is drawn on screen comes first."""
WAIT_S = 2.0
"""So long the end of an explorer, or of the kernel, waits for a store in use. A kernel that is told to end has two and
a half seconds before Jupyter ends it with a signal: what is to be kept for certain is written before."""

_open: weakref.WeakSet[LastView] = weakref.WeakSet()


class LastView(Traits):
    """The part of the explorer that keeps the view and shows it again."""

    _turn: threading.RLock
    _views: Views
    _before: dict[str, Any] | None
    _layout_chosen: bool
    _choosing_layout: bool
    _filtered: Callable[[Any], None]
    _follow_clusters: Callable[[], None]
    hold_sync: Callable[[], Any]
    end_search: Callable[[], None]
    _fresh: dict[str, Any]
    _wanted: str | None = None
    """The map that was on show."""
    _old_camera: Any = None
    """Where it looked, until the map is there to compare with."""
    _keeping: Outbox | None = None
    _kept: tuple[str, np.ndarray] | None = None
    _kept_rows: np.ndarray | None = None

    def _recall(self, collection: Collection) -> np.ndarray:
        """Read what is kept for this notebook; the rows (m,) that were selected."""
        self._views = Views(collection)
        return self._views.rows

    def _restore(self) -> None:
        """Show what is kept for this notebook, unless `explore` was told otherwise, and keep what follows."""
        kept, rows = self._views.kept, self._scene.selection.now.rows
        self._fresh = {name: getattr(self, name) for name in NAMES}
        if kept is not None:
            self._show_again(kept)
            self._scene.changed("layouts")
            self.restored = bool(len(rows)) or self._view() != {**self._fresh, "layout_name": None}
        if not self.restored:
            self._kept = json.dumps(self._now()), rows
        if self._views.notebook is not None:
            self._keeping = Outbox(lambda _: self._keep(), AFTER_S)
            _open.add(self)

    def _show_again(self, kept: Kept) -> None:
        view: dict[str, Any] = {**kept["view"]}
        if self._scene.label not in (None, kept["label"]):
            del view["color_by"]
        if self._is_placed() and not kept["is_placed"]:
            del view["layout_name"], view["camera"]
        self._wanted = view.pop("layout_name", None)
        self._trusted = {name: view[name] for name in OF_COLUMNS if name in view}
        with self._turn, self.hold_sync():
            for name, value in view.items():
                with suppress(traitlets.TraitError, PointillistError):
                    setattr(self, name, value)
        self._old_camera = self.camera

    def _settle(self) -> None:
        """Let go of what names columns that are not there, and follow the clusters."""
        with self._turn:
            trusted, self._trusted = self._trusted, {}
            for name, value in trusted.items():
                if getattr(self, name) != value:  # another was chosen meanwhile
                    continue
                if name == "filters":
                    self.filters = fitting(self._scene, value)
                    continue
                try:
                    self._check(name, value)
                except (traitlets.TraitError, PointillistError):
                    setattr(self, name, self._as_fresh(name))
            if "filters" in trusted:
                self._filtered(None)
            self._follow_clusters()

    def _as_fresh(self, name: str) -> Any:
        """What `explore` shows where nothing is kept."""
        return None if name == "color_by" and self._scene.colorless_label else self._fresh[name]

    def _map_to_show(self) -> str | None:
        """The map that was on show, once it is there, else the best; one in a grid is arranged again."""
        layouts, wanted, camera, kept = self._scene.layouts, self._wanted, self._old_camera, self._views.kept
        if kept is not None and camera is not None and layouts.has(camera["layout"]):
            self._old_camera, there = None, layouts.get(camera["layout"])
            fits = there.info["encoder"] == kept["encoder"] and sees(camera, there.xy)
            if camera is self.camera and not fits:
                self.camera = None
        if wanted is None or layouts.has(wanted):
            return wanted or layouts.best()
        base = wanted.removesuffix(GRID)
        if base == wanted or not layouts.has(base):
            return layouts.best()
        if layouts.get(base).info["status"] == "ready":
            self._wanted = base
            with suppress(PointillistError):
                self._scene.flow.maps.project(wanted, 2, self._scene.shower())
        return base

    @traitlets.observe(*NAMES)
    def _view_changed(self, _: Any) -> None:
        if self._keeping is not None:
            self._keeping.mark("view")

    def _keep(self) -> None:
        """Write the view where it is another than was written last."""
        with self._turn:
            now, rows = self._now(), self._selected_rows()
        if self._kept is not None and self._kept[0] == json.dumps(now) and self._kept[1] is rows:
            return
        self._kept = json.dumps(now), rows
        if rows is not self._kept_rows:
            self._kept_rows = rows
            self._views.write_selection(rows)
        self._views.write(now)

    def _now(self) -> Kept:
        camera, layouts = self.camera, self._scene.layouts
        encoder = "" if self._views.kept is None else self._views.kept["encoder"]
        if camera is not None and layouts.has(camera["layout"]):
            encoder = layouts.get(camera["layout"]).info["encoder"]
        return {"view": self._view(), "label": self._scene.label, "is_placed": self._is_placed(), "encoder": encoder}

    def _view(self) -> View:
        """The traits; while a search is in force those that it changed are as they were before it."""
        view = cast(View, {name: getattr(self, name) for name in NAMES})
        view["layout_name"] = self.layout_name if self._layout_chosen else self._wanted
        if self.color_by is None and self._scene.colorless_label:
            view["color_by"] = self._scene.label  # that it has too many values nobody chose
        queries, before = self._scene.queries, self._before or {}
        if queries.now is not None:
            view["filters"] = [one for one in self.filters if one["column"] != queries.column]
            if self.color_by == queries.column:
                view["color_by"] = before.get("color_by")
            if self.sort_by == queries.column:
                view["sort_by"], view["sort_descending"] = before.get("sort_by"), before.get("sort_descending", False)
        return view

    def _selected_rows(self) -> np.ndarray:
        rows, before = self._scene.selection.now.rows, self._before
        return rows if len(rows) or before is None else before["selected"].rows

    def _is_placed(self) -> bool:
        return self._scene.collection.layout is not None

    def _start_fresh(self, _: Any) -> tuple[dict[str, Any], list[memoryview]]:
        """The answer to `start_fresh`: the view that `explore` shows where nothing is kept."""
        if self._scene.queries.now is not None:
            self.end_search()
        with self._turn, self.hold_sync():
            self._trusted, self._wanted, self.restored = {}, None, False
            for name in set(NAMES) - {"layout_name"}:
                setattr(self, name, self._as_fresh(name))
            self._choosing_layout, self._layout_chosen = True, False
            self.layout_name = self._scene.layouts.best()
            self._choosing_layout = False
        self._scene.selection.set(np.empty(0, np.uint32))
        self._scene.changed("columns")
        return {}, []

    def _end_keeping(self) -> None:
        """Write what is not written yet, and no more."""
        if self._keeping is not None:
            self._keeping.finish(WAIT_S)
        _open.discard(self)


@atexit.register
def _end() -> None:
    for explorer in list(_open):
        explorer._end_keeping()
