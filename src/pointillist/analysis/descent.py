"""UMAP's descent (McInnes, Healy, Melville 2018, arXiv:1802.03426, algorithm 5), the same on any number of cores.

umap-learn moves both ends of one edge after another, so that several threads give another map in every run. Here each
image is moved by all its edges against where the others were when the epoch began, and of an edge its other end does
the same: no thread reads what another writes. What an image is pushed away from is drawn from seed, epoch and row.
Compiled once, then kept by numba.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import numpy as np

from pointillist.compiling import compiled

_PUSHES = 5
"""From so many images one is pushed away for each that it is drawn to."""

_STEP = np.float32(4)
"""No coordinate moves further at once, times the learning rate."""

_ALONE_BELOW = 20_000
"""Fewer edges than this are gone through faster by one thread than others are woken."""


@compiled("u4(u4)", inline="always")
def _mixed(number: np.uint32) -> np.uint32:
    """A whole number as another one that tells nothing of it (https://github.com/skeeto/hash-prospector)."""
    number = np.uint32(np.uint32(number ^ (number >> np.uint32(16))) * np.uint32(0x7FEB352D))
    number = np.uint32(np.uint32(number ^ (number >> np.uint32(15))) * np.uint32(0x846CA68B))
    return np.uint32(number ^ (number >> np.uint32(16)))


@compiled(
    "void(f4[:, ::1], f4[:, ::1], i8[::1], i4[::1], f8[::1], i8, i8, f4, f4, f4, i8, u4)",
    fastmath={"contract", "reassoc", "nsz", "arcp"},
    nogil=True,
)
def _move(
    before: np.ndarray,
    after: np.ndarray,
    first: np.ndarray,
    to: np.ndarray,
    often: np.ndarray,
    start: int,
    end: int,
    a: float,
    b: float,
    rate: float,
    epoch: int,
    seed: int,
) -> None:
    """Write where the images `start` to `end` are after an epoch.

    Args:
        before, after: (n, dims) positions. first: (n + 1,) where the edges of each image begin in `to` and `often`.
        to: (e,) the other end. often: (e,) in which share of the epochs the edge takes its turn.
    """
    n, dims = before.shape
    one, two, tiny, limit = np.float32(1), np.float32(2), np.float32(0.001), _STEP * rate
    place, apart = np.zeros(dims, np.float32), np.zeros(dims, np.float32)
    others, push = np.zeros(_PUSHES, np.int64), np.zeros(_PUSHES, np.float32)
    away = np.zeros((dims, _PUSHES), np.float32)
    for row in range(start, end):
        for axis in range(dims):
            place[axis] = before[row, axis]
        state = _mixed(_mixed(np.uint32(seed + np.uint32(epoch))) ^ np.uint32(row))
        for edge in range(first[row], first[row + 1]):
            if np.floor(often[edge] * epoch) == np.floor(often[edge] * (epoch - 1)):
                continue
            for _ in range(2):  # once for this edge, once for the same one seen from its other end
                square = np.float32(0)
                for axis in range(dims):
                    apart[axis] = place[axis] - before[to[edge], axis]
                    square += apart[axis] * apart[axis]
                if square > 0:
                    power = a * square**b
                    pull = -two * b * rate * power / (square * (one + power))
                    for axis in range(dims):
                        place[axis] += min(max(pull * apart[axis], -limit), limit)
            for i in range(_PUSHES):
                state = np.uint32(state + np.uint32(0x9E3779B9))
                others[i] = (np.uint64(_mixed(state)) * np.uint64(n)) >> np.uint64(32)
                push[i] = 0
            for axis in range(dims):
                for i in range(_PUSHES):
                    away[axis, i] = place[axis] - before[others[i], axis]
                    push[i] += away[axis, i] * away[axis, i]
            for i in range(_PUSHES):
                square = push[i]
                push[i] = two * b * rate / ((tiny + square) * (one + a * square**b)) if others[i] != row else 0
            for axis in range(dims):
                total = np.float32(0)
                for i in range(_PUSHES):
                    total += min(max(push[i] * away[axis, i], -limit), limit)
                place[axis] += total
        for axis in range(dims):
            after[row, axis] = place[axis]


def descend(
    places: np.ndarray,
    first: np.ndarray,
    to: np.ndarray,
    weight: np.ndarray,
    *,
    a: float,
    b: float,
    seed: int,
    epochs: int,
) -> Iterator[np.ndarray]:
    """The positions after each epoch; those that were given before are written over later.

    Args:
        places: (n, dims) float32, dims 2 or 3: where to begin; not changed.
        first: (n + 1,) int64, to: (e,) int32, weight: (e,) float64 > 0: a symmetric graph, the edges of each image
            beside one another.
        a, b: of the curve 1 / (1 + a d^2b) that weights in the plane follow.
        seed: from 0 up.
    """
    now, later = np.array(places, np.float32, order="C"), np.array(places, np.float32, order="C")
    often = np.asarray(weight / weight.max(initial=0) if len(weight) else weight, np.float64)
    workers = (os.cpu_count() or 1) if len(to) >= _ALONE_BELOW else 1
    edges = np.searchsorted(first, np.linspace(0, len(to), workers + 1))
    edges[[0, -1]] = 0, len(places)
    parts = list(pairwise(np.maximum.accumulate(edges).tolist()))

    def run(epoch: int, part: tuple[int, int]) -> None:
        start, end = part
        rate = 1 - (epoch - 1) / epochs
        _move(now, later, first, to, often, start, end, a, b, rate, epoch, seed % 2**32)

    with ThreadPoolExecutor(workers) as pool:
        for epoch in range(1, epochs + 1):
            list((pool.map if workers > 1 else map)(partial(run, epoch), parts))
            now, later = later, now
            yield now
