"""From sentences to vectors: by an encoder's text tower, or by the class names of a classifier."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from pointillist.encoders import Encoder, classes_of, reads_text
from pointillist.errors import EncoderError, SelectionError


def sentences(text: Any, what: str) -> list[str]:
    """One or several sentences as a list; None is none.

    Raises:
        SelectionError: if one is no text, or has no letter or digit.
    """
    if text is None:
        return []
    listed = [text] if isinstance(text, str) else list(text) if isinstance(text, Iterable) else [text]
    for sentence in listed:
        if not isinstance(sentence, str) or not re.search(r"\w", sentence):
            several = "" if isinstance(sentence, str) else ", or several texts in a list"
            raise SelectionError(f"{what}{sentence!r} is nothing to search for: give words{several}")
    return listed


def text_vectors(encoder: Encoder, texts: list[str]) -> tuple[np.ndarray, dict[str, list[str]]]:
    """A vector of unit length for each text, in the space of the encoder's images.

    Returns:
        vectors: (m, d) float32. classes: text -> the class names that stand for it; empty where there is a text tower.

    Raises:
        EncoderError: if the encoder understands no text.
        SelectionError: if a classifier has no class that is called like a text.
    """
    if reads_text(encoder):
        return np.asarray(encoder.encode_text(texts), np.float32), {}
    classes = classes_of(encoder)
    if classes is None:
        raise EncoderError(
            f"{encoder.name!r} understands no text: embed with a model that has a text tower, such as "
            "'clip/ViT-B-32/laion2b_s34b_b79k', or with a classifier that knows the names of its classes"
        )
    used: dict[str, list[str]] = {}
    for text in texts:
        used[text] = [classes.names[number] for number in classes.named(text)]
        if not used[text]:
            close = classes.close_to(text, 3)
            raise SelectionError(
                f"none of the {len(classes.names):,} classes of {encoder.name!r} is called {text!r}"
                + (f"; the closest are {', '.join(close)}" if close else "")
            )
    return np.asarray(classes.encode_text(texts), np.float32), used
