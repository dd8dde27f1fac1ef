"""Sentences and words through a real text tower: a tiny CLIP model of open_clip's, with random weights."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from pointillist.errors import EncoderError
from pointillist.naming import common_words

TINY: dict[str, Any] = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "head_width": 32, "patch_size": 8},
    "text_cfg": {"context_length": 12, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
PREPROCESS = {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.3], "interpolation": "bicubic", "resize_mode": "shortest"}
N, GROUPS = 24, 3


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the model, as open_clip saves it."""
    monkeypatch.setattr("pointillist.encoders.model.best_precision", lambda: "fp32")
    torch.manual_seed(0)
    torch.save(open_clip.CLIP(**TINY).state_dict(), tmp_path / "open_clip_pytorch_model.bin")
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": TINY, "preprocess_cfg": PREPROCESS}))
    return tmp_path


def photos() -> np.ndarray:
    """(N, 32, 32, 3) uint8: noise of three colours."""
    rng = np.random.default_rng(0)
    middle = np.array([(200, 50, 50), (50, 200, 50), (50, 50, 200)])[np.arange(N) % GROUPS]
    return (middle[:, None, None] + rng.integers(-50, 51, (N, 32, 32, 3))).astype(np.uint8)


@pytest.fixture
def page(opened: Callable[..., Any], tiny: Path) -> Any:
    found = opened(photos(), encoder=f"clip/{tiny}", layout=np.zeros((N, 2)), store=None)
    found.atlas.collection.embed()
    found.atlas._flow.stop()
    found.atlas._flow.jobs.wait(30)
    return found


def by_hand(folder: Path) -> tuple[np.ndarray, Callable[[list[str]], np.ndarray]]:
    """The images' vectors, and what gives those of texts, as open_clip's documentation computes them."""
    model, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
    tokenize = open_clip.get_tokenizer(f"local-dir:{folder}")
    model.eval()

    def unit(x: torch.Tensor) -> np.ndarray:
        return np.asarray(torch.nn.functional.normalize(x).detach().numpy())

    images = torch.stack([preprocess(Image.fromarray(image)) for image in photos()])
    return unit(model.encode_image(images)), lambda texts: unit(model.encode_text(tokenize(texts)))


def sentence(text: str, like: bool = True) -> dict[str, Any]:
    return {"id": "", "kind": "text", "text": text, "like": like}


def test_the_search_field_is_answered_by_the_text_tower(page: Any, tiny: Path) -> None:
    images, texts = by_hand(tiny)
    red, rain, sea = texts(["a red bus", "rain at night", "the sea"])
    for parts, query, words in (
        ([sentence("a red bus")], red, "like “a red bus”"),
        ([sentence("a red bus"), sentence("rain at night")], red + rain, "like “a red bus” and “rain at night”"),
        ([sentence("a red bus"), sentence("the sea", like=False)], 2 * red - sea, "like “a red bus”, unlike “the sea”"),
        ([sentence("the sea", like=False)], -sea, "unlike “the sea”"),
    ):
        body, _ = page.answer("rank", parts=parts, within="all")
        assert body["words"] == words
        found = page.answer("column", name="similarity")[1]["values"]
        expected = images @ query / np.linalg.norm(query)
        np.testing.assert_allclose(found, expected, atol=2e-5)
        shown = page.atlas.view.index.to_numpy()
        assert sorted(shown) == list(range(N))
        assert (np.diff(expected[shown]) <= 4e-5).all()
        page.comm.wait_for(lambda words=words: page.comm.state["query"]["words"] == words)
    said = page.atlas.collection.search("a red bus", k=N, against="the sea")
    query = 2 * red - sea
    np.testing.assert_allclose(said["similarity"], (images @ query / np.linalg.norm(query))[said.index], atol=2e-5)


def test_a_search_that_waits_for_its_model_says_so_and_can_be_cancelled(
    page: Any, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pointillist.encoders.clip_model import ClipEncoder

    go, real, loads = threading.Event(), ClipEncoder._load, []

    def slow(self: ClipEncoder) -> Any:
        loads.append(self)
        assert go.wait(30)
        return real(self)

    monkeypatch.setattr(ClipEncoder, "_load", slow)
    page.atlas.collection._model = None  # as after a restart: the vectors are there, and no model

    def loading() -> list[dict[str, Any]]:
        return [run for run in page.comm.state["runs"] if run["kind"] == "loading"]

    try:
        first = page.ask("rank", parts=[sentence("a red bus")], within="all")
        (run,) = page.comm.wait_for(loading)
        assert (run["name"], run["state"]) == (f"loading CLIP {Path(tiny).name}", "running")
        page.answer("cancel_run", run=run["id"])
        assert page.wait(first)[0]["kind"] == "cancelled"  # at once, though the model loads on
        page.comm.wait_for(lambda: not loading())
        taken = page.ask("rank", parts=[sentence("a red bus")], within="all")
        page.comm.wait_for(loading)
        page.answer("cancel", id=taken)
        page.comm.wait_for(lambda: not loading())
        last = page.ask("rank", parts=[sentence("a red bus")], within="all")
        page.comm.wait_for(loading)
    finally:
        go.set()
    assert page.wait(last)[0]["words"] == "like “a red bus”"
    page.comm.wait_for(lambda: not loading())
    assert len(loads) == 1
    page.answer("rank", parts=[sentence("the sea")], within="all")
    assert len(loads) == 1


def test_a_model_that_cannot_be_loaded_is_told_where_one_searches(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pointillist.encoders.clip_model import ClipEncoder

    def broken(self: ClipEncoder) -> Any:
        raise EncoderError("its weights are gone")

    monkeypatch.setattr(ClipEncoder, "_load", broken)
    page.atlas.collection._model = None
    body, _ = page.answer("rank", parts=[sentence("a red bus")], within="all")
    assert (body["kind"], body["message"]) == ("asked", "its weights are gone")


def test_clusters_are_named_after_the_words_that_set_them_apart(page: Any, tiny: Path) -> None:
    images, texts = by_hand(tiny)
    words = ["apple", "grass", "ocean", "night", "a city", "snow"]
    found = page.atlas.collection.cluster("kmeans", count=GROUPS, words=words)
    groups = np.arange(N) % GROUPS
    assert all(len(set(groups[found.labels == cluster])) == 1 for cluster in range(GROUPS))

    def expected(some: list[str]) -> list[str]:
        said = (texts([f"a photo of a {word}." for word in some]) + texts(some)) / 2
        said /= np.linalg.norm(said, axis=1, keepdims=True)
        table = np.stack([(images[found.labels == cluster] @ said.T).mean(axis=0) for cluster in range(GROUPS)])
        return [some[place] for place in (table - table.mean(axis=0)).argmax(axis=1)]

    assert len(set(expected(words))) == GROUPS
    assert list(found.names) == expected(words)
    body, _ = page.answer("cluster", method="kmeans", option=GROUPS, layout=None, words=[])
    assert body["clusters"] == GROUPS
    assert set(page.answer("clusters")[0]["names"]) == set(expected(common_words()))
    page.answer("cluster", method="kmeans", option=GROUPS, layout=None, words=[*words, words[0]])
    named = page.answer("clusters")[0]
    assert set(named["names"]) == set(expected(words))
    assert named["reads_words"] is True
