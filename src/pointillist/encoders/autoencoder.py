"""An autoencoder trained on the user's own images: vectors where no pretrained model knows the domain."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pointillist.encoders import devices
from pointillist.encoders.model import Model, ModelEncoder
from pointillist.encoders.network import Network
from pointillist.encoders.preprocessing import Preprocessing
from pointillist.encoders.trained import config_of, save, tensors_of
from pointillist.encoders.weights import file_digest
from pointillist.errors import EncoderError
from pointillist.numeric import is_whole
from pointillist.warned import warn_caller

Kind = Literal["convolutional", "linear"]
SIDES_PX = range(8, 257)
BATCH = 64
HELD_OUT = 0.05
LEARNING_RATE = 2e-3
VERSION = 2


class AutoencoderEncoder(ModelEncoder):
    """The codes of an autoencoder.

    losses: mean squared error of the pixels (black 0, white 1) on images it did not train on, after each epoch.
    """

    def __init__(self, path: Path) -> None:
        """
        Raises:
            EncoderError: if there is no such file, or it holds no autoencoder.
        """
        super().__init__()
        self.path = path
        self._config = config_of(path)
        self.losses: list[float] = self._config["losses"]
        self.name = f"autoencoder/{path}"
        self._precision = "fp32"

    @cached_property
    def fingerprint(self) -> str:
        return f"autoencoder {file_digest(self.path)} {VERSION}"

    @property
    def input_px(self) -> int:
        return int(self._config["size"])

    @property
    def preparing(self) -> Callable[[np.ndarray], np.ndarray]:
        return squashed(self.input_px).apply

    def reconstruct(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """(m, size, size, 3) uint8: what the autoencoder draws from the codes of (h, w, 3) uint8 images."""
        import torch

        net = self._net
        drawn = [np.empty((0, net.size, net.size, 3), np.uint8)]
        for start in range(0, len(images), BATCH):
            prepared = np.stack([self.prepare(image) for image in images[start : start + BATCH]])
            with torch.inference_mode():
                drawn.append(_to_pixels(net(_from_pixels(prepared))))
        return np.concatenate(drawn)

    @cached_property
    def _net(self) -> Any:
        net = _net(self._config["net"], self._config["size"], self._config["dims"])
        tensors = tensors_of(self.path)
        net.load_state_dict({name: tensors[name] for name in net.state_dict()})
        return net.eval()

    def _load(self) -> Model:
        from pointillist.encoders.autoencoder_net import Codes

        preprocessing = squashed(self.input_px)
        return Model(Network(Codes(self._net), preprocessing, self._precision, copy=True), preprocessing)


def batches_in(images: int) -> int:
    """How many batches an epoch has: of 64 images, of fewer where that would be less than sixteen batches."""
    return max(1, round(images / min(BATCH, max(4, images // 16))))


def squashed(size: int) -> Preprocessing:
    """The whole image squeezed into a square, colours from -1 to 1."""
    return Preprocessing(size, size, (0.5,) * 3, (0.5,) * 3, 1.0, "bicubic", "squash")


def check_options(kind: Any, dims: Any, size: Any, epochs: Any) -> None:
    """Nothing, unless no autoencoder can be trained so.

    Raises:
        EncoderError: if an option is out of range.
    """
    if kind not in ("convolutional", "linear"):
        raise EncoderError(f"kind={kind!r} is not an autoencoder: there are 'convolutional' and 'linear'")
    if not is_whole(size) or size not in SIDES_PX:
        raise EncoderError(f"size={size!r} is not a size for an autoencoder: {SIDES_PX[0]} to {SIDES_PX[-1]} pixels")
    if kind == "convolutional" and size % 16:
        raise EncoderError(
            f"size={size}: a convolutional autoencoder halves its images four times; use a multiple of 16"
        )
    most = 3 * size * size
    if not (is_whole(dims) and is_whole(epochs) and 1 <= dims <= most and epochs >= 1):
        raise EncoderError(
            f"dims={dims!r} and epochs={epochs!r}: both must be whole numbers, at least 1, and dims at most {most:,}"
        )


def train(
    pixels: np.ndarray,
    path: Path,
    *,
    kind: Kind,
    dims: int,
    epochs: int,
    seed: int,
    on_batch: Callable[[str], None],
    on_epoch: Callable[[list[float]], None] | None = None,
) -> AutoencoderEncoder:
    """Train on (n, size, size, 3) uint8 and save to `path`; goes on where an earlier run for the same pixels stopped.

    The same seed gives the same network on the same machine, interrupted or not.

    Args:
        on_batch: called after each batch with what to say; what it raises ends the training, epochs done are kept.
        on_epoch: called with the losses after each epoch, when they and the weights are saved.

    Raises:
        EncoderError: if an argument is out of range, or the file cannot be written.

    Warns where the earlier run did more epochs, which are all kept, and where there are fewer images than `dims`.
    """
    size = pixels.shape[1]
    check_options(kind, dims, size, epochs)
    if len(pixels) < 2:
        raise EncoderError(f"an autoencoder needs at least 2 images it can read; there are {len(pixels)}")
    if kind == "linear" and dims > len(pixels):
        warn_caller(
            f"dims={dims}, and {len(pixels)} images have at most as many principal components: "
            f"it is {len(pixels)} numbers wide"
        )
        dims = len(pixels)
    data = hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16).hexdigest()
    config = {"kind": "autoencoder", "net": kind, "size": size, "dims": dims, "seed": seed, "data": data}
    if kind == "linear":
        _fit_linear(pixels, path, config, dims, on_batch)
    else:
        _fit_convolutional(pixels, path, config, epochs, on_batch, on_epoch)
    return AutoencoderEncoder(path)


def _fit_linear(
    pixels: np.ndarray, path: Path, config: dict[str, Any], dims: int, on_batch: Callable[[str], None]
) -> None:
    import torch

    size = pixels.shape[1]
    net = _net("linear", size, dims)
    flat = _from_pixels(pixels).flatten(1)
    mean = flat.mean(0)
    on_batch("finding the principal components")
    generator = torch.random.get_rng_state()
    torch.default_generator.manual_seed(config["seed"])
    _, _, components = torch.svd_lowrank(flat - mean, q=min(dims + 8, *flat.shape), niter=4)
    torch.random.set_rng_state(generator)
    found = components.T[:dims]
    net.components[: len(found)] = found * found[torch.arange(len(found)), found.abs().argmax(1)].sign()[:, None]
    net.mean.copy_(mean)
    with torch.no_grad():
        loss = float(((net(_from_pixels(pixels[:1024])) - _from_pixels(pixels[:1024])) ** 2).mean()) / 4
    save(path, net.state_dict(), {**config, "losses": [loss]})


def _fit_convolutional(
    pixels: np.ndarray,
    path: Path,
    config: dict[str, Any],
    epochs: int,
    on_batch: Callable[[str], None],
    on_epoch: Callable[[list[float]], None] | None,
) -> None:
    import torch

    order = np.random.default_rng(config["seed"]).permutation(len(pixels))
    held = max(1, round(HELD_OUT * len(pixels)))
    training, testing = np.sort(order[held:]), np.sort(order[:held])
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(config["seed"])
        net = _net("convolutional", config["size"], config["dims"])
    device = devices.best()
    alone = devices.alone_on(device)
    with alone:
        net.to(device)
        optimizer = torch.optim.Adam(net.parameters(), LEARNING_RATE)
        losses = _resume(path, config, net, optimizer)
    if len(losses) > epochs:
        warn_caller(
            f"epochs={epochs}, and {str(path)!r} was trained for {len(losses)} epochs before, which stay: to train for "
            f"{epochs}, name another file with path=, or remove this one first"
        )
    for epoch in range(len(losses), epochs):
        shuffled = np.random.default_rng([config["seed"], epoch]).permutation(training)
        for part in np.array_split(shuffled, batches_in(len(shuffled))):
            batch = _from_pixels(pixels[np.sort(part)])
            if len(batch) == 1:
                batch = batch.repeat(2, 1, 1, 1)  # a batch normalisation needs two
            with alone:
                _step(net, optimizer, devices.to_train_on(device, batch))
            said = f"; error {losses[-1]:.4f}" if losses else ""
            on_batch(f"epoch {epoch + 1} of {epochs}{said}")
        with alone:
            losses.append(_loss(net, pixels, testing))
            save(path, {**net.state_dict(), **_optimizer_state(net, optimizer)}, {**config, "losses": losses})
        if on_epoch is not None:
            on_epoch(list(losses))


def _step(net: Any, optimizer: Any, batch: Any) -> None:
    import torch

    net.train()
    loss = torch.nn.functional.mse_loss(net(batch), batch)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _loss(net: Any, pixels: np.ndarray, rows: np.ndarray) -> float:
    import torch

    net.eval()
    errors = []
    with torch.inference_mode():
        for start in range(0, len(rows), BATCH):
            batch = _from_pixels(pixels[rows[start : start + BATCH]]).to(next(net.parameters()).device)
            errors += ((net(batch) - batch) ** 2).mean((1, 2, 3)).tolist()
    return float(np.mean(errors)) / 4  # colours run from -1 to 1 here


def _resume(path: Path, config: dict[str, Any], net: Any, optimizer: Any) -> list[float]:
    """The losses of the epochs that an earlier run did for the same images and options, and its state."""
    try:
        before = config_of(path)
    except EncoderError:
        return []
    if {key: before.get(key) for key in config} != config:
        return []
    tensors = tensors_of(path)
    net.load_state_dict({name: tensors[name] for name in net.state_dict()})
    for name, parameter in net.named_parameters():
        optimizer.state[parameter] = {
            "step": tensors[f"adam.{name}.step"],
            "exp_avg": tensors[f"adam.{name}.exp_avg"].to(parameter.device),
            "exp_avg_sq": tensors[f"adam.{name}.exp_avg_sq"].to(parameter.device),
        }
    return list(before["losses"])


def _optimizer_state(net: Any, optimizer: Any) -> dict[str, Any]:
    return {
        f"adam.{name}.{key}": value
        for name, parameter in net.named_parameters()
        for key, value in optimizer.state[parameter].items()
    }


def _net(kind: str, size: int, dims: int) -> Any:
    from pointillist.encoders.autoencoder_net import KINDS

    return KINDS[kind](size, dims)


def _from_pixels(pixels: np.ndarray) -> Any:
    """(b, 3, h, w) float32 from -1 to 1."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 127.5 - 1


def _to_pixels(values: Any) -> np.ndarray:
    clipped = ((values + 1) * 127.5).round().clamp(0, 255)
    return np.asarray(clipped.permute(0, 2, 3, 1).cpu().numpy().astype(np.uint8))
