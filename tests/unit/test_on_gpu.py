"""The search that runs on a GPU, run by torch on the CPU: the answers of NumPy's; and when it is used."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from pointillist import approximate
from pointillist.approximate import EXACT_ON_A_GPU_UP_TO, EXACT_UP_TO, exact_up_to, found_neighbours
from pointillist.encoders.precision import NVIDIA
from pointillist.neighbours import GRID, neighbours
from pointillist.on_gpu import gpu, nearest_on


def odd_vectors() -> np.ndarray:
    x = np.random.default_rng(0).standard_normal((1300, 24)).astype(np.float32)
    x[500:540] = x[3]
    x[[7, 600, 1299]] = 0
    x[[11, 1200]] = np.nan
    return x


def test_rows_and_distances_are_those_of_numpy() -> None:
    x = odd_vectors()
    told: list[tuple[int, int]] = []
    found = neighbours(x, 15, by=nearest_on("cpu"), on_block=lambda done, total: told.append((done, total)))
    true = neighbours(x, 15)
    assert found.rows.dtype == np.uint32 and found.distances.dtype == np.float32
    np.testing.assert_allclose(found.distances, true.distances, atol=1e-6)
    clear = np.diff(true.distances, axis=1, prepend=-1, append=3) > 4 * GRID
    clear = np.where(np.isnan(true.distances), True, clear[:, :-1] & clear[:, 1:])
    clear[:, -1] &= np.isnan(true.distances[:, -1])  # the one after the last is not known here
    assert clear.mean() > 0.8
    np.testing.assert_array_equal(found.rows[clear], true.rows[clear])
    assert told[-1] == (1298, 1298) and len(told) > 2


@pytest.mark.parametrize("n", [2, 40, 700])
def test_what_is_as_far_is_ordered_by_row(n: int) -> None:
    pool = np.array([[0, 0, 0, 0], [4, 0, 0, 0], [0, 3, 0, 4], [1, 1, 1, 1], [0, 0, 0, 2]], np.float32)
    x = pool[np.random.default_rng(1).integers(0, 5, n)]
    found, true = neighbours(x, 9, by=nearest_on("cpu")), neighbours(x, 9)
    np.testing.assert_array_equal(found.rows, true.rows)
    np.testing.assert_array_equal(found.distances, true.distances)


def test_products_are_of_whole_floats_and_the_setting_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    real, seen = torch.topk, []

    def watched(*args: Any, **options: Any) -> Any:
        seen.append(torch.get_float32_matmul_precision())
        return real(*args, **options)

    monkeypatch.setattr(torch, "topk", watched)
    torch.set_float32_matmul_precision("high")
    try:
        neighbours(odd_vectors()[:50], 3, by=nearest_on("cpu"))
        assert set(seen) == {"highest"}
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision("highest")


def test_on_a_gpu_everything_is_computed_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a card: torch's fake tensors compute nothing, but refuse to mix what lies on the GPU and on the CPU."""
    real, seen = torch.topk, []

    def watched(keys: torch.Tensor, *args: Any, **options: Any) -> Any:
        seen.append(keys.device.type)
        return real(keys, *args, **options)

    def given_back(tensor: torch.Tensor) -> np.ndarray:
        assert tensor.device.type == "cpu"
        return np.zeros(tuple(tensor.shape), np.int64)

    monkeypatch.setattr(torch, "topk", watched)
    monkeypatch.setattr(torch.Tensor, "numpy", given_back)
    with FakeTensorMode(allow_non_fake_inputs=True):
        nearest = nearest_on("cuda")(np.eye(50, 8, dtype=np.float32), 5)
        rows, distances = nearest(slice(10, 30))
    assert rows.shape == distances.shape == (20, 5)
    assert seen == ["cuda"]


def test_a_gpu_looks_at_all_pairs_of_far_more(monkeypatch: pytest.MonkeyPatch) -> None:
    x = odd_vectors()
    used: list[str] = []

    def on(device: str) -> Any:
        used.append(device)
        return nearest_on("cpu")

    monkeypatch.setattr(approximate, "nearest_on", on)
    monkeypatch.setattr(approximate, "_ON_A_GPU_FROM", 1000)
    monkeypatch.setattr(approximate, "EXACT_UP_TO", 1000)
    monkeypatch.setattr(approximate, "gpu", lambda: None)
    assert exact_up_to() == 1000
    found_neighbours(x, 5)
    found_neighbours(x, 5, exact=True)
    assert used == []
    monkeypatch.setattr(approximate, "gpu", lambda: "cuda")
    assert exact_up_to() == EXACT_ON_A_GPU_UP_TO > EXACT_UP_TO
    found = found_neighbours(x, 5)
    assert used == ["cuda"] and found.recall == 1
    np.testing.assert_allclose(found.distances, neighbours(x, 5).distances, atol=1e-6)
    found_neighbours(x, 5, exact=False)
    found_neighbours(x[:900], 5)
    assert used == ["cuda"]  # lists are asked for; so few are not worth it


def test_what_does_not_fit_on_it_is_searched_on_the_cpu(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    x = odd_vectors()
    monkeypatch.setattr(torch, "topk", full)
    monkeypatch.setattr(approximate, "_ON_A_GPU_FROM", 1000)
    monkeypatch.setattr(approximate, "gpu", lambda: "cpu")
    found = found_neighbours(x, 5)
    np.testing.assert_array_equal(found.rows, neighbours(x, 5).rows)
    assert "searched on the CPU: CUDA out of memory" in caplog.text


@pytest.mark.skipif(NVIDIA.exists(), reason="there is a GPU")
def test_torch_is_not_imported_to_find_no_gpu() -> None:
    code = "import sys; from pointillist.on_gpu import gpu; print(gpu(), 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split() == [
        "None",
        "False",
    ]
    assert gpu() is None  # where it is there already
