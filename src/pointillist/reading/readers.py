"""Who reads: threads of this process or, on many cores, processes."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import closing
from functools import partial

from pointillist.encoders.base import Encoder, has
from pointillist.images import Images
from pointillist.jobs import Job, outwaited
from pointillist.reading.ahead import ahead
from pointillist.reading.processes import Crew, Preparation, in_processes
from pointillist.reading.rows import Reading, Sources, Task, read
from pointillist.store import Store

CORES = 6
"""On fewer, threads are as quick."""
ROWS = 4000
"""Fewer are read by threads while the processes start, which takes 4 s."""


def readings(
    tasks: Sequence[Task],
    left: Iterator[Task],
    images: Images,
    encoder: Encoder,
    store: Store,
    *,
    begun: Collection[bytes],
    most: Callable[[], int],
    job: Job,
) -> Generator[Reading]:
    """The readings of the tasks, in the order in which `left` gives them.

    Args:
        most: says how many of them are read ahead, about; may load the model.
        begun: content keys whose vectors this run has begun to compute.
        job: when it is cancelled, the iteration ends by raising Cancelled.
    """
    work = partial(read, sources=Sources(images), encoder=encoder, store=store, begun=begun)
    crew = _crew(tasks, images, encoder, store, job)
    so_many = outwaited(most, job.check)
    by_threads = partial(ahead, work, threads=max(2, min(16, _cores())), most=so_many, check=job.check)
    if crew is not None:
        with closing(crew):
            with closing(by_threads(_until(left, lambda: crew.settled))) as before:
                yield from before
            if crew.able:
                with closing(in_processes(left, images, crew, most=so_many)) as apart:
                    yield from apart
    with closing(by_threads(left)) as here:
        yield from here


def _crew(tasks: Sequence[Task], images: Images, encoder: Encoder, store: Store, job: Job) -> Crew | None:
    """Processes that start to read, where that is worth their while and can be done."""
    if (
        _cores() < CORES
        or len(tasks) < ROWS
        or not has(encoder, "preparing")
        or store.path is None
        or images.boxes is not None  # those of one file share what one process has decoded
        or not all(_is_file(task) for task in tasks)
    ):
        return None
    try:
        crew = Crew(_cores() // 2, getattr(encoder, "needs", ""), job.check)
    except OSError:
        return None
    try:
        crew.begin(outwaited(partial(_preparation, encoder), job.check), store.path)
    except (pickle.PicklingError, AttributeError, TypeError):  # an encoder of the user's own that cannot be sent
        crew.close()
        return None
    except BaseException:
        crew.close()
        raise
    return crew


def _preparation(encoder: Encoder) -> Preparation:
    """Loads its model, if it has one."""
    return Preparation(encoder.name, encoder.fingerprint, encoder.input_px, encoder.preparing)  # type: ignore[attr-defined]


def _until(tasks: Iterator[Task], over: Callable[[], bool]) -> Iterator[Task]:
    """The tasks one after another, until something is over."""
    while not over():
        task = next(tasks, None)
        if task is None:
            return
        yield task


def _is_file(task: Task) -> bool:
    """Whether it lies at a path; what is in memory has no signature, a URL one of zeros."""
    return task.signature is not None and task.signature[1:] != (0, 0)


def _cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 2
