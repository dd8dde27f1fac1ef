"""What each worker does: one machine's embedding run over its share of the images, written as rows of the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pointillist.embedding import embed
from pointillist.encoders.base import Encoder
from pointillist.errors import EncoderError, StoreError
from pointillist.jobs import Job
from pointillist.scale.table import Dtype, Written, schema, write
from pointillist.scale.uris import read_uris
from pointillist.store import NO_FILE, Batch, FailureRecord, Store


class Worker:
    """Embeds one share of the images after another; its model is loaded once. Called by Ray with an Arrow table."""

    def __init__(self, encoder: Encoder, place: str, dtype: Dtype) -> None:
        self._encoder, self._place, self._dtype = encoder, place, dtype

    def __call__(self, share: Any) -> Any:
        """One row: what was written of the images in the column `uri`, or the error in words and its kind."""
        import pyarrow as pa

        uris = share.column("uri").to_pylist()
        answer: dict[str, Any] = {
            "rows": len(uris),
            "failed": 0,
            "fragment": "",
            "schema": b"",
            "error": "",
            "kind": "",
        }
        try:
            written, answer["failed"] = self.embed(uris)
            answer["fragment"], answer["schema"] = written.fragment, written.schema.serialize().to_pybytes()
        except (EncoderError, StoreError) as error:
            answer["error"], answer["kind"] = str(error), type(error).__name__
        return pa.Table.from_pylist([answer])

    def embed(self, uris: Sequence[str], job: Job | None = None) -> tuple[Written, int]:
        """Embed images and write their rows; what was written, and how many of them got no vector."""
        rows, failed = self.rows(uris, job or Job("embedding"))
        return write(self._place, rows), failed

    def rows(self, uris: Sequence[str], job: Job) -> tuple[Any, int]:
        """The table's rows of these images, and how many got no vector.

        Raises:
            EncoderError: the model cannot be loaded or fails.
        """
        import pyarrow as pa

        images, notes = read_uris(uris), _Notes()
        store = Store.open(None, "share").noting(notes.take)
        embed(images, self._encoder, store, job=job)
        keys = [notes.keys.get(id_) for id_ in images.ids]
        failures = [notes.failures.get(id_) for id_ in images.ids]
        refused = store.refused(self._encoder.fingerprint)
        refusals = [None if key is None else refused.get(key) for key in keys]
        (present, vectors), sizes = store.vectors(self._encoder.fingerprint, keys), store.sizes(keys)
        unread = np.array([key is None for key in keys])
        dims = vectors.shape[1] or self._encoder.dims
        if not vectors.shape[1]:  # not one has a vector
            vectors = np.zeros((len(uris), dims), np.float32)
        flat = np.nan_to_num(vectors).astype(self._dtype).ravel()
        columns = [
            list(uris),
            keys,
            pa.array(sizes[:, 0], mask=unread),
            pa.array(sizes[:, 1], mask=unread),
            pa.FixedSizeListArray.from_arrays(pa.array(flat), dims, mask=pa.array(~present)),
            store.thumbnails(keys),
            [getattr(failure or refusal, "reason", None) for failure, refusal in zip(failures, refusals, strict=True)],
            [
                failure.signature == NO_FILE if failure is not None else refusal is not None and refusal.passing
                for failure, refusal in zip(failures, refusals, strict=True)
            ],
        ]
        named = schema(dims, self._dtype, self._encoder.name, self._encoder.fingerprint)
        return pa.table(columns, schema=named), int((~present).sum())


class _Notes:
    """What was learnt of each image, by its id: its content key, or its failure."""

    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}
        self.failures: dict[str, FailureRecord] = {}

    def take(self, batch: Batch) -> None:
        self.keys.update((image.id, image.key) for image in batch.images)
        self.failures.update((failure.id, failure) for failure in batch.failures)
