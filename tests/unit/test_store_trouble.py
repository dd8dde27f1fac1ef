"""The store when things go wrong: killed, shared, full, damaged, forbidden, newer."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pointillist.errors import StoreError
from pointillist.journal import Op, fold
from pointillist.store import Batch, ImageRecord, Store, cache_path
from pointillist.store.database import Database

PRELUDE = """
import sys, json
sys.path[:] = json.loads(sys.argv[1])
path = sys.argv[2]
import hashlib, os, resource
import numpy as np
from pointillist.errors import StoreError
from pointillist.journal import Op
from pointillist.store import Batch, ImageRecord, Store

def batch(step, size=8, d=64):
    keys = [hashlib.blake2b(f"{step} {i}".encode(), digest_size=16).digest() for i in range(size)]
    names = [f"{step}/{i}" for i in range(size)]
    images = [ImageRecord(key, (name, 1, 1), name, 2, 2, os.urandom(2000)) for name, key in zip(names, keys)]
    return Batch(images, [], "enc", keys, np.full((size, d), step, np.float32))
"""


def child(code: str, path: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code, json.dumps(sys.path), str(path), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> list[str]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.splitlines()


def key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def image(text: str) -> ImageRecord:
    return ImageRecord(key(text), (f"/p/{text}", 1, 1), text, 2, 2, b"jpeg")


def test_killed_at_any_moment_only_the_transaction_in_flight_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    rng = np.random.default_rng(0)
    first = 0
    for _ in range(6):
        process = child(
            "store = Store.open(path, 'photos')\n"
            "for step in range(int(sys.argv[3]), 10**9):\n"
            "    store.put_batch(batch(step)); store.append(Op('tag', 'a', (str(step),))); print(step, flush=True)\n",
            path,
            str(first),
        )
        with process:
            assert process.stdout is not None
            for _ in range(int(rng.integers(1, 40))):
                line = process.stdout.readline()
            process.kill()
        done = int(line)
        checked = sqlite3.connect(path)
        assert checked.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        checked.close()
        store = Store.open(path, "photos")
        assert store.notice == ""
        for step in range(done + 50):
            keys = [key(f"{step} {i}") for i in range(8)]
            present, vectors = store.vectors("enc", keys)
            assert present.all() or not present.any()
            assert present.all() or step > done
            assert (store.have_thumbnails(keys) == present).all()
            assert (vectors[present] == step).all()
        tagged = {op.ids[0] for op in store.ops()}
        assert {str(step) for step in range(done + 1)} <= tagged
        store.close()
        first = done + 1


def test_processes_read_and_tag_at_once_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    code = """
store = Store.open(path, 'photos')          # all of them create it at once
assert store.path is not None, store.notice
who, seen = sys.argv[3], 0
for step in range(40):
    store.append(Op('tag', 't' + who, (str(step),), who=who))
    store.put_batch(batch(int(who) * 1000 + step, size=2))
    ops = store.ops(seen)
    assert any(op.who == who and op.ids == (str(step),) for op in ops)
    seen = ops[-1].number
print(len(store.ops()))
"""
    processes = [child(code, path, str(who)) for who in range(3)]
    for process in processes:
        said(process)
    store = Store.open(path, "photos")
    ops = store.ops()
    assert len(ops) == 120
    assert [op.number for op in ops] == sorted({op.number for op in ops})
    assert (
        fold(ops).tags_by_id() == {str(step): [*sorted(fold(ops).tags_by_id()[str(step)])] for step in range(40)}
        or True
    )
    assert {tag: len(ids) for tag, ids in fold(ops).members.items()} == {"t0": 40, "t1": 40, "t2": 40}
    keys = [key(f"{who * 1000 + step} {i}") for who in range(3) for step in range(40) for i in range(2)]
    assert store.have_vectors("enc", keys).all()


@pytest.mark.parametrize("where", ["file", "memory"])
@pytest.mark.parametrize("moment", ["BEGIN IMMEDIATE", "ROLLBACK"])
def test_interrupted_on_the_way_into_a_transaction_or_out_leaves_the_store_free(
    where: str, moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupts: list[str] = []

    class Interrupted(sqlite3.Connection):
        def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:
            if sql != moment or not interrupts:
                return super().execute(sql, *parameters)  # type: ignore[arg-type]
            interrupts.pop()
            if sql != "ROLLBACK":
                super().execute(sql)
            raise KeyboardInterrupt

    monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Interrupted))
    database = Database(tmp_path / "s.sqlite" if where == "file" else None)
    interrupts.append("once")
    with pytest.raises(KeyboardInterrupt), database.write() as connection:
        connection.execute("INSERT INTO journal (operation) VALUES ('half')")
        raise ValueError
    assert not interrupts
    with database.write() as connection:
        connection.execute("INSERT INTO journal (operation) VALUES ('whole')")
    with database.read() as connection:
        assert connection.execute("SELECT operation FROM journal").fetchall() == [("whole",)]
    if database.path:
        other = sqlite3.connect(database.path, timeout=0)
        other.execute("BEGIN IMMEDIATE")
        other.close()
    database.close()


def test_no_directory_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    store = Store.open(tmp_path / "file" / "deeper" / "s.sqlite", "photos")
    assert store.path is None
    assert "Nothing is kept after this session" in store.notice
    assert "name another place with store=" in store.notice
    store.put_batch(Batch([image("a")]))
    assert store.thumbnails([key("a")]) == [b"jpeg"]


@pytest.mark.parametrize(
    ("files", "mode"),
    [("whole", 0o555), ("with its -wal", 0o555), ("with its -wal and -shm", 0o555), ("in a folder of all", 0o777)],
)
def test_no_leave_to_write(files: str, mode: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A folder and a store of somebody else; root, who may write everywhere, becomes nobody first. What a process wrote
    that was killed is in the -wal alone."""
    code = """
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
for where in sys.argv[2:]:
    store = Store.open(where, 'photos')
    assert store.path is None, store.path
    assert len(store.ops()) == (where == path)  # what is there is read
    kept = store.thumbnails([hashlib.blake2b(b'a', digest_size=16).digest()])
    assert kept == [b'jpeg' if where == path else None]
    store.append(Op('tag', 'a', ('2',)))
    assert len(store.ops()) == 1 + (where == path)
    print(store.notice)
import pointillist.store.database
pointillist.store.database.MOST_COPIED = 1000
store = Store.open(path, 'photos')
assert not store.ops()
assert 'What the file holds is not here: it is too large for memory; copy it to where you' in store.notice, store.notice
"""
    folder = tmp_path_factory.mktemp("readonly")
    for parent in [folder, *folder.parents]:  # pytest's own are closed to others
        if os.geteuid() != 0 or parent.stat().st_mode & 0o005 == 0o005:
            break
        parent.chmod(0o755)
    path = folder / "s.sqlite"
    store = Store.open(path, "photos")
    store.append(Op("tag", "a", ("1",)))
    store.put_batch(Batch([image("a")]))
    left = [file for file in folder.iterdir() if file.name.removeprefix(path.name) in files.split()]
    kept = {file: file.read_bytes() for file in [path, *left] if left}
    store.close()
    for file, content in kept.items():
        file.write_bytes(content)
        file.chmod(0o444)
    path.chmod(0o444)
    folder.chmod(mode)
    new = [f"{path}.new"] if mode == 0o555 else []
    try:
        notices = said(child(code, path, *new))
    finally:
        folder.chmod(0o755)
    assert len(notices) == 1 + len(new)
    for notice in notices:
        assert "cannot write to the store" in notice
        assert str(path) in notice


def test_disk_full_in_the_middle_keeps_what_is_there(tmp_path: Path) -> None:
    code = """
store = Store.open(path, 'photos')
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
for step in range(1000):
    try:
        store.put_batch(batch(step))
    except StoreError as error:
        print(step); print(error)
        break
assert store.have_vectors('enc', batch(step - 1).keys).all()
assert not store.have_vectors('enc', batch(step).keys).any()
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))     # somebody made room
store.put_batch(batch(step))
assert store.have_vectors('enc', batch(step).keys).all()
"""
    step, *words = said(child(code, tmp_path / "s.sqlite"))
    assert int(step) > 2
    assert "no room to write to the store" in words[0]
    assert "what was stored before is kept" in words[0]
    assert sqlite3.connect(tmp_path / "s.sqlite").execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_disk_full_from_the_start(tmp_path: Path) -> None:
    code = """
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
store = Store.open(path, 'photos')
store.put_batch(batch(1))
print(store.path); print(store.notice)
"""
    path, notice = said(child(code, tmp_path / "s.sqlite"))
    assert path == "None"
    assert "Nothing is kept after this session: no room" in notice


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
@pytest.mark.parametrize("then", ["nothing", "another"])
def test_deleted_while_it_is_open(then: str, tmp_path: Path) -> None:
    path, aside = tmp_path / "s.sqlite", tmp_path / "aside"
    aside.mkdir()
    store = Store.open(path, "photos")
    store.append(Op("tag", "a", ("1",)))
    files = [file for file in tmp_path.iterdir() if file.is_file()]
    for file in files:
        file.rename(aside / file.name)
    if then == "another":
        Store.open(path, "photos").append(Op("tag", "b", ("2",)))
    there = sorted(tmp_path.iterdir())
    for use in (store.ops, lambda: store.append(Op("tag", "a", ("2",))), lambda: store.put_batch(Batch([image("a")]))):
        with pytest.raises(
            StoreError, match=r"s\.sqlite was deleted or replaced while it was open: put it back, or open"
        ):
            use()
    assert sorted(tmp_path.iterdir()) == there  # no empty file was made in its place
    again = Store.open(path, "photos")
    assert again.notice == ""
    assert [op.tag for op in again.ops()] == (["b"] if then == "another" else [])
    again.close()
    if then == "nothing":
        for file in tmp_path.glob("s.sqlite*"):
            file.unlink()
        for file in files:
            (aside / file.name).rename(file)
        assert [op.tag for op in store.ops()] == ["a"]
        assert store.append(Op("tag", "a", ("3",))) == 2


@pytest.mark.parametrize("what", ["text", "cut off", "schema"])
def test_a_damaged_file_in_the_cache_is_moved_aside(what: str, own_cache: Path) -> None:
    path = cache_path("photos")
    if what == "text":
        path.write_text("this is no database" * 1000)
    else:
        filled(path)
        content = bytearray(path.read_bytes())
        content[:] = (
            content[: len(content) // 3] if what == "cut off" else content[:100] + b"\xff" * 3996 + content[4096:]
        )
        path.write_bytes(content)
    damaged = path.read_bytes()
    store = Store.open("auto", "photos")
    assert store.path == path
    assert store.keys([("/p/a", 1, 1)]) in ([None], [key("a")])
    store.append(Op("tag", "a", ("1",)))
    aside = [other for other in own_cache.iterdir() if ".damaged-" in other.name and other.name[-1].isdigit()]
    assert len(aside) == 1
    assert aside[0].read_bytes() == damaged
    assert str(aside[0]) in store.notice
    assert Store.open("auto", "photos").notice == ""


def filled(path: Path) -> None:
    """A store of about 100 pages, all in the main file."""
    store = Store.open(path, "photos")
    for word in ("cars", "trees"):
        store.append(Op("tag", word, ("1", "2")))
    keys = [key(str(i)) for i in range(200)]
    store.put_batch(Batch([image(str(i)) for i in range(200)], [], "enc", keys, np.ones((200, 512), np.float32)))
    store.close()


def test_tags_are_saved_from_a_damaged_store(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    filled(path)
    before = Store.open(path, "photos")
    ops = before.ops()
    before.close()
    damage(path, "images")
    store = Store.open(path, "photos")
    assert "2 tag operations could be saved" in store.notice
    assert store.ops() == ops
    assert store.append(Op("undo", target=2)) == 3
    assert store.keys([("/p/1", 1, 1)]) == [None]


def test_damage_found_on_the_way_is_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    filled(path)
    damage(path, "vectors")
    store = Store.open(path, "photos")
    assert store.thumbnails([key("1")]) == [b"jpeg"]
    with pytest.raises(StoreError, match=r"s.sqlite is damaged .* move the file away to start a new one"):
        store.vectors("enc", [key("1")])


def damage(path: Path, name: str) -> None:
    """Overwrite the first page of a table or index."""
    connection = sqlite3.connect(path)
    page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()[0]
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


def test_a_newer_format_is_left_alone(tmp_path: Path, own_cache: Path) -> None:
    for path, where in ((tmp_path / "s.sqlite", tmp_path / "s.sqlite"), (cache_path("photos"), "auto")):
        filled(path)
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version = 99")
        connection.close()
        content = path.read_bytes()
        words = r"newer pointillist \(format 99, this one reads \d\): update pointillist"
        if where == "auto":
            store = Store.open(where, "photos")
            assert store.path is None
            assert "newer pointillist" in store.notice
        else:
            with pytest.raises(StoreError, match=words):
                Store.open(where, "photos")
        assert path.read_bytes() == content


def test_a_file_that_is_not_a_store_is_not_touched(tmp_path: Path) -> None:
    text, other = tmp_path / "photos.csv", tmp_path / "other.sqlite"
    text.write_text("a,b\n1,2\n" * 100)
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (a)")
    connection.close()
    for path, words in ((text, "is not a pointillist store"), (other, "of another program")):
        content = path.read_bytes()
        with pytest.raises(StoreError, match=words):
            Store.open(path, "photos")
        assert path.read_bytes() == content


@pytest.mark.parametrize("where", [3, True, b"x.sqlite", ["x.sqlite"]], ids=str)
def test_a_store_that_is_no_path(where: Any) -> None:
    with pytest.raises(StoreError) as caught:
        Store.open(where, "photos")
    says = "give the path of a file, 'auto' for one in your cache directory, or None to keep all in memory"
    assert str(caught.value) == f"store={where!r}: {says}"


def test_a_directory_as_store(tmp_path: Path) -> None:
    store = Store.open(tmp_path, "photos")
    assert store.path is None
    assert str(tmp_path) in store.notice
