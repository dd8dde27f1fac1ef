"""Encoders trained on the user's own images: they learn, go on where they stopped, and say honestly what they gave."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import timm
import torch
from PIL import Image

import pointillist as pt
from pointillist.encoders import classes_of, finetuning
from pointillist.errors import Cancelled, EncoderError, TableError
from pointillist.jobs import Job


@pytest.fixture
def collection(tmp_path: Path, draw_folder: Callable[..., Path]) -> pt.Collection:
    return pt.Collection(draw_folder(tmp_path / "photos", per_color=12), store=tmp_path / "store.sqlite")


def small(name: str, tmp_path: Path) -> Any:
    torch.manual_seed(0)
    torch.save(timm.create_model(name, num_classes=0).state_dict(), tmp_path / "base.pth")
    return pt.encoder(f"timm/{name}", checkpoint=tmp_path / "base.pth", size=32)


@pytest.fixture
def base(tmp_path: Path) -> Any:
    return small("test_resnet", tmp_path)


def vectors_of(encoder: Any, collection: pt.Collection) -> np.ndarray:
    return np.asarray(collection.embed(encoder))


def own_label_nearest(x: np.ndarray, labels: np.ndarray) -> float:
    similar = x @ x.T
    np.fill_diagonal(similar, -2)
    return float((labels[similar.argmax(1)] == labels).mean())


class Told(Job):
    """Keeps what was said, and may be cancelled after some batches."""

    def __init__(self, cancel_after: int = 10**9) -> None:
        super().__init__("training")
        self.said: list[str] = []
        self._cancel_after = cancel_after

    def advance(self, k: int = 1) -> None:
        super().advance(k)
        self.said.append(self.message)
        if sum("epoch" in said for said in self.said) >= self._cancel_after:
            self.cancel()


def test_an_autoencoder_learns_to_draw_the_images(collection: pt.Collection) -> None:
    job = Told()
    made = pt.train_autoencoder(collection, dims=8, size=16, epochs=6, job=job)
    assert len(made.losses) == 6
    assert made.losses[-1] < 0.5 * made.losses[0]
    assert any("epoch 6 of 6; error 0." in said for said in job.said)
    x = vectors_of(made, collection)
    assert x.shape == (48, 8)
    assert own_label_nearest(x, collection.table["label"].to_numpy()) > 0.8
    image = np.asarray(Image.open(collection.images.table["path"].iloc[0]).convert("RGB"))
    drawn = made.reconstruct([image])
    assert drawn.shape == (1, 16, 16, 3)
    assert np.abs(drawn[0].astype(int) - made.prepare(image)).mean() < 30


def test_training_reads_thumbnails_that_are_there_and_no_file(
    collection: pt.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection.contents.thumbnails(list(range(len(collection))))
    monkeypatch.setattr(type(collection.images), "payload", lambda self, row: pytest.fail("a file was read"))
    pt.train_autoencoder(collection, dims=4, size=16, epochs=1)


def test_an_autoencoder_goes_on_where_it_stopped(collection: pt.Collection, tmp_path: Path) -> None:
    options: Any = {"dims": 6, "size": 16}
    whole = pt.train_autoencoder(collection, **options, epochs=4, path=tmp_path / "whole.safetensors")
    path = tmp_path / "parts.safetensors"
    with pytest.raises(Cancelled):
        pt.train_autoencoder(collection, **options, epochs=4, path=path, job=Told(cancel_after=25))
    assert 1 <= len(pt.encoder(path).losses) < 4  # type: ignore[attr-defined]
    job = Told()
    resumed = pt.train_autoencoder(collection, **options, epochs=4, path=path, job=job)
    assert not any("epoch 1 of" in said for said in job.said)
    assert resumed.losses == whole.losses
    assert np.allclose(vectors_of(resumed, collection), vectors_of(whole, collection), atol=1e-5)


def test_fewer_epochs_than_before_are_told(collection: pt.Collection, tmp_path: Path) -> None:
    options: Any = {"dims": 4, "size": 16, "path": tmp_path / "mine.safetensors"}
    pt.train_autoencoder(collection, **options, epochs=2)
    with pytest.warns(
        UserWarning, match=r"epochs=1, and '.*mine.*' was trained for 2 epochs before.*another file"
    ) as w:
        assert len(pt.train_autoencoder(collection, **options, epochs=1).losses) == 2
    assert w[0].filename == __file__


def test_there_are_no_more_principal_components_than_images(collection: pt.Collection) -> None:
    with pytest.warns(UserWarning, match=r"dims=49, and 48 images have at most as many .* 48 numbers wide"):
        encoder = pt.train_autoencoder(collection, dims=49, size=8, kind="linear")
    x = vectors_of(encoder, collection)
    assert x.shape[1] == 48 and (np.abs(x).max(0) > 0).all()


def test_other_images_start_anew(collection: pt.Collection, tmp_path: Path) -> None:
    path = tmp_path / "mine.safetensors"
    pt.train_autoencoder(collection, dims=6, size=16, epochs=2, path=path)
    less = pt.train_autoencoder(collection, dims=6, size=16, epochs=1, path=path, within=collection.table.index[:20])
    assert len(less.losses) == 1


def test_a_linear_autoencoder_is_the_principal_components(collection: pt.Collection) -> None:
    made: Any = pt.train_autoencoder(collection, dims=5, size=8, kind="linear")
    paths = collection.images.table["path"]
    flat = np.stack([made.prepare(np.asarray(Image.open(path).convert("RGB"))) for path in paths])
    x = flat.reshape(48, -1) / 127.5 - 1  # in another order of the pixels, which changes no angle
    u, s, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
    scores = (u * s)[:, :5]
    scores /= np.linalg.norm(scores, axis=1, keepdims=True)
    got = vectors_of(made, collection)
    assert np.abs((got @ got.T) - (scores @ scores.T)).mean() < 0.05  # thumbnails are JPEG, so not to the digit


def test_a_trained_encoder_opens_again_by_file_and_by_name(collection: pt.Collection, tmp_path: Path) -> None:
    made = pt.train_autoencoder(collection, dims=4, size=16, epochs=1)
    assert made.path.parent == tmp_path
    for again in (pt.encoder(made.path), pt.encoder(str(made.path)), pt.encoder(made.name)):
        assert again.fingerprint == made.fingerprint
        assert np.array_equal(vectors_of(again, collection), vectors_of(made, collection))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": 20}, "use a multiple of 16"),
        ({"size": 512}, "size=512 is not a size for an autoencoder"),
        ({"size": "x"}, "size='x' is not a size for an autoencoder: 8 to 256"),
        ({"size": 32.5}, "size=32.5 is not a size"),
        ({"dims": 0}, "dims=0 and epochs=1: both must be whole numbers, at least 1, and dims at most 768"),
        ({"dims": "x"}, "dims='x' and epochs=1: both must be whole"),
        ({"dims": 2.5}, "dims=2.5 and"),
        ({"epochs": "x"}, "epochs='x': both must be whole"),
        ({"path": 3}, "path=3: give the path of a file"),
        ({"kind": "other"}, "there are 'convolutional' and 'linear'"),
        ({"within": [0]}, "needs at least 2 images"),
        ({"path": "x.pth"}, "must end in .safetensors"),
    ],
)
def test_options_out_of_range_are_told(options: dict[str, Any], words: str, collection: pt.Collection) -> None:
    if "within" in options:
        options = {"within": collection.table.index[:1]}
    with pytest.raises(EncoderError, match=words):
        pt.train_autoencoder(collection, **{"size": 16, "epochs": 1, **options})


def test_fine_tuning_brings_equal_labels_together(collection: pt.Collection, base: Any) -> None:
    job = Told()
    tuned = pt.finetune(collection, base, label="label", epochs=6, job=job)
    report = tuned.report
    assert report["trained"] + report["held_out"] < 48
    assert report["held_out"] >= 8
    assert report["after"] >= report["before"]
    assert f"{report['held_out']} held-out images" in report["summary"]
    classes = classes_of(tuned)
    assert classes is not None
    assert classes.names == ("blue", "green", "red", "sand")
    x = vectors_of(tuned, collection)
    guessed = np.array(classes.names)[classes.logits(x).argmax(1)]
    assert (guessed == collection.table["label"]).mean() > 0.8
    again = pt.encoder(tuned.path)
    assert again.fingerprint == tuned.fingerprint
    assert np.allclose(vectors_of(again, collection), x, atol=1e-3)


def test_fine_tuning_goes_on_where_it_stopped(collection: pt.Collection, base: Any, tmp_path: Path) -> None:
    options: Any = {"label": "label", "epochs": 3}
    whole = pt.finetune(collection, base, **options, path=tmp_path / "whole.safetensors")
    path, told = tmp_path / "parts.safetensors", [0]
    job = Job("tuning")

    def stop(losses: list[float], _: float | None) -> None:
        told[0] = len(losses)
        if len(losses) == 2:
            job.cancel()

    with pytest.raises(Cancelled):
        pt.finetune(collection, base, **options, path=path, job=job, on_epoch=stop)
    assert told == [2]
    assert not path.exists()
    began: list[int] = []
    resumed = pt.finetune(collection, base, **options, path=path, on_epoch=lambda losses, _: began.append(len(losses)))
    assert began == [3]
    assert resumed.report == whole.report
    assert np.allclose(vectors_of(resumed, collection), vectors_of(whole, collection), atol=1e-5)
    assert {file.name for file in tmp_path.glob("parts*")} == {"parts.safetensors"}


def test_a_fine_tuned_transformer_of_another_size_opens_again(collection: pt.Collection, tmp_path: Path) -> None:
    tuned = pt.finetune(collection, small("test_vit", tmp_path), label="label", epochs=1)
    again = pt.encoder(tuned.path)
    assert again.input_px < 40
    assert np.array_equal(vectors_of(again, collection), vectors_of(tuned, collection))


def test_a_tuned_model_of_a_folder_opens_with_the_arguments_saved_there(
    collection: pt.Collection, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    from pointillist.encoders.trained import config_of

    torch.manual_seed(0)
    folder = tmp_path / "saved"
    folder.mkdir()
    vit = timm.create_model("test_vit", img_size=48, num_classes=3)
    save_file(vit.state_dict(), folder / "model.safetensors")
    about = {"input_size": [3, 48, 48], "num_classes": 3, "fixed_input_size": True}
    written = {"architecture": "test_vit", "model_args": {"img_size": 48, "num_classes": 3}, "pretrained_cfg": about}
    (folder / "config.json").write_text(json.dumps(written))
    tuned = pt.finetune(collection, f"timm/local-dir:{folder}", label="label", epochs=1)
    x = vectors_of(tuned, collection)
    (folder / "config.json").unlink()
    assert np.array_equal(vectors_of(pt.encoder(tuned.path), collection), x)
    old = {key: value for key, value in config_of(tuned.path).items() if key != "arguments"}
    head = {key: value for key, value in load_file(tuned.path).items() if key.startswith("head.")}
    plain = timm.create_model("test_vit", num_classes=0).state_dict()
    save_file({**plain, **head}, tmp_path / "old.safetensors", {"pointillist": json.dumps(old)})
    pt.encoder(tmp_path / "old.safetensors").load()  # type: ignore[attr-defined]


def test_only_labelled_rows_count_and_rare_classes_too(
    tmp_path: Path, draw_folder: Callable[..., Path], base: Any
) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=10)
    paths = sorted(str(path) for path in folder.rglob("*.jpg"))
    words = [Path(path).parent.name for path in paths]
    labels = [word if word == "red" or (word == "blue" and i % 10 < 3) else None for i, word in enumerate(words)]
    table = pd.DataFrame({"path": paths, "defect": labels})
    c = pt.Collection(table, image="path", store=None)
    tuned = pt.finetune(c, base, label="defect", epochs=3, path=tmp_path / "tuned.safetensors")
    assert tuned.report["trained"] + tuned.report["held_out"] <= 13
    classes = classes_of(tuned)
    assert classes is not None
    assert classes.names == ("blue", "red")


def test_the_report_is_honest() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 60)
    good = np.stack([np.where(labels == 0, 1, -1), rng.normal(0, 0.1, 120)], axis=1)
    noise = rng.normal(size=(120, 2))
    training, reporting = np.arange(0, 120, 2), np.arange(1, 120, 2)
    common = {"epochs": 3, "held_out": 60}
    rows = labels, np.arange(120), training, reporting
    better = finetuning.compare(noise, good, *rows) | common
    worse = finetuning.compare(good, noise, *rows) | common
    same = finetuning.compare(good, good, *rows) | common
    assert better["after"] == 1
    assert finetuning.in_words(better, "timm/x").endswith("It helped.")
    assert finetuning.in_words(worse, "timm/x").endswith("It did harm: go on with timm/x.")
    assert "within what chance gives" in finetuning.in_words(same, "timm/x")
    assert "are those of timm/x" in finetuning.in_words({**same, "epochs": 0}, "timm/x")


def test_what_is_trained_on_is_a_collection(base: Any) -> None:
    for train in (pt.train_autoencoder, lambda given: pt.finetune(given, base, label="label"), pt.Explorer):
        with pytest.raises(pt.SourceError, match=r"a str is not a Collection: give pointillist\.Collection"):
            train("photos/")


def test_what_cannot_be_fine_tuned_says_so(collection: pt.Collection, base: Any) -> None:
    with pytest.raises(TableError, match="'defect' is not a column of the table; it has path, label"):
        pt.finetune(collection, base, label="defect")
    with pytest.raises(TableError, match=r"\['label'\] is not a column of the table"):
        pt.finetune(collection, base, label=["label"])  # type: ignore[arg-type]
    for epochs in ("3", 0, 2.5):
        with pytest.raises(EncoderError, match=r"epochs=.*: give a whole number from 1 up"):
            pt.finetune(collection, base, label="label", epochs=epochs)  # type: ignore[arg-type]
    with pytest.raises(EncoderError, match="'pixels/8' cannot be fine-tuned: give a timm model"):
        pt.finetune(collection, "pixels/8", label="label")
    with pytest.raises(EncoderError, match="needs at least two such classes"):
        pt.finetune(collection, base, label="path")


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    (tmp_path / "text.safetensors").write_text("hello")
    for name, words in (("other", "give it as checkpoint="), ("text", "is not a .safetensors"), ("no", "there is no")):
        with pytest.raises(EncoderError, match=words):
            pt.encoder(tmp_path / f"{name}.safetensors")


def test_a_file_of_another_program_is_not_replaced(collection: pt.Collection, base: Any, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    other, part, text = (tmp_path / f"{name}.safetensors" for name in ("mine", "tuned.part", "text"))
    save_file({"x": torch.zeros(1)}, other)
    save_file({"x": torch.zeros(1)}, part)
    text.write_text("hello")
    before = [path.read_bytes() for path in (other, part, text)]
    for path in (other, text):
        with pytest.raises(EncoderError, match="a file of another program, which is not replaced; name another file"):
            pt.train_autoencoder(collection, dims=4, size=16, epochs=1, path=path)
    for path in (other, text, tmp_path / "tuned.safetensors"):
        with pytest.raises(EncoderError, match="a file of another program, which is not replaced; name another file"):
            pt.finetune(collection, base, label="label", epochs=1, path=path)
    assert [path.read_bytes() for path in (other, part, text)] == before
    pt.train_autoencoder(collection, dims=4, size=16, epochs=1, path=tmp_path / "ours.safetensors")
    pt.train_autoencoder(collection, dims=5, size=16, epochs=1, path=tmp_path / "ours.safetensors")
    assert pt.finetune(collection, base, label="label", epochs=1, path=tmp_path / "ours.safetensors").report
