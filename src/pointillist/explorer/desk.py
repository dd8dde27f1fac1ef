"""The kernel's end of the wire: takes questions, sees that each gets exactly one answer, errors included."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from pointillist.errors import Cancelled, PointillistError, ProtocolError
from pointillist.explorer.pool import NewestFirst
from pointillist.protocol.envelopes import EVENTS, PROTOCOL_VERSION, ErrorBody, ErrorKind
from pointillist.protocol.questions import QUESTIONS
from pointillist.wire import check, unpack

Buffers = list[memoryview]
Send = Callable[[dict[str, Any], Buffers], None]
Lane = Literal["now", "soon", "pixels"]


@dataclass(eq=False)
class Question:
    """One question of one client. `arrays` holds its buffers by name, checked and unpacked."""

    client: str
    id: int
    ask: str
    params: dict[str, Any]
    arrays: dict[str, np.ndarray]
    taken_back: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Stop here if the question was taken back.

        Raises:
            Cancelled: if it was.
        """
        if self.taken_back.is_set():
            raise Cancelled(f"{self.ask} was taken back")


Handler = Callable[[Question], tuple[dict[str, Any], Buffers]]


class Desk:
    """Answers messages. `handlers` maps each question of the protocol to its lane and handler.

    Lanes: "now" is answered on the thread that brings the message, in order; "soon" and "pixels" on the pool, pixels
    last and the newest first. Safe from many threads.
    """

    def __init__(self, handlers: dict[str, tuple[Lane, Handler]], send: Send, pool: NewestFirst) -> None:
        self._handlers = handlers
        self._send = send
        self._pool = pool
        self._lock = threading.Lock()
        self._open: dict[tuple[str, int], Question] = {}

    @property
    def open(self) -> int:
        """How many questions wait for their answer."""
        return len(self._open)

    def receive(self, content: object, buffers: Sequence[Any]) -> None:
        """Take one custom message; what is no envelope of this protocol is somebody else's and let pass."""
        if not isinstance(content, dict) or "ask" not in content or "protocol" not in content:
            return
        client, id_ = content.get("client"), content.get("id")
        if not isinstance(client, str) or not isinstance(id_, int) or isinstance(id_, bool):
            return  # nobody to answer to
        try:
            question = self._read(content, client, id_, buffers)
        except ProtocolError as error:
            self._send({"client": client, "id": id_, "error": _body("protocol", error)}, [])
            return
        if question.ask == "cancel":
            self._take_back(client, question.params["id"])
            self._send({"client": client, "id": id_, "answer": {}}, [])
            return
        with self._lock:
            if (client, id_) in self._open:
                return  # the same message twice: it gets the answer it waits for
            self._open[client, id_] = question
        lane, handler = self._handlers[question.ask]
        if lane == "now":
            self._answer(question, handler)
        else:
            self._pool.submit(lambda: self._answer(question, handler), urgent=lane == "soon")

    def tell(self, event: str, params: dict[str, Any], buffers: Buffers) -> None:
        """Send an event to every view."""
        assert event in EVENTS
        self._send({"event": event, "params": params}, buffers)

    def close(self) -> None:
        """Answer what is still open: taken back."""
        for client, id_ in list(self._open):
            self._take_back(client, id_)

    def _read(self, content: dict[str, Any], client: str, id_: int, buffers: Sequence[Any]) -> Question:
        if content["protocol"] != PROTOCOL_VERSION:
            raise ProtocolError(
                f"the page speaks version {content['protocol']} of the protocol and the kernel version "
                f"{PROTOCOL_VERSION}; restart the kernel and reload the page"
            )
        ask, params = content["ask"], content.get("params")
        if ask not in QUESTIONS:
            raise ProtocolError(f"{str(ask)[:60]!r} is not a question; there are: {', '.join(QUESTIONS)}")
        check(params, QUESTIONS[ask][0], ask)
        assert isinstance(params, dict)
        return Question(client, id_, ask, params, unpack(params.get("buffers", []), buffers))

    def _answer(self, question: Question, handler: Handler) -> None:
        if question.taken_back.is_set():
            return
        body: ErrorBody
        try:
            answer, buffers = handler(question)
        except Cancelled as error:
            body = _body("cancelled", error)
        except ProtocolError as error:
            body = _body("protocol", error)
        except PointillistError as error:
            body = _body("asked", error)
        except Exception as error:  # noqa: BLE001 - a defect must reach the panel that asked, not only the log
            body = _body("failed", error)
        else:
            self._close(question, {"answer": answer}, buffers)
            return
        self._close(question, {"error": body}, [])

    def _take_back(self, client: str, id_: int) -> None:
        question = self._open.get((client, id_))
        if question is not None:
            question.taken_back.set()
            self._close(question, {"error": _body("cancelled", Cancelled(f"{question.ask} was taken back"))}, [])

    def _close(self, question: Question, reply: dict[str, Any], buffers: Buffers) -> None:
        """Send the one answer of a question; a second is dropped."""
        with self._lock:
            if self._open.pop((question.client, question.id), None) is not question:
                return
        self._send({"client": question.client, "id": question.id, **reply}, buffers)


def _body(kind: ErrorKind, error: Exception) -> ErrorBody:
    if kind != "failed":
        return {"kind": kind, "message": str(error), "detail": ""}
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return {
        "kind": kind,
        "message": f"something went wrong in the kernel ({said}); try again, and report it if it stays",
        "detail": "".join(traceback.format_exception(error)),
    }
