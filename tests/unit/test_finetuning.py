"""The pieces of fine-tuning, each on its own: the parts of the rows, what is trained, when it stops, what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import timm
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import pointillist as pt
from pointillist.encoders import classes_of, finetuning
from pointillist.encoders.finetuned import FinetunedEncoder
from pointillist.encoders.parts import groups_of_class, linked, split
from pointillist.encoders.trained import tensors_of
from pointillist.errors import EncoderError
from pointillist.labels import label_words


@pytest.fixture
def base(tmp_path: Path) -> Any:
    torch.manual_seed(0)
    torch.save(timm.create_model("test_resnet", num_classes=0).state_dict(), tmp_path / "base.pth")
    return pt.encoder("timm/test_resnet", checkpoint=tmp_path / "base.pth", size=32)


def test_parts_share_no_row_and_hold_every_class() -> None:
    labels = np.array([0] * 50 + [1] * 9 + [2] * 3 + [3] * 2)
    parts = split(labels, np.arange(64), 0)
    assert sorted(np.concatenate(parts).tolist()) == list(range(64))
    assert [len(part) for part in parts] == [32 + 6 + 1 + 2, 8 + 1 + 1, 10 + 2 + 1]
    assert all({0, 1, 2} <= set(labels[part].tolist()) for part in parts)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 11)), min_size=1, max_size=60), st.integers(0, 9))
def test_no_group_is_in_two_parts(rows: list[tuple[int, int]], seed: int) -> None:
    labels = np.unique([label for label, _ in rows], return_inverse=True)[1]
    groups = np.unique([group for _, group in rows], return_inverse=True)[1]
    parts = split(labels, groups, seed)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(rows)))
    held = [set(groups[part].tolist()) for part in parts]
    assert not (held[0] & held[1] or held[0] & held[2] or held[1] & held[2])
    assert set(labels[parts[0]].tolist()) == set(labels.tolist())
    if len(labels) == len(set(groups.tolist())):
        for label in np.flatnonzero(groups_of_class(labels, groups) >= 3):
            assert all(label in labels[part] for part in parts)


def test_copies_are_split_by_class_as_well_as_that_allows() -> None:
    labels, groups = np.tile(np.repeat([0, 1], 30), 3), np.tile(np.arange(60), 3)
    parts = split(labels, groups, 0)
    for label in (0, 1):
        assert [int((labels[part] == label).sum()) for part in parts] == [57, 15, 18]
    large = split(np.repeat([0, 1], 300), np.repeat(np.arange(6), 100), 0)
    assert [len(part) for part in large] == [200, 200, 200]


def test_rows_are_together_by_any_key_and_through_others() -> None:
    found = linked(["a", "b", "b", "c", "d"], ["x", "x", "y", "z", "w"])
    assert found[0] == found[1] == found[2]
    assert len(set(found.tolist())) == 3
    assert found.max() == 2


def test_copies_and_boxes_of_one_file_are_not_held_out_from_each_other(tmp_path: Path, base: Any) -> None:
    rng = np.random.default_rng(0)
    rows = []
    for i in range(12):
        pixels = rng.integers(0, 256, (40, 40, 3), np.uint8)
        for copy in "ab":
            path = tmp_path / f"{i}{copy}.png"
            Image.fromarray(pixels).save(path)
            rows += [{"path": str(path), "x": x, "y": 0, "w": 20, "h": 40, "label": "pq"[i % 2]} for x in (0, 20)]
    c = pt.Collection(pd.DataFrame(rows), image="path", box=["x", "y", "w", "h"], store=None)
    seen: list[np.ndarray] = []

    def noted(labels: np.ndarray, groups: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        parts = split(labels, groups, seed)
        seen.extend(parts)
        return parts

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finetuning, "split", noted)
        tuned = pt.finetune(c, base, label="label", epochs=1, path=tmp_path / "t.safetensors")
    drawings = [set((part // 4).tolist()) for part in seen]
    assert [len(part) for part in drawings] == [8, 2, 2]
    assert len(set.union(*drawings)) == 12
    assert tuned.report["held_out"] == 8


def test_blank_text_is_no_label_and_a_whole_number_has_no_decimals() -> None:
    words = label_words(pd.Series(["", " \t", None, " a", "b"]))
    assert words.dropna().to_dict() == {3: " a", 4: "b"}
    assert label_words(pd.Series([1.0, np.nan, 2.0])).dropna().to_dict() == {0: "1", 2: "2"}
    assert label_words(pd.Series([1.5, 2.0])).tolist() == ["1.5", "2.0"]
    assert label_words(pd.Series(pd.Categorical(["x", None]))).dropna().tolist() == ["x"]


def test_blank_labels_are_left_out(tmp_path: Path, base: Any) -> None:
    table = pd.DataFrame({"image": list(noise(30)), "label": ["p", "q", " "] * 10})
    c = pt.Collection(table, image="image", store=None)
    tuned = pt.finetune(c, base, label="label", epochs=1, path=tmp_path / "t.safetensors")
    classes = classes_of(tuned)
    assert classes is not None
    assert classes.names == ("p", "q")


def test_labels_on_copies_of_one_image_are_refused(tmp_path: Path, base: Any) -> None:
    images = np.zeros((12, 40, 40, 3), np.uint8)
    images[6:] = 200
    table = pd.DataFrame({"image": list(images), "label": ["p"] * 6 + ["q"] * 6})
    with pytest.raises(EncoderError, match=r"of which 0 have two images or more \(copies of one image, and boxes"):
        pt.finetune(pt.Collection(table, image="image", store=None), base, label="label")


def test_copies_among_the_held_out_count_as_one_draw() -> None:
    rng = np.random.default_rng(0)
    labels, reporting = rng.integers(0, 2, 80), np.arange(40, 80)
    before, after = rng.normal(size=(2, 80, 4))
    alone = finetuning.compare(before, after, labels, np.arange(80), np.arange(40), reporting)
    thrice = np.concatenate([np.arange(80), reporting, reporting])
    copied = finetuning.compare(
        before[thrice], after[thrice], labels[thrice], thrice, np.arange(40), np.arange(40, len(thrice))
    )
    assert copied == pytest.approx(alone)


def tuning_of(base: Any, labels: np.ndarray) -> finetuning._Tuning:
    return finetuning._Tuning(base.module(), base.preprocessing, labels, int(labels.max()) + 1)


def noise(m: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (m, 32, 32, 3), np.uint8)


def test_the_last_layers_are_trained_and_the_first_stay_as_they_are(base: Any) -> None:
    labels = np.array([0, 1] * 4)
    tuning = tuning_of(base, labels)
    tuning.fit_head(tuning.features(noise(8), lambda _: None), labels)
    before = tuning.state()
    tuning.rate(0.05)
    tuning.step(noise(8), labels)
    parameters = dict(base.module().named_parameters())
    changed = [name for name in parameters if not torch.equal(before[name], tuning.state()[name])]
    first = list(parameters).index(changed[0])
    sizes = [parameter.numel() for parameter in parameters.values()]
    assert 0 < first < len(sizes) - 1
    assert sum(sizes[first:]) >= finetuning.TRAINED_SHARE * sum(sizes) > sum(sizes[first + 1 :])
    assert {name for name in list(parameters)[first:] if parameters[name].ndim > 1} <= set(changed)


def test_the_classifier_is_trained_before_the_layers(base: Any) -> None:
    labels = np.array([0, 1, 2] * 4)
    tuning = tuning_of(base, labels)
    module = {name: tensor.clone() for name, tensor in tuning._module.state_dict().items()}
    features = np.eye(3, 16, dtype=np.float32)[labels]
    tuning.fit_head(features, labels)
    assert tuning.loss(features, labels) < 0.4
    assert all(torch.equal(module[name], tensor) for name, tensor in tuning._module.state_dict().items())


def test_a_rare_class_weighs_as_much_as_a_frequent_one(base: Any) -> None:
    labels = np.array([0] * 18 + [1] * 2)
    tuning = tuning_of(base, labels)
    alike = np.ones((20, 16), np.float32)
    tuning.fit_head(alike, labels)
    chances = tuning._logits(torch.tensor(alike[:1])).softmax(1)[0].tolist()
    assert chances == pytest.approx([0.5, 0.5], abs=0.1)  # the smoothing moves it a little


class Run:
    """A fine-tuning whose epochs are worth what is given, before the first one and after each."""

    def __init__(self, base: Any, path: Path, worth: list[float], patch: pytest.MonkeyPatch) -> None:
        self.states: list[dict[str, torch.Tensor]] = []
        left = iter(worth)

        def keep(aside: Path, how: Any, tuning: finetuning._Tuning, *_: Any) -> None:
            self.tuning = tuning
            self.states.append(tuning.state())

        patch.setattr(finetuning, "_worth", lambda *_: (next(left), 0.0))
        patch.setattr(finetuning, "_keep", keep)
        self.made: FinetunedEncoder = finetuning.train(
            base,
            noise(12),
            np.array([0, 1] * 6),
            np.arange(12),
            ["a", "b"],
            path,
            epochs=len(worth) - 1,
            seed=0,
            column="label",
            on_batch=lambda _: None,
        )


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a if name != "head.weight")


def test_the_best_epoch_is_kept_and_reported_on(base: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(base, tmp_path / "t.safetensors", [0.5, 0.6, 0.9, 0.7], monkeypatch)
    assert len(run.states) == 3
    assert not same(run.states[1], run.states[2])
    assert run.made.report["epochs"] == 2
    assert same(run.states[1], tensors_of(tmp_path / "t.safetensors"))
    assert same(run.states[1], run.tuning.state())


def test_it_stops_where_it_gets_no_better(base: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(base, tmp_path / "t.safetensors", [0.5, 0.6, *[0.6] * 8], monkeypatch)
    assert len(run.states) == 1 + finetuning.PATIENCE
    assert run.made.report["epochs"] == 1
