"""Training and reading text on Apple's GPU, played by the CPU: what is sent there, in what form, and by whom."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import timm
import torch

import pointillist as pt
from pointillist.encoders import devices
from pointillist.errors import Cancelled
from pointillist.jobs import Job

CLIP: Any = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "head_width": 32},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}


class Apple:
    """Keeps the shape of what was sent to the GPU, and computes on the CPU."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, ...]] = []

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        true_to, true_backward = torch.Tensor.to, torch.Tensor.backward

        def to(tensor: torch.Tensor, *args: Any, **options: Any) -> torch.Tensor:
            if "mps" in str(args[:1]):
                assert devices._on_mps.locked(), "another thread may be computing there"
                assert tensor.dtype != torch.float64, "MPS has no float64"
                self.sent.append(tuple(tensor.shape))
                args = ("cpu", *args[1:])
            return true_to(tensor, *args, **options)

        def backward(tensor: torch.Tensor, *args: Any, **options: Any) -> None:
            assert devices._on_mps.locked(), "another thread may be computing there"
            true_backward(tensor, *args, **options)

        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
        monkeypatch.setattr(torch.Tensor, "to", to)
        monkeypatch.setattr(torch.Tensor, "backward", backward)


@pytest.fixture
def apple(monkeypatch: pytest.MonkeyPatch) -> Apple:
    made = Apple()
    made.watch(monkeypatch)
    return made


@pytest.fixture
def collection(tmp_path: Path, draw_folder: Callable[..., Path]) -> pt.Collection:
    return pt.Collection(draw_folder(tmp_path / "photos", per_color=12), store=tmp_path / "store.sqlite")


def test_an_autoencoder_is_trained_there_and_goes_on_where_it_stopped(
    apple: Apple, collection: pt.Collection, tmp_path: Path
) -> None:
    options: Any = {"dims": 6, "size": 16, "epochs": 3}
    whole = pt.train_autoencoder(collection, **options, path=tmp_path / "whole.safetensors")
    assert sum(shape[1:] == (3, 16, 16) for shape in apple.sent) > 3
    path, job = tmp_path / "parts.safetensors", Job("training")

    def stop(losses: list[float]) -> None:
        collection.embed(pt.encoder(path))  # what there is by then is used, on the same GPU
        job.cancel()

    with pytest.raises(Cancelled):
        pt.train_autoencoder(collection, **options, path=path, job=job, on_epoch=stop)
    resumed = pt.train_autoencoder(collection, **options, path=path)
    assert resumed.losses == whole.losses
    assert np.allclose(collection.embed(resumed), collection.embed(whole), atol=1e-5)


def test_a_model_is_fine_tuned_there_and_goes_on_where_it_stopped(
    apple: Apple, collection: pt.Collection, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    torch.save(timm.create_model("test_resnet", num_classes=0).state_dict(), tmp_path / "base.pth")
    base = pt.encoder("timm/test_resnet", checkpoint=tmp_path / "base.pth", size=32)
    options: Any = {"label": "label", "epochs": 2}
    whole = pt.finetune(collection, base, **options, path=tmp_path / "whole.safetensors")
    assert sum(shape[1:] == (3, 32, 32) for shape in apple.sent) > 3
    path, job = tmp_path / "parts.safetensors", Job("tuning")
    with pytest.raises(Cancelled):
        pt.finetune(collection, base, **options, path=path, job=job, on_epoch=lambda *_: job.cancel())
    assert pt.finetune(collection, base, **options, path=path).report == whole.report


def test_sentences_are_read_there(apple: Apple, tmp_path: Path) -> None:
    folder = tmp_path / "clip"
    folder.mkdir()
    preprocessing = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "resize_mode": "shortest"}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": CLIP, "preprocess_cfg": preprocessing}))
    torch.save(open_clip.CLIP(**CLIP).state_dict(), folder / "open_clip_pytorch_model.bin")
    model: Any = pt.encoder(f"clip/{folder}")
    assert model.encode_text(["a cat", "a dog"]).shape == (2, 16)
    assert apple.sent[-1] == (2, 77)
    shutil.rmtree(folder)


def test_what_is_trained_lies_as_apples_gpu_can_learn_from_it(apple: Apple) -> None:
    images, mps = torch.zeros(2, 8, 8, 3).permute(0, 3, 1, 2), torch.device("mps")
    assert devices.to_train_on(torch.device("cpu"), images) is images
    with devices.alone_on(mps):
        assert devices.to_train_on(mps, images).is_contiguous()


def test_training_leaves_the_seeds_of_every_device_alone(
    collection: pt.Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "manual_seed", lambda seed: pytest.fail("seeds CUDA and MPS too, for good"))
    state = torch.random.get_rng_state()
    for kind in ("convolutional", "linear"):
        path = tmp_path / f"{kind}.safetensors"
        pt.train_autoencoder(collection, kind=kind, dims=4, size=16, epochs=1, path=path)  # type: ignore[arg-type]
    assert torch.equal(torch.random.get_rng_state(), state)
