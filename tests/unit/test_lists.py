"""What faiss finds in lists: nearly all of the nearest, of which as many lists are searched as that needs."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from pointillist import lists
from pointillist.lists import Lists
from pointillist.neighbours import neighbours, unit_length

N, K = 5000, 10

beside_torch = pytest.mark.skipif(sys.platform == "darwin", reason="there faiss ends a process that has loaded torch")


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    rng = np.random.default_rng(0)
    made = rng.standard_normal((60, 32))[rng.integers(0, 60, N)] + 0.5 * rng.standard_normal((N, 6)) @ (
        rng.standard_normal((6, 32))
    )
    return unit_length(made.astype(np.float32))


@pytest.fixture(scope="module")
def true(x: np.ndarray) -> np.ndarray:
    return neighbours(x, K).rows.astype(np.int64)


SAMPLE = np.arange(0, N, 20)


def found(x: np.ndarray, true: np.ndarray, seed: int = 0) -> np.ndarray:
    with Lists() as process:
        rows = process.candidates(x, K + 1, SAMPLE, true[SAMPLE], seed=seed)
    assert rows is not None
    return rows


def recall(rows: np.ndarray, true: np.ndarray) -> float:
    return float((rows[:, :, None] == true[:, None, :]).any(axis=1).mean())


def test_nearly_all_of_the_nearest_are_found(x: np.ndarray, true: np.ndarray) -> None:
    rows = found(x, true)
    assert rows.shape == (N, K + 1) and rows.dtype == np.int32
    assert (rows == np.arange(N)[:, None]).sum(axis=1).min() == 1  # itself is among them
    assert 0.95 < recall(rows, true) < 1
    assert (np.sort(rows, axis=1)[:, 1:] != np.sort(rows, axis=1)[:, :-1]).all()


def test_the_same_seed_finds_the_same(x: np.ndarray, true: np.ndarray) -> None:
    np.testing.assert_array_equal(found(x, true, seed=3), found(x, true, seed=3))
    assert (found(x, true, seed=3) != found(x, true, seed=4)).any()


@beside_torch
def test_as_many_lists_are_searched_as_it_needs(x: np.ndarray, true: np.ndarray) -> None:
    index = lists._filled(x, 0)
    findable = np.ones((len(SAMPLE), K), bool)
    depth = lists._depth(index, x[SAMPLE], x[true[SAMPLE]], findable)
    for nprobe, enough in ((depth, True), (depth - 1, False)):
        index.nprobe = nprobe
        searched = index.search(x[SAMPLE], K + 1)[1]
        assert (recall(searched, true[SAMPLE]) >= lists.RECALL - 1e-9) is enough
    findable[:, 0] = False  # a tenth cannot be found in any list
    assert lists._depth(index, x[SAMPLE], x[true[SAMPLE]], findable) > index.nlist


def test_where_it_is_no_less_work_it_says_so() -> None:
    noise = unit_length(np.random.default_rng(1).standard_normal((2000, 128)).astype(np.float32))
    near = neighbours(noise, K).rows.astype(np.int64)
    with Lists() as process:
        assert process.candidates(noise, K + 1, np.arange(200), near[:200]) is None


@beside_torch
def test_a_list_too_large_for_one_product_is_searched_block_by_block(
    x: np.ndarray, true: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Any = {
        "places": x,
        "count": np.int64(K + 1),
        "sample": SAMPLE,
        "true": true[SAMPLE],
        "seed": np.int64(0),
    }
    at_once = lists._answer(asked, io.BytesIO())["rows"]
    monkeypatch.setattr(lists, "_AT_ONCE", 1000)
    by_blocks = lists._answer(asked, io.BytesIO())["rows"]
    assert (np.sort(at_once, axis=1) == np.sort(by_blocks, axis=1)).mean() > 0.999  # but for ties


def test_the_process_loads_neither_torch_nor_scikit_learn() -> None:
    code = (
        "import sys, json, io; sys.path[:] = json.loads(sys.argv[1])\n"
        "import numpy as np\n"
        "from pointillist import lists\n"
        "x = np.random.default_rng(0).standard_normal((900, 4)).astype('f4')\n"
        "near = ((x[:9, None] - x) ** 2).sum(axis=2).argsort(axis=1)[:, 1:4]\n"
        "asked = dict(places=x, count=np.int64(4), sample=np.arange(9), true=near, seed=np.int64(0))\n"
        "assert lists._answer(asked, io.BytesIO())['rows'].shape == (900, 4)\n"
        "print([m for m in ('torch', 'sklearn', 'scipy', 'numba', 'pandas') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code, json.dumps(sys.path)], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
