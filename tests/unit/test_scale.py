"""Past one machine: a run shared out to workers, its Lance table, and the collection that shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pointillist as pt
from pointillist.encoders import encoder
from pointillist.errors import EncoderError
from pointillist.jobs import Job
from pointillist.scale.table import Table
from pointillist.scale.worker import Worker

ENCODER = "pixels/8"


@pytest.fixture
def folder(tmp_path: Path, draw_folder: Callable[..., Path]) -> Path:
    """12 good images in folders, and one that cannot be read."""
    made = draw_folder(tmp_path / "photos", per_color=3)
    (made / "red" / "bad.jpg").write_bytes(b"no picture")
    return made


def local(folder: Path) -> tuple[pt.Collection, dict[str, np.ndarray]]:
    c = pt.Collection(folder, store=None)
    return c, dict(zip(c.images.ids, c.embed(ENCODER), strict=True))


def same(c: pt.Collection, expected: dict[str, np.ndarray], within: float = 0.0) -> bool:
    got = dict(zip(c.table.index, c.embeddings[c.encoder_name], strict=True))
    return got.keys() == expected.keys() and all(
        np.allclose(got[id_], expected[id_], rtol=0, atol=within, equal_nan=True) for id_ in expected
    )


def test_a_table_shows_the_same_as_a_collection(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "photos.lance"
    done = pt.embed(folder, ENCODER, to=place, engine="local")
    assert (done.place, done.there, done.made, done.failed) == (str(place), 0, 12, 1)
    plain, expected = local(folder)
    with pt.open(place) as c:
        assert sorted(c.table.index) == sorted(plain.images.ids)
        assert c.encoder_name == ENCODER
        assert same(c, expected)
        assert list(c.failures.index) == ["red/bad.jpg"]
        assert c.failures["reason"].tolist() == plain.failures["reason"].tolist()
        assert c.table.loc["blue/000.jpg", "label"] == "blue"
        rows = [c.table.index.get_loc(id_) for id_ in plain.images.ids]
        assert c.contents.thumbnails(rows) == plain.contents.thumbnails(range(len(plain)))
        assert c.contents.size(rows[0]) == plain.contents.size(0) == (96, 96)
        assert c.contents.picture(rows[0], 512).width == 96
        ids = list(expected)
        near = c.similar([ids[0]], k=3)
        assert list(near.index) == list(plain.similar([ids[0]], k=3).index)
        assert c.project("pca").shape == (13, 2)
        c.tag(["red/000.jpg"], "seen")
        assert np.isfinite(c.embed("pixels/4")).all(axis=1).sum() == 12  # another encoder, beside the table
        assert c.embed(ENCODER).shape == (13, 192)  # in the table: nothing is computed
    with pt.open(place) as c:
        assert c.table.loc["red/000.jpg", "tags"] == ["seen"]


def test_the_images_may_be_gone_when_a_table_is_explored(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "photos.lance"
    pt.embed(folder, ENCODER, to=place, engine="local")
    _, expected = local(folder)
    folder.rename(tmp_path / "elsewhere")
    with pt.open(place) as c:
        assert same(c, expected)
        assert all(c.thumbnails(c.table.index.drop("red/bad.jpg")))
        with pytest.raises(pt.DecodeError, match="no such file"):
            c.contents.picture(0, 512)


def test_a_run_goes_on_and_tries_again_what_may_be_over(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, computed, pixels = tmp_path / "photos.lance", [], encoder(ENCODER)
    encode = pixels.encode
    monkeypatch.setattr(pixels, "encode", lambda batch: computed.append(len(batch)) or encode(batch))
    paths = sorted(str(path) for path in folder.rglob("*.jpg"))
    with monkeypatch.context() as broken:
        broken.setattr("builtins.open", refusing(paths[0]))
        done = pt.embed([*paths[:5], paths[1]], pixels, to=place, engine="local")
    assert (done.there, done.made, done.failed) == (0, 4, 1)
    with pt.open(place) as c:
        assert "Input/output error" in c.failures["reason"].iloc[0]
    done = pt.embed(folder, pixels, to=place, engine="local")
    assert (done.there, done.made, done.failed) == (4, 8, 1)
    done = pt.embed(folder, pixels, to=place, engine="local")
    assert (done.there, done.made, done.failed) == (13, 0, 0)
    assert sum(computed) == 12
    assert len(Table(place)) == 13


def refusing(name: str) -> Callable[..., object]:
    """`open`, with one file on a drive that does not answer."""
    real = open

    def opener(file: object, *arguments: object, **named: object) -> object:
        if file == name:
            raise OSError(5, "Input/output error")
        return real(file, *arguments, **named)  # type: ignore[call-overload]

    return opener


def test_float16_halves_the_bytes_and_keeps_the_vectors(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "half.lance"
    pt.embed(folder, ENCODER, to=place, engine="local", dtype="float16")
    assert Table(place).dtype == "float16"
    with pt.open(place) as c:
        assert c.embeddings[ENCODER].dtype == np.float32
        assert same(c, local(folder)[1], within=1e-3)
    with pytest.raises(pt.StoreError, match="holds float16 vectors of 'pixels/8', not float32"):
        pt.embed([*folder.rglob("*.jpg"), "/no/other.jpg"], ENCODER, to=place, engine="local")


def test_cancelled_keeps_what_is_done(folder: Path, tmp_path: Path, draw_folder: Callable[..., Path]) -> None:
    draw_folder(folder, per_color=30)
    job = Job("embedding", changed=lambda job: job.done >= 30 and job.cancel())  # type: ignore[func-returns-value]
    place = tmp_path / "photos.lance"
    with pytest.raises(pt.PointillistError, match="cancelled"):
        pt.embed(folder, ENCODER, to=place, engine="local", job=job)
    before = len(Table(place))
    assert 30 <= before < 121
    done = pt.embed(folder, ENCODER, to=place, engine="local")
    assert (done.there, done.made + done.failed) == (before, 121 - before)
    with pt.open(place) as c:
        assert same(c, local(folder)[1])


def test_what_workers_made_and_nobody_got_is_said_and_made_by_the_next_call(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, rows, lost = tmp_path / "photos.lance", Worker.rows, 2

    def rows_but_the_last(worker: Worker, uris: Sequence[str]) -> Any:
        return rows(worker, uris)[:-lost]

    with monkeypatch.context() as patched:
        patched.setattr(Worker, "rows", rows_but_the_last)
        with pytest.raises(EncoderError, match=r"2 of 13 images are not in .* the same call goes on"):
            pt.embed(folder, "pixels/8", to=place, engine="local", workers=1)
    done = pt.embed(folder, "pixels/8", to=place, engine="local")
    assert (done.there, done.made + done.failed) == (11, 2)


def test_a_collection_embeds_by_way_of_a_table(folder: Path, tmp_path: Path) -> None:
    _, expected = local(folder)
    with pt.Collection(folder, store=tmp_path / "other.sqlite") as c:
        from pointillist.scale import embed_rows

        embed_rows(
            c.images, encoder(ENCODER), c.contents.listening_store(), None, engine="local", workers=1, job=Job("x")
        )
        assert dict_equal(dict(zip(c.images.ids, c.embed(ENCODER), strict=True)), expected)
        assert list(c.failures.index) == ["red/bad.jpg"]
        assert all(c.thumbnails(c.table.index.drop("red/bad.jpg")))
    assert [path.suffix for path in tmp_path.glob("other-*")] == [".lance"]


def dict_equal(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[key], b[key], equal_nan=True) for key in a)


def test_what_cannot_be_is_said(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "photos.lance"
    with pytest.raises(pt.StoreError, match=r"no table .*photos.lance, or it has no rows yet: make it with"):
        pt.open(place)
    with pytest.raises(pt.SourceError, match=r"is not a .lance table; a collection with a store of its own"):
        pt.open(tmp_path / "store.sqlite")
    with pytest.raises(pt.SourceError, match="images in memory cannot be shared out"):
        pt.embed([np.zeros((8, 8, 3), np.uint8)], ENCODER, to=place)
    with pytest.raises(pt.EncoderError, match="engine='spark' is unknown; it is 'ray' or 'local'"):
        pt.embed(folder, ENCODER, to=place, engine="spark")  # type: ignore[arg-type]
    with pytest.raises(pt.EncoderError, match="workers=0: there must be at least one"):
        pt.embed(folder, ENCODER, to=place, workers=0)
    with pytest.raises(pt.EncoderError, match="workers='x': there must be at least one, as a whole number"):
        pt.embed(folder, ENCODER, to=place, engine="local", workers="x")  # type: ignore[arg-type]
    pt.embed(folder, ENCODER, to=place, engine="local")
    with pytest.raises(
        pt.StoreError, match="holds float32 vectors of 'pixels/8', not float32 of 'pixels/4': a table has"
    ):
        pt.embed(folder, "pixels/4", to=place, engine="local")
    import lance
    import pyarrow as pa

    lance.write_dataset(pa.table({"a": [1]}), tmp_path / "other.lance")
    with pytest.raises(pt.StoreError, match="is a Lance table that pointillist did not write"):
        pt.open(tmp_path / "other.lance")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(pt.StoreError, match="cannot be used"):
        pt.embed(folder, ENCODER, to=tmp_path / "file" / "photos.lance", engine="local")
    for module, call in (
        ("lance", lambda: pt.open(place)),
        ("ray", lambda: pt.embed([*folder.rglob("*.jpg"), "/no/other.jpg"], ENCODER, to=place)),
    ):
        with monkeypatch.context() as without:
            without.setitem(sys.modules, module, None)
            with pytest.raises(pt.PointillistError, match=r"pip install 'pointillist\[scale\]'"):
                call()


PROGRAM = """
import os, sys, time
from pathlib import Path
import numpy as np
import ray

import pointillist as pt
from pointillist.encoders import encoder
from pointillist.jobs import Job
from pointillist.scale import cluster

class Deadly:
    # pixels/8, slowed down; the first worker to find a lit fuse dies as by the system's hand, half way
    name = fingerprint = "deadly"
    inner = encoder("pixels/8")
    dims, input_px, batch = inner.dims, inner.input_px, 8
    prepare = inner.prepare
    def encode(self, batch):
        time.sleep(0.01 * len(batch))
        notes = Path(os.environ["NOTES"])
        with (notes / str(os.getpid())).open("a") as log:
            log.write(f"{len(batch)}\\n")
        if (notes / str(os.getpid())).read_text().count("\\n") > 3:
            try:
                (notes / "fuse").unlink()
            except FileNotFoundError:
                pass
            else:
                os.kill(os.getpid(), 9)
        return self.inner.encode(batch)

class Bell(cluster.Bell):
    def __init__(self):
        super().__init__()
        with Path(os.environ["BELL"]).open("a") as log:
            log.write(f"{os.getpid()}\\n")

cluster.Bell = Bell
def bells():
    return [int(line) for line in Path(os.environ["BELL"]).read_text().split()]
def lose_the_bell(job):
    if job.done and not lose_the_bell.done:
        lose_the_bell.done = True
        os.kill(bells()[0], 9)
        until = time.monotonic() + 10
        while len(bells()) == 1 and time.monotonic() < until:
            time.sleep(0.05)
lose_the_bell.done = False

START_RAY
for _ in range(2):
    done = pt.embed(sys.argv[1], Deadly(), to=sys.argv[2], workers=2, job=Job("embedding", changed=lose_the_bell))
    print("done", done.there, done.made, done.failed, flush=True)
ray.shutdown()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_ray_with_a_worker_killed_on_the_way_loses_nothing(
    folder: Path, tmp_path: Path, draw_folder: Callable[..., Path], on_ray: Callable[[str], str]
) -> None:
    draw_folder(folder, per_color=50)
    notes, place = tmp_path / "notes", tmp_path / "photos.lance"
    notes.mkdir()
    (notes / "fuse").touch()
    env = {
        **os.environ,
        "PYTHONPATH": str(Path(pt.__file__).parents[1]),
        "RAY_USAGE_STATS_ENABLED": "0",
        "NOTES": str(notes),
        "BELL": str(tmp_path / "bell"),
    }
    command = [sys.executable, "-c", on_ray(PROGRAM), str(folder), str(place)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert [line for line in done.stdout.split("\n") if line.startswith("done")] == ["done 0 200 1", "done 201 0 0"]
    assert not (notes / "fuse").exists()
    assert len([*notes.iterdir()]) >= 3  # two workers, and one in the place of the killed one
    computed = sum(int(line) for note in notes.iterdir() for line in note.read_text().split())
    assert 200 < computed <= 200 + 2 * 16 + 2 * 8  # again: the killed worker's shares in hand, no more
    _, expected = local(folder)
    with pt.open(place) as c:
        assert same(c, expected, within=1e-5)
        assert list(c.failures.index) == ["red/bad.jpg"]


def test_boxes_are_rows_of_the_table(folder: Path, tmp_path: Path) -> None:
    import pandas as pd

    files = sorted(str(path) for path in folder.rglob("0*.jpg"))[:4]
    table = pd.DataFrame(
        {"file": [*files, *files, str(folder / "red" / "bad.jpg"), files[0]], "x": [0.25] * 4 + [30] * 4 + [0, 900]}
    ).assign(y=10, w=40.5, h=[20] * 8 + [20, 20])
    where = {"image": "file", "box": ("x", "y", "w", "h"), "pad": 0.1}
    plain = pt.Collection(table, store=None, **where)
    expected = plain.embed(ENCODER)
    place = tmp_path / "boxes.lance"
    done = pt.embed(table, ENCODER, to=place, engine="local", **where)
    assert (done.made, done.failed) == (8, 2)
    assert pt.embed(table, ENCODER, to=place, engine="local", **where).there == 10
    with pt.open(place) as c:
        rows = {(c.images.cells[row], c.images.box(row)): row for row in range(len(c))}
        order = [rows[plain.images.cells[row], plain.images.box(row)] for row in range(len(plain))]
        np.testing.assert_array_equal(c.embeddings[ENCODER][order], expected)
        assert c.contents.thumbnails(order) == plain.contents.thumbnails(range(10))
        assert c.contents.size(order[0]) == plain.contents.size(0)
        assert len(set(c.images.ids)) == 10
        assert c.contents.picture(order[4], 512).width == plain.contents.picture(4, 512).width
    with pt.Collection(table, store=tmp_path / "own.sqlite", **where) as c:
        from pointillist.scale import embed_rows

        embed_rows(
            c.images, encoder(ENCODER), c.contents.listening_store(), None, engine="local", workers=1, job=Job("x")
        )
        np.testing.assert_array_equal(c.embed(ENCODER), expected)
