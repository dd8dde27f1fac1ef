"""What to look for: from rows, vectors, images and sentences to one direction in the space of an encoder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from PIL import Image

from pointillist.analysis.similarity import most_similar, query_vector, similarities
from pointillist.decode import THUMBNAIL_PX, as_seen, decode
from pointillist.encoders import Encoder
from pointillist.errors import DecodeError, EmbeddingError, SelectionError
from pointillist.images import Images
from pointillist.images.payload import Box, fetch, is_tensor, is_url
from pointillist.neighbours import unit_length
from pointillist.numeric import is_number, is_whole
from pointillist.vectors import Embedding

if TYPE_CHECKING:
    from pointillist.analysis.index import Index


NO_EXAMPLE = "no example to compare with: give at least one image, vector, label or row"


@dataclass(frozen=True, eq=False)
class Found:
    """An answer: rows (m,) uint32, the best first; similarity (m,) float32. recall: the share of the true best that is
    in such answers, 1 where all were compared."""

    rows: np.ndarray
    similarity: np.ndarray
    recall: float = 1.0


@dataclass(frozen=True, eq=False)
class Examples:
    """vectors: (m, d), one per example; rows: those of the collection that are among them."""

    vectors: np.ndarray
    rows: np.ndarray

    def mean(self) -> np.ndarray:
        """(1, d) float32: their mean direction.

        Raises:
            SelectionError: if there is none.
        """
        if not len(self.vectors):
            raise SelectionError("one of the examples names no image: leave it out, and its weight with it")
        return np.asarray(unit_length(self.vectors).mean(axis=0, keepdims=True))


@dataclass(frozen=True, eq=False)
class Crop:
    """A box in an image, to be looked for: x, y, w, h in pixels of the image as shown, cut to it.

    image: what names one row, or an image from elsewhere. row: that row, where it is known already.
    """

    image: Any
    box: Box
    row: int | None = None


@dataclass(frozen=True, eq=False)
class Finder:
    """Looks for images like examples.

    rows_of: rows named by index labels, a mask, a DataFrame or a query string. model: the embedding's encoder. index:
    that of its vectors; None where all are to be compared.
    """

    rows_of: Callable[[Any], np.ndarray]
    images: Images
    embedding: Embedding
    model: Callable[[], Encoder]
    index: Callable[[], Index | None] = lambda: None

    def like(self, to: Any, against: Any, weights: Sequence[float] | None) -> tuple[np.ndarray, np.ndarray]:
        """The direction (d,) of the examples and the rows (m,) that are among them.

        Raises:
            SelectionError, EmbeddingError, EncoderError: see `Collection.similar`.
        """
        positive = self.examples(files_read(to), each=weights is not None)
        if not len(positive.vectors):
            raise SelectionError(NO_EXAMPLE)
        negative = self.examples(() if against is None else files_read(against), each=False)
        share = None if weights is None else checked_weights(weights, len(positive.vectors))
        return direction(positive.vectors, negative.vectors, share), np.concatenate([positive.rows, negative.rows])

    def examples(self, given: Any, *, each: bool) -> Examples:
        """The vectors of what was given. With `each` one for each thing in it, in its order: a thing that names
        several rows is their mean direction."""
        if isinstance(given, list | tuple) and not self.is_numbers(given):
            if not each and (rows := self.named(given)) is not None:
                return self.at(rows)
            parts = [self.examples(item, each=False) for item in given]
            width = self.embedding.vectors.shape[1]
            vectors = [part.mean() if each else part.vectors for part in parts]
            return Examples(
                np.concatenate([np.empty((0, width), np.float32), *vectors]),
                np.concatenate([np.empty(0, np.uint32), *(part.rows for part in parts)]),
            )
        if each and isinstance(given, pd.DataFrame | pd.Index):
            return self.examples(list(given.index if isinstance(given, pd.DataFrame) else given), each=True)
        return self._one(given)

    def best(
        self,
        query: np.ndarray,
        *,
        k: int,
        reverse: bool,
        threshold: float | None,
        within: Any,
        leave_out: np.ndarray,
        in_words: bool = False,
    ) -> Found:
        """The rows most similar to the query, those of `leave_out` left out; `in_words`: the query is from sentences.

        Raises:
            SelectionError: if k < 1, `threshold` is no similarity, or `within` names something that is not there.
            EmbeddingError: if no image has a vector.
        """
        if not is_whole(k) or k < 1:
            raise SelectionError(f"k={k!r}: ask for at least 1 image, as a whole number")
        check_threshold(threshold)
        if not self.embedding.present.any():
            raise EmbeddingError(f"no image has a vector of {self.embedding.name!r}: none could be read (see failures)")
        among = np.ones(len(self.embedding.present), bool)
        if within is not None:
            among[:] = False
            among[self.rows_of(within)] = True
        among[leave_out] = False
        asked: dict[str, Any] = {"reverse": reverse, "threshold": threshold, "among": among}
        index = self.index()
        recall = 0.0 if index is None else index.recall_far if in_words else index.recall
        if index is not None and recall:
            answer = index.best(self.embedding.vectors, query, int(k), **asked)
            if answer is not None:
                return Found(*answer, recall)
        return Found(*most_similar(similarities(self.embedding.vectors, query), int(k), **asked))

    def named(self, given: Any) -> np.ndarray | None:
        """The rows that `given` names, None when it names none."""
        try:
            return self.rows_of(given)
        except (SelectionError, TypeError, ValueError):
            return None

    def at(self, rows: np.ndarray) -> Examples:
        """Those of the rows (m,) that have a vector.

        Raises:
            EmbeddingError: if none of them has.
        """
        there = rows[self.embedding.present[rows]]
        if len(rows) and not len(there):
            raise EmbeddingError(
                f"none of the {len(rows):,} images to compare with has a vector of {self.embedding.name!r}: they could "
                "not be read (see failures) or are not embedded yet"
            )
        return Examples(self.embedding.vectors[there], there)

    def _one(self, given: Any) -> Examples:
        if isinstance(given, Crop):
            image, box = self.within_image(given)
            return self.image(image, "that part of the image", box)
        if isinstance(given, Path):
            return self.image(given, repr(str(given)))
        if self.is_image(given):
            return self.image(given, f"the {type(given).__name__} given")
        if self.is_numbers(given):
            return self._vectors(given)
        try:
            return self.at(self.rows_of(given))
        except SelectionError as error:
            if isinstance(given, str) and (is_url(given) or os.path.isfile(given)):  # noqa: PTH113 - it may be no path
                return self.image(given, repr(given))
            if isinstance(given, str):
                raise SelectionError(f"{error}; nor is there an image file {given!r}") from error
            raise

    @staticmethod
    def is_image(given: Any) -> bool:
        """Whether it is an image itself, and names none."""
        return isinstance(given, Image.Image | bytes | bytearray | memoryview | Path) or _is_pixels(given)

    def is_numbers(self, given: Any) -> bool:
        """Whether it is a vector, or a table of vectors: numbers with a fraction, which are no labels."""
        if isinstance(given, np.ndarray) or is_tensor(given):
            array = given if isinstance(given, np.ndarray) else np.asarray(given.detach().cpu())
            return array.dtype.kind == "f" and array.ndim in (1, 2)
        return (
            isinstance(given, list | tuple)
            and bool(given)
            and all(isinstance(v, float | np.floating) for v in given)
            and self.named(given) is None  # an index may be made of such numbers
        )

    def _vectors(self, given: Any) -> Examples:
        array = np.asarray(given.detach().cpu() if is_tensor(given) else given, np.float32)
        vectors, d = np.atleast_2d(array), self.embedding.vectors.shape[1]
        if vectors.shape[1] != d and self.embedding.present.any():
            raise EmbeddingError(
                f"a vector of width {vectors.shape[1]:,}: those of {self.embedding.name!r} have the width {d:,}"
            )
        if not np.isfinite(vectors).all() or not vectors.any(axis=1).all():
            raise EmbeddingError("a vector to compare with holds NaN or infinity, or is all zero: it has no direction")
        return Examples(vectors, np.empty(0, np.uint32))

    def within_image(self, crop: Crop) -> tuple[object, Box]:
        """What `fetch` turns into the image that a box is in, and the box in it.

        Raises:
            SelectionError: if several images were named.
        """
        row = crop.row
        if row is None and not self.is_image(crop.image):
            rows = self.named(crop.image)
            if rows is not None and len(rows) != 1:
                raise SelectionError(f"a box lies in one image; {len(rows):,} were named")
            row = None if rows is None else int(rows[0])
        if row is None:
            return crop.image, crop.box
        box, outer = crop.box, self.images.box(row)
        if outer is not None:
            # What is shown of such a row is its box, cut to the image.
            left, top = max(outer[0], 0.0), max(outer[1], 0.0)
            room = outer[0] + outer[2] - left - box[0], outer[1] + outer[3] - top - box[1]
            box = left + box[0], top + box[1], min(box[2], room[0]), min(box[3], room[1])
        return self.images.cells[row], box

    def image(self, given: Any, called: str, box: Box | None = None) -> Examples:
        """The vector of one image from anywhere, of which an error speaks as `called`.

        Raises:
            SelectionError: if it cannot be read.
            EmbeddingError: if the vectors were given, so that no encoder is known.
        """
        if self.embedding.is_given:
            raise EmbeddingError(
                "the vectors of this collection were given, so no encoder is known that would make one of another "
                "image: give its vector instead"
            )
        model = self.model()
        try:
            rgb = decode(fetch(given), at_least_px=max(model.input_px, THUMBNAIL_PX), box=box).rgb
        except DecodeError as error:
            raise SelectionError(f"{called} cannot be compared with: {error}") from error
        return Examples(model.encode([model.prepare(as_seen(rgb, model.input_px))]), np.empty(0, np.uint32))


def cropped(image: Any, box: Sequence[float]) -> Crop:
    """A box in an image, checked.

    Raises:
        SelectionError: if `box` is not four numbers with a width and a height.
    """
    try:
        x, y, w, h = (float(value) for value in box)
    except (TypeError, ValueError) as error:
        raise SelectionError(f"box={box!r}: give four numbers x, y, w, h, in pixels of the image") from error
    if not (np.isfinite([x, y, w, h]).all() and w > 0 and h > 0):
        raise SelectionError(f"box={box!r}: its width and height must be above 0")
    return Crop(files_read(image), (x, y, w, h))


def files_read(given: Any) -> Any:
    """The same with the bytes of open files, also in lists, in their place; a file stays open, at the place where it
    was.

    Raises:
        SelectionError: if a file cannot be read, or holds text.
    """
    if isinstance(given, list | tuple):
        read = [files_read(one) for one in given]
        return given if all(new is old for new, old in zip(read, given, strict=True)) else read
    if not callable(getattr(given, "read", None)):
        return given
    try:
        place = given.tell() if hasattr(given, "seekable") and given.seekable() else None
        if place is not None:
            given.seek(0)
        content = given.read()
        if place is not None:
            given.seek(place)
    except (OSError, ValueError) as error:  # a closed file is a ValueError; text that is no UTF-8 one too
        raise SelectionError(f"the {type(given).__name__} given cannot be read: {error}; open it with 'rb'") from error
    if not isinstance(content, bytes):
        raise SelectionError(f"the {type(given).__name__} given holds text, and an image is bytes: open it with 'rb'")
    return content


def direction(positive: np.ndarray, negative: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """`query_vector`, whose refusal becomes an EmbeddingError."""
    try:
        return query_vector(positive, negative, weights)
    except ValueError as error:
        raise EmbeddingError(str(error)) from error


def check_threshold(threshold: float | None) -> None:
    """Nothing, unless it is no similarity.

    Raises:
        SelectionError: if it is no number from -1 to 1.
    """
    if threshold is not None and not (is_number(threshold) and -1 <= threshold <= 1):
        raise SelectionError(f"threshold={threshold!r}: give a similarity, from -1 to 1, or None for any")


def checked_weights(weights: Iterable[float], m: int) -> np.ndarray:
    """(m,) float64, one for each example.

    Raises:
        SelectionError: if there are not m numbers from 0 up, one of them more.
    """
    try:
        share = np.asarray(list(weights), np.float64)
    except (TypeError, ValueError) as error:
        raise SelectionError(f"weights={weights!r}: give one number for each example") from error
    if share.shape != (m,):
        many = "weight" if share.size == 1 else "weights", "example" if m == 1 else "examples"
        raise SelectionError(f"{share.size:,} {many[0]} for {m:,} {many[1]}: give one for each, in order")
    if not (np.isfinite(share).all() and (share >= 0).all() and share.any()):
        raise SelectionError("weights must be at least 0, and one of them more; what is not wanted goes into against=")
    return np.asarray(share / share.max())  # so that the sum of large ones is a number


def _is_pixels(given: Any) -> bool:
    if not isinstance(given, np.ndarray):
        return False
    return given.ndim == 3 or (given.ndim == 2 and given.dtype == np.uint8)
