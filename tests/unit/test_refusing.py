"""An encoder that has no vector for some images: those fail alone, and an encoder that is broken is told from them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
import pytest
import timm
import torch

import pointillist as pt
from pointillist import embedding
from pointillist.encoders import encoder
from pointillist.encoders.network import Network
from pointillist.encoders.preprocessing import Preprocessing
from pointillist.errors import EncoderError
from pointillist.jobs import Job
from pointillist.store import Store

GOOD, BAD = 40, (3, 17, 30)
SIDE = 8


@pytest.fixture(autouse=True)
def fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointillist.encoders.model.best_precision", lambda: "fp32")


def pictures() -> np.ndarray:
    """GOOD pictures of which some, BAD, are white; no two others are alike."""
    made = np.random.default_rng(0).integers(0, 200, (GOOD, SIDE, SIDE, 3), np.uint8)
    for i in BAD:
        made[i] = 255
        made[i, 0, 0] = i  # a content of its own
    return made


def is_bad(image: np.ndarray) -> bool:
    return bool(image[1:].min() == 255)


def plain(image: np.ndarray) -> list[float]:
    return [*np.asarray(image, np.float64).mean((0, 1)), 1.0]


def raises(images: list[np.ndarray]) -> Any:
    if any(map(is_bad, images)):
        raise RuntimeError("white is too bright")
    return [plain(image) for image in images]


def one_for_all(images: list[np.ndarray]) -> Any:
    return [plain(image) for image in images if not is_bad(image)]


ANSWERS: dict[str, tuple[Callable[[list[np.ndarray]], Any], str]] = {
    "raises": (raises, "failed on 1 image: RuntimeError('white is too bright')"),
    "NaN": (lambda images: [[np.nan] * 4 if is_bad(i) else plain(i) for i in images], "gave it NaN or infinite values"),
    "infinite": (lambda images: [[0, 0, np.inf, 1] if is_bad(i) else plain(i) for i in images], "NaN or infinite"),
    "too large for float32": (
        lambda images: [[1e39] * 4 if is_bad(i) else plain(i) for i in images],
        "NaN or infinite",
    ),
    "leaves it out": (one_for_all, "returned an array of shape (0,) for 1 image"),
    "other length": (lambda images: [[1, 2] if is_bad(i) else plain(i) for i in images], "gave it 2 numbers, and 4 to"),
    "None": (lambda images: [None if is_bad(i) else plain(i) for i in images], "returned an array of shape (1,)"),
    "no numbers": (lambda images: [["white"] * 4 if is_bad(i) else plain(i) for i in images], "ValueError"),
    "a number": (lambda images: [1.0 if is_bad(i) else plain(i) for i in images], "returned an array of shape (1,)"),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_function_that_fails_on_some_images_embeds_the_others(kind: str) -> None:
    function, words = ANSWERS[kind]
    with pt.Collection(pictures(), encoder=function, store=None) as c:
        job = Job("embedding")
        x = c.embed(job=job)
        expected = np.array([plain(image) for image in pictures()])
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        good = np.setdiff1d(np.arange(GOOD), BAD)
        np.testing.assert_allclose(x[good], expected[good], atol=1e-6)
        assert np.isnan(x[list(BAD)]).all()
        assert job.done == job.total == GOOD
        assert list(c.failures.index) == list(BAD)
        assert all(words in reason for reason in c.failures["reason"])
        assert all(c.thumbnails([row])[0] is not None for row in BAD)  # the pictures are fine
        assert len(c.similar(0, k=GOOD)) == GOOD - len(BAD) - 1
        # another encoder takes them, and has failures of its own: none
        assert np.isfinite(c.embed("pixels/4")).all()
        assert c.failures.empty


class Object:
    """An encoder of somebody's own, which checks nothing and does not care for length."""

    name = fingerprint = "somebody's own"
    dims, input_px, batch = 4, SIDE, 8

    def __init__(self, bad: Any = None, *, prepares: bool = True) -> None:
        self.bad, self.prepares = bad, prepares
        self.calls: list[int] = []

    def prepare(self, rgb: np.ndarray) -> np.ndarray:
        if is_bad(rgb) and not self.prepares:
            raise OverflowError("cannot make this small")
        return rgb

    def encode(self, batch: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        self.calls.append(len(batch))
        return np.array([self.bad if is_bad(image) else plain(image) for image in batch])


def test_an_object_that_checks_nothing_is_checked() -> None:
    with pt.Collection(pictures(), encoder=Object([0, 0, 0, np.nan]), store=None) as c:
        x = c.embed()
        assert x.dtype == np.float32
        assert list(c.failures.index) == list(BAD)
        assert np.allclose(np.linalg.norm(np.delete(x, BAD, 0), axis=1), 1, atol=1e-6)
    with pt.Collection(pictures(), encoder=Object(prepares=False), store=None) as c:
        c.embed()
        assert list(c.failures.index) == list(BAD)
        assert "failed on it: OverflowError('cannot make this small')" in c.failures["reason"].iloc[0]


def test_a_vector_of_zeros_becomes_one_direction_and_is_no_failure() -> None:
    for encode in (Object([0, 0, 0, 0]), lambda images: [[0.0] * 4 if is_bad(i) else plain(i) for i in images]):
        with pt.Collection(pictures(), encoder=encode, store=None) as c:
            x = c.embed()
            np.testing.assert_allclose(x[list(BAD)], 0.5)
            assert c.failures.empty


class Picky(torch.nn.Module):
    """Gives white pictures what it is told to."""

    def __init__(self, bad: float) -> None:
        super().__init__()
        self.convolution, self.bad = torch.nn.Conv2d(3, 5, 3), bad

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        white = x[:, :, SIDE // 2 :].amin((1, 2, 3)) > 1.9
        return torch.where(white[:, None], self.bad, self.convolution(x).mean((2, 3)))


class Vision(Picky):
    """Called as Hugging Face's models are."""

    config = SimpleNamespace(image_size=SIDE, to_dict=dict)
    name_or_path = "nobody/nothing"

    def forward(self, pixel_values: torch.Tensor) -> Any:
        return SimpleNamespace(pooler_output=super().forward(pixel_values))


@pytest.mark.parametrize("kind", [Picky, Vision])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_module_that_gives_some_images_no_numbers_embeds_the_others(kind: type[Picky], bad: float) -> None:
    with pt.Collection(pictures(), store=None) as c:
        x = c.embed(encoder(kind(bad), size=SIDE))
        assert np.flatnonzero(np.isnan(x).any(axis=1)).tolist() == list(c.failures.index) == list(BAD)
        assert c.failures["reason"].tolist() == [f"{kind.__name__!r} gave it NaN or infinite values"] * 3


def test_what_overflows_float16_is_computed_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointillist.encoders.network._half", lambda *_: torch.float16)
    linear = torch.nn.Linear(3 * SIDE * SIDE, 6)
    module = torch.nn.Sequential(torch.nn.Flatten(), linear)
    with torch.no_grad():
        linear.weight.mul_(0).add_(1000)
    seen = Preprocessing(SIDE, SIDE, (0.0,) * 3, (1.0,) * 3, 1.0, "bicubic", "center")
    small, large = np.full((SIDE, SIDE, 3), 1, np.uint8), np.full((SIDE, SIDE, 3), 255, np.uint8)
    network = Network(module, seen, "mixed16")
    with torch.autocast("cpu", torch.float16):
        assert module(torch.ones(1, 3, SIDE, SIDE)).isinf().all()
    found = network.encode([small, large])
    np.testing.assert_allclose(found[:, 0], [192_000 / 255, 192_000], rtol=2e-3)


def test_a_network_broken_for_all_is_told_at_once(tmp_path: Path) -> None:
    weights = timm.create_model("test_resnet").state_dict()
    weights["conv1.0.weight"][:] = torch.nan
    torch.save(weights, tmp_path / "weights.pth")
    with (
        pt.Collection(pictures(), store=None) as c,
        pytest.raises(EncoderError, match=r"gave 8 images on end no vector, so it seems broken: .* NaN or infinite"),
    ):
        c.embed(encoder("timm/test_resnet", checkpoint=tmp_path / "weights.pth"))


def test_a_function_with_a_mistake_is_told_at_once_with_its_own_error() -> None:
    calls: list[int] = []

    def mistake(images: list[np.ndarray]) -> Any:
        calls.append(len(images))
        return [image.means() for image in images]  # type: ignore[attr-defined]

    with pt.Collection(pictures(), encoder=mistake, store=None) as c:
        with pytest.raises(EncoderError, match="has no attribute 'means'") as caught:
            c.embed()
        assert isinstance(caught.value.__cause__.__cause__, AttributeError)  # type: ignore[union-attr]
        assert sum(calls) <= 8 + 2 * 8  # what was on its way
        assert c.failures.empty  # the images are not to blame
    with pt.Collection(pictures()[:2], encoder=mistake, store=None) as c:
        for _ in range(2):
            with pytest.raises(EncoderError, match=r"the encoder gave no image a vector: .*'means'"):
                c.embed()


class BreaksDown(Object):
    """After so many images it fails on all."""

    left = 20

    def encode(self, batch: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        if self.left < len(batch):
            raise RuntimeError("out of colours")
        self.left -= len(batch)
        return super().encode(batch)


def test_an_encoder_that_breaks_down_ends_the_run_and_what_was_done_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "REFUSED", 6)
    model = BreaksDown([1, 2, 3, 4])
    with pt.Collection(pictures(), encoder=model, store=None) as c:
        with pytest.raises(EncoderError, match=r"gave 6 images on end no vector.*out of colours"):
            c.embed()
        kept = np.isfinite(c.embeddings[model.name]).all(axis=1)
        assert kept.sum() == sum(model.calls) > 12
        assert c.failures.empty
        mended = Object([1, 2, 3, 4])  # another object: a thread may still be trying the first one's batch in flight
        assert np.isfinite(c.embed(mended)).all()
        assert sum(mended.calls) == GOOD - kept.sum()


def test_a_run_that_broke_down_leaves_no_thread_while_its_error_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "REFUSED", 6)
    before = set(threading.enumerate())
    with pt.Collection(pictures(), encoder=BreaksDown([1, 2, 3, 4]), store=None) as c:
        with pytest.raises(EncoderError) as kept:  # as a notebook keeps the last one
            c.embed()
        for thread in set(threading.enumerate()) - before:
            thread.join(10)
            assert not thread.is_alive(), thread.name
        assert kept.traceback


def test_what_an_encoder_raised_on_is_tried_again_and_no_numbers_are_not(tmp_path: Path) -> None:
    model = Object([np.nan] * 4)
    with pt.Collection(pictures(), encoder=model, store=tmp_path / "a.sqlite") as c:
        c.embed()
    with pt.Collection(pictures(), encoder=model, store=tmp_path / "a.sqlite") as c:
        model.calls.clear()
        assert c.is_embedded()
        c.embed()
        assert model.calls == []
        assert list(c.failures.index) == list(BAD)
    model = Object(prepares=False)
    with pt.Collection(pictures(), encoder=model, store=tmp_path / "b.sqlite") as c:
        c.embed()
        assert not c.is_embedded()
        model.prepares, model.bad, model.calls = True, [1, 2, 3, 4], []
        assert np.isfinite(c.embed()).all()
        assert sum(model.calls) == len(BAD)
        assert c.failures.empty


def test_copies_of_an_image_that_is_refused_are_failures_too() -> None:
    twice = np.concatenate([pictures(), pictures()[list(BAD)]])
    with pt.Collection(twice, encoder=raises, store=None) as c:
        c.embed()
        assert list(c.failures.index) == [*BAD, *range(GOOD, GOOD + len(BAD))]


@pytest.mark.parametrize("by", ["table", "collection"])
def test_a_table_has_the_reasons_and_the_pictures_of_what_its_encoder_refused(
    by: Literal["table", "collection"], tmp_path: Path, draw_folder: Callable[..., Path]
) -> None:
    from PIL import Image

    from pointillist.scale import embed_rows

    folder = draw_folder(tmp_path / "photos", per_color=5)
    (folder / "red" / "bad.jpg").write_bytes(b"no picture")
    for i, name in enumerate(("raises", "copy", "nan")):
        white = Image.new("RGB", (SIDE, SIDE), (255, 255, 255))
        white.putpixel((0, 0), (100 * (i // 2), 0, 0))
        white.save(folder / "red" / f"{name}.png")

    class Both(Object):
        def encode(self, batch: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
            if any(is_bad(image) and image[0, 0, 0] == 0 for image in batch):
                raise RuntimeError("too white")
            return super().encode(batch)

    model = Both([np.nan] * 4)
    place = tmp_path / "photos.lance"
    if by == "table":
        done = pt.embed(folder, model, to=place, engine="local")
        assert (done.made, done.failed) == (20, 4)
        opened = pt.open(place)
    else:
        opened = pt.Collection(folder, encoder=model, store=tmp_path / "own.sqlite")
        embed_rows(
            opened.images, model, opened.contents.listening_store(), place, engine="local", workers=1, job=Job("x")
        )
        opened.embed()
    with opened as c:
        found = c.failures["reason"]
        assert sorted(found.index) == ["red/bad.jpg", "red/copy.png", "red/nan.png", "red/raises.png"]
        assert found["red/nan.png"] == '"somebody\'s own" gave it NaN or infinite values'
        assert found["red/copy.png"] == found["red/raises.png"]
        assert "failed on it: RuntimeError('too white')" in found["red/copy.png"]
        assert all(c.thumbnails(["red/nan.png", "red/raises.png", "red/000.jpg"]))
        x = c.embeddings[model.name]
        assert np.isnan(x).any(axis=1).sum() == 4
        assert np.isfinite(c.embed("pixels/4")).all(axis=1).sum() == 23
    if by == "table":
        model.bad = [1, 2, 3, 4]
        model.encode = lambda batch: Object.encode(model, batch)  # type: ignore[method-assign]
        done = pt.embed(folder, model, to=place, engine="local")  # what raised is tried again, nothing else
        assert (done.there, done.made, done.failed) == (22, 2, 0)


def test_a_store_of_before_refusals_is_opened(tmp_path: Path) -> None:
    import sqlite3

    Store.open(tmp_path / "old.sqlite", "old").close()
    with sqlite3.connect(tmp_path / "old.sqlite") as db:
        db.execute("DROP TABLE refusals")
    with pt.Collection(pictures(), encoder=raises, store=tmp_path / "old.sqlite") as c:
        c.embed()
        assert len(c.failures) == len(BAD)
