"""What a row's image is before it is decoded, and how it is fetched."""

from __future__ import annotations

import os
import re
import stat
import threading
from typing import Any, cast
from urllib.parse import unquote_to_bytes

import numpy as np
from PIL import Image

from pointillist.errors import DecodeError

Signature = tuple[str, int, int]
"""Absolute path or URL, size in bytes, mtime in ns: a file whose signature is unchanged is taken as unchanged.
Size -1: no such file; 0, 0: not known (a URL)."""

Box = tuple[float, float, float, float]
"""x, y, w, h in pixels of the image as it is shown (EXIF turned)."""

Payload = bytes | Image.Image | np.ndarray[Any, np.dtype[Any]]
"""The bytes of an image file, a Pillow image, or an array of pixels (h, w[, c])."""

MAX_FILE_BYTES = 1 << 30
URL_WAIT_S = 30

# Pillow reads an image from its file on first use, and not safely in two threads.
pillow_lock = threading.Lock()

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def is_url(text: str) -> bool:
    """Whether it starts with a scheme of two letters or more, as C:\\ does not."""
    return _URL.match(text) is not None


def is_tensor(given: object) -> bool:
    """Whether it is a torch tensor; an open file can be detached too."""
    return hasattr(given, "detach") and hasattr(given, "numpy")


def fetch(cell: object) -> Payload:
    """The payload of one cell: path, URL, bytes, Pillow image, array, tensor, or a dict with `bytes` or `path`.

    Raises:
        DecodeError: it cannot be had; the text is the reason.
    """
    if isinstance(cell, str):
        if cell[:7].lower() == "file://":
            return _read_file(_path_of(cell))
        return _fetch_url(cell) if is_url(cell) else _read_file(cell)
    if isinstance(cell, bytes | Image.Image):
        return cell
    if isinstance(cell, np.ndarray):
        return cell
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        raise DecodeError("no image given: the cell is empty")
    if isinstance(cell, bytearray | memoryview):
        return bytes(cell)
    if isinstance(cell, dict) and ("bytes" in cell or "path" in cell):
        return fetch(cell["bytes"] if cell.get("bytes") is not None else cell.get("path"))
    if isinstance(cell, os.PathLike):
        return fetch(os.fspath(cell))
    if is_tensor(cell):
        return _tensor_pixels(cell)
    if hasattr(cell, "__array__"):
        try:
            return np.asarray(cell)
        except Exception as error:
            raise DecodeError(f"the {type(cell).__name__} cannot be read as an array: {error}") from error
    raise DecodeError(
        f"a {type(cell).__name__} is not an image; needs a path, a URL, bytes, a Pillow image or an array"
    )


def _read_file(path: str) -> bytes:
    try:
        found = os.stat(path)  # noqa: PTH116 -- a Path costs more than the call, once per image
        if not stat.S_ISREG(found.st_mode):
            raise DecodeError("a folder, not an image file" if stat.S_ISDIR(found.st_mode) else "not a regular file")
        if found.st_size > MAX_FILE_BYTES:
            raise DecodeError(f"a file of {found.st_size / 1e9:,.1f} GB: over the limit of 1 GB")
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            return file.read()
    except FileNotFoundError as error:
        raise DecodeError(f"no such file: {path}") from error
    except PermissionError as error:
        raise DecodeError("no permission to read the file", passing=True) from error
    except OSError as error:
        raise DecodeError(f"the file cannot be read: {error.strerror or error}", out_of_reach=True) from error
    except ValueError as error:
        raise DecodeError(f"the file cannot be read: {error}") from error


def _path_of(url: str) -> str:
    """The path that a file:// names, be it as it stands, or with %20 for a space as `Path.as_uri` writes it."""
    as_it_stands = url[7:]
    if os.sep != "/":
        from urllib.request import url2pathname

        return url2pathname(as_it_stands)
    return as_it_stands if os.path.lexists(as_it_stands) else os.fsdecode(unquote_to_bytes(as_it_stands))


def _fetch_url(url: str) -> bytes:
    import urllib.request

    import fsspec

    try:
        if url.lower().startswith(("http://", "https://")):
            # fsspec needs aiohttp for these; the standard library does not.
            request = urllib.request.Request(url, headers={"User-Agent": "pointillist"})
            with urllib.request.urlopen(request, timeout=URL_WAIT_S) as answer:
                return cast("bytes", answer.read(MAX_FILE_BYTES))
        with fsspec.open(url, "rb") as file:
            return cast("bytes", file.read(MAX_FILE_BYTES))
    except Exception as error:
        why = str(error) or type(error).__name__
        if isinstance(error, FileNotFoundError):
            why = "no such file"
        status = getattr(error, "code", None)  # of an HTTPError: somebody answered
        told = isinstance(error, FileNotFoundError | PermissionError) or (isinstance(status, int) and status < 500)
        raise DecodeError(f"cannot be fetched: {why}: {url}", out_of_reach=not told) from error


def _tensor_pixels(tensor: Any) -> np.ndarray:
    """A torch tensor (c, h, w), (h, w, c) or (h, w) as an array with the channels last."""
    try:
        pixels = tensor.detach().cpu()
        pixels = np.asarray(pixels if pixels.is_floating_point() is False else pixels.float())
    except Exception as error:
        raise DecodeError(f"the tensor cannot be read: {error}") from error
    if pixels.ndim == 3 and pixels.shape[0] in (1, 3, 4):
        pixels = np.moveaxis(pixels, 0, 2)
    return pixels
