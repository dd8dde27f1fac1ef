"""What counts as a number where one is asked for: Python's and NumPy's, and no truth values."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, TypeGuard

import numpy as np


def is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, Integral) and not isinstance(value, bool | np.timedelta64)


def is_number(value: Any) -> TypeGuard[float]:
    """A real one, which may be NaN or infinite."""
    return isinstance(value, Real) and not isinstance(value, bool | np.timedelta64)
