"""A Lance table as the images, the store and the vectors of a collection."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields
from functools import cached_property
from pathlib import Path

import numpy as np

from pointillist.errors import StoreError
from pointillist.images import Images, Signature
from pointillist.scale.table import Table, place_of
from pointillist.scale.uris import UriImages, read_uris
from pointillist.store import Refusal, Store
from pointillist.vectors import Embedding, digest_of


def open_table(where: str | os.PathLike[str], store: str | Path | None) -> tuple[Images, Store, Embedding]:
    """The images of a table, a store that holds what it holds, and its vectors; no image is read.

    Raises:
        StoreError: there is no such table, or it cannot be read.
    """
    table = Table(where)
    if not table.exists or not len(table):
        raise StoreError(f"there is no table {table.place}, or it has no rows yet: make it with pointillist.embed")
    read = read_uris(table.column("uri").to_pylist())
    images = TableImages(**{field.name: getattr(read, field.name) for field in fields(read)})
    identity = f"table {place_of(where)}"
    object.__setattr__(images, "identity", identity)
    object.__setattr__(images, "title", os.path.basename(table.place.rstrip("/")))  # noqa: PTH119
    kept = TableStore(Store.open(store, identity), table, images)
    return images, kept, kept.embedding()


class TableImages(UriImages):
    """Images whose table says what they hold: no file is looked at to see whether it changed."""

    def signature(self, row: int) -> Signature | None:
        return self.ids[row], 0, 0


class TableStore(Store):
    """A store whose thumbnails, sizes, failures and vectors of one encoder lie in a Lance table.

    Everything else, tags and other encoders' vectors too, is in the SQLite file that it was made of.
    """

    def __init__(self, store: Store, table: Table, images: Images) -> None:
        super().__init__(store._database, store.notice)
        self._table, self._images = table, images
        self._keys: list[bytes | None] = table.column("key").to_pylist()
        reasons, again = table.column("failure").to_pylist(), table.column("again").to_pylist()
        self._reasons = {row: why for row, why in enumerate(reasons) if why is not None and self._keys[row] is None}
        refused = [(row, key) for row, key in enumerate(self._keys) if key is not None and reasons[row] is not None]
        self._refused = {key: Refusal(key, reasons[row], again[row]) for row, key in refused}
        without = {row for row, _ in refused}
        self._with_vector = {key: row for row, key in enumerate(self._keys) if key is not None and row not in without}

    def embedding(self) -> Embedding:
        """The vectors of the table's encoder."""
        present = self.have_vectors(self._table.fingerprint, self._keys)
        name, fingerprint = self._table.encoder, self._table.fingerprint
        digest = digest_of(fingerprint, self._keys, present)
        return Embedding(
            name, digest, present, lambda: self.vectors(fingerprint, self._keys)[1], fingerprint, self._table.dims
        )

    @cached_property
    def _row_of_key(self) -> dict[bytes, int]:
        return {key: row for row, key in enumerate(self._keys) if key is not None}

    @cached_property
    def _row_of_id(self) -> dict[str, int]:
        return {id_: row for row, id_ in enumerate(self._images.ids)}

    def keys(self, signatures: Sequence[Signature | None]) -> list[bytes | None]:
        own = super().keys(signatures)
        rows = (None if one is None else self._row_of_id.get(one[0]) for one in signatures)
        return [key if row is None else self._keys[row] or key for row, key in zip(rows, own, strict=True)]

    def knows_files(self) -> bool:
        return True

    def failures(self, ids: Sequence[str], signatures: Sequence[Signature | None]) -> list[str | None]:
        own = super().failures(ids, signatures)
        return [self._reasons.get(self._row_of_id[id_], reason) for id_, reason in zip(ids, own, strict=True)]

    def have_thumbnails(self, keys: Sequence[bytes | None]) -> np.ndarray:
        return np.asarray(self._there(keys) | super().have_thumbnails(keys), bool)

    def thumbnails(self, keys: Sequence[bytes | None]) -> list[bytes | None]:
        answer = super().thumbnails([None if key in self._row_of_key else key for key in keys])
        asked = [place for place, key in enumerate(keys) if key in self._row_of_key]
        rows = [self._row_of_key[keys[place] or b""] for place in asked]
        if rows:
            pictures = self._table.take(rows, ["thumbnail"]).column(0).to_pylist()
            for place, picture in zip(asked, pictures, strict=True):
                answer[place] = picture
        return answer

    def sizes(self, keys: Sequence[bytes | None]) -> np.ndarray:
        answer = super().sizes(keys)
        asked = [place for place, key in enumerate(keys) if key in self._row_of_key]
        if asked:
            found = self._table.take([self._row_of_key[keys[place] or b""] for place in asked], ["width", "height"])
            answer[asked] = np.stack([column.to_numpy() for column in found.columns], axis=1)
        return answer

    def have_vectors(self, fingerprint: str, keys: Sequence[bytes | None]) -> np.ndarray:
        own: np.ndarray = super().have_vectors(fingerprint, keys)
        return own if fingerprint != self._table.fingerprint else np.logical_or(own, self._have(keys))

    def refused(self, fingerprint: str) -> dict[bytes, Refusal]:
        own = super().refused(fingerprint)
        if fingerprint != self._table.fingerprint or not self._refused:
            return own
        there = self.have_vectors(fingerprint, list(self._refused))
        return {key: one for (key, one), has in zip(self._refused.items(), there, strict=True) if not has} | own

    def vectors(self, fingerprint: str, keys: Sequence[bytes | None]) -> tuple[np.ndarray, np.ndarray]:
        if fingerprint != self._table.fingerprint:
            return super().vectors(fingerprint, keys)
        present = self._have(keys)
        answer = np.full((len(keys), self._table.dims), np.nan, np.float32)
        rows = [self._with_vector[key] for key in keys if key is not None and key in self._with_vector]
        answer[present] = self._table.vectors(np.array(rows, np.int64))
        if not present.all():  # made here, after the table was written
            own, vectors = super().vectors(
                fingerprint, [None if there else key for key, there in zip(keys, present, strict=True)]
            )
            if own.any():
                answer[own] = vectors[own]
                present |= own
        return present, answer

    def _have(self, keys: Sequence[bytes | None]) -> np.ndarray:
        """(n,) bool: which contents have a vector in the table."""
        return np.array([key in self._with_vector for key in keys], bool)

    def _there(self, keys: Sequence[bytes | None]) -> np.ndarray:
        return np.array([key in self._row_of_key for key in keys], bool)
