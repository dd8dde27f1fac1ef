"""embedding-atlas: its widget with the map alone; the charts it adds by default would only slow it down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .base import Base, click

LASSO = "/lasso selection mode/i.test(b.title || b.getAttribute('aria-label') || '')"


class Adapter(Base):
    name = "embedding-atlas"
    distribution = "embedding-atlas"
    module = "embedding_atlas.widget"
    bundle = ("widget_static/anywidget/index.js",)

    def load(self) -> None:
        from embedding_atlas.widget import EmbeddingAtlasWidget  # noqa: F401

    def prepare(self, table: Any) -> Any:
        # As text: a Categorical becomes an ENUM in DuckDB, which the widget does not offer as a colour.
        return table[["x", "y"]].assign(category=table["category"].astype(str))

    def construct(self, table: Any) -> Any:
        from embedding_atlas.widget import EmbeddingAtlasWidget

        data = {"x": "x", "y": "y", "category": "category"}
        charts = {"1": {"type": "embedding", "title": "Embedding", "data": data}}
        return EmbeddingAtlasWidget(table, x="x", y="y", initial_state={"charts": charts})

    def observe(self, widget: Any, told: Callable[[], None]) -> None:
        widget.observe(lambda _: told(), names=["_predicate"])

    def rows(self, widget: Any) -> int:
        return len(widget.selection())

    def frame(self, widget: Any) -> int | None:
        return len(widget.selection())

    def begin_lasso(self, page: Any) -> None:
        click(page, LASSO)

    def end_lasso(self, page: Any) -> None:
        click(page, LASSO)

    def clear(self, page: Any) -> None:
        page.js("""(() => {
          const output = document.querySelector('.jp-OutputArea-output');
          __bench.deep('button', output).find((b) => b.title === 'Clear filters')?.click();
        })()""")
