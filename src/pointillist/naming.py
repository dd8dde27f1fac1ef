"""Names for clusters: from the labels, from words that a text tower knows, or from a classifier's classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from pointillist.analysis.clusters import majority_names
from pointillist.encoders import Encoder, classes_of, reads_text
from pointillist.errors import EncoderError

if TYPE_CHECKING:
    import pandas as pd

_PER_CLUSTER = 256
"""Images of a cluster that are looked at, evenly spread over it."""
_PROMPTS = ("a photo of a {}.", "{}")


def names_from_labels(labels: np.ndarray, column: pd.Series[Any]) -> list[str]:
    """The majority label of each cluster, as the legend writes it; "" where no image of it has a label, or labels are
    nothing that can be counted, such as lists."""
    import pandas as pd

    from pointillist.frame import encode_column, said

    known = encode_column(column, label=True)
    if known.codes is not None:
        return majority_names(labels, known.codes.astype(np.int64) - 1, known.categories)
    try:
        codes, words = pd.factorize(column, use_na_sentinel=True)
    except TypeError:
        return [""] * (int(labels.max(initial=-1)) + 1)
    return majority_names(labels, codes, said(words))


def names_from_words(labels: np.ndarray, vectors: np.ndarray, encoder: Encoder, words: Sequence[str]) -> list[str]:
    """Of each cluster the word that sets it apart most from all images.

    Raises:
        EncoderError: if the encoder has no text tower.
    """
    if not reads_text(encoder):
        raise EncoderError(
            f"{encoder.name!r} has no text tower to tell words by: embed with one that has, such as "
            "'clip/ViT-B-32/laion2b_s34b_b79k', or leave words= out"
        )
    said = np.asarray(encoder.encode_text(list(words), prompts=_PROMPTS), np.float32)
    return _most_apart(labels, vectors, words, lambda some: some @ said.T)


def names_from_model(labels: np.ndarray, vectors: np.ndarray, encoder: Encoder) -> list[str]:
    """Names out of the encoder's own knowledge: common words where it has a text tower, else its classes; "" where it
    has neither or cannot be loaded."""
    if not reads_text(encoder):
        return names_from_classes(labels, vectors, encoder)
    with suppress(EncoderError):
        return names_from_words(labels, vectors, encoder, common_words())
    return [""] * (int(labels.max(initial=-1)) + 1)


def common_words() -> list[str]:
    """Some hundred things, places, looks and materials that pictures show: `words.txt`, one a line."""
    text = resources.files("pointillist").joinpath("words.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line]


def names_from_classes(labels: np.ndarray, vectors: np.ndarray, encoder: Encoder) -> list[str]:
    """Of each cluster the class that sets it apart most from all images, by its first name; "" where the encoder
    knows no classes or cannot be loaded."""
    with suppress(EncoderError):
        classes = classes_of(encoder)
        if classes is not None:
            names = [name.split(",")[0].strip() for name in classes.names]
            return _most_apart(labels, vectors, names, classes.probabilities)
    return [""] * (int(labels.max(initial=-1)) + 1)


def _most_apart(
    labels: np.ndarray, vectors: np.ndarray, names: Sequence[str], score: Callable[[np.ndarray], np.ndarray]
) -> list[str]:
    """Of each cluster the one of w names whose column of `score` (m, d) -> (m, w) has a mean furthest above that of all
    clusters; "" where no image of it has a vector."""
    means: dict[int, np.ndarray] = {}
    for cluster in range(int(labels.max(initial=-1)) + 1):
        members = np.flatnonzero(labels == cluster)
        members = members[np.isfinite(vectors[members]).all(axis=1)]
        if not len(members):
            continue
        some = members[np.linspace(0, len(members) - 1, min(len(members), _PER_CLUSTER)).astype(int)]
        means[cluster] = score(vectors[some]).mean(axis=0)
    found = [""] * (int(labels.max(initial=-1)) + 1)
    if means:
        table = np.stack(list(means.values()))
        apart = table - table.mean(axis=0) if len(table) > 1 else table
        for cluster, place in zip(means, apart.argmax(axis=1), strict=True):
            found[cluster] = names[place]
    return found
