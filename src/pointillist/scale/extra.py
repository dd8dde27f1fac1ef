"""The two engines of the extra `scale`, imported when they are needed, or an error that says how to get them."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from pointillist.errors import EncoderError, StoreError

HOW = "Install with: pip install 'pointillist[scale]'"


def lance() -> Any:
    """The module lance.

    Raises:
        StoreError: it is not installed.
    """
    os.environ.setdefault("LANCE_LOG", "error")  # else it warns of every table that is not there yet
    try:
        return import_module("lance")
    except ImportError as error:
        raise StoreError(f"a .lance table needs the package pylance ({error}). {HOW}") from error


def ray() -> Any:
    """The module ray, sending nothing about its use to anybody and taking workers' environment as it is.

    Raises:
        EncoderError: it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Under `uv run`, Ray would otherwise send the whole working directory, images and all, to its workers.
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    try:
        import_module("ray.data")
        return import_module("ray")
    except ImportError as error:
        raise EncoderError(f"engine='ray' needs the package ray ({error}). {HOW}") from error
