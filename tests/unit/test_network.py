"""How a module is run: which device, which arithmetic, how many images at once, and what happens without memory."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from pointillist.encoders import devices, network
from pointillist.encoders.network import Network
from pointillist.encoders.precision import Precision
from pointillist.encoders.preprocessing import Preprocessing
from pointillist.errors import EncoderError

PLAIN = Preprocessing(24, 24, (0.5,) * 3, (0.5,) * 3, 1, "bicubic", "center")


class Watched(torch.nn.Module):
    """Two convolutions that note how they are run; copies note it in the same place."""

    def __init__(self, *, most: int = 1000) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = torch.nn.Conv2d(3, 8, 3, 2), torch.nn.Conv2d(8, 5, 3, 2)
        self.most = most
        self.runs: list[dict[str, Any]] = []

    def __deepcopy__(self, memo: dict[int, Any]) -> Watched:
        made = type(self)(most=self.most)
        made.load_state_dict(deepcopy(self.state_dict(), memo))
        made.runs = self.runs
        return made

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        inner = self.first(x)
        self.runs.append(
            {
                "images": len(x),
                "dtype": x.dtype,
                "inference": torch.is_inference_mode_enabled(),
                "last": [
                    one.is_contiguous(memory_format=torch.channels_last)
                    for one in (x, inner, self.first.weight, self.second.weight)
                ],
                "computed in": inner.dtype,
                "threads": max(
                    [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "openmp"], default=1
                ),
            }
        )
        return self.second(inner).mean((2, 3))


def images(n: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 24, 24, 3), np.uint8)


def last_run(precision: Precision) -> dict[str, Any]:
    module = Watched()
    vectors = Network(module, PLAIN, precision).encode(images(3))
    assert vectors.dtype == np.float32
    assert module.runs[-1]["images"] == 3
    return module.runs[-1]


def test_a_module_runs_in_inference_mode_with_the_channels_last() -> None:
    run = last_run("fp32")
    assert run["inference"]
    assert all(run["last"])
    assert run["dtype"] == run["computed in"] == torch.float32


@pytest.mark.skipif(devices.best().type != "cpu", reason="for the CPU")
def test_threads_that_run_a_module_at_once_share_the_cores() -> None:
    there = Network(Watched(), PLAIN, "fp32")
    cores = torch.get_num_threads()
    assert there.workers == min(network.MOST_WORKERS, cores)
    assert last_run("fp32")["threads"] == max(1, cores // there.workers)


@pytest.mark.skipif(devices.best().type != "cpu", reason="for the CPU")
@pytest.mark.parametrize(
    ("precision", "has_bf16", "expected"),
    [("mixed16", True, torch.bfloat16), ("mixed16", False, torch.float32), ("fp32", True, torch.float32)],
)
def test_a_cpu_computes_in_16_bits_where_it_can_and_is_asked_to(
    precision: Precision, has_bf16: bool, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "cpu_has_bf16", lambda: has_bf16)
    assert last_run(precision)["computed in"] == expected


@pytest.mark.parametrize(
    ("device", "capability", "expected"),
    [("cuda", (9, 0), torch.bfloat16), ("cuda", (8, 0), torch.bfloat16), ("cuda", (7, 5), torch.float16)],
)
def test_a_gpu_computes_in_the_16_bits_it_has(
    device: str, capability: tuple[int, int], expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: capability)
    assert network._half(torch.device(device), "mixed16") == expected
    assert network._half(torch.device(device), "fp32") is None
    assert network._half(torch.device("mps"), "mixed16") is None


class Loud(torch.nn.Module):
    """Runs over in 16 bits where the first pixel is bright."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        in_16_bits = torch.is_autocast_enabled(x.device.type)
        bright = (x[:, 0, 0, 0] > 0)[:, None]
        return torch.where(bright & torch.tensor(in_16_bits, device=x.device), torch.inf, x.mean((2, 3)))


def test_what_runs_over_in_float16_is_computed_again_in_float32() -> None:
    loud = Network(Loud(), PLAIN, "fp32")
    expected, bright = loud.encode(images(6)), images(6)[:, 0, 0, 0] > 127
    assert 0 < bright.sum() < 6
    loud._half = torch.float16
    assert np.allclose(loud.encode(images(6)), expected, atol=1e-6)
    loud._half = torch.bfloat16  # has float32's range: what is infinite there is infinite
    assert np.array_equal(~np.isfinite(loud.encode(images(6))).all(axis=1), bright)


class Card:
    """A GPU that is not there: what is sent to it stays on the CPU, and it tells what it is asked."""

    def __init__(self, free: float = 80e9, an_image: float = 1e6, kind: str = "cuda") -> None:
        self.free, self.an_image, self.kind = free, an_image, kind
        self.sent: list[tuple[int, ...]] = []
        self.images = self.emptied = 0

    def put_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        true_to = torch.Tensor.to

        def to(tensor: torch.Tensor, *args: Any, **options: Any) -> torch.Tensor:
            if self.kind in str(args[:1]):
                self.sent.append(tuple(tensor.shape))
                self.images = len(tensor) if tensor.dtype == torch.uint8 else self.images
                args = ("cpu", *args[1:])
            return true_to(tensor, *args, **options)

        def emptied() -> None:
            self.emptied += 1

        monkeypatch.setattr(torch.Tensor, "to", to)
        monkeypatch.setattr(devices, "best", lambda: torch.device(self.kind))
        monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: None)
        monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 1e9 + self.images * self.an_image)
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (self.free, 80e9))
        monkeypatch.setattr(torch.cuda, "empty_cache", emptied)


@pytest.mark.parametrize(("free", "batch"), [(80e9, 256), (6.4e9, 64), (1e9, 8), (1e6, 1)])
def test_a_gpu_gets_the_module_the_images_and_as_many_as_it_has_room_for(
    free: float, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    card, module = Card(free, an_image=50e6), Watched()
    expected = Network(module, PLAIN, "fp32").encode(images(3))
    card.put_in(monkeypatch)
    there = Network(module, PLAIN, "fp32")
    assert {tuple(weights.shape) for weights in module.parameters()} <= set(card.sent)
    assert (there.batch, there.workers) == (batch, 2)
    assert np.array_equal(there.encode(images(3)), expected)
    assert card.sent[-1] == (3, 24, 24, 3)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_gpu_with_room_for_a_few_images_gets_so_few(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    module = Watched()
    expected = Network(module, PLAIN, "fp32").encode(images(1))
    card = Card()
    card.put_in(monkeypatch)
    monkeypatch.setattr(network, "_folded", lambda module, probe: (module, torch.zeros(2, 5)))  # on the CPU
    module.most = most
    there = Network(module, PLAIN, "fp32")
    assert there.batch == (2 if most > 1 else 1)
    assert card.emptied
    assert np.array_equal(there.encode(images(1)), expected)


def test_a_gpu_without_room_for_the_module_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    Card().put_in(monkeypatch)

    class Heavy(Watched):
        def to(self, *args: Any, **options: Any) -> Any:
            if "cuda" in str(args):
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            return super().to(*args, **options)

    with pytest.raises(EncoderError, match="no memory for the model on the device: close what else uses it"):
        Network(Heavy(), PLAIN, "fp32")


def test_threads_take_turns_on_apples_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    card, at_work, crowded = Card(kind="mps"), threading.Semaphore(1), []

    class Slow(Watched):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if not at_work.acquire(blocking=False):
                crowded.append(1)
                return super().forward(x)
            time.sleep(0.05)
            at_work.release()
            return super().forward(x)

    expected = Network(Slow(), PLAIN, "fp32").encode(images(3))
    card.put_in(monkeypatch)
    one, other = Network(Slow(), PLAIN, "fp32"), Network(Slow(), PLAIN, "mixed16")
    assert one.workers == other.workers == 1
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda network: network.encode(images(3)), [one, other] * 4))
    assert not crowded
    assert all(np.array_equal(vectors, expected) for vectors in made)
