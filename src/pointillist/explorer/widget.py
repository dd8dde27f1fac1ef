"""The widget: traits for the browser, pandas for the next cell."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import anywidget
import numpy as np
import traitlets

from pointillist.collection import Collection, must_be_collection
from pointillist.errors import CameraError, PointillistError
from pointillist.explorer import camera as cameras
from pointillist.explorer import front_end
from pointillist.explorer.desk import Buffers, Desk
from pointillist.explorer.encoders import checked_encoder
from pointillist.explorer.filters import followed, hidden, settled
from pointillist.explorer.flow import Flow
from pointillist.explorer.last_view import LastView
from pointillist.explorer.layouts import Layout, Layouts
from pointillist.explorer.outbox import Outbox
from pointillist.explorer.photographing import Photographing
from pointillist.explorer.pool import NewestFirst
from pointillist.explorer.questions import handlers
from pointillist.explorer.scene import Scene
from pointillist.explorer.searching import Searching, follow_vectors
from pointillist.explorer.selection import Selected, Selection, pack_selected
from pointillist.explorer.state import KERNEL_STATE
from pointillist.numeric import is_number
from pointillist.protocol.state import BROWSER_WRITES

if TYPE_CHECKING:
    import pandas as pd

    from pointillist.analysis.clusters import Clusters

PATIENCE_S = 1.0


class Explorer(LastView, Searching, Photographing, anywidget.AnyWidget):
    """A map of the images linked to an image grid.

    Traits that can be set and observed: `layout_name`, `encoder` (on show, by name; another, be it a function or a
    model, is embedded with and laid out in the background, `wait` for it), `color_by`, `palette` (colours of
    categories), `color_scale`,
    `filters` (what is hidden), `live_selection` (rows change while a lasso is drawn), `card_columns` (told on hover),
    `sort_by`, `sort_descending`, `thumb_px`, `height_px`, `picture_px` (pictures on the map; 0 leaves dots only),
    `names_shown`, `tags_shown` (tagged images are rings where points are large enough), `camera`; and, None where the
    map chooses, `point_size` (CSS pixels), `point_opacity` and `density`
    (how much crowds stand out: 0 or False … 1 or True). `rows` (the selected rows, uint32) is observed and set by
    `select`. (`layout` is the CSS box of every ipywidget.) To colours, order and filters infinite numbers are no value.
    """

    _esm = front_end.script()
    _css = front_end.styles()

    def __init__(self, collection: Collection) -> None:
        """Show a collection and begin to embed it, where that is not done.

        Raises:
            SourceError: if it is no Collection; `explore` takes images too.
        """
        must_be_collection(collection)
        self._turn = threading.RLock()
        self._sending = threading.Lock()
        self._outbox = Outbox(self._write)
        self._pool = NewestFirst()
        seen = threading.Event()
        layouts = Layouts()
        self._flow = Flow(
            collection,
            layouts,
            self._outbox.mark,
            ready_to_load=seen,
            patience_s=PATIENCE_S if "ipykernel" in sys.modules else 0.0,
        )
        selection = Selection(self._on_selection, self._recall(collection))
        self._scene = Scene(
            collection, layouts, self._flow, selection, self._outbox.mark, seen.set, self._shower, self._on_show
        )
        answers = {**handlers(self._scene), "start_fresh": ("now", self._start_fresh)}
        self._desk = Desk(answers, self._send_custom, self._pool)
        self._layout_chosen = self._by_browser = False
        self._filtered_clusters: Clusters | None = None
        self._begin_pictures()
        self._listens: list[tuple[list[Callable[[], None]], Callable[[], None]]] = [
            (collection.tags.on_change, self._on_tags),
            (collection.whereabouts.on_change, lambda: self._outbox.mark("missing")),
            (collection.clustering.on_change, self._on_columns),
            (collection.computed.on_change, self._on_columns),
            (self._scene.queries.on_change, self._on_query),
            (collection.embedded.on_change, self._on_encoders),
            (collection.on_use, self._scene.switching.follow),
            (collection.on_replace, self._scene.switching.redo),
        ]
        self._choosing_layout = True
        self._shown_before: str | None = None
        name = uuid4().hex
        self.on_msg(self._receive)  # before the comm is open: the page asks at once, on another thread
        super().__init__(
            model_id=name,
            comm_id=name,
            source=collection.images.title,
            n=len(collection),
            layout_name=layouts.best(),
            **self._state(_KERNEL_TRAITS - {"columns"}),
        )
        self._choosing_layout = False
        # ipykernel 7.4 hands a comm's messages to the thread that published on it last. Background work publishes as
        # the main thread does, and there a message waits for the running cell; the browser chooses its subshell well.
        if hasattr(self.comm, "_reply_subshell_for"):
            self.comm._reply_subshell_for = None
        self.set_trait("rows", selection.now.rows)
        self.color_by = self._scene.label
        self._restore()
        for callbacks, mine in self._listens:
            callbacks.append(mine)
        self._flow.jobs.on_change.append(follow_vectors(self._scene))
        self._flow.on_end = partial(self._scene.switching.follow, at_end=True)
        self._flow.start()

    @property
    def collection(self) -> Collection:
        """The images, their table and everything computed; works without the widget."""
        return self._scene.collection

    @property
    def selection(self) -> pd.DataFrame:
        """The selected rows of `collection.table`, on the caller's own index; empty when nothing is selected."""
        return self.collection.take(self._scene.selection.now.rows)

    @property
    def view(self) -> pd.DataFrame:
        """What the grid shows now, in its order.

        The rows selected last from outside the grid, or all when nothing is selected, without those that `filters`
        hide; images picked in the grid are picked among those.
        """
        self._settle()
        now, order = self._scene.selection.now, np.arange(self.n)
        rows = now.rows if now.shown is None else now.shown
        if self.sort_by is not None:
            order = self._scene.order(self.sort_by, descending=self.sort_descending)
        if len(rows):
            order = order[np.isin(order, rows)]
        if self.filters:
            order = order[~hidden(self._scene, self.filters)[order]]
        return self.collection.take(order)

    def select(self, which: Any) -> None:
        """Replace the selection by index labels, a boolean mask, a DataFrame, Series or Index, or a query string.

        None or an empty list clears it.

        Raises:
            SelectionError: if `which` names something that is not there.
        """
        rows = np.empty(0, np.uint32) if which is None else self.collection.rows(which)
        self._scene.selection.set(rows)

    def zoom_to(self, which: Any) -> None:
        """Move the map to rows named as in `select`; None shows all points.

        Raises:
            SelectionError: if `which` names something that is not there.
            CameraError: if there is no map yet, or none of these images has a position on it.
        """
        if which is None:
            self.camera = None
            return
        rows = self.collection.rows(which)
        if self.layout_name is None:
            raise CameraError("there is no map yet; wait() for it")
        layout = self._scene.layouts.get(self.layout_name)
        self.camera = cameras.camera_on(layout.xy, rows, self.camera, self.layout_name)

    def _ipython_display_(self) -> None:
        """Put the widget and its picture where one output holds both; else IPython asks `_repr_mimebundle_`."""
        bundle = super()._repr_mimebundle_()
        if bundle is None or not self._still.show_with(bundle[0]):
            raise NotImplementedError
        self._stills.mark("still")

    def _repr_mimebundle_(self, **options: Any) -> Any:
        self._still.show()
        self._stills.mark("still")
        return super()._repr_mimebundle_(**options)

    def wait(self, timeout: float | None = None) -> None:
        """Block until the running work is done.

        Raises:
            TimeoutError: if `timeout` seconds pass first.
            PointillistError: what the work failed with; or `timeout` is no number from 0 up.
        """
        if timeout is not None and not (is_number(timeout) and timeout >= 0):
            raise PointillistError(f"timeout={timeout!r}: give seconds, from 0 up, or None to wait until all is done")
        if not self._flow.jobs.wait(timeout):
            running = ", ".join(job.name for job in self._flow.jobs.running())
            raise TimeoutError(f"still running after {timeout:g} s: {running}; wait longer, or cancel in the widget")
        self._outbox.flush()
        error = self._flow.error()
        if error is not None:
            raise error

    def close(self) -> None:
        """Stop all work and take the widget off the page; the collection stays open."""
        if hasattr(self, "_desk"):
            self._end_keeping()
            self._flow.stop()
            self._pool.close()
            self._desk.close()
            self._outbox.close()
            self._stills.close()
            for callbacks, mine in self._listens:
                if mine in callbacks:
                    callbacks.remove(mine)
            self._listens.clear()
            self.on_msg(self._receive, remove=True)
        super().close()

    def __repr__(self) -> str:
        selected = len(self._scene.selection.now.rows)
        images = f"{self.n:,} image{'' if self.n == 1 else 's'}"
        return f"<Explorer {self.source}: {images}, {selected:,} selected>"

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a trait in turn: ipywidgets loses a change made while another thread is in `set_state`."""
        if name in _TRAITS:
            if value is None:  # about which traitlets asks no validator
                self._check(name, value)
            if name == "encoder" and not isinstance(value, str):
                value = checked_encoder(self._scene, value)
            with self._turn:
                super().__setattr__(name, value)
        else:
            super().__setattr__(name, value)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take over what the browser set; a value that cannot be is answered with the one in force."""
        for name in BROWSER_WRITES:
            if name not in sync_data:
                continue
            with self._turn:
                self._by_browser = True
                try:
                    value = settled(self._scene, sync_data[name]) if name == "filters" else sync_data[name]
                    self._check(name, value)
                    super().set_state({name: value})
                except (traitlets.TraitError, PointillistError):
                    self.send_state(name)
                finally:
                    self._by_browser = False

    @traitlets.observe("camera")
    def _camera_moved(self, change: Any) -> None:
        if not self._by_browser:
            self._desk.tell("camera", {"camera": change["new"]}, [])

    @traitlets.observe("layout_name")
    def _layout_named(self, _: Any) -> None:
        self._layout_chosen = self._layout_chosen or not self._choosing_layout

    def _shower(self) -> Callable[[str], None]:
        """Puts a layout on show, in one message with the news that it is there, unless another was chosen by then."""
        before = self.layout_name

        def show(name: str) -> None:
            with self._turn, self.hold_sync():
                self.layouts = self._scene.layouts.infos()
                if self.layout_name == before or not self._layout_chosen:
                    self._shown_before = self.layout_name
                    self.layout_name = name

        return show

    def _receive(self, _: Any, content: Any, buffers: Any) -> None:
        self._desk.receive(content, buffers or [])

    def _on_selection(self, now: Selected, client: str) -> None:
        abouts, buffers = pack_selected(now, self.n)
        params = {"revision": now.revision, "count": len(now.rows), "client": client, "buffers": abouts}
        self._outbox.mark("selected")
        self._view_changed(None)
        self._desk.tell("selection", params, buffers)
        with self._turn:
            self.set_trait("rows", self._scene.selection.now.rows)

    def _on_columns(self) -> None:
        self._outbox.mark("columns", "palette")

    def _on_encoders(self) -> None:
        self._outbox.mark("encoders")

    def _on_show(self) -> Layout | None:
        name = self.layout_name
        return None if name is None else self._scene.layouts.get(name)

    @traitlets.observe("palette")
    def _colors_chosen(self, change: Any) -> None:
        self.collection.coloring.choose(change["new"])

    @traitlets.observe("encoder")
    def _encoder_chosen(self, change: Any) -> None:
        if change["new"] != KERNEL_STATE["encoder"](self._scene):  # the kernel says what is so, all others ask
            self._scene.switching.to(change["new"])

    @traitlets.observe("filters")
    def _filtered(self, _: Any) -> None:
        column = self.collection.cluster_column
        of_clusters = any(one["column"] == column for one in self.filters)
        is_known = of_clusters and "filters" not in self._trusted
        self._filtered_clusters = self.collection.clusters if is_known else None

    def _follow_clusters(self) -> None:
        """Let a filter on the clusters go with its images when they were renamed, merged or found anew."""
        with self._turn:
            before, now = self._filtered_clusters, self.collection.clusters
            if before is None or now is None or now is before:
                return
            self._filtered_clusters = now
            self.filters = followed(self.filters, self.collection.cluster_column, before, now)

    def _on_tags(self) -> None:
        self._outbox.mark("tags", "columns", "history")

    def _state(self, names: set[str]) -> dict[str, Any]:
        """What the traits that the kernel owns have to be now."""
        return {name: KERNEL_STATE[name](self._scene) for name in names}

    def _write(self, names: set[str]) -> None:
        with self._turn, self.hold_sync():
            self._follow_clusters()
            for name, value in self._state(names).items():  # as it is now: what a browser sets meanwhile waits its turn
                setattr(self, name, value)
            if "columns" in names:
                self._settle()
                self.notice = self._scene.notice()  # the label was looked at
            if self.color_by in {info["name"] for info in self.columns if info["kind"] == "text"}:
                self.color_by = None
            gone = self.layout_name is not None and not self._scene.layouts.has(self.layout_name)
            if "layouts" in names and (gone or not self._layout_chosen):
                former = self._shown_before if gone else None
                self._choosing_layout = True
                self.layout_name = former if former and self._scene.layouts.has(former) else self._map_to_show()
                self._choosing_layout = False

    def _send_custom(self, content: dict[str, Any], buffers: Buffers) -> None:
        self.send(content, buffers)

    def _send(self, msg: dict[str, Any], buffers: Any = None) -> None:
        with self._sending:  # the kernel's session is not made for many threads
            super()._send(msg, buffers)


_KERNEL_TRAITS = set(KERNEL_STATE)
_TRAITS = _KERNEL_TRAITS | set(BROWSER_WRITES)
