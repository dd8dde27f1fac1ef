"""The bytes of a message, and what is said of them."""

from __future__ import annotations

from typing import Literal, TypedDict

DType = Literal["u8", "u16", "u32", "f32", "bits"]
"""Element types on the wire. `bits` is a row mask: bit r % 8 (least significant first) of byte r // 8 is row r;
its shape is [n] and its length is ceil(n / 8) bytes with the spare bits 0."""


class Buffer(TypedDict):
    """What one buffer of a message holds."""

    name: str
    dtype: DType
    shape: list[int]
