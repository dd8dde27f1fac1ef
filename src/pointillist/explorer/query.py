"""One search: what images are to be like and unlike, in words, and how much each image is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pointillist.analysis.similarity import rounded, similarities
from pointillist.collection import Collection
from pointillist.errors import EmbeddingError, SelectionError
from pointillist.protocol.search import PartKind, QueryPart

if TYPE_CHECKING:
    from pointillist.finding import Finder

MOST_NAMED = 3


@dataclass(frozen=True, eq=False)
class Part:
    """One example: an image, the centre of several, a sentence, or a vector.

    text: names it. given: what a `Finder` takes, None where it is made of `rows` alone. rows: (m,) uint32, the images
    of the collection it is made of, which are no answer to it; of a box none, the image may show the same twice.
    each: what is several counts as several examples, not as their centre. weight: of what it is like, how much it
    counts beside the others.
    """

    id: str
    kind: PartKind
    like: bool
    text: str
    given: Any = None
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint32))
    each: bool = False
    weight: float = 1.0

    @property
    def row(self) -> int:
        """The one image it is, or is in; else -1."""
        if self.kind == "box":
            return -1 if self.given.row is None else int(self.given.row)
        return int(self.rows[0]) if self.kind == "row" else -1

    def info(self, classes: Sequence[str]) -> QueryPart:
        """As it is told to the browser."""
        return {
            "id": self.id,
            "kind": self.kind,
            "like": self.like,
            "text": self.text,
            "row": self.row,
            "classes": list(classes),
        }


@dataclass(frozen=True, eq=False)
class Ranked:
    """The answer to a search.

    scores: (n,) float32 in [-1, 1], NaN in rows without a vector or not looked at. classes: part id -> the classes
    that stand for it. searched: how many rows have a vector. digest: of the embedding.
    """

    scores: np.ndarray
    classes: dict[str, list[str]]
    searched: int
    digest: str


def ranked(
    collection: Collection, parts: Sequence[Part], within: np.ndarray | None, stop: Callable[[], None] = lambda: None
) -> Ranked:
    """Compare every image with 2 · mean(like) - mean(unlike), each part one example, or several (`Part.each`); with
    the opposite of the unlike ones where there is nothing else.

    `stop` is called between the steps; what it raises ends the work.

    Raises:
        SelectionError: without a part, or where one cannot be read.
        EmbeddingError, EncoderError: see `Collection.similar` and `Collection.search`.
    """
    from pointillist.finding import direction

    if not parts:
        raise SelectionError("nothing to search for: give an image, several, or words")
    try:
        finder = collection.finder(so_far=True)
    except EmbeddingError as error:
        raise EmbeddingError(f"no image has a vector yet, so nothing can be compared: {error}") from error
    classes: dict[str, list[str]] = {}
    vectors: dict[bool, list[np.ndarray]] = {True: [], False: []}
    weights: list[float] = []
    for part in parts:
        stop()
        found = _vectors(collection, finder, part, classes)
        vectors[part.like].append(found)
        weights += [part.weight] * len(found) if part.like else []
    stop()
    like, unlike = (_stacked(vectors[sign]) for sign in (True, False))
    query = direction(like, unlike, np.array(weights)) if len(like) else -direction(unlike, like)
    scores = rounded(similarities(finder.embedding.vectors, query))
    if within is not None:
        scores[~_mask(within, len(scores))] = np.nan
    return Ranked(scores, classes, int(finder.embedding.present.sum()), finder.embedding.digest)


def in_words(parts: Sequence[Part]) -> str:
    """A search as one would say it: like “a red flag”, unlike 3 images."""
    said = [
        f"{word} {_listed([part for part in parts if part.like is sign])}"
        for word, sign in (("like", True), ("unlike", False))
        if any(part.like is sign for part in parts)
    ]
    return ", ".join(said)


def _listed(parts: Sequence[Part]) -> str:
    named = [f"“{part.text}”" if part.kind == "text" else part.text for part in parts]
    if len(named) > MOST_NAMED:
        named = [*named[: MOST_NAMED - 1], f"{len(named) - MOST_NAMED + 1} more"]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def _vectors(collection: Collection, finder: Finder, part: Part, classes: dict[str, list[str]]) -> np.ndarray:
    """(1, d): the mean direction of the part; or (m, d), each that it is made of."""
    if part.kind == "text":
        vectors, used = collection.said([part.given], finder)
        classes[part.id] = used.get(part.given, [])
        return vectors
    if part.kind in ("row", "rows"):
        found = finder.at(part.rows)
    elif part.kind == "image":
        found = finder.image(part.given, f"“{part.text}”")
    else:
        found = finder.examples(part.given, each=False)
    return found.vectors if part.each else found.mean()


def _stacked(vectors: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(vectors) if vectors else np.empty((0, 1), np.float32)


def _mask(rows: np.ndarray, n: int) -> np.ndarray:
    mask = np.zeros(n, bool)
    mask[rows] = True
    return mask
