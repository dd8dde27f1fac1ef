"""UMAP's descent: equal to its own arithmetic done image by image, and the same on any number of cores."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

from pointillist.analysis import descent, umap_layout
from pointillist.analysis.descent import descend
from pointillist.analysis.projection import pca
from pointillist.analysis.umap_layout import umap
from pointillist.neighbours import neighbours

A, B = 1.58, 0.9
EPOCHS = 3
"""Few, for a difference of rounding grows with each."""


def graph(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A symmetric graph of random weights; the last image has no edge."""
    rng = np.random.default_rng(seed)
    weights = np.where(rng.random((n, n)) < 0.3, rng.uniform(0.05, 1, (n, n)), 0)
    weights = np.triu(weights, 1)
    weights += weights.T
    weights[-1] = weights[:, -1] = 0
    head, tail = np.nonzero(weights)
    return np.searchsorted(head, np.arange(n + 1)), tail.astype(np.int32), weights[head, tail]


def begin(n: int, dims: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(0, 10, (n, dims)).astype(np.float32)


def mixed(number: int) -> int:
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        number = ((number ^ (number >> shift)) * factor) % 2**32
    return number ^ (number >> 16)


def by_hand(start: np.ndarray, first: np.ndarray, to: np.ndarray, weight: np.ndarray, seed: int) -> np.ndarray:
    before = start.astype(np.float64)
    n = len(before)
    for epoch in range(1, EPOCHS + 1):
        rate = 1 - (epoch - 1) / EPOCHS
        after = before.copy()
        for row in range(n):
            place, state = before[row].copy(), mixed(mixed((seed + epoch) % 2**32) ^ row)
            for edge in range(first[row], first[row + 1]):
                often = weight[edge] / weight.max()
                if int(often * epoch) == int(often * (epoch - 1)):
                    continue
                for _ in range(2):
                    apart = place - before[to[edge]]
                    square = apart @ apart
                    pull = -2 * A * B * square ** (B - 1) / (1 + A * square**B)
                    place = place + rate * np.clip(pull * apart, -4, 4)
                push = np.zeros_like(place)
                for _ in range(5):
                    state = (state + 0x9E3779B9) % 2**32
                    other = mixed(state) * n >> 32
                    apart = place - before[other]
                    square = apart @ apart
                    if other != row:
                        push += np.clip(2 * B / ((0.001 + square) * (1 + A * square**B)) * apart, -4, 4)
                place = place + rate * push
            after[row] = place
        before = after
    return before


def last(start: np.ndarray, *parts: np.ndarray, seed: int = 3) -> np.ndarray:
    *_, places = descend(start, *parts, a=A, b=B, seed=seed, epochs=EPOCHS)
    return places.copy()


@pytest.mark.parametrize("dims", [2, 3])
def test_equals_the_same_done_image_by_image(dims: int) -> None:
    start, parts = begin(14, dims), graph(14)
    found = last(start, *parts)
    np.testing.assert_allclose(found, by_hand(start, *parts, seed=3), atol=2e-3)
    assert (np.abs(found - start).max(axis=1) > 0.1).sum() > 9
    np.testing.assert_array_equal(found[-1], start[-1])  # nothing draws it, nothing pushes it
    assert (last(start, *parts, seed=4) != found).any()


@pytest.mark.parametrize("cores", [1, 3, 7])
def test_the_same_on_any_number_of_cores(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    start, parts = begin(90, 2), graph(90)
    alone = last(start, *parts)
    monkeypatch.setattr(descent, "_ALONE_BELOW", 0)
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    np.testing.assert_array_equal(last(start, *parts), alone)


def test_what_is_flat_stays_flat_in_space() -> None:
    parts, flat = graph(30), begin(30, 2)
    in_space = last(np.column_stack([flat, np.full(30, 2, np.float32)]), *parts)
    np.testing.assert_allclose(in_space[:, :2], last(flat, *parts), atol=1e-4)
    np.testing.assert_array_equal(in_space[:, 2], 2)


def test_without_an_edge_nothing_moves() -> None:
    start = begin(6, 2)
    nothing = np.zeros(7, np.int64), np.empty(0, np.int32), np.empty(0)
    np.testing.assert_array_equal(last(start, *nothing), start)


def test_large_collections_are_laid_out_by_it_nearly_as_trustworthily(monkeypatch: pytest.MonkeyPatch) -> None:
    x = load_digits().data[:900].astype(np.float32)
    nearest, start = neighbours(x, 14), pca(x)
    one_by_one = umap(nearest, start)
    monkeypatch.setattr(umap_layout, "ONE_THREAD_UP_TO", 0)
    told: list[tuple[int, int]] = []
    at_once = umap(nearest, start, on_epoch=lambda done, total, places: told.append((done, total)))
    assert trust(x, at_once) > trust(x, one_by_one) - 0.02  # 0.003 to 0.013 less on five seeds
    assert told == [(epoch, 500) for epoch in range(1, 501)]
    np.testing.assert_array_equal(umap(nearest, start), at_once)


def trust(x: np.ndarray, xy: np.ndarray) -> float:
    return float(trustworthiness(x, xy, n_neighbors=15, metric="cosine"))
