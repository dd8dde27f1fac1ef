"""One writer for the traits that the kernel owns: many threads say what changed, one sends what is true by then."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import monotonic

GATHER_S = 0.05
MOST_GATHERED = 10
RESTS = 20
"""Of one at rest: so many times as long as the last writing took, no other begins."""

log = logging.getLogger(__name__)


class Outbox:
    """Gathers names of changed traits and hands them to `write` from one thread, which lives while there are any.

    `write` is called by one thread at a time, in the order of the changes: `gather_s` after the first of them, or, of
    one `at_rest`, once there were none for so long, or for RESTS times as long as it took the last time, if that is
    longer; MOST_GATHERED times as long after the first it is called anyway.
    """

    def __init__(self, write: Callable[[set[str]], None], gather_s: float = GATHER_S, *, at_rest: bool = False) -> None:
        self._write = write
        self._gather_s = gather_s
        self._at_rest = at_rest
        self._took_s = 0.0
        self._marked = 0
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._changed: set[str] = set()
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()
        self._hurry = threading.Event()

    def mark(self, *names: str) -> None:
        """These traits have to be sent again, soon."""
        with self._lock:
            self._changed.update(names)
            self._marked += 1
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(target=self._run, name="pointillist-outbox", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Send now, on this thread, what waits."""
        with self._writing:
            with self._lock:
                changed, self._changed = self._changed, set()
            if changed and not self._closed.is_set():
                began = monotonic()
                self._write(changed)
                self._took_s = monotonic() - began

    def close(self) -> None:
        """Send nothing more."""
        self._closed.set()
        self._hurry.set()

    def finish(self, wait_s: float) -> None:
        """Send now what waits, on the thread that would have, and nothing more; wait for it so long and no longer."""
        self._hurry.set()
        thread = self._thread
        if thread is not None:
            thread.join(wait_s)
        self.close()

    def _run(self) -> None:
        while True:
            self._gather()
            try:
                self.flush()
            except Exception:
                log.exception("the widget's state could not be sent")
            with self._lock:
                if not self._changed or self._closed.is_set():
                    self._thread = None
                    return

    def _gather(self) -> None:
        wait_s = max(self._gather_s, RESTS * self._took_s) if self._at_rest else self._gather_s
        for _ in range(MOST_GATHERED if self._at_rest else 1):
            marked = self._marked
            self._hurry.wait(wait_s)
            if marked == self._marked:
                return
