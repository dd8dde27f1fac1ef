"""What a run survives: being killed at any moment, hostile files among good ones, files that move and go."""

from __future__ import annotations

import io
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

import pointillist as pt
from pointillist.embedding import embed
from pointillist.encoders import encoder
from pointillist.images import read_source
from pointillist.jobs import Job
from pointillist.store import Store

PROGRAM = """
import os, sys, time
from pathlib import Path
import numpy as np
from pointillist.embedding import embed
from pointillist.encoders import encoder
from pointillist.images import read_source
from pointillist.jobs import Job
from pointillist.store import Store

class Logged:
    # pixels/8, slowed down, that writes down how many it computes before it is heard of again
    inner = encoder("pixels/8")
    name = fingerprint = "logged"
    dims, input_px, batch = inner.dims, inner.input_px, 8
    prepare = inner.prepare
    def encode(self, batch):
        time.sleep(0.002 * len(batch))
        with Path(sys.argv[3]).open("a") as log:
            log.write(f"{len(batch)}\\n")
        return self.inner.encode(batch)

def run():
    images = read_source(Path(sys.argv[1]))
    store = Store.open(Path(sys.argv[2]), "test")
    print("begin", os.getpid(), flush=True)
    embed(images, Logged(), store, job=Job("embedding"))

# A run is a copy of this process for each line: what is imported need not be again.
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        run()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    print("killed" if os.WIFSIGNALED(status) else "ended", os.WEXITSTATUS(status), flush=True)
"""


def vectors_in(folder: Path, store: Store, fingerprint: str) -> dict[str, np.ndarray]:
    images = read_source(folder)
    keys = store.keys([images.signature(row) for row in range(len(images))])
    present, vectors = store.vectors(fingerprint, keys)
    return {id_: vector for id_, vector, there in zip(images.ids, vectors, present, strict=True) if there}


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_random_moments_nothing_is_lost_but_the_batch_in_flight(
    kills: int, tmp_path: Path, draw_folder: Callable[..., Path]
) -> None:
    folder, path, log = (
        draw_folder(tmp_path / "photos", per_color=30 * kills),
        tmp_path / "store.sqlite",
        tmp_path / "log",
    )
    env = {**os.environ, "PYTHONPATH": str(Path(pt.__file__).parents[1])}
    command = [sys.executable, "-c", PROGRAM, str(folder), str(path), str(log)]
    rng, killed, lost = random.Random(0), 0, [0]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for run in range(kills + 1):
            process.stdin.write("run\n")
            process.stdin.flush()
            word, pid = process.stdout.readline().split()
            assert word == "begin"
            if run < kills:
                time.sleep(rng.uniform(0, 0.4))
                os.kill(int(pid), signal.SIGKILL)
            said = process.stdout.readline()
            killed += said.startswith("killed")
            with sqlite3.connect(path) as db:
                assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                kept = db.execute("SELECT count(*) FROM vectors").fetchone()[0]
            computed = sum(int(line) for line in log.read_text().split()) if log.exists() else 0
            lost.append(computed - kept)
        assert said == "ended 0\n"
        process.stdin.close()
    undisturbed, pixels = Store.open(None, "test"), encoder("pixels/8")
    embed(read_source(folder), pixels, undisturbed, job=Job("embedding"))
    expected = vectors_in(folder, undisturbed, pixels.fingerprint)
    got = vectors_in(folder, Store.open(path, "test"), "logged")
    assert len(expected) == 120 * kills
    assert got.keys() == expected.keys()
    assert all(np.array_equal(got[id_], expected[id_]) for id_ in expected)
    assert killed == kills  # none came too late
    assert min(np.diff(lost)) >= 0
    assert max(np.diff(lost)) <= 64 + 3 * 8  # computed again: unwritten rows, batches in flight


FORMATS = {
    "jpg": {"format": "JPEG", "quality": 85},
    "png": {"format": "PNG"},
    "webp": {"format": "WEBP"},
    "gif": {"format": "GIF"},
    "tif": {"format": "TIFF", "compression": "tiff_lzw"},
    "bmp": {"format": "BMP"},
}


def good(i: int) -> tuple[str, bytes]:
    """The name's ending and the bytes of picture number i."""
    rng = np.random.default_rng(i)
    small = Image.fromarray(rng.integers(0, 256, (5, 6, 3), np.uint8))
    ending = list(FORMATS)[i % len(FORMATS)]
    file = io.BytesIO()
    small.resize((int(rng.integers(20, 90)), int(rng.integers(20, 90)))).save(file, **FORMATS[ending])
    return ending, file.getvalue()


WAYS = 9
CERTAIN = (0, 5, 6, 8)
"""Ways that leave no picture: cut off, noise, another kind of file, enormous."""


def way_of(i: int) -> int:
    """How file number i is spoiled: every way meets every format."""
    return i // len(FORMATS) % WAYS


def hostile(i: int) -> tuple[str, bytes]:
    """A damaged, truncated, mislabelled or lying file, and an ending; the same for the same i."""
    rng = random.Random(i)
    ending, data = good(i)
    other = rng.choice(list(FORMATS))
    spoiled = bytearray(data)
    way = way_of(i)
    if way == 0:
        return ending, data[: rng.randrange(len(data))]
    if way == 1:  # bytes changed here and there
        for _ in range(rng.randint(1, 40)):
            spoiled[rng.randrange(len(data))] = rng.randrange(256)
    if way == 2:  # a run of zeros
        start = rng.randrange(len(data))
        spoiled[start : start + rng.randint(1, 400)] = bytes(min(400, len(data) - start))
    if way == 3:  # the header lies: sizes, counts, offsets
        for _ in range(6):
            at = rng.randrange(min(64, len(data) - 4))
            spoiled[at : at + 4] = rng.choice([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", rng.randbytes(4)])
    if way == 4:  # the head of one format on the body of another
        spoiled[: min(32, len(data))] = good(i + 1)[1][:32]
    if way == 5:
        return other, rng.randbytes(rng.randint(0, 3000))
    if way == 6:
        return other, rng.choice(
            [b"", b"\0" * 5000, b"<html>not found</html>", b"version https://git-lfs", b"%PDF-1.7"]
        )
    if way == 7:  # doubled inside
        at = rng.randrange(len(data))
        spoiled[at:at] = spoiled[at // 2 : at]
    if way == 8:  # a PNG or BMP that says it is enormous
        import struct
        import zlib

        side = rng.choice([20_000, 65_535, 2**31 - 1])
        head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        chunk = b"IHDR" + head
        png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
        bmp = b"BM" + struct.pack("<IHHIIiiHH", 54, 0, 0, 54, 40, side, side, 1, 24) + bytes(24)
        return rng.choice([("png", png), ("bmp", bmp)])
    return ending, bytes(spoiled)


@contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """The most resident memory of this process meanwhile, in bytes."""
    process, ended = psutil.Process(), threading.Event()
    seen = [process.memory_info().rss]

    def look() -> None:
        while not ended.wait(0.01):
            seen.append(process.memory_info().rss)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    yield lambda: max(seen)
    ended.set()
    thread.join()


@pytest.mark.parametrize("count", [150, pytest.param(1000, marks=pytest.mark.slow)])
def test_hostile_files_among_good_ones_change_nothing(count: int, tmp_path: Path) -> None:
    pixels = encoder("pixels/8")
    for i in range(count):
        ending, data = good(i)
        (tmp_path / "good").mkdir(exist_ok=True)
        (tmp_path / "good" / f"{i:04d}.{ending}").write_bytes(data)
    alone = Store.open(None, "alone")
    embed(read_source(tmp_path), pixels, alone, job=Job("embedding"))
    expected = vectors_in(tmp_path, alone, pixels.fingerprint)
    assert len(expected) == count
    (tmp_path / "bad").mkdir()
    for i in range(count):
        ending, data = hostile(i)
        (tmp_path / "bad" / f"{i:04d}.{ending}").write_bytes(data)
    c = pt.Collection(tmp_path, store=None)
    began, before = time.monotonic(), psutil.Process().memory_info().rss
    with peak_memory() as peak:
        x = c.embed(pixels)
    assert time.monotonic() - began < 20 + 0.1 * count  # no hang; a loaded machine needs some of it
    assert peak() - before < 800e6
    failures = c.failures
    for row, id_ in enumerate(c.images.ids):
        if id_ in expected:
            assert np.array_equal(x[row], expected[id_])
        else:  # either it has pixels, or it has a reason
            assert np.isnan(x[row]).all() == (id_ in failures.index)
    assert not set(failures.index) & set(expected)
    bad = {int(name[:4]) for name in failures["name"]}
    assert {i for i in range(count) if way_of(i) in CERTAIN} <= bad
    assert (failures["reason"].str.len() > 10).all()
    assert len(failures) > 0.6 * count
    assert not failures["reason"].str.contains("Traceback|Error\\(|0x7f").any()


def test_moved_renamed_and_deleted_files(tmp_path: Path, draw_folder: Callable[..., Path]) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=4)
    encoded: list[int] = []

    def counted(batch: list[np.ndarray]) -> np.ndarray:
        encoded.append(len(batch))
        return np.stack([image.mean((0, 1)) for image in batch])

    counted.fingerprint = "1"  # type: ignore[attr-defined]
    with pt.Collection(folder, store=tmp_path / "store.sqlite") as c:
        before = dict(zip(c.images.ids, c.embed(counted), strict=True))
        c.tag(["red/000.jpg", "red/001.jpg", "blue/000.jpg"], "seen")
    (folder / "moved").mkdir()
    (folder / "red" / "001.jpg").rename(folder / "moved" / "a.jpg")
    (folder / "red" / "002.jpg").rename(folder / "red" / "other name.jpg")
    (folder / "blue" / "000.jpg").unlink()
    os.utime(folder / "red" / "003.jpg", (1, 1))  # looked at again, the same inside
    Image.new("RGB", (40, 40), "purple").save(folder / "green" / "000.jpg")
    encoded.clear()
    with pt.Collection(folder, store=tmp_path / "store.sqlite") as c:
        after = dict(zip(c.images.ids, c.embed(counted), strict=True))
        assert sum(encoded) == 1  # the changed one
        assert np.array_equal(after["moved/a.jpg"], before["red/001.jpg"])
        assert np.array_equal(after["red/other name.jpg"], before["red/002.jpg"])
        assert not np.allclose(after["green/000.jpg"], before["green/000.jpg"])
        assert c.table.index[c.table["tags"].map(bool)].tolist() == ["moved/a.jpg", "red/000.jpg"]
        assert c.missing.index.tolist() == ["blue/000.jpg"]
    draw_folder(folder, per_color=1, colors=("blue",))  # it comes back, with its tag
    with pt.Collection(folder, store=tmp_path / "store.sqlite") as c:
        assert c.table.loc["blue/000.jpg", "tags"] == ["seen"]


def test_a_listed_file_that_is_gone_has_a_reason_and_keeps_its_tags(
    tmp_path: Path, draw_folder: Callable[..., Path]
) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=2)
    paths = sorted(str(path) for path in folder.rglob("*.jpg"))
    with pt.Collection(paths, store=tmp_path / "store.sqlite") as c:
        c.embed("pixels/4")
        c.tag(c.table.index[:1], "seen")
    Path(paths[0]).unlink()
    with pt.Collection(paths, store=tmp_path / "store.sqlite") as c:
        x = c.embed("pixels/4")
        assert np.isnan(x[0]).all()
        assert "no such file" in c.failures["reason"].iloc[0]
        assert c.table["tags"].iloc[0] == ["seen"]
