"""A few threads that answer slow questions, the newest first: what is on screen now comes before what was."""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import threading
from collections.abc import Callable

IDLE_S = 5.0

log = logging.getLogger(__name__)


class NewestFirst:
    """Runs tasks on up to `threads` daemon threads, urgent ones first, then the newest; idle threads end.

    An urgent one that finds all of them at work has a thread more: a picture may take a second.
    A task that raises is logged and harms no other.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._most = threads or min(4, max(2, os.cpu_count() or 2))
        self._condition = threading.Condition()
        self._tasks: list[tuple[bool, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._threads = 0
        self._idle = 0
        self._closed = False

    def submit(self, task: Callable[[], None], *, urgent: bool = False) -> None:
        """Run `task` soon; after `close` it is dropped."""
        with self._condition:
            if self._closed:
                return
            heapq.heappush(self._tasks, (not urgent, -next(self._number), task))
            if self._idle < len(self._tasks) and self._threads < self._most + urgent:
                self._threads += 1
                threading.Thread(target=self._work, name="pointillist-pixels", daemon=True).start()
            self._condition.notify()

    def close(self) -> None:
        """Drop what waits and let the threads end."""
        with self._condition:
            self._closed = True
            self._tasks.clear()
            self._condition.notify_all()

    @property
    def threads(self) -> int:
        """How many threads live now."""
        return self._threads

    def _work(self) -> None:
        while True:
            with self._condition:
                self._idle += 1
                self._condition.wait_for(lambda: self._tasks or self._closed, timeout=IDLE_S)
                self._idle -= 1
                if not self._tasks or (self._threads > self._most and self._tasks[0][0]):  # nothing, or nothing urgent
                    self._threads -= 1
                    self._condition.notify()  # what was meant for this one is another's
                    return
                _, _, task = heapq.heappop(self._tasks)
            try:
                task()
            except Exception:
                log.exception("a question's task failed")
