"""decode: what cannot be read says why, in words, fast and in silence."""

from __future__ import annotations

import ctypes
import io
import random
import struct
import threading
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest
from PIL import Image, ImageFile, _imaging

from pointillist.decode import content_key, decode, decoding
from pointillist.errors import DecodeError


def file(image: Image.Image, kind: str, **options: object) -> bytes:
    made = io.BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


def noise(seed: int = 0, width: int = 160, height: int = 120) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height // 2, width // 2, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((width, height))


def reason(payload: object) -> str:
    with pytest.raises(DecodeError) as caught:
        decode(payload, at_least_px=64)  # type: ignore[arg-type]
    return str(caught.value)


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10**6)))
        + chunk(b"IEND", b"")
    )


def tiff_header(width: int, height: int) -> bytes:
    entries = [
        (256, width),
        (257, height),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 200),
        (277, 1),
        (278, height),
        (279, 100),
    ]
    packed = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return (b"II*\0" + struct.pack("<IH", 8, len(entries)) + packed + b"\0\0\0\0").ljust(300, b"\0")


def patched(data: bytes, at: int, size: bytes) -> bytes:
    return data[:at] + size + data[at + len(size) :]


def test_empty_file() -> None:
    assert reason(b"") == "the file is empty (0 bytes)"


def test_text_named_jpg() -> None:
    assert reason(b"Hello, this is\nno picture.") == "not an image: the file starts with “Hello, this is no picture.”"


def test_markup_is_quoted_as_it_is() -> None:
    assert "“<script>alert(1)</script>”" in reason(b"<script>alert(1)</script>")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"  <!DOCTYPE html><html>", "not an image but a web page, saved under the name of an image"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        (b'<?xml version="1.0"?><svg/>', "an SVG drawing; convert it to PNG"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\0\0\0\x18ftypheic", "an HEIC image"),
        (bytes(4096), "not an image: 4.1 kB of zeros"),
        (b"\x01\x02\x03\x04\x05\xf0", "the file starts with the bytes 01 02 03 04 05 f0"),
    ],
)
def test_other_files_are_told_by_what_they_are(data: bytes, words: str) -> None:
    assert words in reason(data)


def test_truncated_jpeg() -> None:
    whole = file(noise(width=800, height=600), "JPEG", quality=95)
    for share in (0.3, 0.6, 0.95):
        text = reason(whole[: int(len(whole) * share)])
        assert text.startswith("cut off: the JPEG file ends after ")
        assert text.endswith(", before its picture does")


def test_truncated_formats_that_know_their_size_say_how_much_is_there() -> None:
    for kind in ("WEBP", "BMP"):
        whole = file(noise(), kind)
        assert reason(whole[:5000]) == f"cut off after 5,000 of {len(whole):,} bytes"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF"])
def test_every_format_cut_to_its_first_bytes_has_a_reason(kind: str) -> None:
    whole = file(noise(), kind)
    for length in (12, 20, 40, 100, 400, len(whole) // 2):
        text = reason(whole[:length])
        assert text.startswith(("cut off", "damaged", "not an image", "an HEIC")), text


def test_damaged_png() -> None:
    whole = file(noise(), "PNG")
    assert reason(whole[:200] + bytes(300) + whole[500:]).startswith("damaged PNG file: ")


def test_png_of_30000_x_30000_is_refused_by_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(self: ImageFile.ImageFile) -> None:
        pytest.fail("its pixels were read")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    text = reason(png_header(30_000, 30_000))
    assert text == "30,000 × 30,000 pixels: over the limit of 178 million; make it smaller first"


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "WEBP lossless", "WEBP animated", "BMP", "TIFF", "PPM"])
def test_every_format_has_the_size_limit(kind: str) -> None:
    image = noise()
    jpeg = file(image, "JPEG")
    data = {
        "JPEG": lambda: patched(jpeg, jpeg.index(b"\xff\xc0") + 5, struct.pack(">HH", 30_000, 30_000)),
        "GIF": lambda: patched(file(image, "GIF"), 6, struct.pack("<HH", 60_000, 60_000)),
        "WEBP lossless": lambda: patched(
            file(image, "WEBP", lossless=True), 21, struct.pack("<I", 16_383 | 16_383 << 14)
        ),
        "WEBP animated": lambda: patched(
            file(image, "WEBP", save_all=True, append_images=[image.rotate(90)]), 24, b"\xff\xff\x00" * 2
        ),
        "BMP": lambda: patched(file(image, "BMP"), 18, struct.pack("<ii", 30_000, 30_000)),
        "TIFF": lambda: tiff_header(30_000, 30_000),
        "PPM": lambda: b"P6 30000 30000 255\n" + bytes(1000),
    }[kind]()
    before = psutil.Process().memory_info().rss
    assert "over the limit of 178 million" in reason(data)
    assert psutil.Process().memory_info().rss - before < 50e6


def test_the_users_own_pixel_limit_stays_and_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert decode(file(noise(), "PNG"), at_least_px=64).width == 160
    assert Image.MAX_IMAGE_PIXELS == 100


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.zeros((0, 5, 3), np.uint8), "an array of shape (0, 5, 3) has no pixels"),
        (np.zeros(7), "an array of shape (7,) is not an image; needs (h, w), (h, w, 3) or (h, w, 4)"),
        (np.zeros((2, 8, 9, 3)), "is not an image"),
        (np.zeros((8, 9, 7)), "is not an image"),
        (np.array([["a", "b"]]), "pixels of type <U1; needs numbers, such as uint8"),
        (np.zeros((4, 4), complex), "pixels of type complex128"),
    ],
)
def test_arrays_that_are_no_images(pixels: np.ndarray, words: str) -> None:
    assert words in reason(pixels)


def test_pillow_image_over_a_damaged_file() -> None:
    whole = file(noise(), "JPEG")
    image = Image.open(io.BytesIO(whole[: len(whole) // 2]))
    assert reason(image).startswith("this Pillow image cannot be read: ")
    with pytest.raises(DecodeError, match="this Pillow image cannot be read"):
        content_key(Image.open(io.BytesIO(whole[: len(whole) // 2])), None)


def noisy_tiff() -> bytes:
    """A TIFF about which Pillow warns on opening: one tag's data lies beyond the end of the file."""
    whole = bytearray(file(noise(), "TIFF", compression="tiff_lzw", software="x" * 40))
    at = next(i for i in range(8, len(whole) - 12) if whole[i : i + 4] == struct.pack("<HH", 305, 2))
    whole[at + 4 : at + 12] = struct.pack("<II", 5000, len(whole) - 10)
    return bytes(whole)


def test_pillow_warns_the_user_but_not_us() -> None:
    data = noisy_tiff()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert decode(data, at_least_px=64).width == 160
        assert heard == []
        Image.open(io.BytesIO(data)).load()
        assert heard


def test_warnings_made_errors_do_not_make_images_unreadable() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decode(noisy_tiff(), at_least_px=64).width == 160
        with pytest.raises(UserWarning):
            warnings.warn("still an error outside", UserWarning, stacklevel=1)


def test_threads_that_decode_do_not_silence_others() -> None:
    data = noisy_tiff()
    stop = threading.Event()

    def decode_on() -> None:
        while not stop.is_set():
            decode(data, at_least_px=64)

    with warnings.catch_warnings(record=True) as heard, ThreadPoolExecutor(2) as pool:
        warnings.simplefilter("always")
        running = [pool.submit(decode_on) for _ in range(2)]
        for number in range(200):
            warnings.warn(f"number {number}", UserWarning, stacklevel=1)
        stop.set()
        for one in running:
            one.result()
    assert [str(one.message) for one in heard] == [f"number {number}" for number in range(200)]


def test_libtiff_is_silent_while_we_decode_and_only_then(capfd: pytest.CaptureFixture[str]) -> None:
    whole = bytearray(file(noise(), "TIFF", compression="tiff_deflate"))
    start = Image.open(io.BytesIO(whole)).tag_v2[273][0]  # type: ignore[attr-defined]
    whole[start : start + 200] = bytes(200)
    data = bytes(whole)

    def user() -> str:
        with pytest.raises(OSError, match="decoder error"):
            Image.open(io.BytesIO(data)).load()
        return capfd.readouterr().err

    if not hasattr(ctypes.CDLL(_imaging.__file__), "TIFFSetErrorHandler"):
        pytest.skip("this Pillow hides its libtiff")
    assert user()
    with ThreadPoolExecutor(4) as pool:
        reasons = set(pool.map(lambda _: reason(data), range(100)))
    assert reasons == {"damaged TIFF file: its compressed data makes no sense"}
    assert capfd.readouterr().err == ""
    assert user()


def test_large_images_are_decoded_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    inside: list[int] = []
    most: list[int] = []
    real = decoding.to_rgb

    def watched(image: Image.Image, reduce: int) -> Image.Image:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.002)
        inside.pop()
        return real(image, reduce)

    monkeypatch.setattr(decoding, "to_rgb", watched)
    data = file(noise(), "PNG")

    def together(limit: int) -> int:
        monkeypatch.setattr(decoding, "LARGE_PIXELS", limit)
        most.clear()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: decode(data, at_least_px=64), range(40)))
        return max(most)

    assert together(160 * 120 - 1) == 1
    assert together(160 * 120) > 1


def test_the_filter_is_set_once() -> None:
    with warnings.catch_warnings():
        for _ in range(5):
            decode(np.zeros((4, 4)), at_least_px=4)
            warnings.simplefilter("default", append=False)
        assert len(warnings.filters) < 40
        kinds = [one for one in warnings.filters if type(one[1]).__name__ == "_WhileDecoding"]
        assert len(kinds) == 1


def samples() -> list[bytes]:
    image = noise()
    exif = Image.Exif()
    exif[0x0112] = 6
    deep = Image.fromarray(np.random.default_rng(1).integers(0, 65536, (60, 80), dtype=np.uint16))
    return [
        file(image, "JPEG", exif=exif),
        file(image, "JPEG", progressive=True),
        file(image.convert("CMYK"), "JPEG"),
        file(image, "PNG", exif=exif),
        file(deep, "PNG"),
        file(image.quantize(16), "PNG", transparency=3),
        file(image, "PNG", save_all=True, append_images=[image.rotate(180)]),
        file(image, "WEBP", exif=exif),
        file(image, "WEBP", lossless=True),
        file(image, "WEBP", save_all=True, append_images=[image.rotate(180)]),
        file(image, "GIF", save_all=True, append_images=[image.rotate(180)], disposal=2),
        file(image, "TIFF"),
        file(image, "TIFF", compression="tiff_lzw"),
        file(image, "TIFF", compression="tiff_deflate"),
        file(image, "TIFF", compression="jpeg"),
        file(image.convert("1"), "TIFF", compression="group4"),
        file(image.convert("F"), "TIFF"),
        file(deep, "TIFF"),
        file(image, "BMP"),
        file(image.quantize(16), "BMP"),
        file(image, "PPM"),
        file(image, "AVIF"),
    ]


def damage(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Cut, scatter bytes, spoil the header, exchange a stretch, or put another format's start before it."""
    kind = chance.randrange(5)
    made = bytearray(data)
    if kind == 0:
        return data[: chance.randrange(len(data))]
    if kind == 1:
        for _ in range(chance.randrange(1, 20)):
            made[chance.randrange(len(made))] = chance.randrange(256)
    elif kind == 2:
        for _ in range(chance.randrange(1, 8)):
            made[chance.randrange(min(len(made), 200))] = chance.choice([0, 255, 127, 128, chance.randrange(256)])
    elif kind == 3:
        start = chance.randrange(len(made))
        made[start : start + chance.randrange(1, 50)] = chance.randbytes(chance.randrange(60))
    else:
        head = chance.randrange(4, 40)
        made[:head] = chance.choice(others)[:head]
    return bytes(made)


@pytest.mark.parametrize("seed", range(4))
def test_damaged_bytes_give_pixels_or_a_reason(seed: int, capfd: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(seed)
    whole = samples()
    process = psutil.Process()
    before = process.memory_info().rss
    refused = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(700):
            data = damage(chance.choice(whole), whole, chance)
            try:
                decoded = decode(data, at_least_px=64, box=chance.choice([None, None, (5.0, 5.0, 40.0, 30.0)]))
            except DecodeError as error:
                refused += 1
                assert str(error)
            else:
                assert decoded.rgb.dtype == np.uint8
                assert decoded.rgb.ndim == 3
                assert decoded.rgb.shape[2] == 3
                assert decoded.rgb.size > 0
    assert 100 < refused < 700
    assert process.memory_info().rss - before < 1.5e9
    assert capfd.readouterr() == ("", "")
