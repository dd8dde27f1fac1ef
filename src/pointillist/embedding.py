"""The embedding run: images in, vectors and thumbnails in the store, the model never waiting for a file.

Rows come in a fixed random order, so that what is done at any moment is a fair sample of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from math import ceil
from time import monotonic

import numpy as np

from pointillist.encoders.base import Encoder
from pointillist.errors import EncoderError, SourceError, StoreError
from pointillist.images import Images
from pointillist.jobs import Job
from pointillist.reading import BothEnds, Reading, Task, ahead, readings, together
from pointillist.store import Batch, FailureRecord, ImageRecord, Refusal, Store
from pointillist.trying import Refused, Trying

OnBatch = Callable[[np.ndarray, np.ndarray], None]
Made = dict[bytes, np.ndarray | Refused]
"""By content key, the vector (d,) that an encoder made, or why it made none."""

AHEAD = 96
BATCHES_AHEAD = 3
"""Of the size that the encoder likes, where they are more than AHEAD images."""
BATCH = 32
FIRST = 2
"""Images in the first batches, while nobody knows what one costs: one at a time costs ViT-S/16 75.8 ms of CPU time an
image, two 67.8, four to eight 65.9 to 68.2; tf_efficientnet_lite0 14.5, 11.1 and 8.9 to 9.7."""
ENCODE_S = 0.8
"""How long one call of the model should take at most, since progress is told between two calls. By the clock: beside
a neighbour's load a batch is smaller, which costs little down to two images."""
OUT_OF_REACH = 64
"""So many images on end, in a random order, whose file went or whose drive or server fails: that is gone, not they."""
FIRST_REFUSED, REFUSED = 8, 64
"""So many images on end that get no vector, of the first ones and later on: the encoder is broken, not they."""
WRITE_ROWS = 64
WRITE_S = 0.5


@dataclass
class Reach:
    """lost: images on end that could not be reached, up to now; one for several runs counts over them."""

    lost: int = 0


def embed(
    images: Images,
    encoder: Encoder,
    store: Store,
    *,
    job: Job,
    on_batch: OnBatch | None = None,
    reach: Reach | None = None,
) -> None:
    """Give every readable image a vector of `encoder` in `store`; what is there already is not computed again.

    Args:
        job: told the number of images to do and each one done; cancelling it stops the run within about a second.
        on_batch: called on this thread after each write with (b,) uint32 rows and their (b, d) float32 vectors. Rows
            whose unchanged file had a vector before the run are not among them.
        reach: that of the runs before, where this one is a part of a larger one.

    Raises:
        Cancelled: if the job was cancelled; what was computed until then is stored.
        EncoderError: if the encoder cannot be loaded, or gives REFUSED images on end no vector (FIRST_REFUSED where
            none has one yet). Fewer are noted in the store with the reason; those it raised on are tried again the next
            time.
        SourceError: if OUT_OF_REACH images on end cannot be reached any more, or one whose folder went with it; they
            are tried again the next time.
        StoreError: if the store cannot be written; what was written before is kept.
    """
    tasks = _tasks(images, encoder, store, job)
    job.total = len(tasks)
    if tasks:
        _Run(images, encoder, store, job, on_batch, reach or Reach()).over(tasks)


def rows_to_embed(images: Images, encoder: Encoder, store: Store, job: Job) -> list[int]:
    """The rows that `embed` would give a vector, in its order.

    Raises:
        Cancelled: if the job was cancelled.
    """
    return [task.row for task in _tasks(images, encoder, store, job)]


def _tasks(images: Images, encoder: Encoder, store: Store, job: Job) -> list[Task]:
    """The rows without a vector and not known to be unreadable, in a fixed random order."""
    signatures = []
    for row in range(len(images)):
        signatures.append(images.signature(row))
        if row % 1024 == 0:
            job.check()
    keys = store.keys(signatures)
    done = store.have_vectors(encoder.fingerprint, keys)
    pictured = store.have_thumbnails(keys)
    failed = store.failures(images.ids, signatures)
    refused = {key for key, one in store.refused(encoder.fingerprint).items() if not one.passing}
    order = together(images, np.random.default_rng(0).permutation(len(images)).tolist())
    return [
        Task(row, signatures[row], keys[row] if pictured[row] else None)
        for row in order
        if not done[row] and failed[row] is None and keys[row] not in refused
    ]


def _out_of_reach(what: str, last: FailureRecord) -> SourceError:
    return SourceError(
        f"{what} could not be reached ({last.reason}): is their drive or server still there? What was done is kept; "
        "run it again to go on"
    )


@dataclass
class _Unwritten:
    """What was computed since the last write. rows: row and content key; vectors, refusals: of new content."""

    records: list[ImageRecord] = field(default_factory=list)
    failures: list[FailureRecord] = field(default_factory=list)
    rows: list[tuple[int, bytes]] = field(default_factory=list)
    vectors: dict[bytes, np.ndarray] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    since: float = field(default_factory=monotonic)

    def __len__(self) -> int:
        return len(self.records) + len(self.failures)

    def add(self, readings: list[Reading]) -> None:
        """Take in what was read."""
        for reading in readings:
            if reading.failure is not None:
                self.failures.append(reading.failure)
            if reading.record is not None:
                self.records.append(reading.record)
                self.rows.append((reading.row, reading.record.key))


@dataclass(frozen=True, eq=False)
class _Batch:
    """Readings in order; of the new content among them, by content key, the prepared inputs or why there is none."""

    readings: list[Reading] = field(default_factory=list)
    inputs: dict[bytes, np.ndarray] = field(default_factory=dict)
    refused: Made = field(default_factory=dict)


class _Run:
    """One run over the tasks: rows are read, read rows gathered into batches, batches encoded, results written."""

    def __init__(
        self, images: Images, encoder: Encoder, store: Store, job: Job, on_batch: OnBatch | None, reach: Reach
    ) -> None:
        self._images, self._encoder, self._store, self._job, self._on_batch = images, encoder, store, job, on_batch
        self._reach = reach
        self._size = FIRST
        self._left = 0
        self._try = Trying(encoder)
        self._dims = store.vectors(encoder.fingerprint, [])[1].shape[1]
        self._begun: set[bytes] = set()
        self._unwritten = _Unwritten()
        self._doubtful: dict[bytes, Refused] = {}

    def over(self, tasks: list[Task]) -> None:
        """Do the tasks in order; whatever ends the run early, what is done is written."""
        self._left = len(tasks)
        order = BothEnds(tasks)
        with (
            closing(self._readings(tasks, order)) as read,
            closing(self._results(self._batches(read, order))) as results,
        ):
            self._keep(results)

    def _readings(self, tasks: list[Task], order: BothEnds) -> Generator[Reading]:
        return readings(
            tasks,
            order,
            self._images,
            self._encoder,
            self._store,
            begun=self._begun,
            most=lambda: max(AHEAD, BATCHES_AHEAD * self._batch),
            job=self._job,
        )

    @property
    def _batch(self) -> int:
        """How many images the encoder likes to be given at once."""
        return int(getattr(self._encoder, "batch", BATCH))

    @property
    def _workers(self) -> int:
        """How many threads may run the encoder at once."""
        return int(getattr(self._encoder, "workers", 1))

    @property
    def _wanted(self) -> int:
        """The size of the next batch: the last images are shared out, so that no worker waits long for another."""
        return min(self._size, max(1, ceil(self._left / self._workers)))

    def _results(self, batches: Iterator[_Batch]) -> Generator[tuple[_Batch, Made]]:
        """The batches in order, with what the encoder made of their new content; it is loaded if there is any."""
        self._job.message = "loading the model"
        first = None
        for batch in batches:
            if batch.inputs:
                first = batch
                break
            yield batch, batch.refused
        self._job.message = ""
        if first is not None:
            left = chain([first], batches)
            with closing(
                ahead(self._encode, left, threads=self._workers, most=self._workers + 1, check=self._job.check)
            ) as results:
                yield from results

    def _batches(self, readings: Iterable[Reading], order: BothEnds) -> Iterator[_Batch]:
        """Gather readings until there are enough for the model, or until it is time to write."""
        batch, since, reach = _Batch(), monotonic(), self._reach
        for reading in readings:
            if reading.with_folder and reading.failure is not None:
                yield batch
                raise _out_of_reach("an image and the folder it is in", reading.failure)
            batch.readings.append(reading)
            reach.lost = reach.lost + 1 if reading.out_of_reach else 0
            if reach.lost >= OUT_OF_REACH and reading.failure is not None:
                yield batch
                raise _out_of_reach(f"the last {reach.lost} images", reading.failure)
            key = None if reading.record is None else reading.record.key
            is_new = key is not None and key not in self._begun
            order.saw(made=is_new and reading.prepared is None and reading.refused is None)
            if key is not None and is_new:
                if reading.prepared is not None:
                    self._begun.add(key)
                    batch.inputs[key] = reading.prepared
                elif reading.refused is not None:
                    self._begun.add(key)
                    batch.refused[key] = reading.refused
            enough = max(WRITE_ROWS, self._size)
            if len(batch.inputs) >= self._wanted or len(batch.readings) >= enough or monotonic() - since >= WRITE_S:
                self._left -= len(batch.readings)
                yield batch
                batch, since = _Batch(), monotonic()
        yield batch

    def _encode(self, batch: _Batch) -> tuple[_Batch, Made]:
        there = self._store.have_vectors(self._encoder.fingerprint, list(batch.inputs))
        inputs = {key: one for (key, one), made in zip(batch.inputs.items(), there, strict=True) if not made}
        if not inputs:
            return batch, batch.refused
        began = monotonic()
        made = self._try(list(inputs.values()))
        if not all(isinstance(one, Refused) for one in made):
            fits = int(ENCODE_S * len(made) / max(monotonic() - began, 1e-9))
            self._size = max(1, min(self._batch, fits, self._try.most))
        return batch, {**batch.refused, **dict(zip(inputs, made, strict=True))}

    def _sort(self, made: Made) -> None:
        """Tell vectors from refusals. What is refused is doubted until a later image gets a vector, or the run ends.

        Raises:
            EncoderError: if too many on end were refused.
        """
        for key, one in made.items():
            if isinstance(one, np.ndarray) and len(one) != (self._dims or len(one)):
                one = Refused(
                    f"{self._encoder.name!r} gave it {len(one)} numbers, and {self._dims} to an image before", True
                )
            if isinstance(one, Refused):
                self._doubtful[key] = one
                if len(self._doubtful) >= (REFUSED if self._dims else FIRST_REFUSED):
                    raise EncoderError(
                        f"{self._encoder.name!r} gave {len(self._doubtful)} images on end no vector, so it seems "
                        f"broken: {one.reason}"
                    ) from one.error
            else:
                self._dims = len(one)
                self._unwritten.vectors[key] = one
                self._believe()

    def _believe(self) -> None:
        self._unwritten.refusals += [Refusal(key, one.reason, one.passing) for key, one in self._doubtful.items()]
        self._doubtful.clear()

    def _keep(self, results: Iterator[tuple[_Batch, Made]]) -> None:
        try:
            for batch, made in results:
                for start in range(
                    0, len(batch.readings), WRITE_ROWS
                ):  # a disk that fills up takes some of a large batch
                    part = batch.readings[start : start + WRITE_ROWS]
                    keys = [reading.record.key for reading in part if reading.record is not None]
                    self._unwritten.add(part)
                    self._sort({key: made[key] for key in keys if key in made})
                    if len(self._unwritten) >= WRITE_ROWS or monotonic() - self._unwritten.since >= WRITE_S:
                        self._write()
        except StoreError:
            raise
        except BaseException:
            self._write()
            raise
        self._believe()
        self._write()

    def _write(self) -> None:
        """Write in one transaction what was computed, then tell it."""
        unwritten, self._unwritten = self._unwritten, _Unwritten()
        if not len(unwritten) and not unwritten.refusals:
            return
        keys = list(unwritten.vectors)
        self._store.put_batch(
            Batch(
                images=unwritten.records,
                failures=unwritten.failures,
                fingerprint=self._encoder.fingerprint,
                keys=keys,
                vectors=np.stack(list(unwritten.vectors.values())) if keys else None,
                refusals=unwritten.refusals,
            )
        )
        self._job.advance(len(unwritten))
        if self._on_batch is not None and unwritten.rows:
            self._tell(unwritten, self._on_batch)

    def _tell(self, unwritten: _Unwritten, on_batch: OnBatch) -> None:
        """Pass on the rows that now have a vector: from this write or, for a copy of another image, from before."""
        present, vectors = self._store.vectors(self._encoder.fingerprint, [key for _, key in unwritten.rows])
        rows = np.array([row for row, _ in unwritten.rows], np.uint32)
        if present.any():
            on_batch(rows[present], vectors[present])
