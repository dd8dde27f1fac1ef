"""The index of many vectors: nearly the true answer, exact similarities, and all are read where it cannot serve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointillist import Collection, indexing
from pointillist.analysis.index import Index, indexed
from pointillist.analysis.similarity import most_similar, similarities
from pointillist.analysis.sketch import LANES, draw, signs_of, turn
from pointillist.finding import Finder
from pointillist.images import Images
from pointillist.vectors import Embedding

LEAST_RECALL = 0.95
N, D, K = 24_000, 96, 100


def groups(n: int = N, d: int = D, seed: int = 0) -> np.ndarray:
    """Unit vectors in groups of few dimensions, all far to one side of zero, as embeddings are; copies, NaN, zeros."""
    rng = np.random.default_rng(seed)
    which = rng.integers(0, 40, n)
    x = rng.standard_normal((40, d))[which] + rng.standard_normal((n, 10)) @ rng.standard_normal((10, d)) * 0.6
    x += 0.2 * rng.standard_normal((n, d)) + 2 * rng.standard_normal(d)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    x[100:140] = x[7]
    x[[5, n - 1]] = np.nan
    return x.astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """What is a small part of a million is larger here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pointillist.analysis.index._MOST_READ", 8)
        yield


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return groups()


@pytest.fixture(scope="module")
def index(x: np.ndarray) -> Index:
    return indexed(x)


def all_rows(x: np.ndarray) -> np.ndarray:
    return np.ones(len(x), bool)


@pytest.mark.parametrize("d", [1, 3, 64, 96, 100, 512])
def test_a_turn_keeps_lengths_and_products(d: int) -> None:
    vectors = np.random.default_rng(0).standard_normal((d, LANES)).astype(np.float32)
    turned = vectors.copy()
    turn(turned, signs_of(d))
    np.testing.assert_allclose(turned.T @ turned, vectors.T @ vectors, atol=2e-4 * d**0.5)


@pytest.mark.parametrize("d", [64, 100, 512])
def test_a_sketch_tells_products_without_bias(d: int) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((3000, d)).astype(np.float32) * np.linspace(0.2, 2, d, dtype=np.float32)
    mean = np.full(d, 0.3, np.float32)
    bits = np.empty((len(x), -(-d // 64)), np.uint64)
    scale, offset = np.empty(len(x), np.float32), np.empty(len(x), np.float32)
    draw(x, mean, signs_of(d), bits, scale, offset)
    query = rng.standard_normal(d).astype(np.float32)
    error = (Index(mean, bits, scale, offset).highest(query) - x @ query) / (scale * np.linalg.norm(query - mean))
    assert abs(error.mean()) < 0.06
    assert 0.4 < error.std() < 0.9


def test_nearly_all_are_found_and_the_share_is_stated(x: np.ndarray, index: Index) -> None:
    assert LEAST_RECALL <= index.recall < 1
    among, shares = all_rows(x), []
    for row in range(300, N - 1, 997):
        query = x[row]
        scores = similarities(x, query)
        true = most_similar(scores, K, among=among)
        found = index.best(x, query, K, among=among)
        assert found is not None and found[0].dtype == np.uint32
        shares.append(np.isin(true[0], found[0]).mean())
        np.testing.assert_allclose(found[1], scores[found[0]], atol=1e-6)
        np.testing.assert_array_equal(np.lexsort([found[0], -found[1]]), np.arange(K))
        assert found[0][0] == row
    assert np.mean(shares) >= LEAST_RECALL
    assert abs(np.mean(shares) - index.recall) < 0.03


def test_what_is_far_from_all_is_found_as_often_as_stated(x: np.ndarray, index: Index) -> None:
    """As sentences are: the nearest images are 0.3 alike."""
    assert LEAST_RECALL <= index.recall_far < 1
    rng = np.random.default_rng(5)
    shares = []
    for row in range(300, N - 1, 997):
        aside = rng.standard_normal(D).astype(np.float32)
        query = 0.3 * x[row] + 0.91**0.5 * aside / np.linalg.norm(aside)
        query /= np.linalg.norm(query)
        scores = similarities(x, query)
        found = index.best(x, query, K, among=all_rows(x)) or most_similar(scores, K)
        shares.append(np.isin(most_similar(scores, K)[0], found[0]).mean())
    assert abs(np.mean(shares) - index.recall_far) < 0.03


def test_the_same_vectors_make_the_same_index_on_any_number_of_cores(
    x: np.ndarray, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    again = indexed(x)
    assert (again.doubt, again.recall, again.recall_far) == (index.doubt, index.recall, index.recall_far)
    np.testing.assert_array_equal(again.bits, index.bits)


def test_float16_is_as_good(x: np.ndarray) -> None:
    half = x.astype(np.float16)
    found = indexed(half)
    assert found.recall >= LEAST_RECALL
    answer = found.best(half, x[8], K, among=all_rows(x))
    assert answer is not None and answer[0][0] == 8


def test_copies_rows_without_a_vector_thresholds_and_parts(x: np.ndarray, index: Index) -> None:
    among = all_rows(x)
    scores = similarities(x, x[7])
    found = index.best(x, x[7], K, among=among)
    assert found is not None
    assert found[0][:41].tolist() == [7, *range(100, 140)]
    among[7] = False
    found = index.best(x, x[7], 3, among=among)
    assert found is not None and found[0].tolist() == [100, 101, 102]
    threshold = float(np.sort(scores[~np.isnan(scores)])[-60])
    found = index.best(x, x[7], K, threshold=threshold, among=among)
    assert found is not None and 50 <= len(found[0]) <= 60 and (found[1] >= threshold - 1e-6).all()
    lowest = index.best(x, x[7], K, reverse=True, among=among)
    true = most_similar(scores, K, reverse=True, among=among)
    assert lowest is not None and np.isin(true[0], lowest[0]).mean() >= 0.9
    assert not np.isin([5, N - 1], lowest[0]).any()
    few = np.zeros(N, bool)
    few[[3, 5, 9, 17]] = True  # of so few all are compared
    found, true = index.best(x, x[7], K, among=few), most_similar(scores, K, among=few)
    assert found is not None
    np.testing.assert_array_equal(found[0], true[0])
    assert len(found[0]) == 3


def test_all_are_read_where_the_index_is_no_gain(x: np.ndarray, index: Index) -> None:
    noise = np.random.default_rng(0).standard_normal((N, 24)).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    assert indexed(noise).recall == 0
    assert indexed(x[:500]).recall == 0
    assert indexed(np.full((3, 4), np.nan, np.float32)).recall == 0
    assert index.best(x, x[7], N // 2, among=all_rows(x)) is None
    assert index.best(x, x[7], N, threshold=-1.0, among=all_rows(x)) is None
    assert index.best(x, x[7], K, threshold=-1.0, among=all_rows(x)) is not None


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 60), st.booleans())
def test_laws(seed: int, k: int, reverse: bool) -> None:
    x, index = _kept()
    rng = np.random.default_rng(seed)
    query = rng.standard_normal(D).astype(np.float32)
    query /= np.linalg.norm(query)
    among = rng.random(N) < 0.8
    found = index.best(x, query, k, reverse=reverse, among=among)
    if found is None:
        return
    assert len(found[0]) == k and among[found[0]].all()
    np.testing.assert_allclose(found[1], x[found[0]] @ query, atol=1e-6)
    opposite = index.best(x, -query, k, reverse=not reverse, among=among)
    assert opposite is not None
    np.testing.assert_array_equal(opposite[0], found[0])
    np.testing.assert_allclose(opposite[1], -found[1], atol=1e-6)


_memo: list[tuple[np.ndarray, Index]] = []


def _kept() -> tuple[np.ndarray, Index]:
    if not _memo:
        made = groups()
        _memo.append((made, indexed(made)))
    return _memo[0]


def collection(x: np.ndarray, store: Path | None) -> Collection:
    table = pd.DataFrame({"path": [f"{row}.png" for row in range(len(x))]})
    return Collection(table, image="path", embeddings=x, store=store)


def test_a_collection_asks_its_index_states_the_recall_and_grows(
    x: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = np.isfinite(x).all(axis=1)
    whole = x[there]
    with collection(whole[:20_000], tmp_path / "s") as c:
        exact = c.similar([300], k=K)
        assert exact.attrs["recall"] == 1
        quick = c.similar([300], k=K, exact=False)
        assert LEAST_RECALL <= quick.attrs["recall"] < 1
        assert quick.index.isin(exact.index).mean() >= 0.9
        assert 300 not in quick.index
        monkeypatch.setattr(indexing, "INDEX_ABOVE", 19_999)
        pd.testing.assert_frame_equal(c.similar([300], k=K), quick)
        assert c.similar([300], k=K, exact=True).attrs["recall"] == 1
        assert c.similar([300], k=15_000).attrs["recall"] == 1
    with monkeypatch.context() as never:
        never.setattr("pointillist.analysis.index.indexed", None)
        with collection(whole[:20_000], tmp_path / "s") as c:  # found again in the store
            pd.testing.assert_frame_equal(c.similar([300], k=K), quick)
    added = whole.copy()
    added[20_500] = whole[300]
    with collection(added, tmp_path / "s") as c:
        grown = c.similar([300], k=K)
        assert grown.index[0] == 20_500
        assert LEAST_RECALL <= grown.attrs["recall"] < 1
    with collection(added, None) as c:  # the answer does not depend on how they came
        pd.testing.assert_frame_equal(c.similar([300], k=K), grown)


def _same(index: Index) -> Index:
    return index


def test_the_recall_of_a_sentence_is_that_of_what_is_far_from_all(x: np.ndarray, index: Index) -> None:
    query = 0.5 * x[300] + 0.75**0.5 * np.eye(D, dtype=np.float32)[3]
    query /= np.linalg.norm(query)
    embedding = Embedding("tower", "", np.isfinite(x[:, 0]), lambda: x)
    model: Any = lambda: None  # noqa: E731 - never asked
    images = Images.__new__(Images)
    for far, said in ((index.recall_far, index.recall_far), (0.0, 1.0)):
        made = replace(index, recall_far=far)
        finder = Finder(lambda _: np.arange(0), images, embedding, model, partial(_same, made))
        asked: dict[str, Any] = {"k": K, "reverse": False, "threshold": None, "within": None}
        found = finder.best(query, **asked, leave_out=np.arange(0), in_words=True)
        assert found.recall == said
        assert finder.best(query, **asked, leave_out=np.arange(0)).recall == index.recall
        true = most_similar(similarities(embedding.vectors, query), K)
        assert np.isin(true[0], found.rows).mean() >= (0.9 if far else 1)
