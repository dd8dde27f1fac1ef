"""What is seen of work that takes long: a bar in a terminal or a cell, and what an autoencoder draws by then."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import pointillist as pt
from pointillist import showing
from pointillist.jobs import Job
from pointillist.showing import is_watched, pictures_shown, shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Screen:
    """What a terminal shows, all that was ever written there."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys, self._seen = capsys, ""

    def getvalue(self) -> str:
        self._seen += self._capsys.readouterr().err
        return self._seen


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Screen:
    """Somebody who sees all at once."""
    monkeypatch.setattr(showing, "is_watched", lambda: True)
    for name in ("AFTER_S", "EVERY_S", "PICTURE_S"):
        monkeypatch.setattr(showing, name, 0.0)
    return Screen(capsys)


def work(job: Job, done: int, total: int) -> None:
    job.total = total
    job.message = "error 0.25"
    job.advance(done)
    job.check()


def test_a_bar_has_name_count_unit_and_message_and_is_full_at_the_end(terminal: Screen) -> None:
    with shown(None, "embedding", unit="img") as job:
        work(job, 3, 8)
        assert "embedding" in terminal.getvalue() and "3/8" in terminal.getvalue()
        assert "img/s" in terminal.getvalue() and "error 0.25" in terminal.getvalue()
        assert "8/8" not in terminal.getvalue()
    assert "8/8" in terminal.getvalue()


def test_a_bar_stays_where_an_error_came(terminal: Screen) -> None:
    with pytest.raises(KeyError), shown(None, "embedding") as job:
        work(job, 3, 8)
        raise KeyError
    assert "3/8" in terminal.getvalue() and "8/8" not in terminal.getvalue()


def test_a_part_that_counts_anew_has_a_bar_of_its_own(terminal: Screen) -> None:
    with shown(None, "laying out") as job:
        with job.part("finding neighbours"):
            work(job, 5, 5)
        work(job, 2, 9)
    said = terminal.getvalue()
    assert said.index("finding neighbours") < said.index("5/5") < said.index("laying out") < said.index("2/9")


def test_what_is_over_within_a_second_shows_nothing(terminal: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "AFTER_S", 60.0)
    with shown(None, "embedding") as job:
        work(job, 3, 8)
    assert terminal.getvalue() == ""


def test_who_brings_a_job_sees_it_there_alone(terminal: Screen) -> None:
    own = Job("mine")
    with shown(own, "embedding") as job:
        assert job is own
        work(job, 3, 8)
    assert terminal.getvalue() == ""


def test_nobody_watches_another_thread_or_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    seen = [is_watched()]
    aside = threading.Thread(target=lambda: seen.append(is_watched()))
    aside.start()
    aside.join()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    seen.append(is_watched())
    assert seen == [True, False, False]


def test_embedding_and_laying_out_show_how_far_they_are(
    terminal: Screen, tmp_path: Path, draw_folder: Callable[..., Path]
) -> None:
    c = pt.Collection(draw_folder(tmp_path / "photos", per_color=4), store=None)
    c.embed("pixels/16")
    assert f"{len(c)}/{len(c)}" in terminal.getvalue() and "embedding" in terminal.getvalue()
    c.project("tsne")
    assert "laying out with t-SNE" in terminal.getvalue()
    before = terminal.getvalue()
    c.project("tsne")  # there already
    assert "laying out" not in terminal.getvalue()[len(before) :]


def test_training_shows_the_loss(terminal: Screen, tmp_path: Path, draw_folder: Callable[..., Path]) -> None:
    c = pt.Collection(draw_folder(tmp_path / "photos", per_color=4), store=None)
    made = pt.train_autoencoder(c, dims=4, size=16, epochs=2, path=tmp_path / "a.safetensors")
    assert "training an autoencoder" in terminal.getvalue()
    assert f"epoch 2 of 2; error {made.losses[0]:.4f}" in terminal.getvalue()


@pytest.mark.parametrize(("is_told", "stays_s"), [(False, 0.0), (False, 1000.0), (True, 0.0)])
def test_a_notebook_shows_what_the_autoencoder_makes_of_images(
    is_told: bool,
    stays_s: float,
    terminal: Screen,
    tmp_path: Path,
    draw_folder: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cell: list[bytes] = []

    class Place:
        def update(self, picture: Any) -> None:
            cell.append(picture.data)

    def display(picture: Any, *, display_id: bool) -> Place:
        assert display_id and not cell
        cell.append(picture.data)
        return Place()

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr(showing, "in_notebook", lambda: True)
    monkeypatch.setattr(showing, "PICTURE_S", stays_s)
    c = pt.Collection(draw_folder(tmp_path / "photos", per_color=6), store=None)
    told: list[list[float]] = []
    pt.train_autoencoder(
        c,
        dims=8,
        size=16,
        epochs=3,
        path=tmp_path / "a.safetensors",
        on_epoch=told.append if is_told else None,
    )
    if is_told:
        assert len(told) == 3 and cell == []
        return
    assert len(cell) == (2 if stays_s else 3) and cell[0] != cell[-1]
    picture = np.asarray(Image.open(io.BytesIO(cell[-1])).convert("RGBA")).astype(int)
    assert picture.shape == (196, 796, 4)
    images, drawn = picture[:96, :96, :3], picture[100:, :96, :3]
    assert images.std() > 0 and abs(images - drawn).mean() > 1  # the second line is another than the first


def test_without_a_notebook_no_picture_is_drawn(terminal: Screen) -> None:
    pictures_shown(lambda: pytest.fail("nobody sees it"))(True)
