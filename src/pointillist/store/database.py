"""SQLite under the store: a file or memory, connections for many threads, transactions, errors in words."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from pointillist.errors import StoreError

SCHEMA_VERSION = 1
APPLICATION_ID = 0x706E7431  # "pnt1": tells our files from other SQLite files
BUSY_S = 30.0
MOST_COPIED = 2 << 30
"""Bytes of a store that cannot be written and is read into memory."""

# A vector's place is encoder * 2^40 + image: one B-tree, an encoder's vectors side by side, no second index.
# Paths and ids are blobs because a file name may hold bytes that are not UTF-8.
SCHEMA = """
CREATE TABLE files (
    path BLOB PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, key BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE images (image INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, width INTEGER, height INTEGER);
CREATE TABLE thumbnails (image INTEGER PRIMARY KEY, picture BLOB NOT NULL);
CREATE TABLE encoders (encoder INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL UNIQUE, dims INTEGER NOT NULL);
CREATE TABLE vectors (place INTEGER PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE failures (
    id BLOB PRIMARY KEY, path BLOB, size INTEGER, mtime_ns INTEGER, reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE stages (stage INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
CREATE TABLE arrays (
    stage INTEGER NOT NULL, name TEXT NOT NULL, dtype TEXT NOT NULL, shape TEXT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (stage, name)
);
CREATE TABLE journal (number INTEGER PRIMARY KEY AUTOINCREMENT, operation TEXT NOT NULL);
"""
ADDED = """
CREATE TABLE IF NOT EXISTS places (
    id BLOB PRIMARY KEY, path BLOB NOT NULL, size INTEGER NOT NULL, key BLOB NOT NULL, seen REAL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refusals (
    fingerprint TEXT NOT NULL, key BLOB NOT NULL, reason TEXT NOT NULL, passing INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, key)
) WITHOUT ROWID
"""
"""What stores of the first days lack."""

CHECKED = ("files", "images", "encoders", "failures", "stages", "journal", "places", "refusals")
"""Tables examined on opening: 2 ms for 10,000 images. Pictures and vectors are too large for that."""


class Foreign(StoreError):
    """The file is not ours to write: another program's, or of a newer format."""


class Damaged(StoreError):
    """The file is ours, or at our place, and cannot be read."""


class Database:
    """Connections to one SQLite file, or to memory; usable from any number of threads.

    A connection is borrowed for one transaction and given back. Writers, of this process or another, wait for each
    other up to BUSY_S.
    """

    def __init__(self, path: Path | None, *, like: Path | None = None) -> None:
        """Open or create.

        Args:
            like: a store that can be read and not written; what is in it is copied into the new one.

        Raises:
            Foreign: another program's file, or a newer format.
            Damaged: not a database, or one that cannot be read.
            StoreError: no permission, no room, no such directory.
        """
        self.path = path
        self._pid = os.getpid()
        self._idle: list[sqlite3.Connection] = []
        self._borrow = threading.Semaphore(1 if path is None else 16)
        self._guard = threading.Lock()
        self._closed = False
        with _in_words(path):
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._connect()
            try:
                if like is not None:
                    _copy(like, connection)
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)
            self._file = None if path is None else _file_at(path)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction that sees one moment of the store."""
        with _in_words(self.path), self._connection() as connection, _transaction(connection, "BEGIN"):
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction that holds all or nothing."""
        with (
            _in_words(self.path),
            self._connection() as connection,
            _transaction(connection, "BEGIN IMMEDIATE"),
        ):
            yield connection

    def close(self) -> None:
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._borrow:
            self._must_be_there()
            with self._guard:
                if self._closed:
                    raise StoreError("the store is closed: open the collection again")
                if self._pid != os.getpid():  # SQLite connections must not be carried across a fork
                    self._pid, self._idle = os.getpid(), []
                connection = self._idle.pop() if self._idle else None
            connection = connection or self._connect()
            try:
                yield connection
            finally:
                if connection.in_transaction:  # an interrupt came between: the next to borrow it must find it free
                    connection.execute("ROLLBACK")
                with self._guard:
                    keep = not self._closed
                    if keep:
                        self._idle.append(connection)
                if not keep:
                    connection.close()

    def _must_be_there(self) -> None:
        """What is written to a deleted file is lost without a word, and a new connection makes an empty one."""
        if self.path is not None and not self._closed and _file_at(self.path) != self._file:
            raise StoreError(
                f"the store {self.path} was deleted or replaced while it was open: put it back, or open the collection "
                "again to go on with what is there now"
            )

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            ":memory:" if self.path is None else self.path,
            timeout=BUSY_S,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("CREATE TEMP TABLE wanted (position INTEGER PRIMARY KEY, key, size, mtime_ns)")
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if tables and owner != APPLICATION_ID:
            raise Foreign(f"{self.path} is a database of another program: name another file with store=")
        if version > SCHEMA_VERSION:
            raise Foreign(
                f"{self.path} was written by a newer pointillist (format {version}, this one reads {SCHEMA_VERSION}): "
                "update pointillist, or name another file with store="
            )
        if not tables:
            if self.path is not None:
                connection.execute("PRAGMA journal_mode = WAL")
            with _transaction(connection, "BEGIN IMMEDIATE"):
                if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                    for statement in SCHEMA.split(";"):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        with _transaction(connection, "BEGIN IMMEDIATE"):
            for statement in ADDED.split(";"):
                connection.execute(statement)
            connection.execute("DELETE FROM journal WHERE 0")  # raises without leave to write, which BEGIN does not
        for table in CHECKED:
            found = connection.execute(f"PRAGMA quick_check('{table}')").fetchone()[0]
            if found != "ok":
                raise Damaged(f"the store {self.path} is damaged ({found}): move the file away to start a new one")


def _file_at(path: Path) -> tuple[int, int] | None:
    """What tells the file at a path from another one put there; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 -- a Path costs more than the call, once per transaction
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _copy(path: Path, into: sqlite3.Connection) -> None:
    """Copy a store that can be read alone, where SQLite may make no file beside it either."""
    wal = Path(f"{path}-wal")
    newest = wal.stat().st_size if wal.exists() else 0
    if path.stat().st_size + newest > MOST_COPIED:
        raise StoreError("it is too large for memory; copy it to where you may write, and name that with store=")
    if _copied(f"{path.as_uri()}?mode=ro", into) or (not newest and _copied(f"{path.as_uri()}?immutable=1", into)):
        return
    if newest and not Path(f"{path}-shm").exists():  # left by a process that is gone; SQLite would make that to read it
        with TemporaryDirectory(prefix="pointillist-", ignore_cleanup_errors=True) as folder:
            twin = Path(folder) / "store"
            copyfile(path, twin)
            copyfile(wal, f"{twin}-wal")
            if _copied(twin.as_uri(), into):
                return
    raise StoreError("it cannot be read now")


def _copied(uri: str, into: sqlite3.Connection) -> bool:
    """Copy a store, unless it cannot be read in this way."""
    with closing(sqlite3.connect(uri, timeout=0.1, uri=True)) as source:
        try:
            source.execute("SELECT count(*) FROM sqlite_schema")  # `backup` would wait for ever for a locked one
        except sqlite3.OperationalError:
            return False
        source.backup(into)
        return True


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    try:
        connection.execute(begin)  # inside: an interrupt that came while it waited is raised once it has begun
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _in_words(path: Path | None) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _worded(error, "the store in memory" if path is None else f"the store {path}") from error


def _worded(error: sqlite3.Error | OSError, store: str) -> StoreError:
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return Damaged(f"{store} is damaged ({error}): move the file away to start a new one")
    if name == "SQLITE_FULL" or name in ("SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_SHMOPEN"):
        return StoreError(
            f"no room to write to {store} ({error}): free some disk space or name another place with store=; "
            "what was stored before is kept"
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")) or isinstance(error, OSError):
        return StoreError(f"cannot write to {store} ({error}): name another place with store=")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreError(f"{store} was in use by another process for more than {BUSY_S:.0f} s: try again")
    return StoreError(f"{store} cannot be used ({error}): name another place with store=")
