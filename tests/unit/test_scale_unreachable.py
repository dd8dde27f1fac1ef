"""A server or drive that does not answer ends a run into a table, which keeps what was made before."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import pointillist as pt

ENCODER = "pixels/8"


@pytest.fixture
def nowhere() -> str:
    """The address of a server that is not there."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{nobody.getsockname()[1]}"


@pytest.mark.parametrize("kind", ["http", "unknown", "table"])
def test_a_server_that_is_gone_is_said_and_not_a_failure_of_each_image(nowhere: str, tmp_path: Path, kind: str) -> None:
    images = [f"{'nosuch://bucket' if kind == 'unknown' else nowhere}/{row}.jpg" for row in range(500)]
    with pytest.raises(pt.SourceError, match=r"the last 64 images could not be reached \(cannot be fetched: .*go on"):
        if kind == "table":
            pt.embed(images, ENCODER, to=tmp_path / "p.lance", engine="local")
        else:
            pt.Collection(images, store=None).embed(ENCODER)


def test_what_was_made_before_the_server_went_is_kept(
    tmp_path: Path, draw_folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import fsspec

    folder, place = draw_folder(tmp_path / "photos", per_color=50), tmp_path / "p.lance"
    memory = fsspec.filesystem("memory")
    memory.put(f"{folder}/", "/going/", recursive=True)
    images = [f"memory:/{path}" for path in memory.find("/going")]
    asked: list[str] = []
    opening = fsspec.open

    def going(url: str, mode: str) -> object:
        asked.append(url)
        if len(asked) > 100:
            raise RuntimeError("the bucket does not answer")
        return opening(url, mode)

    with monkeypatch.context() as gone:
        gone.setattr(fsspec, "open", going)
        with pytest.raises(pt.SourceError, match="the bucket does not answer"):
            pt.embed(images, ENCODER, to=place, engine="local", workers=1)
    with pt.open(place, store=None) as c:
        made = int(np.isfinite(c.embeddings[ENCODER]).all(axis=1).sum())
    assert 90 <= made <= 100
    done = pt.embed(images, ENCODER, to=place, engine="local")
    assert (done.there, done.made, done.failed) == (made, 200 - made, 0)


def test_images_that_are_not_there_are_failures_however_many(tmp_path: Path) -> None:
    images = [f"memory://gone/{row}.jpg" for row in range(200)]
    done = pt.embed(images, ENCODER, to=tmp_path / "p.lance", engine="local")
    assert (done.made, done.failed) == (0, 200)
    with pt.open(tmp_path / "p.lance", store=None) as c:
        assert c.failures["reason"].iloc[0].startswith("cannot be fetched: no such file: memory://gone/")
