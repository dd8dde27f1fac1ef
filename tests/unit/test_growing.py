"""Images that are added: the grown graph is that of all, the old map stays, the new ones lie by their neighbours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointillist import Collection
from pointillist.analysis.growing import grown, known_rows, placed
from pointillist.copies import row_keys
from pointillist.neighbours import Neighbours, nearest_among, neighbours


def vectors(n: int, d: int = 6, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


@given(seed=st.integers(0, 1000), n=st.integers(12, 60), new=st.integers(1, 10))
@settings(max_examples=40)
def test_a_grown_graph_is_the_graph_of_all(seed: int, n: int, new: int) -> None:
    x = vectors(n, seed=seed)
    x[3], x[5] = x[4], np.nan
    old = np.sort(np.random.default_rng(seed).choice(n, n - new, replace=False))
    before = neighbours(x[old], 4)
    if before.k < 4:
        return
    known = known_rows(row_keys(x[old]), row_keys(x))
    whole, found = neighbours(x, 4), grown(before, known, x)
    np.testing.assert_allclose(found.distances, whole.distances, atol=1e-6)
    there = np.delete(np.arange(n), 5)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    named = 1 - np.einsum("id,ikd->ik", unit[there], unit[found.rows[there]])
    np.testing.assert_allclose(named, whole.distances[there], atol=2e-6)  # near ties may change places
    assert (np.diff(np.sort(np.column_stack([there, found.rows[there]]), axis=1), axis=1) > 0).all()
    assert (found.rows[5] == 5).all()


def test_known_rows_are_found_by_their_vectors_copies_one_by_one() -> None:
    before = vectors(6)
    before[4] = before[1]
    now = before[[1, 5, 1, 0, 2]].copy()
    now = np.concatenate([now, vectors(2, seed=9), before[[1]]])
    found = known_rows(row_keys(before), row_keys(now))
    assert found.tolist() == [1, 5, 4, 0, 2, -1, -1, -1]
    assert known_rows(row_keys(before[:0]), row_keys(now)).tolist() == [-1] * 8
    assert known_rows(row_keys(before), row_keys(now[:0])).tolist() == []


def test_keys_of_different_vectors_differ() -> None:
    x = vectors(5000, 8)
    x[1], x[2] = 0, -0.0
    x[3] = np.nan
    assert len(np.unique(row_keys(x))) == 5000
    assert (row_keys(x[::-1]) == row_keys(x)[::-1]).all()


def test_nearest_among_equals_brute_force() -> None:
    x = vectors(40)
    x[7] = x[9] = 0
    of, among = np.array([0, 7, 30, 39]), np.arange(5, 35)
    rows, distances = nearest_among(x, of, among, 6)
    for place, row in enumerate(of):
        others = among[among != row]
        lengths = np.linalg.norm(x[others], axis=1) * np.linalg.norm(x[row])
        away = np.where(lengths > 0, 1 - x[others] @ x[row] / np.where(lengths > 0, lengths, 1), 1)
        if not x[row].any():
            away[~x[others].any(axis=1)] = 0
        order = np.argsort(np.round(away, 6), kind="stable")[:6]
        np.testing.assert_allclose(distances[place], away[order], atol=1e-6)
        assert rows[place].tolist() == others[order].tolist()
    assert nearest_among(x, of, among[:0], 3)[0].shape == (4, 0)
    assert nearest_among(x, of[:0], among, 3)[0].shape == (0, 3)


def test_new_images_lie_by_their_neighbours_and_old_ones_stay() -> None:
    x, xy = vectors(50), vectors(50, 2, seed=1)
    x[10], x[12] = x[3], np.nan
    asked = xy.copy()
    asked[[10, 11, 12]] = np.nan
    found = placed(asked, x, 5)
    old = np.setdiff1d(np.arange(50), [10, 11, 12])
    np.testing.assert_array_equal(found[old], xy[old])
    np.testing.assert_allclose(found[10], xy[3], atol=1e-3)  # a copy lies on its original
    near = nearest_among(x, np.array([11]), old, 5)[0][0]
    assert (found[11] >= xy[near].min(axis=0)).all()
    assert (found[11] <= xy[near].max(axis=0)).all()
    assert np.isnan(found[12]).all()


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_to_place(n: int) -> None:
    xy = np.full((n, 2), np.nan, np.float32)
    assert np.isnan(placed(xy, vectors(n), 5)).all()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the graphs that were computed from all pairs."""
    sizes: list[int] = []

    def counting(x: np.ndarray, k: int, **options: object) -> Neighbours:
        sizes.append(len(x))
        return neighbours(x, k)

    monkeypatch.setattr("pointillist.approximate.neighbours", counting)
    return sizes


def test_a_folder_that_grows_keeps_its_map(draw_folder: Any, tmp_path: Path, counted: list[int]) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=10)
    with Collection(folder, encoder="pixels/4") as c:
        c.embed()
        before, labels = c.project("pca"), c.table.index
        c.neighbours(k=3)
    draw_folder(folder, per_color=1, start=50)
    with Collection(folder, encoder="pixels/4") as c:
        x = c.embed()
        xy = c.project("pca", extend=True)
        rows = c.table.index.get_indexer(labels)
        np.testing.assert_array_equal(xy[rows], before)
        assert np.isfinite(xy).all()
        np.testing.assert_array_equal(c.project("pca", extend=True), xy)
        graph = c.neighbours(k=3)
        np.testing.assert_allclose(graph.distances, neighbours(x, 3).distances, atol=1e-6)
        assert counted == [40]
        assert (c.project("pca")[rows] != before).any()
    draw_folder(folder, per_color=30, start=100)
    with Collection(folder, encoder="pixels/4") as c:
        c.embed()
        for _ in range(2):  # also where it is read again
            with pytest.warns(UserWarning, match=r"73% of the images are new since this map was made"):
                c.project("pca", extend=True)
        c.neighbours(k=3)
        assert counted == [40, 164]
    next(folder.rglob("*.jpg")).unlink()
    with Collection(folder, encoder="pixels/4") as c:
        c.embed()
        c.neighbours(k=3)
        assert counted == [40, 164, 163]
