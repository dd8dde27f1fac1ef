"""Who is near whom in the space of the vectors, asked one row at a time from the graph that is stored."""

from __future__ import annotations

import threading

import numpy as np

from pointillist.collection import Collection
from pointillist.errors import EmbeddingError
from pointillist.neighbours import Neighbours


class Near:
    """Reads the graph once per embedding and keeps it; never computes one. Safe from many threads."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._lock = threading.Lock()
        self._kept: tuple[str, Neighbours] | None = None

    def to(self, row: int, k: int) -> tuple[np.ndarray, np.ndarray]:
        """(m,) uint32 rows nearest to `row`, nearest first, and their cosine distances (m,) float32; m <= k.

        Raises:
            EmbeddingError: if the neighbours were not computed yet, or the row has no vector.
        """
        graph = self._graph()
        rows, distances = graph.rows[row][:k], graph.distances[row][:k]
        if len(distances) and np.isnan(distances[0]):
            raise EmbeddingError("this image has no vector, so nothing is near it")
        return rows, distances

    def _graph(self) -> Neighbours:
        digest = self._collection.embedding().digest
        with self._lock:
            if self._kept is None or self._kept[0] != digest:
                found = self._collection.stored_neighbours()
                if found is None:
                    raise EmbeddingError(
                        "the nearest images are not known yet: they are found on the way to the UMAP map, "
                        "or by atlas.collection.neighbours()"
                    )
                self._kept = (digest, found)
            return self._kept[1]
