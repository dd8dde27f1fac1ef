"""The answers to what the browser searches for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pointillist.errors import DecodeError, ProtocolError, SelectionError
from pointillist.explorer.desk import Buffers, Question
from pointillist.explorer.query import Part, in_words
from pointillist.explorer.scene import Scene
from pointillist.explorer.words import file_name
from pointillist.wire import pack

PART_PX = 96
MOST_PARTS = 200


def rank(scene: Scene, question: Question) -> tuple[dict[str, Any], Buffers]:
    asked = question.params["parts"]
    if len(asked) > MOST_PARTS:
        raise SelectionError(f"{len(asked):,} examples at once; select the images and look for their centre instead")
    queries = scene.queries
    before = queries.now
    within = {"all": None, "same": None if before is None else before.within}.get(question.params["within"])
    if question.params["within"] == "these":
        within = np.flatnonzero(_array(question, "within", np.bool_, len(scene.collection))).astype(np.uint32)
    # Fewer of the same examples, or among others, is still the search that Python asked for.
    reverse = before is not None and before.reverse and all(one["id"] for one in asked)
    parts = [_part(scene, question, one) for one in asked]
    now = queries.ask(parts, within=within, reverse=reverse, stop=question.check)
    answer = queries.answer
    searched = 0 if answer is None else answer.searched
    return {"id": now.id, "words": in_words(now.parts), "searched": searched}, []


def to_round(scene: Scene, question: Question) -> tuple[dict[str, Any], Buffers]:
    scene.queries.go(question.params["id"], question.check)
    return {}, []


def part_picture(scene: Scene, question: Question) -> tuple[dict[str, Any], Buffers]:
    from pointillist.decode import decode, thumbnail
    from pointillist.finding import Crop
    from pointillist.images.payload import fetch

    part = scene.queries.part(question.params["part"])
    if part.kind not in ("image", "box"):
        raise SelectionError(f"{part.text} has no picture of its own")
    try:
        if isinstance(part.given, Crop):
            payload, box = scene.collection.finder(so_far=True).within_image(part.given)
        else:
            payload, box = part.given, None
        rgb = decode(fetch(payload), at_least_px=PART_PX, box=box).rgb
    except DecodeError as error:
        raise SelectionError(f"{part.text} cannot be shown: {error}") from error
    about, data = pack("picture", np.frombuffer(thumbnail(rgb, side_px=PART_PX), np.uint8))
    return {"buffers": [about]}, [data]


def _part(scene: Scene, question: Question, asked: dict[str, Any]) -> Part:
    from pointillist.finding import Crop, cropped

    queries, names, n = scene.queries, scene.collection.images.names, len(scene.collection)
    if asked["id"]:
        known: Part = queries.part(asked["id"])
        return replace(known, like=asked["like"])
    kind, like, id_ = asked["kind"], asked["like"], queries.new_id()
    if kind == "text":
        from pointillist.wording import sentences

        return Part(id_, kind, like, asked.get("text", ""), sentences(asked.get("text", ""), "")[0])
    if kind == "rows":
        rows = np.flatnonzero(_array(question, asked.get("buffer", ""), np.bool_, n)).astype(np.uint32)
        if not len(rows):
            raise SelectionError("no image is selected: select some, or look for a single one")
        if len(rows) > 1:
            return Part(id_, kind, like, f"{len(rows):,} images", rows=rows)
        return Part(id_, "row", like, names[int(rows[0])], rows=rows)
    if kind == "image":
        data = _array(question, asked.get("buffer", ""), np.uint8, None)
        return Part(id_, kind, like, file_name(asked.get("text", "")) or "an image", data.tobytes())
    row = asked.get("row", -1)
    if not 0 <= row < n:
        raise SelectionError(f"there is no row {row}; rows go from 0 to {n - 1}")
    if kind == "row":
        return Part(id_, kind, like, names[row], rows=np.array([row], np.uint32))
    if kind != "box":
        raise ProtocolError(f"a {kind} cannot be asked for from the page; reload it")
    crop = cropped(None, asked.get("box", []))
    return Part(id_, kind, like, f"part of {names[row]}", Crop(None, crop.box, row))


def _array(question: Question, name: str, dtype: type, n: int | None) -> np.ndarray:
    array = question.arrays.get(name)
    if array is None or array.dtype != dtype or array.ndim != 1 or (n is not None and len(array) != n):
        raise ProtocolError(f"{question.ask} needs the buffer {name!r} of {np.dtype(dtype)}; reload the page")
    return array
