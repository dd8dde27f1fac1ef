"""What a process of our own and its parent tell each other, and what becomes of it when one of them ends."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from pointillist.children import Arrays, Child, Ended, get, put


def test_messages_arrive_as_they_were_sent() -> None:
    pipe = io.BytesIO()
    sent: dict[str, np.ndarray | np.generic] = {
        "matrix": np.arange(12, dtype=np.float32).reshape(3, 4)[:, ::2],
        "empty": np.empty((5, 0), np.int64),
        "yes": np.array([True, False]),
        "number": np.float64(0.1),
    }
    put(pipe, "first", **sent)
    put(pipe, "second", done=3)
    read = io.BufferedReader(io.BytesIO(pipe.getvalue()))
    first, second = get(read), get(read)
    assert first is not None and second is not None and get(read) is None
    word, found = first
    assert word == "first" and list(found) == list(sent)
    for name, array in sent.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    assert second[0] == "second" and second[1]["done"] == 3


@pytest.mark.parametrize("lost", [1, 17])
def test_half_a_message_is_none(lost: int) -> None:
    pipe = io.BytesIO()
    put(pipe, "places", xy=np.zeros((4, 2)))
    half = io.BufferedReader(io.BytesIO(pipe.getvalue()[:-lost]))
    with pytest.raises(ValueError, match="xy"):
        get(half)


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module whose process doubles numbers, and does not survive to be asked for 13."""
    (tmp_path / "doubling.py").write_text(
        "import sys\n"
        "from pointillist.children import get, heard, put\n"
        "questions, answers = heard()\n"
        "print('what libraries print')\n"
        "asked = get(questions)\n"
        "if asked:\n"
        "    put(answers, 'progress', done=1)\n"
        "    if int(asked[1]['x']) == 13:\n"
        "        raise SystemExit('bad luck')\n"
        "    put(answers, 'answer', x=asked[1]['x'] * 2)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "doubling" not in sys.modules
    return "doubling"


def test_a_child_tells_how_far_it_is_and_answers(told: str) -> None:
    said: list[tuple[str, Arrays]] = []
    with Child(told) as child:
        answer = child.ask(lambda word, arrays: said.append((word, arrays)), x=21)
    assert answer["x"] == 42
    assert [(word, int(arrays["done"])) for word, arrays in said if word] == [("progress", 1)]
    assert not psutil.pid_exists(child._process.pid)


def test_one_that_ends_without_an_answer_is_told_with_its_last_words(told: str) -> None:
    with Child(told) as child, pytest.raises(Ended, match="code 1: bad luck") as caught:
        child.ask(x=13)
    assert caught.value.said == ["what libraries print", "bad luck"]
    assert not caught.value.killed


def test_one_that_is_killed_says_so(told: str) -> None:
    with Child(told) as child, pytest.raises(Ended) as caught:
        child.ask(lambda *_: child.kill(), x=13)
    assert caught.value.killed


def test_what_cannot_be_sent_is_raised_where_one_waits(told: str) -> None:
    nothing: Any = None
    with Child(told) as child, pytest.raises(TypeError):
        child.ask(x=nothing)


def test_without_a_temporary_folder_it_works_and_has_no_last_words(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with Child(told) as child:
        assert child.ask(x=4)["x"] == 8
    with Child(told) as child, pytest.raises(Ended, match="code 1") as caught:
        child.ask(x=13)
    assert caught.value.said == []
