"""Where a collection's store lies when the user does not say."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path


def cache_path(identity: str) -> Path:
    """The file for the collection named `identity`, in the user's cache directory or in POINTILLIST_CACHE.

    Raises:
        RuntimeError: if the system knows no home directory for this user.
    """
    last = re.split(r"[/\\]+", identity.rstrip("/\\"))[-1]
    slug = re.sub(r"[^\w.-]+", "-", last).strip("-.")[:40] or "images"
    digest = hashlib.blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return _cache_dir() / f"{slug}-{digest}.sqlite"


def _cache_dir() -> Path:
    if chosen := os.environ.get("POINTILLIST_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "pointillist"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "pointillist"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pointillist"
