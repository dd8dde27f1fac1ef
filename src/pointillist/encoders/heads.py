"""A timm model's classifier, taken off it: what makes the model's own logits of the features before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

CLOSE = 1e-4
"""How far, of the largest, logits made by a classifier's weights may lie beside the model's own."""


def taken_off(module: Any, input_size: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray] | None:
    """Take the classifier off a timm model, which gives features from then on.

    Returns:
        (c, d) weights and (c,) bias that make the model's logits of its features; None where it has no classifier, or
        one that is not linear in them. A plain linear layer is believed, all else is tried out on one random input.
    """
    import torch

    head = module.get_classifier()
    if isinstance(head, torch.nn.Linear):
        module.reset_classifier(0)
        return _numbers(head.weight, head.weight.new_zeros(len(head.weight)) if head.bias is None else head.bias)
    if isinstance(head, torch.nn.Identity):
        module.reset_classifier(0)
        return None
    inputs = torch.randn(1, *input_size, generator=torch.Generator().manual_seed(0))
    module.eval()
    with torch.no_grad():
        logits = module(inputs)
        module.reset_classifier(0)
        features = module(inputs)
        try:
            weights, bias = _affine(head, features.shape[1])
            apart = (features @ weights.T + bias - logits).abs().max()
        except (RuntimeError, TypeError, ValueError):  # it does not take features, or they have another width
            return None
    return _numbers(weights, bias) if apart <= CLOSE * logits.abs().max() else None


def _affine(head: Any, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """What a head does to features, told from its answers to none and to each alone; of several the mean, each over
    its own part of the features or all over the same."""
    import torch

    parts = list(head) if isinstance(head, tuple | list | torch.nn.ModuleList) else [head]
    each = [getattr(part, "in_features", width) for part in parts]
    shared = all(wide == width for wide in each)
    weights, biases = [], []
    for part, wide in zip(parts, each, strict=True):
        bias = _answers(part, torch.zeros(1, wide))
        weights.append((_answers(part, torch.eye(wide)) - bias).T)
        biases.append(bias[0])
    whole = torch.stack(weights).mean(0) if shared else torch.cat(weights, 1) / len(parts)
    return whole, torch.stack(biases).mean(0)


def _answers(part: torch.nn.Module, features: torch.Tensor) -> torch.Tensor:
    """(b, c) from (b, d), also where the part is a convolution of 1 × 1."""
    import torch

    if isinstance(part, torch.nn.Conv2d):
        features = features[:, :, None, None]
    return torch.as_tensor(part(features)).flatten(1)


def _numbers(weights: torch.Tensor, bias: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    return weights.detach().float().numpy().copy(), bias.detach().float().numpy().copy()
