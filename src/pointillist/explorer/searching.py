"""Searches as Python asks them, and what they do to the view: order, colour, and the way back to how it was."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from pointillist.errors import PointillistError, SelectionError
from pointillist.explorer.filters import hidden
from pointillist.explorer.queries import Round, own_rows
from pointillist.explorer.query import Part
from pointillist.numeric import is_whole

if TYPE_CHECKING:
    import pandas as pd

    from pointillist.explorer.scene import Scene
    from pointillist.finding import Finder, Found

MOST_ROWS = 8
"""Up to so many images named together are shown one by one, more of them as one."""


class Searching(traitlets.HasTraits):
    """The part of the explorer that looks for images like others."""

    _scene: Scene
    _turn: threading.RLock
    _before: dict[str, Any] | None = None
    filters: Any
    hold_sync: Callable[[], Any]
    query: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)

    def similar(
        self,
        to: Any,
        *,
        against: Any = (),
        k: int | None = 100,
        weights: Sequence[float] | None = None,
        reverse: bool = False,
        threshold: float | None = None,
        within: Any = None,
        box: Sequence[float] | None = None,
    ) -> pd.DataFrame:
        """Show the images most like the examples, and return them; see `Collection.similar`.

        The grid and the map are in the order and colours of the column `similarity` until `end_search()`. Integers are
        labels wherever the index holds a number, else row numbers, such as those in the trait `rows`.

        Args:
            k: the filter that hides all but so many can be moved in the widget; None hides none.

        Raises:
            SelectionError, EmbeddingError, EncoderError: as `Collection.similar`.
        """
        from pointillist.finding import NO_EXAMPLE, checked_weights, cropped, files_read

        if box is not None:
            if weights is not None:
                checked_weights(weights, 1)  # of one alone it changes nothing
            parts = [Part(self._queries.new_id(), "box", True, "part of an image", cropped(to, box))]
        else:
            parts = self._parts(files_read(to)) if weights is None else self._weighed(files_read(to), weights)
        if not parts:
            raise SelectionError(NO_EXAMPLE)
        unlike = [] if against is None else self._parts(files_read(against), like=False)
        return self._ask([*parts, *unlike], k, reverse, threshold, within)

    def search(
        self,
        text: str | Sequence[str],
        k: int | None = 100,
        *,
        against: str | Sequence[str] = (),
        threshold: float | None = None,
        within: Any = None,
    ) -> pd.DataFrame:
        """Show the images most like a sentence, or several, and unlike others; see `Collection.search` and `similar`.

        The answer's `attrs["classes"]` says which classes of a classifier stand for a text.
        """
        from pointillist.wording import sentences

        parts = [
            Part(self._queries.new_id(), "text", like, one, one)
            for like, said in ((True, sentences(text, "")), (False, sentences(against, "against=")))
            for one in said
        ]
        found = self._ask(parts, k, False, threshold, within)
        answer = self._queries.answer
        by_id = {} if answer is None else answer.classes
        found.attrs["classes"] = {part.text: by_id[part.id] for part in parts if by_id.get(part.id)}
        return found

    def end_search(self) -> None:
        """End the search; the map and the grid are as they were before."""
        self._queries.go(0)

    @property
    def results(self) -> pd.DataFrame:
        """What the search in force found, nearest first with `similarity`: without the examples and what filters hide.

        Empty where there is no search.
        """
        now = self._queries.now
        if now is None:
            return self._scene.collection.found(_nothing())
        return self._scene.collection.found(self._best(now, None, ~hidden(self._scene, self.filters)))

    @property
    def _queries(self) -> Any:
        return self._scene.queries

    def _parts(self, given: Any, *, like: bool = True) -> list[Part]:
        """Examples of every kind that `Collection.similar` takes, as parts of a search."""
        finder = self._scene.collection.finder(so_far=True)
        rows = _named(finder, given)
        if rows is not None:
            if len(rows) > MOST_ROWS or not finder.embedding.present[rows].all():  # some of several may lack a vector
                return [self._row_part(rows, like)]
            return [self._row_part(rows[place : place + 1], like) for place in range(len(rows))]
        if isinstance(given, list | tuple) and not finder.is_numbers(given):
            return [part for one in given for part in self._parts(one, like=like)]
        if finder.is_numbers(given) and not len(given):
            return []
        return [self._part(finder, given, like)]

    def _weighed(self, given: Any, weights: Sequence[float]) -> list[Part]:
        """A part for each thing that `Collection.similar` gives a weight."""
        import pandas as pd

        from pointillist.finding import checked_weights

        finder = self._scene.collection.finder(so_far=True)
        if isinstance(given, pd.DataFrame):
            given = given.index
        rows = None if isinstance(given, list | tuple | pd.Index) else _named(finder, given)
        if finder.is_numbers(given):
            parts = [self._part(finder, vector, True) for vector in finder.examples(given, each=False).vectors]
        elif isinstance(given, list | tuple | pd.Index):
            parts = [self._centre(finder, thing) for thing in given]
        elif rows is not None:
            parts = [self._row_part(np.array([row], np.uint32), True) for row in finder.at(rows).rows]
        else:
            parts = [self._part(finder, given, True)]
        if not parts:
            return []
        return [
            replace(part, each=False, weight=float(weight), text=f"{weight:g} × {part.text}")
            for part, weight in zip(parts, checked_weights(weights, len(parts)), strict=True)
        ]

    def _centre(self, finder: Finder, thing: Any) -> Part:
        """One part, whatever it is."""
        rows = _named(finder, thing)
        if rows is not None:
            return self._row_part(rows, True)
        if isinstance(thing, list | tuple) and not finder.is_numbers(thing):
            found = finder.examples(thing, each=False)
            text = f"{len(found.vectors):,} examples"
            return Part(self._queries.new_id(), "vector", True, text, thing, np.unique(found.rows))
        return self._part(finder, thing, True)

    def _part(self, finder: Finder, given: Any, like: bool) -> Part:
        """One that is made of no image of the collection."""
        finder.examples(given, each=False)  # says what is wrong with it before anything is changed
        kind: Any = "vector" if finder.is_numbers(given) else "image"
        name = Path(given).name if isinstance(given, str | Path) else f"an {kind}" if kind == "image" else "a vector"
        return Part(self._queries.new_id(), kind, like, name, given, each=True)

    def _row_part(self, rows: np.ndarray, like: bool) -> Part:
        if len(rows) == 1:
            return Part(
                self._queries.new_id(), "row", like, self._scene.collection.images.names[int(rows[0])], rows=rows
            )
        return Part(self._queries.new_id(), "rows", like, f"{len(rows):,} images", rows=rows, each=True)

    def _ask(
        self, parts: list[Part], k: int | None, reverse: bool, threshold: float | None, within: Any
    ) -> pd.DataFrame:
        collection = self._scene.collection
        _checked(k, threshold)
        among = None if within is None else collection.rows(within)
        own = np.unique(np.concatenate([np.empty(0, np.uint32), *(part.rows for part in parts)]))

        def bound(scores: np.ndarray) -> float | None:
            found = _found(scores, own, k, reverse, threshold)
            return float(found.similarity[-1]) if k is not None and len(found.rows) == k else threshold

        now = self._queries.ask(parts, within=among, reverse=reverse, bound=bound)
        answer = self._queries.answer
        assert answer is not None
        return collection.found(_found(answer.scores, own_rows(now), k, reverse, threshold))

    def _best(self, now: Round, k: int | None, among: np.ndarray) -> Found:
        answer = self._queries.answer
        assert answer is not None
        scores = np.where(among, answer.scores, np.float32(np.nan))
        return _found(scores, own_rows(now), k, now.reverse, None)

    def _on_query(self) -> None:
        """Put the search in force on show, in one message; give the former view back when there is none."""
        now, column = self._queries.now, self._queries.column
        fresh = now is not None and self._before is None
        selection = self._scene.selection
        with self._turn, self.hold_sync():
            others = [one for one in self.filters if one["column"] != column]
            if fresh:
                names = ("color_by", "sort_by", "sort_descending")
                self._before = {**{name: getattr(self, name) for name in names}, "selected": selection.now}
            self.columns = self._scene.columns()
            self.query = self._queries.info()
            if now is not None:
                self.filters = [*others, *_bounds(now, column)]
                self.color_by = self.sort_by = column
                self.sort_descending = not now.reverse
                before = None
            else:
                self.filters = others
                before, self._before = self._before, None
                self._give_back(before or {}, column)
        self._scene.changed("query", "columns")
        if fresh and len(selection.now.rows):
            selection.set(np.empty(0, np.uint32))
        if before is not None and not len(selection.now.rows) and len(before["selected"].rows):
            selection.set(before["selected"].rows, shown=before["selected"].shown)

    def _give_back(self, before: dict[str, Any], column: str) -> None:
        """Order and colour as they were, unless others were chosen meanwhile."""
        if self.color_by == column:
            self._try("color_by", before.get("color_by"))
        if self.sort_by == column:
            self.sort_descending = before.get("sort_descending", False)
            self._try("sort_by", before.get("sort_by"))

    def _try(self, name: str, value: str | None) -> None:
        try:
            setattr(self, name, value)
        except (traitlets.TraitError, PointillistError):  # the column is gone
            setattr(self, name, None)


def follow_vectors(scene: Scene) -> Callable[[Any], None]:
    """A callback for jobs: when one ends the vectors may be others, and the search is answered anew."""

    def job_changed(job: Any) -> None:
        if job.state != "running" and scene.queries.now is not None:
            threading.Thread(target=scene.queries.refresh, name="pointillist-search", daemon=True).start()

    return job_changed


def _named(finder: Finder, given: Any) -> np.ndarray | None:
    return None if finder.is_image(given) or finder.is_numbers(given) else finder.named(given)


def _bounds(now: Round, column: str) -> list[dict[str, Any]]:
    if now.bound is None and now.within is None:
        return []
    low, high = (None, now.bound) if now.reverse else (now.bound, None)
    return [{"column": column, "low": low, "high": high, "missing": True}]


def _found(scores: np.ndarray, own: np.ndarray, k: int | None, reverse: bool, threshold: float | None) -> Found:
    from pointillist.analysis.similarity import most_similar
    from pointillist.finding import Found

    among = np.ones(len(scores), bool)
    among[own] = False
    most = max(len(scores), 1) if k is None else int(k)
    return Found(*most_similar(scores, most, reverse=reverse, threshold=threshold, among=among))


def _nothing() -> Found:
    from pointillist.finding import Found

    return Found(np.empty(0, np.uint32), np.empty(0, np.float32))


def _checked(k: int | None, threshold: float | None) -> None:
    from pointillist.finding import check_threshold

    if k is not None and (not is_whole(k) or k < 1):
        raise SelectionError(f"k={k!r}: ask for at least 1 image, as a whole number, or None for all")
    check_threshold(threshold)
