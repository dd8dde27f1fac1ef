"""What the page has to load of each widget, in bytes and gzipped, all its files together."""

from __future__ import annotations

import gzip
import importlib.metadata
import importlib.util
import json
from pathlib import Path
from typing import Any

from server import SOURCE


def bundle_of(name: str) -> dict[str, Any]:
    """`version`, `bytes` and `gzip` of a widget; `wire` is what it takes inside a JSON message, where it travels so."""
    adapter = importlib.import_module(f"adapters.{name}").Adapter()
    package = _folder(adapter.module.split(".")[0])
    contents = [path.read_bytes() for path in adapter.bundle_files(package)]
    return {
        "version": _version(adapter.distribution),
        "bytes": sum(map(len, contents)),
        "gzip": sum(len(gzip.compress(content, 9)) for content in contents),
        "wire": sum(len(json.dumps(content.decode(), ensure_ascii=False).encode()) for content in contents),
    }


def _folder(module: str) -> Path:
    ours = SOURCE / module
    if ours.is_dir():
        return ours
    spec = importlib.util.find_spec(module)
    assert spec is not None and spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations)))


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "from src/"
