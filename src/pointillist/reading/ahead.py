"""Working ahead: threads compute what is needed next while the caller works on what came before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

POLL_S = 0.1

T = TypeVar("T")
R = TypeVar("R")


def ahead(
    work: Callable[[T], R], tasks: Iterable[T], *, threads: int, most: int, check: Callable[[], None]
) -> Generator[R]:
    """The results of `work` in the order of the tasks, computed by `threads` threads at most `most` tasks ahead.

    `check` is called several times a second while waiting; what it raises, or what a task raises, ends the iteration.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="pointillist-read")
    left = iter(tasks)
    coming: deque[Future[R]] = deque()
    try:
        coming.extend(pool.submit(work, task) for task in islice(left, most))
        while coming:
            while not wait((coming[0],), timeout=POLL_S).done:
                check()
            check()
            yield coming.popleft().result()
            coming.extend(pool.submit(work, task) for task in islice(left, 1))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
