"""The neighbour graph of many images: nearly all of the true one, the same in every run, exact where that is asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pointillist as pt
from pointillist import approximate
from pointillist.approximate import nearly_neighbours
from pointillist.neighbours import Neighbours, neighbours

N, K = 6000, 15


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    """Groups of unequal size and few dimensions each, as embeddings have; copies, zeros, rows without a vector."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((150, 64))
    share = 1 / np.arange(1, 151)
    which = rng.choice(150, N, p=share / share.sum())
    made = centres[which] + rng.standard_normal((N, 8)) @ rng.standard_normal((8, 64)) * 0.3
    made[100:140] = made[7]
    made[200:203] = 0
    made[[5, 4000]] = np.nan
    return made.astype(np.float32)


@pytest.fixture(scope="module")
def true(x: np.ndarray) -> Neighbours:
    return neighbours(x, K)


def recall(found: Neighbours, true: Neighbours) -> float:
    return float(
        np.nanmean(np.where(np.isnan(true.distances), np.nan, found.distances <= true.distances[:, -1:] + 1e-6))
    )


def test_nearly_all_true_neighbours_are_found_and_the_share_is_stated(x: np.ndarray, true: Neighbours) -> None:
    found = nearly_neighbours(x, K)
    assert 0.95 <= found.recall < 1
    assert recall(found, true) >= 0.95
    assert abs(recall(found, true) - found.recall) < 0.02
    assert found.rows.dtype == np.uint32 and found.distances.dtype == np.float32
    there = np.isfinite(x).all(axis=1)
    assert (np.diff(found.distances[there], axis=1) >= 0).all()
    assert (found.rows[there] != np.flatnonzero(there)[:, None]).all()
    assert (np.sort(found.rows[there], axis=1)[:, 1:] != np.sort(found.rows[there], axis=1)[:, :-1]).all()
    assert (found.rows[5] == 5).all() and np.isnan(found.distances[5]).all()
    np.testing.assert_array_equal(found.rows[100], [7, *range(101, 115)])  # copies by row
    assert found.rows[200, :2].tolist() == [201, 202]
    assert found.distances[200].tolist() == [0, 0, *[1] * 13]


def test_what_is_found_has_its_true_distance(x: np.ndarray) -> None:
    found = nearly_neighbours(x, K)
    unit = x.astype(np.float64)
    unit /= np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    some = np.setdiff1d(np.arange(0, N, 97), [5, 200, 201, 202, 4000])
    apart = 1 - np.einsum("id,ikd->ik", unit[some], unit[found.rows[some]])
    np.testing.assert_allclose(found.distances[some], apart, atol=2e-6)


def test_two_runs_give_the_same_graph(x: np.ndarray) -> None:
    first, again = nearly_neighbours(x, K), nearly_neighbours(x, K)
    np.testing.assert_array_equal(first.rows, again.rows)
    np.testing.assert_array_equal(first.distances, again.distances)
    assert first.recall == again.recall


def test_noise_of_many_dimensions_is_searched_exactly() -> None:
    noise = np.random.default_rng(1).standard_normal((3000, 256)).astype(np.float32)
    found, true = nearly_neighbours(noise, K), neighbours(noise, K)
    np.testing.assert_array_equal(found.rows, true.rows)
    assert found.recall == 1


def test_all_alike_and_few() -> None:
    alike = np.ones((2000, 4), np.float32)
    np.testing.assert_array_equal(nearly_neighbours(alike, 3).rows, neighbours(alike, 3).rows)
    few = np.random.default_rng(2).standard_normal((10, 4)).astype(np.float32)
    np.testing.assert_array_equal(nearly_neighbours(few, 15).rows, neighbours(few, 15).rows)
    with pytest.raises(ValueError, match="k = 0"):
        nearly_neighbours(few, 0)


def test_progress_reaches_the_end_and_can_stop_it(x: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approximate, "_AT_ONCE", 1000)
    said: list[tuple[int, int]] = []
    nearly_neighbours(x, K, on_block=lambda done, total: said.append((done, total)))
    assert said[-1] == (N - 2, N - 2) and len(said) > 3

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nearly_neighbours(x, K, on_block=stop)


def test_a_collection_is_exact_up_to_where_the_other_way_is_faster(
    x: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.nan_to_num(x, nan=1.0)
    images = [f"/nowhere/{row}.jpg" for row in range(N)]
    with pt.Collection(images, embeddings=x, store=tmp_path / "a.sqlite") as c:
        true = neighbours(c.embeddings["given"], K)
        np.testing.assert_array_equal(c.neighbours().rows, true.rows)
    monkeypatch.setattr(approximate, "EXACT_UP_TO", 1000)
    with pt.Collection(images, embeddings=x, store=tmp_path / "b.sqlite") as c:
        found = c.neighbours()
        assert 0.95 <= found.recall < 1
        exact = c.neighbours(exact=True)
        np.testing.assert_array_equal(exact.rows, true.rows)
        np.testing.assert_array_equal(exact.distances, true.distances)
        assert exact.recall == 1
    with pt.Collection(images, embeddings=x, store=tmp_path / "b.sqlite") as c:
        again = c.neighbours(exact=False)
        assert again.recall == found.recall
        np.testing.assert_array_equal(again.rows, found.rows)
        assert c.neighbours().recall == 1  # both are there: the exact one


def test_images_added_are_worked_into_it(x: np.ndarray, tmp_path: Path) -> None:
    x = np.nan_to_num(x, nan=1.0)
    true = neighbours(x, K)
    images = [f"/nowhere/{row}.jpg" for row in range(N)]
    with pt.Collection(images[:-200], embeddings=x[:-200], store=tmp_path / "c.sqlite") as c:
        before = c.neighbours(exact=False)
    with pt.Collection(images, embeddings=x, store=tmp_path / "c.sqlite") as c:
        found = c.neighbours(exact=False)
    assert found.recall == before.recall
    assert recall(found, true) >= 0.95
    np.testing.assert_allclose(found.distances[-200:], true.distances[-200:], atol=2e-6)  # of the new ones all
