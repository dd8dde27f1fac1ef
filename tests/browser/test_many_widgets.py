"""Twenty widgets in a notebook, as a reader scrolls through it: each shows its points, and gives back what it took."""

from __future__ import annotations

import numpy as np
import pytest
from atlas import Atlas
from lab import Lab, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MANY, HEIGHT_PX = 20, 420
COUNTING = """
window.workers = 0;
window.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    this.counts = String(given[0]).startsWith('blob:');
    window.workers += this.counts;
  }
  terminate() {
    super.terminate();
    window.workers -= this.counts;
    this.counts = false;
  }
};
"""
# anywidget gives a model two seconds to load; here every second one is as late as on a page that is slow.
# Where the first message to a model comes later still, nobody catches its refusal: an error of the page.
REFUSED = "[anywidget] Failed to initialize model."
LATE = """
const after = AbortSignal.timeout;
let models = 0;
AbortSignal.timeout = (ms) => after.call(AbortSignal, ms === 2000 && models++ % 2 === 1 ? 1 : ms);
"""
PREPARE = """
import numpy as np
import pointillist as pt
random = np.random.default_rng(0)
def one(number):
    n = 60 + number
    atlas = pt.explore(
        random.integers(0, 255, (n, 8, 8, 3), np.uint8), embeddings=random.normal(size=(n, 8)),
        layout=random.normal(size=(n, 2)), store=None,
    )
    atlas.height_px = 420
    return atlas
atlases = []
"""
INKED = """(stage) => {
  const canvas = stage.querySelector('.pt-map-canvas');
  if (canvas === null || canvas.width < 10) return 0;
  const context = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let inked = 0;
  for (let i = 0; i < data.length; i += 4) inked += data[i] + data[i + 1] + data[i + 2] < 700 && data[i + 3] > 0;
  return inked;
}"""


def test_twenty_widgets_in_one_notebook(lab: Lab) -> None:
    said: list[str] = []
    lab.page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    lab.page.add_init_script(COUNTING + LATE)
    lab.open()
    lab.cell(PREPARE)
    cells = []
    for number in range(MANY):
        cells.append(lab.start(f"atlases.append(one({number})); atlases[-1]"))
        wait_for(lambda at=cells[-1]: lab.finished(at), "a widget's cell does not end")

    def atlas_of(cell: int) -> Atlas:
        """The view in a cell; JupyterLab may take cells that are far away off the page."""
        atlas = Atlas(lab)
        atlas.root = lab.page.locator(f".jp-Cell[data-windowed-list-index='{cell}'] .pointillist")
        atlas.stage = atlas.root.locator(".pt-map-stage")
        return atlas

    def look_at(number: int) -> None:
        lab.scroll_to(cells[number])
        atlas = atlas_of(cells[number])
        atlas.root.wait_for()
        atlas.wait_drawn()
        wait_for(lambda: atlas.stage.get_attribute("data-raster") != "", "the map in sight sleeps")
        wait_for(lambda: atlas.stage.evaluate(INKED) > 60, f"widget {number} shows no points")
        assert abs(atlas.root.bounding_box()["height"] - HEIGHT_PX) < 20  # set from Python after it was made

    awake = "document.querySelectorAll('.pt-map-stage:not([data-raster=\"\"])').length"
    for number in [*range(MANY), 7, 0]:
        look_at(number)
        if number % 7 == 0:
            wait_for(lambda: lab.page.evaluate(awake) <= 4, "maps out of sight are awake")
            assert lab.page.evaluate("workers") <= 5
    lab.run("atlases[0].select([3, 4, 5])")
    wait_for(lambda: "3" in atlas_of(cells[0]).root.locator(".pt-picked").inner_text(), "a selection is not shown")
    assert lab.ask("[len(atlas.rows) for atlas in atlases]") == [3, *np.zeros(MANY - 1, int).tolist()]

    lab.run("for atlas in atlases: atlas.close()")
    wait_for(lambda: lab.page.locator(".pt-map-stage").count() == 0, "a closed widget is on the page")
    wait_for(lambda: lab.page.evaluate("workers") == 0, "workers are left")
    assert said == []
    lab.errors[:] = [error for error in lab.errors if error != REFUSED]
