"""The least a map can do: one picture on one canvas of the size of ours, moved with the mouse.

No grid, no legend, nothing chosen, nothing drawn anew: what its frames take is what page, browser and machine take.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .base import Base

SIZE = (590, 572)
PAGE = f"""
export default {{
  render({{ el }}) {{
    const [w, h] = {list(SIZE)}, canvas = document.createElement("canvas"), picture = document.createElement("canvas");
    for (const one of [canvas, picture]) [one.width, one.height] = [w, h];
    canvas.style.cssText = `display: block; width: ${{w}}px; height: ${{h}}px`;
    const brush = picture.getContext("2d"), g = canvas.getContext("2d", {{ alpha: false }});
    for (let i = 0; i < 20000; i++) {{
      brush.fillStyle = `hsl(${{(i % 10) * 36}} 80% 50%)`;
      brush.fillRect(w * Math.random(), h * Math.random(), 3, 3);
    }}
    let at = [0, 0, 1], waiting = false;
    const paint = () => {{
      waiting = false;
      g.setTransform(1, 0, 0, 1, 0, 0);
      g.fillStyle = "#fff";
      g.fillRect(0, 0, w, h);
      g.setTransform(at[2], 0, 0, at[2], at[0], at[1]);
      g.drawImage(picture, 0, 0);
    }};
    const soon = () => {{
      if (!waiting) requestAnimationFrame(paint);
      waiting = true;
    }};
    canvas.onpointermove = (event) => {{
      if (event.buttons) at = [at[0] + event.movementX, at[1] + event.movementY, at[2]];
      soon();
    }};
    canvas.onwheel = (event) => {{
      event.preventDefault();
      at = [at[0], at[1], at[2] * Math.exp(-event.deltaY / 500)];
      soon();
    }};
    el.append(canvas);
    paint();
  }},
}};
"""


class Adapter(Base):
    name = "bare"
    distribution = "anywidget"
    module = "anywidget"
    only_moves = True

    def load(self) -> None:
        import anywidget  # noqa: F401

    def construct(self, _table: Any) -> Any:
        import anywidget

        class Bare(anywidget.AnyWidget):
            _esm = PAGE

        return Bare()

    def observe(self, widget: Any, told: Callable[[], None]) -> None:
        """Nothing is selected in it."""
