"""images: a stack of images in one array."""

from __future__ import annotations

import numpy as np
import pytest

from pointillist.decode import decode
from pointillist.errors import SourceError
from pointillist.images import read_source


def problem(source: object) -> str:
    with pytest.raises(SourceError) as caught:
        read_source(source)
    return str(caught.value)


def pixels(images_shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, images_shape, dtype=np.uint8)


@pytest.mark.parametrize("shape", [(5, 8, 9), (5, 8, 9, 1), (5, 8, 9, 3), (5, 8, 9, 4), (5, 3, 8, 9), (5, 1, 8, 9)])
def test_stacks(shape: tuple[int, ...]) -> None:
    images = read_source(pixels(shape))
    assert len(images) == 5
    assert images.ids == ["0", "1", "2", "3", "4"]
    assert images.table.index.tolist() == [0, 1, 2, 3, 4]
    assert images.title == "array of 5 images"
    assert images.signature(0) is None
    assert decode(images.payload(4), at_least_px=8).rgb.shape == (8, 9, 3)


def test_pixels_are_kept() -> None:
    stack = pixels((3, 8, 9, 3))
    images = read_source(stack)
    for row in range(3):
        assert np.array_equal(decode(images.payload(row), at_least_px=8).rgb, stack[row])


def test_all_images_of_a_stack_share_black_and_white() -> None:
    digits = np.zeros((4, 8, 8))
    digits[1:] = np.linspace(0, 16, 64).reshape(8, 8)
    digits[2] /= 2
    images = read_source(digits)
    highest = [int(decode(images.payload(row), at_least_px=8).rgb.max()) for row in range(4)]
    assert highest == [0, 255, 128, 255]


@pytest.mark.parametrize(
    ("dtype", "white"), [(np.float32, 1), (np.float64, 255), (np.uint16, 4095), (np.uint16, 65535), (bool, 1)]
)
def test_usual_ranges_are_not_stretched(dtype: type, white: float) -> None:
    stack = np.zeros((2, 8, 8), dtype)
    stack[0] = white
    stack[1, 0, 0] = white
    images = read_source(stack)
    assert (decode(images.payload(0), at_least_px=8).rgb == 255).all()
    assert (decode(images.payload(1), at_least_px=8).rgb[1:] == 0).all()


def test_identity_is_the_content() -> None:
    one = read_source(pixels((5, 8, 9)))
    assert one.identity == read_source(pixels((5, 8, 9))).identity
    assert one.identity != read_source(pixels((5, 8, 9), seed=1)).identity
    assert one.identity != read_source(pixels((5, 8, 9)).astype(np.float32)).identity


def test_large_stacks_are_looked_at_not_read(tmp_path: object) -> None:
    rows = 40_000
    huge = np.broadcast_to(np.zeros((1, 256, 256, 3), np.uint8), (rows, 256, 256, 3))  # 7.9 GB if it were read
    assert len(read_source(huge)) == rows


def test_tensors() -> None:
    torch = pytest.importorskip("torch")
    images = read_source(torch.rand(4, 3, 8, 9))
    assert decode(images.payload(0), at_least_px=8).rgb.shape == (8, 9, 3)


def test_lists_of_arrays_of_different_sizes() -> None:
    images = read_source([pixels((8, 9, 3)), pixels((5, 5))])
    assert [decode(images.payload(row), at_least_px=5).width for row in range(2)] == [9, 5]


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((480, 640, 3), "an array of shape (480, 640, 3) looks like one image; give a list of images, or (n, h, w, 3)"),
        (
            (1797, 64),
            "an array of shape (1797, 64) is not a stack of images; needs (n, h, w), (n, h, w, 3) or (n, 3, h, w)",
        ),
        ((5, 8, 9, 7), "is not a stack of images"),
        ((0, 8, 9), "an array of shape (0, 8, 9) holds no pixels"),
    ],
)
def test_other_shapes(shape: tuple[int, ...], words: str) -> None:
    assert words in problem(np.zeros(shape))


def test_arrays_of_no_numbers() -> None:
    assert "pixels of type complex128; needs numbers" in problem(np.zeros((3, 8, 8), complex))
