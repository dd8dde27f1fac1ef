"""UMAP's descent (McInnes, Healy, Melville 2018, arXiv:1802.03426, algorithm 5) in a compiled loop, on one thread.

After umap-learn's `layouts.py` and `utils.py` (copyright 2017 Leland McInnes, BSD-3-Clause), and the same numbers to
the last bit. numba keeps what it compiled, and of umap-learn's imports, which take a new process 5 s, none is needed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np

_RATE = 5
"""So many images are pushed away for each that is drawn near."""

_STEP = 4.0
"""No coordinate moves further at once, times the learning rate."""


@numba.njit("f4(f4[::1], f4[::1])", fastmath=True, cache=True)
def _square(a: np.ndarray, b: np.ndarray) -> np.float32:
    """The squared distance between two positions."""
    total = np.float32(0)
    for axis in range(len(a)):
        apart = a[axis] - b[axis]
        total += apart * apart
    return total


@numba.njit("i4(i8[::1])", cache=True)
def _random(state: np.ndarray) -> np.int32:
    """Tausworthe's generator of three components (L'Ecuyer 1996); advances `state` (3,)."""
    state[0] = (((state[0] & 4294967294) << 12) & 0xFFFFFFFF) ^ ((((state[0] << 13) & 0xFFFFFFFF) ^ state[0]) >> 19)
    state[1] = (((state[1] & 4294967288) << 4) & 0xFFFFFFFF) ^ ((((state[1] << 2) & 0xFFFFFFFF) ^ state[1]) >> 25)
    state[2] = (((state[2] & 4294967280) << 17) & 0xFFFFFFFF) ^ ((((state[2] << 3) & 0xFFFFFFFF) ^ state[2]) >> 11)
    drawn: np.int32 = state[0] ^ state[1] ^ state[2]
    return drawn


@numba.njit(
    "void(f4[:, ::1], i4[::1], i4[::1], f8[::1], f8[::1], f8[::1], i8[:, ::1], f8, f8, f8, i8)",
    fastmath=True,
    nogil=True,
    cache=True,
)
def _epoch(
    places: np.ndarray,
    head: np.ndarray,
    tail: np.ndarray,
    wait: np.ndarray,
    due: np.ndarray,
    due_away: np.ndarray,
    states: np.ndarray,
    a: float,
    b: float,
    rate: float,
    epoch: int,
) -> None:
    """Draw the ends of each edge that is due together, and push some random images away from its head.

    Args:
        places: (n, dims) positions.
        due, due_away: (e,) the epoch from which an edge is next drawn near, and pushes away.
        states: (n, 3) of the generator of each image. All these are changed in place.
        head, tail, wait: (e,) the edges, and how many epochs lie between two turns of each.
    """
    n, dims = places.shape
    for edge in range(len(head)):
        if due[edge] > epoch:
            continue
        here = places[head[edge]]
        there = places[tail[edge]]
        square = _square(here, there)
        pull = 0.0
        if square > 0.0:
            pull = -2.0 * a * b * pow(square, b - 1.0)
            pull /= a * pow(square, b) + 1.0
        for axis in range(dims):
            move = min(max(pull * (here[axis] - there[axis]), -_STEP), _STEP)
            here[axis] += move * rate
            there[axis] += -move * rate
        due[edge] += wait[edge]
        away = wait[edge] / _RATE
        pushes = int((epoch - due_away[edge]) / away)
        for _ in range(pushes):
            other = _random(states[head[edge]]) % n
            there = places[other]
            square = _square(here, there)
            if square > 0.0:
                push = 2.0 * b
                push /= (0.001 + square) * (a * pow(square, b) + 1)
                for axis in range(dims):
                    here[axis] += min(max(push * (here[axis] - there[axis]), -_STEP), _STEP) * rate
        due_away[edge] += pushes * away


def descend(
    places: np.ndarray,
    head: np.ndarray,
    tail: np.ndarray,
    weight: np.ndarray,
    *,
    a: float,
    b: float,
    seeds: np.ndarray,
    epochs: int,
) -> Iterator[int]:
    """Move the positions in place, by one epoch for each number of epochs done that is given.

    Args:
        places: (n, dims) float32, contiguous.
        head, tail, weight: (e,) int32, int32 and float64 > 0: the edges of a symmetric graph.
        a, b: of the curve 1 / (1 + a d^2b) that weights in the plane follow.
        seeds: (3,) int64 of the generator.
    """
    wait = weight.max() / weight.astype(np.float64)
    states = np.full((len(places), 3), seeds, np.int64) + places[:, 0].astype(np.float64).view(np.int64)[:, None]
    due, due_away = wait.copy(), wait / _RATE
    rate = 1.0
    for epoch in range(epochs):
        _epoch(places, head, tail, wait, due, due_away, states, a, b, rate, epoch)
        rate = 1.0 - epoch / epochs
        yield epoch + 1
