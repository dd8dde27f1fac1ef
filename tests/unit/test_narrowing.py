"""Vectors in fewer numbers: never further apart than in full, copies at 0, and enough candidates or none."""

from __future__ import annotations

import numpy as np
import pytest

from pointillist.narrowing import ENOUGH, Narrow, narrowed
from pointillist.neighbours import neighbours, unit_length

N, K = 2500, 5


def vectors(d: int, dims: int) -> np.ndarray:
    """Of `dims` dimensions and little noise in all others, with copies and zeros."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((N, dims)) @ rng.standard_normal((dims, d)) + 0.1 * rng.standard_normal((N, d)) + 1
    x[40:60] = x[5]
    x[70:73] = 0
    return unit_length(x.astype(np.float32))


def narrow_form(unit: np.ndarray) -> Narrow | None:
    sample = np.arange(0, N, 25)
    return narrowed(unit, sample, neighbours(unit, K).rows[sample].astype(np.int64))


@pytest.mark.parametrize(("d", "dims", "width"), [(128, 20, 64), (300, 150, 128), (600, 200, 256)])
def test_a_distance_is_never_above_the_true_one_and_as_narrow_as_it_may_be(d: int, dims: int, width: int) -> None:
    unit = vectors(d, dims)
    narrow = narrow_form(unit)
    assert narrow is not None and narrow.left.shape == narrow.right.shape == (N, width)
    apart = 1 - narrow.left @ narrow.right.T
    true = 1 - unit @ unit.T
    zero = ~unit.any(axis=1)
    true[np.ix_(zero, zero)] = 0
    assert (apart <= true + 1e-5).all()
    assert np.abs(apart[40:60, 5]).max() < 1e-6
    assert np.abs(apart[70:73, 70:73]).max() < 1e-6
    assert (apart[70:73, :40] > 0.5).all()
    assert narrow.found.mean() >= ENOUGH


@pytest.mark.parametrize("d", [100, 400])
def test_what_cannot_be_narrower_is_left_as_it_is(d: int) -> None:
    assert narrow_form(vectors(d, d)) is None


def test_the_share_that_is_found_is_that_of_the_candidates() -> None:
    unit = vectors(200, 60)
    narrow = narrow_form(unit)
    assert narrow is not None
    sample = np.arange(0, N, 25)
    apart = 1 - narrow.left @ narrow.right.T
    np.fill_diagonal(apart, np.inf)
    order = np.argsort(apart[sample], axis=1)[:, : narrow.count]
    true = neighbours(unit, K).rows[sample]
    among = np.array([np.isin(one, few) for one, few in zip(true, order, strict=True)])
    crowd = np.isin(sample, [5, *range(40, 60), 70, 71, 72])
    assert (among == narrow.found)[~crowd].mean() > 0.995
