"""Background work: a named piece of work on its own thread, with progress, rate and cancel. Knows no widget."""

from __future__ import annotations

import logging
import threading
import traceback
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import Any, Literal, TypeVar

from pointillist.errors import Cancelled, PointillistError

State = Literal["running", "done", "failed", "cancelled"]
Kind = Literal["embedding", "loading", "other"]
"""Embedding counts images; while a model is loading a search may wait for it."""

NOTIFY_EVERY_S = 0.2
RATE_WINDOW_S = 5.0
RATE_NEEDS_S = 0.5

log = logging.getLogger(__name__)

T = TypeVar("T")


class Job:
    """One piece of work. The work calls `advance` and `check`; everybody else reads and may `cancel`.

    A job can be made by hand (`Job("embedding", total=100)`) for work that runs on the caller's own thread.
    `total` is 0 while unknown. `message` says in words what is going on, or why it failed.
    """

    def __init__(
        self, name: str, total: int = 0, *, kind: Kind = "other", changed: Callable[[Job], None] | None = None
    ) -> None:
        self.id = uuid.uuid4().hex[:12]
        self.name = name
        self.kind = kind
        self.state: State = "running"
        self.error: BaseException | None = None
        self._total = total
        self._done = 0
        self._message = ""
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._history: deque[tuple[float, int]] = deque()
        self._changed = changed or (lambda _job: None)

    @property
    def done(self) -> int:
        return self._done

    @property
    def total(self) -> int:
        return self._total

    @total.setter
    def total(self, total: int) -> None:
        self._total = total
        self._changed(self)

    @property
    def message(self) -> str:
        return self._message

    @message.setter
    def message(self, message: str) -> None:
        self._message = message
        self._changed(self)

    def advance(self, k: int = 1) -> None:
        """Count k more items as done."""
        with self._lock:
            self._done += k
            now = monotonic()
            self._history.append((now, self._done))
            while len(self._history) > 2 and self._history[1][0] <= now - RATE_WINDOW_S:
                self._history.popleft()
        self._changed(self)

    @property
    def rate(self) -> float | None:
        """Items per second over the last few seconds, start-up left out; None until that is known."""
        with self._lock:
            if not self._history:
                return None
            (t0, done0), (t1, done1) = self._history[0], self._history[-1]
        return (done1 - done0) / (t1 - t0) if t1 - t0 >= RATE_NEEDS_S and done1 > done0 else None

    @property
    def eta_s(self) -> float | None:
        """Seconds left at the current rate; None while the rate or the total is unknown."""
        rate = self.rate
        return max(0, self._total - self._done) / rate if rate and self._total else None

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Be called so during a part of the work that counts units of its own; the count begins anew after it."""
        whole, self.name = self.name, name
        try:
            yield
        finally:
            self.name = whole
        with self._lock:
            self._total = self._done = 0
            self._history.clear()
        self._changed(self)

    def cancel(self) -> None:
        """Ask the work to stop; it does so at its next `check`."""
        self._stop.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the work to stop."""
        return self._stop.is_set()

    def check(self) -> None:
        """Stop here if somebody asked to.

        Raises:
            Cancelled: if `cancel` was called.
        """
        if self._stop.is_set():
            raise Cancelled(f"{self.name} was cancelled after {self._done:,} of {self._total:,}")


class Jobs:
    """The running jobs of one collection.

    `on_change` is a list of callbacks, called with the job from one notifier thread: at most five times a second
    for one job, and always with its last state. A callback must not call `wait`.
    """

    def __init__(self) -> None:
        self.on_change: list[Callable[[Job], None]] = []
        self._condition = threading.Condition()
        self._running: dict[str, Job] = {}
        self._dirty: dict[str, Job] = {}
        self._notifier: threading.Thread | None = None

    def start(
        self,
        name: str,
        work: Callable[[Job], None],
        *,
        kind: Kind = "other",
        on_done: Callable[[Job], None] | None = None,
    ) -> Job:
        """Run `work(job)` on a daemon thread; `on_done(job)` follows on the same thread, whatever the outcome."""
        job = Job(name, kind=kind, changed=self._mark)
        with self._condition:
            self._running[job.id] = job
            self._dirty[job.id] = job
            if self._notifier is None:
                self._notifier = threading.Thread(target=self._notify, name="pointillist-notify", daemon=True)
                self._notifier.start()
            self._condition.notify_all()
        threading.Thread(target=self._run, args=(job, work, on_done), name=f"pointillist-{name}", daemon=True).start()
        return job

    def running(self) -> list[Job]:
        """The jobs that have not ended, oldest first."""
        with self._condition:
            return list(self._running.values())

    def cancel_all(self) -> None:
        """Ask every running job to stop."""
        for job in self.running():
            job.cancel()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until no job runs and every last state was delivered; False if `timeout` seconds pass first."""
        deadline = None if timeout is None else monotonic() + timeout
        with self._condition:
            while self._notifier is not None:
                left = 1.0 if deadline is None else min(1.0, deadline - monotonic())
                if left <= 0:
                    return False
                self._condition.wait(left)  # in slices: on Windows an endless wait swallows Ctrl-C
        return True

    def _run(self, job: Job, work: Callable[[Job], None], on_done: Callable[[Job], None] | None) -> None:
        try:
            work(job)
            job.state = "done"
        except Cancelled:
            job.state = "cancelled"
        except BaseException as error:  # noqa: BLE001 - a thread has no caller: the job carries the error to whoever looks
            job.error = error
            job._message = str(error) or type(error).__name__
            job.state = "failed"
        try:
            if on_done is not None:
                on_done(job)
        except Exception:
            log.exception("on_done of %s failed", job.name)
        with self._condition:
            del self._running[job.id]
            self._dirty[job.id] = job
            self._condition.notify_all()

    def _mark(self, job: Job) -> None:
        with self._condition:
            self._dirty[job.id] = job
            self._condition.notify_all()

    def _notify(self) -> None:
        told: dict[str, float] = {}
        while True:
            with self._condition:
                due = self._due(told)
                while not due:
                    if not self._running and not self._dirty:
                        self._notifier = None
                        self._condition.notify_all()
                        return
                    self._condition.wait(NOTIFY_EVERY_S if self._dirty else None)
                    due = self._due(told)
                for job in due:
                    del self._dirty[job.id]
                    told[job.id] = monotonic()
            for job in due:
                for callback in list(self.on_change):
                    try:
                        callback(job)
                    except Exception:
                        log.exception("a listener to %s failed", job.name)

    def _due(self, told: dict[str, float]) -> list[Job]:
        """Changed jobs that may be told now: ended ones, and running ones not told in the last interval."""
        now = monotonic()
        return [
            job
            for job in self._dirty.values()
            if job.id not in self._running or now - told.get(job.id, -NOTIFY_EVERY_S) >= NOTIFY_EVERY_S
        ]


def outwaited(work: Callable[[], T], check: Callable[[], None] = lambda: None) -> T:
    """What `work` gives, which nothing can stop, such as an import, on a thread of its own. Where `check` raises, or
    Ctrl-C comes, the wait is over, and the work goes on.

    Raises:
        Whatever `work` or `check` raises.
    """
    found: list[T] = []
    errors: list[BaseException] = []
    ended = threading.Event()

    def done() -> None:
        try:
            found.append(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where one waits
            errors.append(error)
        ended.set()

    threading.Thread(target=done, name="pointillist-outwaited", daemon=True).start()
    try:
        while not ended.wait(0.05):
            check()
    except KeyboardInterrupt as stopped:
        vars(stopped)["_render_traceback_"] = partial(_in_few_words, stopped)
        raise
    if errors:
        raise errors[0]
    return found[0]


def _in_few_words(stopped: BaseException) -> list[str]:
    """The lines that IPython prints in place of its own traceback, for which it would import a hundred modules beside
    the work, which goes on importing too: that took a second and more."""
    frames = stopped.__traceback__ and stopped.__traceback__.tb_next  # less IPython's own
    return "".join(traceback.format_exception(type(stopped), stopped, frames)).splitlines()


def check_job(job: Any) -> None:
    """Nothing, unless it is no job; None leaves it out.

    Raises:
        PointillistError: if it is something else.
    """
    if job is not None and not isinstance(job, Job):
        raise PointillistError(f"job={job!r}: give a pointillist.jobs.Job, which can be cancelled, or None")


def check_callback(given: Any, argument: str) -> None:
    """Nothing, unless it cannot be called; None leaves it out.

    Raises:
        PointillistError: if it cannot.
    """
    if given is not None and not callable(given):
        raise PointillistError(f"{argument}={given!r}: give a function, which is told how far the work is, or None")


def told_by(job: Job | None) -> Callable[[int, int], None] | None:
    """A callback that tells a job the units done and their total, and raises Cancelled where it was cancelled."""
    if job is None:
        return None

    def told(done: int, total: int) -> None:
        job.check()
        job.total = total
        job.advance(done - job.done)

    return told
