"""Names, pixels and functions as encoders; what is no encoder says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import pointillist
from pointillist.encoders import encoder, is_here
from pointillist.encoders.base import is_encoder, unit_length
from pointillist.encoders.titles import title_of
from pointillist.errors import EncoderError


def images(n: int, side_px: int = 40) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (side_px, side_px + i, 3), np.uint8) for i in range(n)]


def mean_color(batch: list[np.ndarray]) -> np.ndarray:
    return np.array([image.mean((0, 1)) for image in batch])


def test_importing_and_naming_an_encoder_loads_neither_torch_nor_timm() -> None:
    program = (
        "import sys; from pointillist.encoders import encoder;"
        "print(encoder().fingerprint, encoder('pixels/8').dims);"
        "print([m for m in ('torch', 'timm', 'torchvision') if m in sys.modules])"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(pointillist.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("nothing", "'nothing' is not an encoder; known are 'timm/<model>'"),
        ("nothing18", "'nothing18' is not an encoder; known are 'timm/<model>'"),
        ("resnet18", "did you mean 'timm/resnet18'? known are"),
        ("resnet18.a1_in1k", "did you mean 'timm/resnet18.a1_in1k'?"),
        ("timm.resnet18", "did you mean 'timm/resnet18'?"),
        ("hf-hub:timm/resnet18", "did you mean 'timm/hf-hub:timm/resnet18'?"),
        ("hf-hub:laion/CLIP-ViT-B-32", "did you mean 'clip/hf-hub:laion/CLIP-ViT-B-32'?"),
        ("ViT-B-32/laion2b_s34b_b79k", "did you mean 'clip/ViT-B-32/laion2b_s34b_b79k'?"),
        ("timm//a/folder", "a folder is named 'timm/local-dir:/a/folder'"),
        ("a/model.pt", "'a/model.pt' is a file of weights without their model: give it as checkpoint="),
        (Path("model.pth"), "'model.pth' is a file of weights without their model: give it as checkpoint="),
        (Path, "Path is a class, not an object: make one of it first, Path(…)"),
        ("timm/", "'timm/' is not an encoder; known are"),
        ("TIMM/resnet18", "did you mean 'timm/resnet18'? known are"),
        ("pixel/32", "did you mean 'pixels/32'?"),
        ("lip/ViT-B-32/openai", "did you mean 'clip/ViT-B-32/openai'?"),
        ("pixels/many", "'pixels/many' is not an encoder"),
        ("pixels/0", "the side must be 1 to 128 pixels"),
        ("pixels/4096", "the side must be 1 to 128 pixels"),
        (12, "a int is not an encoder; give a name such as"),
    ],
)
def test_what_is_no_encoder_says_what_is(spec: object, words: str) -> None:
    with pytest.raises(EncoderError) as caught:
        encoder(spec)  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_a_folder_of_timm_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(EncoderError, match=str(tmp_path / "nowhere" / "config.json")):
        _ = encoder("timm/local-dir:~/nowhere").dims


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("clip/ViT-B-32/laion2b_s34b_b79k", "CLIP ViT-B-32"),
        ("clip/ViT-B-32 (mine.pt)", "CLIP ViT-B-32 (mine.pt)"),
        ("clip/hf-hub:laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "CLIP ViT-B-32-laion2B-s34B-b79K"),
        ("clip/hf-hub:timm/ViT-B-16-SigLIP", "CLIP ViT-B-16-SigLIP"),
        ("clip//tmp/models/mine", "CLIP mine"),
        ("clip/./models/a", "CLIP a"),
        ("clip/local-dir:models/a", "CLIP a"),
        ("timm/hf-hub:timm/resnet18.a1_in1k", "resnet18.a1_in1k"),
    ],
)
def test_a_title_is_the_part_of_the_name_that_tells_models_apart(name: str, title: str) -> None:
    assert title_of(name) == title


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("timm--resnet18.a1_in1k", "timm/resnet18"),
        ("timm--resnet18.a1_in1k", "timm/resnet18.a1_in1k"),
        ("some--one", "timm/hf-hub:some/one"),
        ("some--one", "clip/hf-hub:some/one"),
        ("apple--MobileCLIP-S1-OpenCLIP", "clip/MobileCLIP-S1/datacompdr"),
    ],
)
def test_a_model_in_the_hubs_cache_is_here(
    folder: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert not is_here(name)
    snapshot = tmp_path / f"models--{folder}" / "snapshots" / "c0ffee"
    snapshot.mkdir(parents=True)
    (snapshot / "open_clip_model.safetensors").touch()
    assert is_here(name)


def test_a_checkpoint_is_for_models_with_weights_only() -> None:
    with pytest.raises(EncoderError, match="checkpoint= is for timm and CLIP models; 'pixels/32' has no use for it"):
        encoder("pixels/32", checkpoint="weights.pth")


def test_an_encoder_is_its_own_encoder() -> None:
    pixels = encoder("pixels/8")
    assert is_encoder(pixels)
    assert encoder(pixels) is pixels


def test_pixels_know_dark_from_bright_and_keep_likeness() -> None:
    pixels = encoder("pixels/4")
    black, white = np.zeros((9, 5, 3), np.uint8), np.full((300, 200, 3), 255, np.uint8)
    nearly = white.copy()
    nearly[:20] = 200
    vectors = pixels.encode([pixels.prepare(image) for image in (black, white, nearly)])
    assert vectors.shape == (3, pixels.dims) == (3, 48)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert vectors[0] @ vectors[1] == pytest.approx(-1)
    assert vectors[1] @ vectors[2] > 0.98


def test_a_function_gets_images_as_they_are_and_its_vectors_become_unit_length() -> None:
    mine = encoder(mean_color)
    batch = [mine.prepare(image) for image in images(3)]
    assert [image.shape for image in batch] == [(40, 40, 3), (40, 41, 3), (40, 42, 3)]
    assert mine.dims == 3
    assert mine.name == "mean_color"
    vectors = mine.encode(batch)
    expected = mean_color(images(3))
    assert np.allclose(vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-6)


def test_a_large_image_is_made_smaller_for_a_function() -> None:
    prepared = encoder(mean_color).prepare(np.zeros((3000, 1500, 3), np.uint8))
    assert prepared.shape == (448, 224, 3)


@pytest.mark.parametrize("how", ["gradient", "bfloat16", "list"])
def test_a_function_may_return_torch_tensors(how: str) -> None:
    import torch

    def mine(batch: list[np.ndarray]) -> object:
        colours = torch.tensor(mean_color(batch), dtype=torch.float32, requires_grad=True)
        return {"gradient": colours, "bfloat16": colours.bfloat16(), "list": list(colours)}[how]

    assert np.allclose(encoder(mine).encode(images(3)), encoder(mean_color).encode(images(3)), atol=0.02)


def test_a_function_may_change_its_images_in_place() -> None:
    def mine(batch: list[np.ndarray]) -> np.ndarray:
        for image in batch:
            image //= 2
        return mean_color(batch)

    batch = images(3)
    before = [image.copy() for image in batch]
    for image in batch:
        image.flags.writeable = False
    encoder(mine).encode(batch)
    assert all(np.array_equal(a, b) for a, b in zip(batch, before, strict=True))


def test_two_functions_never_share_a_fingerprint_and_one_keeps_its_own() -> None:
    first, second = (lambda batch: mean_color(batch)), (lambda batch: mean_color(batch))
    assert encoder(first).fingerprint == encoder(first).fingerprint
    assert encoder(first).fingerprint != encoder(second).fingerprint


def test_a_function_may_bring_its_fingerprint() -> None:
    def mine(batch: list[np.ndarray]) -> np.ndarray:
        return mean_color(batch)

    mine.fingerprint = "mean color, 3"  # type: ignore[attr-defined]
    assert encoder(mine).fingerprint == "function/mine mean color, 3"


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda batch: np.zeros((1, 3)), "returned an array of shape (1, 3) for 2 images"),
        (lambda batch: np.zeros(2), "returned an array of shape (2,) for 2 images"),
        (lambda batch: [1 / 0], "failed on 2 images: ZeroDivisionError"),
        (lambda batch: np.full((2, 3), np.nan), "NaN or infinite"),
    ],
)
def test_a_function_that_fails_is_told_with_its_name(function: object, words: str) -> None:
    with pytest.raises(EncoderError) as caught:
        encoder(function).encode(images(2))  # type: ignore[arg-type]
    assert words in str(caught.value)


@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2), elements=st.floats(-1e3, 1e3, width=32)))
def test_unit_length_holds_for_any_finite_vectors(vectors: np.ndarray) -> None:
    scaled = unit_length(vectors)
    assert scaled.dtype == np.float32
    assert np.allclose(np.linalg.norm(scaled.astype(np.float64), axis=1), 1, atol=1e-5)
