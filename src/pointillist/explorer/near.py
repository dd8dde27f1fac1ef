"""Who is near whom in the space of the vectors, asked one row at a time."""

from __future__ import annotations

import threading

import numpy as np

from pointillist.analysis.similarity import most_similar, similarities
from pointillist.collection import Collection
from pointillist.errors import EmbeddingError
from pointillist.neighbours import Neighbours


class Near:
    """Reads the stored graph once per embedding and keeps it; compares with every image where there is none yet.

    Safe from many threads.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._lock = threading.Lock()
        self._kept: tuple[str, Neighbours] | None = None

    def to(self, row: int, k: int) -> tuple[np.ndarray, np.ndarray]:
        """(m,) uint32 rows nearest to `row`, nearest first, and their cosine distances (m,) float32; m <= k.

        Raises:
            EmbeddingError: if there are no vectors yet, or the row has none.
        """
        embedding = self._collection.finder(so_far=True).embedding
        if not embedding.present[row]:
            raise EmbeddingError("this image has no vector, so nothing is near it")
        graph = self._graph(embedding.digest)
        if graph is not None and graph.recall == 1 and k <= graph.rows.shape[1]:
            return graph.rows[row][:k], graph.distances[row][:k]
        among = np.ones(len(embedding.present), bool)
        among[row] = False
        scores = similarities(embedding.vectors, embedding.vectors[row])
        rows, similarity = most_similar(scores, max(k, 1), among=among)
        return rows, 1 - similarity

    def _graph(self, digest: str) -> Neighbours | None:
        with self._lock:
            if self._kept is None or self._kept[0] != digest:
                complete = self._collection.embedding().digest == digest
                found = self._collection.stored_neighbours() if complete else None
                if found is None:
                    return None
                self._kept = (digest, found)
            return self._kept[1]
