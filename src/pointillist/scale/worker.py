"""What each worker does: one machine's embedding run over its share of the images, written as rows of the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pointillist.embedding import Reach, embed
from pointillist.encoders.base import Encoder
from pointillist.errors import Cancelled, EncoderError, SourceError, StoreError
from pointillist.images import Images
from pointillist.jobs import Job
from pointillist.scale.table import Dtype, schema, write
from pointillist.scale.uris import read_uris
from pointillist.store import NO_FILE, Batch, FailureRecord, Signature, Store


class Worker:
    """Embeds one share of the images after another; its model is loaded once. Called by Ray with an Arrow table.

    Once `is_stopped`, asked several times a second, it writes what it has and does no more. So it does at an interrupt,
    which is kept in `interrupt`, and where the images cannot be reached any more, which is kept in `lost`.
    """

    def __init__(
        self, encoder: Encoder, place: str, dtype: Dtype, is_stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self._encoder, self._place, self._dtype, self._is_stopped = encoder, place, dtype, is_stopped
        self.interrupt: KeyboardInterrupt | None = None
        self.lost: SourceError | None = None
        self._reach = Reach()

    def __call__(self, share: Any) -> Any:
        """One row: what was written of the images in the column `uri`, and the error in words and its kind."""
        import pyarrow as pa

        answer: dict[str, Any] = {
            "rows": 0,
            "failed": 0,
            "fragment": "",
            "schema": b"",
            "error": "",
            "kind": "",
        }
        try:
            rows = self.rows(share.column("uri").to_pylist())
            if len(rows):
                written = write(self._place, rows)
                answer["rows"], answer["failed"] = len(rows), rows.column("vector").null_count
                answer["fragment"], answer["schema"] = written.fragment, written.schema.serialize().to_pybytes()
            if self.lost is not None:
                raise self.lost
        except (EncoderError, SourceError, StoreError) as error:
            answer["error"], answer["kind"] = str(error), type(error).__name__
        return pa.Table.from_pylist([answer])

    def rows(self, uris: Sequence[str]) -> Any:
        """The table's rows of these images, or of those that were done before it was stopped.

        Raises:
            EncoderError: the model cannot be loaded or fails.
        """
        images, notes = read_uris(uris), _Notes()
        store = Store.open(None, "share").noting(notes.take)
        try:
            embed(images, self._encoder, store, job=_Stoppable(self._is_stopped), reach=self._reach)
        except Cancelled:
            pass
        except KeyboardInterrupt as interrupt:
            self.interrupt = interrupt
        except SourceError as lost:
            self.lost = lost
        return self._table(uris, images, store, notes)

    def _table(self, uris: Sequence[str], images: Images, store: Store, notes: _Notes) -> Any:
        import pyarrow as pa

        keys = [notes.keys.get(id_) for id_ in images.ids]
        failures = [notes.failures.get(id_) for id_ in images.ids]
        refused = store.refused(self._encoder.fingerprint)
        refusals = [None if key is None else refused.get(key) for key in keys]
        (present, vectors), sizes = store.vectors(self._encoder.fingerprint, keys), store.sizes(keys)
        unread = np.array([key is None for key in keys])
        told = [failure or refusal for failure, refusal in zip(failures, refusals, strict=True)]
        done = present | np.array([one is not None for one in told])
        if not done.any():
            return []
        dims = vectors.shape[1] or self._encoder.dims
        if not vectors.shape[1]:  # not one has a vector
            vectors = np.zeros((len(uris), dims), np.float32)
        flat = np.nan_to_num(vectors).astype(self._dtype).ravel()
        columns = [
            list(uris),
            keys,
            *notes.files(images.ids),
            pa.array(sizes[:, 0], mask=unread),
            pa.array(sizes[:, 1], mask=unread),
            pa.FixedSizeListArray.from_arrays(pa.array(flat), dims, mask=pa.array(~present)),
            store.thumbnails(keys),
            [None if one is None else one.reason for one in told],
            [
                failure.signature == NO_FILE if failure is not None else refusal is not None and refusal.passing
                for failure, refusal in zip(failures, refusals, strict=True)
            ],
        ]
        named = schema(dims, self._dtype, self._encoder.name, self._encoder.fingerprint)
        return pa.table(columns, schema=named).filter(pa.array(done))


class _Stoppable(Job):
    """A job that somebody else may stop, who is asked."""

    def __init__(self, is_stopped: Callable[[], bool]) -> None:
        super().__init__("embedding")
        self._is_stopped = is_stopped

    def check(self) -> None:
        if self._is_stopped():
            self.cancel()
        super().check()


class _Notes:
    """What was learnt of each image, by its id: its content key, or its failure."""

    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}
        self.failures: dict[str, FailureRecord] = {}
        self._signatures: dict[str, Signature | None] = {}

    def take(self, batch: Batch) -> None:
        self.keys.update((image.id, image.key) for image in batch.images)
        self._signatures.update((image.id, image.signature) for image in batch.images)
        self._signatures.update((failure.id, failure.signature) for failure in batch.failures)
        self.failures.update((failure.id, failure) for failure in batch.failures)

    def files(self, ids: Sequence[str]) -> tuple[list[int | None], list[int | None]]:
        """Size and time of the file of each, None where there is none that could be looked at again."""
        found = [self._signatures.get(id_) for id_ in ids]
        known = [None if one is None or one == NO_FILE or one[1:] == (0, 0) else one for one in found]
        return [one and one[1] for one in known], [one and one[2] for one in known]
