"""Which image format bytes are in, told from the bytes alone; and what they are when they are no image."""

from __future__ import annotations

import importlib
import io
from typing import cast

from PIL import ImageFile

from pointillist.errors import DecodeError

# Only these plugins of Pillow ever see the bytes: no EPS (runs Ghostscript), no guessing among forty formats.
PLUGINS = {
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "WebP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "PPM": ("PIL.PpmImagePlugin", "PpmImageFile"),
}

STARTS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)

OTHERS = (
    (b"version https://git-lfs", "a Git LFS pointer whose image was not fetched: run `git lfs pull`"),
    (b"<!doctype html", "a web page, saved under the name of an image"),
    (b"<html", "a web page, saved under the name of an image"),
    (b"<svg", "an SVG drawing; convert it to PNG"),
    (b"%pdf", "a PDF document; convert its pages to images"),
)


def image_format(data: bytes) -> str | None:
    """A key of PLUGINS, or None."""
    for start, name in STARTS:
        if data.startswith(start):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"avis"):
        return "AVIF"
    if data[:1] == b"P" and data[1:2] in b"123456" and data[2:3].isspace():
        return "PPM"
    return None


def open_lazily(data: bytes, name: str) -> ImageFile.ImageFile:
    """Pillow's image with its header read and no pixel decoded.

    The plugin's class is used without `Image.open`, which would look at a size limit that is the user's to set.
    """
    module, kind = PLUGINS[name]
    try:
        plugin = importlib.import_module(module)
    except ImportError as error:
        raise DecodeError(f"{name} images cannot be read here: this Pillow is built without it") from error
    return cast("ImageFile.ImageFile", getattr(plugin, kind)(io.BytesIO(data), ""))


def size_in_header(data: bytes, name: str) -> tuple[int, int] | None:
    """Width and height, for the formats of which Pillow allocates the canvas on opening."""
    if name == "GIF" and len(data) >= 10:
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    if name == "WebP" and data[12:16] == b"VP8X" and len(data) >= 30:
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if name == "WebP" and data[12:16] == b"VP8 " and len(data) >= 30:
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    if name == "WebP" and data[12:16] == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return None


def cut_off(data: bytes, name: str) -> str | None:
    """In words, how much of the file is there, if its end is missing."""
    whole = 0
    if name == "WebP":
        whole = 8 + int.from_bytes(data[4:8], "little")
    elif name == "BMP":
        whole = int.from_bytes(data[2:6], "little")
    if whole > len(data):
        return f"cut off after {len(data):,} of {whole:,} bytes"
    end = {"JPEG": b"\xff\xd9", "PNG": b"IEND", "GIF": b";"}.get(name)
    if end is not None and end not in data[-16:].rstrip(b"\0"):
        return f"cut off: the {name} file ends after {size_text(len(data))}, before its picture does"
    return None


def damaged(name: str, error: Exception) -> str:
    """In words, what is wrong with a file that starts like an image, from what Pillow raised."""
    text = str(error) or type(error).__name__
    if "not identified by this driver" in text:
        text = "there is no picture in it"
    elif "truncated" in text.lower():
        text = "a part of it is missing"
    elif "decoder error" in text:
        text = "its compressed data makes no sense"
    return f"damaged {name} file: {text}"


def not_an_image(data: bytes) -> str:
    """In words, what the bytes are, when `image_format` knows no format for them."""
    if not data:
        return "the file is empty (0 bytes)"
    if not data[:65536].strip(b"\0"):
        return f"not an image: {size_text(len(data))} of zeros"
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for known, what in OTHERS:
        if start.startswith(known) or (known == b"<svg" and start.startswith(b"<?xml") and known in start):
            return f"not an image but {what}"
    if data[4:8] == b"ftyp":
        return "an HEIC image, or a video: convert it to JPEG or PNG"
    text = data[:32].decode("utf-8", "ignore")
    if text.replace("\n", " ").replace("\r", " ").replace("\t", " ").isprintable():
        return f"not an image: the file starts with “{' '.join(text.split())}”"
    return f"not an image, or of a format unknown here: the file starts with the bytes {data[:8].hex(' ')}"


def size_text(size: int) -> str:
    """A number of bytes for people: 812 bytes, 12 kB, 3.4 MB."""
    if size < 1000:
        return f"{size} bytes"
    if size < 999_500:
        return f"{size / 1e3:.3g} kB"
    return f"{size / 1e6:,.1f} MB"
