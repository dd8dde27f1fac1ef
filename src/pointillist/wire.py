"""Bytes of the protocol: pack arrays and row masks, check what arrives before it is used."""

from __future__ import annotations

import math
import sys
import types
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np

from pointillist.errors import ProtocolError
from pointillist.protocol.buffers import Buffer, DType

NUMPY: dict[str, np.dtype[Any]] = {
    "u8": np.dtype("u1"),
    "u16": np.dtype("<u2"),
    "u32": np.dtype("<u4"),
    "f32": np.dtype("<f4"),
    "bits": np.dtype("u1"),
}
WIRE: dict[str, DType] = {"uint8": "u8", "uint16": "u16", "uint32": "u32", "float32": "f32"}


def pack(name: str, array: np.ndarray) -> tuple[Buffer, memoryview]:
    """Describe an array of dtype uint8, uint16, uint32 or float32 and give its bytes, little-endian.

    Raises:
        TypeError: for any other dtype.
    """
    if array.dtype.name not in WIRE:
        raise TypeError(f"{name} is {array.dtype}; the wire carries {', '.join(WIRE)}")
    dtype = WIRE[array.dtype.name]
    data = np.ascontiguousarray(array, dtype=NUMPY[dtype])
    return {"name": name, "dtype": dtype, "shape": list(array.shape)}, data.reshape(-1).view("u1").data


def pack_mask(name: str, rows: np.ndarray, n: int) -> tuple[Buffer, memoryview]:
    """Describe a set of rows of n as one bit each, least significant first.

    Args:
        rows: (r,) integer rows below n in any order, or an (n,) bool mask.
    """
    mask = rows if rows.dtype == bool else np.zeros(n, bool)
    if mask is not rows:
        mask[rows] = True
    return {"name": name, "dtype": "bits", "shape": [n]}, np.packbits(mask, bitorder="little").data


def unpack(listed: Sequence[Buffer], buffers: Sequence[Any]) -> dict[str, np.ndarray]:
    """Return the arrays of a message by name, read-only and in the machine's byte order; `bits` become (n,) bool.

    Raises:
        ProtocolError: if a buffer is not as long as its dtype and shape say, or one is missing or too many.
    """
    if len(listed) != len(buffers):
        raise ProtocolError(f"the message lists {len(listed)} buffers and carries {len(buffers)}; reload the page")
    arrays: dict[str, np.ndarray] = {}
    for about, buffer in zip(listed, buffers, strict=True):
        name, dtype, shape = about["name"], about["dtype"], about["shape"]
        if any(side < 0 for side in shape) or (dtype == "bits" and len(shape) != 1):
            raise ProtocolError(f"buffer {name!r} has the shape {shape}, which {dtype} cannot have")
        data = np.frombuffer(buffer, dtype="u1")
        count = math.prod(shape)
        expected = (count + 7) // 8 if dtype == "bits" else count * NUMPY[dtype].itemsize
        if len(data) != expected:
            raise ProtocolError(f"buffer {name!r} has {len(data)} bytes; {dtype} of shape {shape} takes {expected}")
        if dtype == "bits":
            array = np.unpackbits(data, count=count, bitorder="little").astype(bool)
        else:
            array = data.view(NUMPY[dtype]).reshape(shape)
            if sys.byteorder == "big":
                array = array.astype(array.dtype.newbyteorder("="))
        array.flags.writeable = False
        arrays[name] = array
    return arrays


def check(value: object, hint: Any, where: str = "the message") -> None:
    """Compare a JSON value with a type of protocol/. Keys the type does not name are let pass.

    Raises:
        ProtocolError: naming the first place where the value differs from the type.
    """
    if not _fits(value, hint):
        raise ProtocolError(f"{where} is {str(value)[:60]!r}, not {_words(hint)}; reload the page")
    if is_typeddict(hint):
        assert isinstance(value, Mapping)
        for name, inner in get_type_hints(hint, include_extras=True).items():
            if name in value:
                check(value[name], get_args(inner)[0] if get_origin(inner) is NotRequired else inner, f"{where}.{name}")
            elif get_origin(inner) is not NotRequired:
                raise ProtocolError(f"{where} has no {name!r}; reload the page")
    elif get_origin(hint) is list:
        assert isinstance(value, list)
        for i, item in enumerate(value):
            check(item, get_args(hint)[0], f"{where}[{i}]")


def _fits(value: object, hint: Any) -> bool:
    origin = get_origin(hint)
    if hint is object:
        return True
    if is_typeddict(hint) or origin is dict:
        return isinstance(value, Mapping)
    if origin is list:
        return isinstance(value, list)
    if origin is Literal:
        return value in get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, part) for part in get_args(hint))
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _words(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(map(str, get_args(hint)))
    return str(getattr(hint, "__name__", hint))
