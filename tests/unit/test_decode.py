"""decode: every kind of pixel comes out as upright RGB on white, no larger than needed."""

from __future__ import annotations

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from pointillist.decode import content_key, decode, decoding, thumbnail
from pointillist.errors import DecodeError

RED = (200, 30, 40)


def file(image: Image.Image, kind: str, **options: Any) -> bytes:
    made = io.BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


def quarters(width: int = 64, height: int = 48) -> Image.Image:
    """Red, green, blue and white quarters, so that a turned or mirrored picture is told from an upright one."""
    image = Image.new("RGB", (width, height), "white")
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste((30, 160, 50), (width // 2, 0, width, height // 2))
    image.paste((40, 50, 200), (0, height // 2, width // 2, height))
    return image


def middle(rgb: np.ndarray, across: float = 0.25, down: float = 0.25) -> np.ndarray:
    return rgb[int(rgb.shape[0] * down), int(rgb.shape[1] * across)].astype(int)


def close(pixel: np.ndarray, color: tuple[int, int, int], by: int = 12) -> bool:
    return bool(np.abs(pixel - np.array(color)).max() <= by)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("JPEG", {"quality": 95, "progressive": True}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("PPM", {}),
        ("AVIF", {"quality": 95}),
    ],
)
def test_every_format_gives_the_same_picture(kind: str, options: dict[str, Any]) -> None:
    decoded = decode(file(quarters(), kind, **options), at_least_px=48)
    assert decoded.rgb.shape == (48, 64, 3)
    assert decoded.rgb.dtype == np.uint8
    assert decoded.rgb.flags.c_contiguous
    assert (decoded.width, decoded.height) == (64, 48)
    assert close(middle(decoded.rgb), RED)
    assert close(middle(decoded.rgb, 0.75, 0.75), (255, 255, 255))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the inverse, as Pillow's Transpose numbers
    stored = quarters() if orientation == 1 else quarters().transpose(Image.Transpose(turns[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind, options in (("JPEG", {"quality": 95}), ("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {})):
        decoded = decode(file(stored, kind, exif=exif, **options), at_least_px=48)
        assert (decoded.width, decoded.height) == (64, 48), kind
        assert close(middle(decoded.rgb), RED), kind
        assert close(middle(decoded.rgb, 0.25, 0.75), (40, 50, 200)), kind


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("at_least_px", [32, 100, 150, 224, 300, 600, 2000])
def test_reduced_scale_keeps_the_shorter_side(kind: str, at_least_px: int) -> None:
    decoded = decode(file(quarters(1000, 601), kind), at_least_px=at_least_px)
    assert (decoded.width, decoded.height) == (1000, 601)
    shorter = min(decoded.rgb.shape[:2])
    assert min(at_least_px, 601) <= shorter <= 601
    assert shorter < 4 * at_least_px
    assert close(middle(decoded.rgb), RED)


@pytest.mark.parametrize(("at_least_px", "expected"), [(700, 1), (400, 1), (300, 2), (150, 4), (75, 8), (9, 8)])
def test_a_jpeg_is_decoded_no_larger_than_needed(
    at_least_px: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    load = JpegImageFile.load
    monkeypatch.setattr(JpegImageFile, "load", lambda self: (load(self), sizes.append(self.size))[0])
    decode(file(quarters(1000, 600), "JPEG"), at_least_px=at_least_px)
    assert sizes[-1] == (1000 // expected, 600 // expected)


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_jpeg_decoded_smaller_is_the_upright_one(orientation: int) -> None:
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = quarters(1024, 640)
    turned = file(upright.transpose(Image.Transpose(turns[orientation])), "JPEG", quality=95, exif=exif)
    one = decode(file(upright, "JPEG", quality=95), at_least_px=150)
    other = decode(turned, at_least_px=150)
    assert one.rgb.shape == other.rgb.shape == (160, 256, 3)
    assert (one.width, one.height) == (other.width, other.height) == (1024, 640)
    assert np.abs(one.rgb.astype(int) - other.rgb).max() <= 12


def test_large_images_are_decoded_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "LARGE_PIXELS", 64 * 48 - 1)
    at_work, crowded = threading.Semaphore(1), []
    load = PngImageFile.load

    def slow(self: PngImageFile) -> Any:
        if not at_work.acquire(blocking=False):
            crowded.append(1)
            return load(self)
        time.sleep(0.02)
        at_work.release()
        return load(self)

    monkeypatch.setattr(PngImageFile, "load", slow)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda data: decode(data, at_least_px=48), [file(quarters(), "PNG")] * 8))
    assert len(made) == 8
    assert not crowded


def test_transparent_pixels_show_white() -> None:
    image = quarters().convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    image.paste((*RED, 255), (0, 0, 32, 24))
    indexed = Image.new("P", (64, 48), 1)
    indexed.putpalette([*RED, 0, 0, 0])
    indexed.paste(0, (0, 0, 32, 24))
    keyed = Image.new("RGB", (64, 48), (0, 0, 0))
    keyed.paste(RED, (0, 0, 32, 24))
    for data in (
        file(image, "PNG"),
        file(image, "WEBP", lossless=True),
        file(indexed, "PNG", transparency=1),
        file(indexed, "PNG", transparency=b"\xff\x00"),
        file(indexed, "GIF", transparency=1),
        file(keyed, "PNG", transparency=(0, 0, 0)),
        np.asarray(image),
        image,
    ):
        rgb = decode(data, at_least_px=24).rgb
        assert close(middle(rgb), RED)
        assert close(middle(rgb, 0.75, 0.75), (255, 255, 255))


def test_half_transparent_edges_do_not_darken_when_reduced() -> None:
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, ::2] = (255, 255, 255, 255)  # white stripes on transparent black: all white on white
    assert decode(file(Image.fromarray(pixels), "PNG"), at_least_px=16).rgb.min() == 255


def test_grey_with_alpha() -> None:
    image = Image.new("LA", (20, 20), (0, 0))
    image.paste((90, 255), (0, 0, 10, 10))
    rgb = decode(file(image, "PNG"), at_least_px=20).rgb
    assert close(middle(rgb), (90, 90, 90), 1)
    assert close(middle(rgb, 0.75, 0.75), (255, 255, 255), 0)


def test_cmyk_jpeg_is_not_inverted() -> None:
    rgb = decode(file(quarters().convert("CMYK"), "JPEG", quality=95), at_least_px=48).rgb
    assert close(middle(rgb), RED)
    assert close(middle(rgb, 0.75, 0.75), (255, 255, 255))


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_deep_grey_uses_the_whole_range(bits: int, kind: str) -> None:
    ramp = np.linspace(0, 2**bits - 1, 256).astype(np.uint16)
    rgb = decode(file(Image.fromarray(np.tile(ramp, (16, 1))), kind), at_least_px=16).rgb
    assert rgb[0, 0].tolist() == [0, 0, 0]
    assert rgb[0, -1].tolist() == [255, 255, 255]
    assert abs(int(rgb[0, 128, 0]) - 128) <= 1


@pytest.mark.parametrize(
    "values",
    [
        np.linspace(0, 1, 256, dtype=np.float32),
        np.linspace(0, 255, 256, dtype=np.float32),
        np.linspace(-2.1, 2.6, 256, dtype=np.float32),
        np.linspace(-1e30, 1e30, 256),
        np.linspace(-500, 500, 256).astype(np.int32),
        np.linspace(0, 65535, 256).astype(np.int64),
        np.arange(256, dtype=np.int64),
    ],
    ids=["0…1", "0…255", "normalised", "huge", "signed", "16 bits in int64", "8 bits in int64"],
)
def test_other_numbers_use_the_whole_range(values: np.ndarray) -> None:
    rgb = decode(np.tile(values, (16, 1)), at_least_px=16).rgb
    assert (rgb[0, 0, 0], rgb[0, -1, 0]) == (0, 255)
    assert (np.diff(rgb[0, :, 0].astype(int)) >= 0).all()
    if values.dtype.itemsize == 4:
        found = decode(file(Image.fromarray(np.tile(values, (16, 1))), "TIFF"), at_least_px=16).rgb
        assert np.abs(found.astype(int) - rgb).max() <= 1


def test_nan_pixels_are_black_and_do_not_spoil_the_rest() -> None:
    pixels = np.linspace(0, 1, 64).reshape(8, 8)
    pixels[0, :3] = (np.nan, np.inf, -np.inf)
    rgb = decode(pixels, at_least_px=8).rgb
    assert rgb[0, :3, 0].tolist() == [0, 255, 0]
    assert rgb[-1, -1, 0] == 255


def test_all_black_and_all_nan_are_black() -> None:
    for data in (
        file(Image.new("RGB", (9, 9)), "PNG"),
        np.zeros((9, 9)),
        np.full((9, 9), np.nan),
        np.zeros((9, 9), bool),
    ):
        rgb = decode(data, at_least_px=9).rgb
        assert rgb.shape == (9, 9, 3)
        assert not rgb.any()


@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 1), (8, 9, 2), (8, 9, 3), (8, 9, 4), (1, 8, 9), (3, 8, 9), (4, 8, 9)])
def test_array_shapes(shape: tuple[int, ...]) -> None:
    assert decode(np.zeros(shape, np.uint8), at_least_px=8).rgb.shape == (8, 9, 3)


def test_animations_give_their_first_frame() -> None:
    first, second = Image.new("RGB", (32, 32), RED), Image.new("RGB", (32, 32), (0, 255, 0))
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        data = file(first, kind, save_all=True, append_images=[second])
        assert close(middle(decode(data, at_least_px=32).rgb), RED), kind


def test_the_name_of_the_format_does_not_matter_only_the_bytes() -> None:
    assert decode(b"\xff\xd8\xff" + file(quarters(), "JPEG")[3:], at_least_px=8).width == 64


def test_pillow_images_are_left_as_they_were() -> None:
    image = Image.open(io.BytesIO(file(quarters(1000, 800), "JPEG")))
    assert decode(image, at_least_px=50).rgb.shape == (50, 63, 3)
    assert image.size == (1000, 800)


def test_box_is_cropped() -> None:
    for data in (file(quarters(), "PNG"), quarters(), np.asarray(quarters())):
        decoded = decode(data, at_least_px=100, box=(0, 0, 32, 24))
        assert decoded.rgb.shape == (24, 32, 3)
        assert (decoded.width, decoded.height) == (32, 24)
        assert (np.abs(decoded.rgb.astype(int) - RED) <= 2).all()


def test_box_reaching_out_is_cut_to_the_image() -> None:
    decoded = decode(file(quarters(), "PNG"), at_least_px=10, box=(-10.0, -5.0, 20.0, 1000.0))
    assert (decoded.width, decoded.height) == (10, 48)


def test_box_thinner_than_a_pixel_is_one_pixel() -> None:
    decoded = decode(file(quarters(), "PNG"), at_least_px=10, box=(63.6, 47.7, 0.2, 0.2))
    assert decoded.rgb.shape == (1, 1, 3)


def test_box_in_a_large_jpeg_is_decoded_as_fine_as_the_box_needs() -> None:
    data = file(quarters(1600, 1200), "JPEG")
    assert min(decode(data, at_least_px=100).rgb.shape[:2]) in range(100, 200)
    small = decode(data, at_least_px=100, box=(700, 500, 200, 200))
    assert (small.width, small.height) == (200, 200)
    assert min(small.rgb.shape[:2]) in range(100, 201)
    assert close(middle(small.rgb), RED, 25)
    assert close(middle(small.rgb, 0.8, 0.8), (255, 255, 255), 25)


def test_box_counts_in_pixels_of_the_upright_image() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = file(quarters(640, 480).transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=95)
    decoded = decode(data, at_least_px=100, box=(330, 10, 300, 200))
    assert (decoded.width, decoded.height) == (300, 200)
    assert close(middle(decoded.rgb, 0.5, 0.5), (30, 160, 50))


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((64, 0, 10, 10), "the box x=64, y=0, w=10, h=10 lies outside the image of 64 × 48 pixels"),
        ((-20, 0, 10, 10), "lies outside the image of 64 × 48"),
        ((0, 0, 0, 10), "the box x=0, y=0, w=0, h=10 has no size"),
        ((0, 0, 10, -3), "has no size"),
        ((float("nan"), 0, 10, 10), "the box x=nan, y=0, w=10, h=10 is not a box: a number is missing"),
        ((0, 0, float("inf"), 10), "is not a box"),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_bad_boxes_say_why(box: tuple[float, float, float, float], words: str, kind: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(file(quarters(), kind), at_least_px=10, box=box)
    assert words in str(caught.value)


def test_thumbnail_fits_and_keeps_the_shape() -> None:
    rgb = np.asarray(quarters(400, 300))
    made = Image.open(io.BytesIO(thumbnail(rgb, side_px=160)))
    assert (made.format, made.size) == ("JPEG", (160, 120))
    assert close(middle(np.asarray(made)), RED)
    assert Image.open(io.BytesIO(thumbnail(rgb[:3, :], side_px=64))).size == (58, 1)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((500, 375), (250, 188)), ((504, 378), (252, 189)), ((640, 480), (256, 192)), ((260, 200), (256, 197))],
)
def test_a_thumbnail_is_averaged_alone_where_that_comes_near(size: tuple[int, int], expected: tuple[int, int]) -> None:
    soft = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8))
    rgb = np.asarray(soft.resize(size, Image.Resampling.BICUBIC))
    made = Image.open(io.BytesIO(thumbnail(rgb)))
    assert made.size == expected
    fine = np.asarray(Image.fromarray(rgb).resize(expected, Image.Resampling.LANCZOS), float)
    assert np.abs(np.asarray(made, float) - fine).mean() < 8


def test_small_images_are_not_enlarged() -> None:
    assert Image.open(io.BytesIO(thumbnail(np.zeros((8, 9, 3), np.uint8), side_px=160))).size == (9, 8)


def test_content_key_tells_pixels_shapes_types_and_boxes_apart() -> None:
    pixels = np.arange(24, dtype=np.uint8)
    payloads = [
        pixels.reshape(4, 6),
        pixels.reshape(6, 4),
        pixels.reshape(4, 6).astype(np.int8),
        pixels.reshape(4, 6).astype(np.float32),
        pixels.tobytes(),
        Image.fromarray(pixels.reshape(4, 6)),
        Image.fromarray(pixels.reshape(6, 4)),
    ]
    keys = [
        content_key(payload, box) for payload in payloads for box in (None, (0.0, 0.0, 1.0, 1.0), (0.0, 0.0, 1.0, 2.0))
    ]
    assert len(set(keys)) == len(keys)
    assert {len(key) for key in keys} == {16}


def test_content_key_is_equal_for_equal_content() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(4, 6)
    assert content_key(pixels, None) == content_key(np.asfortranarray(pixels), None)
    assert content_key(bytes(range(9)), (1, 2, 3, 4)) == content_key(bytes(range(9)), (1.0, 2.0, 3.0, 4.0))
    assert content_key(Image.fromarray(pixels), None) == content_key(Image.fromarray(pixels.copy()), None)


def test_palettes_belong_to_the_content() -> None:
    one = Image.new("P", (4, 4))
    one.putpalette([1, 2, 3])
    other = Image.new("P", (4, 4))
    other.putpalette([4, 5, 6])
    assert content_key(one, None) != content_key(other, None)
