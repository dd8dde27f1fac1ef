"""Rows read in processes of their own: a lock that only one thread of a process can hold does not slow many cores.

Reading one row holds Python's lock for a quarter of its time. Photos of 500 px a second on an H200 machine, threads and
processes: on 4 cores 560 and 587, on 6 550 and 755, on 8 545 and 1,146, on 16 490 and 1,925 (`bench/readers.py`).

A process imports what it needs while the model is loaded, is told once how to read, then asked for chunks of rows. It
answers in their order, each answer preceded by its length, and ends when its parent does. Run as
`python -m pointillist.reading.processes torch`.
"""

from __future__ import annotations

import importlib
import pickle
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from pointillist import children
from pointillist.errors import DecodeError, SourceError
from pointillist.images import Images
from pointillist.reading.ahead import POLL_S
from pointillist.reading.rows import Reading, Sources, Task, read
from pointillist.store import FailureRecord, Store

if TYPE_CHECKING:
    import pandas as pd

THREADS = 2
"""In each process: as many images a second as with twice the processes, in half the memory."""
CHUNK = 16
_LENGTH = struct.Struct("<Q")

Asked = list[tuple[str, str, Task]]
"""Id, path and task of each row of a chunk."""


@dataclass(frozen=True, eq=False)
class Preparation:
    """What reading has to know of an encoder, in a form that can be pickled."""

    name: str
    fingerprint: str
    input_px: int
    prepare: Callable[[np.ndarray], np.ndarray]


class _Ended(Exception):
    """The process died over this chunk."""


def in_processes(tasks: Iterator[Task], images: Images, crew: Crew, *, most: int) -> Generator[Reading]:
    """The readings of the tasks, in order, about `most` of them ahead. A row that kills its process becomes a failure.

    Args:
        images: files, whole ones.

    Raises:
        SourceError: if all processes ended and the system lets no other start.
    """
    coming: deque[tuple[Asked, Future[list[Reading]]]] = deque()

    def ask() -> None:
        if chunk := list(islice(tasks, CHUNK)):
            asked = [(images.ids[task.row], str(images.cells[task.row]), task) for task in chunk]
            coming.append((asked, crew.ask(asked)))

    for _ in range(len(crew) + max(len(crew), most // CHUNK)):
        ask()
    while coming:
        asked, future = coming.popleft()
        readings = crew.result(future)
        ask()
        yield from _one_by_one(asked, crew) if readings is None else readings


def _one_by_one(asked: Asked, crew: Crew) -> Generator[Reading]:
    """The readings of rows one of which killed the process that read them."""
    for one in asked:
        readings = crew.result(crew.ask([one]))
        if readings is None:
            id_, _, task = one
            why = DecodeError("reading it ended the process that read it, most likely for want of memory", passing=True)
            readings = [Reading(task.row, failure=FailureRecord.of(id_, task.signature, why))]
        yield from readings


class Crew:
    """The processes, from their start on; a dead one is replaced when something is asked."""

    def __init__(self, processes: int, needs: str, check: Callable[[], None]) -> None:
        """
        Args:
            needs: a module that they import at once, "" for none.
            check: called several times a second while waiting; what it raises ends the waiting.

        Raises:
            OSError: if the system lets no process start.
        """
        self._needs, self._check = needs, check
        self._setup = b""
        self._processes: list[_Process] = []
        try:
            for _ in range(processes):
                self._processes.append(_Process(needs))
        except OSError:
            self.close()
            raise

    def begin(self, preparation: Preparation, store: Path) -> None:
        """Tell them how to read. store: its file; it knows the contents that have a vector."""
        self._setup = pickle.dumps((preparation, store))
        for process in self._processes:
            process.begin(self._setup)

    def __len__(self) -> int:
        return len(self._processes)

    @property
    def settled(self) -> bool:
        """Whether each of them can read now, or never will."""
        return all(process.ready.done() for process in self._processes)

    @property
    def able(self) -> bool:
        """Whether one of them can read."""
        return any(not process.ended for process in self._processes)

    def ask(self, asked: Asked) -> Future[list[Reading]]:
        """Give a chunk to the process with the least to do.

        Raises:
            SourceError: if all ended and the system lets no other start.
        """
        for place, process in enumerate(self._processes):
            if process.ended:
                with suppress(OSError):
                    self._processes[place] = _Process(self._needs)
                    self._processes[place].begin(self._setup)
        if not self.able:
            raise SourceError(
                "the processes that read the images ended, and the system lets no other start; what was done is kept"
            )
        alive = (process for process in self._processes if not process.ended)
        return min(alive, key=lambda process: process.waiting).ask(asked)

    def result(self, future: Future[list[Reading]]) -> list[Reading] | None:
        """What was read; None if the process died over it."""
        while not wait((future,), timeout=POLL_S).done:
            self._check()
        self._check()
        try:
            return future.result()
        except _Ended:
            return None

    def close(self) -> None:
        """End the processes, whatever they do."""
        for process in self._processes:
            process.kill()


class _Process:
    """One process. ready: done once it can read, or has ended. waiting: chunks it was asked for and has not given.
    ended: it died."""

    def __init__(self, needs: str) -> None:
        self.ready: Future[None] = Future()
        self.ended = False
        self._guard = threading.Lock()
        self._asked: deque[Future[list[Reading]]] = deque()
        self._process = children.start(__name__, needs, stderr=subprocess.DEVNULL, OMP_NUM_THREADS="1")
        assert self._process.stdin is not None and self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        threading.Thread(target=self._listen, name="pointillist-read", daemon=True).start()

    def begin(self, setup: bytes) -> None:
        self._send(setup)

    @property
    def waiting(self) -> int:
        return len(self._asked)

    def ask(self, asked: Asked) -> Future[list[Reading]]:
        future: Future[list[Reading]] = Future()
        with self._guard:
            if not self.ended:
                self._asked.append(future)
                self._send(pickle.dumps(asked))
                return future
        future.set_exception(_Ended())
        return future

    def kill(self) -> None:
        """Harmless when it has ended."""
        self._process.kill()
        self._process.wait()

    def _send(self, data: bytes) -> None:
        with suppress(OSError, ValueError):  # it died: the listener hears of it
            _send(self._to, data)

    def _listen(self) -> None:
        with self._from:
            while (data := _receive(self._from)) is not None:
                answer = pickle.loads(data)  # noqa: S301 -- of our own process
                if answer is None:
                    self.ready.set_result(None)
                elif isinstance(answer, Exception):
                    self._asked.popleft().set_exception(answer)
                else:
                    self._asked.popleft().set_result(answer)
        with self._guard:
            self.ended = True
        with suppress(OSError):  # what it did not take any more
            self._to.close()
        self._process.wait()
        if not self.ready.done():
            self.ready.set_result(None)
        for future in self._asked:
            future.set_exception(_Ended())


def _send(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes | None:
    """None at the end, also in the midst of an answer."""
    with suppress(OSError, ValueError):
        head = pipe.read(_LENGTH.size)
        if len(head) == _LENGTH.size:
            (length,) = _LENGTH.unpack(head)
            data = pipe.read(length)
            if len(data) == length:
                return data
    return None


def main() -> None:
    """The child's side."""
    questions, answers = children.heard(gives_way=False)
    sys.path.append("")  # an encoder of the user's own may lie beside the notebook; last, so that nothing is hidden
    if sys.argv[1]:
        importlib.import_module(sys.argv[1])
    setup = _receive(questions)
    if setup is None:
        return
    preparation, path = pickle.loads(setup)  # noqa: S301 -- of our parent
    store = Store.again(path)
    preparation.prepare(np.zeros((8, 8, 3), np.uint8))  # whatever is slow the first time
    _send(answers, pickle.dumps(None))
    with ThreadPoolExecutor(THREADS) as pool:
        while (question := _receive(questions)) is not None:
            answer: Any
            try:
                answer = _read(pickle.loads(question), preparation, store, pool)  # noqa: S301 -- of our parent
            except Exception as error:  # noqa: BLE001 -- it is raised again in the parent
                answer = error
            _send(answers, _pickled(answer))


def _pickled(answer: Any) -> bytes:
    """Errors of an encoder's own that cannot travel stay behind; their words do not."""
    try:
        return pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 -- pickling fails in any way
        if isinstance(answer, Exception):
            return pickle.dumps(RuntimeError(f"{answer!r} ({error})"))
        return pickle.dumps(
            [one if one.refused is None else replace(one, refused=replace(one.refused, error=None)) for one in answer]
        )


def _no_table() -> pd.DataFrame:
    raise NotImplementedError("nobody asks for it")


def _read(asked: Asked, preparation: Preparation, store: Store, pool: ThreadPoolExecutor) -> Sequence[Reading]:
    ids, paths, tasks = zip(*asked, strict=True)
    images = Images(_no_table, ids, ids, None, "", "", list(paths))
    one = partial(read, sources=Sources(images), encoder=preparation, store=store, begun=())
    here = [replace(task, row=row) for row, task in enumerate(tasks)]
    return [replace(reading, row=task.row) for reading, task in zip(pool.map(one, here), tasks, strict=True)]


if __name__ == "__main__":
    main()
