"""Clusters in the widget: ways to make them tried out, found, renamed, merged, undone."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pointillist.clustering import METHODS, Grouped
from pointillist.errors import ProtocolError
from pointillist.explorer.desk import Buffers, Handler, Lane, Question
from pointillist.wire import pack

if TYPE_CHECKING:
    from pointillist.explorer.scene import Scene
    from pointillist.jobs import Job

COUNT = "trying clusters"
FIND = "finding clusters"
KEPT = 8
"""So many ways that were tried are remembered: what was counted is not computed again when it is chosen."""

Answer = tuple[dict[str, Any], Buffers]


class Tried:
    """The groups that were tried last, by what they were made of; safe from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[tuple[object, ...], Grouped] = {}

    def get(self, key: tuple[object, ...]) -> Grouped | None:
        """Those made so before, if they are remembered."""
        with self._lock:
            return self._found.get(key)

    def put(self, key: tuple[object, ...], found: Grouped) -> None:
        """Remember them, also under the option that was chosen for them."""
        with self._lock:
            self._found |= {key: found, (*key[:-1], found.option): found}
            while len(self._found) > 2 * KEPT:
                del self._found[next(iter(self._found))]


def handlers(scene: Scene) -> dict[str, tuple[Lane, Handler]]:
    """Question -> the lane it is answered in, and the function that answers it."""
    tried = Tried()
    return {
        "count_clusters": ("soon", partial(count_clusters, scene, tried)),
        "cluster": ("soon", partial(cluster, scene, tried)),
        "clusters": ("soon", partial(clusters, scene)),
        "rename_cluster": ("now", partial(rename_cluster, scene)),
        "merge_clusters": ("soon", partial(merge_clusters, scene)),
        "step_clusters": ("now", partial(step_clusters, scene)),
    }


def count_clusters(scene: Scene, tried: Tried, question: Question) -> Answer:
    found = scene.flow.errands.attend(COUNT, lambda job: _grouped(scene, tried, question, job), question.check)
    return _counts(found), []


def cluster(scene: Scene, tried: Tried, question: Question) -> Answer:
    collection = scene.collection
    again = collection.clusters is not None

    def work(job: Job) -> Grouped:
        found = _grouped(scene, tried, question, job)
        job.message = "naming them"
        job.check()
        collection.name_groups(found, words=list(dict.fromkeys(question.params["words"])))
        return found

    found = scene.flow.errands.attend(FIND, work, question.check)
    return {**_counts(found), "column": collection.cluster_column, "again": again}, []


def clusters(scene: Scene, _: Question) -> Answer:
    found, column = scene.collection.clusters, scene.collection.cluster_column
    about, data = pack("medoids", np.empty(0, np.uint32) if found is None else found.medoids.astype(np.uint32))
    names = [] if found is None else list(found.names)
    reads_words = scene.collection.reads_words()
    answer = {"column": None if found is None else column, "names": names, "reads_words": reads_words}
    return {**answer, "buffers": [about]}, [data]


def rename_cluster(scene: Scene, question: Question) -> Answer:
    name, to = question.params["name"], question.params["to"]
    scene.collection.rename_cluster(name, to)
    return {"said": f"“{name}” is called “{' '.join(to.split())}”"}, []


def merge_clusters(scene: Scene, question: Question) -> Answer:
    names = question.params["names"]
    before = scene.collection.clusters
    found = scene.collection.merge_clusters(names, question.params["into"])
    row = int(np.flatnonzero(before.labels == before.names.index(names[0]))[0]) if before is not None else 0
    return {"said": f"{len(names)} clusters are one, “{found.names[found.labels[row]]}”"}, []


def step_clusters(scene: Scene, question: Question) -> Answer:
    return {"said": scene.collection.clustering.step(question.params["direction"])}, []


def _counts(found: Grouped) -> dict[str, Any]:
    labels = found.labels
    placed = np.isfinite(found.places).all(axis=1)
    noise = int(np.count_nonzero((labels < 0) & placed))
    return {"option": float(found.option), "clusters": int(labels.max(initial=-1)) + 1, "noise": noise}


def _grouped(scene: Scene, tried: Tried, question: Question, job: Job) -> Grouped:
    """The groups that a question's settings make."""
    method, name, option = (question.params[of] for of in ("method", "layout", "option"))
    if option is not None and not np.isfinite(option):
        raise ProtocolError(f"option is {option!r}; it must be a number")
    if name is None:
        layout, made_of = None, scene.collection.embedding().digest
    else:
        found = scene.layouts.get(name)
        layout, made_of = found.xy, f"{name} {found.info['revision']}"
    key = (made_of, method, None if option is None else float(option))
    known = tried.get(key)
    if known is None:
        options: dict[str, float | None] = {METHODS[method]: option}
        known = scene.collection.grouped(method, options, layout=layout, job=job)
        tried.put(key, known)
    return known
