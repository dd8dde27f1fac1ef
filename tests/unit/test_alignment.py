"""A layout turned onto another: of one picture, of flat and deep ones, of different rows, and where nothing can be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointillist.analysis.alignment import aligned


def random(n: int, dims: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((n, dims)).astype(np.float32)


def turn_of(angle: float, mirrored: bool, dims: int) -> np.ndarray:
    turn = np.eye(dims)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    if mirrored:
        turn[:, 0] *= -1
    return turn


@given(angle=st.floats(0, 7), mirrored=st.booleans(), size=st.floats(0.1, 10), dims=st.sampled_from([2, 3]))
@settings(max_examples=40)
def test_a_turned_layout_is_turned_back(angle: float, mirrored: bool, size: float, dims: int) -> None:
    onto = random(50, dims) * np.array([3, 2, 1][:dims], np.float32) + 7
    moved = (size * onto @ turn_of(angle, mirrored, dims) + 5).astype(np.float32)
    moved[4] = np.nan
    both = np.arange(50) != 4
    back = aligned(moved, onto)
    assert np.isnan(back[4]).all()
    np.testing.assert_allclose(back[both], size * (onto[both] - onto[both].mean(axis=0)), atol=1e-3 * max(size, 1))
    np.testing.assert_allclose(aligned(moved, onto, scale=True)[both], onto[both], atol=2e-3)


@given(seed=st.integers(0, 999), dims=st.sampled_from([2, 3]), onto_dims=st.sampled_from([2, 3]))
@settings(max_examples=40)
def test_no_turn_lies_nearer_and_nothing_is_stretched(seed: int, dims: int, onto_dims: int) -> None:
    rng = np.random.default_rng(seed)
    xy, onto = rng.standard_normal((20, dims)).astype(np.float32), rng.standard_normal((20, onto_dims))
    made = aligned(xy, onto.astype(np.float32))
    apart = np.linalg.norm(xy[:, None] - xy, axis=2)
    np.testing.assert_allclose(np.linalg.norm(made[:, None] - made, axis=2), apart, atol=1e-5)

    def agreement(places: np.ndarray) -> float:
        d = min(dims, onto_dims)
        return float((places[:, :d] * (onto - onto.mean(axis=0))[:, :d]).sum())

    best = agreement(made)
    for _ in range(20):
        other, _ = np.linalg.qr(rng.standard_normal((dims, dims)))
        assert agreement((xy - xy.mean(axis=0)) @ other) <= best + 1e-4


def test_only_rows_with_a_position_in_both_count() -> None:
    onto = random(60, 2) * np.array([3, 1], np.float32)
    xy = onto @ turn_of(1.0, True, 2).astype(np.float32)
    xy[:20] = np.nan
    hidden = onto.copy()
    hidden[50:] = np.nan
    garbage = xy.copy()
    garbage[50:] *= 1000  # these have no place in `onto` and must not count
    both = slice(20, 50)
    made = aligned(garbage, hidden)
    np.testing.assert_allclose(made[both], onto[both] - onto[both].mean(axis=0), atol=1e-4)
    np.testing.assert_array_equal(np.isfinite(made).all(axis=1), np.arange(60) >= 20)


@pytest.mark.parametrize("scale", [False, True])
def test_where_there_is_nothing_to_align_by(scale: bool) -> None:
    xy = random(3, 2)
    np.testing.assert_array_equal(aligned(xy, np.full((3, 2), np.nan, np.float32), scale=scale), xy)
    np.testing.assert_array_equal(np.ptp(aligned(np.ones((3, 2), np.float32), xy, scale=scale), axis=0), 0)
    assert aligned(np.empty((0, 2), np.float32), np.empty((0, 3), np.float32), scale=scale).shape == (0, 2)
    with pytest.raises(ValueError, match="3 positions cannot lie as 2 others do"):
        aligned(xy, xy[:2], scale=scale)
