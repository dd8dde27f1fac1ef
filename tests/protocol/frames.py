"""The golden frames: messages of every shape the wire knows, written here, read by both languages.

`python tests/protocol/frames.py` writes them to `golden/`: one JSON file for each frame with

    from      "kernel" or "browser"
    message   the envelope, as it is sent
    buffers   the files that hold the message's buffers, in order
    reads     buffer name -> the values it holds: numbers (null for NaN), or for `bits` the rows that are set
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from pointillist.protocol.envelopes import PROTOCOL_VERSION
from pointillist.wire import pack, pack_mask

GOLDEN = Path(__file__).parent / "golden"
N = 13
NAN = np.nan


def frames() -> dict[str, tuple[str, dict[str, Any], list[bytes], dict[str, list[Any]]]]:
    """name -> (from, message, buffers, reads)."""
    made = {}

    def frame(name: str, sender: str, envelope: dict[str, Any], inner: str, arrays: dict[str, np.ndarray]) -> None:
        packed = [
            pack_mask(key, array, N) if array.dtype == bool else pack(key, array) for key, array in arrays.items()
        ]
        body = envelope[inner]
        message = {**envelope, inner: {**body, "buffers": [about for about, _ in packed]}} if arrays else envelope
        reads = {
            key: np.flatnonzero(array).tolist() if array.dtype == bool else _plain(array)
            for key, array in arrays.items()
        }
        made[name] = (sender, message, [bytes(data) for _, data in packed], reads)

    def answer(name: str, body: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        frame(name, "kernel", {"client": "k3f9", "id": 7, "answer": body}, "answer", arrays)

    def ask(name: str, question: str, params: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        envelope = {"protocol": PROTOCOL_VERSION, "client": "k3f9", "id": 7, "ask": question, "params": params}
        frame(name, "browser", envelope, "params", arrays)

    mask = np.zeros(N, bool)
    mask[[0, 1, 7, 8, 12]] = True
    column = {"name": "c", "kind": "category", "revision": 3, "low": None, "high": None}
    answer(
        "column_category",
        {**column, "categories": ["a <b>", "ü"], "places": [1, 0]},
        {"codes": np.arange(N, dtype=np.uint8) % 3},
    )
    answer(
        "column_wide",
        {**column, "categories": [str(i) for i in range(300)], "places": list(range(300))},
        {"codes": np.full(N, 300, np.uint16)},
    )
    numbers = np.array([0, -1.5, NAN, 3.4e38, 1e-3, 7, 7, 7, 7, 7, 7, 7, 16_777_216], np.float32)
    number = {
        **column,
        "kind": "number",
        "categories": [],
        "places": [],
        "low": -1.5,
        "high": float(np.float32(3.4e38)),
    }
    answer("column_number", number, {"values": numbers})
    tags = {**column, "name": "tags", "kind": "tags", "categories": ["modern cars", "nobody’s"], "places": [0, 1]}
    answer("column_tags", tags, {"modern cars": mask, "nobody’s": np.zeros(N, bool)})
    answer("column_no_tags", {**tags, "categories": [], "places": [], "buffers": []}, {})
    xy = np.arange(2 * N, dtype=np.float32).reshape(N, 2) / 4
    xy[5] = NAN
    answer("layout", {"name": "umap", "revision": 2, "dims": 2}, {"xy": xy})
    pictures = np.frombuffer(b"\xff\xd8\xff first \x89PNG second", np.uint8)
    thumbs = {"lengths": [10, 0, 11], "reasons": ["", "cut off after 12 of 30 kB", ""]}
    answer("thumbs", thumbs, {"pictures": pictures})
    answer("selection", {"revision": 4, "count": 5}, {"mask": mask})
    answer("selection_among", {"revision": 5, "count": 5}, {"mask": mask, "shown": ~mask | mask})
    answer("nothing", {}, {})
    frame(
        "selection_event",
        "kernel",
        {"event": "selection", "params": {"revision": 4, "count": 5, "client": ""}},
        "params",
        {"mask": mask},
    )
    error = {"kind": "asked", "message": "'<x>' is not a column of the table", "detail": ""}
    frame("error", "kernel", {"client": "k3f9", "id": 7, "error": error}, "error", {})
    ask("ask_column", "column", {"name": "c"}, {})
    ask("ask_thumbs", "thumbs", {}, {"rows": np.array([12, 0, 5], np.uint32)})
    ask("ask_select", "select", {}, {"mask": mask})
    ask("ask_select_among", "select", {}, {"mask": mask, "shown": ~mask | mask})
    ask("ask_tag", "tag", {"tag": "modern cars", "action": "add"}, {"mask": mask})
    ask("ask_cancel", "cancel", {"id": 6}, {})
    return made


def files() -> dict[str, bytes]:
    """file name -> content of everything in `golden/`."""
    content = {}
    for name, (sender, message, buffers, reads) in frames().items():
        names = [f"{name}.{i}.bin" for i in range(len(buffers))]
        content.update(zip(names, buffers, strict=True))
        about = {"from": sender, "message": message, "buffers": names, "reads": reads}
        content[f"{name}.json"] = (json.dumps(about, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
    return content


def _plain(array: np.ndarray) -> list[Any]:
    return [None if value != value else value for value in array.reshape(-1).tolist()]


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for old in GOLDEN.iterdir():
        old.unlink()
    for name, content in files().items():
        (GOLDEN / name).write_bytes(content)
