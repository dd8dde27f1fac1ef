"""The searches of one explorer, round by round: which is in force, and the way back and forward."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from pointillist.collection import Collection
from pointillist.errors import Cancelled, PointillistError, SelectionError
from pointillist.explorer.query import Part, Ranked, in_words, ranked
from pointillist.protocol.search import QueryInfo
from pointillist.protocol.state import ColumnInfo

if TYPE_CHECKING:
    from pointillist.frame import EncodedColumn

MOST_ROUNDS = 200
"""Of more rounds the oldest are forgotten."""


@dataclass(frozen=True, eq=False)
class Round:
    """One search. `before` is the id of the round it went on from, 0 for none; `depth` counts the rounds up to it.

    reverse: the least similar come first. bound: images beyond this similarity are not among the answers; it is one
    among the vectors of `digest`.
    """

    id: int
    before: int
    depth: int
    parts: tuple[Part, ...]
    within: np.ndarray | None = None
    reverse: bool = False
    bound: float | None = None
    digest: str = ""


@dataclass
class _State:
    now: Round | None = None
    answer: Ranked | None = None
    note: str = ""
    revision: int = 0
    rounds: dict[int, Round] = field(default_factory=dict)
    after: dict[int, int] = field(default_factory=dict)
    """Round -> the one to go forward to: the latest that went on from it."""


class Queries:
    """Owner of the search in force; safe from many threads.

    `on_change` is a list of callbacks, called with nothing after the round or its answer changed. A slow answer that is
    overtaken by a later question is dropped. `load` loads the model before a vector of it is needed; it is given what
    raises to end the wait.
    """

    def __init__(self, collection: Collection, load: Callable[[Callable[[], None]], None] = lambda _stop: None) -> None:
        self._collection = collection
        self._load = load
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._part_numbers = itertools.count(1)
        self._asked = itertools.count(1)
        self._latest = 0
        self._refreshed = 0
        self._state = _State()
        self.on_change: list[Callable[[], None]] = []

    @property
    def now(self) -> Round | None:
        """The round in force."""
        return self._state.now

    @property
    def answer(self) -> Ranked | None:
        """The answer of the round in force."""
        return self._state.answer

    @property
    def column(self) -> str:
        """The column that holds the similarity: "similarity", unless the caller's table has one."""
        return "similarity_found" if "similarity" in self._collection.images.table.columns else "similarity"

    def new_id(self) -> str:
        """An id for a part."""
        return f"p{next(self._part_numbers)}"

    def part(self, id_: str) -> Part:
        """A part of any round that is remembered.

        Raises:
            SelectionError: if there is none.
        """
        for known in reversed(self._state.rounds.copy().values()):
            for part in known.parts:
                if part.id == id_:
                    return part
        raise SelectionError("this part of the search is forgotten; search again")

    def ask(
        self,
        parts: Sequence[Part],
        *,
        within: np.ndarray | None = None,
        reverse: bool = False,
        bound: Callable[[np.ndarray], float | None] = lambda _: None,
        stop: Callable[[], None] = lambda: None,
    ) -> Round:
        """Put a new round in force, after the one that is. `bound` tells, from the scores, what is no answer any more.

        Raises:
            Cancelled: if another question came meanwhile.
            PointillistError: if it cannot be answered; nothing is changed then.
        """
        number = self._begin()
        answer = self._ranked(parts, within, stop)
        with self._lock:
            self._check_latest(number)
            state, before = self._state, self._state.now
            made = Round(
                next(self._numbers),
                0 if before is None else before.id,
                1 if before is None else before.depth + 1,
                tuple(parts),
                within,
                reverse,
                bound(answer.scores),
                answer.digest,
            )
            state.rounds[made.id] = made
            state.after[made.before] = made.id
            while len(state.rounds) > MOST_ROUNDS:
                state.rounds.pop(next(iter(state.rounds)))
            self._put(made, answer)
        self._tell()
        return made

    def go(self, id_: int, stop: Callable[[], None] = lambda: None) -> None:
        """Put a round in force that was there before; 0 for none.

        Raises:
            SelectionError: if it is forgotten.
        """
        number = self._begin()
        to = self._state.rounds.get(id_)
        if to is None and id_ != 0:
            raise SelectionError("this search is forgotten; search again")
        answer = None if to is None else self._ranked(to.parts, to.within, stop)
        with self._lock:
            self._check_latest(number)
            if to is not None and answer is not None:
                self._state.after[to.before] = to.id
                if answer.digest != to.digest:
                    to = replace(to, bound=None)
            self._put(to, answer)
        self._tell()

    def refresh(self) -> None:
        """Answer the round in force anew where the vectors are others now; where that fails, say so beside the old
        answer. A question that somebody asked meanwhile, or is waiting for, goes before it."""
        with self._lock:
            now, answer, asked = self._state.now, self._state.answer, self._latest
            self._refreshed = number = self._refreshed + 1
        if now is None or answer is None:
            return
        note = ""
        try:
            if self._collection.finder(so_far=True).embedding.digest == answer.digest:
                return
            answer = self._ranked(now.parts, now.within)
        except PointillistError as error:
            note = f"Still as before: {error}"
        with self._lock:
            if (number, asked) != (self._refreshed, self._latest) or self._state.now is not now:
                return
            self._put(replace(now, bound=None), answer, note)
        self._tell()

    def info(self) -> QueryInfo:
        """As it is told to the browser."""
        with self._lock:
            state, now = self._state, self._state.now
            rounds, after = state.rounds, state.after
            ahead = after.get(0 if now is None else now.id)
            return {
                "id": 0 if now is None else now.id,
                "round": 0 if now is None else now.depth,
                "back": now.before if now is not None and (now.before == 0 or now.before in rounds) else None,
                "forward": ahead if ahead in rounds else None,
                "words": "" if now is None else in_words(now.parts),
                "parts": []
                if now is None or state.answer is None
                else [part.info(state.answer.classes.get(part.id, ())) for part in now.parts],
                "column": self.column if now is not None else "",
                "reverse": now is not None and now.reverse,
                "within": None if now is None or now.within is None else len(now.within),
                "note": state.note,
            }

    def column_info(self) -> ColumnInfo | None:
        """The column of similarities as the browser knows columns; None without a search."""
        with self._lock:
            if self._state.now is None:
                return None
            return {
                "name": self.column,
                "kind": "number",
                "revision": self._state.revision,
                "description": f"similarity: {in_words(self._state.now.parts)}",
            }

    def encoded(self) -> EncodedColumn | None:
        """The similarities of all images; None without a search.

        The examples are their own nearest: `high` is that of the others, so that colours tell those apart.
        """
        from pointillist.frame import EncodedColumn

        with self._lock:
            now, answer = self._state.now, self._state.answer
        if now is None or answer is None:
            return None
        others = np.delete(answer.scores, own_rows(now))
        finite = others[~np.isnan(others)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (None, None)
        return EncodedColumn("number", [], values=answer.scores, low=low, high=high)

    def _ranked(
        self, parts: Sequence[Part], within: np.ndarray | None, stop: Callable[[], None] = lambda: None
    ) -> Ranked:
        if any(part.kind in ("text", "image", "box") for part in parts):
            self._load(stop)
        return ranked(self._collection, parts, within, stop)

    def _begin(self) -> int:
        with self._lock:
            self._latest = next(self._asked)
            return self._latest

    def _check_latest(self, number: int) -> None:
        if number != self._latest:
            raise Cancelled("another search was asked for meanwhile")

    def _put(self, now: Round | None, answer: Ranked | None, note: str = "") -> None:
        state = self._state
        if not note and answer is not None:
            n, missing = len(answer.scores), len(answer.scores) - answer.searched
            if missing > len(self._collection.lacking()):
                note = f"The model is still running: {answer.searched:,} of {n:,} images are searched."
        state.now, state.answer, state.note = now, answer, note
        state.revision += 1

    def _tell(self) -> None:
        for tell in list(self.on_change):
            tell()


def own_rows(now: Round) -> np.ndarray:
    """(m,) the images that are examples themselves."""
    return np.unique(np.concatenate([np.empty(0, np.uint32), *(part.rows for part in now.parts)]))
