"""Fine-tuning a timm model on labelled images: a new classifier first, then the model's last layers with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pointillist.encoders import devices
from pointillist.encoders.base import unit_length
from pointillist.encoders.finetuned import FinetunedEncoder
from pointillist.encoders.parts import split
from pointillist.encoders.preprocessing import Preprocessing
from pointillist.encoders.timm_model import TimmEncoder
from pointillist.encoders.trained import config_of, save, tensors_of
from pointillist.errors import EncoderError

if TYPE_CHECKING:
    import torch

K = 5
BATCH = 32
HEAD_STEPS = 300
PATIENCE = 3
LEARNING_RATE = 3e-4
SHARPNESS = 16.0
"""What the cosine between a vector and a class's direction is multiplied by before it is a logit. The classifier sees
directions only, as everything does that uses the vectors later: with lengths in it, it learns those instead."""
TRAINED_SHARE = 0.9
"""Of the model's weights, counted from its end: the earliest layers, which know edges and colours, stay as they are."""


def train(
    base: TimmEncoder,
    inputs: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    classes: list[str],
    path: Path,
    *,
    epochs: int,
    seed: int,
    column: str,
    on_batch: Callable[[str], None],
    on_epoch: Callable[[list[float], float | None], None] | None = None,
) -> FinetunedEncoder:
    """Fine-tune `base` and save the result to `path`; goes on where an earlier run for the same stopped.

    Rare classes weigh as much as frequent ones. Normalisations keep their statistics, so small batches do no harm. The
    weights kept are those whose neighbours were best on the part held out for stopping, and that may be those before
    training.

    Args:
        inputs: (m, height, width, 3) uint8, as `base` prepares them.
        labels: (m,) numbers of `classes`.
        groups: (m,) numbers from 0 up; those of one group are all trained on or all held out.
        on_batch: called after each batch with what to say; what it raises ends the training, epochs done are kept.
        on_epoch: called with the errors so far, one for each epoch, and the neighbour accuracy before.
    """
    import torch

    training, stopping, reporting = split(labels, groups, seed)
    aside = aside_of(path)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        module = base.module()
        tuning = _Tuning(module, base.preprocessing, labels[training], len(classes))
        on_batch("computing the vectors before training")
        before = tuning.features(inputs, on_batch)
        tuning.fit_head(before[training], labels[training])
        first = _worth(tuning, before, labels, training, stopping)
        known = float(_right(before, labels, training, reporting).mean()) if len(reporting) else None
        how = {"data": _data(inputs, labels, training), "seed": seed, "epochs": epochs, "base": base.fingerprint}
        gone = _resumed(aside, how, tuning)
        best, best_worth, kept_epochs, losses = gone or (tuning.state(), first, 0, [])
        for epoch in range(len(losses), epochs):
            if epoch - kept_epochs >= PATIENCE:
                break
            rng = np.random.default_rng([seed, epoch])
            rows = rng.permutation(training)
            batches = np.array_split(rows, max(1, len(rows) // BATCH))
            for i, part in enumerate(batches):
                tuning.rate((epoch + i / len(batches)) / epochs)
                tuning.step(_mirrored(inputs[part], rng), labels[part])
                on_batch(f"epoch {epoch + 1} of at most {epochs}, batch {i + 1} of {len(batches)}")
            after = before.copy()
            some = np.concatenate([training, stopping])
            after[some] = tuning.features(inputs[some], on_batch)
            worth = _worth(tuning, after, labels, training, stopping)
            losses.append(-worth[1])
            if worth > best_worth:
                best, best_worth, kept_epochs = tuning.state(), worth, epoch + 1
            _keep(aside, how, tuning, best, best_worth, kept_epochs, losses)
            if on_epoch is not None:
                on_epoch(list(losses), known)
        tuning.load(best)
        on_batch("computing the vectors after training")
        after = tuning.features(inputs, on_batch)
    report = compare(before, after, labels, groups, training, reporting)
    report |= {"epochs": kept_epochs, "trained": len(training), "held_out": len(reporting)}
    report["summary"] = in_words(report, base.name)
    config = {
        "kind": "finetuned",
        "base": base.name,
        "model": module.pretrained_cfg["architecture"],  # of a repository of the hub too, which is then not asked again
        "arguments": base.arguments,
        "size": base.size,
        "preprocessing": asdict(base.preprocessing),
        "classes": classes,
        "length": 1.0,
        "report": report,
        "column": column,
    }
    save(path, best, config)
    aside.unlink(missing_ok=True)
    return FinetunedEncoder(path)


def aside_of(path: Path) -> Path:
    """The file that a fine-tuning goes on from where it was stopped."""
    return path.with_name(f"{path.stem}.part.safetensors")


def _worth(
    tuning: _Tuning, features: np.ndarray, labels: np.ndarray, training: np.ndarray, stopping: np.ndarray
) -> tuple[float, float]:
    """What is maximised: neighbour accuracy on the part for stopping, and where that is equal the classifier's cost."""
    if not len(stopping):
        return 0.0, 0.0
    cost = tuning.loss(features[stopping], labels[stopping])
    return round(float(_right(features, labels, training, stopping).mean()), 6), -round(cost, 6)


def _mirrored(inputs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Half of the images mirrored left to right, each moved by up to a sixteenth of its side."""
    side = inputs.shape[1]
    moved = []
    for image in inputs:
        y, x = rng.integers(-side // 16, side // 16 + 1, 2)
        image = np.roll(image, (y, x), (0, 1))
        moved.append(image[:, ::-1] if rng.random() < 0.5 else image)
    return np.stack(moved)


def _data(inputs: np.ndarray, labels: np.ndarray, training: np.ndarray) -> str:
    digest = hashlib.blake2b(np.ascontiguousarray(inputs).data, digest_size=16)
    digest.update(np.ascontiguousarray(labels).data)
    digest.update(training.data)
    return digest.hexdigest()


def _keep(
    aside: Path,
    how: dict[str, Any],
    tuning: _Tuning,
    best: dict[str, torch.Tensor],
    worth: tuple[float, float],
    kept_epochs: int,
    losses: list[float],
) -> None:
    """Write what the next epoch needs to the side."""
    tensors = {f"best.{name}": tensor for name, tensor in best.items()}
    tensors |= {f"now.{name}": tensor for name, tensor in tuning.state().items()}
    tensors |= tuning.momenta()
    config = {"kind": "part", "how": how, "worth": worth, "kept_epochs": kept_epochs, "losses": losses}
    save(aside, tensors, config)


def _resumed(
    aside: Path, how: dict[str, Any], tuning: _Tuning
) -> tuple[dict[str, torch.Tensor], tuple[float, float], int, list[float]] | None:
    """The best weights, what they are worth, their epoch and all errors of an earlier run; its state is taken over."""
    try:
        config = config_of(aside)
    except EncoderError:
        return None
    if config.get("how") != how:
        return None
    tensors = tensors_of(aside)
    parts: dict[str, dict[str, torch.Tensor]] = {"best": {}, "now": {}, "adam": {}}
    for name, tensor in tensors.items():
        part, _, rest = name.partition(".")
        parts[part][rest] = tensor
    tuning.load(parts["now"])
    tuning.take_momenta(parts["adam"])
    first, second = config["worth"]
    return parts["best"], (first, second), config["kept_epochs"], list(config["losses"])


class _Tuning:
    """The module with a linear classifier behind it, and how it is trained."""

    def __init__(self, module: Any, preprocessing: Preprocessing, labels: np.ndarray, classes: int) -> None:
        import torch

        self._device = devices.best()
        self._alone = devices.alone_on(self._device)
        scale = 1 / (255 * torch.tensor(preprocessing.std)).view(1, -1, 1, 1)
        shift = (-torch.tensor(preprocessing.mean) * 255).view(1, -1, 1, 1)
        counts = np.bincount(labels, minlength=classes)
        weights = np.where(counts > 0, len(labels) / np.maximum(counts, 1) / max(1, (counts > 0).sum()), 0)
        with self._alone:
            self._module = module.eval().to(self._device)
            self._scale, self._shift = scale.to(self._device), shift.to(self._device)
            self._weights = torch.tensor(weights, dtype=torch.float32).to(self._device)
        self._classes = classes
        self._train_last(module)
        self._optimizer: Any = None

    def _train_last(self, module: Any) -> None:
        parameters = list(module.parameters())
        total = sum(p.numel() for p in parameters)
        seen = 0
        for parameter in reversed(parameters):
            parameter.requires_grad_(seen < TRAINED_SHARE * total)
            seen += parameter.numel()

    def _forward(self, inputs: np.ndarray) -> torch.Tensor:
        import torch

        pixels = torch.from_numpy(np.ascontiguousarray(inputs)).permute(0, 3, 1, 2)
        pixels = devices.to_train_on(self._device, pixels).float()
        return torch.as_tensor(self._module((pixels + self._shift) * self._scale))

    def features(self, inputs: np.ndarray, on_batch: Callable[[str], None]) -> np.ndarray:
        """(m, d) float32 before the classifier, not of unit length."""
        import torch

        parts = []
        for start in range(0, len(inputs), BATCH):
            with self._alone, torch.inference_mode():
                parts.append(self._forward(inputs[start : start + BATCH]).cpu().numpy())
            on_batch("")
        return np.concatenate(parts)

    def fit_head(self, features: np.ndarray, labels: np.ndarray) -> None:
        """Train the classifier alone, on features that do not change."""
        import torch

        with self._alone:
            x, y = torch.tensor(features).to(self._device), torch.tensor(labels).to(self._device)
            self._head = torch.nn.Linear(x.shape[1], self._classes, bias=False).to(self._device)
            optimizer = torch.optim.AdamW(self._head.parameters(), 0.01, weight_decay=0.0)
            for _ in range(HEAD_STEPS):
                optimizer.zero_grad()
                self._cost(self._logits(x), y).backward()
                optimizer.step()
        self._tuned = [p for p in [*self._module.parameters(), *self._head.parameters()] if p.requires_grad]
        self._optimizer = torch.optim.AdamW(self._tuned, LEARNING_RATE, weight_decay=0.02)

    def rate(self, share: float) -> None:
        """The learning rate after this share of all epochs: it rises for a twentieth of them, then falls to nothing."""
        factor = min(1.0, (share + 1e-3) / 0.05) * (0.5 + 0.5 * np.cos(np.pi * share))
        for group in self._optimizer.param_groups:
            group["lr"] = LEARNING_RATE * factor

    def momenta(self) -> dict[str, torch.Tensor]:
        """What the optimizer remembers of each weight, on the CPU."""
        with self._alone:
            return {
                f"adam.{i}.{key}": value.cpu()
                for i, parameter in enumerate(self._tuned)
                for key, value in self._optimizer.state[parameter].items()
            }

    def take_momenta(self, kept: dict[str, torch.Tensor]) -> None:
        """Take over what `momenta` gave."""
        for name, value in kept.items():
            i, _, key = name.partition(".")
            parameter = self._tuned[int(i)]
            with self._alone:
                self._optimizer.state[parameter][key] = value if key == "step" else value.to(self._device)

    def _logits(self, features: torch.Tensor) -> torch.Tensor:
        import torch

        directions = torch.nn.functional.normalize(features), torch.nn.functional.normalize(self._head.weight)
        return SHARPNESS * directions[0] @ directions[1].T

    def step(self, inputs: np.ndarray, labels: np.ndarray) -> None:
        """One batch through the last layers and the classifier."""
        import torch

        with self._alone:
            cost = self._cost(self._logits(self._forward(inputs)), torch.tensor(labels).to(self._device))
            self._optimizer.zero_grad()
            cost.backward()
            torch.nn.utils.clip_grad_norm_(self._module.parameters(), 1.0)
            self._optimizer.step()

    def loss(self, features: np.ndarray, labels: np.ndarray) -> float:
        """The mean cost of some images, each class weighing the same."""
        import torch

        if not len(labels):
            return 0.0
        with self._alone, torch.inference_mode():
            x, y = torch.tensor(features).to(self._device), torch.tensor(labels).to(self._device)
            return float(self._cost(self._logits(x), y))

    def _cost(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        import torch

        return torch.nn.functional.cross_entropy(logits, labels, weight=self._weights, label_smoothing=0.05)

    def state(self) -> dict[str, torch.Tensor]:
        """A copy of all weights on the CPU, the classifier's as they are multiplied with a vector of length 1."""
        import torch

        with self._alone:
            head = SHARPNESS * torch.nn.functional.normalize(self._head.weight)
            whole = {**self._module.state_dict(), "head.weight": head, "head.bias": torch.zeros(len(head))}
            return {name: tensor.detach().cpu().clone() for name, tensor in whole.items()}

    def load(self, state: dict[str, torch.Tensor]) -> None:
        """Go back to the weights of `state`."""
        import torch

        rest = {name: t for name, t in state.items() if not name.startswith(("head.weight", "head.bias"))}
        with self._alone, torch.no_grad():
            self._head.weight.copy_(state["head.weight"])
            self._module.load_state_dict(rest)


def compare(
    before: np.ndarray,
    after: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    training: np.ndarray,
    reporting: np.ndarray,
) -> dict[str, Any]:
    """Neighbour accuracy on the reporting rows before and after, and how much of their difference may be chance: rows
    of one group are as likely to be right or wrong together as copies are, so the group counts as one draw."""
    if not len(reporting):
        return {"before": None, "after": None, "by_chance": None}
    right = [_right(vectors, labels, training, reporting) for vectors in (before, after)]
    change = right[1].astype(float) - right[0]
    drawn = np.unique(groups[reporting], return_inverse=True)[1]
    spread = np.bincount(drawn, change - change.mean()) / len(change)
    by_chance = 2 * float(np.sqrt(max((spread**2).sum(), 1 / len(spread) ** 2)))
    return {"before": float(right[0].mean()), "after": float(right[1].mean()), "by_chance": by_chance}


def _right(vectors: np.ndarray, labels: np.ndarray, training: np.ndarray, reporting: np.ndarray) -> np.ndarray:
    """(r,) bool: whether most of the K nearest training rows of each reporting row carry its label; ties go to the
    label whose neighbours are nearer."""
    unit = unit_length(vectors)
    similar = unit[reporting] @ unit[training].T
    nearest = np.argsort(-similar, axis=1, kind="stable")[:, :K]
    right = np.zeros(len(reporting), bool)
    for i, neighbours in enumerate(nearest):
        votes: dict[int, float] = {}
        for rank, label in enumerate(labels[training[neighbours]].tolist()):
            votes[label] = votes.get(label, 0) + 1 - rank * 1e-3
        right[i] = max(votes, key=lambda label: votes[label]) == labels[reporting[i]]
    return right


def in_words(report: dict[str, Any], base: str) -> str:
    """What the training was worth, in a sentence or two; says so when it was worth nothing."""
    if report["before"] is None:
        return "Too few different labelled images to hold some out, so nobody knows whether this helped."
    figures = (
        f"Of {report['held_out']:,} held-out images, {report['before']:.1%} have the label of most of their {K} "
        f"nearest training images before, {report['after']:.1%} after."
    )
    change = report["after"] - report["before"]
    if report["epochs"] == 0:
        return f"{figures} Training the last layers made the classifier no better, so the vectors are those of {base}."
    if abs(change) <= report["by_chance"]:
        return f"{figures} That is within what chance gives (± {report['by_chance']:.1%}): it did not clearly help."
    return f"{figures} It {'helped' if change > 0 else f'did harm: go on with {base}'}."
