"""The index of vectors that are too many to be read for every question: made once, kept in the store."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from pointillist.errors import StoreError
from pointillist.store import Store
from pointillist.vectors import Embedding

if TYPE_CHECKING:
    from pointillist.analysis.index import Index

INDEX_ABOVE = 1_000_000
"""Images; so many and fewer are all compared, which takes 0.1 s for a million (bench/search.py)."""


class Indexes:
    """The index of each encoder's vectors as they are now. Safe from many threads.

    Where images were added it is made anew: to tell which vectors are new takes longer than to draw all of them, and
    an answer does not depend on the order in which images came.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._latest: tuple[str, Index] | None = None

    def of(self, embedding: Embedding) -> Index | None:
        """The index of an embedding, made where there is none yet; None where it would be no gain."""
        with self._lock:
            if self._latest is None or self._latest[0] != embedding.digest:
                self._latest = embedding.digest, self._kept(embedding) or self._made(embedding)
            found = self._latest[1]
        return found if found.recall else None

    def _kept(self, embedding: Embedding) -> Index | None:
        from pointillist.analysis.index import Index

        kept = self._store.arrays(_stage(embedding))
        if kept is None or kept["digest"].tobytes().decode() != embedding.digest:
            return None
        return Index(kept["mean"], kept["bits"], kept["scale"], kept["offset"], *kept["told"].tolist())

    def _made(self, embedding: Embedding) -> Index:
        from pointillist.analysis.index import indexed

        made = indexed(embedding.vectors)
        much = slice(None if made.recall else 0)
        with suppress(StoreError):  # made again in the next session
            self._store.put_arrays(
                _stage(embedding),
                {
                    "digest": np.frombuffer(embedding.digest.encode(), np.uint8),
                    "mean": made.mean,
                    "bits": made.bits[much],
                    "scale": made.scale[much],
                    "offset": made.offset[much],
                    "told": np.array([made.doubt, made.recall, made.recall_far]),
                },
            )
        return made


def _stage(embedding: Embedding) -> str:
    return f"index/2 {embedding.name}"
