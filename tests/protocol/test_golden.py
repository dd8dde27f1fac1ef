"""The wire is what it was, byte for byte, and the kernel reads what the browser writes."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from pointillist.protocol.envelopes import EVENTS, Ask, ErrorBody, Reply
from pointillist.protocol.questions import QUESTIONS
from pointillist.protocol_ts import typescript
from pointillist.wire import check, unpack

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
NAMES = sorted(path.stem for path in (HERE / "golden").glob("*.json"))


@pytest.fixture(scope="module")
def frames() -> ModuleType:
    spec = importlib.util.spec_from_file_location("frames", HERE / "frames.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_typescript_half_is_not_stale() -> None:
    committed = (ROOT / "js/src/protocol.gen.ts").read_text(encoding="utf-8")
    assert committed == typescript(), "run: python -m pointillist.protocol_ts > js/src/protocol.gen.ts"


def test_golden_frames_are_what_is_written_now(frames: ModuleType) -> None:
    golden = {path.name: path.read_bytes() for path in (HERE / "golden").iterdir()}
    assert golden == frames.files(), "run: python tests/protocol/frames.py, and see what changed"


@pytest.mark.parametrize("name", NAMES)
def test_frame_reads_back(name: str) -> None:
    about = json.loads((HERE / "golden" / f"{name}.json").read_text(encoding="utf-8"))
    message = about["message"]
    buffers = [memoryview((HERE / "golden" / file).read_bytes()) for file in about["buffers"]]
    if about["from"] == "browser":
        check(message, Ask)
        body, kind = message["params"], QUESTIONS[message["ask"]][0]
    else:
        check(message, Reply)
        inner = ("event" in message and "params") or ("error" in message and "error") or "answer"
        body = message[inner]
        question = name.split("_")[0]
        kind = EVENTS["selection"] if inner == "params" else ErrorBody if inner == "error" else None
        kind = kind or (dict[str, object] if question == "nothing" else QUESTIONS[question][1])
    check(body, kind)
    arrays = unpack(body.get("buffers", []), buffers)
    assert list(arrays) == list(about["reads"])
    for key, values in about["reads"].items():
        array = arrays[key]
        if array.dtype == bool:
            assert np.flatnonzero(array).tolist() == values
        else:
            expected = np.array([np.nan if value is None else value for value in values], array.dtype)
            np.testing.assert_array_equal(array.reshape(-1), expected)
