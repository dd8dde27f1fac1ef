"""Vectors in fewer numbers: never further apart than in full, copies at 0, and enough candidates or themselves."""

from __future__ import annotations

import numpy as np
import pytest

from pointillist.narrowing import ENOUGH, Narrow, narrowed
from pointillist.neighbours import neighbours, unit_length

N, K = 2500, 5
SAMPLE = np.arange(0, N, 25)


def vectors(d: int, dims: int) -> np.ndarray:
    """Of `dims` dimensions and little noise in all others, with copies."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((N, dims)) @ rng.standard_normal((dims, d)) + 0.1 * rng.standard_normal((N, d)) + 1
    x[40:60] = x[5]
    return unit_length(x.astype(np.float32))


def narrow_form(unit: np.ndarray) -> Narrow:
    return narrowed(unit, SAMPLE, neighbours(unit, K).rows[SAMPLE].astype(np.int64))


def halved_squares(x: np.ndarray) -> np.ndarray:
    """(n, n): of vectors of unit length the cosine distance."""
    x = x.astype(np.float64)
    lengths = (x**2).sum(axis=1) / 2
    return np.asarray(lengths[:, None] + lengths - x @ x.T)


@pytest.mark.parametrize(("d", "dims", "width"), [(128, 18, 64), (300, 150, 128), (600, 200, 256)])
def test_a_distance_is_never_above_the_true_one_and_as_narrow_as_it_may_be(d: int, dims: int, width: int) -> None:
    unit = vectors(d, dims)
    narrow = narrow_form(unit)
    assert narrow.places.shape == (N, width)
    apart = halved_squares(narrow.places)
    assert (apart <= halved_squares(unit) + 1e-5).all()
    assert np.abs(apart[40:60, 5]).max() < 1e-6
    assert narrow.found.mean() >= ENOUGH


@pytest.mark.parametrize("d", [100, 400])
def test_what_cannot_be_narrower_is_left_as_it_is(d: int) -> None:
    unit = vectors(d, d)
    narrow = narrow_form(unit)
    assert narrow.places is unit
    assert narrow.count == K + 1 and narrow.found.all()


def test_the_share_that_is_found_is_that_of_the_candidates() -> None:
    unit = vectors(200, 60)
    narrow = narrow_form(unit)
    assert narrow.places.shape[1] < 200
    order = np.argsort(halved_squares(narrow.places)[SAMPLE], axis=1)[:, : narrow.count]
    true = neighbours(unit, K).rows[SAMPLE]
    among = np.array([np.isin(one, few) for one, few in zip(true, order, strict=True)])
    crowd = np.isin(SAMPLE, [5, *range(40, 60)])
    assert (among == narrow.found)[~crowd].mean() > 0.995
