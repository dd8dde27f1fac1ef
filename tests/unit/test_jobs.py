"""Background work: progress, rate, cancel, and what listeners hear."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from pointillist import jobs as jobs_module
from pointillist.errors import Cancelled
from pointillist.jobs import Job, Jobs, outwaited


class Clock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(jobs_module, "monotonic", clock)
    return clock


def test_rate_is_that_of_the_last_seconds(clock: Clock) -> None:
    job = Job("embedding", total=1000)
    assert job.rate is None
    assert job.eta_s is None
    for _ in range(100):  # 10 s at 10 a second
        clock.now += 0.1
        job.advance(1)
    assert job.rate == pytest.approx(10)
    assert job.eta_s == pytest.approx(90)
    for _ in range(100):  # 10 s at 40 a second: the slow start is forgotten
        clock.now += 0.1
        job.advance(4)
    assert job.rate == pytest.approx(40)
    assert job.done == 500
    assert job.eta_s == pytest.approx(12.5)


def test_time_to_start_is_not_in_the_rate(clock: Clock) -> None:
    job = Job("embedding", total=100)
    clock.now += 20  # a model is loaded
    job.advance(5)
    assert job.rate is None
    clock.now += 1
    job.advance(5)
    assert job.rate == pytest.approx(5)


def test_no_eta_without_a_total(clock: Clock) -> None:
    job = Job("scan")
    job.advance(5)
    clock.now += 1
    job.advance(5)
    assert job.rate == pytest.approx(5)
    assert job.eta_s is None


def test_check_raises_once_cancelled() -> None:
    job = Job("embedding", total=10)
    job.check()
    job.cancel()
    assert job.cancelled
    with pytest.raises(Cancelled, match="embedding was cancelled after 0 of 10"):
        job.check()


def test_work_runs_to_its_end_and_on_done_follows() -> None:
    jobs, ended = Jobs(), []

    def work(job: Job) -> None:
        job.total = 3
        for _ in range(3):
            job.advance()

    job = jobs.start("count", work, on_done=lambda job: ended.append(job.state))
    assert jobs.wait(10)
    assert (job.state, job.done, job.total, job.error) == ("done", 3, 3, None)
    assert ended == ["done"]
    assert jobs.running() == []


def test_a_failure_is_kept_with_its_words() -> None:
    def work(job: Job) -> None:
        raise ValueError("no such thing")

    jobs = Jobs()
    job = jobs.start("fail", work)
    assert jobs.wait(10)
    assert job.state == "failed"
    assert job.message == "no such thing"
    assert isinstance(job.error, ValueError)


def test_cancel_all_stops_work_that_checks() -> None:
    jobs, begun = Jobs(), threading.Barrier(3)

    def work(job: Job) -> None:
        begun.wait(10)
        while True:
            job.check()

    started = [jobs.start(name, work) for name in ("a", "b")]
    begun.wait(10)
    assert [job.name for job in jobs.running()] == ["a", "b"]
    jobs.cancel_all()
    assert jobs.wait(10)
    assert [job.state for job in started] == ["cancelled", "cancelled"]


def test_wait_gives_up_after_its_time() -> None:
    jobs, go_on = Jobs(), threading.Event()
    jobs.start("stuck", lambda job: go_on.wait(10) and None)
    assert not jobs.wait(0.05)
    go_on.set()
    assert jobs.wait(10)


def test_listeners_hear_at_most_five_times_a_second_and_always_the_end() -> None:
    jobs = Jobs()
    heard: list[tuple[str, int]] = []
    jobs.on_change.append(lambda job: heard.append((job.state, job.done)))

    def work(job: Job) -> None:
        for _ in range(20_000):
            job.advance()

    began = jobs_module.monotonic()
    jobs.start("many", work)
    assert jobs.wait(30)
    seconds = jobs_module.monotonic() - began
    assert heard[-1] == ("done", 20_000)
    assert len(heard) <= 2 + seconds / jobs_module.NOTIFY_EVERY_S


def test_the_last_progress_before_a_long_step_is_heard() -> None:
    jobs, heard, go_on = Jobs(), threading.Event(), threading.Event()
    jobs.on_change.append(lambda job: heard.set() if job.done == 2 else None)

    def work(job: Job) -> None:
        job.advance()
        job.advance()
        go_on.wait(10)

    jobs.start("steps", work)
    assert heard.wait(10)
    go_on.set()
    assert jobs.wait(10)


def test_a_failing_listener_or_on_done_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    jobs, heard = Jobs(), []

    def fail(job: Job) -> None:
        raise RuntimeError("listener")

    jobs.on_change += [fail, lambda job: heard.append(job.state)]
    job = jobs.start("work", lambda job: None, on_done=fail)
    assert jobs.wait(10)
    assert job.state == "done"
    assert heard[-1] == "done"
    assert "listener" in caplog.text


def test_jobs_can_be_started_again_after_a_pause() -> None:
    jobs = Jobs()
    for _ in range(20):
        job = jobs.start("short", lambda job: None)
        assert jobs.wait(10)
        assert job.state == "done"


def test_what_cannot_be_stopped_goes_on_when_nobody_waits_for_it_any_more() -> None:
    job, go, done = Job("loading"), threading.Event(), threading.Event()

    def work() -> None:
        job.cancel()
        assert go.wait(30)
        done.set()

    with pytest.raises(Cancelled):
        outwaited(work, job.check)
    go.set()
    assert done.wait(30)


def test_what_fails_while_one_waits_is_raised_there() -> None:
    def work() -> None:
        raise ValueError("no weights")

    with pytest.raises(ValueError, match="no weights"):
        outwaited(work, lambda: None)
    outwaited(lambda: None, Job("loading").check)


def test_ipython_imports_nothing_to_print_that_a_wait_was_interrupted() -> None:
    """Its own traceback would, beside the work, which goes on importing."""
    code = """
import sys
from IPython.core.interactiveshell import InteractiveShell

def interrupted():
    raise KeyboardInterrupt

shell = InteractiveShell.instance(colors="nocolor")
before = set(sys.modules)
shell.push({"interrupted": interrupted})
shell.run_cell("import threading; from pointillist.jobs import outwaited")
shell.run_cell("outwaited(threading.Event().wait, interrupted)  # my cell")
print(sorted({"executing", "pygments.lexers", "stack_data"} & (set(sys.modules) - before)))
"""
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert printed.stdout.splitlines()[-1:] == ["[]"], printed.stderr
    assert "  # my cell" in printed.stdout
    assert "\nKeyboardInterrupt\n" in printed.stdout
    assert "\n\n" not in printed.stdout
    assert "run_code" not in printed.stdout
