"""A torch module, and objects shaped like Hugging Face's vision models, as encoders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import timm
import torch

import pointillist as pt
from pointillist.encoders import encoder
from pointillist.encoders.module import MEAN, STD
from pointillist.errors import EncoderError


@pytest.fixture(autouse=True)
def fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointillist.encoders.model.best_precision", lambda: "fp32")


class Small(torch.nn.Module):
    def __init__(self, width: int = 5) -> None:
        super().__init__()
        self.convolution = torch.nn.Conv2d(3, width, 3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.convolution(x).mean((2, 3))


class Vision(torch.nn.Module):
    """Called as Hugging Face's models are; `gives` says what is in its answer."""

    def __init__(self, **gives: Any) -> None:
        super().__init__()
        self.body, self.gives = Small(), gives
        self.config = SimpleNamespace(image_size=48, to_dict=dict)
        self.name_or_path = "nobody/nothing"

    def forward(self, pixel_values: torch.Tensor) -> Any:
        vector = self.body(pixel_values)
        return SimpleNamespace(**{name: make(vector) for name, make in self.gives.items()})


def squares(n: int, side_px: int) -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 256, (n, side_px, side_px, 3), np.uint8))


def expected(module: Callable[[torch.Tensor], torch.Tensor], images: list[np.ndarray]) -> np.ndarray:
    x = (torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2) / 255 - torch.tensor(MEAN).view(3, 1, 1)) / (
        torch.tensor(STD).view(3, 1, 1)
    )
    with torch.no_grad():
        return torch.nn.functional.normalize(module(x)).numpy()


def vectors(model: Any, images: list[np.ndarray]) -> np.ndarray:
    return np.asarray(model.encode([model.prepare(image) for image in images]))


def test_a_module_is_run_as_it_is_and_left_as_it_was() -> None:
    module = Small().train()
    mine = encoder(module, size=40)
    assert (mine.name, mine.input_px, mine.dims) == ("Small", 40, 5)
    assert np.allclose(vectors(mine, squares(3, 40)), expected(module, squares(3, 40)), atol=1e-5)
    assert module.training
    assert encoder(module, size=40).fingerprint == mine.fingerprint
    assert encoder(module, size=41).fingerprint != mine.fingerprint
    with torch.no_grad():
        module.convolution.weight.add_(1)
    assert encoder(module, size=40).fingerprint != mine.fingerprint


@pytest.mark.parametrize("how", ["traced", "scripted", "within another"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_compiled_module_is_run_as_it_is(how: str) -> None:
    module = torch.nn.Sequential(
        torch.nn.Conv2d(3, 5, 3), torch.nn.BatchNorm2d(5), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()
    ).eval()
    compiled = torch.jit.trace(module, torch.zeros(1, 3, 40, 40)) if how == "traced" else torch.jit.script(module)
    given = torch.nn.Sequential(compiled) if how == "within another" else compiled
    assert np.allclose(vectors(encoder(given, size=40), squares(3, 40)), expected(module, squares(3, 40)), atol=1e-5)


@pytest.mark.parametrize(
    "gives",
    [
        {"pooler_output": lambda v: v, "last_hidden_state": lambda v: v[:, None] * 0},
        {"pooler_output": lambda v: None, "last_hidden_state": lambda v: torch.stack([v, v * 3, v], 1)},
        {"last_hidden_state": lambda v: v[:, :, None, None].expand(-1, -1, 2, 3)},
        {"image_embeds": lambda v: v},
    ],
)
def test_a_vision_model_of_hugging_face(gives: Any) -> None:
    module = Vision(**gives)
    mine = encoder(module)
    assert mine.input_px == 48
    assert np.allclose(vectors(mine, squares(3, 48)), expected(module.body, squares(3, 48)), atol=1e-5)


def of_transformers() -> dict[str, Any]:
    """Real vision models of transformers, tiny and with random weights: (module, what of its answer is the vector)."""
    import transformers as hf

    small = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "image_size": 32, "patch_size": 8}
    layers = {**small, "intermediate_size": 32}
    torch.manual_seed(0)
    return {
        "ViT": (hf.ViTModel(hf.ViTConfig(**layers)), lambda given: given.pooler_output),
        "ViT without a pooler": (
            hf.ViTModel(hf.ViTConfig(**layers), add_pooling_layer=False),
            lambda given: given.last_hidden_state[:, 0],
        ),
        "CLIP": (
            hf.CLIPVisionModelWithProjection(hf.CLIPVisionConfig(**layers, projection_dim=16)),
            lambda given: given.image_embeds,
        ),
        "DINOv2": (hf.Dinov2Model(hf.Dinov2Config(**small)), lambda given: given.pooler_output),
        "SigLIP": (hf.SiglipVisionModel(hf.SiglipVisionConfig(**layers)), lambda given: given.pooler_output),
        "ResNet": (
            hf.ResNetModel(hf.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic")),
            lambda given: given.pooler_output.flatten(1),
        ),
    }


def test_real_vision_models_of_transformers() -> None:
    for name, (module, vector_of) in of_transformers().items():
        mine = encoder(module.train())
        side = 224 if name == "ResNet" else 32
        assert (mine.name, mine.input_px) == (type(module).__name__, side)
        found = vectors(mine, squares(3, side))
        assert module.training
        module.eval()

        def run(x: torch.Tensor, module: Any = module, vector_of: Any = vector_of) -> torch.Tensor:
            return torch.as_tensor(vector_of(module(pixel_values=x)))

        assert np.allclose(found, expected(run, squares(3, side)), atol=1e-4), name


def test_a_model_of_transformers_embeds_a_collection_and_its_vectors_are_found_again(tmp_path: Any) -> None:
    import pointillist as pt

    module = of_transformers()["ViT"][0]
    with pt.Collection(np.stack(squares(12, 40)), store=tmp_path / "store.sqlite") as c:
        made = c.embed(module)
        assert made.shape == (12, 24)
        assert np.isfinite(made).all()
    again = of_transformers()["ViT"][0]  # the same weights in another object
    with pt.Collection(np.stack(squares(12, 40)), encoder=again, store=tmp_path / "store.sqlite") as c:
        assert c.is_embedded()
        np.testing.assert_array_equal(c.embed(), made)


def test_a_timm_module_brings_its_preprocessing() -> None:
    module = timm.create_model("test_resnet", num_classes=0)
    module.pretrained_cfg["mean"], module.pretrained_cfg["crop_pct"] = (0.1, 0.2, 0.3), 0.5
    mine: Any = encoder(module)
    assert mine.input_px == 320
    assert mine._preprocessing.mean == (0.1, 0.2, 0.3)


def test_a_module_that_gives_no_vectors_is_refused() -> None:
    with pytest.raises(EncoderError, match="the module 'Conv2d' cannot be used: the model gives"):
        _ = encoder(torch.nn.Conv2d(3, 4, 1)).dims
    with pytest.raises(EncoderError, match="the module 'Linear' cannot be used: the model cannot take images of 224"):
        _ = encoder(torch.nn.Linear(3, 4)).dims


def test_of_two_models_of_one_class_each_has_its_own_name_in_every_session(tmp_path: Path) -> None:
    images, first, second = squares(6, 32), Small(), Small()

    def session(*models: Any) -> tuple[list[str], dict[str, np.ndarray]]:
        with pt.Collection(images, store=tmp_path / "store.sqlite") as c:
            for model in models:
                c.embed(model)
            names = [made.name for made in c.embedded.all()]
            return names, {name: c.embeddings[name] for name in names}

    names, made = session(first, second, first)
    assert names == ["Small", "Small (2)"]
    assert np.allclose(made["Small"], vectors(encoder(first), images), atol=1e-5)
    assert np.allclose(made["Small (2)"], vectors(encoder(second), images), atol=1e-5)
    assert not np.allclose(made["Small"], made["Small (2)"], atol=1e-2)
    for models in ((), (second,), (second, first)):  # in whatever order they come the next time
        again, found = session(*models)
        assert again == names
        assert all(np.array_equal(found[name], made[name]) for name in names)
    assert session(Small())[0] == [*names, "Small (3)"]


def test_a_search_asks_the_model_whose_vectors_are_in_use(tmp_path: Path) -> None:
    images, first, second = squares(6, 32), Small(), Small()
    for mine in (None, first, second):
        with pt.Collection(images, encoder=mine, store=tmp_path / "store.sqlite") as c:
            c.embed(first)
            c.embed(second)
            for name in ("Small (2)", "Small"):
                c.use(name)
                found = c.similar(images[3], k=1)
                assert (found.index[0], found["similarity"].iloc[0]) == (3, pytest.approx(1, abs=1e-5))
    with pt.Collection(images, encoder=second, store=tmp_path / "store.sqlite") as c:
        assert c.embedding().name == "Small (2)"
        assert c.similar(images[3], k=1)["similarity"].iloc[0] == pytest.approx(1, abs=1e-5)


def test_a_model_trained_further_keeps_its_name() -> None:
    module = Small()
    with pt.Collection(squares(6, 32), store=None) as c:
        before = c.embed(module)
        with torch.no_grad():
            module.convolution.weight.normal_()
        after = c.embed(module)
        assert [made.name for made in c.embedded.all()] == ["Small"]
        assert not np.allclose(before, after, atol=1e-2)
        assert np.array_equal(c.embeddings["Small"], after)


def test_two_checkpoints_of_one_name_are_told_apart(tmp_path: Path) -> None:
    names = []
    with pt.Collection(squares(6, 32), store=None) as c:
        for run in ("a", "b"):
            (tmp_path / run).mkdir()
            torch.save(timm.create_model("test_resnet").state_dict(), tmp_path / run / "best.pth")
            model = encoder("timm/test_resnet", checkpoint=tmp_path / run / "best.pth")
            names.append(c.know(model))
            c.embed(names[-1])
        assert names == ["timm/test_resnet (best.pth)", "timm/test_resnet (best.pth) (2)"]
        assert not np.allclose(*(c.embeddings[name] for name in names), atol=1e-2)


def test_a_checkpoint_of_another_input_size_is_found_by_its_name(tmp_path: Path) -> None:
    torch.save(timm.create_model("test_resnet").state_dict(), tmp_path / "best.pth")
    model = encoder("timm/test_resnet", checkpoint=tmp_path / "best.pth", size=64)
    with pt.Collection(squares(6, 32), store=None) as c:
        name = c.know(model)
        assert name == "timm/test_resnet (best.pth) at 64 px"
        assert np.allclose(c.embed(name), vectors(model, squares(6, 32)), atol=1e-5)
