"""A run into a table that is cancelled or interrupted: it ends at once, keeps what is done, leaves no worker behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pointillist as pt
from pointillist.encoders import encoder
from pointillist.errors import Cancelled
from pointillist.jobs import Job
from pointillist.scale.table import Table

PROGRAM = """
import os, signal, sys, threading, time
from pathlib import Path

import psutil
import ray

import pointillist as pt
from pointillist.encoders import encoder
from pointillist.errors import Cancelled
from pointillist.jobs import Job
from pointillist.scale.table import Table

class Slow:
    # pixels/8, slowed down; each batch leaves a line under the number of its process, and white makes it fail
    name = fingerprint = "slow"
    inner = encoder("pixels/8")
    dims, input_px, batch = inner.dims, inner.input_px, 4
    prepare = inner.prepare
    notes = Path(sys.argv[3])
    delay_s = 0.1
    def encode(self, batch):
        if any(image.min() == 255 for image in batch):
            raise RuntimeError("white is too bright")
        time.sleep(self.delay_s * len(batch))
        with (self.notes / str(os.getpid())).open("a") as log:
            log.write(f"{len(batch)}\\n")
        return self.inner.encode(batch)

def computed():
    return sum(int(line) for note in Slow.notes.iterdir() for line in note.read_text().split())

def alive(note):
    # another process may have got the number since
    try:
        process = psutil.Process(int(note.name))
        return process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= note.stat().st_mtime
    except psutil.NoSuchProcess:
        return False

def stop(how, job, at):
    while computed() < at:
        time.sleep(0.05)
    stop.since = time.monotonic()
    job.cancel() if how == "cancel" else os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
START_RAY
for how in ("cancel", "interrupt"):
    job = Job("embedding")
    threading.Thread(target=stop, args=(how, job, computed() + 20), daemon=True).start()
    try:
        pt.embed(sys.argv[1], Slow(), to=sys.argv[2], workers=2, job=job)
    except (Cancelled, KeyboardInterrupt) as error:
        print(how, type(error).__name__, round(time.monotonic() - stop.since, 2), end=" ", flush=True)
    print(len(Table(sys.argv[2])), computed(), end=" ", flush=True)
    until = time.monotonic() + 60
    while time.monotonic() < until and any(map(alive, Slow.notes.iterdir())):
        time.sleep(0.1)
    print(sum(map(alive, Slow.notes.iterdir())), flush=True)
model = Slow()
model.delay_s = 0
done = pt.embed(sys.argv[1], model, to=sys.argv[2], workers=2)
print("end", done.there, done.made, done.failed, computed(), flush=True)
ray.shutdown()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_ray_stops_keeps_what_is_done_and_goes_on(
    tmp_path: Path, draw_folder: Callable[..., Path], on_ray: Callable[[str], str]
) -> None:
    from PIL import Image

    folder, place, notes = draw_folder(tmp_path / "photos", per_color=50), tmp_path / "photos.lance", tmp_path / "notes"
    Image.new("RGB", (20, 20), "white").save(folder / "red" / "white.png")
    notes.mkdir()
    env = {**os.environ, "PYTHONPATH": str(Path(pt.__file__).parents[1]), "RAY_USAGE_STATS_ENABLED": "0"}
    command = [sys.executable, "-c", on_ray(PROGRAM), str(folder), str(place), str(notes)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    said: list[Any] = [line.split() for line in done.stdout.splitlines() if line.startswith(("cancel", "inter", "end"))]
    before = 0
    for line, (how, error) in zip(said, (("cancel", "Cancelled"), ("interrupt", "KeyboardInterrupt")), strict=False):
        assert line[:2] == [how, error]
        seconds, kept, computed, left = float(line[2]), *map(int, line[3:])
        assert seconds < 3  # a second, where the machine is not loaded
        assert computed - before >= 20
        assert kept >= computed - 2 * 3 * 4  # of each worker, two batches on their way
        assert left == 0
        before = kept
    there, made, failed, computed = map(int, said[2][1:])
    assert (there, there + made + failed) == (before, 201)
    assert computed <= 200 + 2 * 2 * 3 * 4
    plain = pt.Collection(folder, store=None)
    expected = dict(zip(plain.images.ids, plain.embed("pixels/8"), strict=True))
    with pt.open(place) as c:
        found = dict(zip(c.table.index, c.embeddings["slow"], strict=True))
        assert found.keys() == expected.keys()
        assert list(c.failures.index) == ["red/white.png"]
        assert all(np.array_equal(found[id_], expected[id_]) for id_ in expected if id_ != "red/white.png")


@pytest.mark.parametrize("how", ["cancel", "interrupt"])
def test_a_run_in_this_process_stops_between_two_batches_and_keeps_them(
    how: str, tmp_path: Path, draw_folder: Callable[..., Path]
) -> None:
    folder, place, pixels = draw_folder(tmp_path / "photos", per_color=50), tmp_path / "p.lance", encoder("pixels/8")
    computed: list[int] = []
    stopped: list[bool] = []
    job = Job("embedding")

    class Counting:
        name, fingerprint, dims, input_px, batch = "counting", "counting", pixels.dims, pixels.input_px, 4
        prepare = staticmethod(pixels.prepare)

        def encode(self, batch: Any) -> np.ndarray:
            computed.append(len(batch))
            if 40 <= sum(computed) < 44 and not stopped:
                stopped.append(True)
                job.cancel() if how == "cancel" else os.kill(os.getpid(), signal.SIGINT)
            return pixels.encode(batch)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(Cancelled if how == "cancel" else KeyboardInterrupt):  # one share: 200 images
            pt.embed(folder, Counting(), to=place, engine="local", workers=1, job=job)
    finally:
        signal.signal(signal.SIGINT, before)
    kept = len(Table(place))
    assert 20 <= kept < 120
    assert pt.embed(folder, Counting(), to=place, engine="local").there == kept
    assert len(Table(place)) == 200
