"""The nearest of all pairs on a GPU, by torch: the arithmetic of neighbours.py, on one device as on another."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from pointillist.encoders.precision import NVIDIA
from pointillist.neighbours import GRID, Nearest


def gpu() -> str | None:
    """The device that torch calls "cuda", None where it has none. Where nothing speaks for one, torch is not imported
    to find that out: that takes longer than 10,000 images by NumPy."""
    if "torch" not in sys.modules and not NVIDIA.exists():
        return None
    try:
        import torch
    except ImportError:
        return None
    return "cuda" if torch.cuda.is_available() else None


def nearest_on(device: str) -> Callable[[np.ndarray, int], Nearest]:
    """What `neighbours` takes as `by` to compute on a device of torch.

    Raises (while it computes):
        MemoryError: if the vectors, or a block of their products, do not fit on the device.
    """
    import torch

    def search(unit: np.ndarray, k: int) -> Nearest:
        with _room():
            vectors = torch.from_numpy(unit).to(device)
        n, zero = len(vectors), ~vectors.any(dim=1)
        columns = torch.arange(n, device=device)

        def nearest(block: slice) -> tuple[np.ndarray, np.ndarray]:
            with _room(), _whole_products():
                apart = 1 - vectors[block] @ vectors.T
                apart.masked_fill_(zero[block, None] & zero, 0)
                steps = torch.round(apart / float(GRID)).clamp_(0, 2 / float(GRID)).to(torch.int64)
                keys = steps * n + columns  # distance, then row, as one number: what torch makes of ties is not said
                keys[columns[block] - block.start, columns[block]] = torch.iinfo(torch.int64).max
                least = torch.topk(keys, k, largest=False, sorted=True).values.cpu().numpy()
            return least % n, (least // n).astype(np.float32) * GRID

        return nearest

    return search


@contextmanager
def _room() -> Iterator[None]:
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise MemoryError(str(error)) from error


@contextmanager
def _whole_products() -> Iterator[None]:
    """Products of float32 are of float32, not of the 10 bits that "high" allows."""
    import torch

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
