"""Bytes are checked on arrival; what goes out comes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointillist.errors import ProtocolError
from pointillist.protocol.buffers import Buffer
from pointillist.protocol.questions import SelectParams, TagParams, ThumbsParams
from pointillist.protocol.state import Run
from pointillist.wire import check, pack, pack_mask, unpack


@given(st.sampled_from(["u1", "u2", "u4", "f4"]), st.lists(st.integers(0, 200), max_size=20))
def test_numbers_come_back(dtype: str, values: list[int]) -> None:
    array = np.array(values, dtype)
    about, data = pack("x", array)
    back = unpack([about], [data])["x"]
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


@given(st.integers(1, 70), st.data())
def test_mask_comes_back_with_spare_bits_zero(n: int, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, n - 1), unique=True))
    about, packed = pack_mask("m", np.array(rows, np.uint32), n)
    assert len(packed) == (n + 7) // 8
    assert np.unpackbits(np.frombuffer(packed, "u1"), bitorder="little")[n:].sum() == 0
    assert np.flatnonzero(unpack([about], [packed])["m"]).tolist() == sorted(rows)


def test_bytes_are_little_endian_and_bit_zero_is_row_zero() -> None:
    assert bytes(pack("x", np.array([1, 258], np.uint16))[1]) == b"\x01\x00\x02\x01"
    assert bytes(pack_mask("m", np.array([0, 9]), 10)[1]) == b"\x01\x02"


def test_other_dtypes_do_not_travel() -> None:
    with pytest.raises(TypeError, match="x is int64; the wire carries uint8, uint16, uint32, float32"):
        pack("x", np.arange(3))


@pytest.mark.parametrize(
    ("about", "data", "says"),
    [
        ({"name": "x", "dtype": "f32", "shape": [2]}, b"1234567", "'x' has 7 bytes; f32 of shape [2] takes 8"),
        ({"name": "m", "dtype": "bits", "shape": [9]}, b"1", "'m' has 1 bytes; bits of shape [9] takes 2"),
        ({"name": "m", "dtype": "bits", "shape": [1, 8]}, b"1", "'m' has the shape [1, 8], which bits cannot have"),
        ({"name": "x", "dtype": "u8", "shape": [-1]}, b"", "'x' has the shape [-1]"),
    ],
)
def test_wrong_lengths_are_refused(about: Buffer, data: bytes, says: str) -> None:
    with pytest.raises(ProtocolError) as error:
        unpack([about], [data])
    assert says in str(error.value)


def test_missing_buffer_is_refused() -> None:
    with pytest.raises(ProtocolError, match="lists 1 buffers and carries 0"):
        unpack([{"name": "x", "dtype": "u8", "shape": [0]}], [])


@pytest.mark.parametrize(
    ("value", "hint", "says"),
    [
        ({"tag": "a", "action": "burn", "buffers": []}, TagParams, "tag.action is 'burn', not one of add, remove"),
        ({"tag": 3, "action": "add", "buffers": []}, TagParams, "tag.tag is '3', not str"),
        ({"action": "add", "buffers": []}, TagParams, "tag has no 'tag'"),
        ({"buffers": {}}, SelectParams, "tag.buffers is '{}', not list"),
        ({"buffers": [{"name": "m", "dtype": "i8", "shape": [1]}]}, SelectParams, "tag.buffers[0].dtype is 'i8'"),
        ({"buffers": [{"name": "m", "dtype": "u8", "shape": [1.5]}]}, ThumbsParams, "tag.buffers[0].shape[0] is '1.5'"),
        ({"buffers": [7]}, ThumbsParams, "tag.buffers[0] is '7', not Buffer"),
        (None, ThumbsParams, "tag is 'None', not ThumbsParams"),
    ],
)
def test_check_names_the_first_difference(value: Any, hint: Any, says: str) -> None:
    with pytest.raises(ProtocolError) as error:
        check(value, hint, "tag")
    assert says in str(error.value)


def test_check_knows_null_and_bool() -> None:
    run = {
        "id": "a",
        "name": "b",
        "kind": "other",
        "state": "done",
        "done": 0,
        "total": 1,
        "rate": None,
        "eta_s": 2,
        "message": "",
        "detail": "",
    }
    check(run, Run)
    with pytest.raises(ProtocolError, match="done is 'True', not int"):
        check({**run, "done": True}, Run)
