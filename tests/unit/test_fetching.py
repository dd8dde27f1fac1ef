"""Weights from a hub that refuses, falls silent, or is slow: a server here plays the hub."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pointillist.encoders import encoder, fetching
from pointillist.errors import EncoderError

WEIGHTS = bytes(300_000)


class Hub(BaseHTTPRequestHandler):
    """mode: a status it answers, "silent", or "slow"; `stops_at`: the byte after which a slow one sends no more."""

    mode: int | str = 200
    stops_at = len(WEIGHTS)
    pause_s = 0.1

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_HEAD(self) -> None:
        if self.path != "/" and self.mode == "silent":
            time.sleep(3)
        self.send_response(200 if self.path == "/" or isinstance(self.mode, str) else self.mode)
        for name, value in (("Content-Length", len(WEIGHTS)), ("ETag", '"e"'), ("X-Repo-Commit", "c" * 40)):
            self.send_header(name, str(value))
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        for at in range(0, self.stops_at, 40_000):
            self.wfile.write(WEIGHTS[at : min(at + 40_000, self.stops_at)])
            self.wfile.flush()
            time.sleep(self.pause_s)
        if self.stops_at < len(WEIGHTS):
            time.sleep(3)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    from huggingface_hub import constants

    played = type("Played", (Hub,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), played)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", f"{address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    )
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(fetching, "REACH_WITHIN_S", 1.0)
    monkeypatch.setattr(fetching, "SILENT_FOR_S", 1.0)
    yield played
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("spec", ["timm/resnet18", "timm/hf-hub:some/one", "clip/ViT-B-32/openai", "clip/hf-hub:a/b"])
@pytest.mark.parametrize(
    ("mode", "why"),
    [
        (403, "127.0.0.1 answers 403 Forbidden"),
        (503, "127.0.0.1 answers 503 Service Unavailable"),
        ("silent", "127.0.0.1 cannot be reached ("),
    ],
)
def test_a_hub_that_answers_and_delivers_nothing_is_given_up_soon(
    mode: int | str, why: str, spec: str, hub: type[Hub]
) -> None:
    import open_clip  # its import and timm's are not the network's fault
    import timm

    assert timm
    assert open_clip
    hub.mode = mode
    began = time.monotonic()
    with pytest.raises(EncoderError) as caught:
        _ = encoder(spec).dims
    assert time.monotonic() - began < 3
    assert f"the weights of '{spec}' cannot be fetched because {why}" in str(caught.value)
    assert "; without network these work:" in str(caught.value)


def test_a_download_that_falls_silent_is_given_up(hub: type[Hub]) -> None:
    hub.stops_at = 120_000
    began = time.monotonic()
    with pytest.raises(EncoderError, match=r"because 127\.0\.0\.1 sent nothing for 1 s; without network"):
        fetching.from_hub("some/one", ("weights.bin",), "some")
    assert time.monotonic() - began < 3


def test_a_slow_download_goes_on(hub: type[Hub]) -> None:
    hub.pause_s = 0.3
    began = time.monotonic()
    assert fetching.from_hub("some/one", ("weights.bin",), "some").read_bytes() == WEIGHTS
    assert time.monotonic() - began > 1.5 * fetching.SILENT_FOR_S


def test_a_slow_download_from_elsewhere_goes_on_and_a_silent_one_is_given_up(hub: type[Hub], tmp_path: Path) -> None:
    from huggingface_hub import constants

    hub.pause_s = 0.15
    url = f"{constants.ENDPOINT}/model.pth"
    assert fetching.from_url(url, tmp_path / "slow", "some").read_bytes() == WEIGHTS
    hub.stops_at = 120_000
    with pytest.raises(EncoderError, match="sent nothing for"):
        fetching.from_url(url, tmp_path / "silent", "some")
    assert not (tmp_path / "silent" / "model.pth").exists()


def test_the_settings_of_the_hubs_client_are_as_they_were(hub: type[Hub]) -> None:
    from huggingface_hub import constants

    before = constants.DOWNLOAD_CHUNK_SIZE, constants.HF_HUB_DISABLE_XET
    hub.pause_s = 0
    fetching.from_hub("some/one", ("weights.bin",), "some")
    assert before == (constants.DOWNLOAD_CHUNK_SIZE, constants.HF_HUB_DISABLE_XET)
