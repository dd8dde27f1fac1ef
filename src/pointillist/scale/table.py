"""The Lance table of a run: one row per image, those that could not be read among them.

    uri        what the image was read from: an absolute path or a URL, with #xywh=x,y,w,h behind it where it is a box
    key        16 bytes that name its content
    bytes, modified    size and time (ns) of the file as it was read, -1 and 0 where there was none; null for a URL
    width, height    of the original, in pixels
    vector     d numbers of unit length, float32 or float16
    thumbnail  an encoded picture
    failure    why there is no vector, in words; where the image could not be read there is no key or thumbnail either
    again      the failure may be over the next time: the next run tries this image again

The schema's metadata name the encoder and its fingerprint: one table, one encoder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from urllib.request import url2pathname

import numpy as np

from pointillist.encoders.base import Encoder
from pointillist.encoders.precision import in_any_precision
from pointillist.errors import StoreError
from pointillist.images.payload import is_url
from pointillist.scale.extra import lance

Dtype = Literal["float32", "float16"]

ENCODER, FINGERPRINT = b"pointillist.encoder", b"pointillist.fingerprint"
SCAN_ROWS = 16384
FORGET_ROWS = 1000
KEEP_VERSIONS = timedelta(hours=1)


@dataclass(frozen=True)
class Written:
    """What a worker wrote and nobody sees yet. fragment: Lance's description of it; schema: of the table."""

    fragment: str
    schema: Any


def place_of(where: str | os.PathLike[str]) -> str:
    """A table's place, the same however it is spelt: a URL that Lance knows (s3://, gs://, az://), or an absolute path.

    Raises:
        StoreError: no table can be there that others could open.
    """
    if not isinstance(where, str | os.PathLike):
        raise StoreError(f"{where!r} is no place for a table: give a path or a URL that ends in .lance")
    text = os.fspath(where).rstrip("/" if os.sep == "/" else "/\\")
    if not text.endswith(".lance"):
        raise StoreError(f"{text!r} is no place for a table: its name must end in .lance")
    if text.startswith("memory://"):
        raise StoreError(f"{text!r} is the memory of one process, which no worker shares: name a file or a bucket")
    if text.startswith("file://"):
        text = url2pathname(text.removeprefix("file://"))
    return text if is_url(text) else os.path.abspath(os.path.expanduser(text))  # noqa: PTH100, PTH111


def schema(dims: int, dtype: Dtype, encoder: str, fingerprint: str) -> Any:
    """The table's columns."""
    import pyarrow as pa

    number = pa.float16() if dtype == "float16" else pa.float32()
    columns = [
        ("uri", pa.string()),
        ("key", pa.binary(16)),
        ("bytes", pa.int64()),
        ("modified", pa.int64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("vector", pa.list_(number, dims)),
        ("thumbnail", pa.binary()),
        ("failure", pa.string()),
        ("again", pa.bool_()),
    ]
    return pa.schema(columns, metadata={ENCODER: encoder.encode(), FINGERPRINT: fingerprint.encode()})


def write(place: str, rows: Any) -> Written:
    """Write an Arrow table beside the Lance table at `place`; `Table.append` makes it part of it.

    Raises:
        StoreError: no room, no leave, no such place.
    """
    with in_words(place):
        fragments = lance().fragment.write_fragments(rows, place, schema=rows.schema, mode="append")
        return Written(json.dumps([fragment.to_json() for fragment in fragments]), rows.schema)


class Table:
    """A Lance table as it was when opened, or one that does not exist yet; `append` makes both newer."""

    def __init__(self, where: str | os.PathLike[str]) -> None:
        """
        Raises:
            StoreError: it is a Lance table of something else, or cannot be read.
        """
        self.place = place_of(where)
        module = lance()
        self._data: Any = None
        try:
            with in_words(self.place):
                self._data = module.dataset(self.place)
        except StoreError as error:
            if "was not found" not in str(error.__cause__):
                raise
        if self._data is not None and FINGERPRINT not in (self._data.schema.metadata or {}):
            raise StoreError(f"{self.place} is a Lance table that pointillist did not write: name another place")

    @property
    def exists(self) -> bool:
        return self._data is not None

    def __len__(self) -> int:
        return self._data.count_rows() if self.exists else 0

    @property
    def encoder(self) -> str:
        """What people call the encoder that made the vectors."""
        return str(self._data.schema.metadata[ENCODER].decode())

    @property
    def fingerprint(self) -> str:
        return str(self._data.schema.metadata[FINGERPRINT].decode())

    @property
    def dims(self) -> int:
        return int(self._data.schema.field("vector").type.list_size)

    @property
    def dtype(self) -> Dtype:
        return "float16" if str(self._data.schema.field("vector").type.value_type) == "halffloat" else "float32"

    def column(self, name: str) -> Any:
        """A whole column as an Arrow array, in the order of rows."""
        return self.columns([name]).column(0).combine_chunks()

    def columns(self, names: list[str]) -> Any:
        """Whole columns as an Arrow table, in the order of rows."""
        with in_words(self.place):
            return self._data.to_table(columns=names)

    def take(self, rows: Sequence[int], names: list[str]) -> Any:
        """Some columns of some rows, in the order asked."""
        with in_words(self.place):
            return self._data.take(list(rows), columns=names)

    def vectors(self, rows: np.ndarray) -> np.ndarray:
        """(m, d) float32 vectors of m rows, NaN where a row has none; at most SCAN_ROWS of them are in memory twice."""
        answer = np.full((len(rows), self.dims), np.nan, np.float32)
        order = np.argsort(rows, kind="stable")
        with in_words(self.place):
            if 2 * len(rows) < len(self):
                for start in range(0, len(rows), SCAN_ROWS):
                    some = order[start : start + SCAN_ROWS]
                    distinct, place = np.unique(rows[some], return_inverse=True)
                    taken = self._data.take(distinct.tolist(), columns=["vector"]).column(0).combine_chunks()
                    answer[some] = _numbers(taken)[place]
                return answer
            begin, sorted_rows = 0, rows[order]
            for batch in self._data.to_batches(columns=["vector"], batch_size=SCAN_ROWS):
                low, high = np.searchsorted(sorted_rows, (begin, begin + batch.num_rows))
                answer[order[low:high]] = _numbers(batch.column(0))[sorted_rows[low:high] - begin]
                begin += batch.num_rows
        return answer

    def forget_passing(self) -> None:
        """Take out the failures that may be over, so that they are tried again."""
        with in_words(self.place):
            if self.exists and self._data.count_rows("again"):
                self._data.delete("again")

    def forget(self, uris: Sequence[str]) -> None:
        """Take out the rows of these images."""
        for start in range(0, len(uris), FORGET_ROWS):
            listed = ", ".join("'" + uri.replace("'", "''") + "'" for uri in uris[start : start + FORGET_ROWS])
            with in_words(self.place):
                self._data.delete(f"uri IN ({listed})")

    def append(self, written: Sequence[Written]) -> None:
        """Make what workers wrote part of the table, in one step.

        Raises:
            StoreError: it cannot be written, or holds vectors of another encoder or number type.
        """
        module = lance()
        fragments = [
            module.FragmentMetadata.from_json(json.dumps(one)) for part in written for one in json.loads(part.fragment)
        ]
        with in_words(self.place):
            if self._data is None:
                operation = module.LanceOperation.Overwrite(written[0].schema, fragments)
                self._data = module.LanceDataset.commit(self.place, operation)
                return
            for part in written:
                self.must_fit(part.schema)
            operation = module.LanceOperation.Append(fragments)
            self._data = module.LanceDataset.commit(self.place, operation, read_version=self._data.version)

    def must_be_of_now(self) -> None:
        """Raises StoreError if a version that wrote other columns made the table."""
        names = self._data.schema.names if self.exists else None
        if names not in (None, schema(1, "float32", "", "").names):
            raise StoreError(
                f"{self.place} has other columns ({', '.join(names)}): another version of pointillist made it; name "
                "another place with to="
            )

    def must_hold(self, encoder: Encoder, dtype: Dtype) -> None:
        """Raises StoreError if there is a table, and of other vectors. Their precision is not looked at: it is that of
        the workers' machines, not of this one."""
        if not self.exists:
            return
        if (self.encoder, self.dtype) != (encoder.name, dtype):
            raise StoreError(
                f"{self.place} holds {self.dtype} vectors of {self.encoder!r}, not {dtype} of {encoder.name!r}: "
                "a table has one encoder; name another place with to="
            )
        if in_any_precision(self.fingerprint) != in_any_precision(encoder.fingerprint):
            raise StoreError(
                f"{self.place} holds {self.dtype} vectors of another encoder that is called {self.encoder!r} too, or "
                f"of this one before it changed ({self.fingerprint!r}, now {encoder.fingerprint!r}): name another "
                "place with to=, or delete the table"
            )

    def must_fit(self, other: Any) -> None:
        """Raises StoreError if rows of this schema cannot be part of the table."""
        mine = self._data.schema
        same = mine.metadata[FINGERPRINT] == other.metadata[FINGERPRINT]
        if not same or mine.field("vector").type != other.field("vector").type:
            raise StoreError(
                f"{self.place} holds {self.dtype} vectors of {self.encoder!r} ({self.fingerprint}), "
                f"and these are of {other.metadata[ENCODER].decode()!r} ({other.metadata[FINGERPRINT].decode()}): "
                "a table has one encoder; name another place with to="
            )

    def tidy(self) -> None:
        """Drop the lists of earlier versions, of which a long run leaves one for each append; no row is dropped."""
        with in_words(self.place):
            if self.exists:
                self._data.cleanup_old_versions(older_than=KEEP_VERSIONS)


@contextmanager
def in_words(place: str) -> Iterator[None]:
    """Lance's errors as StoreError."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        said = str(error).partition(", /")[0]
        raise StoreError(
            f"the table {place} cannot be used ({said}): see that there is room and leave to write; "
            "what was written before is kept"
        ) from error


def _numbers(vectors: Any) -> np.ndarray:
    """(m, d) float32 of an Arrow array of vectors, NaN where there is none."""
    width = vectors.type.list_size
    flat = vectors.values.slice(vectors.offset * width, len(vectors) * width)
    numbers: np.ndarray = flat.to_numpy(zero_copy_only=False).reshape(len(vectors), width).astype(np.float32)
    numbers[vectors.is_null().to_numpy(zero_copy_only=False)] = np.nan
    return numbers
