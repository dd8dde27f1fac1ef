"""Clusters of images: communities of the neighbour graph, HDBSCAN on the same graph, k-means of the vectors."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pointillist.analysis.umap_layout import fuzzy_graph
from pointillist.copies import steady_order
from pointillist.neighbours import Neighbours, unit_length

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MINI_BATCH_ABOVE = 20_000
"""k-means of more vectors looks at samples of them."""

NEIGHBOURS_FOR_CORE = 1
"""The distance to this neighbour says how dense it is around an image; scikit-learn, which counts the image itself,
calls it min_samples=2. The second left more as noise: 0.27 instead of 0.21 of digits, 0.59 instead of 0.57 of 2,478
drawings by their pixels; mutual information with the labels 0.780 instead of 0.817, and 0.154 instead of 0.157."""

_NO_EDGE = np.float32(1e-9)
"""An edge of length 0 would be none."""

_BLOCK_FLOATS = 8_000_000


@dataclass(frozen=True, eq=False)
class Clusters:
    """Groups of images, the largest first.

    labels: (n,) int32, the cluster of each row; -1 = in none (noise), or without a vector.
    names: c names, no two the same.
    sizes: (c,) int64, descending.
    medoids: (c,) uint32, the row most like all others of its cluster: its picture.
    """

    labels: np.ndarray
    names: tuple[str, ...]
    sizes: np.ndarray
    medoids: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} {size:,}" for name, size in zip(self.names[:5], self.sizes[:5], strict=True))
        more = ", …" if len(self) > 5 else ""
        return f"<{len(self)} clusters: {shown}{more}; noise {int((self.labels < 0).sum()):,}>"


def communities(graph: Neighbours, *, resolution: float = 1.0, seed: int = 0) -> np.ndarray:
    """Groups that are tied to one another in the graph of weights that UMAP lays out too.

    Args:
        graph: over n images.
        resolution: above 1 gives more and smaller groups.

    Returns:
        (n,) int32 labels, the largest group first; -1 for rows without a vector.
    """
    from pointillist.analysis.communities import louvain

    present, rows, distances = _present(graph)
    if graph.k == 0 or len(present) < 2:
        return _labelled(graph, present, np.zeros(len(present), np.int64))
    order = np.lexsort(distances.T[::-1])  # by how near the nearest is, then the next: the same whichever row is which
    weights = fuzzy_graph(np.argsort(order)[rows[order]], distances[order]).tocsr()
    found = np.empty(len(present), np.int64)
    found[order] = louvain(weights, resolution=resolution, seed=seed)
    return _labelled(graph, present, found)


def hdbscan(graph: Neighbours, x: np.ndarray, min_size: int, *, by_direction: bool = True) -> np.ndarray:
    """Dense regions at whatever density (Campello et al. 2013), on the neighbour graph instead of all pairs.

    Parts of the graph that nothing ties together are joined by the shortest way between them, as the spanning tree of
    all pairs would. Where the k neighbours of an image all lie in its own group, a shorter way to another group than
    by outliers between the two is not seen, and such outliers are then counted in.

    Args:
        graph: over n images. x: (n, d) the vectors, or positions when not `by_direction`, that it was made of.
        min_size: of a cluster; smaller groups are noise. At least 2.

    Returns:
        (n,) int32 labels, the largest cluster first; -1 for noise and rows without a vector.
    """
    from scipy.sparse import csr_matrix
    from sklearn.cluster import HDBSCAN

    present, rows, distances = _present(graph)
    m = len(present)
    if graph.k == 0 or m < max(min_size, 3):
        return _labelled(graph, present, np.full(m, -1))
    head = np.repeat(np.arange(m), graph.k)
    one_way = csr_matrix((np.maximum(distances.ravel(), _NO_EDGE), (head, rows.ravel())), shape=(m, m))
    places = unit_length(x[present]) if by_direction else x[present]
    apart = _connected(one_way.maximum(one_way.T).tocsr(), places, by_direction).astype(np.float64)
    core = min(NEIGHBOURS_FOR_CORE, graph.k)
    found = HDBSCAN(min_cluster_size=min_size, min_samples=core, metric="precomputed", copy=False).fit_predict(apart)
    return _labelled(graph, present, np.where(found < 0, -1, found))


def _connected(apart: csr_matrix, places: np.ndarray, by_direction: bool) -> csr_matrix:
    """The graph with the shortest edge from each part to another added, until it is one."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    m = len(places)
    while True:
        parts, part = connected_components(apart, directed=False)
        if parts == 1:
            return apart
        outside = np.flatnonzero(part != np.bincount(part).argmax())
        shortest = np.full(parts, np.inf, np.float32)
        ends = np.zeros((parts, 2), np.int64)
        step = max(1, _BLOCK_FLOATS // m)
        for start in range(0, len(outside), step):
            block = outside[start : start + step]
            away = _apart(places[block], places, by_direction)
            away[part[block][:, None] == part] = np.inf
            to = away.argmin(axis=1)
            length = away[np.arange(len(block)), to]
            for place in np.argsort(length, kind="stable").tolist():
                own = part[block[place]]
                if length[place] < shortest[own]:
                    shortest[own], ends[own] = length[place], (block[place], to[place])
        joined = np.isfinite(shortest)
        length, (one, other) = np.maximum(shortest[joined], _NO_EDGE), ends[joined].T
        bridges = csr_matrix((length, (one, other)), shape=(m, m))
        apart = apart.maximum(bridges).maximum(bridges.T).tocsr()


def _apart(some: np.ndarray, places: np.ndarray, by_direction: bool) -> np.ndarray:
    """(b, m) float32 cosine distances, or Euclidean ones."""
    products = some @ places.T
    if by_direction:
        return np.asarray(1 - products)
    squares = np.einsum("ij,ij->i", some, some)[:, None] + np.einsum("ij,ij->i", places, places)
    return np.asarray(np.sqrt(np.maximum(squares - 2 * products, 0)))


def kmeans(x: np.ndarray, count: int, *, seed: int = 0, by_direction: bool = True) -> np.ndarray:
    """The nearest of `count` centres.

    Args:
        x: (n, d) float32; a row with NaN has no vector. count: from 1 to the number of vectors, if there are any.
        by_direction: of vectors, which are scaled to unit length first; positions are taken as they are.

    Returns:
        (n,) int32 labels, the largest cluster first; fewer clusters than asked for where vectors are copies.
    """
    from sklearn.cluster import KMeans, MiniBatchKMeans

    present = np.flatnonzero(np.isfinite(x).all(axis=1))
    labels = np.full(len(x), -1, np.int32)
    if not len(present):
        return labels
    places = unit_length(x[present]) if by_direction else x[present]
    order = steady_order(places)
    kind = MiniBatchKMeans if len(present) > MINI_BATCH_ABOVE else KMeans
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that copies make fewer clusters
        labels[present[order]] = kind(n_clusters=count, n_init=3, random_state=seed).fit_predict(places[order])
    labels[present] = by_size(labels[present])
    return labels


def by_size(labels: np.ndarray) -> np.ndarray:
    """The same groups numbered from 0, the largest first, of equal ones that with the lowest row; -1 stays."""
    kept = labels >= 0
    _, first, group, sizes = np.unique(labels[kept], return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(sizes), np.int32)
    rank[np.lexsort([first, -sizes])] = np.arange(len(sizes))
    numbered = np.full(len(labels), -1, np.int32)
    numbered[kept] = rank[group]
    return numbered


def medoids(x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(c,) uint32: of each cluster the row nearest to the mean of its vectors; of equally near ones the first.

    Args:
        x: (n, dims) vectors or positions; a row with NaN is chosen only where a cluster has no other.
    """
    rows = np.empty(int(labels.max(initial=-1)) + 1, np.uint32)
    for cluster in range(len(rows)):
        members = np.flatnonzero(labels == cluster)
        placed = members[np.isfinite(x[members]).all(axis=1)]
        if not len(placed):
            rows[cluster] = members[0]
            continue
        members = placed
        off = x[members] - x[members].mean(axis=0)
        away = np.einsum("ij,ij->i", off, off)
        rows[cluster] = members[np.flatnonzero(away <= away.min() * (1 + 1e-5) + 1e-12)[0]]
    return rows


def majority_names(labels: np.ndarray, codes: np.ndarray, words: Sequence[str]) -> list[str]:
    """A name for each cluster after the words that its images carry: "" where none does.

    One word where it is on at least half of those that carry any, else the two most frequent, joined by a comma.

    Args:
        labels: (n,) clusters. codes: (n,) integers, w = words[w], -1 = none.
    """
    count = int(labels.max(initial=-1)) + 1
    both = (labels >= 0) & (codes >= 0)
    table = np.zeros((count, len(words)), np.int64)
    np.add.at(table, (labels[both], codes[both]), 1)
    names = []
    for row in table:
        order = np.argsort(-row, kind="stable")[:2]
        if not row.sum():
            names.append("")
        elif 2 * row[order[0]] >= row.sum() or len(order) < 2:
            names.append(words[order[0]])
        else:
            names.append(f"{words[order[0]]}, {words[order[1]]}")
    return names


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The names, no two the same: the second "cat" becomes "cat 2"; an empty one "cluster 3", by its place."""
    taken: set[str] = set()
    told = []
    for place, name in enumerate(names, 1):
        wanted = name or f"cluster {place}"
        unique, number = wanted, 2
        while unique in taken:
            unique, number = f"{wanted} {number}", number + 1
        taken.add(unique)
        told.append(unique)
    return tuple(told)


def _present(graph: Neighbours) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows with a vector (m,), and the graph among them: their neighbours' positions (m, k) and distances."""
    if graph.k == 0:
        return np.arange(len(graph.rows)), graph.rows.astype(np.int64), graph.distances
    present = np.flatnonzero(np.isfinite(graph.distances[:, 0]))
    position = np.zeros(len(graph.rows), np.int64)
    position[present] = np.arange(len(present))
    return present, position[graph.rows[present]], graph.distances[present]


def _labelled(graph: Neighbours, present: np.ndarray, found: np.ndarray) -> np.ndarray:
    labels = np.full(len(graph.rows), -1, np.int32)
    labels[present] = by_size(found)
    return labels
