"""The picture in the saved notebook: small, an output of its own, taken anew when the map changes."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from PIL import Image

from pointillist.explorer import still
from pointillist.explorer.outbox import MOST_GATHERED, RESTS, Outbox
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


@pytest.fixture
def shown(page: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Image.Image]]:
    """The pictures of the page's notebook up to now: it holds one, coloured by tags, with names."""
    notebook = Notebook()
    monkeypatch.setattr(still, "_publisher", lambda: notebook)

    def pictures() -> list[Image.Image]:
        page.atlas._outbox.flush()
        page.atlas._stills.flush()
        pngs = [data["image/png"] for data, _, _ in notebook.published if "image/png" in data]
        return [Image.open(io.BytesIO(base64.b64decode(png))) for png in pngs]

    page.atlas.collection.tag(["i3", "i4"], "seen")
    page.atlas.color_by = "tags"
    DisplayFormatter().format(page.atlas)
    assert len(pictures()) == 1
    return pictures


@pytest.mark.parametrize(
    "change",
    [
        lambda atlas: atlas.select(["i3"]),
        lambda atlas: atlas.zoom_to(["i3"]),
        lambda atlas: setattr(atlas, "filters", [{"column": "class", "hide": ["cat"]}]),
        lambda atlas: setattr(atlas, "picture_px", 20),
        lambda atlas: setattr(atlas, "names_shown", False),
        lambda atlas: (setattr(atlas, "point_size", 12.0), setattr(atlas, "tags_shown", False)),
        lambda atlas: atlas.collection.tag(["i7"], "seen"),
    ],
    ids=["selection", "camera", "filters", "picture_px", "names_shown", "tags_shown", "tags"],
)
def test_whatever_changes_the_map_changes_its_picture(
    page: Any, shown: Callable[[], list[Image.Image]], change: Callable[[Any], object]
) -> None:
    change(page.atlas)
    before, after = shown()
    assert before.convert("RGB").tobytes() != after.convert("RGB").tobytes()


def test_what_the_map_does_not_show_takes_no_picture(page: Any, shown: Callable[[], list[Image.Image]]) -> None:
    page.atlas.color_by, page.atlas.tags_shown = "class", False
    taken = len(shown())
    page.atlas.collection.tag(["i7"], "seen")
    page.atlas.sort_by = "score"
    assert len(shown()) == taken
    page.atlas.filters = [{"column": "tags", "hide": ["seen"]}]
    page.atlas.collection.tag(["i8"], "seen")
    assert len(shown()) == taken + 1


def test_the_picture_is_what_a_user_gets_of_what_is_on_show(page: Any) -> None:
    wanted = page.atlas.snapshot(width=640, height=480, scale=1, names=True)
    assert (np.asarray(page.atlas._small_picture(640, 480)) == np.asarray(wanted)).all()
    page.atlas.names_shown = False
    page.atlas.zoom_to(["i3"])
    middle = np.asarray(page.atlas._small_picture(640, 480))[235:246, 315:326].reshape(-1, 3)
    own = np.asarray(page.atlas.collection.table["image"]["i3"])[0, 0].astype(int)
    assert (np.abs(middle - own).max(axis=1) < 12).all()


def test_images_that_take_long_to_read_come_on_a_later_picture(
    opened: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        Image.new("RGB", (40, 40), "red").save(tmp_path / f"{name}.png")
    atlas = opened(tmp_path, layout=np.array([[0.0, 0], [1, 0], [0, 1]]), store=None).atlas
    atlas.wait()
    monkeypatch.setattr("pointillist.explorer.photographing.STILL_READS_S", -1.0)

    def red() -> int:
        picture = np.asarray(atlas._small_picture(640, 480)).astype(int)
        return int((np.abs(picture - (254, 0, 0)).max(axis=2) < 8).sum())

    assert red() == 0 and atlas._stills._changed == {"still"}
    monkeypatch.undo()
    assert red() > 1000


@pytest.mark.parametrize(("busy", "waits"), [(2, 3), (99, MOST_GATHERED)])
def test_an_outbox_at_rest_waits_for_the_last_change_but_not_for_ever(
    busy: int, waits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    written: list[int] = []

    def write(_: set[str]) -> None:
        written.append(len(waited))
        box.close()

    box = Outbox(write, 9.0, at_rest=True)

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        if len(waited) <= busy:
            box.mark("more")
        return False

    monkeypatch.setattr(box._hurry, "wait", wait)
    box.mark("first")
    thread = box._thread
    if thread is not None:
        thread.join(5)
    assert written == [waits] and set(waited) == {9.0}


def test_an_outbox_at_rest_works_a_twentieth_of_the_time_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    now, waited = [0.0], list[float]()
    box = Outbox(lambda _: now.append(now[-1] + 0.5), 2.0, at_rest=True)
    monkeypatch.setattr("pointillist.explorer.outbox.monotonic", lambda: now[-1])
    monkeypatch.setattr(box._hurry, "wait", waited.append)
    for _ in range(2):
        box.mark("still")
        thread = box._thread
        if thread is not None:
            thread.join(5)
    assert waited == [2.0, RESTS * 0.5]
