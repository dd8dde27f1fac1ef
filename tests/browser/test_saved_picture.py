"""A saved notebook shows the map to whoever opens it without a kernel, and the live widget is left alone for it."""

from __future__ import annotations

import base64
import io
import json

import nbformat
import numpy as np
import pytest
from lab import Lab, wait_for
from nbconvert import HTMLExporter
from PIL import Image

pytestmark = pytest.mark.browser

CELL = """
import numpy as np, pandas as pd, pointillist as pt
frame = pd.DataFrame({"path": [f"/nowhere/{i}.png" for i in range(400)], "label": ["a", "b"] * 200})
atlas = pt.explore(frame, image="path", layout=np.random.default_rng(0).normal(size=(400, 2)), store=None)
atlas
"""


def pictures(lab: Lab, cell: int) -> list[str]:
    """The pictures among a cell's outputs, as they would be saved."""
    found = [output.get("data", {}).get("image/png") for output in lab.outputs(cell)]
    return ["".join(picture) for picture in found if picture]


def test_the_saved_notebook_holds_a_picture_and_the_live_widget_does_not_notice(lab: Lab) -> None:
    lab.open()
    cell = lab.start(CELL)
    root = lab.widget()
    root.wait_for()
    root.evaluate("(element) => { element.keepsake = 'mine'; }")
    wait_for(lambda: pictures(lab, cell), "the cell has no picture among its outputs")
    assert root.evaluate("(element) => element.keepsake") == "mine"
    rows = lab.page.locator(".jp-OutputArea-child")
    heights = sorted(rows.evaluate_all("(rows) => rows.map((row) => row.getBoundingClientRect().height)"))
    assert len(heights) == 2 and heights[0] < 12
    assert not lab.page.locator(".jp-OutputArea img").count()

    first = pictures(lab, cell)
    lab.run("atlas.color_by = None")
    wait_for(lambda: pictures(lab, cell) != first, "the picture has not followed the colour")
    assert root.evaluate("(element) => element.keepsake") == "mine"

    saved = lab.save()
    (picture,) = [
        output["data"]["image/png"]
        for output in saved["cells"][cell]["outputs"]
        if "image/png" in output.get("data", {})
    ]
    data = base64.b64decode("".join(picture))
    assert len(data) <= 200_000
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    assert (np.ptp(pixels, axis=2) > 40).mean() > 0.002
    page, _ = HTMLExporter().from_notebook_node(nbformat.reads(json.dumps(saved), as_version=4))
    assert "data:image/png;base64," in page
