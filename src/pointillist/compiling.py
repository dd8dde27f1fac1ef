"""Functions compiled by numba, kept on disk where it can be written to, else compiled in each process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(*signature: str, **options: Any) -> Callable[[Any], Any]:
    """`numba.njit(signature, cache=True, …)`, which raises in a container whose packages and home are read-only."""

    def compile_(function: Any) -> Any:
        njit: Any = numba.njit
        try:
            return njit(*signature, cache=True, **options)(function)
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
        return njit(*signature, **options)(function)

    return compile_
