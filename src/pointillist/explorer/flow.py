"""From images to a map in the background: look at the files, embed, find neighbours, lay out. Knows no widget."""

from __future__ import annotations

import atexit
import threading
import traceback
import weakref
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from pointillist.analysis.umap_process import UmapProcess
from pointillist.collection import Collection
from pointillist.errors import PointillistError, ProjectionError
from pointillist.explorer.errands import Errands
from pointillist.explorer.layouts import Layouts
from pointillist.explorer.maps import Maps
from pointillist.jobs import Job, Jobs
from pointillist.protocol.state import Run

LOOK = "looking at the files"
WAIT = "waiting for another explorer of these images"
EMBED = "embedding"
PLACE = "placing the points"
NEIGHBOURS = "finding neighbours"
UMAP = "laying out the map"

if TYPE_CHECKING:
    from pointillist.analysis.projection import GrowingPca


PLACED_UP_TO = 0.5
"""Up to this share of new images the map stays as it was and they are placed in it."""
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
        self.errands = Errands(self.jobs)
        self.maps = Maps(
            collection,
            layouts,
            self.errands,
            changed,
            encoder=lambda: self._encoder or collection.encoder_name,
            at_work=self.at_work,
        )
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
        self.errands.retry(run)
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

    def halt(self, *keys: str) -> None:
        """Stop the stages, and the errands under these keys; what is done is kept."""
        self._halted = True
        others = self.errands.ids(but=keys)
        for job in self.jobs.running():
            if job.id not in others:
                job.cancel()

    def _latest(self) -> list[Job]:
        return [*self._runs.values(), *self.errands.all()]

    def at_work(self) -> bool:
        """Whether a stage runs."""
        asked_for = self.errands.ids()
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

        self.jobs.start(stage, work, kind="embedding" if stage == EMBED else "other", on_done=done)

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
        if self._encoder is None and collection.given is None:
            known = collection.know(None)
            self._encoder = known if known != collection.encoder_name else None  # another model has that name
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
        kept = collection.kept_maps(encoder=self._encoder)
        umap = next((one.xy for one in kept if one.is_usual and (one.method, one.dims) == ("umap", 2)), None)
        pca = collection.project("pca", encoder=self._encoder, job=job)
        for one in kept:
            self.maps.offer(one, pca if umap is None else umap)
        self.maps.show("pca", pca)
        return None if umap is not None else NEIGHBOURS

    def _find_neighbours(self, job: Job) -> str:
        self.collection.neighbours(encoder=self._encoder, job=job)
        return UMAP

    def _umap(self, job: Job) -> None:
        process, self._process = self._process, None
        collection, by = self.collection, self._encoder
        extend = collection.share_new("umap", encoder=by) <= PLACED_UP_TO

        def placed() -> int:
            return next((one.added for one in collection.kept_maps(encoder=by) if one.added and one.is_usual), 0)

        self.maps.live(
            "umap",
            2,
            lambda show: collection.project(
                "umap", extend=extend, encoder=by, job=job, process=process, on_positions=show
            ),
            added=placed,
        )

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
            self._flow.maps.show("pca", self._pca.positions(), status="growing")
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
        "kind": job.kind,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "rate": job.rate if job.kind == "embedding" else None,  # the others do not count images
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
