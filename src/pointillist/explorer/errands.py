"""Work on top of the stages of a flow: layouts and encoders that were asked for, questions that take a while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

from pointillist.errors import Cancelled
from pointillist.jobs import Job, Jobs, Kind

Result = TypeVar("Result")


class Errands:
    """What runs beside the stages and is listed after them. Safe from many threads."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._kept: dict[str, tuple[Job, Callable[[], None]]] = {}
        self._attended: list[Job] = []
        self._lock = threading.Lock()

    def all(self) -> list[Job]:
        """In the order they are listed in."""
        return [*(job for job, _ in list(self._kept.values())), *self._attended]

    def ids(self, *, but: Iterable[str] = ()) -> set[str]:
        """The ids of all, but for those under these keys."""
        kept = {job.id for key, (job, _) in list(self._kept.items()) if key not in but}
        return kept | {job.id for job in list(self._attended)}

    def retry(self, run: str) -> None:
        """Do one again that has ended."""
        for job, again in list(self._kept.values()):
            if job.id == run and job.state != "running":
                again()

    def run(
        self,
        key: str,
        title: str,
        work: Callable[[Job], None],
        again: Callable[[], None],
        on_done: Callable[[Job], None] | None = None,
        kind: Kind = "other",
    ) -> Job:
        """Do something, listed in place of what was last done under this key."""
        with self._lock:
            self._kept.pop(key, None)  # the latest comes last
            job = self._jobs.start(title, work, kind=kind, on_done=on_done)
            self._kept[key] = job, again
        return job

    def run_once(self, key: str, title: str, work: Callable[[Job], None], again: Callable[[], None]) -> None:
        """Do something unless it is being done under this key."""
        with self._lock:
            running = self._kept.get(key)
            if running is None or running[0].state != "running":
                self._kept[key] = self._jobs.start(title, work), again

    def attend(
        self, title: str, work: Callable[[Job], Result], check: Callable[[], None], kind: Kind = "other"
    ) -> Result:
        """Do `work` as a run that is listed while it lasts, and wait for what it returns; `check` raises what ends the
        wait, and the work with it.

        Raises:
            Cancelled: if the run was cancelled.
        """
        results: list[Result] = []
        ended = threading.Event()

        def done(job: Job) -> None:
            with self._lock:
                self._attended.remove(job)
            ended.set()

        with self._lock:
            job = self._jobs.start(title, lambda job: results.append(work(job)), kind=kind, on_done=done)
            self._attended.append(job)
        while not ended.wait(0.05):
            try:
                check()
            except Cancelled:
                job.cancel()
                raise
        if job.error is not None:
            raise job.error
        if job.state == "cancelled":
            raise Cancelled(f"{title} was cancelled")
        return results[0]
