"""What the traits that the kernel owns have to be, read off the scene."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pointillist.analysis.recipes import missing_ways
from pointillist.explorer.encoders import encoder_infos
from pointillist.explorer.scene import Scene


def _tag_infos(scene: Scene) -> list[dict[str, Any]]:
    return [{"name": tag, "count": len(rows)} for tag, rows in scene.collection.tags.rows().items()]


def _history(scene: Scene) -> dict[str, str | None]:
    undo, redo = scene.collection.tags.words()
    return {"undo": undo, "redo": redo}


def _selected(scene: Scene) -> dict[str, int]:
    now = scene.selection.now
    return {"revision": now.revision, "count": len(now.rows)}


KERNEL_STATE: dict[str, Callable[[Scene], Any]] = {
    "failures": lambda scene: len(scene.collection.lacking()),
    "missing": lambda scene: len(scene.collection.whereabouts.missing()),
    "notice": lambda scene: scene.notice(),
    "encoder": lambda scene: scene.embedding_now() or scene.collection.encoder_name,
    "encoders": encoder_infos,
    "palette": lambda scene: scene.collection.coloring.chosen(),
    "training": lambda scene: scene.training.state(),
    "columns": lambda scene: scene.columns(),
    "layouts": lambda scene: scene.layouts.infos(),
    "missing_ways": lambda _: missing_ways(),
    "tags": _tag_infos,
    "runs": lambda scene: scene.flow.runs(),
    "history": _history,
    "selected": _selected,
    "query": lambda scene: scene.queries.info(),
}
