"""Search against a brute-force oracle and by laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointillist.analysis import similarity
from pointillist.analysis.similarity import most_similar, query_vector, similarities


def unit(n: int, d: int, seed: int = 0) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal((n, d))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def brute_force(scores: np.ndarray, k: int, *, reverse: bool, threshold: float | None) -> list[int]:
    sign = -1 if reverse else 1
    rows = [row for row in range(len(scores)) if not np.isnan(scores[row])]
    if threshold is not None:
        rows = [row for row in rows if sign * scores[row] >= sign * threshold]
    return sorted(rows, key=lambda row: (-sign * scores[row], row))[:k]


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize(("n", "d", "together"), [(1, 3, True), (7, 1, True), (2500, 33, True), (2500, 33, False)])
def test_similarities_equal_the_products_in_float64(
    dtype: type, n: int, d: int, together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similarity, "_ALONE_BELOW", 0 if together else 10**9)
    x = unit(n, d).astype(dtype)
    x[: n // 3, 0] = 0
    x[: n // 3, d // 2] = 3e-6  # a float16 without its leading one
    if n > 5:
        x[5] = np.nan
    query = unit(1, d, seed=1)[0]
    found = similarities(x, query)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, x.astype(np.float64) @ query, atol=1e-6)


def test_every_row_is_scored_alike_wherever_it_stands() -> None:
    x = np.tile(unit(1, 512), (20_000, 1))
    for dtype in (np.float32, np.float16):
        assert len(np.unique(similarities(x.astype(dtype), unit(1, 512, seed=2)[0]))) == 1


@given(
    drawn=st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.5, 1.0, float("nan")]), max_size=30),
    k=st.integers(1, 40),
    reverse=st.booleans(),
    threshold=st.sampled_from([None, -0.5, 0.0, 0.3, 1.0]),
)
@settings(max_examples=300)
def test_best_equals_sorting_with_ties_by_row(
    drawn: list[float], k: int, reverse: bool, threshold: float | None
) -> None:
    scores = np.array(drawn, np.float32)
    rows, values = most_similar(scores, k, reverse=reverse, threshold=threshold)
    assert rows.tolist() == brute_force(scores, k, reverse=reverse, threshold=threshold)
    assert values.tolist() == scores[rows].tolist()
    assert rows.dtype == np.uint32


def test_copies_tie_though_their_scores_differ_in_the_last_bit() -> None:
    scores = np.array([0.5, 0.50000006, 0.49999997, 0.5000001, 0.2], np.float32)
    rows, values = most_similar(scores, 3)
    assert rows.tolist() == [0, 1, 2]
    assert len(set(values.tolist())) == 1
    assert most_similar(np.array([0.69999999, 0.7, 0.6], np.float32), 5, threshold=0.7)[0].tolist() == [0, 1]


def test_only_among() -> None:
    scores = np.linspace(0, 1, 10, dtype=np.float32)
    among = np.arange(10) < 4
    assert most_similar(scores, 2, among=among)[0].tolist() == [3, 2]
    assert most_similar(scores, 2, among=among, reverse=True)[0].tolist() == [0, 1]


@given(seed=st.integers(0, 1000))
@settings(max_examples=30)
def test_permuting_the_images_permutes_the_answer_and_scaling_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, order = unit(60, 8, seed), rng.permutation(60)
    examples = x[:3]
    query = query_vector(examples)
    rows, values = most_similar(similarities(x, query), 10)
    turned, same = most_similar(similarities(x[order], query), 10)
    np.testing.assert_allclose(same, values, atol=1e-6)
    clear = np.abs(np.diff(values, append=-1)) > 2e-6
    clear[1:] &= clear[:-1]
    assert (order[turned] == rows)[clear].all()
    longer = examples * rng.uniform(0.01, 100, (3, 1)).astype(np.float32)
    np.testing.assert_allclose(query_vector(longer), query, atol=1e-6)


def test_query_is_twice_the_mean_of_the_positive_minus_the_mean_of_the_negative() -> None:
    positive, negative = unit(3, 5), unit(2, 5, seed=1)
    expected = 2 * positive.mean(axis=0) - negative.mean(axis=0)
    np.testing.assert_allclose(query_vector(positive, negative), expected / np.linalg.norm(expected), atol=1e-6)
    weighted = query_vector(positive, weights=np.array([2, 0, 1.0]))
    expected = 2 * positive[0] + positive[2]
    np.testing.assert_allclose(weighted, expected / np.linalg.norm(expected), atol=1e-6)


def test_examples_that_cancel_out_are_refused() -> None:
    with pytest.raises(ValueError, match="cancel one another out"):
        query_vector(np.array([[1, 0], [-1, 0]], np.float32))
