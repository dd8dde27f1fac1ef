from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointillist.neighbours import neighbours

GRID = 2.0**-21


def brute_force(x: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Every pair in float64; ties by row."""
    n = len(x)
    wide = x.astype(np.float64)
    apart = np.ones((n, n))
    for i in range(n):
        for j in range(n):
            lengths = np.linalg.norm(wide[i]) * np.linalg.norm(wide[j])
            if lengths > 0:
                apart[i, j] = 1 - wide[i] @ wide[j] / lengths
            elif not wide[i].any() and not wide[j].any():
                apart[i, j] = 0
    apart = np.round(apart / GRID) * GRID
    np.fill_diagonal(apart, np.inf)
    order = np.argsort(apart, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(apart, order, axis=1)


def random_vectors(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


@pytest.mark.parametrize(("n", "d", "k"), [(2, 3, 1), (50, 8, 5), (200, 64, 15), (1100, 16, 7)])
def test_equals_brute_force(n: int, d: int, k: int) -> None:
    x = random_vectors(n, d)
    rows, distances = brute_force(x, k)
    found = neighbours(x, k)
    assert found.rows.dtype == np.uint32
    assert found.distances.dtype == np.float32
    np.testing.assert_allclose(found.distances, distances, atol=1e-6)
    assert (found.rows == rows).mean() > 0.999  # float32 and float64 may order a near tie differently


POOL = np.array([[0, 0, 0, 0], [1, 0, 2, 0], [3, 1, -1, 2], [0, 1, 5, -3], [-2, 2, 2, 1]], np.float32)


@given(drawn=st.lists(st.integers(0, len(POOL) - 1), min_size=2, max_size=14), k=st.integers(1, 15))
@settings(max_examples=200, deadline=None)
def test_copies_and_zero_vectors_tie_by_row(drawn: list[int], k: int) -> None:
    x = POOL[drawn]
    found = neighbours(x, k)
    rows, distances = brute_force(x, min(k, len(x) - 1))
    np.testing.assert_array_equal(found.rows, rows)
    np.testing.assert_allclose(found.distances, distances, atol=1e-6)


@given(seed=st.integers(0, 10_000), n=st.integers(2, 60))
@settings(max_examples=50, deadline=None)
def test_permuting_rows_permutes_the_answer(seed: int, n: int) -> None:
    x = random_vectors(n, 5, seed)
    order = np.random.default_rng(seed + 1).permutation(n)
    before, after = neighbours(x, 4), neighbours(x[order], 4)
    np.testing.assert_allclose(after.distances, before.distances[order], atol=1e-6)
    apart = np.diff(before.distances[order], axis=1) > 2e-6
    same = order[after.rows] == before.rows[order]
    clear = np.ones(same.shape, bool)
    clear[:, :-1] &= apart
    clear[:, 1:] &= apart
    clear[:, -1] = False  # the one after the last is not known here
    assert same[clear].all()


@pytest.mark.parametrize("d", [1, 2, 1280])
def test_a_copy_is_the_nearest_neighbour_at_distance_zero(d: int) -> None:
    x = random_vectors(40, d, seed=3) * 100
    x[31] = x[4]
    found = neighbours(x, 3)
    if d > 1:
        assert found.rows[4, 0] == 31
        assert found.rows[31, 0] == 4
    assert found.distances[4, 0] <= 1e-6
    assert (found.rows != np.arange(40)[:, None]).all()


def test_length_does_not_matter() -> None:
    x = random_vectors(100, 6)
    longer = x * np.random.default_rng(1).uniform(1e-20, 1e20, (100, 1)).astype(np.float32)
    np.testing.assert_allclose(neighbours(longer, 5).distances, neighbours(x, 5).distances, atol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_rows_without_a_vector_are_left_out(bad: float) -> None:
    x = random_vectors(30, 4)
    x[[3, 17, 29], 1] = bad
    found = neighbours(x, 5)
    present = np.setdiff1d(np.arange(30), [3, 17, 29])
    alone = neighbours(x[present], 5)
    np.testing.assert_array_equal(found.rows[present], present[alone.rows])
    np.testing.assert_array_equal(found.distances[present], alone.distances)
    for row in (3, 17, 29):
        assert (found.rows[row] == row).all()
        assert np.isnan(found.distances[row]).all()


@pytest.mark.parametrize(("n", "present", "k"), [(0, 0, 0), (1, 1, 0), (5, 5, 4), (5, 1, 0), (5, 0, 0), (6, 3, 2)])
def test_fewer_images_than_neighbours_asked_for(n: int, present: int, k: int) -> None:
    x = random_vectors(n, 3)
    x[present:] = np.nan
    found = neighbours(x, 15)
    assert found.rows.shape == found.distances.shape == (n, k)
    assert found.k == k


def test_all_images_alike_are_neighbours_by_row() -> None:
    x = np.tile(random_vectors(1, 700), (1500, 1))
    found = neighbours(x, 3)
    assert found.rows[0].tolist() == [1, 2, 3]
    assert found.rows[1].tolist() == [0, 2, 3]
    assert (found.rows[3:] == [0, 1, 2]).all()
    assert (found.distances <= 1e-6).all()


def test_progress_counts_rows_and_can_stop_the_search() -> None:
    said: list[tuple[int, int]] = []
    neighbours(random_vectors(2500, 4), 3, on_block=lambda done, total: said.append((done, total)))
    assert said[-1] == (2500, 2500)
    assert len(said) > 1

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        neighbours(random_vectors(100, 4), 3, on_block=stop)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"shape \(4,\)"):
        neighbours(np.zeros(4, np.float32), 1)
    with pytest.raises(ValueError, match="k = 0"):
        neighbours(np.zeros((4, 2), np.float32), 0)
