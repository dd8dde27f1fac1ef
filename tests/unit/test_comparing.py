"""How much the neighbours of two encoders differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pointillist as pt
from pointillist.collection import Collection


def two_encoders() -> tuple[Collection, np.ndarray, np.ndarray]:
    """30 images with two sets of vectors."""
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((2, 30, 6)).astype(np.float32)
    c = Collection(np.zeros((30, 4, 5, 3), np.uint8), embeddings=a, store=None)
    c.add_vectors("other", b)
    return c, a, b


def nearest(x: np.ndarray, k: int) -> list[set[int]]:
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    away = 1 - unit @ unit.T
    np.fill_diagonal(away, np.inf)
    return [set(row[:k].tolist()) for row in np.argsort(away, axis=1)]


def test_the_share_of_the_nearest_that_the_other_encoder_has_not() -> None:
    c, a, b = two_encoders()
    expected = [1 - len(one & two) / 4 for one, two in zip(nearest(a, 4), nearest(b, 4), strict=True)]
    np.testing.assert_allclose(c.neighbour_difference("given", "other", k=4), expected, atol=1e-6)
    assert len(c.table.filter(like="differs: ").columns) == 1


@pytest.mark.parametrize("k", [0, "4", 2.5])
def test_k_is_a_whole_number_also_where_an_answer_is_known(k: Any) -> None:
    c, _, _ = two_encoders()
    c.neighbour_difference("given", "other", k=4)
    with pytest.raises(pt.SelectionError, match="ask for at least 1 neighbour"):
        c.neighbour_difference("given", "other", k=k)


def test_an_encoder_does_not_differ_from_itself() -> None:
    c, _, _ = two_encoders()
    with pytest.raises(pt.EmbeddingError, match="name two encoders"):
        c.neighbour_difference("given", "given")


def test_new_vectors_have_a_name_of_words() -> None:
    c, a, _ = two_encoders()
    with pytest.raises(pt.EmbeddingError, match="is words, not ndarray"):
        c.add_vectors(a, "third")  # type: ignore[arg-type]
