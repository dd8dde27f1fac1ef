"""Layout quality against scikit-learn and brute force; layouts turned onto one another."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import manifold

from pointillist import Collection
from pointillist.analysis import quality as measures
from pointillist.analysis.positions import position_neighbours
from pointillist.analysis.quality import preserved, quality, trustworthiness
from pointillist.neighbours import neighbours


def random(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


@pytest.mark.parametrize(("n", "k", "noise"), [(30, 5, 0.0), (120, 7, 0.5), (400, 15, 3.0)])
def test_trustworthiness_equals_scikit_learns(n: int, k: int, noise: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "_BLOCK_FLOATS", 7 * n)
    x = random(n, 6)
    xy = x[:, :2] + noise * random(n, 2, seed=1)
    expected = manifold.trustworthiness(x, xy, n_neighbors=k, metric="cosine")
    assert trustworthiness(x, xy, k) == pytest.approx(expected, abs=1e-6)


def test_of_many_a_sample_unless_all_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "SAMPLE", 400)
    x = random(2000, 5)
    xy = x[:, :2].copy()
    xy[7] = np.nan
    with Collection(list(np.zeros((2000, 4, 4, 3), np.uint8)), embeddings=x, store=None) as c:
        whole, some = (c.layout_quality(xy, exact=exact) for exact in (True, False))
    there = np.isfinite(xy).all(axis=1)
    expected = manifold.trustworthiness(x[there], xy[there], n_neighbors=15, metric="cosine")
    assert whole.trustworthiness == pytest.approx(expected, abs=1e-6)
    assert whole.measured == 1999
    assert "sample" not in repr(whole)
    assert some.trustworthiness == pytest.approx(expected, abs=0.02)
    assert some.trustworthiness != whole.trustworthiness
    assert some.measured == 400
    assert " of a sample of 400, " in repr(some)


def test_rows_without_vector_or_position_do_not_count() -> None:
    x, xy = random(60, 4), random(60, 2, seed=1)
    x[3], xy[[3, 9]] = np.nan, np.nan
    kept = np.setdiff1d(np.arange(60), [3, 9])
    assert trustworthiness(x, xy, 5) == pytest.approx(trustworthiness(x[kept], xy[kept], 5))
    found = quality(x, neighbours(x, 5), xy)
    assert np.isnan(found.preserved).nonzero()[0].tolist() == [3, 9]
    assert found.k == 5
    assert repr(found).startswith("<trustworthiness 0.")


def test_preserved_is_the_share_of_common_neighbours() -> None:
    x, xy = random(80, 6), random(80, 2, seed=1)
    one, other = neighbours(x, 9), position_neighbours(xy, 9)
    expected = [len(set(a) & set(b)) / 9 for a, b in zip(one.rows.tolist(), other.rows.tolist(), strict=True)]
    np.testing.assert_allclose(preserved(one, other), expected)
    np.testing.assert_array_equal(preserved(one, one), np.ones(80))


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_too_few_to_tell(n: int) -> None:
    x = random(n, 3)
    found = quality(x, neighbours(x, 5), x[:, :2])
    assert np.isnan(found.trustworthiness)
    assert found.preserved.shape == (n,)
    assert repr(found)


def test_kept_neighbours_of_each_row_are_a_column_and_equal_brute_force() -> None:
    x = random(50, 6)
    with Collection(list(np.zeros((50, 4, 4, 3), np.uint8)), embeddings=x, store=None) as c:
        xy = c.project("pca")
        kept = c.neighbours_kept("pca", k=5)
        unit = x / np.linalg.norm(x, axis=1, keepdims=True)
        for row in range(50):
            others = [other for other in range(50) if other != row]
            near = sorted(others, key=lambda other: -float(unit[row] @ unit[other]))[:5]
            seen = sorted(others, key=lambda other: float(((xy[row] - xy[other]) ** 2).sum()))[:5]
            assert kept[row] == pytest.approx(len(set(near) & set(seen)) / 5)
        name = "nearest kept: PCA | own vectors"
        np.testing.assert_array_equal(c.table[name], kept)
        made = c.computed.revision(name)
        c.neighbours_kept("pca", k=5)
        assert c.computed.revision(name) == made  # of the same positions it is not made twice
        other = c.neighbours_kept(random(50, 2, seed=3), k=5, title="mine")
        np.testing.assert_array_equal(c.table["nearest kept: mine | own vectors"], other)
        assert not np.array_equal(kept, other, equal_nan=True)
