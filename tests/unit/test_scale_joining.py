"""RAY_ADDRESS: what names no cluster, or one that lets nobody in, is said at once and in words."""

from __future__ import annotations

import socket
from collections.abc import Iterator
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

    monkeypatch.setattr(cluster, "ray", lambda: SimpleNamespace(is_initialized=lambda: False, init=init))
    yield heard


def test_an_address_where_nobody_listens_is_said_at_once(
    asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(EncoderError, match=f"no Ray cluster answers at RAY_ADDRESS='{address}'"):
            cluster.join()
    assert asked == []


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
