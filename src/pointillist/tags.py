"""The tags of one collection: the journal's ids turned into rows."""

from __future__ import annotations

import getpass
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pointillist.journal import Op, TagState, changed_ids, clean_tag, fold, in_words
from pointillist.store import Store

FEW_ROWS = 100  # asked for one by one, which costs less than turning the tags of all rows round


@dataclass(frozen=True)
class Change:
    """What an operation did: how many rows of this collection changed, and the deed in words."""

    changed: int
    said: str


class Tags:
    """Tags by row, safe from many threads. Operations of other processes on the same store are seen on `refresh`.

    `on_change` is a list of callbacks, called with nothing after new operations were seen, on the thread that saw them.
    The journal may name ids that are not in this collection (another table over the same images); they are kept and
    not counted here.
    """

    def __init__(self, store: Store, ids: Sequence[str]) -> None:
        self._store = store
        self._ids = ids
        self._row_of: dict[str, int] | None = None
        self._lock = threading.RLock()
        self._state = TagState()
        self._rows: dict[str, tuple[object, np.ndarray]] = {}
        self.on_change: list[Callable[[], None]] = []
        self.refresh()

    @property
    def revision(self) -> int:
        """Number of the last operation seen: grows with every change."""
        return self._state.number

    def refresh(self) -> None:
        """Read what was appended to the journal since."""
        with self._lock:
            changed = self._read()
        if changed:
            self._tell()

    def change(self, kind: Literal["tag", "untag"], tag: str, rows: np.ndarray) -> Change:
        """Add `tag` to the rows, or remove it; rows where that changes nothing are left out of the journal.

        Raises:
            TagError: if the tag is empty or too long.
            StoreError: if the journal cannot be written.
        """
        tag = clean_tag(tag)
        with self._lock:
            self._read()
            op = Op(kind, tag, tuple(self._ids[row] for row in rows.tolist()), time.time(), _who())
            op = Op(kind, tag, tuple(changed_ids(self._state, op)), op.at, op.who)
            if not op.ids:
                return Change(0, f"“{tag}” was {'on all of these' if kind == 'tag' else 'on none of these'} already")
            self._store.append(op)
            self._read()
        self._tell()
        return Change(len(op.ids), in_words(op))

    def step(self, kind: Literal["undo", "redo"]) -> Change:
        """Undo the last operation in force, or redo the last one undone."""
        with self._lock:
            self._read()
            waiting = self._state.undo if kind == "undo" else self._state.redo
            if not waiting:
                return Change(0, f"nothing to {kind}")
            before = self._carried(waiting[-1].tag)
            self._store.append(Op(kind, at=time.time(), who=_who(), target=waiting[-1].number))
            self._read()
            after = self._carried(waiting[-1].tag)
        self._tell()
        return Change(len(before ^ after), f"{'undone' if kind == 'undo' else 'redone'}: {in_words(waiting[-1])}")

    def move(self, renamed: Mapping[str, str]) -> None:
        """Let the tags of images follow them: `renamed` is old id -> new id. Ids that no operation named are left out.

        Raises:
            StoreError: if the journal cannot be written.
        """
        with self._lock:
            self._read()
            named = {id_ for op in (*self._state.undo, *self._state.redo, *self._state.moves) for id_ in op.ids + op.to}
            now: dict[str, str] = {}  # another kernel may have seen the same
            for op in self._state.moves:
                now |= zip(op.ids, op.to, strict=True)
                for new in op.to:
                    now.pop(new, None)
            pairs = [(old, new) for old, new in renamed.items() if old in named and now.get(old) != new]
            if not pairs:
                return
            ids, to = zip(*pairs, strict=True)
            self._store.append(Op("move", ids=ids, to=to, at=time.time(), who=_who()))
            self._read()
        self._tell()

    def rows(self) -> dict[str, np.ndarray]:
        """tag -> rows that carry it, ascending uint32, the tag used last first; tags nobody here has are left out."""
        with self._lock:
            members = self._state.members
            self._rows = {tag: kept for tag, kept in self._rows.items() if kept[0] is members.get(tag)}
            for tag, ids in members.items():
                if tag not in self._rows:
                    row_of = self._index()
                    here = [row_of[id_] for id_ in ids if id_ in row_of]
                    self._rows[tag] = ids, np.sort(np.array(here, np.uint32))
            used = {op.tag: op.number for op in self._state.undo}
            recent = sorted(self._rows, key=lambda tag: (-used.get(tag, 0), tag))
            return {tag: self._rows[tag][1] for tag in recent if len(self._rows[tag][1])}

    def of_row(self, row: int) -> list[str]:
        """The tags of one row, in the order they were given."""
        return self.of_id(self._ids[row])

    def of_id(self, id_: str) -> list[str]:
        """The tags of an id, of an image that is not here too."""
        carried = [(ids[id_], tag) for tag, ids in self._state.members.items() if id_ in ids]
        return [tag for _, tag in sorted(carried)]

    def lists(self, rows: np.ndarray) -> list[list[str]]:
        """The tags of each of the rows in the order they were given, a new list each."""
        if not self._state.members:
            return [[] for _ in range(len(rows))]
        if len(rows) <= FEW_ROWS:
            return [self.of_row(row) for row in rows.tolist()]
        by_id, ids = self._state.tags_by_id(), self._ids
        return [list(by_id.get(ids[row], ())) for row in rows.tolist()]

    def words(self) -> tuple[str | None, str | None]:
        """What undo and redo would do now, None when there is nothing."""
        state = self._state
        return state.undo_words(), state.redo_words()

    def history(self) -> list[Op]:
        """Every operation ever, in order."""
        return self._store.ops()

    def _read(self) -> bool:
        ops = self._store.ops(self._state.number)
        if ops:
            self._state = fold(ops, self._state)
        return bool(ops)

    def _tell(self) -> None:
        for callback in list(self.on_change):
            callback()

    def _carried(self, tag: str) -> set[str]:
        row_of = self._index()
        return {id_ for id_ in self._state.members.get(tag, ()) if id_ in row_of}

    def _index(self) -> dict[str, int]:
        if self._row_of is None:
            self._row_of = {id_: row for row, id_ in enumerate(self._ids)}
        return self._row_of


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no login name: a container's unnamed user
        return ""
