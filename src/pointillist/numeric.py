"""What counts as a number where one is asked for: Python's and NumPy's, and no truth values."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, TypeGuard

import numpy as np

from pointillist.errors import PointillistError


def is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, Integral) and not isinstance(value, bool | np.timedelta64)


def is_number(value: Any) -> TypeGuard[float]:
    """A real one, which may be NaN or infinite."""
    return isinstance(value, Real) and not isinstance(value, bool | np.timedelta64)


def on_cpu(values: Any) -> Any:
    """A torch tensor, on whatever device, with or without a gradient, as float32 in memory; all else as it is."""
    return values.detach().cpu().float() if hasattr(values, "detach") else values


def check_workers(workers: Any, refused: type[PointillistError]) -> None:
    """Nothing, unless it is no number of workers; None leaves the number open.

    Raises:
        refused: if it is no whole number from 1 up.
    """
    if workers is not None and not (is_whole(workers) and workers >= 1):
        raise refused(f"workers={workers!r}: there must be at least one, as a whole number, or None for as many as fit")


def checked_seed(seed: Any, refused: type[PointillistError]) -> int:
    """A seed for random choices.

    Raises:
        refused: if it is no whole number from 0 to 2³² - 1.
    """
    if not is_whole(seed) or not 0 <= seed < 2**32:
        raise refused(f"seed={seed!r}: give a whole number from 0 to 4,294,967,295")
    return int(seed)
