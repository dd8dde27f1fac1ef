"""Ours, as a person with a table of images and positions calls it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from .base import OUTPUT, Base, click


class Adapter(Base):
    name = "pointillist"
    distribution = "pointillist"
    module = "pointillist"
    bundle = ("static/widget.js", "static/widget.css")

    def load(self) -> None:
        import pointillist.explorer  # noqa: F401

    def prepare(self, table: Any) -> Any:
        from in_kernel import image_paths

        positions = table[["x", "y"]].to_numpy()
        paths = image_paths(len(table), os.environ["BENCH_IMAGES"])
        return table[["category", "other"]].assign(path=paths), positions

    def construct(self, table: Any) -> Any:
        import pointillist as pt

        frame, positions = table
        return pt.explore(frame, image="path", label="category", layout=positions, store=None)

    def observe(self, widget: Any, told: Callable[[], None]) -> None:
        widget.observe(lambda _: told(), names=["rows"])

    def rows(self, widget: Any) -> int:
        return len(widget.rows)

    def frame(self, widget: Any) -> int | None:
        return len(widget.selection)

    canvas_js = f"__bench.deep('.pt-map-stage canvas.pt-map-canvas', ({OUTPUT}) || document.body)[0] || null"
    stage_js = f"__bench.deep('.pt-map-stage', {OUTPUT})[0]"
    points_js = f"{stage_js}?.dataset.points === 'all'"
    drawn_js = f"__bench.deep('.pt-map-stage', {OUTPUT})[0]?.dataset.drawn === 'all'"
    card_js = f"""(() => {{
      const card = __bench.deep('.pt-map-card', {OUTPUT})[0];
      return !!card && !card.hidden && !card.querySelector('.pt-waiting');
    }})()"""

    def begin_lasso(self, page: Any) -> None:
        click(page, "b.getAttribute('aria-label') === 'Lasso'")

    def end_lasso(self, page: Any) -> None:
        click(page, "b.getAttribute('aria-label') === 'Hand'")

    def clear(self, page: Any) -> None:
        page.js(f"__bench.deep('.pt-map', {OUTPUT})[0].focus()")
        for _ in range(2):  # the first may only take the lasso's outline away
            page.key("Escape", 27)

    def color_js(self, column: str) -> str | None:
        return f"""(() => {{
          const menu = __bench.deep('select', {OUTPUT}).find((s) => /coloured by/.test(s.getAttribute('aria-label')));
          menu.value = '{column}';
          menu.dispatchEvent(new Event('change', {{ bubbles: true }}));
        }})()"""
