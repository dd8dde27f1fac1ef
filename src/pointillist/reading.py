"""Reading ahead: threads turn files into model inputs and thumbnails while the model works on what came before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np

from pointillist.decode import THUMBNAIL_PX, content_key, decode, thumbnail
from pointillist.encoders.base import Encoder
from pointillist.errors import DecodeError
from pointillist.images import Images
from pointillist.store import FailureRecord, ImageRecord, Signature, Store

POLL_S = 0.1

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Task:
    """One row to read. signature: of its file now. pictured: its thumbnail is stored."""

    row: int
    signature: Signature | None
    pictured: bool


@dataclass(frozen=True, eq=False)
class Reading:
    """What reading one row gave: `failure`, or else `record` and, if its vector must be computed, `prepared`."""

    row: int
    record: ImageRecord | None = None
    prepared: np.ndarray | None = None
    failure: FailureRecord | None = None


def read(task: Task, images: Images, encoder: Encoder, store: Store, begun: Collection[bytes]) -> Reading:
    """Read one row; decode it once, for its thumbnail and for the model, unless its content has a vector already.

    Args:
        begun: content keys whose vectors this run has begun to compute.
    """
    id_ = images.ids[task.row]
    try:
        payload, box = images.payload(task.row), images.box(task.row)
        key = content_key(payload, box)
        if key in begun or store.have_vectors(encoder.fingerprint, [key])[0]:
            width, height = store.sizes([key])[0].tolist()
            if width and store.have_thumbnails([key])[0]:
                return Reading(task.row, ImageRecord(key, task.signature, id_, width, height))
        decoded = decode(payload, at_least_px=max(encoder.input_px, THUMBNAIL_PX), box=box)  # the same, pictured or not
    except DecodeError as error:
        return Reading(task.row, failure=FailureRecord.of(id_, task.signature, error))
    picture = None if task.pictured else thumbnail(decoded.rgb)
    record = ImageRecord(key, task.signature, id_, decoded.width, decoded.height, picture)
    return Reading(task.row, record, encoder.prepare(decoded.rgb))


def ahead(
    work: Callable[[T], R], tasks: Iterable[T], *, threads: int, most: int, check: Callable[[], None]
) -> Generator[R]:
    """The results of `work` in the order of the tasks, computed by `threads` threads at most `most` tasks ahead.

    `check` is called several times a second while waiting; what it raises, or what a task raises, ends the iteration.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="pointillist-read")
    left = iter(tasks)
    coming: deque[Future[R]] = deque()
    try:
        coming.extend(pool.submit(work, task) for task in islice(left, most))
        while coming:
            while not wait((coming[0],), timeout=POLL_S).done:
                check()
            check()
            yield coming.popleft().result()
            coming.extend(pool.submit(work, task) for task in islice(left, 1))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
