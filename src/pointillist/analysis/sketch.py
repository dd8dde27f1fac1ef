"""A sketch of vectors, one bit a dimension, and how alike a query is to each by it; compiled once, kept by numba.

RaBitQ (Gao and Long 2024, https://arxiv.org/abs/2405.12497): vectors less their mean are turned at random, so that no
dimension says more than another, and of each number the sign is kept. What a query, in whole numbers of four bits, has
in common with the signs tells the true product without bias; the error is about 0.7 · |query| · `scale`. The turn is
rounds of random signs and Hadamard's transform, O(d log d), of the first and the last dimensions in turn where d is no
power of two.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from pointillist.compiling import compiled

LANES = 8
"""Vectors that are turned together, one in each place of a processor's registers."""


def signs_of(d: int, seed: int = 0) -> np.ndarray:
    """(rounds, d) float32, each 1 or -1: the random part of the turn of d dimensions."""
    rounds = 2 if d & (d - 1) == 0 else 4
    return np.random.default_rng(seed).choice(np.array([-1, 1], np.float32), (rounds, d))


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def _ones(_context: Any, _word: Any) -> Any:
    """How many bits of a 64-bit word are set."""

    def code(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.ctpop(given[0])

    return types.uint64(types.uint64), code


_FAST = {"reassoc", "contract", "nsz"}


@compiled("void(float32[:, ::1], float32[:, ::1])", nogil=True, fastmath=_FAST)
def turn(vectors: np.ndarray, signs: np.ndarray) -> None:
    """Turn the vectors in the columns of (d, LANES) in place; lengths and products stay."""
    d = len(vectors)
    size = 1
    while 2 * size <= d:
        size *= 2
    scale = np.float32(1 / np.sqrt(size))
    for number in range(len(signs)):
        first = 0 if number % 2 == 0 else d - size
        for i in range(d):
            sign = signs[number, i] * (scale if first <= i < first + size else np.float32(1))
            for lane in range(LANES):
                vectors[i, lane] *= sign
        half = 1
        while half < size:
            for start in range(first, first + size, 2 * half):
                for i in range(start, start + half):
                    for lane in range(LANES):
                        one, other = vectors[i, lane], vectors[i + half, lane]
                        vectors[i, lane] = one + other
                        vectors[i + half, lane] = one - other
            half *= 2


@compiled(
    "void(float32[:, ::1], float32[::1], float32[:, ::1], uint64[:, ::1], float32[::1], float32[::1])",
    nogil=True,
    fastmath=_FAST,
)
def draw(
    x: np.ndarray, mean: np.ndarray, signs: np.ndarray, bits: np.ndarray, scale: np.ndarray, offset: np.ndarray
) -> None:
    """Write the sketches of the rows of x (n, d) into bits (n, w), scale (n,) and offset (n,).

    A row with NaN has the offset -inf.
    """
    n, d = x.shape
    room = np.zeros((d, LANES), np.float32)
    for start in range(0, n, LANES):
        count = min(LANES, n - start)
        for lane in range(count):
            along = np.float32(0)
            for i in range(d):
                away = x[start + lane, i] - mean[i]
                room[i, lane] = away
                along += away * mean[i]
            offset[start + lane] = along
        turn(room, signs)
        for lane in range(count):
            row = start + lane
            squares, sizes = np.float32(0), np.float32(0)
            for i in range(d):
                squares += room[i, lane] * room[i, lane]
                sizes += abs(room[i, lane])
            for word in range(bits.shape[1]):
                made = np.uint64(0)
                for bit in range(min(64, d - 64 * word)):
                    made |= np.uint64(room[64 * word + bit, lane] > 0) << np.uint64(bit)
                bits[row, word] = made
            scale[row] = squares / sizes if sizes > 0 else np.float32(0)
            if np.isnan(squares):
                offset[row] = -np.inf
                for i in range(d):
                    room[i, lane] = 0


@compiled(
    "void(uint64[:, ::1], float32[::1], float32[::1], uint64[:, ::1], float32, float32, float32, float32[::1])",
    nogil=True,
    fastmath=_FAST,
)
def compare(
    bits: np.ndarray,
    scale: np.ndarray,
    offset: np.ndarray,
    planes: np.ndarray,
    whole: float,
    step: float,
    constant: float,
    scores: np.ndarray,
) -> None:
    """Write scale · (whole - step · apart) + offset + constant into scores (n,); `apart` is the number of bits in which
    a row differs from each of the four planes (4, w), counted 1, 2, 4 and 8 times."""
    for row in range(len(bits)):
        apart = np.uint64(0)
        for word in range(bits.shape[1]):
            own = bits[row, word]
            apart += (
                _ones(own ^ planes[0, word])  # type: ignore[call-arg]
                + (_ones(own ^ planes[1, word]) << np.uint64(1))  # type: ignore[call-arg]
                + (_ones(own ^ planes[2, word]) << np.uint64(2))  # type: ignore[call-arg]
                + (_ones(own ^ planes[3, word]) << np.uint64(3))  # type: ignore[call-arg]
            )
        scores[row] = scale[row] * (whole - step * np.float32(np.int64(apart))) + offset[row] + constant
