"""What goes into the store in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pointillist.errors import DecodeError

Signature = tuple[str, int, int]
"""Absolute path or URL (with the box, when only a part of the image is meant), size in bytes, mtime in ns."""


@dataclass(frozen=True)
class ImageRecord:
    """One image that could be read.

    key: 16 bytes that name its content (and box).
    signature: the file it was read from, None for images in memory.
    id: the row's stable id; a failure noted for it is forgotten.
    width, height: of the original, in pixels.
    thumbnail: encoded picture; None leaves the stored one as it is.
    """

    key: bytes
    signature: Signature | None
    id: str
    width: int
    height: int
    thumbnail: bytes | None = None


NO_FILE: Signature = ("", -2, 0)
"""A signature that no file has."""


@dataclass(frozen=True)
class FailureRecord:
    """One image that could not be read, and why, in words. It holds as long as the file has this signature."""

    id: str
    signature: Signature | None
    reason: str

    @classmethod
    def of(cls, id_: str, signature: Signature | None, error: DecodeError) -> FailureRecord:
        """The failure of reading a row; one that may be over the next time is bound to no file.

        So are those of URLs and of images in memory, which have no date that tells whether they are still the same.
        """
        return cls.because(id_, signature, str(error), passing=error.passing)

    @classmethod
    def because(cls, id_: str, signature: Signature | None, reason: str, *, passing: bool) -> FailureRecord:
        """The failure of a row for a reason known already; see `of`."""
        lasting = signature is not None and signature[1:] != (0, 0) and not passing
        return cls(id_, signature if lasting else NO_FILE, reason)


@dataclass(frozen=True)
class Refusal:
    """An image that could be read and that an encoder gave no vector. key: of its content; reason: why, in words;
    passing: it may be over the next time."""

    key: bytes
    reason: str
    passing: bool


@dataclass(frozen=True)
class Place:
    """Where an image lay when its content was last read.

    id: its row's stable id. path, size: of the file. key: of its content (and box).
    seen: when it was last there, in seconds since the epoch; None while it is there.
    """

    id: str
    path: str
    size: int
    key: bytes
    seen: float | None = None


@dataclass(frozen=True)
class Batch:
    """Everything learnt from one batch of images.

    vectors: (b, d) float32 of the encoder named by `fingerprint`, one for each of the b `keys`.
    refusals: the images that this encoder gave none.
    """

    images: Sequence[ImageRecord] = ()
    failures: Sequence[FailureRecord] = ()
    fingerprint: str = ""
    keys: Sequence[bytes] = ()
    vectors: np.ndarray | None = None
    refusals: Sequence[Refusal] = ()
