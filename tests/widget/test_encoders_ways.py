"""Every way of making embeddings, added from the widget's menu, to whole images and to boxes in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

import pointillist as pt

WAYS = ["timm", "weights", "clip", "pixels", "autoencoder", "pca", "finetuned", "function", "hugging face", "given"]


@pytest.fixture(autouse=True)
def _here(laid_out_here: None) -> None: ...


@pytest.fixture
def table(draw_folder: Callable[..., Path], tmp_path: Path) -> pd.DataFrame:
    """24 images of four classes, each with a box."""
    table = pt.Collection(draw_folder(tmp_path / "photos", per_color=6), store=None).table
    return table.drop(columns="tags").assign(x=8, y=8, w=64, h=48)


def question(way: str, scratch: Path) -> dict[str, Any]:
    """What the form sends."""
    named = {
        "timm": {"kind": "timm", "model": "timm/tf_efficientnet_lite0", "size": 64},
        "weights": {"kind": "timm", "model": "test_vit", "checkpoint": str(scratch / "mine.pt")},
        "clip": {"kind": "clip", "model": str(scratch / "clip")},
        "pixels": {"kind": "pixels", "size": 3},
        "autoencoder": {"kind": "autoencoder", "size": 16, "dims": 4, "epochs": 1, "net": "convolutional"},
        "pca": {"kind": "autoencoder", "size": 16, "dims": 4, "net": "linear"},
        "finetuned": {"kind": "finetuned", "model": "timm/tf_efficientnet_lite0", "column": "label", "epochs": 1},
        "function": {"kind": "own", "model": "mean_colour"},
        "hugging face": {"kind": "own", "model": "vit"},
        "given": {"kind": "given", "model": "vectors"},
    }
    none = dict.fromkeys(("model", "checkpoint", "size", "dims", "net", "epochs", "column"))
    return none | named[way]


def make(way: str, scratch: Path) -> None:
    """The files that a way needs."""
    if way == "weights":
        import timm
        import torch

        torch.save(timm.create_model("test_vit", num_classes=0).state_dict(), scratch / "mine.pt")
    if way == "clip":
        import open_clip
        import torch

        vision = {"image_size": 32, "layers": 1, "width": 64, "head_width": 32, "patch_size": 8}
        text = {"context_length": 12, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
        sizes: dict[str, Any] = {"embed_dim": 16, "vision_cfg": vision, "text_cfg": text}
        (scratch / "clip").mkdir()
        torch.save(open_clip.CLIP(**sizes).state_dict(), scratch / "clip" / "open_clip_pytorch_model.bin")
        config = {"model_cfg": sizes, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3}}
        (scratch / "clip" / "open_clip_config.json").write_text(json.dumps(config))


def variables() -> dict[str, Any]:
    from transformers import ViTConfig, ViTModel

    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    return {
        "mean_colour": lambda images: np.stack([image.mean(axis=(0, 1)) - 128 for image in images]),
        "vit": ViTModel(ViTConfig(image_size=32, **sizes)),
        "vectors": np.random.default_rng(0).normal(size=(24, 5)),
    }


@pytest.mark.parametrize("boxed", [False, True], ids=["whole", "boxes"])
@pytest.mark.parametrize("way", WAYS)
def test_each_way_is_added_from_the_menu(
    way: str,
    boxed: bool,
    table: pd.DataFrame,
    tmp_path: Path,
    opened: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make(way, tmp_path)
    shell = SimpleNamespace(user_ns=variables(), events=Mock())
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    box = ("x", "y", "w", "h") if boxed else None
    c = pt.Collection(table, image="path", box=box, encoder="pixels/4", store=tmp_path / "store.sqlite")
    page = opened(c)
    page.atlas.wait()
    answer, _ = page.answer("add_encoder", **question(way, tmp_path))
    assert "message" not in answer
    page.atlas.wait()
    name = page.comm.state["encoder"]
    there = {one["name"]: (one["status"], one["rows"]) for one in page.comm.state["encoders"]}
    assert name != "pixels/4"
    assert there == {"pixels/4": ("ready", 24), name: ("ready", 24)}
    assert page.atlas.layout_name
    assert np.isfinite(c.embeddings[name]).all()
    assert page.answer("compare_encoders", a="pixels/4", b=name)[0]["column"]


def test_two_files_of_one_name_and_two_lambdas_stand_side_by_side(
    table: pd.DataFrame, tmp_path: Path, opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    colours = {
        "mean": lambda images: np.stack([image.mean(axis=(0, 1)) - 128 for image in images]),
        "spread": lambda images: np.stack([image.std(axis=(0, 1)) for image in images]),
    }
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(user_ns=colours, events=Mock()))
    page = opened(pt.Collection(table, image="path", encoder="pixels/4", store=None))
    page.atlas.wait()
    none = question("given", tmp_path)
    for place, seed in (("a", 0), ("b", 1)):
        (tmp_path / place).mkdir()
        np.save(tmp_path / place / "vectors.npy", np.random.default_rng(seed).normal(size=(24, 5)))
    files = [str(tmp_path / place / "vectors.npy") for place in ("a", "b", "a")]
    names = [page.answer("add_encoder", **none | {"model": file})[0]["name"] for file in files]
    assert names == ["vectors", "vectors (2)", "vectors"]
    for name in colours:
        page.answer("add_encoder", **none | {"kind": "own", "model": name})
        page.atlas.wait()
    made = page.atlas.collection.embeddings
    assert set(made) == {"pixels/4", "vectors", "vectors (2)", "mean", "spread"}
    assert not np.allclose(made["vectors"], made["vectors (2)"])
    assert not np.allclose(made["mean"], made["spread"])
