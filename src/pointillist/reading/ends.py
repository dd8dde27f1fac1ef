"""The order of a run, which another process may be at too."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from pointillist.reading.rows import Task

MADE = 32
"""So many rows on end that have a vector by now: another process goes the same way, ahead of this one."""


class BothEnds(Iterator[Task]):
    """The tasks in order; those left from the other end each time that another process is found to be ahead.

    So two that go over the same images share what is left, and meet.
    """

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._left = deque(tasks)
        self._backward = False
        self._taken = self._seen = self._turned_at = self._made = 0

    def __next__(self) -> Task:
        if not self._left:
            raise StopIteration
        self._taken += 1
        return self._left.pop() if self._backward else self._left.popleft()

    def saw(self, *, made: bool) -> None:
        """To be told of each task in the order taken, whether it was made already: those taken before the last turn do
        not count."""
        self._seen += 1
        self._made = self._made + 1 if made and self._seen > self._turned_at else 0
        if self._made >= MADE:
            self._backward, self._turned_at, self._made = not self._backward, self._taken, 0
