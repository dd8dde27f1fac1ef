"""The picture in the saved notebook: small, an output of its own, taken anew when the map changes."""

from __future__ import annotations

import base64
import io
import threading
from typing import Any

import numpy as np
import pytest
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


def test_nothing_is_shown_outside_a_notebook() -> None:
    mine = Still(lambda width, height: Image.new("RGB", (8, 8)), threading.Lock())
    mine.show()
    assert not mine.shown


def test_the_picture_is_small_whatever_is_on_it() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    assert len(small_png(Image.fromarray(noise))) <= MOST_BYTES
