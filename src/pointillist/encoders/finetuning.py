"""Fine-tuning a timm model on labelled images: a new classifier first, then the model's last layers with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pointillist.encoders.base import unit_length
from pointillist.encoders.finetuned import FinetunedEncoder
from pointillist.encoders.preprocessing import Preprocessing
from pointillist.encoders.timm_model import TimmEncoder
from pointillist.encoders.trained import save

if TYPE_CHECKING:
    import torch

K = 5
BATCH = 32
HEAD_STEPS = 300
PATIENCE = 2
LEARNING_RATE = 1e-4
TRAINED_SHARE = 0.5
"""Of the model's weights, counted from its end: the earlier layers, which know edges and colours, stay as they are."""


def split(labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three parts of the rows, each with all classes alike: to train on, to know when to stop, to report on.

    64, 16 and 20 of 100 of each class; a class of fewer than 3 images is only trained on.

    Args:
        labels: (m,) class numbers.

    Returns:
        Rows, ascending, of each part.
    """
    rng = np.random.default_rng(seed)
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label)).tolist()
        held = max(1, round(0.2 * len(rows))) if len(rows) >= 3 else 0
        stop = max(1, round(0.16 * len(rows))) if len(rows) >= 3 else 0
        parts[2].extend(rows[:held])
        parts[1].extend(rows[held : held + stop])
        parts[0].extend(rows[held + stop :])
    training, stopping, reporting = (np.array(sorted(part), np.int64) for part in parts)
    return training, stopping, reporting


def train(
    base: TimmEncoder,
    inputs: np.ndarray,
    labels: np.ndarray,
    classes: list[str],
    path: Path,
    *,
    epochs: int,
    seed: int,
    on_batch: Callable[[str], None],
) -> FinetunedEncoder:
    """Fine-tune `base` and save the result to `path`.

    Rare classes weigh as much as frequent ones. Normalisations keep their statistics, so small batches do no harm. The
    weights kept are those that were best on the part held out for stopping, and that may be those before training.

    Args:
        inputs: (m, height, width, 3) uint8, as `base` prepares them.
        labels: (m,) numbers of `classes`.
        on_batch: called after each batch with what to say; what it raises ends the training, and nothing is saved.
    """
    import torch

    parts = split(labels, seed)
    training, stopping, reporting = parts
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = base.module()
        tuning = _Tuning(module, base.preprocessing, labels[training], len(classes))
        on_batch("computing the vectors before training")
        before = tuning.features(inputs, on_batch)
        tuning.fit_head(before[training], labels[training])
        best, best_loss, kept_epochs = tuning.state(), tuning.loss(before[stopping], labels[stopping]), 0
        for epoch in range(epochs):
            rows = np.random.default_rng([seed, epoch]).permutation(training)
            for i, part in enumerate(np.array_split(rows, max(1, len(rows) // BATCH))):
                tuning.step(inputs[part], labels[part])
                on_batch(f"epoch {epoch + 1} of at most {epochs}, batch {i + 1}; error {best_loss:.3f}")
            loss = tuning.loss(tuning.features(inputs[stopping], on_batch), labels[stopping])
            if loss < best_loss:
                best, best_loss, kept_epochs = tuning.state(), loss, epoch + 1
            elif epoch + 1 - kept_epochs >= PATIENCE:
                break
        tuning.load(best)
        on_batch("computing the vectors after training")
        after = tuning.features(inputs, on_batch)
    report = compare(before, after, labels, training, reporting)
    report |= {"epochs": kept_epochs, "trained": len(training), "held_out": len(reporting)}
    report["summary"] = in_words(report, base.name)
    config = {
        "kind": "finetuned",
        "base": base.name,
        "model": module.pretrained_cfg["architecture"],  # of a repository of the hub too, which is then not asked again
        "size": base.size,
        "preprocessing": asdict(base.preprocessing),
        "classes": classes,
        "length": float(np.median(np.linalg.norm(after, axis=1))),
        "report": report,
    }
    save(path, best, config)
    return FinetunedEncoder(path)


class _Tuning:
    """The module with a linear classifier behind it, and how it is trained."""

    def __init__(self, module: Any, preprocessing: Preprocessing, labels: np.ndarray, classes: int) -> None:
        import torch

        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._module = module.eval().to(self._device)
        scale = 1 / (255 * torch.tensor(preprocessing.std)).view(1, -1, 1, 1)
        self._scale = scale.to(self._device)
        self._shift = (-torch.tensor(preprocessing.mean) * 255).view(1, -1, 1, 1).to(self._device)
        counts = np.bincount(labels, minlength=classes)
        weights = np.where(counts > 0, len(labels) / np.maximum(counts, 1) / max(1, (counts > 0).sum()), 0)
        self._weights = torch.tensor(weights, dtype=torch.float32, device=self._device)
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

        pixels = torch.from_numpy(np.ascontiguousarray(inputs)).to(self._device).permute(0, 3, 1, 2).float()
        return torch.as_tensor(self._module((pixels + self._shift) * self._scale))

    def features(self, inputs: np.ndarray, on_batch: Callable[[str], None]) -> np.ndarray:
        """(m, d) float32 before the classifier, not of unit length."""
        import torch

        parts = []
        with torch.inference_mode():
            for start in range(0, len(inputs), BATCH):
                parts.append(self._forward(inputs[start : start + BATCH]).cpu().numpy())
                on_batch("")
        return np.concatenate(parts)

    def fit_head(self, features: np.ndarray, labels: np.ndarray) -> None:
        """Train the classifier alone, on features that do not change."""
        import torch

        x, y = torch.tensor(features, device=self._device), torch.tensor(labels, device=self._device)
        self._head = torch.nn.Linear(x.shape[1], self._classes).to(self._device)
        self._spread = float(x.std()) or 1.0
        optimizer = torch.optim.AdamW(self._head.parameters(), 0.01 / self._spread, weight_decay=0.01)
        for _ in range(HEAD_STEPS):
            optimizer.zero_grad()
            self._cost(self._head(x), y).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        tuned = [p for p in self._module.parameters() if p.requires_grad]
        head: dict[str, Any] = {"params": list(self._head.parameters()), "lr": 1e-3 / self._spread}
        self._optimizer = torch.optim.AdamW([dict[str, Any](params=tuned), head], LEARNING_RATE, weight_decay=0.05)

    def step(self, inputs: np.ndarray, labels: np.ndarray) -> None:
        """One batch through the last layers and the classifier."""
        import torch

        cost = self._cost(self._head(self._forward(inputs)), torch.tensor(labels, device=self._device))
        self._optimizer.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._module.parameters(), 1.0)
        self._optimizer.step()

    def loss(self, features: np.ndarray, labels: np.ndarray) -> float:
        """The mean cost of some images, each class weighing the same."""
        import torch

        if not len(labels):
            return 0.0
        with torch.inference_mode():
            x, y = torch.tensor(features, device=self._device), torch.tensor(labels, device=self._device)
            return float(self._cost(self._head(x), y))

    def _cost(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        import torch

        return torch.nn.functional.cross_entropy(logits, labels, weight=self._weights, label_smoothing=0.05)

    def state(self) -> dict[str, torch.Tensor]:
        """A copy of all weights on the CPU."""
        whole = {**self._module.state_dict(), **{f"head.{k}": v for k, v in self._head.state_dict().items()}}
        return {name: tensor.detach().cpu().clone() for name, tensor in whole.items()}

    def load(self, state: dict[str, torch.Tensor]) -> None:
        """Go back to the weights of `state`."""
        heads = {name.removeprefix("head."): t for name, t in state.items() if name in ("head.weight", "head.bias")}
        self._head.load_state_dict(heads)
        self._module.load_state_dict({name: t for name, t in state.items() if name not in ("head.weight", "head.bias")})


def compare(
    before: np.ndarray, after: np.ndarray, labels: np.ndarray, training: np.ndarray, reporting: np.ndarray
) -> dict[str, Any]:
    """Neighbour accuracy on the reporting rows before and after, and how much of their difference may be chance."""
    if not len(reporting):
        return {"before": None, "after": None, "by_chance": None}
    right = [_right(vectors, labels, training, reporting) for vectors in (before, after)]
    change = right[1].astype(float) - right[0]
    by_chance = 2 * float(np.sqrt(max(change.var(), 1 / len(change)) / len(change)))
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
        return "Too few labelled images to hold some out, so nobody knows whether this helped."
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
