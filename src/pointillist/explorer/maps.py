"""The maps of an explorer: made when asked for, shown while they converge, taken away when they come to nothing."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from time import sleep
from typing import Literal

import numpy as np

from pointillist.analysis.alignment import aligned
from pointillist.analysis.arrangement import arranged
from pointillist.analysis.recipes import Dims
from pointillist.collection import Collection
from pointillist.errors import ProjectionError, TableError
from pointillist.explorer.errands import Errands
from pointillist.explorer.layouts import GRID, Layout, Layouts, layout_name
from pointillist.explorer.variants import WITHIN, named, parsed
from pointillist.jobs import Job
from pointillist.remembering import KeptMap

PROJECT = {2: "laying out the map in 2D", 3: "laying out the map in 3D"}
ARRANGE = "arranging the images in a grid"
WAITING = "waits until the images are placed"

Show = Callable[[np.ndarray], None]


class Maps:
    """What puts layouts on offer.

    Args:
        changed: told the names of traits that have to be sent again, from any thread.
        encoder: whose vectors are laid out now.
        at_work: whether the images are still being embedded or placed.
    """

    def __init__(
        self,
        collection: Collection,
        layouts: Layouts,
        errands: Errands,
        changed: Callable[..., None],
        *,
        encoder: Callable[[], str],
        at_work: Callable[[], bool],
    ) -> None:
        self.collection = collection
        self._layouts = layouts
        self._errands = errands
        self._changed = changed
        self._encoder = encoder
        self._at_work = at_work
        self._within: dict[str, np.ndarray] = {}

    def project(
        self,
        method: str,
        dims: Dims,
        then: Callable[[str], None],
        *,
        on_show: Layout | None = None,
        anew: bool = False,
    ) -> str:
        """Compute one layout, where it is not there yet or wanted anew, on top of what the stages make; returns its
        name.

        `then` is told the name once the layout is on offer, at once if it is already. A map of some images lies where
        these are on the map `on_show`.

        Raises:
            TableError: if there is no way to compute it.
        """
        name = layout_name(method, dims)
        there = self._layouts.get(name).info if self._layouts.has(name) else None
        if there is not None and (not anew or there["status"] == "growing"):
            then(name)
            return name
        if method == "given":
            if self.collection.layout is None or dims == 3:
                raise TableError("the positions were given in 2D; choose another map to see it in 3D")
            self.show("given", np.ascontiguousarray(self.collection.layout[:, :2]))
            then(name)
            return name
        if method.endswith(GRID):
            return self._arrange(method.removesuffix(GRID), dims, then)
        known, options, within = parsed(method)
        if within is not None:
            if within not in self._within:
                raise TableError("these images are not known any more; select them and map them again")
            options["within"] = self._within[within]

        if not self._at_work():
            self._by()  # where there are no vectors that is told at once

        def lying(xy: np.ndarray) -> np.ndarray:
            return xy if within is None or on_show is None else aligned(xy, on_show.xy, scale=True)

        def compute(job: Job, show: Show) -> np.ndarray:
            self._wait(job, self._at_work)
            by = self._by()

            def grown(xy: np.ndarray) -> None:
                show(lying(xy))

            return lying(self.collection.project(known, dims=dims, encoder=by, job=job, on_positions=grown, **options))

        return self._make(method, dims, PROJECT[dims], compute, then)

    def offer(self, kept: KeptMap, onto: np.ndarray | None = None) -> None:
        """Show a layout that was computed in an earlier session; one of some images as it lies on `onto`."""
        method, xy = self.name_of(kept), kept.xy
        if kept.some and onto is not None:
            xy = aligned(xy, onto, scale=True)
        self.show(method, xy, added=kept.added)

    def name_of(self, kept: KeptMap) -> str:
        """Its method with parameters, and of which images it is."""
        some = self.within(np.flatnonzero(np.isfinite(kept.xy).all(axis=1))) if kept.some else ""
        return named(kept.method, kept.options) + some

    def within(self, rows: np.ndarray) -> str:
        """Note some rows (m,) to be laid out on their own: what is added to a method's name for that."""
        key = f"{len(rows)}-{blake2b(rows.astype(np.uint32).tobytes(), digest_size=6).hexdigest()}"
        mask = np.zeros(len(self.collection), bool)
        mask[rows] = True
        self._within[key] = mask
        return f" {WITHIN}={key}"

    def live(
        self,
        method: str,
        dims: Dims,
        compute: Callable[[Show], np.ndarray],
        then: Callable[[str], None] = lambda _: None,
        added: Callable[[], int] = lambda: 0,
    ) -> None:
        """Show a layout while it converges; where it comes to nothing what was there before is on offer again.

        `then` is told its name once, when there is something to see. `added` tells at the end how many images were
        placed in a layout of others.
        """
        name = layout_name(method, dims)
        before = self._layouts.get(name) if self._layouts.has(name) else None

        told = False

        def show(xy: np.ndarray, status: Literal["growing", "ready"] = "growing", added: int = 0) -> None:
            nonlocal told
            self.show(method, xy, status=status, added=added)
            if not told:
                told = True
                then(name)

        try:
            xy = compute(show)
        except BaseException:
            self._layouts.restore(name, before)
            self._changed("layouts")
            raise
        show(xy, "ready", added())

    def show(
        self, method: str, xy: np.ndarray, *, status: Literal["growing", "ready"] = "ready", added: int = 0
    ) -> None:
        by = self._encoder()
        if status == "ready" and self._layouts.has(method + GRID):
            self._layouts.put(method + GRID, arranged(xy), encoder=by)
        self._layouts.put(method, xy, encoder="" if method == "given" else by, status=status, added=added)
        self._changed("layouts")

    def _by(self) -> str:
        """Whose vectors are laid out.

        Raises:
            EmbeddingError: if there are none.
        """
        return self._layouts.encoder() or self.collection.embedding().name

    def _wait(self, job: Job, is_to_come: Callable[[], bool]) -> None:
        """Until what the map is made of is there: what is asked for before is not refused."""
        while is_to_come():
            if not job.message:
                job.message = WAITING
            job.check()
            sleep(0.1)
        job.message = ""

    def _arrange(self, base: str, dims: Dims, then: Callable[[str], None]) -> str:
        """Offer the layout `base` with each image in a cell of a grid of its own, once it is there."""
        there = self._layouts.get(base) if self._layouts.has(base) or not self._at_work() else None
        if dims == 3 or (there is not None and there.info["dims"] == 3):
            raise TableError("a grid is flat; choose a map in 2D to arrange it")

        def is_to_come() -> bool:
            return self._layouts.get(base).info["status"] == "growing" if self._layouts.has(base) else self._at_work()

        def compute(job: Job, _: Show) -> np.ndarray:
            self._wait(job, is_to_come)
            if not self._layouts.has(base):
                raise ProjectionError("the map to be arranged was not made; make that first")
            return arranged(self._layouts.get(base).xy)

        return self._make(base + GRID, 2, ARRANGE, compute, then)

    def _make(
        self,
        method: str,
        dims: Dims,
        title: str,
        compute: Callable[[Job, Show], np.ndarray],
        then: Callable[[str], None],
    ) -> str:
        """Compute one layout in the background, unless that is being done; returns its name.

        What it looks like meanwhile is on show as a growing layout; if it fails or is cancelled it is taken away.
        """
        name = layout_name(method, dims)

        def work(job: Job) -> None:
            self.live(method, dims, lambda show: compute(job, show), then)

        def again() -> None:
            self.project(method, dims, then)

        self._errands.run_once(name, title, work, again)
        return name
