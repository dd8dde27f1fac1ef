"""The embedded store: thumbnails, vectors, failures, computed arrays and the journal, in one crash-safe file.

All writes are transactions: killed at any moment, the store loses at most the one in flight. Several processes may
read and write the same file.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection
from typing import Literal, Self

import numpy as np

from pointillist.errors import StoreError
from pointillist.journal import Op
from pointillist.named_file import named_file
from pointillist.store.damage import is_ours, saved_journal
from pointillist.store.database import Damaged, Database, Foreign
from pointillist.store.place import cache_path
from pointillist.store.records import Batch, Place, Refusal, Signature

Dtype = Literal["float16", "float32"]

KEPT_STAGES = 64
KEPT_BYTES = 1 << 16
_ENCODER_STEP = 1 << 40
_ELSE = ", 'auto' for one in your cache directory, or None to keep all in memory"
_FORGET_ARRAYS = """
DELETE FROM arrays WHERE stage IN (
    SELECT stage FROM arrays GROUP BY stage HAVING sum(length(data)) > ? ORDER BY stage DESC LIMIT -1 OFFSET ?
)
"""


class Store:
    """One collection's store.

    path: the file, None when the store is only in memory.
    notice: what the user should know, in words; "" when all is well.
    """

    def __init__(self, database: Database, notice: str = "") -> None:
        self._database = database
        self.path = database.path
        self.notice = notice
        self._note: Callable[[Batch], None] = lambda _: None
        self._dtype: Dtype = "float32"

    @classmethod
    def open(cls, where: str | Path | None, identity: str) -> Store:
        """Open the store, or create it.

        Args:
            where: a file; "auto" for one in the user's cache directory; None for memory.
            identity: names the collection (`Images.identity`).

        Where the file cannot be written the store is in memory, with what can be read of the file, and `notice` says
        why. A damaged file is moved aside,
        `notice` names it, and a new one is begun.

        Raises:
            StoreError: if `where` is no path, or names a file of another program, or of a newer pointillist.
        """
        if where is None:
            return cls(Database(None))
        try:
            path = cache_path(identity) if where == "auto" else named_file(where, "store", StoreError, _ELSE).absolute()
        except RuntimeError as error:
            return cls._in_memory(f"no place for the store ({error}): name a file with store=")
        try:
            return cls(Database(path))
        except Foreign as error:
            if where != "auto":
                raise
            return cls._in_memory(str(error))
        except Damaged as error:
            if where != "auto" and not is_ours(path):
                raise StoreError(f"{path} is not a pointillist store: name another file with store=") from error
            return cls._after_damage(path, error)
        except StoreError as error:
            return cls._in_memory(str(error), path)

    @classmethod
    def again(cls, path: Path) -> Self:
        """The store that another process has open.

        Raises:
            StoreError: it cannot be opened.
        """
        return cls(Database(path))

    @classmethod
    def _in_memory(cls, why: str, path: Path | None = None) -> Store:
        """A store in memory that begins with what can be read of the file."""
        notice = f"Nothing is kept after this session: {why}"
        if path is not None and os.path.lexists(path):
            try:
                return cls(Database(None, like=path), notice)
            except StoreError as error:
                notice += f". What the file holds is not here: {error}"
        return cls(Database(None), notice)

    @classmethod
    def _after_damage(cls, path: Path, error: Damaged) -> Store:
        aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
        try:
            for ending in ("", "-wal", "-shm"):
                if os.path.lexists(f"{path}{ending}"):
                    Path(f"{path}{ending}").replace(f"{aside}{ending}")
            store = cls(Database(path))
        except (OSError, StoreError):
            return cls._in_memory(str(error))
        saved = [store._insert(op) for op in saved_journal(aside)]
        tags = f"; {len(saved):,} tag operation{'' if len(saved) == 1 else 's'} could be saved" if saved else ""
        store.notice = f"The store was damaged. It was moved to {aside} and a new one begun{tags}."
        return store

    def noting(self, note: Callable[[Batch], None], dtype: Dtype = "float32") -> Self:
        """The same store, which tells `note` each batch after it was written, and keeps vectors as `dtype`."""
        other = copy(self)
        other._note, other._dtype = note, dtype
        return other

    def close(self) -> None:
        """Give the file back; a closed store raises StoreError on use."""
        self._database.close()

    def keys(self, signatures: Sequence[Signature | None]) -> list[bytes | None]:
        """The content key of each file that was read before and has not changed since, else None."""
        answer: list[bytes | None] = [None] * len(signatures)
        with self._database.read() as db:
            _want(db, ((i, *_packed(s)) for i, s in enumerate(signatures) if s is not None))
            found = db.execute(
                "SELECT position, files.key FROM temp.wanted JOIN files ON files.path = wanted.key "
                "AND files.size = wanted.size AND files.mtime_ns = wanted.mtime_ns"
            )
            for position, key in found:
                answer[position] = key
        return answer

    def knows_files(self) -> bool:
        """Whether any file or any failure is stored."""
        with self._database.read() as db:
            found = db.execute("SELECT EXISTS (SELECT 1 FROM files) OR EXISTS (SELECT 1 FROM failures)").fetchone()
            return bool(found[0])

    def put_batch(self, batch: Batch) -> None:
        """Store one batch in one transaction.

        Raises:
            StoreError: if it cannot be written (no room, no leave); nothing of it is then stored, all before is kept.
            ValueError: if the vectors are not one per key, or of another width than this encoder's before.
        """
        with self._database.write() as db:
            for image in batch.images:
                db.execute(
                    "INSERT INTO images (key, width, height) VALUES (?, ?, ?) "
                    "ON CONFLICT (key) DO UPDATE SET width = excluded.width, height = excluded.height",
                    (image.key, image.width, image.height),
                )
                if image.signature is not None:
                    db.execute(
                        "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (*_packed(image.signature), image.key)
                    )
                if image.thumbnail is not None:
                    db.execute(
                        "INSERT OR REPLACE INTO thumbnails SELECT image, ? FROM images WHERE key = ?",
                        (image.thumbnail, image.key),
                    )
                db.execute("DELETE FROM failures WHERE id = ?", (_bytes(image.id),))
            for failure in batch.failures:
                db.execute(
                    "INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?)",
                    (_bytes(failure.id), *_packed(failure.signature), failure.reason),
                )
            if batch.vectors is not None:
                _put_vectors(db, batch.fingerprint, batch.keys, batch.vectors, self._dtype)
                db.executemany(
                    "DELETE FROM refusals WHERE fingerprint = ? AND key = ?",
                    ((batch.fingerprint, key) for key in batch.keys),
                )
            db.executemany(
                "INSERT OR REPLACE INTO refusals VALUES (?, ?, ?, ?)",
                ((batch.fingerprint, one.key, one.reason, one.passing) for one in batch.refusals),
            )
        self._note(batch)

    def vectors(self, fingerprint: str, keys: Sequence[bytes | None]) -> tuple[np.ndarray, np.ndarray]:
        """The vectors of one encoder.

        Returns:
            present: (n,) bool. vectors: (n, d) float32, NaN where absent, those kept as float16 too; d is 0 when this
            encoder stored nothing yet.
        """
        with self._database.read() as db:
            encoder, dims = _encoder(db, fingerprint)
            present, vectors = np.zeros(len(keys), bool), np.full((len(keys), dims), np.nan, np.float32)
            if encoder is None:
                return present, vectors
            _want_keys(db, keys)
            rows = db.execute(
                "SELECT position, vector FROM temp.wanted JOIN images ON images.key = wanted.key "
                "JOIN vectors ON place = ? + image",
                (encoder * _ENCODER_STEP,),
            )
            for position, vector in rows:
                vectors[position] = np.frombuffer(vector, "<f2" if len(vector) == 2 * dims else "<f4")
                present[position] = True
        return present, vectors

    def have_vectors(self, fingerprint: str, keys: Sequence[bytes | None]) -> np.ndarray:
        """(n,) bool: which images have a vector of this encoder."""
        present = np.zeros(len(keys), bool)
        with self._database.read() as db:
            encoder, _ = _encoder(db, fingerprint)
            if encoder is not None:
                _want_keys(db, keys)
                rows = db.execute(
                    "SELECT position FROM temp.wanted JOIN images ON images.key = wanted.key "
                    "WHERE EXISTS (SELECT 1 FROM vectors WHERE place = ? + image)",
                    (encoder * _ENCODER_STEP,),
                )
                present[[position for (position,) in rows]] = True
        return present

    def refused(self, fingerprint: str) -> dict[bytes, Refusal]:
        """The images that an encoder gave no vector, by content key."""
        with self._database.read() as db:
            rows = db.execute("SELECT key, reason, passing FROM refusals WHERE fingerprint = ?", (fingerprint,))
            return {key: Refusal(key, reason, bool(passing)) for key, reason, passing in rows}

    def have_thumbnails(self, keys: Sequence[bytes | None]) -> np.ndarray:
        """(n,) bool: which images have a thumbnail."""
        present = np.zeros(len(keys), bool)
        with self._database.read() as db:
            _want_keys(db, keys)
            rows = db.execute(
                "SELECT position FROM temp.wanted JOIN images ON images.key = wanted.key "
                "WHERE EXISTS (SELECT 1 FROM thumbnails WHERE thumbnails.image = images.image)"
            )
            present[[position for (position,) in rows]] = True
        return present

    def thumbnails(self, keys: Sequence[bytes | None]) -> list[bytes | None]:
        """The encoded thumbnail of each image, None where there is none."""
        answer: list[bytes | None] = [None] * len(keys)
        with self._database.read() as db:
            _want_keys(db, keys)
            rows = db.execute(
                "SELECT position, picture FROM temp.wanted JOIN images ON images.key = wanted.key "
                "JOIN thumbnails ON thumbnails.image = images.image"
            )
            for position, picture in rows:
                answer[position] = picture
        return answer

    def sizes(self, keys: Sequence[bytes | None]) -> np.ndarray:
        """(n, 2) int32 width and height of the originals in pixels; 0 where not known."""
        answer = np.zeros((len(keys), 2), np.int32)
        with self._database.read() as db:
            _want_keys(db, keys)
            rows = db.execute(
                "SELECT position, width, height FROM temp.wanted JOIN images ON images.key = wanted.key "
                "WHERE width IS NOT NULL"
            )
            for position, width, height in rows:
                answer[position] = width, height
        return answer

    def failures(self, ids: Sequence[str], signatures: Sequence[Signature | None]) -> list[str | None]:
        """Why each image could not be read, None where it could or was not tried since its file changed."""
        answer: list[str | None] = [None] * len(ids)
        with self._database.read() as db:
            _want(db, ((i, _bytes(id_), None, None) for i, id_ in enumerate(ids)))
            rows = db.execute(
                "SELECT position, reason, path, failures.size, failures.mtime_ns "
                "FROM temp.wanted JOIN failures ON failures.id = wanted.key"
            )
            for position, reason, *signature in rows:
                if tuple(signature) == _packed(signatures[position]):
                    answer[position] = reason
        return answer

    def places(self, ids: Sequence[str]) -> tuple[np.ndarray, list[Place]]:
        """What is known of where images lie.

        Returns:
            known: (n,) bool, whether the place of each id is known. others: those of other ids, and those that were
            missing when last looked for.
        """
        known = np.zeros(len(ids), bool)
        with self._database.read() as db:
            _want(db, ((i, _bytes(id_), None, None) for i, id_ in enumerate(ids)))
            found = db.execute("SELECT position FROM temp.wanted JOIN places ON places.id = wanted.key")
            known[[position for (position,) in found]] = True
            others = db.execute(
                "SELECT id, path, size, key, seen FROM places "
                "WHERE seen IS NOT NULL OR id NOT IN (SELECT key FROM temp.wanted)"
            )
            return known, [Place(_text(id_), _text(path), *rest) for id_, path, *rest in others]

    def places_of(self, ids: Sequence[str]) -> list[Place]:
        """Where those of the ids lay whose place is known."""
        with self._database.read() as db:
            _want(db, ((i, _bytes(id_), None, None) for i, id_ in enumerate(ids)))
            found = db.execute(
                "SELECT places.id, path, places.size, places.key, seen FROM temp.wanted "
                "JOIN places ON places.id = wanted.key ORDER BY position"
            )
            return [Place(_text(id_), _text(path), *rest) for id_, path, *rest in found]

    def put_places(self, places: Iterable[Place], *, forget: Iterable[str] = ()) -> None:
        """Note where images lie, and forget where those lay that go by another id now.

        Raises:
            StoreError: if it cannot be written.
        """
        with self._database.write() as db:
            db.executemany("DELETE FROM places WHERE id = ?", ((_bytes(id_),) for id_ in forget))
            db.executemany(
                "INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?)",
                ((_bytes(one.id), _bytes(one.path), one.size, one.key, one.seen) for one in places),
            )

    def put_arrays(self, stage: str, arrays: dict[str, np.ndarray]) -> None:
        """Keep the result of one stage under its full cache key.

        Kept are the KEPT_STAGES last written, and every one of at most KEPT_BYTES.

        Raises:
            StoreError: if it cannot be written.
            TypeError: if an array holds Python objects.
        """
        with self._database.write() as db:
            db.execute("DELETE FROM arrays WHERE stage = (SELECT stage FROM stages WHERE name = ?)", (stage,))
            db.execute("DELETE FROM stages WHERE name = ?", (stage,))
            number = db.execute("INSERT INTO stages (name) VALUES (?)", (stage,)).lastrowid
            for name, array in arrays.items():
                if array.dtype.hasobject:
                    raise TypeError(f"array {name!r} of stage {stage!r} holds Python objects; only numbers are stored")
                whole = np.ascontiguousarray(array)
                db.execute(
                    "INSERT INTO arrays VALUES (?, ?, ?, ?, ?)",
                    (number, name, whole.dtype.str, json.dumps(array.shape), whole.tobytes()),
                )
            db.execute(_FORGET_ARRAYS, (KEPT_BYTES, KEPT_STAGES))
            db.execute("DELETE FROM stages WHERE stage NOT IN (SELECT stage FROM arrays)")

    def arrays(self, stage: str) -> dict[str, np.ndarray] | None:
        """The arrays of a stage, None when it was never computed or is no longer kept."""
        with self._database.read() as db:
            if db.execute("SELECT 1 FROM stages WHERE name = ?", (stage,)).fetchone() is None:
                return None
            rows = db.execute(
                "SELECT arrays.name, dtype, shape, data FROM stages JOIN arrays USING (stage) WHERE stages.name = ?",
                (stage,),
            )
            return {
                name: np.frombuffer(data, dtype).reshape(json.loads(shape)).copy() for name, dtype, shape, data in rows
            }

    def append(self, op: Op) -> int:
        """Add an operation to the journal and return its number."""
        return self._insert(replace(op, number=0))

    def ops(self, after: int = 0) -> list[Op]:
        """The operations with a number above `after`, in order; those of other processes too."""
        with self._database.read() as db:
            rows = db.execute("SELECT number, operation FROM journal WHERE number > ? ORDER BY number", (after,))
            return [Op.from_json(operation, number) for number, operation in rows]

    def _insert(self, op: Op) -> int:
        with self._database.write() as db:
            row = (op.number or None, op.to_json())
            return int(db.execute("INSERT INTO journal VALUES (?, ?)", row).lastrowid or 0)


def _want(db: Connection, rows: Iterable[tuple[object, ...]]) -> None:
    db.execute("DELETE FROM temp.wanted")
    db.executemany("INSERT INTO temp.wanted VALUES (?, ?, ?, ?)", rows)


def _want_keys(db: Connection, keys: Sequence[bytes | None]) -> None:
    _want(db, ((i, key, None, None) for i, key in enumerate(keys) if key is not None))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def _packed(signature: Signature | None) -> tuple[bytes | None, int | None, int | None]:
    return (None, None, None) if signature is None else (_bytes(signature[0]), signature[1], signature[2])


def _encoder(db: Connection, fingerprint: str) -> tuple[int | None, int]:
    found = db.execute("SELECT encoder, dims FROM encoders WHERE fingerprint = ?", (fingerprint,)).fetchone()
    return found or (None, 0)


def _put_vectors(db: Connection, fingerprint: str, keys: Sequence[bytes], vectors: np.ndarray, dtype: Dtype) -> None:
    if vectors.ndim != 2 or len(vectors) != len(keys):
        raise ValueError(f"vectors of shape {vectors.shape} for {len(keys)} keys: there must be one row for each key")
    encoder, dims = _encoder(db, fingerprint)
    if encoder is None:
        dims = vectors.shape[1]
        encoder = (
            db.execute("INSERT INTO encoders (fingerprint, dims) VALUES (?, ?)", (fingerprint, dims)).lastrowid or 0
        )
    if vectors.shape[1] != dims:
        raise ValueError(f"vectors of width {vectors.shape[1]} for {fingerprint!r}, whose vectors here have {dims}")
    rows = np.ascontiguousarray(vectors, "<f2" if dtype == "float16" else "<f4")  # told apart by their length
    db.executemany("INSERT OR IGNORE INTO images (key) VALUES (?)", ((key,) for key in keys))
    db.executemany(
        "INSERT OR REPLACE INTO vectors SELECT ? + image, ? FROM images WHERE key = ?",
        ((encoder * _ENCODER_STEP, row.tobytes(), key) for key, row in zip(keys, rows, strict=True)),
    )
