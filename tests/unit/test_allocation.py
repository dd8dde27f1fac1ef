"""What a model's layers free is taken again without asking the system for it."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

LAYERS = """
import resource
import sys
from threading import Thread

import numpy as np

from pointillist.encoders.allocation import keep_freed_memory

if sys.argv[1] == "keep":
    keep_freed_memory()
faults = []

def layers():
    for _ in range(6):
        before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
        some = [np.ones(10_000_000, np.uint8) for _ in range(4)]
        del some
        faults.append(resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before)

thread = Thread(target=layers)
thread.start()
thread.join()
print(*faults)
"""


def faults(way: str, **more: str) -> list[int]:
    """The pages that each of six rounds of four pieces of 10 MB had to be given."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    command = [sys.executable, "-c", LAYERS, way]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env={**plain, **more}).stdout
    return [int(word) for word in said.split()]


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="another C library than glibc"
)
def test_what_is_freed_is_kept_for_the_next_layer() -> None:
    kept = faults("keep")
    assert kept[0] > 5
    assert max(kept[2:]) <= kept[0] / 10
    tuned = faults("keep", MALLOC_TRIM_THRESHOLD_="0")  # the caller knows better
    assert min(tuned[2:]) > kept[0] / 10
