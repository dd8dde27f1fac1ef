"""Another encoder on show: its vectors made where they are missing, its map laid out and turned onto the one before."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, get_args

import numpy as np

from pointillist.analysis.alignment import aligned
from pointillist.analysis.arrangement import arranged
from pointillist.analysis.recipes import Dims, Method
from pointillist.collection import Collection
from pointillist.encoders.titles import title_of
from pointillist.errors import PointillistError
from pointillist.explorer.flow import EMBED, Flow
from pointillist.explorer.layouts import GRID, Layout, Layouts
from pointillist.explorer.maps import PROJECT
from pointillist.jobs import Job

if TYPE_CHECKING:
    from pointillist.encoders import Encoder

Training = Callable[[Job], "Encoder"]
RUN = "encoder"


class Switching:
    """Brings an encoder on show, as runs of the flow that can be watched and cancelled; one at a time.

    wanted: the encoder that is on its way, None when there is none. Until its map is there, all stays as it was, and
    stays so if a run is cancelled or fails; vectors that were made are kept.

    Args:
        on_show: the layout on show, None before there is one.
        changed: told the names of traits that have to be sent again.
    """

    def __init__(
        self,
        collection: Collection,
        layouts: Layouts,
        flow: Flow,
        on_show: Callable[[], Layout | None],
        changed: Callable[..., None],
    ) -> None:
        self._collection, self._layouts, self._flow = collection, layouts, flow
        self._on_show, self._changed = on_show, changed
        self._lock = threading.Lock()
        self._turn = 0
        self._made_here: set[str] = set()
        self.wanted: str | None = None

    def to(self, name: str) -> None:
        """Show an encoder by name, embedding with it first where that is not done."""
        if name == (self.wanted or self._shown()):
            if self.wanted is None and not self._flow.at_work() and not self._collection.is_embedded(name):
                self._flow.start()
        elif name == self._shown():
            self._begin(None)
        else:
            turn = self._begin(name)
            self._embed(turn, name, name)

    def train(self, title: str, training: Training) -> None:
        """Train an encoder, embed with it and show it."""
        turn = self._begin(None)
        made: list[Encoder] = []

        def work(job: Job) -> None:
            made.append(training(job))

        def done(job: Job) -> None:
            if job.state == "done" and self._is_turn(turn):
                with self._lock:
                    self.wanted = made[0].name
                self._embed(turn, made[0].name, made[0])

        self._flow.errands.run(RUN, title, work, lambda: self.train(title, training), done)

    def follow(self, *, at_end: bool = False) -> None:
        """Show the encoder in use, where it came into use by another way than through here; while the stages are at
        work they are left alone, until they are `at_end`."""
        name = self._collection.current
        if name is None or name in (self.wanted, self._shown()) or name in self._made_here:
            return
        if at_end or not self._flow.at_work():
            self._lay_out(self._begin(name), name)

    def redo(self) -> None:
        """Lay out anew the encoder in use, whose vectors became others: a function was changed, or others brought."""
        name = self._collection.current
        if name is not None and name not in self._made_here and not self._flow.at_work():
            self._lay_out(self._begin(name), name)

    def _shown(self) -> str | None:
        """The encoder whose layouts are on offer; before there are any, the one in use."""
        return self._layouts.encoder() or self._collection.current

    def _begin(self, name: str | None) -> int:
        with self._lock:
            self._turn += 1
            self.wanted = name
        self._flow.halt(RUN)
        self._changed("encoder", "encoders")
        return self._turn

    def _is_turn(self, turn: int) -> bool:
        return self._turn == turn

    def _embed(self, turn: int, name: str, model: str | Encoder) -> None:
        collection, before = self._collection, self._shown()

        def work(job: Job) -> None:
            if not self._is_turn(turn) or collection.is_embedded(name, stop=job.check):
                return
            job.total = len(collection)
            self._made_here.add(name)
            try:
                collection.embed(model, job=job)
                shown = self._layouts.encoder()
                if not self._is_turn(turn) and shown is not None:  # another was chosen as it came into use
                    collection.use(shown)
            finally:
                self._made_here.discard(name)

        def done(job: Job) -> None:
            if not self._is_turn(turn):
                return
            if job.state == "done":
                self._lay_out(turn, name)
            else:
                self._back(turn, before)

        self._changed("encoders")
        self._flow.errands.run(RUN, f"{EMBED} with {title_of(name)}", work, lambda: self.to(name), done, "embedding")

    def _lay_out(self, turn: int, name: str) -> None:
        before = self._layouts.encoder()
        shown = self._on_show()
        title = PROJECT[2 if shown is None else shown.info["dims"]]

        def work(job: Job) -> None:
            made = self._layouts_of(name, job)
            with self._lock:
                if not self._is_turn(turn):
                    return
                self._layouts.swap(name, made)
                self.wanted = None
            self._collection.use(name)
            self._collection.embedded.show(name)
            self._changed("layouts", "encoder", "encoders", "failures", "notice")

        def done(job: Job) -> None:
            if job.state != "done":
                self._back(turn, before)

        self._flow.errands.run(RUN, title, work, lambda: self.to(name), done)

    def _layouts_of(self, name: str, job: Job) -> list[tuple[str, np.ndarray]]:
        """Methods and positions by this encoder: of the method on show first, and whatever else the store has."""
        collection, shown = self._collection, self._on_show()
        collection.neighbours(encoder=name, job=job)
        base = "umap"
        dims: Dims = 2
        if shown is not None:
            base, dims = shown.info["method"].removesuffix(GRID), shown.info["dims"]
        method: Method = next((known for known in get_args(Method) if known == base), "umap")
        main = collection.project(method, dims=dims, encoder=name, job=job)
        if shown is not None and shown.xy.shape == main.shape:
            main = aligned(main, shown.xy, scale=True)
        made: list[tuple[str, np.ndarray]] = [(method, main)]
        made.extend(
            (self._flow.maps.name_of(kept), aligned(kept.xy, main, scale=True))
            for kept in collection.kept_maps(encoder=name)
            if not (kept.is_usual and (kept.method, kept.dims) == (method, dims))
        )
        if shown is not None and shown.info["method"].endswith(GRID):
            made.append((method + GRID, arranged(main)))
        return made

    def _back(self, turn: int, before: str | None) -> None:
        with self._lock:
            if not self._is_turn(turn):
                return
            self.wanted = None
        if before is not None and before != self._collection.current:
            with suppress(PointillistError):
                self._collection.use(before)
        self._changed("encoder", "encoders")
