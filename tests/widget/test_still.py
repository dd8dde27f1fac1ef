"""The picture in the saved notebook: small, an output of its own, taken anew when the map changes."""

from __future__ import annotations

import base64
import io
import threading
from typing import Any

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from PIL import Image

from pointillist.explorer import still
from pointillist.explorer.still import MOST_BYTES, WIDGET_VIEW, Still, small_png


class Notebook:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.published: list[tuple[dict[str, Any], str, bool]] = []

    def publish(self, data: dict[str, Any], *, transient: dict[str, str], update: bool) -> None:
        self.published.append((data, transient["display_id"], update))


def test_the_output_is_hidden_where_widgets_live_and_gets_its_picture_later(monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = Notebook()
    monkeypatch.setattr(still, "_publisher", lambda: notebook)
    map_there: list[Image.Image] = []
    mine = Still(lambda width, height: map_there[0] if map_there else None, threading.Lock())
    mine.update()
    assert notebook.published == []
    mine.show()
    mine.update()
    ((data, first_id, update),) = notebook.published
    assert data[WIDGET_VIEW]["model_id"] == "" and "image/png" not in data and not update
    map_there.append(Image.new("RGB", (64, 48), "red"))
    mine.update()
    data, second_id, update = notebook.published[-1]
    assert update and second_id == first_id
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).size == (64, 48)


@pytest.mark.parametrize("variable", ["VSCODE_PID", "VSCODE_CWD"])
def test_in_vscode_the_widget_and_its_picture_are_one_output(
    page: Any, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    notebook = Notebook()
    monkeypatch.setattr(still, "_publisher", lambda: notebook)
    monkeypatch.setenv(variable, "1")
    assert DisplayFormatter().format(page.atlas) == ({}, {}), "IPython would show it a second time"
    page.atlas.wait()
    page.atlas._stills.flush()
    (first, first_id, updates), *_, (last, last_id, updated) = notebook.published
    assert not updates and updated and first_id == last_id
    view = {"version_major": 2, "version_minor": 1, "model_id": page.atlas.model_id}
    assert first[WIDGET_VIEW] == last[WIDGET_VIEW] == view, "another widget would take the place of the live one"
    assert "image/png" not in first and first["text/plain"] == last["text/plain"] == repr(page.atlas)
    assert Image.open(io.BytesIO(base64.b64decode(last["image/png"]))).size == (still.WIDTH, still.HEIGHT)


def test_elsewhere_ipython_gets_the_widget_alone(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VSCODE_PID", "VSCODE_CWD"):
        monkeypatch.delenv(name, raising=False)
    notebook = Notebook()
    monkeypatch.setattr(still, "_publisher", lambda: notebook)
    data, _ = DisplayFormatter().format(page.atlas)
    assert data[WIDGET_VIEW]["model_id"] == page.atlas.model_id and "image/png" not in data
    assert notebook.published[0][0][WIDGET_VIEW]["model_id"] == ""


def test_nothing_is_shown_outside_a_notebook() -> None:
    mine = Still(lambda width, height: Image.new("RGB", (8, 8)), threading.Lock())
    mine.show()
    assert not mine.shown


def test_the_picture_is_small_whatever_is_on_it() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    assert len(small_png(Image.fromarray(noise))) <= MOST_BYTES
