"""How far each layout can be trusted: measured when the browser asks, once per revision."""

from __future__ import annotations

import math
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pointillist.errors import ProjectionError
from pointillist.explorer.desk import Buffers, Handler, Lane, Question
from pointillist.explorer.layouts import Layout
from pointillist.projecting import kept_name

if TYPE_CHECKING:
    from pointillist.analysis.quality import Quality
    from pointillist.explorer.scene import Scene

MEASURE = "measuring the map"


class Measured:
    """The quality of layouts by name and revision; safe from many threads, and one is measured at a time."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.known: dict[tuple[str, int], Quality] = {}


def handlers(scene: Scene) -> dict[str, tuple[Lane, Handler]]:
    """Question -> the lane it is answered in, and the function that answers it."""
    return {
        "measure_layout": ("soon", partial(measure_layout, scene, Measured())),
        "keep_column": ("soon", partial(keep_column, scene)),
    }


def measure_layout(scene: Scene, measured: Measured, question: Question) -> tuple[dict[str, Any], Buffers]:
    found = _finished(scene, question)
    key = (found.info["name"], found.info["revision"])
    with measured.turn:
        if key not in measured.known:
            measured.known[key] = scene.flow.errands.attend(
                MEASURE,
                lambda job: scene.collection.layout_quality(found.xy, encoder=found.info["encoder"] or None, job=job),
                question.check,
            )
        quality = measured.known[key]
    kept = quality.preserved[np.isfinite(quality.preserved)]
    trust = quality.trustworthiness
    return {
        "trustworthiness": trust if math.isfinite(trust) else None,
        "preserved": float(kept.mean()) if len(kept) else None,
        "k": quality.k,
    }, []


def keep_column(scene: Scene, question: Question) -> tuple[dict[str, Any], Buffers]:
    found = _finished(scene, question)
    title, by = found.info["title"], found.info["encoder"] or None
    scene.flow.errands.attend(
        MEASURE,
        lambda job: scene.collection.neighbours_kept(found.xy, title=title, encoder=by, job=job),
        question.check,
    )
    return {"column": kept_name(title, scene.collection.embedding(by).name)}, []


def _finished(scene: Scene, question: Question) -> Layout:
    found = scene.layouts.get(question.params["name"])
    if found.info["status"] == "growing":
        raise ProjectionError("the map is still being made; ask again when that is done")
    return found
