"""The clusters on show: computed on request, named, renamed and merged; kept in the store."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pointillist.analysis.clusters import Clusters, by_size, distinct, medoids
from pointillist.analysis.growing import known_rows
from pointillist.errors import ClusterError, StoreError
from pointillist.numeric import is_number
from pointillist.store import Store

if TYPE_CHECKING:
    import pandas as pd

METHODS = {"communities": "resolution", "hdbscan": "min_size", "kmeans": "count"}
"""Method -> its one option."""

_STAGE = "clusters/2"


REMEMBERED = 20
"""So many steps can be undone."""


@dataclass(frozen=True, eq=False)
class Grouped:
    """Groups before they are named.

    labels: (n,) int32, the largest first, -1 = in none. places: (n, d), what was grouped. option: the one option used.
    """

    labels: np.ndarray
    places: np.ndarray
    option: float


@dataclass(frozen=True, eq=False)
class _Step:
    words: str
    before: Clusters
    after: Clusters


class Clustering:
    """The clusters of one collection; safe from many threads. What is done to them can be undone in this session.

    `on_change` is a list of callbacks, called with nothing after the clusters changed; those in `on_rename` are called
    with a cluster's old and new name before it is called so.
    """

    def __init__(self, store: Store, ids: Sequence[str]) -> None:
        self._store = store
        self._ids = ids
        self._own_keys: np.ndarray | None = None
        self._lock = threading.RLock()
        self._clusters: Clusters | None = None
        self._looked = False
        self._done: list[_Step] = []
        self._undone: list[_Step] = []
        self.revision = 0
        self.on_change: list[Callable[[], None]] = []
        self.on_rename: list[Callable[[str, str], None]] = []

    @property
    def clusters(self) -> Clusters | None:
        """Those made last, in this session or an earlier one; images that came since are in none."""
        with self._lock:
            if not self._looked:
                self._looked = True
                self._clusters = self._stored()
            return self._clusters

    def put(self, clusters: Clusters, words: str) -> Clusters:
        """Show these clusters from now on; `words` say what was done, for undo."""
        with self._lock:
            before = self.clusters
            if before is not None:
                self._done = [*self._done, _Step(words, before, clusters)][-REMEMBERED:]
                self._undone = []
        return self._show(clusters)

    def step(self, direction: Literal["undo", "redo"]) -> str:
        """Undo the last step, or redo the one undone last; says it in words.

        Raises:
            ClusterError: if there is none.
        """
        with self._lock:
            waiting, other = (self._done, self._undone) if direction == "undo" else (self._undone, self._done)
            if not waiting:
                raise ClusterError(f"there is nothing to {direction} about the clusters")
            last = waiting.pop()
            other.append(last)
            self._show(last.before if direction == "undo" else last.after)
        return f"{'undone' if direction == 'undo' else 'redone'}: {last.words}"

    def _show(self, clusters: Clusters) -> Clusters:
        with self._lock:
            self._clusters, self._looked = clusters, True
            self.revision += 1
            with suppress(StoreError):  # computed again the next time; the embedding run says when the store is full
                self._store.put_arrays(_STAGE, _packed(clusters, self._keys()))
        for tell in list(self.on_change):
            tell()
        return clusters

    def rename(self, old: str, new: str) -> Clusters:
        """Give a cluster another name."""
        with self._lock:
            clusters, number = self._found(old)
            name = _clean(new)
            if name in clusters.names and name != old:
                raise ClusterError(f"{name!r} is another cluster's name: merge the two, or choose another")
            names = (*clusters.names[:number], name, *clusters.names[number + 1 :])
            for tell in self.on_rename:
                tell(old, name)
            return self.put(replace(clusters, names=names), f"“{old}” is called “{name}”")

    def merge(self, which: Sequence[str], into: str | None, places: Callable[[], np.ndarray]) -> Clusters:
        """Make one cluster of several, called `into`, by default as the largest of them; `places` gives the vectors
        (n, d) among which its picture is chosen."""
        with self._lock:
            listed = [] if isinstance(which, str) or not isinstance(which, Iterable) else list(which)
            if not all(isinstance(name, str) for name in listed) or len(set(listed)) < 2:
                raise ClusterError(f"{which!r}: give the names of at least two clusters to merge")
            numbers = sorted({self._found(name)[1] for name in listed})
            clusters, first = self._found(listed[0])[0], numbers[0]
            name = clusters.names[first] if into is None else _clean(into)
            if name in clusters.names and clusters.names.index(name) not in numbers:
                raise ClusterError(f"{name!r} is another cluster's name: merge it too, or choose another")
            labels = clusters.labels.copy()
            labels[np.isin(labels, numbers)] = first
            names = dict(enumerate(clusters.names)) | {first: name}
            numbered = by_size(labels)
            old_numbers = [int(labels[np.flatnonzero(numbered == number)[0]]) for number in range(numbered.max() + 1)]
            merged = described(numbered, [names[number] for number in old_numbers], places())
            return self.put(merged, f"{len(numbers)} clusters are one, “{name}”")

    def column(self, index: pd.Index[Any] | None = None, rows: np.ndarray | None = None) -> pd.Series[Any] | None:
        """The cluster's name for each of the rows (by default all) as a Categorical, missing where in none; None
        without clusters."""
        import pandas as pd

        clusters = self.clusters
        if clusters is None:
            return None
        codes = (clusters.labels if rows is None else clusters.labels[rows]).astype(np.int64)
        return pd.Series(pd.Categorical.from_codes(codes, pd.Index(clusters.names)), index=index)

    def _found(self, name: str) -> tuple[Clusters, int]:
        clusters = self.clusters
        if clusters is None:
            raise ClusterError("there are no clusters yet; make them with cluster()")
        if name not in clusters.names:
            some = ", ".join(clusters.names[:10])
            raise ClusterError(f"{name!r} is not a cluster; there are: {some}{', …' if len(clusters) > 10 else ''}")
        return clusters, clusters.names.index(name)

    def _stored(self) -> Clusters | None:
        kept = self._store.arrays(_STAGE)
        if kept is None:
            return None
        labels, medoids = kept["labels"].astype(np.int32), kept["medoids"]
        names = tuple(json.loads(kept["names"].tobytes()))
        if np.array_equal(kept["keys"], self._keys()):
            return Clusters(labels, names, _sizes(labels), medoids)
        return _carried(Clusters(labels, names, _sizes(labels), medoids), known_rows(kept["keys"], self._keys()))

    def _keys(self) -> np.ndarray:
        """(n,) uint64, by which an image is known again."""
        import pandas as pd

        if self._own_keys is None:
            written = np.empty(len(self._ids), object)
            written[:] = [id_.encode("utf-8", "surrogatepass") for id_ in self._ids]
            self._own_keys = pd.util.hash_array(written)
        return self._own_keys


def _carried(clusters: Clusters, known: np.ndarray) -> Clusters | None:
    """The clusters among other rows; `known` (n,) is the former place of each, -1 for an image that is new. None where
    no image of any of them is left."""
    labels = np.where(known >= 0, clusters.labels[known], -1).astype(np.int32)
    left = np.unique(labels[labels >= 0])
    if not len(left):
        return None
    numbered = by_size(labels)
    first = [int(np.flatnonzero(labels == one)[0]) for one in left]
    order = np.argsort(numbered[first])
    place = np.full(len(clusters.labels), -1, np.int64)
    place[known[known >= 0]] = np.flatnonzero(known >= 0)
    pictures = [int(place[clusters.medoids[left[one]]]) for one in order]
    pictures = [first[one] if row < 0 else row for one, row in zip(order, pictures, strict=True)]
    names = tuple(clusters.names[left[one]] for one in order)
    return Clusters(numbered, names, _sizes(numbered), np.array(pictures, np.uint32))


def described(labels: np.ndarray, names: Sequence[str], places: np.ndarray) -> Clusters:
    """Clusters of labels (n,) that are numbered by size already; names made distinct; pictures chosen among
    `places` (n, d)."""
    return Clusters(labels, distinct(names), _sizes(labels), medoids(places, labels))


def checked_option(method: str, given: dict[str, float | None], n: int) -> float:
    """The one option of a method, or its default for n images with a vector.

    Raises:
        ClusterError: if there is no such method, an option is another method's, or out of its range.
    """
    if not isinstance(method, str) or method not in METHODS:
        raise ClusterError(f"{method!r} is not a way to cluster; there are: {', '.join(METHODS)}")
    own = METHODS[method]
    for name, value in given.items():
        if value is not None and name != own:
            whose = next(method for method, option in METHODS.items() if option == name)
            raise ClusterError(f"{name}= is for {whose}; {method} takes {own}=")
    value = given.get(own)
    if value is None:
        usual = round(max(n, 1) ** 0.5 / 2)
        by_default: dict[str, float] = {
            "communities": 1.0,
            "hdbscan": max(5, usual),
            "kmeans": max(1, min(50, n, usual)),
        }
        return by_default[method]
    if method == "communities":
        if not is_number(value) or not 0 < value < 1000:
            raise ClusterError(f"resolution={value!r}: give a number above 0; 1 is usual, more makes more clusters")
        return float(value)
    least = 2 if method == "hdbscan" else 1
    if not is_number(value) or not least <= value <= max(n, least) or value != int(value):
        raise ClusterError(f"{own}={value!r}: give a whole number from {least} to {n:,}, the number of images")
    return int(value)


def checked_words(words: Any) -> list[str]:
    """The words to name clusters by as a list; a string is one word.

    Raises:
        ClusterError: if one is no text, or has no visible character.
    """
    listed = [words] if isinstance(words, str) else list(words) if isinstance(words, Iterable) else [words]
    for word in listed:
        if not isinstance(word, str) or not word.strip():
            raise ClusterError(f"words={words!r}: {word!r} is no word; give a text, or several in a list")
    return listed


def _clean(name: str) -> str:
    if not isinstance(name, str) or not name.strip():
        raise ClusterError(f"{name!r} is no name: it needs at least one visible character")
    return " ".join(name.split())


def _sizes(labels: np.ndarray) -> np.ndarray:
    return np.bincount(labels[labels >= 0], minlength=int(labels.max(initial=-1)) + 1)


def _packed(clusters: Clusters, keys: np.ndarray) -> dict[str, np.ndarray]:
    small = np.int8 if len(clusters) < 128 else np.int32  # the store keeps what is small for good
    return {
        "labels": clusters.labels.astype(small),
        "medoids": clusters.medoids,
        "names": np.frombuffer(json.dumps(clusters.names).encode(), np.uint8),
        "keys": keys,
    }
