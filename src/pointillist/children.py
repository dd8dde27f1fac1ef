"""Processes of our own: this Python with this path, out of reach of the interrupts that a notebook sends its kernel.

A `Child` is asked one thing, tells how far it is, and answers; messages are a word and arrays, as bytes after a line
that names them. It ends when its parent does: what it writes then is refused.
"""

from __future__ import annotations

import io
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, Self

import numpy as np

_LOOK_S = 0.1

Arrays = dict[str, np.ndarray]
Sent = np.ndarray | np.generic | float
Heard = Callable[[str, Arrays], None]
"""Takes the word and the arrays of a message."""

_News = tuple[str, Arrays] | Exception | None
"""A message, what went wrong in this process, or the end."""


def start(module: str, *arguments: str, stderr: int | IO[bytes], **environment: str) -> subprocess.Popen[bytes]:
    """Run `python -m module arguments…` with pipes to its standard input and output.

    Never by multiprocessing, which would run the user's own script again in every child where it starts them afresh.

    Args:
        environment: variables to set or change.

    Raises:
        OSError: if the system lets no process start.
    """
    paths = os.pathsep.join(path for path in sys.path if path and isinstance(path, str))  # Python skips others too
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONSAFEPATH": "1", **environment},  # no random.py beside a notebook
        start_new_session=True,  # Jupyter interrupts the kernel's whole process group
    )


class Ended(Exception):
    """The process ended without an answer; `killed` by its owner, or `why`, with its last words."""

    def __init__(self, why: str, said: list[str], *, killed: bool) -> None:
        super().__init__(why)
        self.why, self.said, self.killed = why, said, killed


class Child:
    """One process for one question. Starts on creation; `kill` may be called from any thread at any time.

    Raises:
        OSError: on creation, if the system lets no process start.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        self._module = module
        self._killed = self._asked = False
        self._closing = threading.Lock()
        self._said = _notes()
        try:
            self._process = start(module, *arguments, stderr=self._said)
        except OSError:
            self._said.close()
            raise

    def ask(self, hear: Heard | None = None, **arrays: Sent) -> Arrays:
        """Send the arrays, and wait for those of the answer.

        Args:
            hear: called in this thread with each message before the answer, and with "" and nothing several times a
                second while none comes; what it raises is passed on.

        Raises:
            Ended: if there was no answer.
            TypeError: if something is no number, nor an array of numbers.
        """
        news: queue.SimpleQueue[_News] = queue.SimpleQueue()
        self._asked = True
        threading.Thread(
            target=self._converse, args=(arrays, news), name=f"pointillist {self._module}", daemon=True
        ).start()
        while True:
            word, found = "", Arrays()
            with suppress(queue.Empty):
                message = news.get(timeout=_LOOK_S)
                if message is None:
                    raise self._ended()
                if isinstance(message, Exception):
                    raise message
                word, found = message
            if word == "answer":
                return found
            if hear is not None:
                hear(word, found)

    def kill(self) -> None:
        """End the process, whatever it does. Harmless when it has ended."""
        self._killed = True
        self._process.kill()
        self._process.wait()
        with self._closing:
            if not self._asked:  # else the conversing thread closes them
                for pipe in (self._process.stdin, self._process.stdout):
                    if pipe is not None:
                        pipe.close()
            self._said.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def _converse(self, arrays: dict[str, Sent], news: queue.SimpleQueue[_News]) -> None:
        asking, answering = self._process.stdin, self._process.stdout
        assert asking is not None and isinstance(answering, io.BufferedReader)
        try:
            with answering, suppress(OSError, ValueError):  # it died: a closed pipe, or half an answer
                with asking:
                    put(asking, "question", **arrays)
                while (message := get(answering)) is not None:
                    news.put(message)
        except Exception as error:  # noqa: BLE001 - it is raised where one waits
            news.put(error)
        news.put(None)

    def _ended(self) -> Ended:
        if self._killed:
            return Ended("was stopped", [], killed=True)
        code = self._process.wait()
        self._said.seek(0)
        last = self._said.read().decode("utf-8", "replace").splitlines()[-30:]
        why = "was killed, most likely for want of memory" if code == -9 else f"ended with code {code}"
        if last and code > 0:
            why = f"{why}: {last[-1]}"
        return Ended(why, last, killed=False)


def _notes() -> IO[bytes]:
    """A file for its last words, or where they go unread: no place to write to is no reason not to work."""
    try:
        return tempfile.TemporaryFile()
    except OSError:
        return Path(os.devnull).open("r+b")


def heard(*, gives_way: bool = True) -> tuple[io.BufferedReader[Any], BinaryIO]:
    """The child's side: where questions come from and answers go to.

    Args:
        gives_way: it works when nobody else wants the processor.
    """
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not mix with the answers
    if gives_way and hasattr(os, "nice"):
        os.nice(10)
    assert isinstance(questions, io.BufferedReader)
    return questions, answers


def put(pipe: IO[bytes], word: str, **arrays: Sent) -> None:
    """Send a message."""
    whole = {name: np.asarray(array) for name, array in arrays.items()}
    named = {name: [array.dtype.str, array.shape] for name, array in whole.items()}
    pipe.write(json.dumps([word, named]).encode() + b"\n")
    for array in whole.values():
        pipe.write(_bytes(np.ascontiguousarray(array)))
    pipe.flush()


def get(pipe: io.BufferedReader[Any]) -> tuple[str, Arrays] | None:
    """The next message, None at the end.

    Raises:
        ValueError: if it ends in the midst of a message.
    """
    head = pipe.readline()
    if not head:
        return None
    word, named = json.loads(head)
    arrays = {name: np.empty(shape, kind) for name, (kind, shape) in named.items()}
    for name, array in arrays.items():
        if pipe.readinto(_bytes(array)) < array.nbytes:
            raise ValueError(f"the message ended within {name}")
    return word, arrays


def _bytes(array: np.ndarray) -> memoryview:
    return array.reshape(-1).view(np.uint8).data
