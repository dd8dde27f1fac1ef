"""From images to a map in the background: look at the files, embed, find neighbours, lay out. Knows no widget."""

from __future__ import annotations

import atexit
import threading
import traceback
import weakref
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from time import monotonic
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from pointillist.analysis.arrangement import arranged
from pointillist.analysis.recipes import Dims
from pointillist.analysis.umap_process import UmapProcess
from pointillist.collection import Collection
from pointillist.errors import Cancelled, PointillistError, ProjectionError, TableError
from pointillist.explorer.layouts import GRID, Layouts, layout_name
from pointillist.explorer.variants import WITHIN, parsed
from pointillist.jobs import Job, Jobs
from pointillist.protocol.state import Run

LOOK = "looking at the files"
WAIT = "waiting for another explorer of these images"
EMBED = "embedding"
PLACE = "placing the points"
NEIGHBOURS = "finding neighbours"
UMAP = "laying out the map"
PROJECT = {2: "laying out the map in 2D", 3: "laying out the map in 3D"}
ARRANGE = "arranging the images in a grid"

if TYPE_CHECKING:
    from pointillist.analysis.projection import GrowingPca

Show = Callable[[np.ndarray], None]
Result = TypeVar("Result")

GROW_EVERY_S = 1.0
END_WAIT_S = 2.0

_flows: weakref.WeakSet[Flow] = weakref.WeakSet()


class Flow:
    """The stages of one explorer, each a run that can be watched, cancelled and retried.

    What a stage makes is in the store, so a second start is quick and goes on where the first stopped. When a newer
    explorer opens on the same store, the older one stops working and starts again once the newer is done.

    `on_end` is called when no stage follows the one that ended.

    Args:
        changed: told the names of traits that have to be sent again, from any thread.
        ready_to_load: set when the first pictures were answered; pandas and a model, whose import would be in their
            way, are loaded then, or after `patience_s`.
    """

    def __init__(
        self,
        collection: Collection,
        layouts: Layouts,
        changed: Callable[..., None],
        *,
        ready_to_load: threading.Event,
        patience_s: float,
    ) -> None:
        self.collection = collection
        self.jobs = Jobs()
        self._layouts = layouts
        self._changed = changed
        self._ready_to_load = ready_to_load
        self._patience_s = patience_s
        self._stages: dict[str, Callable[[Job], str | None]] = {
            LOOK: self._look,
            WAIT: self._wait_for_newer,
            EMBED: self._embed,
            PLACE: self._place,
            NEIGHBOURS: self._find_neighbours,
            UMAP: self._umap,
        }
        self._runs: dict[str, Job] = {}
        self._projections: dict[str, tuple[Job, Callable[[], None]]] = {}
        self._attended: list[Job] = []
        self._within: dict[str, np.ndarray] = {}
        self._lock = threading.Lock()
        self._newer: Flow | None = None
        self._stopped = False
        self._process: UmapProcess | None = None
        self._encoder: str | None = None
        self._halted = False
        self.on_end: Callable[[], None] = lambda: None
        self.jobs.on_change.append(lambda _job: changed("runs"))
        if collection.layout is not None:  # on offer before the widget is made: it is in what the page gets first
            layouts.put("given", collection.layout, encoder="")
        _flows.add(self)

    def start(self) -> None:
        """Begin, or begin again, unless it runs already."""
        with self._lock:
            if self._stopped or self.at_work():
                return
            self._runs.clear()
            self._halted = False
            self._begin(LOOK)
        for other in list(_flows):
            if other is not self and other.collection.place == self.collection.place:
                other._give_way(self)

    def stop(self) -> None:
        """End all work for good; what is done is kept."""
        self._stopped = True
        _flows.discard(self)
        self.jobs.cancel_all()

    def cancel(self, run: str) -> None:
        """Stop one run, and with it what would follow."""
        for job in self.jobs.running():
            if job.id == run:
                self._newer = None
                job.cancel()

    def retry(self, run: str) -> None:
        """Start again after a run that failed or was cancelled."""
        for job, again in list(self._projections.values()):
            if job.id == run and job.state != "running":
                again()
        if any(job.id == run for job in self._runs.values()):
            self.start()

    def runs(self) -> list[Run]:
        """The stages of the latest start that were begun, in order, and then the layouts that were asked for."""
        return [_as_run(job) for job in self._latest()]

    def embedding_with(self) -> str | None:
        """The encoder whose first run is going on, None while no stage embeds."""
        job = self._runs.get(EMBED)
        return (self._encoder or self.collection.encoder_name) if job is not None and job.state == "running" else None

    def error(self) -> BaseException | None:
        """What the latest start failed with."""
        return next((job.error for job in self._latest() if job.state == "failed"), None)

    def project(self, method: str, dims: Dims, then: Callable[[str], None]) -> str:
        """Compute one layout, where it is not there yet, on top of what the stages make; returns its name.

        `then` is told the name once the layout is on offer, at once if it is already.

        Raises:
            TableError: if there is no way to compute it.
            ProjectionError: if the vectors it needs are still on their way.
        """
        name = layout_name(method, dims)
        if self._layouts.has(name):  # while it converges too
            then(name)
            return name
        if method == "given":
            if self.collection.layout is None or dims == 3:
                raise TableError("the positions were given in 2D; choose another map to see it in 3D")
            self._show("given", np.ascontiguousarray(self.collection.layout[:, :2]))
            then(name)
            return name
        if method.endswith(GRID):
            return self._arrange(method.removesuffix(GRID), dims, then)
        known, options, within = parsed(method)
        if within is not None:
            if within not in self._within:
                raise TableError("these images are not known any more; select them and map them again")
            options["within"] = self._within[within]
        if self.at_work():
            raise ProjectionError("the images are still being placed; ask again when that is done")
        by = self._layouts.encoder() or self.collection.embedding().name
        return self._make(
            method,
            dims,
            PROJECT[dims],
            lambda job, show: self.collection.project(
                known, dims=dims, encoder=by, job=job, on_positions=show, **options
            ),
            then,
        )

    def within(self, rows: np.ndarray) -> str:
        """Note some rows (m,) to be laid out on their own: what is added to a method's name for that."""
        key = f"{len(rows)}-{blake2b(rows.astype(np.uint32).tobytes(), digest_size=6).hexdigest()}"
        mask = np.zeros(len(self.collection), bool)
        mask[rows] = True
        self._within[key] = mask
        return f" {WITHIN}={key}"

    def attend(self, title: str, work: Callable[[Job], Result], check: Callable[[], None]) -> Result:
        """Do `work` as a run that is listed while it lasts, and wait for what it returns; `check` raises what ends the
        wait, and the work with it.

        Raises:
            Cancelled: if the run was cancelled.
        """
        results: list[Result] = []
        ended = threading.Event()

        def done(job: Job) -> None:
            with self._lock:
                self._attended.remove(job)
            ended.set()

        with self._lock:
            job = self.jobs.start(title, lambda job: results.append(work(job)), on_done=done)
            self._attended.append(job)
        while not ended.wait(0.05):
            try:
                check()
            except Cancelled:
                job.cancel()
                raise
        if job.error is not None:
            raise job.error
        if job.state == "cancelled":
            raise Cancelled(f"{title} was cancelled")
        return results[0]

    def halt(self, *keys: str) -> None:
        """Stop the stages, and what `run` was given under these keys; what is done is kept."""
        self._halted = True
        others = {job.id for key, (job, _) in list(self._projections.items()) if key not in keys}
        others.update(job.id for job in list(self._attended))
        for job in self.jobs.running():
            if job.id not in others:
                job.cancel()

    def run(
        self,
        key: str,
        title: str,
        work: Callable[[Job], None],
        again: Callable[[], None],
        on_done: Callable[[Job], None] | None = None,
    ) -> Job:
        """Do something on top of the stages, listed among the runs in place of what was last done under this key."""
        with self._lock:
            self._projections.pop(key, None)  # the latest comes last
            job = self.jobs.start(title, work, on_done=on_done)
            self._projections[key] = job, again
        return job

    def _arrange(self, base: str, dims: Dims, then: Callable[[str], None]) -> str:
        """Offer the layout `base` with each image in a cell of a grid of its own."""
        found = self._layouts.get(base)
        if dims == 3 or found.info["dims"] == 3:
            raise TableError("a grid is flat; choose a map in 2D to arrange it")
        if found.info["status"] == "growing":
            raise ProjectionError("the images are still being placed; ask again when that is done")
        return self._make(base + GRID, 2, ARRANGE, lambda _, __: arranged(found.xy), then)

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
        with self._lock:
            running = self._projections.get(name)
            if running is None or running[0].state != "running":

                def work(job: Job) -> None:
                    self._live(method, dims, lambda show: compute(job, show), then)

                def again() -> None:
                    self.project(method, dims, then)

                self._projections[name] = self.jobs.start(title, work), again
        return name

    def _latest(self) -> list[Job]:
        return [*self._runs.values(), *(job for job, _ in list(self._projections.values())), *self._attended]

    def at_work(self) -> bool:
        """Whether a stage runs."""
        asked_for = {job.id for job in [*(job for job, _ in list(self._projections.values())), *self._attended]}
        return any(job.id not in asked_for for job in self.jobs.running())

    def _begin(self, stage: str) -> None:
        following: list[str | None] = []

        def work(job: Job) -> None:
            self._runs[stage] = job
            following.append(self._stages[stage](job))

        def done(job: Job) -> None:
            if self._stopped or self._halted:
                self._end_process()
            elif self._newer is not None:
                self._end_process()
                self._begin(WAIT)
            elif job.state == "done" and following[0] is not None:
                self._begin(following[0])
            else:
                self._end_process()
                self.on_end()

        self.jobs.start(stage, work, on_done=done)

    def _give_way(self, newer: Flow) -> None:
        if self.at_work():
            self._newer = newer
            self.jobs.cancel_all()

    def _wait_for_newer(self, job: Job) -> str:
        newer = self._newer
        while newer is not None and not newer._stopped and not newer.jobs.wait(0.2):
            job.check()
        self._newer = None
        self._runs = {WAIT: job}
        return LOOK

    def _look(self, job: Job) -> str | None:
        collection = self.collection
        if collection.layout is not None:
            self._changed("columns")  # as the map is on show; a look at a million files takes minutes
            if collection.given is None and collection.encoder is None and not collection.contents.has_past():
                return None
        collection.contents.scan(again=True, stop=job.check)
        deadline = monotonic() + self._patience_s
        while monotonic() < deadline and not self._ready_to_load.wait(0.05):
            job.check()
        self._changed("failures", "columns")
        if collection.layout is not None and collection.given is None and collection.encoder is None:
            return None
        self._encoder = self._remembered()
        return PLACE if collection.is_embedded(self._encoder, stop=job.check) else EMBED

    def _remembered(self) -> str | None:
        """The encoder on show last, where nobody chose one and it can go on; else None: the collection's own."""
        collection = self.collection
        if collection.current is not None:
            return collection.current if collection.given is None else None
        name = collection.embedded.shown
        if collection.encoder is not None or name is None:
            return None
        with suppress(PointillistError):
            if collection.can_embed(name) or collection.is_embedded(name):
                return name
        return None

    def _embed(self, job: Job) -> str:
        job.total = len(self.collection)
        self._changed("encoder")
        with suppress(ProjectionError):  # it is tried again when the layout is due
            self._process = UmapProcess()  # imports and compiles while the model is loaded, on another core
        self.collection.embed(self._encoder, job=job, on_batch=_Growing(self).add)
        return PLACE

    def _place(self, job: Job) -> str | None:
        collection = self.collection
        self._encoder = collection.embedding(self._encoder).name
        collection.use(self._encoder)
        self._changed("failures", "notice", "encoder", "encoders")
        if not collection.embedding(self._encoder).present.any():
            return None
        umap = collection.stored_layout("umap", encoder=self._encoder)
        if umap is not None:
            self._show("umap", umap)
        self._show("pca", collection.project("pca", encoder=self._encoder, job=job))
        return None if umap is not None else NEIGHBOURS

    def _find_neighbours(self, job: Job) -> str:
        self.collection.neighbours(encoder=self._encoder, job=job)
        return UMAP

    def _umap(self, job: Job) -> None:
        process, self._process = self._process, None
        self._live(
            "umap",
            2,
            lambda show: self.collection.project(
                "umap", encoder=self._encoder, job=job, process=process, on_positions=show
            ),
        )

    def _live(
        self,
        method: str,
        dims: Dims,
        compute: Callable[[Show], np.ndarray],
        then: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Show a layout while it converges; where it comes to nothing what was there before is on offer again.

        `then` is told its name once, when there is something to see.
        """
        name = layout_name(method, dims)
        before = self._layouts.get(name) if self._layouts.has(name) else None

        told = False

        def show(xy: np.ndarray, status: Literal["growing", "ready"] = "growing") -> None:
            nonlocal told
            self._show(method, xy, status=status)
            if not told:
                told = True
                then(name)

        try:
            xy = compute(show)
        except BaseException:
            self._layouts.restore(name, before)
            self._changed("layouts")
            raise
        show(xy, "ready")

    def _show(self, method: str, xy: np.ndarray, *, status: Literal["growing", "ready"] = "ready") -> None:
        by = self._encoder or self.collection.encoder_name
        if status == "ready" and self._layouts.has(method + GRID):
            self._layouts.put(method + GRID, arranged(xy), encoder=by)
        self._layouts.put(method, xy, encoder="" if method == "given" else by, status=status)
        self._changed("layouts")

    def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()


class _Growing:
    """The PCA map that grows while vectors arrive, shown at most once per GROW_EVERY_S."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._vectors: np.ndarray | None = None
        self._pca: GrowingPca | None = None
        self._next = 0.0

    def add(self, rows: np.ndarray, vectors: np.ndarray) -> None:
        from pointillist.analysis.projection import GrowingPca

        if self._vectors is None or self._pca is None:
            self._vectors = np.full((len(self._flow.collection), vectors.shape[1]), np.nan, np.float32)
            self._pca = GrowingPca(self._vectors)
        self._vectors[rows] = vectors
        self._pca.add(rows)
        begun = monotonic()
        if begun >= self._next:
            self._flow._show("pca", self._pca.positions(), status="growing")
            self._flow._changed("failures")
            now = monotonic()
            self._next = now + max(GROW_EVERY_S, 10 * (now - begun))


def _as_run(job: Job) -> Run:
    failed = job.state == "failed" and job.error is not None
    message = job.message
    if failed and not isinstance(job.error, PointillistError):
        message = f"{type(job.error).__name__}: {job.error}; try again, and report it if it stays"
    return {
        "id": job.id,
        "name": job.name,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "rate": job.rate if job.name.startswith(EMBED) else None,  # the others do not count images
        "eta_s": job.eta_s,
        "message": message,
        "detail": "".join(traceback.format_exception(job.error)) if failed and job.error is not None else "",
    }


@atexit.register
def _end() -> None:
    """Let no thread work on while the interpreter goes away."""
    flows = list(_flows)
    for flow in flows:
        flow.stop()
    deadline = monotonic() + END_WAIT_S
    for flow in flows:
        flow.jobs.wait(max(0.0, deadline - monotonic()))
