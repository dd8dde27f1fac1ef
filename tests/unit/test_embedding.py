"""The embedding run: what it computes, what it leaves alone, and that stopping it loses next to nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import pointillist
from pointillist import embedding, reading
from pointillist.collection import Collection
from pointillist.embedding import embed
from pointillist.encoders import encoder
from pointillist.errors import Cancelled, EmbeddingError, EncoderError, StoreError
from pointillist.images import Images, read_source
from pointillist.jobs import Job, Jobs
from pointillist.reading import ends
from pointillist.store import Store


class MeanColor:
    """An encoder that counts what it is asked, and can be slow."""

    name = fingerprint = "mean colour"
    dims, input_px, batch = 3, 224, 8

    def __init__(self, *, seconds: float = 0.0, fail_after: int | None = None) -> None:
        self.seconds, self.fail_after = seconds, fail_after
        self.encoded: list[int] = []
        self.prepared = 0
        self.working = threading.Event()

    def prepare(self, rgb: np.ndarray) -> np.ndarray:
        self.prepared += 1
        return np.asarray(Image.fromarray(rgb).resize((8, 8)))

    def encode(self, batch: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        self.working.set()
        time.sleep(self.seconds * len(batch))
        if self.fail_after is not None and sum(self.encoded) >= self.fail_after:
            raise EncoderError("out of colours")
        self.encoded.append(len(batch))
        vectors = np.array([image.mean((0, 1)) for image in batch], np.float32) + 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def folder(tmp_path: Path, draw_folder: Callable[..., Path]) -> Path:
    return draw_folder(tmp_path / "photos", per_color=10)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store.sqlite", "test")


def stored(images: Images, store: Store, fingerprint: str) -> tuple[np.ndarray, np.ndarray]:
    return store.vectors(fingerprint, store.keys([images.signature(row) for row in range(len(images))]))


def test_every_image_gets_its_vector_and_thumbnail(folder: Path, store: Store) -> None:
    images, colors, job = read_source(folder), MeanColor(), Job("embedding")
    told: dict[int, np.ndarray] = {}

    def on_batch(rows: np.ndarray, vectors: np.ndarray) -> None:
        assert rows.dtype == np.uint32
        assert vectors.dtype == np.float32
        told.update(zip(rows.tolist(), vectors, strict=True))

    embed(images, colors, store, job=job, on_batch=on_batch)
    present, vectors = stored(images, store, colors.fingerprint)
    assert present.all()
    assert (job.done, job.total) == (40, 40)
    assert sorted(told) == list(range(40))
    assert np.array_equal(np.stack([told[row] for row in range(40)]), vectors)
    for row in (0, 17, 39):
        decoded = np.asarray(Image.open(folder / images.ids[row]).convert("RGB"))
        assert np.allclose(vectors[row], MeanColor().encode([MeanColor().prepare(decoded)])[0], atol=1e-6)
    keys = store.keys([images.signature(row) for row in range(40)])
    assert all(picture is not None and picture.startswith(b"\xff\xd8") for picture in store.thumbnails(keys))
    assert (store.sizes(keys) == 96).all()


def test_rows_come_in_a_fixed_random_order(folder: Path) -> None:
    orders = []
    for _ in range(2):
        order: list[int] = []
        images = read_source(folder)
        embed(
            images,
            MeanColor(),
            Store.open(None, "test"),
            job=Job("embedding"),
            on_batch=lambda rows, vectors, order=order: order.extend(rows.tolist()),
        )
        orders.append(order)
    assert orders[0] == orders[1]
    assert len({images.ids[row].split("/")[0] for row in orders[0][:12]}) >= 3


def test_a_second_run_reads_and_computes_nothing(folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    images = read_source(folder)
    embed(images, MeanColor(), store, job=Job("embedding"))
    monkeypatch.setattr(Images, "payload", lambda self, row: pytest.fail("a file was read"))
    again, job = MeanColor(), Job("embedding")
    embed(read_source(folder), again, store, job=job)
    assert (again.prepared, again.encoded, job.total) == (0, [], 0)


def test_new_and_changed_files_only(folder: Path, store: Store, draw_folder: Callable[..., Path]) -> None:
    embed(read_source(folder), MeanColor(), store, job=Job("embedding"))
    draw_folder(folder, per_color=1, start=100)
    Image.new("RGB", (50, 40), "purple").save(folder / "red" / "000.jpg")
    again, job = MeanColor(), Job("embedding")
    embed(read_source(folder), again, store, job=job)
    assert sum(again.encoded) == job.total == 5


def test_a_second_encoder_makes_no_second_thumbnail(
    folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed(read_source(folder), MeanColor(), store, job=Job("embedding"))
    monkeypatch.setattr(reading.rows, "thumbnail", lambda rgb: pytest.fail("a thumbnail was made"))
    pixels = encoder("pixels/8")
    embed(read_source(folder), pixels, store, job=Job("embedding"))
    assert stored(read_source(folder), store, pixels.fingerprint)[0].all()


BEFORE = pytest.mark.parametrize("before", ["nothing", "thumbnails", "an embedding"])


def opened_and_decoded(
    before: str, encoder: object, folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> tuple[Counter[str], Counter[bytes]]:
    """How often each file was opened and each payload decoded for an embedding, after what was done before."""
    with Collection(folder, encoder="pixels/8", store=store.path) as c:
        if before == "thumbnails":
            assert all(c.thumbnails(c.table.index))
        elif before == "an embedding":
            c.embed()
    opened, decoded = Counter[str](), Counter[bytes]()
    real: Any = vars(reading.rows)["decode"]

    def count(path: str, *args: Any, **options: Any) -> Any:
        opened[path] += 1
        return open(path, *args, **options)  # noqa: PTH123

    def decode(payload: Any, **options: Any) -> Any:
        decoded[payload] += 1
        return real(payload, **options)

    monkeypatch.setattr("pointillist.images.payload.open", count, raising=False)
    monkeypatch.setattr(reading.rows, "decode", decode)
    if before != "nothing":
        monkeypatch.setattr(reading.rows, "thumbnail", lambda rgb: pytest.fail("a thumbnail was made"))
    with Collection(folder, store=store.path) as c:
        assert np.isfinite(c.embed(encoder)).all()
        assert all(c.thumbnails(c.table.index))
    return opened, decoded


@BEFORE
def test_an_embedding_opens_and_decodes_each_file_once(
    before: str, folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, decoded = opened_and_decoded(before, MeanColor(), folder, store, monkeypatch)
    files = {str(path): path.read_bytes() for path in folder.rglob("*.jpg")}
    assert opened == dict.fromkeys(files, 1)
    assert decoded == dict.fromkeys(files.values(), 1)


@BEFORE
def test_a_small_model_opens_no_file_that_has_a_thumbnail(
    before: str, folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, decoded = opened_and_decoded(before, "pixels/16", folder, store, monkeypatch)
    once = [str(path) for path in folder.rglob("*.jpg")] if before == "nothing" else []
    assert opened == dict.fromkeys(once, 1)
    assert decoded.total() == len(once)


def test_what_a_small_model_makes_is_the_same_with_and_without_the_files(tmp_path: Path) -> None:
    """The third and fourth are too narrow for it, whole or as thumbnails."""
    noise = np.random.default_rng(0)
    for i, shape in enumerate([(300, 500, 3), (64, 64, 3), (40, 900, 3), (20, 30, 3)]):
        Image.fromarray(noise.integers(0, 256, shape, np.uint8)).save(tmp_path / f"{i}.png")
    pixels = encoder("pixels/32")
    with (
        Collection(tmp_path, store=tmp_path / "first") as first,
        Collection(tmp_path, store=tmp_path / "later") as later,
    ):
        assert all(later.thumbnails(later.table.index))
        vectors = first.embed(pixels)
        assert np.array_equal(vectors, later.embed(pixels))
        for i in range(4):
            assert first.similar(tmp_path / f"{i}.png", k=1)["similarity"].iloc[0] > 1 - 1e-6
        for i in (2, 3):
            rgb = np.asarray(Image.open(tmp_path / f"{i}.png"))
            assert np.array_equal(vectors[i], pixels.encode([pixels.prepare(rgb)])[0])


def test_a_small_model_makes_the_same_of_thumbnails_that_a_large_one_left(tmp_path: Path) -> None:
    class Large(MeanColor):
        input_px = 384

    noise = np.random.default_rng(0).integers(0, 256, (75, 60, 3), np.uint8)
    for side in (600, 900, 1500):
        Image.fromarray(noise).resize((side, side * 5 // 4)).save(tmp_path / f"{side}.jpg", quality=90)
    with (
        Collection(tmp_path, store=tmp_path / "first") as first,
        Collection(tmp_path, store=tmp_path / "later") as later,
    ):
        later.embed(Large())
        assert np.array_equal(first.embed("pixels/32"), later.embed("pixels/32"))
        assert first.thumbnails(first.table.index) == later.thumbnails(later.table.index)


def test_boxes_of_one_file_are_decoded_once_for_a_large_model_and_once_for_thumbnails(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas as pd
    from PIL.ImageFile import ImageFile

    class Large(MeanColor):
        input_px = 384

    Image.new("RGB", (1600, 1600), "teal").save(tmp_path / "a.jpg")
    boxes = [(str(tmp_path / "a.jpg"), 50 * i, 20 * i, 1200, 1200) for i in range(6)]
    loaded: list[int] = []
    load = ImageFile.load
    monkeypatch.setattr(ImageFile, "load", lambda self: (loaded.append(1) if self.tile else None, load(self))[1])
    embed(read_source(pd.DataFrame(boxes, columns=[*"pxywh"]), image="p", box=[*"xywh"]), Large(), store, job=Job("x"))
    assert len(loaded) == 2


def test_a_damaged_thumbnail_is_passed_over(folder: Path, store: Store) -> None:
    images, pixels = read_source(folder), encoder("pixels/16")
    embed(images, MeanColor(), store, job=Job("embedding"))
    path = store.path
    assert path is not None
    with sqlite3.connect(path) as db:
        db.execute("UPDATE thumbnails SET picture = substr(picture, 1, 40)")
    embed(images, pixels, store, job=Job("embedding"))
    assert stored(images, store, pixels.fingerprint)[0].all()


def test_equal_images_are_computed_once_and_each_row_told(tmp_path: Path, store: Store) -> None:
    for i in range(30):
        Image.new("RGB", (40, 30), ("red", "green", "blue")[i % 3]).save(tmp_path / f"{i:02d}.png")
    images, colors, rows = read_source(tmp_path), MeanColor(), []
    embed(images, colors, store, job=Job("embedding"), on_batch=lambda r, v: rows.extend(r.tolist()))
    assert sum(colors.encoded) == 3
    assert sorted(rows) == list(range(30))
    assert stored(images, store, colors.fingerprint)[0].all()


def test_a_copy_under_another_name_is_not_computed_again(folder: Path, store: Store) -> None:
    embed(read_source(folder), MeanColor(), store, job=Job("embedding"))
    (folder / "red" / "000.jpg").rename(folder / "red" / "moved.jpg")
    again, rows = MeanColor(), []
    images = read_source(folder)
    embed(images, again, store, job=Job("embedding"), on_batch=lambda r, v: rows.extend(r.tolist()))
    assert (again.prepared, again.encoded) == (0, [])
    assert [images.ids[row] for row in rows] == ["red/moved.jpg"]


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_boxes_of_one_file_are_read_and_decoded_once(
    ending: str, tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas as pd
    from PIL.ImageFile import ImageFile

    rng = np.random.default_rng(0)
    boxes = []
    for i in range(6):
        exif = Image.Exif()
        exif[0x0112] = 1 + i  # turned in all ways
        small = Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8))
        small.resize((1200, 900)).save(tmp_path / f"{i}.{ending}", exif=exif)
        for _ in range(5):
            x, y = rng.integers(0, 400, 2).tolist()
            boxes.append((str(tmp_path / f"{i}.{ending}"), x, y, 300, 290))
    table = pd.DataFrame(boxes, columns=["path", "x", "y", "w", "h"])
    pixels = MeanColor()
    one_by_one = [Store.open(None, f"alone {row}") for row in range(len(table))]
    expected = []
    for row, alone in enumerate(one_by_one):
        images = read_source(table.iloc[row : row + 1], image="path", box=["x", "y", "w", "h"])
        embed(images, pixels, alone, job=Job("embedding"))
        expected.append(stored(images, alone, pixels.fingerprint)[1][0])
    read_files, loaded = [], []
    payload, load = Images.payload, ImageFile.load
    monkeypatch.setattr(Images, "payload", lambda self, row: read_files.append(row) or payload(self, row))
    monkeypatch.setattr(ImageFile, "load", lambda self: (loaded.append(1) if self.tile else None, load(self))[1])
    images = read_source(table, image="path", box=["x", "y", "w", "h"])
    embed(images, pixels, store, job=Job("embedding"))
    np.testing.assert_array_equal(stored(images, store, pixels.fingerprint)[1], expected)
    assert len(read_files) == 6
    assert len(loaded) <= 7  # boxes of one file may want two scales


def test_images_in_memory_are_found_again_by_content(store: Store) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 20, 20, 3), np.uint8)
    embed(read_source(pixels), MeanColor(), store, job=Job("embedding"))
    again, told = MeanColor(), []
    embed(read_source(pixels), again, store, job=Job("embedding"), on_batch=lambda r, v: told.extend(r.tolist()))
    assert again.encoded == []
    assert sorted(told) == list(range(12))


@pytest.mark.parametrize("name", ["mean colour", "timm"])
def test_broken_images_leave_the_others_as_they_are(name: str, folder: Path, tmp_path: Path) -> None:
    if name == "timm":
        torch, timm = pytest.importorskip("torch"), pytest.importorskip("timm")
        torch.manual_seed(0)
        torch.save(timm.create_model("test_resnet").state_dict(), tmp_path / "weights.pth")
        model = encoder("timm/test_resnet", checkpoint=tmp_path / "weights.pth")
    else:
        model = MeanColor()
    clean, store = read_source(folder), Store.open(None, "clean")
    embed(clean, model, store, job=Job("embedding"))
    expected = dict(zip(clean.ids, stored(clean, store, model.fingerprint)[1], strict=True))

    good = (folder / "red" / "000.jpg").read_bytes()
    (folder / "red" / "cut.jpg").write_bytes(good[: len(good) // 3])
    (folder / "blue" / "empty.jpg").write_bytes(b"")
    (folder / "sand" / "text.jpg").write_text("not an image")
    (folder / "sand" / "gone.jpg").symlink_to(folder / "nowhere.jpg")
    mixed, store, job = read_source(folder), Store.open(None, "mixed"), Job("embedding")
    embed(mixed, model, store, job=job)
    present, vectors = stored(mixed, store, model.fingerprint)
    got = {id_: vector for id_, vector, there in zip(mixed.ids, vectors, present, strict=True) if there}
    assert sorted(got) == sorted(expected)
    # In 16-bit arithmetic another place in another batch may change the last of 8 bits; a neighbour would change all.
    assert max(float(np.abs(got[id_] - expected[id_]).max()) for id_ in got) < (1e-5 if name != "timm" else 4e-3)
    reasons = store.failures(mixed.ids, [mixed.signature(row) for row in range(len(mixed))])
    broken = {id_ for id_, reason in zip(mixed.ids, reasons, strict=True) if reason}
    assert broken == set(mixed.ids) - set(expected)
    assert {"red/cut.jpg", "blue/empty.jpg", "sand/text.jpg"} <= broken
    assert job.done == job.total == len(mixed)


def test_all_workers_work_though_the_first_images_are_broken(tmp_path: Path, store: Store) -> None:
    for i in range(40):
        Image.new("RGB", (20, 20), (i, 0, 0)).save(tmp_path / f"{i:02d}.png")
    for row in np.random.default_rng(0).permutation(40)[:3]:
        (tmp_path / f"{row:02d}.png").write_bytes(b"")
    met, first_come, alone = threading.Event(), threading.Lock(), []

    class Pair(MeanColor):
        workers = 2

        def encode(self, batch: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
            if first_come.acquire(blocking=False):
                alone.append(not met.wait(20))
            met.set()
            return super().encode(batch)

    pair, job = Pair(), Job("embedding")
    embed(read_source(tmp_path), pair, store, job=job)
    assert alone == [False], "no second worker came"
    assert sum(pair.encoded) == 37


def test_a_slow_model_gets_several_images_at_a_time_and_its_progress_is_told_every_second(
    folder: Path, store: Store
) -> None:
    class Slow(MeanColor):
        batch, workers = 16, 2

    slow, told = Slow(seconds=0.1), [time.monotonic()]
    embed(read_source(folder), slow, store, job=Job("embedding"), on_batch=lambda *_: told.append(time.monotonic()))
    assert slow.encoded[0] == 2
    assert 4 < max(slow.encoded) <= 8
    assert max(after - before for before, after in pairwise(told)) < 1.5


def test_the_last_images_are_shared_out_so_that_all_workers_end_together(folder: Path, store: Store) -> None:
    begun: list[int] = []

    class Team(MeanColor):
        workers = 3

        def encode(self, batch: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
            begun.append(len(batch))
            return super().encode(batch)

    team = Team(seconds=0.01)
    embed(read_source(folder), team, store, job=Job("embedding"))
    count = len(read_source(folder))
    assert sum(begun) == count
    assert max(begun) == team.batch, "there are enough images for a whole batch"
    assert sorted(begun[-3:])[:2] == [1, 1], "a whole batch at the end leaves the others idle"


def test_a_broken_file_is_tried_again_only_when_it_changed(folder: Path, store: Store) -> None:
    bad = folder / "red" / "bad.jpg"
    bad.write_text("not yet")
    embed(read_source(folder), MeanColor(), store, job=Job("embedding"))
    job = Job("embedding")
    embed(read_source(folder), MeanColor(), store, job=job)
    assert job.total == 0
    Image.new("RGB", (9, 9)).save(bad)
    colors = MeanColor()
    embed(read_source(folder), colors, store, job=Job("embedding"))
    assert colors.encoded == [1]
    images = read_source(folder)
    assert store.failures(images.ids, [images.signature(row) for row in range(len(images))]) == [None] * len(images)


@pytest.mark.parametrize("count", [0, 1])
def test_none_and_one(count: int, tmp_path: Path, store: Store) -> None:
    Image.new("RGB", (1, 1)).save(tmp_path / "one.png")
    if not count:
        (tmp_path / "one.png").write_bytes(b"")
    images, colors, job = read_source(tmp_path), MeanColor(), Job("embedding")
    embed(images, colors, store, job=job)
    assert stored(images, store, colors.fingerprint)[0].tolist() == [bool(count)]
    assert job.done == 1


def test_cancel_stops_within_a_second_and_keeps_what_is_done(folder: Path, store: Store) -> None:
    jobs, slow, images, told = Jobs(), MeanColor(seconds=0.05), read_source(folder), []
    some = threading.Event()

    def on_batch(rows: np.ndarray, vectors: np.ndarray) -> None:
        told.extend(rows.tolist())
        some.set()

    job = jobs.start("embedding", lambda job: embed(images, slow, store, job=job, on_batch=on_batch))
    assert some.wait(20)
    began = time.monotonic()
    job.cancel()
    assert jobs.wait(10)
    assert time.monotonic() - began < 1
    assert job.state == "cancelled"
    present, _ = stored(images, store, slow.fingerprint)
    assert 0 < len(told) < 40
    assert np.flatnonzero(present).tolist() == sorted(told)
    rest = MeanColor()
    embed(images, rest, store, job=Job("embedding"))
    assert sum(rest.encoded) == 40 - len(told)


def test_an_interrupt_keeps_what_is_done(folder: Path, store: Store) -> None:
    images, slow, told = read_source(folder), MeanColor(seconds=0.05), []

    def on_batch(rows: np.ndarray, vectors: np.ndarray) -> None:
        told.extend(rows.tolist())
        signal.raise_signal(signal.SIGINT)

    # A program started in the background by a shell, as CI may do, has SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            embed(images, slow, store, job=Job("embedding"), on_batch=on_batch)
    finally:
        signal.signal(signal.SIGINT, before)
    assert told
    assert set(told) <= set(np.flatnonzero(stored(images, store, slow.fingerprint)[0]).tolist())


class SlowToLoad(MeanColor):
    """Its model takes as long to load as the test wants, and is loaded by whoever asks first for one of its figures."""

    def __init__(self, asked: str) -> None:
        super().__init__()
        self.asked, self.loading, self.loaded = asked, threading.Event(), threading.Event()

    def _figure(self, name: str, value: int) -> int:
        if name == self.asked:
            self.loading.set()
            assert self.loaded.wait(60)
        return value

    input_px = property(lambda self: self._figure("input_px", 32))  # type: ignore[assignment]
    batch = property(lambda self: self._figure("batch", 4))  # type: ignore[assignment]


FIGURES = pytest.mark.parametrize("asked", ["input_px", "batch"])


@FIGURES
def test_cancel_stops_within_a_second_while_the_model_is_loaded(asked: str, folder: Path, store: Store) -> None:
    jobs, slow = Jobs(), SlowToLoad(asked)
    job = jobs.start("embedding", lambda job: embed(read_source(folder), slow, store, job=job))
    assert slow.loading.wait(20)
    began = time.monotonic()
    job.cancel()
    assert jobs.wait(10)
    assert time.monotonic() - began < 1
    assert job.state == "cancelled"
    slow.loaded.set()


@FIGURES
def test_an_interrupt_stops_the_cell_within_a_second_while_the_model_is_loaded(asked: str, folder: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    slow, sent, over = SlowToLoad(asked), [], threading.Event()

    def interrupt() -> None:
        """Once more after 5 s: Python drops an interrupt that comes in a callback of its own, as of its imports."""
        while slow.loading.wait(20) and not over.is_set() and len(sent) < 2:
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)
            over.wait(5)

    thread = threading.Thread(target=interrupt)
    try:
        with Collection(folder, store=None) as c:
            with pytest.raises(KeyboardInterrupt):
                thread.start()
                c.embed(slow)
            over.set()
            assert time.monotonic() - sent[-1] < 1
            slow.loaded.set()
            assert np.isfinite(c.embed(slow)).all()
    finally:
        over.set()
        thread.join()
        signal.signal(signal.SIGINT, before)


class Precise(MeanColor):
    """Gives float64, of unit length."""

    def encode(self, batch: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        return super().encode(batch).astype(np.float64)


@pytest.mark.parametrize(("dtype", "size"), [("float16", 6), ("float32", 12)])
def test_vectors_are_kept_as_asked_and_found_and_compared_as_float32(dtype: Any, size: int, folder: Path) -> None:
    told = set()
    with Collection(folder, store=None) as c, Collection(folder, store=None) as exact:
        x = c.embed(Precise(), dtype=dtype, on_batch=lambda rows, vectors: told.add(vectors.dtype.name))
        expected = exact.embed(MeanColor())
        assert told == {"float32"}
        with c.store._database.read() as db:
            assert db.execute("SELECT DISTINCT length(vector), count(*) FROM vectors").fetchall() == [(size, 40)]
        assert x.dtype == np.float32
        assert np.abs(x - expected).max() <= (0 if dtype == "float32" else 2**-11)
        assert np.array_equal(x, expected) == (dtype == "float32")
        similarity = c.similar(c.table.index[0], k=39)["similarity"]
        assert np.abs(similarity - exact.similar(c.table.index[0], k=39)["similarity"]).max() < 1e-3
        assert np.abs(c.neighbours(k=5).distances - exact.neighbours(k=5).distances).max() < 1e-3
    with Collection(folder, store=None) as c, pytest.raises(EmbeddingError, match="kept as 'float32' or 'float16'"):
        c.embed(MeanColor(), dtype="float64")  # type: ignore[arg-type]


class Late(MeanColor):
    """It is loaded when another has embedded some images."""

    def __init__(self, other: MeanColor, images: int) -> None:
        super().__init__(seconds=other.seconds)
        self.other, self.images = other, images

    @property
    def batch(self) -> int:  # type: ignore[override]
        while sum(self.other.encoded) < self.images:
            time.sleep(0.002)
        return 8


def test_two_processes_that_embed_the_same_images_share_them(
    tmp_path: Path, draw_folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "AHEAD", 8)
    monkeypatch.setattr(embedding, "WRITE_ROWS", 8)
    monkeypatch.setattr(ends, "MADE", 8)
    images, path = read_source(draw_folder(tmp_path / "photos", per_color=60)), tmp_path / "store.sqlite"
    first = MeanColor(seconds=0.005)
    models: list[MeanColor] = [Late(first, 60), first]
    told: list[list[int]] = [[], []]
    jobs = [Job("embedding"), Job("embedding")]

    def run(model: MeanColor, rows: list[int], job: Job) -> None:
        store = Store.open(path, "test")
        embed(images, model, store, job=job, on_batch=lambda more, _: rows.extend(more.tolist()))

    threads = [threading.Thread(target=run, args=args) for args in zip(models, told, jobs, strict=True)]
    for thread, job in zip(threads, jobs, strict=True):
        thread.start()
        while not job.total:  # both know of no vector when they begin
            time.sleep(0.002)
    for thread in threads:
        thread.join(60)
    assert [sorted(rows) for rows in told] == [list(range(240))] * 2
    assert [job.done for job in jobs] == [240, 240]
    assert 240 <= sum(sum(model.encoded) for model in models) <= 300
    assert stored(images, Store.open(path, "test"), first.fingerprint)[0].all()


def test_cancelled_before_it_began(folder: Path, store: Store) -> None:
    job, colors = Job("embedding"), MeanColor()
    job.cancel()
    with pytest.raises(Cancelled):
        embed(read_source(folder), colors, store, job=job)
    assert colors.encoded == []


class Narrow(MeanColor):
    """Has room for a few images at a time."""

    batch, workers = 16, 2

    def __init__(self, most: int, error: Callable[[], Exception]) -> None:
        super().__init__()
        self.most, self.error, self.refused = most, error, 0

    def encode(self, batch: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        if len(batch) > self.most:
            self.refused += 1
            raise self.error()
        return super().encode(batch)


class OutOfMemoryError(RuntimeError):
    """Called as torch calls its own."""


def wrapped() -> Exception:
    error = EncoderError("the encoder failed")
    error.__cause__ = RuntimeError("CUDA error: out of memory")
    return error


@pytest.mark.parametrize(
    "error", [OutOfMemoryError, MemoryError, wrapped, lambda: RuntimeError("can't allocate memory: you tried")]
)
def test_a_batch_too_large_for_the_memory_is_halved(error: Callable[[], Exception], folder: Path, store: Store) -> None:
    narrow, images, expected = Narrow(3, error), read_source(folder), Store.open(None, "expected")
    embed(images, narrow, store, job=Job("embedding"))
    assert 1 <= narrow.refused <= 2 * 3  # both workers may be at it, from 16 to 8, 4 and 2; then never again
    assert max(narrow.encoded) <= 3
    embed(images, MeanColor(), expected, job=Job("embedding"))
    fingerprint = narrow.fingerprint
    np.testing.assert_array_equal(stored(images, store, fingerprint)[1], stored(images, expected, fingerprint)[1])


def test_no_memory_for_a_single_image_is_told(folder: Path, store: Store) -> None:
    with pytest.raises(EncoderError, match="no memory for a single image with 'mean colour'"):
        embed(read_source(folder), Narrow(0, MemoryError), store, job=Job("embedding"))


def test_a_store_that_cannot_be_written_ends_the_run(
    folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Store, batch: object) -> None:
        raise StoreError("no room left on the disk")

    monkeypatch.setattr(Store, "put_batch", full)
    with pytest.raises(StoreError, match="no room left"):
        embed(read_source(folder), MeanColor(), store, job=Job("embedding"))


def test_images_are_read_by_several_threads(folder: Path, store: Store) -> None:
    two, alone = threading.Barrier(2), []

    class Together(MeanColor):
        def prepare(self, rgb: np.ndarray) -> np.ndarray:
            if not self.prepared:
                try:
                    two.wait(20)
                except threading.BrokenBarrierError:
                    alone.append(1)
            return super().prepare(rgb)

    embed(read_source(folder), Together(), store, job=Job("embedding"))
    assert not alone


def test_images_are_read_ahead_while_the_model_works_but_not_all_of_them(store: Store) -> None:
    most, so_many = embedding.AHEAD + 50, []

    class Watching(MeanColor):
        def encode(self, batch: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
            if not self.encoded:
                ends = time.monotonic() + 20
                while self.prepared < embedding.AHEAD and time.monotonic() < ends:
                    time.sleep(0.01)
                time.sleep(0.3)  # what is not held back comes now
                so_many.append(self.prepared)
            return super().encode(batch)

    pixels = np.random.default_rng(0).integers(0, 256, (1000, 8, 8, 3), np.uint8)
    embed(read_source(pixels), Watching(), store, job=Job("embedding"))
    assert embedding.AHEAD <= so_many[0] <= most


def test_few_files_are_kept_open_for_their_boxes(tmp_path: Path) -> None:
    import pandas as pd

    for i in range(9):
        Image.new("RGB", (20, 20), (i, 0, 0)).save(tmp_path / f"{i}.png")
    table = pd.DataFrame([(str(tmp_path / f"{i}.png"), 0, 0, 9, 9) for i in range(9)], columns=["path", *"xywh"])
    sources = reading.rows.Sources(read_source(table, image="path", box=[*"xywh"]))
    payloads = [sources.get(row)[0] for row in range(9)]
    assert payloads == [(tmp_path / f"{i}.png").read_bytes() for i in range(9)]
    assert len(sources._open) == reading.rows.KEPT < 9


def test_reading_stays_a_bounded_way_ahead() -> None:
    begun: list[int] = []
    lock = threading.Lock()

    def work(task: int) -> int:
        with lock:
            begun.append(task)
        return task

    results = reading.ahead(work, range(1000), threads=4, most=10, check=lambda: None)
    taken = [next(results) for _ in range(50)]
    assert taken == list(range(50))
    assert max(begun) < 50 + 10
    results.close()


PROGRAM = """
import sys, time
from pathlib import Path
import numpy as np
from pointillist.embedding import embed
from pointillist.images import read_source
from pointillist.jobs import Job
from pointillist.store import Store

class Slow:
    name = fingerprint = "slow"
    dims, input_px, batch = 3, 32, 4
    def prepare(self, rgb):
        return rgb
    def encode(self, batch):
        time.sleep(0.02 * len(batch))
        with Path(sys.argv[3]).open("a") as log:
            log.write(f"{len(batch)}\\n")
        return np.full((len(batch), 3), 3 ** -0.5, np.float32)

def told(rows, vectors):
    print(len(rows), flush=True)

images = read_source(Path(sys.argv[1]))
embed(images, Slow(), Store.open(Path(sys.argv[2]), "test"), job=Job("embedding"), on_batch=told)
print("end", flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_kill_loses_at_most_the_write_in_flight(tmp_path: Path, draw_folder: Callable[..., Path]) -> None:
    folder, path, log = draw_folder(tmp_path / "photos", per_color=100), tmp_path / "store.sqlite", tmp_path / "log"
    env = {**os.environ, "PYTHONPATH": str(Path(pointillist.__file__).parents[1])}
    command = [sys.executable, "-c", PROGRAM, str(folder), str(path), str(log)]
    written = 0
    for _ in range(3):
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                written += int(line)
                if int(line) and process.poll() is None:
                    process.send_signal(signal.SIGKILL)
            process.wait()
        with sqlite3.connect(path) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        images = read_source(folder)
        kept = int(stored(images, Store.open(path, "test"), "slow")[0].sum())
        assert kept >= written
        written = kept
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "end"
    assert stored(read_source(folder), Store.open(path, "test"), "slow")[0].all()
    computed = sum(int(line) for line in log.read_text().split())
    assert 400 <= computed <= 400 + 3 * 64
