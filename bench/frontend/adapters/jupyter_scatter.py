"""jupyter-scatter: regl-scatterplot in a widget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .base import Base, click


class Adapter(Base):
    name = "jupyter-scatter"
    distribution = "jupyter-scatter"
    module = "jscatter"
    bundle = ("bundle.js", "bundle.css")

    def load(self) -> None:
        import jscatter  # noqa: F401

    def prepare(self, table: Any) -> Any:
        return table[["x", "y", "category"]]

    def construct(self, table: Any) -> Any:
        import jscatter

        scatter = jscatter.Scatter(data=table, x="x", y="y", color_by="category", height=600)
        _ = scatter.widget  # made on first use
        return scatter

    def displayable(self, widget: Any) -> Any:
        return widget.show()

    def observe(self, widget: Any, told: Callable[[], None]) -> None:
        widget.widget.observe(lambda _: told(), names=["selection"])

    def rows(self, widget: Any) -> int:
        return len(widget.selection())

    # By its tool bar: a press with shift also extends JupyterLab's own selection of cells.
    def begin_lasso(self, page: Any) -> None:
        click(page, "b.title.startsWith('Activate lasso')")

    def end_lasso(self, page: Any) -> None:
        click(page, "b.title.startsWith('Activate pan')")

    def clear(self, page: Any) -> None:
        page.key("Escape", 27)
