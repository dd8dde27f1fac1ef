"""The answers: one function per question of the protocol, and the table that names them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from pointillist.errors import DecodeError, ProtocolError, SelectionError, TableError
from pointillist.explorer import grouping, measuring
from pointillist.explorer.desk import Buffers, Handler, Lane, Question
from pointillist.explorer.encoder_questions import ANSWERS
from pointillist.explorer.scene import TAGS, Scene
from pointillist.explorer.search_answers import part_picture, rank, to_round
from pointillist.explorer.selection import pack_selected
from pointillist.explorer.words import as_text
from pointillist.protocol.questions import MAX_THUMBS
from pointillist.wire import pack, pack_mask

MAX_PICTURE_PX = 4096
Answer = tuple[dict[str, Any], Buffers]


def handlers(scene: Scene) -> dict[str, tuple[Lane, Handler]]:
    """Question -> the lane it is answered in, and the function that answers it."""
    table: dict[str, tuple[Lane, Any]] = {
        "column": ("soon", column),
        "layout": ("soon", layout),
        "thumbs": ("pixels", thumbs),
        "picture": ("pixels", picture),
        "details": ("soon", details),
        "neighbours": ("soon", neighbours),
        "failures": ("soon", failures),
        "missing": ("soon", missing),
        "selection": ("now", selection),
        "select": ("now", select),
        "tag": ("now", tag),
        "undo": ("now", undo),
        "redo": ("now", redo),
        "cancel_run": ("now", cancel_run),
        "retry_run": ("now", retry_run),
        "project": ("soon", project),
        "rank": ("soon", rank),
        "to_round": ("soon", to_round),
        "part_picture": ("soon", part_picture),
        **ANSWERS,
    }
    own = {name: (lane, partial(answer, scene)) for name, (lane, answer) in table.items()}
    return own | grouping.handlers(scene) | measuring.handlers(scene)


def column(scene: Scene, question: Question) -> Answer:
    name = question.params["name"]
    if name == TAGS:
        return _tags_column(scene)
    found = scene.column(name)
    if found.kind == "text":
        raise TableError(f"{name!r} holds text that differs from row to row; it is shown in the details only")
    array = found.codes if found.codes is not None else found.values
    assert array is not None
    about, data = pack("codes" if found.kind == "category" else "values", array)
    answer = {
        "name": name,
        "kind": found.kind,
        "revision": scene.revision(name),
        "categories": found.categories,
        "places": scene.collection.coloring.places(name, found.categories),
        "low": found.low,
        "high": found.high,
        "buffers": [about],
    }
    return answer, [data]


def _tags_column(scene: Scene) -> Answer:
    tags, n = scene.collection.tags, len(scene.collection)
    revision, rows = tags.revision, tags.rows()
    packed = [pack_mask(tag, carried, n) for tag, carried in rows.items()]
    answer = {
        "name": TAGS,
        "kind": "tags",
        "revision": revision,
        "categories": list(rows),
        "places": scene.collection.coloring.places(TAGS, list(rows)),
        "low": None,
        "high": None,
        "buffers": [about for about, _ in packed],
    }
    return answer, [data for _, data in packed]


def layout(scene: Scene, question: Question) -> Answer:
    found = scene.layouts.get(question.params["name"])
    about, data = pack("xy", found.xy)
    info = found.info
    answer = {"name": info["name"], "revision": info["revision"], "dims": info["dims"], "buffers": [about]}
    return answer, [data]


def thumbs(scene: Scene, question: Question) -> Answer:
    rows = _array(question, "rows", np.uint32)
    if len(rows) > MAX_THUMBS:
        raise ProtocolError(f"{len(rows)} thumbnails asked for at once; at most {MAX_THUMBS}")
    for row in rows:
        _row(scene, int(row))
    lengths: list[int] = []
    reasons: list[str] = []
    pictures: list[bytes] = []
    for found in scene.collection.contents.thumbnails(rows.tolist(), stop=question.check):
        pictures.append(found if isinstance(found, bytes) else b"")
        lengths.append(len(pictures[-1]))
        reasons.append(found if isinstance(found, str) else "")
    scene.seen()
    if any(reasons):
        scene.changed("failures")
    about, data = pack("pictures", np.frombuffer(b"".join(pictures), np.uint8))
    return {"lengths": lengths, "reasons": reasons, "buffers": [about]}, [data]


def picture(scene: Scene, question: Question) -> Answer:
    row, max_px = _row(scene, question.params["row"]), question.params["max_px"]
    if not 1 <= max_px <= MAX_PICTURE_PX:
        raise ProtocolError(f"max_px is {max_px}; it must be from 1 to {MAX_PICTURE_PX}")
    try:
        found = scene.collection.contents.picture(row, max_px)
    except DecodeError as error:
        raise SelectionError(f"{scene.collection.images.names[row]} cannot be shown: {error}") from error
    about, data = pack("picture", np.frombuffer(found.data, np.uint8))
    return {"row": row, "width": found.width, "height": found.height, "buffers": [about]}, [data]


def details(scene: Scene, question: Question) -> Answer:
    row, collection = _row(scene, question.params["row"]), scene.collection
    table = collection.images.table
    fields = [{"name": str(name), "value": as_text(table.iloc[row, i])} for i, name in enumerate(table.columns)]
    size = collection.contents.size(row)
    if size is not None:
        fields.append({"name": "size", "value": f"{size[0]:,} × {size[1]:,} px"})
    answer = {
        "row": row,
        "index": as_text(table.index[row]),
        "name": collection.images.names[row],
        "fields": fields,
        "tags": collection.tags.of_row(row),
        "failure": collection.lacking().get(row),
    }
    return answer, []


def failures(scene: Scene, question: Question) -> Answer:
    found = scene.collection.lacking()
    names = scene.collection.images.names
    listed = [
        {"row": row, "name": names[row], "reason": reason}
        for row, reason in list(found.items())[: max(0, question.params["limit"])]
    ]
    return {"total": len(found), "failures": listed}, []


def missing(scene: Scene, question: Question) -> Answer:
    found, tags = scene.collection.whereabouts.missing(), scene.collection.tags
    listed = [
        {"name": place.id, "tags": tags.of_id(place.id), "seen": place.seen or 0.0}
        for place in found[: max(0, question.params["limit"])]
    ]
    return {"total": len(found), "missing": listed}, []


def neighbours(scene: Scene, question: Question) -> Answer:
    row = _row(scene, question.params["row"])
    rows, distances = scene.near.to(row, question.params["k"])
    packed = [pack("rows", rows), pack("distances", distances)]
    return {"row": row, "buffers": [about for about, _ in packed]}, [data for _, data in packed]


def selection(scene: Scene, _: Question) -> Answer:
    now = scene.selection.now
    abouts, buffers = pack_selected(now, len(scene.collection))
    return {"revision": now.revision, "count": len(now.rows), "buffers": abouts}, buffers


def select(scene: Scene, question: Question) -> Answer:
    shown = _masked(scene, question, "shown") if "shown" in question.arrays else None
    now = scene.selection.set(_masked(scene, question), question.client, shown)
    return {"revision": now.revision, "count": len(now.rows)}, []


def tag(scene: Scene, question: Question) -> Answer:
    kind: Any = {"add": "tag", "remove": "untag"}[question.params["action"]]
    change = scene.collection.tags.change(kind, question.params["tag"], _masked(scene, question))
    return {"changed": change.changed, "said": change.said}, []


def undo(scene: Scene, _: Question) -> Answer:
    return _step(scene, "undo")


def redo(scene: Scene, _: Question) -> Answer:
    return _step(scene, "redo")


def _step(scene: Scene, kind: Any) -> Answer:
    change = scene.collection.tags.step(kind)
    return {"changed": change.changed, "said": change.said}, []


def cancel_run(scene: Scene, question: Question) -> Answer:
    scene.flow.cancel(question.params["run"])
    return {}, []


def retry_run(scene: Scene, question: Question) -> Answer:
    scene.flow.retry(question.params["run"])
    return {}, []


def project(scene: Scene, question: Question) -> Answer:
    method, dims = question.params["method"], question.params["dims"]
    if "mask" in question.arrays:
        method += scene.flow.maps.within(_masked(scene, question))
    anew = bool(question.params.get("anew"))
    return {"name": scene.flow.maps.project(method, dims, scene.shower(), on_show=scene.on_show(), anew=anew)}, []


def _row(scene: Scene, row: int) -> int:
    n = len(scene.collection)
    if not 0 <= row < n:
        raise SelectionError(f"there is no row {row}; rows go from 0 to {n - 1}")
    return row


def _array(question: Question, name: str, dtype: type) -> np.ndarray:
    array = question.arrays.get(name)
    if array is None or array.dtype != dtype or array.ndim != 1:
        raise ProtocolError(f"{question.ask} needs one {np.dtype(dtype)} buffer {name!r} of shape [m]; reload the page")
    return array


def _masked(scene: Scene, question: Question, name: str = "mask") -> np.ndarray:
    mask = _array(question, name, np.bool_)
    if len(mask) != len(scene.collection):
        raise ProtocolError(
            f"buffer {name!r} has {len(mask):,} bits for {len(scene.collection):,} images; reload the page"
        )
    return np.flatnonzero(mask).astype(np.uint32)
