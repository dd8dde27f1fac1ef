"""What the images hold: content keys, thumbnails, failures. The store is asked first, the files when they must be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
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

    def scan(self) -> None:
        """Learn signatures, keys and failures of all rows; only the first call does work."""
        with self._lock:
            if self._scanned:
                return
            signatures = [self._images.signature(row) for row in range(len(self._images))]
            known = self._store.keys(signatures)
            self._signatures = signatures
            self._keys = [new or old for new, old in zip(known, self._keys, strict=True)]
            self._scanned = True
        self.refresh_failures()

    def refresh(self) -> None:
        """Read again what the store knows, after a run added to it."""
        with self._lock:
            missing = [row for row, key in enumerate(self._keys) if key is None]
            found = self._store.keys([self._signatures[row] for row in missing])
            for row, key in zip(missing, found, strict=True):
                self._keys[row] = key
        self.refresh_failures()

    def refresh_failures(self) -> None:
        """Read again which rows are known to be unreadable."""
        reasons = self._store.failures(self._images.ids, self._signatures)
        self._failures = {row: reason for row, reason in enumerate(reasons) if reason is not None}

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
        return dict(sorted(self._failures.copy().items()))

    def thumbnails(self, rows: Sequence[int], *, stop: Callable[[], None] = lambda: None) -> list[bytes | str]:
        """The encoded thumbnail of each row, or the reason why there is none, in the order asked.

        `stop` is called between two images; what it raises ends the work, what was made until then is kept.
        """
        self._look(rows)
        stored = self._store.thumbnails([self._keys[row] for row in rows])
        answer: list[bytes | str] = []
        records: list[ImageRecord] = []
        try:
            for row, picture in zip(rows, stored, strict=True):
                if picture is None:
                    stop()
                answer.append(self._make(row, records) if picture is None else picture)
        finally:
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

    def _look(self, rows: Sequence[int]) -> None:
        """Learn the keys of a few rows before the scan came to them."""
        new = [row for row in rows if self._keys[row] is None and self._signatures[row] is None]
        signatures = [self._images.signature(row) for row in new]
        for row, signature, key in zip(new, signatures, self._store.keys(signatures), strict=True):
            self._signatures[row] = signature
            self._keys[row] = key

    def _make(self, row: int, records: list[ImageRecord]) -> bytes | str:
        if (reason := self._failures.get(row)) is not None:
            return reason
        try:
            record = self._read(row)
        except DecodeError as error:
            self._fail(row, str(error))
            return str(error)
        records.append(record)
        return record.thumbnail or b""

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
