"""A browser that is not there: a fake comm that keeps what the kernel sends, and pages that ask over it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import comm
import numpy as np
import pandas as pd
import pytest
from comm.base_comm import BaseComm
from PIL import Image

import pointillist as pt
import pointillist.explorer.flow  # before a test puts another UmapProcess in its place
from pointillist.errors import ProjectionError
from pointillist.protocol.envelopes import PROTOCOL_VERSION
from pointillist.wire import pack, pack_mask, unpack

PATIENCE_S = 60.0


class FakeComm(BaseComm):
    """The kernel's end of a comm; `sent` holds every message as (method, data, buffers)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.news = threading.Condition()
        self.sent: list[tuple[str, dict[str, Any], list[bytes]]] = []
        self.state: dict[str, Any] = {}
        super().__init__(*args, **kwargs)

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        data = json.loads(json.dumps(data or {}, allow_nan=False))
        method = data.get("method", msg_type)
        with self.news:
            self.sent.append((method, data, [bytes(buffer) for buffer in buffers or []]))
            if method in ("comm_open", "update"):
                self.state.update(data["state"])
            self.news.notify_all()

    def deliver(self, data: dict[str, Any], buffers: list[memoryview] | None = None) -> None:
        """A message from the browser, on this thread."""
        self.handle_msg({"content": {"data": data}, "buffers": buffers or []})

    def wait_for(self, seen: Callable[[], Any]) -> Any:
        """Block until `seen()` is true, and return it."""
        with self.news:
            assert self.news.wait_for(seen, PATIENCE_S), f"not seen; last messages: {self.sent[-5:]}"
            return seen()


class Page:
    """One client. `ask` sends a question; `answer` waits for what comes back: an answer with arrays, or an error."""

    def __init__(self, atlas: pt.Explorer, client: str = "k3f9") -> None:
        self.atlas, self.client, self.last = atlas, client, 0
        self.comm: FakeComm = atlas.comm

    def ask(self, question: str, arrays: dict[str, np.ndarray] | None = None, **params: Any) -> int:
        self.last += 1
        packed = [
            pack_mask(name, array, len(array)) if array.dtype == bool else pack(name, array)
            for name, array in (arrays or {}).items()
        ]
        if arrays is not None:
            params = {**params, "buffers": [about for about, _ in packed]}
        self.send(
            {"protocol": PROTOCOL_VERSION, "client": self.client, "id": self.last, "ask": question, "params": params},
            [data for _, data in packed],
        )
        return self.last

    def send(self, content: Any, buffers: list[memoryview] | None = None) -> None:
        self.comm.deliver({"method": "custom", "content": content}, buffers)

    def replies(self, id_: int) -> list[tuple[dict[str, Any], list[bytes]]]:
        return [
            (data["content"], buffers)
            for method, data, buffers in list(self.comm.sent)
            if method == "custom" and data["content"].get("client") == self.client and data["content"].get("id") == id_
        ]

    def wait(self, id_: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        reply, buffers = self.comm.wait_for(lambda: self.replies(id_))[0]
        body = reply.get("answer", reply.get("error"))
        return body, unpack(body.get("buffers", []), [memoryview(buffer) for buffer in buffers])

    def answer(
        self, question: str, arrays: dict[str, np.ndarray] | None = None, **params: Any
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return self.wait(self.ask(question, arrays, **params))

    def set(self, **traits: Any) -> None:
        """The browser sets traits."""
        self.comm.deliver({"method": "update", "state": traits, "buffer_paths": []})

    def events(self, name: str) -> list[dict[str, Any]]:
        return [
            data["content"]["params"]
            for method, data, _ in list(self.comm.sent)
            if method == "custom" and data["content"].get("event") == name
        ]


@pytest.fixture(autouse=True)
def fake_comm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "create_comm", FakeComm)


@pytest.fixture
def opened() -> Iterator[Callable[..., Page]]:
    """A function that explores and gives a page on the explorer; all are closed after the test."""
    pages: list[Page] = []

    def explore(source: Any, **options: Any) -> Page:
        pages.append(Page(pt.explore(source, **options)))
        return pages[-1]

    yield explore
    for page in pages:
        page.atlas.close()
        page.atlas.collection.close()


@pytest.fixture
def laid_out_here(here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Layouts are made in this process, which imports and compiles UMAP once and not for each test."""

    def none() -> None:
        raise ProjectionError("no process")

    monkeypatch.setattr("pointillist.explorer.flow.UmapProcess", none)


def squares(n: int, side_px: int = 8) -> np.ndarray:
    """(n, side, side, 3) uint8: n different plain squares."""
    rng = np.random.default_rng(0)
    return np.repeat(np.repeat(rng.integers(0, 256, (n, 1, 1, 3), np.uint8), side_px, 1), side_px, 2)


def table(n: int = 12) -> pd.DataFrame:
    """n images in memory, every third of no class, with a score that is missing once."""
    return pd.DataFrame(
        {
            "image": [Image.fromarray(square) for square in squares(n)],
            "class": [["cat", "dog", None][i % 3] for i in range(n)],
            "score": [np.nan if i == 4 else (i * 7) % 5 for i in range(n)],
            "note": [f"<b>{i}</b>" for i in range(n)],
        },
        index=pd.Index([f"i{i}" for i in range(n)], name="key"),
    )


@pytest.fixture
def page(opened: Callable[..., Page]) -> Page:
    """A page on twelve images that are placed already, so that nothing is embedded."""
    xy = np.stack([np.arange(12), np.arange(12) ** 2], axis=1)
    found = opened(table(), image="image", label="class", layout=xy, store=None)
    found.atlas.wait()
    return found
