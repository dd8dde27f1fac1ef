"""What the explorer shows, with no widget around it: the parts that questions are answered from."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pointillist.collection import Collection
from pointillist.comparing import name_of
from pointillist.encoders.model import ModelEncoder
from pointillist.encoders.titles import title_of
from pointillist.errors import PointillistError, TableError
from pointillist.explorer.flow import Flow
from pointillist.explorer.layouts import Layout, Layouts
from pointillist.explorer.near import Near
from pointillist.explorer.queries import Queries
from pointillist.explorer.selection import Selection
from pointillist.explorer.switching import Switching
from pointillist.explorer.training import Trainings
from pointillist.jobs import outwaited
from pointillist.protocol.state import ColumnInfo

if TYPE_CHECKING:
    import pandas as pd

    from pointillist.frame import EncodedColumn

TAGS = "tags"

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Scene:
    """The parts behind one explorer.

    changed: says which traits have to be sent again. seen: called when pictures were answered. shower: what it gives
    puts a layout on show. on_show: gives the layout on show.
    """

    collection: Collection
    layouts: Layouts
    flow: Flow
    selection: Selection
    changed: Callable[..., None]
    seen: Callable[[], None]
    shower: Callable[[], Callable[[str], None]]
    on_show: Callable[[], Layout | None]

    @cached_property
    def vector_files(self) -> dict[str, Path]:
        """Name -> the file that vectors of this name were read from."""
        return {}

    @cached_property
    def switching(self) -> Switching:
        """Brings another encoder on show."""
        return Switching(self.collection, self.layouts, self.flow, self.on_show, self.changed)

    @cached_property
    def training(self) -> Trainings:
        """Encoders trained from the widget."""
        return Trainings(self.collection, self.switching, self.changed)

    @property
    def label(self) -> str | None:
        """The name under which the label column is known here, if there is one."""
        label = self.collection.images.label
        return None if label is None else _shown_name(label)

    @property
    def colorless_label(self) -> str:
        """Why the label column gives no colours, in words; "" where it does, and until it was looked at."""
        known = None if self.label is None else self._encoded.get(self.label)
        if known is None or known.kind != "text":
            return ""
        if not known.too_many:
            return "its values are not all names, all numbers or all dates"
        from pointillist.frame import MAX_CODES

        return f"it has more than {MAX_CODES:,} different values"

    def columns(self) -> list[ColumnInfo]:
        """Every column of the table and how it can be shown; what was computed and `tags` last."""
        about: ColumnInfo = {
            "name": TAGS,
            "kind": "tags",
            "revision": self.collection.tags.revision,
            "description": "tags given here",
        }
        return [*self._infos, *self._computed(), about]

    def column(self, name: str) -> EncodedColumn:
        """One column of the caller's table, the clusters, or the similarity, as codes or numbers.

        Raises:
            TableError: if there is no such column.
        """
        from pointillist.frame import encode_column

        given, encoded = self._given, self._encoded
        if name in (info["name"] for info in self._clusters()):
            names = self.collection.clustering.column()
            assert names is not None
            return encode_column(names, label=True)
        if name == self.queries.column and (similarity := self.queries.encoded()) is not None:
            return similarity
        if name in (computed := self.collection.computed.all()) and name not in given:
            import pandas as pd

            return encode_column(pd.Series(computed[name].values), label=False)
        if name not in given:
            raise TableError(f"{name!r} is not a column of the table; it has {', '.join([*given, TAGS])}")
        found = encoded.get(name) or encode_column(given[name], label=name == self.label)
        if found.kind != "number":  # numbers take four times the room of codes, and are made in no time
            encoded[name] = found
        return found

    def revision(self, name: str) -> int:
        """How often a column has changed."""
        return next((info["revision"] for info in self._computed() if info["name"] == name), 0)

    def order(self, name: str, *, descending: bool) -> np.ndarray:
        """(n,) all rows sorted by a column, missing ones last; descending is the exact reverse of the present ones.

        Raises:
            TableError: if the column cannot be sorted by.
        """
        column = self.column(name)
        if column.codes is not None:
            values = np.where(column.codes == 0, np.nan, column.codes.astype(np.float64))
        elif column.values is not None:
            values = column.values
        else:
            raise TableError(f"cannot sort by {name!r}: it holds text that differs from row to row")
        rows = np.argsort(values, kind="stable")
        present = len(rows) - int(np.isnan(values).sum())
        return np.concatenate([rows[:present][::-1], rows[present:]]) if descending else rows

    def _computed(self) -> list[ColumnInfo]:
        similarity = self.queries.column_info()
        return [*self._clusters(), *self._numbers(), *([] if similarity is None else [similarity])]

    def _clusters(self) -> list[ColumnInfo]:
        clusters, clustering = self.collection.clusters, self.collection.clustering
        if clusters is None:
            return []
        return [
            {
                "name": self.collection.cluster_column,
                "kind": "category",
                "revision": clustering.revision,
                "description": f"{len(clusters):,} clusters found here",
            }
        ]

    def _numbers(self) -> list[ColumnInfo]:
        made = self.collection.computed
        return [
            {
                "name": name,
                "kind": "number",
                "revision": made.revision(name),
                "description": one.description,
            }
            for name, one in made.all().items()
            if name not in self._given
        ]

    def compare(self, a: str, b: str) -> str:
        """Make the column of how much two encoders' neighbours differ, where it is not there; its name."""
        self.collection.neighbour_difference(a, b)
        return name_of([title_of(a), title_of(b)])

    def embedding_now(self) -> str | None:
        """The encoder that is at work, by name."""
        return self.switching.wanted or self.flow.embedding_with()

    def notice(self) -> str:
        """What the user should know, in words; "" when all is well."""
        n, failed = len(self.collection), len(self.collection.contents.failures())
        unreadable = "None of the images could be read: see the list of reasons." if n and failed == n else ""
        why = self.colorless_label
        colorless = f"The label {self.label!r} gives no colours: {why}." if why else ""
        return " ".join(filter(None, (self.collection.store.notice, unreadable, colorless)))

    @cached_property
    def _infos(self) -> list[ColumnInfo]:
        return [self._info(name, str(series.dtype)) for name, series in self._given.items()]

    def _info(self, name: str, description: str) -> ColumnInfo:
        info: ColumnInfo = {"name": name, "kind": "text", "revision": 0, "description": description}
        try:
            column = self.column(name)
        except (ArithmeticError, AttributeError, TypeError, ValueError):
            log.exception("column %r cannot be coloured or sorted by; it is shown in the details only", name)
            return info
        info["kind"] = column.kind
        if column.form is not None:
            info["form"] = column.form
        return info

    @cached_property
    def near(self) -> Near:
        """Who is near whom by the vectors, from the stored graph."""
        return Near(self.collection)

    @cached_property
    def queries(self) -> Queries:
        """What is searched for, round by round."""
        return Queries(self.collection, self._load_model)

    def _load_model(self, stop: Callable[[], None]) -> None:
        """Load the model whose vectors are in use, as a run that is listed; `stop` raises what ends the wait."""
        try:
            model = self.collection.model()
        except PointillistError:  # whoever needs it is told
            return
        if not isinstance(model, ModelEncoder) or model.is_loaded:
            return
        title = f"loading {title_of(model.name)}"
        self.flow.errands.attend(title, lambda job: outwaited(model.load, job.check), stop, "loading")

    @cached_property
    def _encoded(self) -> dict[str, EncodedColumn]:
        return {}

    @cached_property
    def _given(self) -> dict[str, pd.Series[Any]]:
        table = self.collection.images.table
        given: dict[str, pd.Series[Any]] = {}
        for i, name in enumerate(table.columns):
            given.setdefault(_shown_name(name), table.iloc[:, i])
        return given


def _shown_name(name: object) -> str:
    return f"{TAGS}_given" if name == TAGS else str(name)
