"""One thread of this process computes on a store at a time, so that two cells never make the same thing twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pointillist.jobs import Job

_LOOK_S = 0.2

_turns: dict[str, threading.RLock] = {}
_guard = threading.Lock()


class Turns:
    """The right to compute on one store; `place` names it. A thread may take its turn again inside its turn."""

    def __init__(self, place: str) -> None:
        with _guard:
            self._lock = _turns.setdefault(place, threading.RLock())

    @contextmanager
    def take(self, job: Job | None = None) -> Iterator[None]:
        """Wait for the turn and hold it.

        Raises:
            Cancelled: if `job` is cancelled while waiting.
        """
        while not self._lock.acquire(timeout=_LOOK_S):
            if job is not None:
                job.check()
        try:
            yield
        finally:
            self._lock.release()
