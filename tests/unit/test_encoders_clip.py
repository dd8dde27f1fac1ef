"""CLIP models through open_clip: images and text in one space, weights from files, folders and the hub's cache."""

from __future__ import annotations

import json
import logging
import os
import pickle
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from pointillist import encoders
from pointillist.encoders import DEFAULT_CLIP, DEFAULT_LIGHT, encoder, fetching, precision, reads_text, weights
from pointillist.encoders.clip_model import ClipEncoder
from pointillist.errors import EncoderError

TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "head_width": 32, "patch_size": 8},
    "text_cfg": {"context_length": 12, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
PREPROCESS = {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.3], "interpolation": "bicubic", "resize_mode": "shortest"}


@pytest.fixture(autouse=True)
def fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    precision.best_precision.cache_clear()
    monkeypatch.setattr("pointillist.encoders.model.best_precision", lambda: "fp32")


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a tiny CLIP model as open_clip saves it to the hub; the architecture is also known as tiny-clip."""
    from open_clip import factory

    folder = tmp_path / "tiny"
    folder.mkdir()
    monkeypatch.setitem(factory._MODEL_CONFIGS, "tiny-clip", TINY)
    torch.manual_seed(0)
    model = open_clip.create_model("tiny-clip")
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": TINY, "preprocess_cfg": PREPROCESS}))
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return folder


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
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def cache(hub: Path, repository: str, folder: Path) -> None:
    """Put a folder's files into the hub's cache, laid out as huggingface_hub does."""
    place = hub / f"models--{repository.replace('/', '--')}"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text("c0ffee")
    shutil.copytree(folder, place / "snapshots" / "c0ffee")


def pictures(n: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    small = [Image.fromarray(rng.integers(0, 256, (6, 7, 3), np.uint8)) for _ in range(n)]
    return [np.asarray(image.resize((60 + 9 * i, 50))) for i, image in enumerate(small)]


def by_hand(folder: Path, images: list[np.ndarray], texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Image and text vectors as open_clip's documentation computes them."""
    model, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
    tokenize = open_clip.get_tokenizer(f"local-dir:{folder}")
    model.eval()
    with torch.no_grad():
        of_images = model.encode_image(torch.stack([preprocess(Image.fromarray(image)) for image in images]))
        of_texts = model.encode_text(tokenize(texts))
    normal = torch.nn.functional.normalize
    return normal(of_images).numpy(), normal(of_texts).numpy()


def vectors(model: Any, images: list[np.ndarray]) -> np.ndarray:
    return np.asarray(model.encode([model.prepare(image) for image in images]))


def test_images_and_text_are_those_of_open_clip(tiny: Path) -> None:
    clip = encoder(f"clip/{tiny}")
    assert reads_text(clip)
    texts = ["a pedestrian on a crosswalk", "zebra"]
    of_images, of_texts = by_hand(tiny, pictures(), texts)
    mine = vectors(clip, pictures())
    assert (clip.dims, clip.input_px) == (16, 32)
    assert (mine * of_images).sum(1).min() > 0.9999
    assert np.allclose(clip.encode_text(texts), of_texts, atol=1e-5)
    assert np.allclose(np.linalg.norm(clip.encode_text(texts), axis=1), 1, atol=1e-6)
    assert clip.encode_text([]).shape == (0, 16)


def test_a_loaded_model_is_pickled_without_its_weights(tiny: Path) -> None:
    clip: Any = encoder(f"clip/{tiny}")
    before = len(pickle.dumps(clip))
    texts = clip.encode_text(["a dog"])
    assert len(pickle.dumps(clip)) <= before
    again = pickle.loads(pickle.dumps(clip))  # noqa: S301 - made in the line itself
    assert np.array_equal(again.encode_text(["a dog"]), texts)


def test_prompts_are_averaged(tiny: Path) -> None:
    clip: Any = encoder(f"clip/{tiny}")
    each = clip.encode_text(["a photo of a dog", "a drawing of a dog"]).mean(axis=0)
    both = clip.encode_text(["dog"], prompts=("a photo of a {}", "a drawing of a {}"))[0]
    assert np.allclose(both, each / np.linalg.norm(each), atol=1e-6)


def test_many_texts_are_as_each_alone(tiny: Path) -> None:
    clip: Any = encoder(f"clip/{tiny}")
    texts = [f"picture number {i}" for i in range(70)]
    assert np.allclose(clip.encode_text(texts)[[0, 69]], clip.encode_text([texts[0], texts[69]]), atol=1e-5)


def test_a_folder_a_file_a_checkpoint_and_the_hubs_cache_give_the_same(tiny: Path, hub: Path, tmp_path: Path) -> None:
    expected = vectors(encoder(f"clip/{tiny}"), pictures())
    cache(hub, "someone/tiny-clip", tiny)
    torch.save(open_clip.factory.load_state_dict(str(tiny / "open_clip_model.safetensors")), tmp_path / "mine.pt")
    ways = [
        encoder(f"clip/local-dir:{tiny}"),
        encoder("clip/hf-hub:someone/tiny-clip"),
    ]
    for way in ways:
        assert np.allclose(vectors(way, pictures()), expected, atol=1e-6), way.name
    # An architecture's own preprocessing is that of OpenAI's CLIP, since a bare file says nothing about it.
    file = encoder(f"clip/tiny-clip/{tmp_path / 'mine.pt'}")
    checkpoint = encoder("clip/tiny-clip", checkpoint=tiny / "open_clip_model.safetensors")
    assert np.allclose(vectors(file, pictures()), vectors(checkpoint, pictures()), atol=1e-6)
    assert not np.allclose(vectors(file, pictures()), expected, atol=1e-3)


def test_a_tag_in_the_cache_needs_no_network(tiny: Path, hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from open_clip import pretrained

    tag = {"hf_hub": "someone/tagged/", "mean": (0.4, 0.5, 0.6), "std": (0.2, 0.25, 0.3), "interpolation": "bicubic"}
    monkeypatch.setitem(pretrained._PRETRAINED, "tiny-clip", {"small": tag})
    cache(hub, "someone/tagged", tiny)
    tagged = encoder("clip/tiny-clip/small")
    assert np.allclose(vectors(tagged, pictures()), vectors(encoder(f"clip/{tiny}"), pictures()), atol=1e-6)
    assert "tiny-clip small open_clip-" in tagged.fingerprint


def test_the_fingerprint_is_told_without_loading_and_names_the_weights(tiny: Path, tmp_path: Path) -> None:
    clip = encoder(f"clip/{tiny}")
    first = clip.fingerprint
    assert isinstance(clip, ClipEncoder)
    assert clip._loaded is None
    assert open_clip.__version__ in first
    other = tmp_path / "other"
    shutil.copytree(tiny, other)
    assert encoder(f"clip/{other}").fingerprint == first
    state = open_clip.factory.load_state_dict(str(tiny / "open_clip_model.safetensors"))
    save_file({key: value + 1 for key, value in state.items()}, other / "open_clip_model.safetensors")
    assert encoder(f"clip/{other}").fingerprint != first


@pytest.mark.parametrize("mode", ["squash", "longest"])
def test_other_ways_to_fit_an_image_are_open_clips(mode: str, tiny: Path) -> None:
    config = {"model_cfg": TINY, "preprocess_cfg": {**PREPROCESS, "resize_mode": mode}}
    (tiny / "open_clip_config.json").write_text(json.dumps(config))
    of_images, _ = by_hand(tiny, pictures(), ["x"])
    assert (vectors(encoder(f"clip/{tiny}"), pictures()) * of_images).sum(1).min() > 0.999


def test_a_coca_model_works(tmp_path: Path) -> None:
    config = {
        **TINY,
        "vision_cfg": {**TINY["vision_cfg"], "attentional_pool": True, "attn_pooler_heads": 2, "output_tokens": True},
        "text_cfg": {**TINY["text_cfg"], "embed_cls": True, "output_tokens": True},
        "multimodal_cfg": {"context_length": 12, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
        "custom_text": True,
    }
    model = open_clip.coca_model.CoCa(**{key: value for key, value in config.items() if key != "custom_text"})
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": PREPROCESS}))
    torch.save(model.state_dict(), tmp_path / "open_clip_pytorch_model.bin")
    of_images, of_texts = by_hand(tmp_path, pictures(), ["a dog"])
    coca: Any = encoder(f"clip/{tmp_path}")
    assert (vectors(coca, pictures()) * of_images).sum(1).min() > 0.9999
    assert np.allclose(coca.encode_text(["a dog"]), of_texts, atol=1e-5)


class Evil:
    """Unpickled, it makes a directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def test_a_checkpoint_with_code_in_it_is_refused_and_not_run(tiny: Path, tmp_path: Path) -> None:
    proof = tmp_path / "the code ran"
    torch.save({"extra": Evil(proof)}, tmp_path / "evil.pt")
    with pytest.raises(EncoderError, match="loading those could run code: nothing of it was loaded"):
        _ = encoder(f"clip/tiny-clip/{tmp_path / 'evil.pt'}").dims
    (tiny / "open_clip_model.safetensors").unlink()
    torch.save({"extra": Evil(proof)}, tiny / "open_clip_pytorch_model.bin")
    with pytest.raises(EncoderError, match="loading those could run code"):
        _ = encoder(f"clip/{tiny}").dims
    assert not proof.exists()


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("clip/ViT-B-32", "names no weights: add a tag of open_clip"),
        ("clip/ViT-B-33/openai", "open_clip has no model 'ViT-B-33'; its closest names are ViT-B-32"),
        ("clip/ViT-B-32/nonsense", r"open_clip has no weights 'nonsense' for 'ViT-B-32', .* it has openai, laion400m"),
        ("clip/ViT-B-32//nowhere/file.pt", "there is no checkpoint file '/nowhere/file.pt'"),
        ("clip/local-dir:/nowhere", "is no folder of an open_clip model"),
    ],
)
def test_what_cannot_be_is_told_in_words(spec: str, words: str) -> None:
    with pytest.raises(EncoderError, match=words):
        _ = encoder(spec).dims


def test_a_folder_without_weights_says_so(tiny: Path) -> None:
    (tiny / "open_clip_model.safetensors").unlink()
    with pytest.raises(EncoderError, match="there are no weights in"):
        _ = encoder(f"clip/{tiny}").fingerprint


def test_weights_of_another_model_are_told_in_a_few_lines(tiny: Path) -> None:
    save_file(open_clip.CLIP(**{**TINY, "embed_dim": 8}).state_dict(), tiny / "open_clip_model.safetensors")
    with pytest.raises(EncoderError, match="size mismatch for ") as caught:
        _ = encoder(f"clip/{tiny}").dims
    save_file(torch.nn.Linear(2, 2).state_dict(), tiny / "open_clip_model.safetensors")
    with pytest.raises(EncoderError, match=r'Missing key\(s\) in state_dict: "[^"]*", "[^"]*", "[^"]*", …') as other:
        _ = encoder(f"clip/{tiny}").dims
    assert max(len(str(caught.value)), len(str(other.value))) < 700


@pytest.mark.parametrize("spec", [DEFAULT_CLIP, "clip/hf-hub:laion/nothing", "clip/ViT-B-32/openai"])
def test_without_a_network_the_error_comes_soon_and_names_what_works(
    spec: str, hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import open_clip  # its import is not the network's fault

    assert open_clip
    monkeypatch.setattr(fetching, "REACH_WITHIN_S", 1.0)
    began = time.monotonic()
    with pytest.raises(EncoderError, match="cannot be reached") as caught:
        _ = encoder(spec).dims
    assert time.monotonic() - began < 3
    assert "without network these work: 'timm/tf_efficientnet_lite0'" in str(caught.value)


def test_a_tokenizer_that_is_not_to_be_had_is_told_when_text_is_read(tiny: Path, hub: Path) -> None:
    config = {**TINY, "text_cfg": {**TINY["text_cfg"], "hf_tokenizer_name": "someone/tokenizer"}}
    (tiny / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": PREPROCESS}))
    clip: Any = encoder(f"clip/{tiny}")
    assert vectors(clip, pictures()).shape == (3, 16)
    with pytest.raises(EncoderError, match="cannot read text here, its tokeniser is missing"):
        clip.encode_text(["a dog"])


@pytest.mark.parametrize("there", [True, False])
def test_a_model_whose_sentences_cannot_be_read_is_told_before_it_is_fetched(
    there: bool, hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoders, "find_spec", lambda _: object() if there else None)
    words = "cannot be fetched because" if there else "nothing was fetched. Install it with: pip install transformers"
    with pytest.raises(EncoderError, match=words):
        _ = encoder("clip/ViT-B-16-SigLIP/webli").dims


def test_the_users_logging_is_left_alone(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    _ = encoder(f"clip/{tiny}").dims
    assert root.handlers == []


def test_the_default_is_clip_where_its_weights_are_and_else_the_packaged_model(
    hub: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert encoders.default() == DEFAULT_LIGHT
    monkeypatch.setattr(weights, "packaged_version", lambda name: None)
    assert encoders.default() == DEFAULT_CLIP
    monkeypatch.undo()
    monkeypatch.setenv("HF_HUB_CACHE", str(hub))
    config = open_clip.get_pretrained_cfg(*DEFAULT_CLIP.split("/")[1:])
    cache(hub, config["hf_hub"].strip("/"), tiny)
    assert encoders.default() == DEFAULT_CLIP
