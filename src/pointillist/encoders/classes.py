"""A classifier's last layer beside the vectors before it: it names what a vector shows, and finds named things."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PARTICLES = frozenset(("a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"))
"""Words that name nothing, so that "a dog" finds what "dog" finds."""


@dataclass(frozen=True, eq=False)
class Classes:
    """c classes of a classifier over vectors of width d.

    names: c words or phrases, synonyms parted by commas.
    weights: (c, d) float32. bias: (c,) float32.
    length: how long the model's vectors were, about, before they were scaled to unit length.
    """

    names: tuple[str, ...]
    weights: np.ndarray
    bias: np.ndarray
    length: float = 1.0

    def logits(self, vectors: np.ndarray) -> np.ndarray:
        """(m, c) float32 from (m, d) unit vectors; NaN where a vector is NaN.

        Not to the digit what the classifier gave, since the length of each image's own vector is not kept.
        """
        return np.asarray(self.length * (vectors @ self.weights.T) + self.bias, np.float32)

    def probabilities(self, vectors: np.ndarray) -> np.ndarray:
        """(m, c) float32: the softmax of `logits`."""
        logits = self.logits(vectors)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)

    def named(self, text: str) -> np.ndarray:
        """The classes whose names hold every word of `text`, in any order; else those that hold any of them.

        Case, plurals in s and PARTICLES do not matter. Of names that hold all words, those that are nothing else come
        alone: "dog" finds no "hot dog" where a class is called "dog".

        Returns:
            (m,) int64 class numbers, ascending; empty where no name holds a word of it.
        """
        wanted = _words(text)
        if not wanted:
            return np.empty(0, np.int64)
        names = [[_words(part) for part in name.split(",")] for name in self.names]
        exact = [i for i, parts in enumerate(names) if wanted in parts]
        every = [i for i, parts in enumerate(names) if any(wanted <= part for part in parts)]
        some = [i for i, parts in enumerate(names) if any(wanted & part for part in parts)]
        return np.array(exact or every or some, np.int64)

    def close_to(self, text: str, most: int) -> list[str]:
        """At most `most` names with a word of `text` inside one of theirs, shortest first; else those spelt alike."""
        parts = list(dict.fromkeys(part.strip().casefold() for name in self.names for part in name.split(",")))
        words = [word for word in _words(text) - PARTICLES if len(word) > 2]
        holding = sorted((part for part in parts if any(word in part for word in words)), key=len)
        return holding[:most] or difflib.get_close_matches(text.casefold(), parts, most)

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """(m, d) float32 of unit length: the direction of the classes that each text names, NaN where it names none.

        The mean of all classes is taken off first, so that what is left is what sets these classes apart.
        """
        centred = self.weights - self.weights.mean(axis=0)
        vectors = np.full((len(texts), self.weights.shape[1]), np.nan, np.float32)
        for row, text in enumerate(texts):
            found = self.named(text)
            if len(found):
                direction = centred[found].mean(axis=0)
                vectors[row] = direction / max(float(np.linalg.norm(direction)), 1e-12)
        return vectors


def _words(text: str) -> frozenset[str]:
    """In the singular and without PARTICLES, unless there is nothing else: a class may be called "A"."""
    words = re.findall(r"\w+", text.casefold())
    naming = [word for word in words if word not in PARTICLES] or words
    return frozenset(map(_singular, naming))


def _singular(word: str) -> str:
    """One form for a word and its plural: of "berry" and "berries", "box" and "boxes", "horse" and "horses"."""
    if len(word) > 3 and word.endswith("s") and word[-2] != "s":
        word = word[:-1]
    return re.sub("ie$", "y", re.sub("(?<=[sxz])e$|(?<=[cs]h)e$", "", word))
