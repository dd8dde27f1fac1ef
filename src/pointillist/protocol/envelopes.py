"""What the kernel tells every view unasked, and the envelopes around all messages."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from pointillist.protocol.buffers import Buffer
from pointillist.protocol.state import Camera

PROTOCOL_VERSION = 1


class SelectionEvent(TypedDict):
    """The selection changed: buffers as in `select`. `client` made the change, "" when it came from Python."""

    revision: int
    count: int
    client: str
    buffers: list[Buffer]


class CameraEvent(TypedDict):
    """Python moved the camera: every view goes there, to all points on null."""

    camera: Camera | None


EVENTS = {"selection": SelectionEvent, "camera": CameraEvent}

ErrorKind = Literal["protocol", "asked", "cancelled", "failed"]
"""protocol: versions differ or the message is malformed; asked: the question cannot be answered (its text says why);
cancelled: taken back; failed: a defect or a broken machine, with the traceback in `detail`."""


class ErrorBody(TypedDict):
    kind: ErrorKind
    message: str
    detail: str


class Ask(TypedDict):
    """Envelope, browser to kernel."""

    protocol: int
    client: str
    id: int
    ask: str
    params: dict[str, object]


class Reply(TypedDict):
    """Envelope, kernel to browser."""

    client: NotRequired[str]
    id: NotRequired[int]
    answer: NotRequired[dict[str, object]]
    error: NotRequired[ErrorBody]
    event: NotRequired[str]
    params: NotRequired[dict[str, object]]
