"""What the images hold: content keys, thumbnails, failures. The store is asked first, the files when they must be."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from pointillist.decode import content_key, decode, thumbnail
from pointillist.errors import DecodeError, StoreError
from pointillist.images import Images
from pointillist.store import Batch, FailureRecord, ImageRecord, Signature, Store

THUMB_PX = 256


@dataclass(frozen=True)
class Picture:
    """An encoded picture and the size of the original, in pixels."""

    data: bytes
    width: int
    height: int


class Contents:
    """Keys, thumbnails and failures of the rows of one collection; safe from many threads.

    `scan` looks at every file once (size and date only) and asks the store what it knows; until then nothing is known.
    """

    def __init__(self, images: Images, store: Store) -> None:
        self._images = images
        self._store = store
        self._lock = threading.Lock()
        self._signatures: list[Signature | None] = [None] * len(images)
        self._keys: list[bytes | None] = [None] * len(images)
        self._failures: dict[int, str] = {}
        self._scanned = False

    def scan(self, *, again: bool = False) -> None:
        """Learn signatures, keys and failures of all rows; does nothing the second time unless `again`."""
        with self._lock:
            if self._scanned and not again:
                return
            images = self._images
            self._signatures = [images.signature(row) for row in range(len(images))]
            known = self._store.keys(self._signatures)
            self._keys = [new or old for new, old in zip(known, self._keys, strict=True)]
            self._refresh_failures()
            self._scanned = True

    def refresh(self) -> None:
        """Read again what the store knows, after a run added to it."""
        with self._lock:
            missing = [row for row, key in enumerate(self._keys) if key is None]
            found = self._store.keys([self._signatures[row] for row in missing])
            for row, key in zip(missing, found, strict=True):
                self._keys[row] = key
            self._refresh_failures()

    def keys(self) -> list[bytes | None]:
        """(n,) the content key of each row, None for rows not read yet and for failures.

        Rows in memory have no file whose date tells that nothing changed, so they are read here.
        """
        self.scan()
        for row, signature in enumerate(self._signatures):
            if signature is None and self._keys[row] is None and row not in self._failures:
                try:
                    self._keys[row] = content_key(self._images.payload(row), self._images.box(row))
                except DecodeError as error:
                    self._fail(row, str(error))
        return list(self._keys)

    def failures(self) -> dict[int, str]:
        """row -> why it could not be read, ascending."""
        with self._lock:
            return dict(sorted(self._failures.items()))

    def thumbnails(self, rows: Sequence[int]) -> list[bytes | str]:
        """The encoded thumbnail of each row, or the reason why there is none, in the order asked."""
        stored = self._store.thumbnails([self._key_now(row) for row in rows])
        answer: list[bytes | str] = []
        records = []
        for row, picture in zip(rows, stored, strict=True):
            if picture is not None:
                answer.append(picture)
                continue
            try:
                record = self._read(row)
            except DecodeError as error:
                self._fail(row, str(error))
                answer.append(str(error))
            else:
                records.append(record)
                answer.append(record.thumbnail or b"")
        if records:
            self._keep(Batch(images=records))
        return answer

    def picture(self, row: int, max_px: int) -> Picture:
        """The image of one row, fitted into a square of `max_px`.

        Raises:
            DecodeError: if it cannot be read.
        """
        decoded = decode(self._images.payload(row), at_least_px=max_px, box=self._images.box(row))
        return Picture(thumbnail(decoded.rgb, side_px=max_px), decoded.width, decoded.height)

    def size(self, row: int) -> tuple[int, int] | None:
        """Width and height of the original in pixels, where known."""
        key = self._keys[row]
        width, height = (int(side) for side in self._store.sizes([key])[0])
        return (width, height) if key is not None and width else None

    def _key_now(self, row: int) -> bytes | None:
        if self._keys[row] is None and self._signatures[row] is None:
            self._signatures[row] = self._images.signature(row)
            self._keys[row] = self._store.keys([self._signatures[row]])[0]
        return self._keys[row]

    def _read(self, row: int) -> ImageRecord:
        payload, box = self._images.payload(row), self._images.box(row)
        key = content_key(payload, box)
        decoded = decode(payload, at_least_px=THUMB_PX, box=box)
        picture = thumbnail(decoded.rgb, side_px=THUMB_PX)
        self._keys[row] = key
        self._failures.pop(row, None)
        return ImageRecord(key, self._signatures[row], self._images.ids[row], decoded.width, decoded.height, picture)

    def _fail(self, row: int, reason: str) -> None:
        self._failures[row] = reason
        self._keep(Batch(failures=[FailureRecord(self._images.ids[row], self._signatures[row], reason)]))

    def _keep(self, batch: Batch) -> None:
        with suppress(
            StoreError
        ):  # a picture that cannot be kept is still shown; the run that must write tells the user
            self._store.put_batch(batch)

    def _refresh_failures(self) -> None:
        reasons = self._store.failures(self._images.ids, self._signatures)
        known = {row: reason for row, reason in enumerate(reasons) if reason is not None}
        self._failures = known
