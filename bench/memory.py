"""How much memory is in use while something is measured."""

from __future__ import annotations

import threading
import time

import psutil


class Memory:
    """The highest resident memory of this process and its children, looked at now and then while it measures: a look
    goes through all processes of the machine, which takes time and Python's lock from what is measured."""

    def __init__(self, every_s: float = 0.5) -> None:
        self.peak_mb = 0.0
        self._every_s = every_s
        self.measuring = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        own = psutil.Process()
        while self.measuring.wait():
            total = 0
            for process in (own, *own.children(recursive=True)):
                try:
                    memory = process.memory_info()
                    total += memory.rss - (getattr(memory, "shared", 0) if process.pid != own.pid else 0)
                except psutil.NoSuchProcess:
                    continue
            self.peak_mb = max(self.peak_mb, total / 1e6)
            time.sleep(self._every_s)
