"""What a run survives from outside: a drive that goes, a disk that fills up, a store that another program holds."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np
import pytest

import pointillist as pt
from pointillist.encoders import encoder
from pointillist.store import database

ENCODER = "pixels/8"
PER_COLOR = 60


@pytest.fixture
def folder(tmp_path: Path, draw_folder: Callable[..., Path]) -> Path:
    """240 images: more than a run reads ahead and writes at once."""
    return draw_folder(tmp_path / "photos", per_color=PER_COLOR)


def undisturbed(folder: Path) -> np.ndarray:
    return pt.Collection(folder, store=None).embed(ENCODER)


class Counted:
    """pixels/8 that calls `then` once, before its batch number `at`, and counts the images it was given."""

    def __init__(self, at: int = -1, then: Callable[[], object] = lambda: None) -> None:
        inner = encoder(ENCODER)
        self.name, self.fingerprint, self.dims, self.input_px = "counted", "counted", inner.dims, inner.input_px
        self.batch, self.calls, self.images, self.at, self.then = 8, 0, 0, at, then
        self.prepare, self._encode = inner.prepare, inner.encode

    def encode(self, batch: list[np.ndarray]) -> np.ndarray:
        self.calls += 1
        if self.calls == self.at:
            self.then()
        self.images += len(batch)
        return self._encode(batch)


@pytest.mark.parametrize("how", ["unmounted", "does not answer"])
def test_a_drive_that_goes_ends_the_run_and_the_next_goes_on(
    how: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = undisturbed(folder)
    away, real, broken = tmp_path / "away", open, []

    def silent(file: object, *arguments: object, **named: object) -> object:
        if broken and str(file).startswith(str(folder)):
            raise OSError(116, os.strerror(116))  # ESTALE
        return real(file, *arguments, **named)  # type: ignore[call-overload]

    monkeypatch.setattr("builtins.open", silent)
    go = Counted(5, lambda: folder.rename(away) if how == "unmounted" else broken.append(1))
    said = (
        r"an image and the folder it is in could not be reached \(no such file.* go on"
        if how == "unmounted"
        else r"the last 64 images could not be reached \(.*file handle.* go on"
    )
    with pt.Collection(folder, store=tmp_path / "store.sqlite") as c:
        with pytest.raises(pt.SourceError, match=said):
            c.embed(go)
        before = go.images
        assert 0 < before < 240
        if how == "unmounted":
            away.rename(folder)
        broken.clear()
        assert np.array_equal(c.embed(go), expected)  # in the same session
        assert go.images == 240
        assert c.failures.empty


def test_a_drive_that_goes_with_few_images_left_makes_failures_of_none(
    tmp_path: Path, draw_folder: Callable[..., Path]
) -> None:
    folder, away, prepared = draw_folder(tmp_path / "photos", per_color=10), tmp_path / "away", count()
    expected, model = undisturbed(folder), Counted()
    prepare = model.prepare

    def going(rgb: np.ndarray) -> np.ndarray:
        if next(prepared) == 5:
            folder.rename(away)
        return prepare(rgb)

    model.prepare = going
    with pt.Collection(folder, store=tmp_path / "store.sqlite") as c:
        with pytest.raises(pt.SourceError, match=r"an image and the folder it is in could not be reached .* go on"):
            c.embed(model)
        assert model.images < 40
        assert c.failures.empty
        away.rename(folder)
        assert np.array_equal(c.embed(model), expected)
        assert c.failures.empty


def test_a_picture_asked_for_while_the_drive_is_away_is_no_failure_for_good(
    tmp_path: Path, draw_folder: Callable[..., Path]
) -> None:
    folder, away = draw_folder(tmp_path / "photos", per_color=1), tmp_path / "away"
    with pt.Collection(folder, store=tmp_path / "store.sqlite") as c:
        c.contents.scan()
        folder.rename(away)
        assert "no such file" in c.contents.thumbnails([0])[0]
        away.rename(folder)
        assert np.isfinite(c.embed(ENCODER)).all()
        assert c.failures.empty


def test_a_drive_that_is_still_away_is_an_error_and_no_empty_answer(folder: Path, tmp_path: Path) -> None:
    expected, away, paths = undisturbed(folder), tmp_path / "away", sorted(map(str, folder.rglob("*.jpg")))
    words = (
        r"none of the 240 images that have vectors of 'pixels/8' can be read any more \(no such file.* where they were"
    )
    with pt.Collection(folder, store=tmp_path / "store.sqlite") as c:
        c.embed(ENCODER)
        c.tag(c.table.index[:3], "seen")
        folder.rename(away)
        with pytest.raises(pt.EmbeddingError, match=words):
            c.embed(ENCODER)
        assert np.array_equal(c.embeddings[ENCODER], expected)  # what is there stays in use
        assert len(c.similar(c.table.index[0], k=5)) == 5
    with pt.Collection(paths, store=tmp_path / "store.sqlite") as c:
        with pytest.raises(pt.EmbeddingError, match=words):
            c.embed(ENCODER)
        away.rename(folder)
        model = Counted()
        model.fingerprint, model.name = encoder(ENCODER).fingerprint, ENCODER
        assert np.array_equal(c.embed(model), expected)
        assert model.images == 0
        assert c.table["tags"].map(bool).sum() == 3


def test_a_file_that_goes_during_a_run_is_tried_again_when_it_is_back(folder: Path, tmp_path: Path) -> None:
    expected, lost = undisturbed(folder), sorted(folder.rglob("*.jpg"))[:10]

    def go() -> None:
        for path in lost:
            path.rename(path.with_suffix(".away"))

    with pt.Collection(folder, store=tmp_path / "store.sqlite") as c:
        x = c.embed(Counted(2, go))
        gone = np.isnan(x).any(axis=1)
        assert 0 < gone.sum() <= 10
        assert c.failures["reason"].str.startswith("no such file").all()
    for path in lost:
        path.with_suffix(".away").rename(path)
    with pt.Collection(folder, store=tmp_path / "store.sqlite") as c:
        again = Counted()
        assert np.array_equal(c.embed(again), expected)
        assert again.images == gone.sum()
        assert c.failures.empty


FULL = """
import resource, sys
from pathlib import Path
import numpy as np
import pointillist as pt

c = pt.Collection(Path(sys.argv[1]), store=sys.argv[2])
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
try:
    c.embed("pixels/8")
except pt.StoreError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))   # somebody made room
kept = int(np.isfinite(c.embedding("pixels/8").vectors).all(axis=1).sum())
print(kept)
np.save(sys.argv[3], c.embed("pixels/8"))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_a_disk_that_fills_up_ends_the_run_and_the_next_goes_on(folder: Path, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(Path(pt.__file__).parents[1])}
    command = [sys.executable, "-c", FULL, str(folder), str(tmp_path / "s.sqlite"), str(tmp_path / "x.npy")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    said, kept = done.stdout.splitlines()
    assert "no room to write to the store" in said
    assert "what was stored before is kept" in said
    assert 0 < int(kept) < 240
    assert np.array_equal(np.load(tmp_path / "x.npy"), undisturbed(folder))
    with sqlite3.connect(tmp_path / "s.sqlite") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


FULL_IN_TRAINING = """
import resource, signal, sys
import pointillist as pt

soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def filled_up(losses):
    if len(losses) == 2:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))

options = {"dims": 4, "size": 16, "epochs": 4, "path": sys.argv[2]}
c = pt.Collection(sys.argv[1], store=None)
try:
    pt.train_autoencoder(c, **options, on_epoch=filled_up)
except pt.EncoderError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
print(len(pt.encoder(sys.argv[2]).losses))
done = []
pt.train_autoencoder(c, **options, on_epoch=lambda losses: done.append(len(losses)))
print(done)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_a_disk_that_fills_up_during_training_keeps_the_epochs_done(
    tmp_path: Path, draw_folder: Callable[..., Path]
) -> None:
    folder, path = draw_folder(tmp_path / "photos", per_color=8), tmp_path / "trained" / "a.safetensors"
    env = {**os.environ, "PYTHONPATH": str(Path(pt.__file__).parents[1])}
    command = [sys.executable, "-c", FULL_IN_TRAINING, str(folder), str(path)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    said, kept, went_on = done.stdout.splitlines()
    assert said.startswith(f"the trained encoder cannot be written to {str(path)!r} (")
    assert said.endswith("make room there, or name another file with path=; what was saved before is kept")
    assert (kept, went_on) == ("2", "[3, 4]")
    assert [file.name for file in path.parent.iterdir()] == [path.name]


HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_store_that_another_process_holds(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_S", 0.3)
    path, holders = tmp_path / "s.sqlite", []

    def hold() -> None:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holders.append(holder)

    model = Counted(14, hold)
    try:
        with pt.Collection(folder, store=path) as c:
            with pytest.raises(pt.StoreError, match=r"s\.sqlite was in use by another process for more than .*again"):
                c.embed(model)
            kept = int(c.store.have_vectors("counted", c.contents.keys()).sum())
            with (
                pytest.warns(UserWarning, match="Nothing is kept after this session: .* in use by another process"),
                pt.Collection(folder, store=path) as other,
            ):
                assert other.store.path is None
            holders[0].communicate("")
            before = model.images
            assert np.array_equal(c.embed(model), undisturbed(folder))
            assert model.images - before == 240 - kept
    finally:
        for holder in holders:
            holder.kill()
            holder.wait()
