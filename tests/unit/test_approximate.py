"""The neighbour graph of many images: nearly all of the true one, the same in every run, exact where that is asked."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pointillist as pt
from pointillist import approximate
from pointillist.analysis.growing import grown, known_rows
from pointillist.approximate import nearly_neighbours, told_again
from pointillist.copies import copies, row_keys
from pointillist.keeping import keep_compared
from pointillist.lists import Lists
from pointillist.neighbours import Neighbours, neighbours, unit_length
from pointillist.remembering import graph_stage

N, K = 6000, 15


@pytest.fixture(scope="module", params=[64, 192])
def x(request: pytest.FixtureRequest) -> np.ndarray:
    """Groups of unequal size and few dimensions each, as embeddings have; copies, zeros, rows without a vector. Those
    of 192 numbers are searched in fewer."""
    rng, d = np.random.default_rng(0), int(request.param)
    centres = rng.standard_normal((150, 40)) @ rng.standard_normal((40, d)) / 40**0.5
    share = 1 / np.arange(1, 151)
    which = rng.choice(150, N, p=share / share.sum())
    made = centres[which] + rng.standard_normal((N, 8)) @ rng.standard_normal((8, d)) * 0.3
    made[100:140] = made[7]
    made[200:203] = 0
    made[[5, 4000]] = np.nan
    return np.asarray(made, np.float32)


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


def test_in_another_order_they_have_the_same_neighbours(x: np.ndarray) -> None:
    x = np.delete(np.unique(x, axis=0), np.s_[-2:], axis=0)  # copies go by row
    x = x[np.isfinite(x).all(axis=1)]
    order = np.random.default_rng(5).permutation(len(x))
    found, permuted = nearly_neighbours(x, K), nearly_neighbours(x[order], K)
    same = np.sort(order[permuted.rows], axis=1) == np.sort(found.rows[order], axis=1)
    assert same.mean() > 0.9999  # equally near ones go by row
    np.testing.assert_array_equal(permuted.distances, found.distances[order])
    np.testing.assert_array_equal(nearly_neighbours(2 * x, K).rows, found.rows)
    scaled = nearly_neighbours(7 * x, K)  # other last bits, by which a few others are missed
    assert (np.abs(scaled.distances - found.distances) < 2e-6).all(axis=1).mean() > 0.9


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


M = 2000


@pytest.mark.parametrize("odd", ["zero", "NaN", "nearly all NaN", "twice", "two places", "zero but a few"])
def test_odd_vectors_have_the_neighbours_of_the_exact_way(odd: str) -> None:
    rng = np.random.default_rng(3)
    some = (rng.standard_normal((20, 16))[rng.integers(0, 20, M)] + 0.2 * rng.standard_normal((M, 16))).astype("f4")
    x = {
        "zero": np.zeros((M, 4), np.float32),
        "NaN": np.full((M, 4), np.nan, np.float32),
        "nearly all NaN": np.where(np.arange(M)[:, None] < M - 30, np.nan, some),
        "twice": np.repeat(some[: M // 2], 2, axis=0),
        "two places": np.repeat(some[:2], M // 2, axis=0),
        "zero but a few": some * (np.arange(M)[:, None] < 90),
    }[odd].astype(np.float32)
    found, true = nearly_neighbours(x, K), neighbours(x, K)
    assert found.k == true.k
    there = np.isfinite(true.distances)
    np.testing.assert_array_equal(np.isfinite(found.distances), there)
    assert not there.any() or (found.distances <= true.distances + 1e-6)[there].mean() >= 0.95
    rows = np.arange(M)[:, None]
    assert (found.rows[there] != np.broadcast_to(rows, found.rows.shape)[there]).all()
    assert (found.rows[~there] == np.broadcast_to(rows, found.rows.shape)[~there]).all()
    if odd in ("zero", "two places"):
        np.testing.assert_array_equal(found.rows, true.rows)
    if odd == "twice":
        twin = np.arange(M) ^ 1
        assert (found.rows[:, 0] == twin).mean() >= 0.99
        assert (found.distances[:, 0] <= 1e-6).all()


@given(seed=st.integers(0, 10**6), k=st.integers(1, 5), zeros=st.integers(0, 6))
@settings(max_examples=60)
def test_what_is_kept_of_all_candidates_is_what_sorting_all_gives(seed: int, k: int, zeros: int) -> None:
    rng = np.random.default_rng(seed)
    x = unit_length(rng.integers(-1, 2, (90, 3)).astype(np.float32))  # many copies and ties
    x[rng.permutation(90)[:zeros]] = 0
    true, same = neighbours(x, k), copies(x)
    unit = x[same.first]
    u = len(unit)
    here = rng.permutation(u)[: u // 2]
    candidates = np.stack([np.append(rng.permutation(u), [-1, row]) for row in here]).astype(np.int32)
    distances, rows = np.full((len(here), k + 1), np.inf, np.float32), np.full((len(here), k + 1), 90, np.int64)
    keep_compared(unit, here, candidates, same.rows, same.begin, distances, rows)
    for one, kept, away in zip(here, rows, distances, strict=True):
        for row in np.flatnonzero(same.of_row == one):
            others = kept != row
            np.testing.assert_array_equal(kept[others][:k], true.rows[row])
            np.testing.assert_allclose(away[others][:k], true.distances[row], atol=1e-6)


def test_copies_are_told_apart_by_their_bits(x: np.ndarray) -> None:
    same = copies(x)
    assert (same.of_row[100:140] == same.of_row[7]).all()
    assert (same.of_row[200:203] == same.of_row[200]).all()
    assert len(same.first) == N - 40 - 2 - 1  # copies of 7, of 200 and of a row without a vector
    np.testing.assert_array_equal(x[same.first][same.of_row], x)
    for one in (0, int(same.of_row[7]), int(same.of_row[200]), len(same.first) - 1):
        rows = same.rows[same.begin[one] : same.begin[one + 1]]
        assert rows[0] == same.first[one]
        np.testing.assert_array_equal(rows, np.flatnonzero(same.of_row == one))


def test_a_graph_that_nearly_is_grows_with_copies_zeros_and_rows_without_a_vector(
    x: np.ndarray, true: Neighbours
) -> None:
    old = np.setdiff1d(np.arange(N), [6, 110, 201, 4000, *range(5900, N)])
    before = nearly_neighbours(x[old], K)
    found = grown(before, known_rows(row_keys(x[old]), row_keys(x)), x)
    assert recall(found, true) >= 0.95
    new = [6, 110, 201, *range(5900, N)]
    np.testing.assert_allclose(found.distances[new], true.distances[new], atol=2e-6)
    assert 110 in found.rows[7] and 201 in found.rows[200]
    for row in (5, 4000):
        assert (found.rows[row] == row).all() and np.isnan(found.distances[row]).all()


def test_progress_reaches_the_end(x: np.ndarray) -> None:
    said: list[tuple[int, int]] = []
    nearly_neighbours(x, K, on_block=lambda done, total: said.append((done, total)))
    assert said == sorted(said)
    assert said[-1] == (N - 2, N - 2) and len({done for done, _ in said}) > 20


@pytest.mark.parametrize("when", [0.3, 0.95])
def test_stopped_it_ends_its_process_and_looks_no_further(
    x: np.ndarray, monkeypatch: pytest.MonkeyPatch, when: float
) -> None:
    made: list[Lists] = []
    looked: list[int] = []

    def lists() -> Lists:
        made.append(Lists())
        return made[0]

    def keep(unit: np.ndarray, here: np.ndarray, *given: np.ndarray) -> None:
        looked.append(len(here))
        time.sleep(0.005)  # as long as a block of a large collection, compared with what is told in between
        keep_compared(unit, here, *given)

    def stop(done: int, total: int) -> None:
        if done >= when * total:
            raise KeyboardInterrupt

    monkeypatch.setattr(approximate, "Lists", lists)
    monkeypatch.setattr(approximate, "_AT_ONCE", 64)
    monkeypatch.setattr("pointillist.keeping.keep_compared", keep)
    with pytest.raises(KeyboardInterrupt):
        nearly_neighbours(x, K, on_block=stop)
    assert not psutil.pid_exists(made[0]._process.pid)
    assert sum(looked) < 0.9 * N
    assert bool(looked) == (when > 0.9)


@pytest.mark.parametrize("trouble", ["none to be had", "killed", "broken"])
def test_without_the_process_all_pairs_are_compared(
    x: np.ndarray,
    true: Neighbours,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    trouble: str,
) -> None:
    if trouble == "none to be had":
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
    if trouble == "broken":
        (tmp_path / "faiss.py").write_text("raise ImportError('no such library')")
        monkeypatch.syspath_prepend(str(tmp_path))
    if trouble == "killed":
        ask = Lists.ask

        def shot(self: Lists, *given: Any, **arrays: Any) -> Any:
            self._process.kill()
            return ask(self, *given, **arrays)

        monkeypatch.setattr(Lists, "ask", shot)
    found = nearly_neighbours(x, K)
    np.testing.assert_array_equal(found.rows, true.rows)
    assert found.recall == 1
    said = {"none to be had": "No such file", "killed": "want of memory", "broken": "no such library"}[trouble]
    assert said in caplog.text


def test_an_image_whose_lists_hold_too_few_is_compared_with_all() -> None:
    rng = np.random.default_rng(2)
    crowds = np.repeat(rng.standard_normal((300, 48)), 30, axis=0)
    alone = np.repeat(rng.standard_normal((12, 48)) + 3 * rng.standard_normal(48), 5, axis=0)
    x = np.concatenate([crowds, alone])
    x += rng.standard_normal(x.shape) * 0.02
    found = nearly_neighbours(x.astype(np.float32), K)  # one list is enough for nearly all, and some hold five
    assert np.isfinite(found.distances).all()
    assert recall(found, neighbours(x.astype(np.float32), K)) > 0.97


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
    assert found.recall != before.recall
    assert 0.95 <= found.recall < 1
    assert abs(recall(found, true) - found.recall) < 0.02
    np.testing.assert_allclose(found.distances[-200:], true.distances[-200:], atol=2e-6)  # of the new ones all


def test_where_it_finds_too_few_after_images_were_added_it_is_made_anew(
    x: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.nan_to_num(x, nan=1.0)
    images = [f"/nowhere/{row}.jpg" for row in range(N)]
    with pt.Collection(images[:-200], embeddings=x[:-200], store=tmp_path / "d.sqlite") as c:
        before = c.neighbours(exact=False)
        poor = np.minimum(before.distances + np.float32(0.2), 2)  # as if what is near had been missed
        stage = graph_stage(K, c.embedding(), True)
        c.store.put_arrays(stage, {"rows": before.rows, "distances": poor, "recall": np.array(before.recall)})
    with pt.Collection(images, embeddings=x, store=tmp_path / "d.sqlite") as c:
        found = c.neighbours(exact=False)
        assert 0.95 <= found.recall < 1
        np.testing.assert_array_equal(found.rows, nearly_neighbours(c.embedding().vectors, K).rows)


def test_the_recall_of_a_graph_is_that_of_its_own_images(x: np.ndarray, true: Neighbours) -> None:
    assert told_again(true, x).recall == 1
    worse = true.distances.copy()
    worse[:, 10:] += 0.3
    found = told_again(Neighbours(true.rows, worse), x).recall
    assert 0.66 <= found < 0.7  # copies and zeros beside
    nobody = np.full((3, 2), np.nan, np.float32)
    assert told_again(neighbours(nobody, 2), nobody).recall == 1
