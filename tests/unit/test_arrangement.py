"""A grid from positions: one row per cell, the same every time, neighbours near."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pointillist.analysis.arrangement import arranged, grid_of


def kept_neighbours(a: np.ndarray, b: np.ndarray, k: int = 8) -> float:
    """The share of each row's k nearest in `a` that are among its k nearest in `b`."""
    near = []
    for at in (a, b):
        apart = np.linalg.norm(at[:, None] - at[None], axis=2)
        np.fill_diagonal(apart, np.inf)
        near.append(np.argsort(apart, axis=1, kind="stable")[:, :k])
    return float(np.mean([len(set(p) & set(q)) / k for p, q in zip(*near, strict=True)]))


@settings(max_examples=150, deadline=None)
@given(
    arrays(
        np.float32,
        st.tuples(st.integers(0, 60), st.just(2)),
        elements=st.floats(-1e6, 1e6, width=32) | st.sampled_from([np.nan, np.inf, 0.0, 1.0]),
    )
)
def test_every_placed_row_has_a_cell_of_its_own(xy: np.ndarray) -> None:
    grid = grid_of(xy)
    placed = np.isfinite(xy).all(axis=1)
    n = int(placed.sum())
    cells = grid.cell[placed]
    assert len(np.unique(cells, axis=0)) == n
    assert (cells >= 0).all()
    assert (cells < [grid.columns, grid.lines]).all()
    assert (grid.cell[~placed] == -1).all()
    assert grid.columns * grid.lines - n < max(1, grid.columns), "no more free cells than a line has"
    moved = arranged(xy)
    assert np.isnan(moved[~placed]).all()
    assert np.isfinite(moved[placed]).all()
    assert moved.dtype == np.float32


def test_neighbours_are_kept_fifty_times_better_than_by_chance() -> None:
    random = np.random.default_rng(0)
    centers = random.uniform(0, 10, (9, 2))
    xy = centers[random.integers(0, 9, 1500)] + random.normal(0, 0.7, (1500, 2))
    moved = arranged(xy)
    by_chance = kept_neighbours(xy, random.permutation(moved))
    assert kept_neighbours(xy, moved) > 50 * by_chance
    assert kept_neighbours(xy, moved) > 0.45
    assert (arranged(xy) == moved).all(), "the same every time"


def test_a_grid_that_is_there_stays_as_it_is() -> None:
    columns, lines = np.meshgrid(np.arange(12), np.arange(7))
    xy = np.column_stack([columns.ravel(), lines.ravel()]).astype(np.float32)
    shuffled = np.random.default_rng(3).permutation(len(xy))
    grid = grid_of(xy[shuffled])
    order = np.argsort(xy[shuffled][:, 0], kind="stable")
    assert (np.diff(grid.cell[order, 0]) >= 0).all(), "what is farther left is not farther right in the grid"


def test_no_one_two_and_equal_positions() -> None:
    assert arranged(np.empty((0, 2), np.float32)).shape == (0, 2)
    assert arranged(np.full((3, 2), np.nan)).shape == (3, 2)
    assert (arranged(np.array([[4.0, -2.0]])) == [[4, -2]]).all()
    two = arranged(np.array([[5.0, 0.0], [1.0, 0.0]]))
    assert two[0, 0] > two[1, 0]
    same = arranged(np.ones((25, 2)))
    assert len(np.unique(same, axis=0)) == 25
    assert np.allclose(same.mean(axis=0), 1)
    with pytest.raises(ValueError, match=r"\(4, 3\)"):
        grid_of(np.zeros((4, 3)))


def test_the_grid_has_the_shape_of_the_layout() -> None:
    random = np.random.default_rng(1)
    wide = grid_of(random.uniform(0, 1, (600, 2)) * [3, 2])
    assert wide.columns / wide.lines == pytest.approx(1.5, rel=0.1)
    assert grid_of(random.uniform(0, 1, (800, 2)) * [100, 1]).columns == 40
