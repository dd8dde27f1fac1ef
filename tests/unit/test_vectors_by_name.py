"""Vectors are asked for by the name of their encoder: one that is not there is told, with those that are."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pointillist as pt
from pointillist.collection import Collection


@pytest.fixture
def two_named() -> Collection:
    """12 images with vectors of their pixels and with others, called "mine"."""
    rng = np.random.default_rng(4)
    c = Collection(rng.integers(0, 255, (12, 16, 16, 3), dtype=np.uint8), store=None)
    c.embed("pixels/8")
    c.add_vectors("mine", rng.standard_normal((12, 4)))
    return c


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mime", r"no vectors are called 'mime' \(there are: pixels/8, mine; did you mean 'mine'\?\)"),
        ("pixels8", r"\(there are: pixels/8, mine; did you mean 'pixels/8'\?\)"),
        ("resnet", r"no vectors are called 'resnet' \(there are: pixels/8, mine\)"),
        ("pixels/9", r"no vectors of 'pixels/9' \(there are: .*did you mean 'pixels/8'\?\); make them with embed"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_those_that_are(two_named: Collection, name: str, told: str) -> None:
    with pytest.raises(pt.EmbeddingError, match=told):
        two_named.use(name)
    with pytest.raises(pt.EmbeddingError, match=told):
        two_named.similar(0, encoder=name)
    with pytest.raises(KeyError, match=told):
        two_named.embeddings[name]
    assert two_named.current == "mine"


def test_where_there_are_no_vectors_yet_the_message_says_so() -> None:
    c = Collection(np.zeros((3, 8, 8, 3), np.uint8), store=None)
    with pytest.raises(pt.EmbeddingError, match=r"no vectors are called 'typo' \(there are: none yet\)"):
        c.use("typo")


def test_vectors_of_ones_own_are_grouped_whatever_they_are_called(two_named: Collection) -> None:
    assert len(two_named.cluster("kmeans", count=2).names) == 2
    assert not two_named.reads_words()
    with pytest.raises(pt.EncoderError, match="vectors were given, so no words can be told"):
        two_named.cluster("kmeans", count=2, words=["red", "blue"])
    with pytest.raises(pt.EncoderError, match=r"vectors were given, so no words .*clip/ViT-B-32"):
        two_named.search("red")
    with pytest.raises(pt.EmbeddingError, match="vectors of this collection were given"):
        two_named.similar(0, box=(0, 0, 4, 4))
    with pytest.raises(pt.EncoderError, match="'mine' are vectors that were given"):
        two_named.embed("mine")


def test_vectors_of_a_function_of_an_earlier_session_are_grouped(tmp_path: Path) -> None:
    def mean_color(images: list[np.ndarray]) -> np.ndarray:
        return np.array([image.mean(axis=(0, 1)) for image in images])

    images = np.random.default_rng(5).integers(0, 255, (12, 16, 16, 3), dtype=np.uint8)
    with Collection(images, store=tmp_path / "store.db") as c:
        c.embed(mean_color)
    with Collection(images, store=tmp_path / "store.db") as again:
        again.use("mean_color")
        assert len(again.cluster("kmeans", count=2).names) == 2


def test_a_second_function_of_a_name_says_that_the_first_is_no_longer_in_use(two_named: Collection) -> None:
    def mean(images: list[np.ndarray]) -> np.ndarray:
        return np.array([image.mean(axis=(0, 1)) for image in images])

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        two_named.embed(mean)
        two_named.embed(mean)
    with pytest.warns(UserWarning, match=r"another encoder called '<lambda>' are no longer .* its __name__"):
        two_named.embed(lambda images: mean(images))
        two_named.embed(lambda images: -mean(images))


def test_an_engine_that_is_none_is_refused_also_where_all_is_embedded(two_named: Collection) -> None:
    with pytest.raises(pt.EncoderError, match="engine='dask' is unknown; it is 'local' or 'ray'"):
        two_named.embed("pixels/8", engine="dask")  # type: ignore[arg-type]


@pytest.mark.parametrize("workers", ["x", 0, 2.5, True, [2]], ids=str)
def test_workers_that_are_no_number_are_refused_by_every_engine(two_named: Collection, workers: Any) -> None:
    with pytest.raises(pt.EncoderError, match=r"workers=.*: there must be at least one, as a whole number, or None"):
        two_named.embed("pixels/8", workers=workers)
