"""One row read: its file fetched, decoded once, for its thumbnail and as the input of a model."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from pointillist.decode import (
    THUMBNAIL_PX,
    Shared,
    as_seen,
    content_key,
    decode,
    standing_in,
    thumbnail,
    thumbnail_is_enough,
)
from pointillist.encoders.base import Preparing
from pointillist.errors import DecodeError
from pointillist.images import Images
from pointillist.images.payload import Payload, is_url
from pointillist.images.rows import Paths
from pointillist.store import FailureRecord, ImageRecord, Signature, Store
from pointillist.trying import Refused

KEPT = 3


@dataclass(frozen=True, eq=False)
class Task:
    """One row to read. signature: of its file now. key: its content, where that and a thumbnail of it are stored."""

    row: int
    signature: Signature | None
    key: bytes | None


@dataclass(frozen=True, eq=False)
class Reading:
    """What reading one row gave: `failure`, or else `record` and, if its vector must be computed, `prepared`, or
    `refused` where the encoder could not prepare it.

    out_of_reach: the failure is that of the place it lies at: the file was there when the run began, or its drive or
        server does not answer.
    with_folder: so is the folder that the file lay in: gone, or not to be listed.
    """

    row: int
    record: ImageRecord | None = None
    prepared: np.ndarray | None = None
    refused: Refused | None = None
    failure: FailureRecord | None = None
    out_of_reach: bool = False
    with_folder: bool = False


class Sources:
    """The payloads of rows; a file that several boxes lie in is read and decoded once for those that follow closely.

    Safe from many threads. kept: so many files at most; one thread that takes the rows `together` needs no more than 1.
    """

    def __init__(self, images: Images, *, kept: int = KEPT) -> None:
        self.images = images
        self._kept = kept
        self._guard = threading.Lock()
        self._open: OrderedDict[object, _Source] = OrderedDict()

    def get(self, row: int) -> tuple[Payload, Shared | None]:
        """The row's payload, and where its decoded picture is shared.

        Raises:
            DecodeError: it cannot be had; the text is the reason.
        """
        if self.images.boxes is None:
            return self.images.payload(row), None
        key = source_of(self.images, row)
        with self._guard:
            source = self._open.setdefault(key, _Source())
            self._open.move_to_end(key)
            while len(self._open) > self._kept:
                self._open.popitem(last=False)
        with source.lock:
            if source.payload is None:
                source.payload = self.images.payload(row)
            return source.payload, source.shared


class _Source:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.payload: Payload | None = None
        self.shared = Shared()


def source_of(images: Images, row: int) -> object:
    """What tells the files of rows apart: equal for boxes in the same file."""
    cell = images.cells[row] if isinstance(images.cells, list | Paths) else row
    return cell if isinstance(cell, str | int) else id(cell)


def together(images: Images, rows: Sequence[int]) -> list[int]:
    """The rows in their order, but boxes in one file one after another, so that it is read once."""
    if images.boxes is None:
        return list(rows)
    first: dict[object, int] = {}
    for row in rows:
        first.setdefault(source_of(images, row), len(first))
    return sorted(rows, key=lambda row: first[source_of(images, row)])


def read(task: Task, sources: Sources, encoder: Preparing, store: Store, begun: Collection[bytes]) -> Reading:
    """Read one row; decode it once, for its thumbnail and for the model, unless its content has a vector already.

    Its file is not opened where the stored thumbnail is all that is needed. A model that looks at more than a
    thumbnail has lets it be decoded at the thumbnail's scale too: that is the same, whichever model comes first.

    Args:
        begun: content keys whose vectors this run has begun to compute.
    """
    if task.key is not None:
        stored = _stored(task, task.key, sources.images, encoder, store, begun)
        if stored is not None:
            return stored
    images = sources.images
    id_ = images.ids[task.row]
    try:
        payload, shared = sources.get(task.row)
        box = images.box(task.row)
        key = content_key(payload, box)
        if _is_made(key, encoder, store, begun):
            width, height = store.sizes([key])[0].tolist()
            if width and store.have_thumbnails([key])[0]:
                return Reading(task.row, ImageRecord(key, task.signature, id_, width, height))
        at_least_px = max(encoder.input_px, THUMBNAIL_PX)  # the same, pictured or not
        decoded = small = decode(payload, at_least_px=at_least_px, box=box, shared=shared)
        if task.key is None and at_least_px > THUMBNAIL_PX:
            small = decode(payload, at_least_px=THUMBNAIL_PX, box=box, shared=shared)
    except DecodeError as error:
        now = images.signature(task.row)  # another than before where the file went while the run was under way
        was_there = task.signature is not None and task.signature[1] >= 0
        lost = error.out_of_reach or (was_there and now is not None and now[1] < 0)
        with_folder = lost and was_there and _folder_is_lost(images.cells[task.row])
        return Reading(task.row, failure=FailureRecord.of(id_, now, error), out_of_reach=lost, with_folder=with_folder)
    picture = None if task.key is not None else thumbnail(small.rgb)
    record = ImageRecord(key, task.signature, id_, decoded.width, decoded.height, picture)
    return _prepared(task.row, record, as_seen(decoded.rgb, encoder.input_px, picture), encoder)


def _folder_is_lost(cell: object) -> bool:
    """Whether it is the path of a file whose folder cannot be listed."""
    if not isinstance(cell, str) or is_url(cell):
        return False
    try:
        os.scandir(os.path.dirname(cell)).close()  # noqa: PTH120
    except OSError:
        return True
    return False


def _stored(
    task: Task, key: bytes, images: Images, encoder: Preparing, store: Store, begun: Collection[bytes]
) -> Reading | None:
    """The reading of a row from what is stored of it, None where that is too little."""
    width, height = store.sizes([key])[0].tolist()
    if not width:
        return None
    record = ImageRecord(key, task.signature, images.ids[task.row], width, height)
    if _is_made(key, encoder, store, begun):
        return Reading(task.row, record)
    if not thumbnail_is_enough(encoder.input_px):
        return None
    (picture,) = store.thumbnails([key])
    rgb = None if picture is None else standing_in(picture, encoder.input_px)
    return None if rgb is None else _prepared(task.row, record, rgb, encoder)


def _is_made(key: bytes, encoder: Preparing, store: Store, begun: Collection[bytes]) -> bool:
    return key in begun or bool(store.have_vectors(encoder.fingerprint, [key])[0])


def _prepared(row: int, record: ImageRecord, rgb: np.ndarray, encoder: Preparing) -> Reading:
    try:
        return Reading(row, record, encoder.prepare(rgb))
    except Exception as error:  # noqa: BLE001 (an encoder may be anybody's)
        return Reading(row, record, refused=Refused.because(error, encoder.name))
