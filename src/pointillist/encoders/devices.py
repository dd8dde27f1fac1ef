"""Where networks compute and are trained: one rule for all, and one thread at a time on Apple's GPU."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_on_mps = threading.Lock()
"""Two threads that compute on Apple's GPU at the same time can end the process
(https://github.com/pytorch/pytorch/issues/197805)."""


def best() -> torch.device:
    """A CUDA device where there is one, else Apple's GPU (MPS), else the CPU."""
    import torch

    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def alone_on(device: torch.device) -> AbstractContextManager[Any]:
    """What a thread holds while it computes on the device; never two of them at once in one thread."""
    return _on_mps if device.type == "mps" else nullcontext()


def to_train_on(device: torch.device, images: torch.Tensor) -> torch.Tensor:
    """(b, 3, h, w) images on the device, as a network that is trained can take them.

    On MPS channel after channel: with channels last the way back through a batch normalisation raises there
    (https://github.com/pytorch/pytorch/pull/188371).
    """
    moved = images.to(device)
    return moved.contiguous() if device.type == "mps" else moved
