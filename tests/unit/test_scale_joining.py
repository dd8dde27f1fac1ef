"""RAY_ADDRESS: what names no cluster, or one that lets nobody in, is said at once and in words."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pointillist.errors import EncoderError
from pointillist.scale import cluster


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What a Ray that lets nobody in was asked."""
    heard: list[dict[str, Any]] = []

    def init(**named: Any) -> None:
        heard.append(named)
        raise ConnectionError("Failed to connect to Ray cluster")

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(cluster, "ray", lambda: SimpleNamespace(is_initialized=lambda: False, init=init))
    yield heard


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address where nobody listens."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{nobody.getsockname()[1]}"


def test_an_address_where_nobody_listens_is_said_at_once(
    asked: list[dict[str, Any]], nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", nowhere)
    with pytest.raises(EncoderError, match=f"no Ray cluster answers at RAY_ADDRESS='{nowhere}'"):
        cluster.join()
    assert asked == []


@pytest.mark.skipif(os.name != "posix", reason="RAY_TMPDIR is not for Windows")
def test_a_cluster_of_this_machine_that_is_dead_is_not_waited_for(
    asked: list[dict[str, Any]], nowhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    with pytest.raises(ConnectionError):
        cluster.join()
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "ray_current_cluster").write_text(nowhere)
    with pytest.raises(ConnectionError):
        cluster.join()
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        address = f"127.0.0.1:{somebody.getsockname()[1]}"
        (tmp_path / "ray" / "ray_current_cluster").write_text(address)
        with pytest.raises(EncoderError, match=f"the Ray cluster at {address} does not let this program in"):
            cluster.join()
    here = {"include_dashboard": False}
    assert asked == [here, {**here, "address": "local"}, here]


def test_the_port_for_ray_client_is_refused_with_the_way_out(
    asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "ray://head:10001")
    with pytest.raises(EncoderError, match=r"does not run by way of ray://.*RAY_ADDRESS=auto or HOST:6379"):
        cluster.join()
    assert asked == []


def test_a_cluster_that_lets_nobody_in_may_want_a_token(
    asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{somebody.getsockname()[1]}")
        with pytest.raises(EncoderError, match=r"does not let this program in \(Failed .*RAY_AUTH_MODE=token"):
            cluster.join()
    assert asked == [{}]
