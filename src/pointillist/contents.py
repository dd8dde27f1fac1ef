"""What the images hold: content keys, thumbnails, failures. The store is asked first, the files when they must be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from pointillist.decode import THUMBNAIL_PX, content_key, decode, thumbnail
from pointillist.errors import DecodeError, StoreError
from pointillist.images import Images
from pointillist.reading import Sources, together
from pointillist.store import Batch, Dtype, FailureRecord, ImageRecord, Signature, Store


@dataclass(frozen=True)
class Picture:
    """An encoded picture and the size of the original, in pixels."""

    data: bytes
    width: int
    height: int


class Contents:
    """Keys, thumbnails and failures of the rows of one collection; safe from many threads.

    `scan` looks at every file once (size and date only) and asks the store what it knows; until then nothing is known.
    `on_look` is a list of callbacks, called after a scan with its `stop`; `on_read` of some called with the rows whose
    content was read.
    """

    def __init__(self, images: Images, store: Store) -> None:
        self._images = images
        self._store = store
        self._lock = threading.Lock()
        self._signatures: list[Signature | None] = [None] * len(images)
        self._keys: list[bytes | None] = [None] * len(images)
        self._failures: dict[int, str] = {}
        self._row_of: dict[str, int] | None = None
        self._scanned = False
        self.on_look: list[Callable[[Callable[[], None]], None]] = []
        self.on_read: list[Callable[[list[int]], None]] = []

    def scan(self, *, again: bool = False, stop: Callable[[], None] = lambda: None) -> None:
        """Learn signatures, keys and failures of all rows; does nothing the second time unless `again`.

        `stop` is called now and then; what it raises ends the scan.
        """
        with self._lock:
            if self._scanned and not again:
                return
            signatures = []
            for row in range(len(self._images)):
                signatures.append(self._images.signature(row))
                if row % 1024 == 0:
                    stop()
            known = self._store.keys(signatures)
            reasons = self._store.failures(self._images.ids, signatures)
            for row, (before, now) in enumerate(zip(self._signatures, signatures, strict=True)):
                if before != now and before is not None:  # the file is another than the one looked at before
                    self._keys[row] = None
            self._failures = {}  # those that may be over are not in the store: they are tried again
            self._signatures = signatures
            self._keys = [new or old for new, old in zip(known, self._keys, strict=True)]
            self._failures.update((row, reason) for row, reason in enumerate(reasons) if reason is not None)
            self._scanned = True
        for tell in list(self.on_look):
            tell(stop)

    def held(self, row: int) -> tuple[Signature | None, bytes | None]:
        """The file of a row as it was when last looked at, and the key of its content, where known."""
        return self._signatures[row], self._keys[row]

    def identify(self, rows: Sequence[int], *, stop: Callable[[], None] = lambda: None) -> None:
        """Learn the keys of files not read yet, by their bytes; content the store has need not be decoded again.

        `stop` is called between two files; what it raises ends the work, what was learnt until then is kept.
        """
        found: dict[int, bytes] = {}
        sources = Sources(self._images, kept=1)
        try:
            for row in together(self._images, rows):
                stop()
                with suppress(DecodeError):  # whoever wants to see it is told
                    found[row] = content_key(sources.get(row)[0], self._images.box(row))
        finally:
            sizes = self._store.sizes(list(found.values()))
            records = [
                ImageRecord(key, self._signatures[row], self._images.ids[row], width, height)
                for (row, key), (width, height) in zip(found.items(), sizes.tolist(), strict=True)
                if width
            ]
            for row, key in found.items():
                self._keys[row] = key
            self._keep(Batch(images=records))

    def has_past(self) -> bool:
        """Whether the store knows any file or failure, so that a scan could tell something."""
        return self._store.knows_files()

    def listening_store(self, dtype: Dtype = "float32") -> Store:
        """The same store, for a run to write to: what it learns is known here at once, and read from no file twice."""
        return self._store.noting(self._note, dtype)

    def keys(self, *, stop: Callable[[], None] = lambda: None) -> list[bytes | None]:
        """(n,) the content key of each row, None for files not read yet and for failures.

        What other runs stored since the last call is known too. Rows in memory have no file whose date tells that
        nothing changed, so they are read here, the first time.
        """
        self.scan(stop=stop)
        self._catch_up()
        for row, signature in enumerate(self._signatures):
            if signature is None and self._keys[row] is None and row not in self._failures:
                stop()
                try:
                    self._keys[row] = content_key(self._images.payload(row), self._images.box(row))
                except DecodeError as error:
                    self._fail(row, error)
        return list(self._keys)

    def failures(self) -> dict[int, str]:
        """row -> why it could not be read, ascending."""
        return dict(sorted(self._failures.copy().items()))

    def thumbnails(self, rows: Sequence[int], *, stop: Callable[[], None] = lambda: None) -> list[bytes | str]:
        """The encoded thumbnail of each row, or the reason why there is none, in the order asked.

        `stop` is called between two images; what it raises ends the work, what was made until then is kept.
        """
        self._look(rows)
        stored = zip(rows, self._store.thumbnails([self._keys[row] for row in rows]), strict=True)
        answer: dict[int, bytes | str] = {row: picture for row, picture in stored if picture is not None}
        records: list[ImageRecord] = []
        sources = Sources(self._images, kept=1)
        try:
            for row in together(self._images, [row for row in rows if row not in answer]):
                stop()
                answer[row] = self._make(row, sources, records)
        finally:
            if records:
                self._keep(Batch(images=records))
                read = {record.id for record in records}
                self._read_now([row for row in rows if self._images.ids[row] in read])
        return [answer[row] for row in rows]

    def kept_thumbnails(self, rows: Sequence[int]) -> list[bytes | None]:
        """The encoded thumbnail of each row where there is one already; nothing is read or made."""
        return self._store.thumbnails([self._keys[row] for row in rows])

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

    def _make(self, row: int, sources: Sources, records: list[ImageRecord]) -> bytes | str:
        if (reason := self._failures.get(row)) is not None:
            return reason
        try:
            record = self._read(row, sources)
        except DecodeError as error:
            self._fail(row, error)
            return str(error)
        records.append(record)
        return record.thumbnail or b""

    def _read(self, row: int, sources: Sources) -> ImageRecord:
        (payload, shared), box = sources.get(row), self._images.box(row)
        key = content_key(payload, box)
        decoded = decode(payload, at_least_px=THUMBNAIL_PX, box=box, shared=shared)
        picture = thumbnail(decoded.rgb)
        self._keys[row] = key
        self._failures.pop(row, None)
        return ImageRecord(key, self._signatures[row], self._images.ids[row], decoded.width, decoded.height, picture)

    def _fail(self, row: int, error: DecodeError) -> None:
        """The failure is that of the file as it is now: one that went is tried again when it is back."""
        self._failures[row] = str(error)
        self._keep(Batch(failures=[FailureRecord.of(self._images.ids[row], self._images.signature(row), error)]))

    def _catch_up(self) -> None:
        images = self._images
        new = [row for row, key in enumerate(self._keys) if key is None and row not in self._failures]
        signatures = [self._signatures[row] for row in new]
        keys, reasons = self._store.keys(signatures), self._store.failures([images.ids[row] for row in new], signatures)
        for row, key, reason in zip(new, keys, reasons, strict=True):
            self._keys[row] = key
            if reason is not None:
                self._failures[row] = reason

    def _note(self, batch: Batch) -> None:
        if self._row_of is None:
            self._row_of = {id_: row for row, id_ in enumerate(self._images.ids)}
        for image in batch.images:
            row = self._row_of[image.id]
            self._keys[row] = image.key
            self._failures.pop(row, None)
        for failure in batch.failures:
            self._failures[self._row_of[failure.id]] = failure.reason
        self._read_now([self._row_of[image.id] for image in batch.images])

    def _read_now(self, rows: list[int]) -> None:
        for tell in list(self.on_read):
            tell(rows)

    def _keep(self, batch: Batch) -> None:
        with suppress(
            StoreError
        ):  # a picture that cannot be kept is still shown; the run that must write tells the user
            self._store.put_batch(batch)
