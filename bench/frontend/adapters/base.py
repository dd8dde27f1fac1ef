"""What the benchmark has to know of one widget.

The same class is used on both sides: the first half inside the notebook's kernel (import the widget only there), the
second half by the program that drives the browser.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

OUTPUT = "document.querySelector('.jp-OutputArea-output')?.closest('.jp-OutputArea')"
"""All outputs of the cell that has any: ours has a hidden one before the widget's."""


class Base:
    """A widget. `distribution` and `module` are its names on PyPI and in Python; `bundle` what the page loads."""

    name = "?"
    distribution = ""
    module = ""
    bundle: tuple[str, ...] = ()
    only_moves = False
    """It has points and can be dragged, no more: a floor for the frame gaps, no peer."""

    # In the kernel.

    def load(self) -> None:
        """Import the widget."""
        raise NotImplementedError

    def prepare(self, table: Any) -> Any:
        """Not timed: bring x and y (float32), category and other (Categorical) into a form the widget takes."""
        return table

    def construct(self, table: Any) -> Any:
        """Timed: what a person writes in the cell."""
        raise NotImplementedError

    def displayable(self, widget: Any) -> Any:
        """What the cell ends with."""
        return widget

    def observe(self, widget: Any, told: Callable[[], None]) -> None:
        """Call `told` whenever a selection reached Python."""
        raise NotImplementedError

    def rows(self, widget: Any) -> int:
        """Read which rows are selected, in the quickest way the widget offers; how many."""
        raise NotImplementedError

    def frame(self, _widget: Any) -> int | None:
        """Read the selected rows as a DataFrame; how many, None where there is no such thing."""
        return None

    # In the browser.

    canvas_js = "__bench.plot()"
    """The element the points are drawn on; by default the largest canvas of the first output."""
    stage_js = "null"
    """The element whose data-points says whether all points are drawn, where the widget says so."""
    points_js: str | None = None
    """Whether all points are drawn, where the widget says so."""
    drawn_js: str | None = None
    """The same for everything on the map: pictures and names too."""

    def begin_lasso(self, page: Any) -> None:
        """Make a drag draw a lasso."""

    def end_lasso(self, page: Any) -> None:
        """Make a drag move the map again."""

    def clear(self, page: Any) -> None:
        """Select nothing, by way of the interface."""

    def color_js(self, _column: str) -> str | None:
        """Choose the column that gives the colour, in the interface; None where it offers no such choice."""
        return None

    card_js: str | None = None
    """Whether the card of a hovered point is drawn with its picture."""

    def bundle_files(self, package: Path) -> list[Path]:
        return [package / name for name in self.bundle]


def click(page: Any, test: str) -> None:
    """Click the button of the first output for which the JavaScript `test` of `b` is true."""
    page.js(f"""(() => {{
      const b = __bench.deep('button', {OUTPUT}).find((b) => {test});
      if (!b) throw new Error('no button with {test.replace("'", " ")}');
      b.click();
    }})()""")
