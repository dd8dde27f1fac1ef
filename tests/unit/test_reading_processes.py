"""Images read in other processes: the same rows, failures and vectors as by threads, whatever happens to a process."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from pointillist import children
from pointillist.embedding import embed
from pointillist.encoders import encoder
from pointillist.errors import EncoderError
from pointillist.images import Images, read_source
from pointillist.jobs import Job, Jobs
from pointillist.reading import Task, processes, readers
from pointillist.store import Store


@pytest.fixture
def folder(tmp_path: Path, draw_folder: Callable[..., Path]) -> Path:
    """40 drawings, one of them twice, a broken file, and one with a name that is not ASCII."""
    folder = draw_folder(tmp_path / "photos", per_color=10)
    first = min(folder.rglob("*.jpg"))
    (folder / "später 写真.jpg").write_bytes(first.read_bytes() + b"another key")
    (folder / "copy.jpg").write_bytes(first.read_bytes())
    (folder / "broken.jpg").write_bytes(first.read_bytes()[:60])
    return folder


@pytest.fixture
def many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "CORES", 1)
    monkeypatch.setattr(readers, "ROWS", 1)
    monkeypatch.setattr(readers, "_cores", lambda: 4)

    def none_by_threads(tasks: Iterator[Task], over: Callable[[], bool]) -> Iterator[Task]:
        while not over():
            time.sleep(0.02)
        return
        yield from tasks

    monkeypatch.setattr(readers, "_until", none_by_threads)


def own_children() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if processes.__name__ in " ".join(one.cmdline())]


def run(images: Images, place: Path, job: Job | None = None) -> tuple[np.ndarray, list[str], list[bytes | None]]:
    """Vectors, reasons and thumbnails of a run with pixels in a store of its own."""
    pixels, store = encoder("pixels/16"), Store.open(place, "test")
    embed(images, pixels, store, job=job or Job("embedding"))
    signatures = [images.signature(row) for row in range(len(images))]
    keys = store.keys(signatures)
    reasons = [reason or "" for reason in store.failures(images.ids, signatures)]
    return store.vectors(pixels.fingerprint, keys)[1], reasons, store.thumbnails(keys)


@pytest.mark.usefixtures("many_cores")
def test_processes_read_what_threads_read(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images, started = read_source(folder), []
    true_start = children.start

    def start(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        started.append(arguments)
        return true_start(*arguments, **options)

    monkeypatch.setattr(children, "start", start)
    vectors, reasons, pictures = run(images, tmp_path / "processes.sqlite")
    assert len(started) == 2
    monkeypatch.setattr(readers, "CORES", 1000)
    expected = run(images, tmp_path / "threads.sqlite")
    assert len(started) == 2
    assert np.array_equal(vectors, expected[0], equal_nan=True)
    assert np.isfinite(vectors).all(axis=1).sum() == len(images) - 1
    assert reasons == expected[1]
    assert pictures == expected[2]
    assert not own_children()


@pytest.mark.usefixtures("many_cores")
def test_networks_prepare_their_inputs_in_processes_too(folder: Path, tmp_path: Path) -> None:
    lite, images = encoder("timm/tf_efficientnet_lite0"), read_source(folder)
    tasks = [Task(row, images.signature(row), None) for row in range(5)]
    store = Store.open(tmp_path / "store.sqlite", "test")
    job = Job("embedding")
    apart = list(readers.readings(tasks, iter(tasks), images, lite, store, begun=(), most=lambda: 8, job=job))
    here = list(
        readers.readings(tasks, iter(tasks), images, lite, Store.open(None, ""), begun=(), most=lambda: 8, job=job)
    )
    for one, other in zip(apart, here, strict=True):
        assert one.record == other.record
        assert one.prepared is not None and other.prepared is not None
        assert np.array_equal(one.prepared, other.prepared)


@pytest.mark.usefixtures("many_cores")
def test_contents_with_a_vector_are_not_decoded_again(folder: Path, tmp_path: Path) -> None:
    store, pixels = Store.open(tmp_path / "store.sqlite", "test"), encoder("pixels/16")
    embed(read_source(folder), pixels, store, job=Job("embedding"))
    for path in sorted(folder.rglob("*.jpg")):
        path.rename(path.with_name(f"moved {path.name}"))
    images = read_source(folder)
    tasks = [Task(row, images.signature(row), None) for row in range(len(images))]
    again = readers.readings(tasks, iter(tasks), images, pixels, store, begun=(), most=lambda: 8, job=Job("embedding"))
    assert not [reading for reading in again if reading.prepared is not None]


class Deadly:
    """Kills the process that prepares an image of 77 px; waits until the test has had enough; fails."""

    def __init__(self, *, waits: bool = False, fails: type[Exception] | None = None) -> None:
        self.waits, self.fails, self.home = waits, fails, os.getpid()

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        if rgb.shape[0] == 77:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.waits and rgb.shape[0] != 8:
            time.sleep(600)
        if self.fails and rgb.shape[0] != 8:
            raise self.fails("in process" if os.getpid() != self.home else "here")
        return rgb[:4, :4]


class DeadlyEncoder:
    name = fingerprint = "deadly"
    dims, input_px, batch = 48, 224, 8

    def __init__(self, *, waits: bool = False, fails: type[Exception] | None = None) -> None:
        self.preparing = Deadly(waits=waits, fails=fails)

    def prepare(self, rgb: np.ndarray) -> np.ndarray:
        return self.preparing(rgb)

    def encode(self, batch: list[np.ndarray]) -> np.ndarray:
        return np.stack([np.resize(image, 48).astype(np.float32) for image in batch])


class Lazy:
    """Loads a model when it is asked how it prepares."""

    name = fingerprint = "lazy"
    dims, input_px, batch = 48, 224, 8

    def __init__(self) -> None:
        self.beside: list[int] = []

    @property
    def preparing(self) -> Deadly:
        self.beside.append(len(own_children()))
        return Deadly()

    prepare, encode = DeadlyEncoder.prepare, DeadlyEncoder.encode


@pytest.mark.usefixtures("many_cores")
def test_processes_start_before_the_model_is_loaded(folder: Path, tmp_path: Path) -> None:
    lazy, store = Lazy(), Store.open(tmp_path / "store.sqlite", "test")
    embed(read_source(folder), lazy, store, job=Job("embedding"))  # type: ignore[arg-type]
    assert lazy.beside[0] == 2


def deadly(folder: Path, place: Path, killers: int, *, waits: bool = False) -> tuple[Images, Store, DeadlyEncoder]:
    for number in range(killers):
        shade = 20 * number
        Image.new("RGB", (77, 77), (shade, 0, 0)).save(folder / f"killer {number}.jpg")
    return read_source(folder), Store.open(place, "test"), DeadlyEncoder(waits=waits)


@pytest.mark.usefixtures("many_cores")
def test_an_image_that_kills_its_process_is_a_failure_and_nothing_else_is_lost(folder: Path, tmp_path: Path) -> None:
    images, store, encoder = deadly(folder, tmp_path / "store.sqlite", 2)
    embed(images, encoder, store, job=Job("embedding"))  # type: ignore[arg-type]
    signatures = [images.signature(row) for row in range(len(images))]
    failures = dict(zip(images.ids, store.failures(images.ids, signatures), strict=True))
    vectors = store.have_vectors(encoder.fingerprint, store.keys(signatures))
    assert vectors.sum() == len(images) - 3
    assert not failures["red/000.jpg"]
    assert "cut off" in (failures["broken.jpg"] or "")
    assert not own_children()


@pytest.mark.usefixtures("many_cores")
def test_cancel_ends_the_processes_that_read(folder: Path, tmp_path: Path) -> None:
    images, store, encoder = deadly(folder, tmp_path / "store.sqlite", 0, waits=True)
    jobs = Jobs()
    job = jobs.start("embedding", lambda job: embed(images, encoder, store, job=job))  # type: ignore[arg-type]
    while len(own_children()) < 2 or not any(one.cpu_times().user > 0.2 for one in own_children()):
        time.sleep(0.05)
    job.cancel()
    assert jobs.wait(10)  # each reads for 600 s
    assert not own_children()


class Silent(ArithmeticError):
    """Cannot be pickled."""

    def __reduce__(self) -> Any:
        raise TypeError("never")


@pytest.mark.usefixtures("many_cores")
@pytest.mark.parametrize("error", [ArithmeticError, Silent])
def test_what_cannot_be_prepared_in_a_process_is_refused_with_its_reason(
    error: type[Exception], folder: Path, tmp_path: Path
) -> None:
    images, store = read_source(folder), Store.open(tmp_path / "store.sqlite", "test")
    with pytest.raises(EncoderError, match="in process"):
        embed(images, DeadlyEncoder(fails=error), store, job=Job("embedding"))  # type: ignore[arg-type]
    assert not own_children()


def test_threads_read_until_the_processes_can(
    folder: Path, tmp_path: Path, many_cores: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    here: list[int] = []

    def some(tasks: Iterator[Task], over: Callable[[], bool]) -> Iterator[Task]:
        for task in islice(tasks, 7):
            here.append(task.row)
            yield task
        while not over():
            time.sleep(0.02)

    monkeypatch.setattr(readers, "_until", some)
    images, pixels, store = read_source(folder), encoder("pixels/16"), Store.open(tmp_path / "store.sqlite", "test")
    tasks = [Task(row, images.signature(row), None) for row in range(len(images))]
    read = readers.readings(tasks, iter(tasks), images, pixels, store, begun=(), most=lambda: 8, job=Job("embedding"))
    assert [reading.row for reading in read] == list(range(len(images)))
    assert here == list(range(7))


@pytest.mark.usefixtures("many_cores")
@pytest.mark.parametrize("how", ["none starts", "it ends at once"])
def test_threads_read_where_no_process_can(
    how: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*_: object, **__: object) -> subprocess.Popen[bytes]:
        if how == "none starts":
            raise OSError("no more processes")
        return subprocess.Popen(["false"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    monkeypatch.setattr(children, "start", start)
    vectors, _, _ = run(read_source(folder), tmp_path / "store.sqlite")
    assert np.isfinite(vectors).all(axis=1).sum() == 42


@pytest.mark.usefixtures("many_cores")
def test_threads_read_for_an_encoder_that_cannot_be_sent_to_processes(folder: Path, tmp_path: Path) -> None:
    images, store, encoder = deadly(folder, tmp_path / "store.sqlite", 0)
    encoder.preparing = lambda rgb: rgb[:4, :4]  # type: ignore[assignment]
    embed(images, encoder, store, job=Job("embedding"))  # type: ignore[arg-type]
    keys = store.keys([images.signature(row) for row in range(len(images))])
    assert store.have_vectors(encoder.fingerprint, keys).sum() == len(images) - 1
    assert not own_children()
