"""The journal of tag operations: what was done, in order, and the state that follows from it.

Nothing is ever overwritten: tagging, untagging, undo and redo are operations appended to a list, and the state is
a pure function of that list. So two notebooks can tag one collection without losing each other's work, and history
comes free.

An undo names the operation it takes back (`target`), so two people who press undo at once take back one operation,
not two. The state is that of the operations in force, applied in order: taking back an earlier operation leaves
what later ones did.

A move says that an image goes by another id from there on, since its file was renamed. It is nobody's deed and is not
taken back; what was done before it, and is undone or redone after it, follows the image.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import merge
from typing import Literal

from pointillist.errors import TagError

MAX_TAG_LENGTH = 100


@dataclass(frozen=True)
class Op:
    """One operation.

    kind: tag and untag carry `tag` and `ids`; undo and redo carry `target`, the number of the operation meant; move
        carries `ids` and, one for each, `to`.
    ids: stable ids of images (`Images.ids`).
    to: the ids that they go by from now on.
    at: seconds since the epoch.
    who: the person or process that did it, for the history.
    number: place in the journal, from 1; 0 until it is stored.
    """

    kind: Literal["tag", "untag", "undo", "redo", "move"]
    tag: str = ""
    ids: tuple[str, ...] = ()
    at: float = 0.0
    who: str = ""
    target: int = 0
    to: tuple[str, ...] = ()
    number: int = 0

    def to_json(self) -> str:
        """All but the number, which the store gives."""
        fields = {name: value for name, value in vars(self).items() if name != "number"}
        return json.dumps(fields)

    @classmethod
    def from_json(cls, text: str, number: int) -> Op:
        fields = json.loads(text)
        return cls(**{**fields, "ids": tuple(fields["ids"]), "to": tuple(fields.get("to", ())), "number": number})


@dataclass(frozen=True)
class TagState:
    """What the journal says up to operation `number`.

    members: tag -> {id: number of the operation that gave it}; a tag nobody carries is not in it.
    undo: operations that undo would take back, the next one last. redo: likewise.
    moves: every move so far, in order.
    """

    number: int = 0
    members: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    undo: tuple[Op, ...] = ()
    redo: tuple[Op, ...] = ()
    moves: tuple[Op, ...] = ()

    def tags_by_id(self) -> dict[str, list[str]]:
        """id -> its tags in the order they were given; ids without tags are not in it."""
        given: dict[str, list[tuple[int, str]]] = {}
        for tag, ids in self.members.items():
            for id_, number in ids.items():
                given.setdefault(id_, []).append((number, tag))
        return {id_: [tag for _, tag in sorted(pairs)] for id_, pairs in given.items()}

    def undo_words(self) -> str | None:
        return in_words(self.undo[-1]) if self.undo else None

    def redo_words(self) -> str | None:
        return in_words(self.redo[-1]) if self.redo else None


def fold(ops: Iterable[Op], state: TagState | None = None) -> TagState:
    """The state after `ops`, in order, on top of `state`. Pure: `state` is not changed.

    An undo of what is not in force, or a redo of what was not undone, changes nothing.
    """
    state = state or TagState()
    own: dict[str, dict[str, int]] = {}  # the tags touched here, copied once: a copy for each operation is quadratic
    undo, redo, moves, number = list(state.undo), list(state.redo), list(state.moves), state.number
    for op in ops:
        number = max(number, op.number)
        if op.kind == "move":
            moves.append(op)
            for tag, carried in {**state.members, **own}.items():
                if not carried.keys().isdisjoint(op.ids):
                    own[tag] = dict(carried)
                    _apply(own[tag], op)
            continue
        if op.kind in ("tag", "untag"):
            undo.append(op)
            redo.clear()
            if op.tag not in own:
                own[op.tag] = dict(state.members.get(op.tag, {}))
            _apply(own[op.tag], op)
            continue
        source, sink = (undo, redo) if op.kind == "undo" else (redo, undo)
        meant = next((done for done in source if done.number == op.target), None)
        if meant is None:
            continue
        source.remove(meant)
        sink.append(meant)
        if op.kind == "redo":
            sink.sort(key=lambda done: done.number)
        own[meant.tag] = {}
        of_tag = (done for done in undo if done.tag == meant.tag)
        for done in merge(of_tag, moves, key=lambda done: done.number):
            _apply(own[meant.tag], done)
    members = {tag: ids for tag, ids in {**state.members, **own}.items() if ids}
    return TagState(number, members, tuple(undo), tuple(redo), tuple(moves))


def changed_ids(state: TagState, op: Op) -> list[str]:
    """Those of the op's ids whose tags a `tag` or `untag` would change."""
    carried = state.members.get(op.tag, {})
    ids = dict.fromkeys(op.ids)
    return [id_ for id_ in ids if (id_ in carried) == (op.kind == "untag")]


def in_words(op: Op) -> str:
    """What an operation did: "tag “cars” on 12 images"."""
    if op.kind in ("undo", "redo"):
        return f"{op.kind} of operation {op.target}"
    count = f"{len(op.ids):,} image{'' if len(op.ids) == 1 else 's'}"
    if op.kind == "move":
        return f"tags of {count} followed the renamed file{'' if len(op.ids) == 1 else 's'}"
    return f"tag “{op.tag}” on {count}" if op.kind == "tag" else f"remove tag “{op.tag}” from {count}"


def clean_tag(text: str) -> str:
    """The tag as it is kept: one spelling of each letter (NFC), single spaces, none at the ends.

    Raises:
        TagError: if nothing is left, if it is longer than MAX_TAG_LENGTH, or if it is no string.
    """
    if not isinstance(text, str):
        raise TagError(f"{text!r} is not a tag: a tag is a word or a few, as a string")
    tag = " ".join(unicodedata.normalize("NFC", text).split())
    tag = "".join(letter for letter in tag if unicodedata.category(letter)[0] != "C" or letter == "\u200d")
    if not tag.strip("\u200d"):
        raise TagError(f"{text!r} is not a tag: it needs at least one visible character")
    if len(tag) > MAX_TAG_LENGTH:
        raise TagError(f"{tag[:30]!r}… has {len(tag)} characters: a tag has at most {MAX_TAG_LENGTH}")
    return tag


def _apply(carried: dict[str, int], op: Op) -> None:
    if op.kind == "move":
        given = [(to, carried.pop(id_)) for id_, to in zip(op.ids, op.to, strict=True) if id_ in carried]
        for to, number in given:
            carried.setdefault(to, number)
        return
    for id_ in op.ids:
        if op.kind == "tag":
            carried.setdefault(id_, op.number)
        else:
            carried.pop(id_, None)
