"""Workers as Ray Data actors, on this machine or on a cluster: shares of the images in, what they wrote out."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import warnings
from collections.abc import Generator
from pathlib import Path
from queue import Empty, Queue
from time import monotonic
from typing import Any

from pointillist.encoders.base import Encoder
from pointillist.errors import EncoderError
from pointillist.jobs import Job
from pointillist.scale.extra import ray
from pointillist.scale.table import Dtype
from pointillist.scale.worker import Worker

CORES_EACH = 4
"""Of a CPU worker when nobody says how many workers: decoding and a small model keep about so many busy."""

ANSWER_S = 10.0
POLL_S = 0.1
LISTEN_S = 0.4
"""How often a worker asks whether it is to stop."""
GRACE_S = 2.0
"""How long a run that was stopped waits for what its workers have done of the shares they are at."""


def join() -> None:
    """Connect to the cluster that RAY_ADDRESS names, or to the one on this machine, or start one here.

    A program that called ray.init itself keeps what it said there.

    Raises:
        EncoderError: RAY_ADDRESS names no cluster, or one that does not let this program in.
    """
    module = ray()
    if module.is_initialized():
        return
    address = os.environ.get("RAY_ADDRESS", "")
    named: dict[str, Any] = {}
    where = f"RAY_ADDRESS={address!r}"
    if address:
        _must_answer(address)
    else:
        named["include_dashboard"] = False
        where = _noted()
        if where and not _answers(where):  # Ray itself would try for minutes
            named["address"], where = "local", ""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "lance is not fork-safe")  # Ray's processes are programs of their own
            module.init(**named)
    except Exception as error:
        if not where:
            raise
        raise EncoderError(
            f"the Ray cluster at {where} does not let this program in ({error}). One that asks for a token wants "
            "RAY_AUTH_MODE=token, and its token in RAY_AUTH_TOKEN or ~/.ray/auth_token; see that Ray and Python are of "
            "the same version here and there"
        ) from error


def _noted() -> str:
    """The address of the cluster that `ray start` began on this machine, alive or not, which Ray joins by itself."""
    system = "/tmp" if os.name == "posix" else tempfile.gettempdir()  # as Ray has it
    note = Path(os.environ.get("RAY_TMPDIR") or system) / "ray" / "ray_current_cluster"
    try:
        return note.read_text().strip()
    except OSError:
        return ""


def _must_answer(address: str) -> None:
    """Raises EncoderError where nobody can be at this address; Ray itself would try for minutes."""
    if address.startswith("ray://"):
        raise EncoderError(
            f"RAY_ADDRESS={address!r}: Ray Data does not run by way of ray://. Start this program on a machine of the "
            "cluster, with RAY_ADDRESS=auto or HOST:6379 of its head"
        )
    if not _answers(address):
        raise EncoderError(
            f"no Ray cluster answers at RAY_ADDRESS={address!r}; without RAY_ADDRESS the workers run on this machine"
        )


def _answers(address: str) -> bool:
    """False where it is HOST:PORT and nobody listens there."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        try:
            socket.create_connection((host.strip("[]"), int(port)), ANSWER_S).close()
        except OSError:
            return False
    return True


def workers_here() -> int:
    """How many workers the cluster has room for: one for each GPU, else one for every CORES_EACH cores."""
    have = ray().cluster_resources()
    return int(have.get("GPU", 0)) or max(1, int(have.get("CPU", 1)) // CORES_EACH)


def answers(
    shares: list[Any], encoder: Encoder, place: str, dtype: Dtype, *, workers: int, job: Job
) -> Generator[dict[str, Any]]:
    """What `Worker` says to each share, in the order in which they are done; a share whose worker dies goes to another.

    Args:
        shares: Arrow tables with a column `uri`.
        job: cancelling it ends the iteration, as Ctrl-C does: each worker stops between two batches and gives what it
            has of its share; what comes within GRACE_S is among the answers. Then the workers go.
    """
    module = ray()
    have = module.cluster_resources()
    gpus = 1 if have.get("GPU", 0) >= workers else 0
    cores = max(1, min(16, int(have.get("CPU", 1)) // workers))
    bell = module.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Bell).remote()
    context = module.data.DataContext.get_current()
    context.enable_progress_bars = False
    made = module.data.from_arrow(shares).map_batches(
        Worker,
        fn_constructor_args=(encoder, place, dtype, Listening(bell)),
        batch_size=None,
        batch_format="pyarrow",
        compute=module.data.ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=2),
        num_cpus=1 if gpus else cores,
        num_gpus=gpus,
    )
    coming: Queue[Any] = Queue()
    over = threading.Event()
    threading.Thread(target=_pull, args=(made, coming, over), name="pointillist-ray", daemon=True).start()
    ended: BaseException | None = None
    until = float("inf")
    try:
        while monotonic() < until:
            try:
                if ended is None:
                    job.check()
                got = coming.get(timeout=POLL_S)
            except Empty:
                continue
            except BaseException as error:
                if ended is not None:  # twice means now
                    raise
                ended, until = error, monotonic() + GRACE_S
                bell.ring.remote()
                continue
            if isinstance(got, module.exceptions.RayError):
                said = str(got).strip().splitlines()[-1]
                raise EncoderError(f"a worker failed: {said}") from got
            if isinstance(got, BaseException):
                raise got
            if got is None:
                break
            yield from got
        if ended is not None:
            raise ended
    finally:
        over.set()
        bell.ring.remote()


def _pull(made: Any, coming: Queue[Any], over: threading.Event) -> None:
    """Put what the workers answer into a queue, None at the end; the workers go when it ends, or once it is `over`."""
    try:
        for batch in made.iter_batches(batch_size=None, batch_format="pyarrow"):
            coming.put(batch.to_pylist())
            if over.is_set():
                break
        coming.put(None)
    except BaseException as error:  # noqa: BLE001 - a thread has no caller: whoever takes it from the queue raises it
        coming.put(error)


class Bell:
    """An actor that says whether the run was stopped. It stands on any machine of the cluster, and again on another
    where that one goes away: workers who find nobody take the run for over, and leave what is left undone."""

    def __init__(self) -> None:
        self._rung = False

    def ring(self) -> None:
        self._rung = True

    def has_rung(self) -> bool:
        return self._rung


class Listening:
    """Whether the bell has rung, asked at most every LISTEN_S; True also when nobody is there to ring it."""

    def __init__(self, bell: Any) -> None:
        self._bell = bell
        self._next = 0.0
        self._heard = False

    def __call__(self) -> bool:
        if not self._heard and monotonic() >= self._next:
            module = ray()
            try:
                self._heard = bool(module.get(self._bell.has_rung.remote()))
            except module.exceptions.RayError:
                self._heard = True
            self._next = monotonic() + LISTEN_S
        return self._heard
