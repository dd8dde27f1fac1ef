"""A torch module as it runs fastest here: folded, channels last, in the machine's best precision."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from itertools import pairwise
from math import log2
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import ThreadpoolController

from pointillist.encoders import devices
from pointillist.encoders.allocation import keep_freed_memory
from pointillist.encoders.precision import Precision, cpu_has_bf16
from pointillist.encoders.preprocessing import Preprocessing
from pointillist.errors import EncoderError

if TYPE_CHECKING:
    import torch

SAME_COSINE = 0.9999
MOST_BATCH = 256
"""More at once make no GPU quicker that 256 images of 224 px do not fill."""
MOST_WORKERS = 4
"""Threads that run the model at once on a CPU. Each has its share of the cores to itself: a model on two cores that are
also decoding waits at every layer for the slower half. Python's lock makes more than a few pointless."""


class Network:
    """Runs one module on batches of prepared images.

    torch.compile is not used: it needs a C++ compiler, and on one CPU thread it pays after 15,713 images for
    tf_efficientnet_lite0 (52 s, then 122 images/s for 87) and after 6,860 for ViT-S/16 (34 s, then 15.4 for 14.3), more
    than most collections have (`bench/embed.py --compile`, one quiet run).

    dims: d, the width of its output.
    digest: names its weights, 32 hexadecimal digits.
    batch: how many images to give it at once. On a CPU eight keep what passes from layer to layer in the cache:
        tf_efficientnet_lite0 needs 5.1 ms of CPU time an image in batches of 8, 8.3 ms in batches of 16. On a CUDA
        device as many as `fitting` says of its free memory and of what two images took.
    workers: how many threads should call `encode` at the same time, so that no core is idle; on a CUDA device two, so
        that one batch is copied while the other is computed (ViT-S on an H200: 7,942 images/s with one, 10,456 with
        two). On MPS one, and a second one waits.
    """

    def __init__(
        self, module: torch.nn.Module, preprocessing: Preprocessing, precision: Precision, *, copy: bool = False
    ) -> None:
        """
        Args:
            copy: leave the module itself where it is and as it is.

        Raises:
            EncoderError: if the module does not give one vector for each image, or the device has no room for it.
        """
        import torch

        if copy:
            module = deepcopy(module).cpu()
        self._device = devices.best()
        on_cpu = self._device.type == "cpu"
        if on_cpu:
            keep_freed_memory()
        self.batch = 8 if on_cpu else 64
        self._on_cuda = self._device.type == "cuda"
        self.workers = min(MOST_WORKERS, torch.get_num_threads()) if on_cpu else 2 if self._on_cuda else 1
        self._alone = devices.alone_on(self._device)
        self._threads_each = max(1, torch.get_num_threads() // self.workers)
        self._thread_pools = ThreadpoolController()
        self._half = _half(self._device, precision)
        mean, std = np.array(preprocessing.mean) * 255, np.array(preprocessing.std) * 255
        shape = (2, preprocessing.height, preprocessing.width, 3)
        probe = torch.from_numpy(np.random.default_rng(0).integers(0, 256, shape, np.uint8))
        with torch.inference_mode(False), torch.no_grad():
            with self._alone:
                self._scale = torch.tensor(1 / std, dtype=torch.float32).to(self._device).view(1, -1, 1, 1)
                self._shift = torch.tensor(-mean / std, dtype=torch.float32).to(self._device).view(1, -1, 1, 1)
                normalised = self._normalised(probe.to(self._device)).cpu()
            module, before = _folded(module.eval(), normalised)
            self.dims, self.probe_length = before.shape[1], float(before.norm(dim=1).median())
            self.digest = _digest(module)
            try:
                with self._alone:
                    self._module = module.to(memory_format=torch.channels_last).to(self._device)
            except torch.OutOfMemoryError as error:
                raise EncoderError(
                    "no memory for the model on the device: close what else uses it, or choose a smaller model"
                ) from error
        if self._on_cuda:
            self.batch = self._by_memory(probe.numpy())

    def encode(self, batch: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """(b, d) float32, not yet of unit length, from b images of (height, width, 3) uint8."""
        import torch

        stacked = batch if isinstance(batch, np.ndarray) else np.stack(list(batch))
        torch.get_num_threads()  # a thread's first call into torch sets its number of threads, over the limit below
        limited = self._thread_pools.limit(limits=self._threads_each, user_api="openmp")
        try:
            with limited:
                vectors = self._run(stacked, self._autocast())
                overflown = ~np.isfinite(vectors).all(axis=1) if self._half is torch.float16 else np.zeros(0, bool)
                if overflown.any():  # float16 ends at 65,504
                    vectors[overflown] = self._run(stacked[overflown], nullcontext())
        except torch.OutOfMemoryError:
            if self._device.type == "cuda":
                torch.cuda.empty_cache()  # what is left of the attempt would be in the way of a smaller one
            raise
        return vectors

    def _run(self, stacked: np.ndarray, precision: AbstractContextManager[Any]) -> np.ndarray:
        import torch

        with self._alone, torch.inference_mode(), precision:
            vectors = self._module(self._normalised(torch.from_numpy(stacked).to(self._device)))
            return np.asarray(vectors.float().cpu().numpy())

    def _by_memory(self, probe: np.ndarray) -> int:
        """The batch that the device has room for, told by running two images and four; half of what it has none for."""
        import torch

        peaks = []
        for images in (probe, np.concatenate([probe, probe])):
            torch.cuda.reset_peak_memory_stats(self._device)
            try:
                self.encode(images)
            except torch.OutOfMemoryError:
                return len(images) // 2
            peaks.append(torch.cuda.max_memory_allocated(self._device))
        return fitting(torch.cuda.mem_get_info(self._device)[0], (peaks[1] - peaks[0]) / len(probe))

    def _normalised(self, pixels: torch.Tensor) -> torch.Tensor:
        """(b, 3, h, w) from (b, h, w, 3) uint8, in channels-last order without moving a byte."""
        import torch

        values = pixels.permute(0, 3, 1, 2).to(torch.float32)
        return torch.addcmul(self._shift, values, self._scale)

    def _autocast(self) -> AbstractContextManager[Any]:
        import torch

        return nullcontext() if self._half is None else torch.autocast(self._device.type, self._half)


def fitting(free_bytes: float, bytes_an_image: float) -> int:
    """The largest power of two, MOST_BATCH at most, of images that take up half of the free memory."""
    room = free_bytes / 2 / max(bytes_an_image, 1)
    return 1 << min(int(log2(max(room, 1))), int(log2(MOST_BATCH)))


def _half(device: torch.device, precision: Precision) -> torch.dtype | None:
    """The 16-bit type to compute in, None for float32.

    float32 is also what runs where the machine promised 16 bits but torch cannot use them: better than promised.
    """
    import torch

    if precision == "fp32" or device.type == "mps":
        return None
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else torch.float16
    return torch.bfloat16 if cpu_has_bf16() else None


def _folded(module: torch.nn.Module, probe: torch.Tensor) -> tuple[torch.nn.Module, torch.Tensor]:
    """The module with its batch normalisations multiplied into the convolutions before them; its output for `probe`.

    Which convolution feeds which normalisation is guessed from their order in the module, then checked on `probe`
    against the module as it was; where the guess was wrong the module stays as it was.
    """
    import torch

    try:
        before = module(probe)
    except Exception as error:
        size = " × ".join(str(side) for side in probe.shape[2:])
        raise EncoderError(f"the model cannot take images of {size} pixels: {error}") from error
    if not isinstance(before, torch.Tensor) or before.ndim != 2:
        shape = tuple(before.shape) if isinstance(before, torch.Tensor) else type(before).__name__
        raise EncoderError(f"the model gives {shape} for {len(probe)} images; it must give one vector for each image")
    folded = deepcopy(module)
    for parent in list(folded.modules()):
        if isinstance(parent, torch.jit.ScriptModule):  # what is compiled is not to be changed
            continue
        names = list(parent._modules)
        for first, second in pairwise(names):
            convolution, normalisation = parent._modules[first], parent._modules[second]
            if (
                isinstance(convolution, torch.nn.Conv2d)
                and isinstance(normalisation, torch.nn.BatchNorm2d)
                and convolution.out_channels == normalisation.num_features
                and normalisation.running_mean is not None
            ):
                parent._modules[first] = torch.nn.utils.fuse_conv_bn_eval(convolution, normalisation)
                parent._modules[second] = getattr(normalisation, "act", None) or torch.nn.Identity()
    after = folded(probe)
    same = torch.nn.functional.cosine_similarity(before, after).min().item() >= SAME_COSINE
    return (folded if same else module), before


def _digest(module: torch.nn.Module) -> str:
    import torch

    digest = hashlib.blake2b(digest_size=16)
    for name, tensor in module.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
