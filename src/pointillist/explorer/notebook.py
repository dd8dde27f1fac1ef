"""Which notebook this kernel runs for."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any


def notebook() -> str | None:
    """The notebook's file as its editor names it; None where none does: in plain Python, a console, a test.

    VS Code puts the path into the user's variables, Jupyter Server into the kernel's environment. That is inherited by
    what a kernel starts, so it counts in a kernel only; a console's name has no ending.
    """
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if getattr(shell, "kernel", None) is None:
        return None
    name = shell.user_ns.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    return name if isinstance(name, str) and Path(name).suffix else None
