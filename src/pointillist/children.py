"""Processes of our own: this Python with this path, out of reach of the interrupts that a notebook sends its kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import IO


def start(module: str, *arguments: str, stderr: int | IO[bytes], **environment: str) -> subprocess.Popen[bytes]:
    """Run `python -m module arguments…` with pipes to its standard input and output.

    Never by multiprocessing, which would run the user's own script again in every child where it starts them afresh.

    Args:
        environment: variables to set or change.

    Raises:
        OSError: if the system lets no process start.
    """
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env={**os.environ, "PYTHONPATH": paths, **environment},
        start_new_session=True,  # Jupyter interrupts the kernel's whole process group
    )
