from __future__ import annotations

import numpy as np
import pytest

from pointillist.analysis.projection import GrowingPca, fit_pca, pca


def oval(n: int, d: int, seed: int = 0) -> np.ndarray:
    """Vectors that spread differently along each direction."""
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, d)) * np.linspace(3, 0.2, d) + rng.standard_normal(d)).astype(np.float32)


def by_svd(x: np.ndarray, dims: int) -> np.ndarray:
    _, _, axes = np.linalg.svd(x.astype(np.float64) - x.mean(axis=0, dtype=np.float64), full_matrices=False)
    return (x - x.mean(axis=0, dtype=np.float64)) @ axes[:dims].T


@pytest.mark.parametrize(("n", "d", "dims"), [(300, 20, 2), (20, 300, 2), (50, 50, 3), (6, 2, 2)])
def test_pca_equals_svd(n: int, d: int, dims: int) -> None:
    x = oval(n, d)
    expected, found = by_svd(x, dims), pca(x, dims)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=2e-4)


def test_pca_by_iteration_equals_svd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointillist.analysis.projection._EXACT_UP_TO", 10)
    x = oval(200, 40)
    np.testing.assert_allclose(np.abs(pca(x)), np.abs(by_svd(x, 2)), atol=2e-3)
    np.testing.assert_array_equal(pca(x), pca(x))


def test_pca_leaves_missing_vectors_out_and_does_not_mind_the_order() -> None:
    x = oval(100, 8)
    x[[4, 50]] = np.nan
    present = np.isfinite(x).all(axis=1)
    xy = pca(x)
    assert np.isnan(xy[[4, 50]]).all()
    np.testing.assert_allclose(xy[present], pca(x[present]))
    order = np.random.default_rng(1).permutation(100)
    np.testing.assert_allclose(pca(x[order]), xy[order], atol=1e-4)


@pytest.mark.parametrize(
    ("x", "positions"),
    [
        (np.zeros((0, 4)), np.zeros((0, 2))),
        (np.ones((1, 4)), np.zeros((1, 2))),
        (np.full((5, 4), 1e-3), np.zeros((5, 2))),
        (np.array([[0.0, 0], [0, 2]]), np.array([[-1.0, 0], [1, 0]])),
        (np.array([[0.0], [4], [5]]), np.array([[-3.0, 0], [1, 0], [2, 0]])),
    ],
)
def test_pca_where_nothing_varies(x: np.ndarray, positions: np.ndarray) -> None:
    np.testing.assert_allclose(pca(x.astype(np.float32)), positions, atol=1e-6)


def test_pca_survives_large_and_small_numbers() -> None:
    x = oval(60, 5)
    for size in (1e-25, 1e25):
        np.testing.assert_allclose(pca((x * size).astype(np.float32)) / size, pca(x), atol=1e-3)


def test_growing_pca_does_not_jump_and_ends_as_pca() -> None:
    n, d = 1000, 24
    x = oval(n, d)
    arriving = np.full((n, d), np.nan, np.float32)
    growing = GrowingPca(arriving)
    assert np.isnan(growing.positions()).all()
    order = np.random.default_rng(0).permutation(n)
    size = np.sqrt((pca(x) ** 2).mean())
    moves = []
    for start in range(0, n, 20):
        rows = order[start : start + 20]
        before = growing.positions()
        arriving[rows] = x[rows]
        growing.add(rows.astype(np.uint32))
        after = growing.positions()
        assert np.isfinite(after[order[: start + 20]]).all()
        assert np.isnan(after[order[start + 20 :]]).all()
        seen = order[:start]
        if start:
            moves.append(np.sqrt(((after - before)[seen] ** 2).mean()) / size)
    assert max(moves[4:]) < 0.5  # with 100 vectors the axes are known; turned or mirrored ones would move points by > 1
    assert sum(move > 0 for move in moves) <= 6  # fitted again only when the number has doubled
    assert np.sqrt(((growing.positions() - growing.positions().mean(axis=0)) ** 2).mean()) > 0.95 * size


def test_growing_pca_keeps_its_orientation_where_pca_would_turn() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 6)).astype(np.float32)  # round: the axes of any two samples differ
    arriving = np.full(x.shape, np.nan, np.float32)
    growing = GrowingPca(arriving)
    arriving[:200] = x[:200]
    growing.add(np.arange(200))
    before = growing.positions()[:200]
    arriving[200:] = x[200:]
    growing.add(np.arange(200, 400))
    after = growing.positions()[:200]
    left, _, right = np.linalg.svd(before.T @ after)
    np.testing.assert_allclose(left @ right, np.eye(2), atol=0.02)


def test_growing_pca_passes_over_rows_without_a_vector() -> None:
    arriving = np.full((6, 3), np.nan, np.float32)
    growing = GrowingPca(arriving)
    growing.add(np.array([0, 1]))
    assert np.isnan(growing.positions()).all()
    arriving[:3] = np.eye(3)
    growing.add(np.array([0]))
    growing.add(np.array([0, 1, 2, 3]))
    assert np.isfinite(growing.positions()).all(axis=1).tolist() == [True, True, True, False, False, False]


def test_the_largest_entry_of_each_axis_is_positive() -> None:
    for seed in range(8):
        axes = fit_pca(oval(40, 5, seed), 3).axes
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-5)
        assert (axes.max(axis=1) == np.abs(axes).max(axis=1)).all()


def test_fit_on_nothing_is_all_zero() -> None:
    fitted = fit_pca(np.zeros((0, 3), np.float32))
    assert not fitted.axes.any()
    assert not fitted.mean.any()


@pytest.mark.parametrize("n", [700, 9000])
@pytest.mark.parametrize("offset", [0.0, 300.0])
def test_pca_equals_scikit_learns_on_awkward_vectors(n: int, offset: float) -> None:
    """Second and third spread alike to a part in fifty, all of it far from zero; over many blocks."""
    from sklearn.decomposition import PCA

    d = 48
    rng = np.random.default_rng(5)
    spread = np.linspace(0.5, 0.1, d)
    spread[:3] = 2, 1.02, 1
    turn, _ = np.linalg.qr(rng.standard_normal((d, d)))
    whole, _ = np.linalg.qr(np.column_stack([np.ones(n), rng.standard_normal((n, d))]))
    x = ((whole[:, 1:] * spread) @ turn * n**0.5 + offset).astype(np.float32)  # columns of `whole` are uncorrelated
    expected = PCA(3, svd_solver="full").fit_transform(x.astype(np.float64))
    found = pca(x, 3)
    atol = 2e-3 if offset == 0 else 2e-2
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=atol)
    np.testing.assert_array_equal(found, pca(x, 3))


def test_pca_is_the_same_on_any_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    x = oval(20_000, 24)
    found = pca(x)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    np.testing.assert_array_equal(found, pca(x))
    with_scipy = pca(x)
    monkeypatch.setattr("pointillist.analysis.projection._WHOLE_UP_TO", 0)
    np.testing.assert_allclose(pca(x), with_scipy, atol=1e-4)
