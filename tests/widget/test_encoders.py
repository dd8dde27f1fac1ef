"""Several encoders on one collection: which is on show, what changes with it and what stays, and adding one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

import pointillist as pt
from pointillist.collection import Collection
from pointillist.errors import EmbeddingError, EncoderError

Draw = Callable[..., Path]


def brightness(images: list[np.ndarray]) -> np.ndarray:
    return np.array([[image.mean(), 255 - image.mean(), 1] for image in images])


@pytest.fixture
def folder(draw_folder: Draw, tmp_path: Path) -> Path:
    return draw_folder(tmp_path / "photos", per_color=6)


@pytest.fixture(autouse=True)
def _here(laid_out_here: None) -> None: ...


def encoders(page: Any) -> dict[str, tuple[str, int]]:
    return {info["name"]: (info["status"], info["rows"]) for info in page.comm.state["encoders"]}


def test_another_encoder_is_embedded_with_laid_out_and_shown_and_the_rest_stays(
    folder: Path, opened: Callable[..., Any]
) -> None:
    page = opened(folder, encoder="pixels/4")
    page.atlas.wait()
    page.atlas.select(page.atlas.collection.table.index[:3])
    page.atlas.collection.tag(page.atlas.collection.table.index[:2], "two")
    before = page.answer("layout", name="umap")[1]["xy"]
    page.set(encoder="pixels/2")  # a browser is not told what it said itself, so the trait is looked at
    page.atlas.wait()
    state = page.comm.state
    assert (page.atlas.encoder, state["layout_name"]) == ("pixels/2", "umap")
    assert encoders(page) == {"pixels/4": ("ready", 24), "pixels/2": ("ready", 24)}
    assert {layout["encoder"] for layout in state["layouts"]} == {"pixels/2"}
    assert [run["name"] for run in state["runs"]][-1:] == ["laying out the map in 2D"]
    revision = next(layout["revision"] for layout in state["layouts"] if layout["name"] == "umap")
    assert revision > 1
    after = page.answer("layout", name="umap")[1]["xy"]
    assert not np.allclose(before, after)
    c = page.atlas.collection
    assert c.current == "pixels/2"
    assert len(page.atlas.rows) == 3
    assert state["tags"] == [{"name": "two", "count": 2}]
    row = page.answer("neighbours", row=0, k=3)[1]["rows"]
    assert row.tolist() == c.neighbours(encoder="pixels/2").rows[0][:3].tolist()
    page.atlas.encoder = "pixels/4"
    page.atlas.wait()
    assert page.comm.state["encoder"] == "pixels/4"
    back = page.answer("layout", name="umap")[1]["xy"]
    assert np.abs(back - before).max() < 0.05 * np.ptp(before)


def test_what_a_browser_chooses_while_the_kernel_tells_what_is_so_stays_chosen(
    folder: Path, opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(folder, encoder="pixels/4")
    page.atlas.wait()
    page.set(encoder="pixels/2")
    page.atlas.wait()
    state, choosing = page.atlas._state, threading.Thread(target=page.set, kwargs={"encoder": "pixels/4"})

    def slow(names: set[str]) -> dict[str, Any]:
        told: dict[str, Any] = state(names)
        if choosing.ident is None:
            choosing.start()
            choosing.join(0.3)
        return told

    monkeypatch.setattr(page.atlas, "_state", slow)
    page.atlas._outbox.mark("encoder")
    page.atlas._outbox.flush()
    choosing.join()
    page.atlas.wait()
    assert (page.atlas.encoder, page.atlas._scene.layouts.encoder()) == ("pixels/4", "pixels/4")


def test_the_former_chosen_in_the_moment_another_is_made_stays_chosen(
    folder: Path, opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(folder, encoder="pixels/4")
    page.atlas.wait()
    collection, laid_out = page.atlas.collection, page.answer("layout", name="umap")[1]["xy"]
    use = collection.use

    def late(name: str) -> None:  # after all looks whether the run was cancelled, before the new one is in use
        monkeypatch.setattr(collection, "use", use)
        page.set(encoder="pixels/4")
        use(name)

    monkeypatch.setattr(collection, "use", late)
    page.set(encoder="pixels/2")
    page.atlas.wait()
    assert (page.atlas.encoder, page.atlas._scene.layouts.encoder(), collection.current) == ("pixels/4",) * 3
    assert encoders(page)["pixels/2"] == ("ready", 24)
    assert np.array_equal(page.answer("layout", name="umap")[1]["xy"], laid_out)


def test_the_new_layout_lies_as_the_old_one_does(folder: Path, opened: Callable[..., Any]) -> None:
    page = opened(folder, encoder="pixels/4")
    page.atlas.wait()
    page.set(layout_name="pca")
    old = page.answer("layout", name="pca")[1]["xy"]
    page.atlas.encoder = "pixels/3"
    page.atlas.wait()
    new = page.answer("layout", name="pca")[1]["xy"]
    apart = [
        np.linalg.norm(new @ turn - old)
        for turn in ([[1, 0], [0, 1]], [[-1, 0], [0, 1]], [[1, 0], [0, -1]], [[-1, 0], [0, -1]])
    ]
    assert apart[0] == min(apart)
    assert page.atlas.layout_name == "pca"


def test_cancelled_it_stays_as_it_was(folder: Path, opened: Callable[..., Any]) -> None:
    page = opened(folder, encoder="pixels/4")
    page.atlas.wait()
    layouts = page.comm.state["layouts"]

    def slow(images: list[np.ndarray]) -> np.ndarray:
        page.atlas._flow.jobs.cancel_all()
        return brightness(images)

    page.atlas.collection._own["slow"] = pt.encoder(slow)
    page.atlas.collection.embedded.note("slow", "x", dims=3, rows=0, seconds=0)
    page.atlas.encoder = "slow"
    page.atlas.wait()
    assert page.comm.state["encoder"] == "pixels/4"
    assert page.comm.state["layouts"] == layouts
    assert [run["kind"] for run in page.comm.state["runs"] if run["state"] == "cancelled"] == ["embedding"]
    assert page.atlas.collection.current == "pixels/4"


def test_what_python_embeds_with_is_shown(folder: Path, opened: Callable[..., Any]) -> None:
    page = opened(folder, encoder="pixels/4")
    page.atlas.wait()
    page.atlas.collection.embed(brightness)
    page.atlas.wait()
    assert page.comm.state["encoder"] == "brightness"
    info = page.comm.state["encoders"][-1]
    assert (info["kind"], info["title"], info["status"]) == ("own", "brightness", "ready")
    page.atlas.collection.add_vectors("mine", np.random.default_rng(0).normal(size=(24, 5)))
    page.atlas.wait()
    assert page.comm.state["encoder"] == "mine"
    assert encoders(page)["mine"] == ("ready", 24)


def test_other_vectors_under_the_name_on_show_are_laid_out_anew(folder: Path, opened: Callable[..., Any]) -> None:
    page = opened(folder, encoder="pixels/4")
    page.atlas.wait()
    collection = page.atlas.collection

    def shown() -> Any:
        page.atlas.wait()
        return page.answer("layout", name="umap")[1]["xy"].copy()

    def mine(images: list[np.ndarray]) -> np.ndarray:
        return np.array([image.mean(axis=(0, 1)) - 128 for image in images])

    collection.embed(mine)
    before = shown()

    def changed(images: list[np.ndarray]) -> np.ndarray:
        return np.array([[image.std(), image.mean(), image[..., 0].std()] for image in images])

    changed.__name__ = "mine"
    with pytest.warns(UserWarning, match="another encoder called 'mine' are no longer in use; to keep both"):
        collection.embed(changed)
    assert not np.allclose(before, shown())
    numbers = np.random.default_rng(0)
    collection.add_vectors("brought", numbers.normal(size=(24, 5)))
    before = shown()
    collection.add_vectors("brought", numbers.normal(size=(24, 7)))
    assert not np.allclose(before, shown())
    assert page.comm.state["encoder"] == "brought"


def test_the_one_on_show_survives_a_restart_of_the_kernel(
    folder: Path, tmp_path: Path, opened: Callable[..., Any]
) -> None:
    store = tmp_path / "store"
    first = opened(Collection(folder, store=store))
    first.atlas.encoder = "pixels/4"
    first.atlas.wait()
    first.atlas.encoder = "pixels/2"
    first.atlas.wait()
    assert encoders(first)["pixels/2"] == ("ready", 24)
    first.atlas.close()
    second = opened(Collection(folder, store=store))
    second.atlas.wait()
    assert second.comm.state["encoder"] == "pixels/2"
    assert set(encoders(second)) >= {"pixels/4", "pixels/2"}
    assert {layout["encoder"] for layout in second.comm.state["layouts"]} == {"pixels/2"}


def test_an_encoder_that_is_none_is_refused_in_words(opened: Callable[..., Any], page: Any) -> None:
    with pytest.raises(EncoderError, match="'nonsense' is not an encoder; known are"):
        page.atlas.encoder = "nonsense"
    page.atlas.collection.embed("pixels/4")
    with pytest.raises(EncoderError, match=r"; vectors there are: .*pixels/4; did you mean 'pixels/4'\?"):
        page.atlas.encoder = "pixel/4"
    body, _ = page.answer("add_encoder", **asked(kind="pixels", size=4000))
    assert (body["kind"], "the side must be 1 to 128 pixels" in body["message"]) == ("asked", True)


def test_a_function_or_a_model_is_shown_as_it_is(folder: Path, opened: Callable[..., Any]) -> None:
    page = opened(folder, encoder="pixels/4")
    page.atlas.wait()
    page.atlas.encoder = brightness
    page.atlas.wait()
    assert (page.atlas.encoder, page.comm.state["encoder"]) == ("brightness", "brightness")
    assert encoders(page)["brightness"] == ("ready", 24)
    page.atlas.encoder = pt.encoder("pixels/3")
    page.atlas.wait()
    assert page.comm.state["encoder"] == "pixels/3"
    for wrong in (None, 3, ["pixels/3"]):
        with pytest.raises(EncoderError, match=r"vectors there are: .*brightness"):
            page.atlas.encoder = wrong
    assert page.atlas.encoder == "pixels/3"


def test_one_that_python_is_still_embedding_with_can_be_named(folder: Path, opened: Callable[..., Any]) -> None:
    page = opened(folder, encoder="pixels/4")
    page.atlas.wait()
    begun, go = threading.Event(), threading.Event()

    def slow(images: list[np.ndarray]) -> np.ndarray:
        begun.set()
        assert go.wait(30)
        return brightness(images)

    thread = threading.Thread(target=page.atlas.collection.embed, args=(slow,))
    thread.start()
    assert begun.wait(30)
    page.atlas.encoder = "slow"
    go.set()
    thread.join()
    page.atlas.wait()
    assert page.comm.state["encoder"] == "slow"


def asked(**params: Any) -> dict[str, Any]:
    names = ("kind", "model", "checkpoint", "size", "dims", "net", "epochs", "column")
    return {name: params.get(name) for name in names}


def test_pixels_are_added_from_the_menu(folder: Path, opened: Callable[..., Any]) -> None:
    page = opened(folder, encoder="pixels/4")
    page.atlas.wait()
    body, _ = page.answer("add_encoder", **asked(kind="pixels", size=3))
    assert body == {"name": "pixels/3"}
    page.atlas.wait()
    assert page.comm.state["encoder"] == "pixels/3"


@pytest.mark.parametrize("kind", ["a function", "a module", "an encoder"])
def test_a_variable_of_the_notebook_is_added_from_the_menu(
    kind: str, folder: Path, opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    flat = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(2), torch.nn.Flatten())
    values = {"a function": brightness, "a module": flat, "an encoder": pt.encoder(brightness)}
    shell = SimpleNamespace(user_ns={"mine": values[kind], "number": 3}, events=Mock())
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    page = opened(folder, encoder="pixels/4")
    page.atlas.wait()
    name = page.answer("add_encoder", **asked(kind="own", model="mine"))[0]["name"]
    page.atlas.wait()
    assert name == "mine"
    assert encoders(page)[name] == ("ready", 24)
    assert page.comm.state["encoder"] == page.atlas.collection.current == name
    for model, words in (
        ("number", "int is not an encoder"),
        ("nowhere", "'nowhere' is not a variable"),
        ("", "name a var"),
    ):
        body, _ = page.answer("add_encoder", **asked(kind="own", model=model))
        assert body["kind"] == "asked"
        assert words in body["message"]


def test_vectors_one_has_are_added_from_the_menu(
    folder: Path, tmp_path: Path, opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = np.random.default_rng(0).normal(size=(24, 5)).astype(np.float32)
    shell = SimpleNamespace(user_ns={"x": vectors, "frame": pd.DataFrame(vectors), "number": 3}, events=Mock())
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    np.save(tmp_path / "mine.npy", vectors)
    table = pt.Collection(folder, store=None).table.assign(column=list(vectors))
    page = opened(table, image="path", encoder="pixels/4")
    page.atlas.wait()
    file = str(tmp_path / "mine.npy")
    for model, name in (("column", "column"), ("x", "x"), ("frame", "frame"), (file, "mine")):
        assert page.answer("add_encoder", **asked(kind="given", model=model))[0] == {"name": name}
        page.atlas.wait()
        assert page.comm.state["encoder"] == name
        assert encoders(page)[name] == ("ready", 24)
        one = page.atlas.collection.embeddings[name]
        assert np.allclose(one, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), atol=1e-6)
    assert page.answer("add_encoder", **asked(kind="given", model="number"))[0]["kind"] == "asked"
    body, _ = page.answer("add_encoder", **asked(kind="given", model="nowhere"))
    assert "neither a column of the table nor a .npy or .parquet file" in body["message"]


def test_weights_of_ones_own_are_given_in_the_menu(folder: Path, tmp_path: Path, opened: Callable[..., Any]) -> None:
    import timm
    import torch

    torch.save(timm.create_model("test_vit", num_classes=0).state_dict(), tmp_path / "mine.pt")
    page = opened(folder, encoder="pixels/4")
    page.atlas.wait()
    params = asked(kind="timm", model="test_vit", checkpoint=str(tmp_path / "mine.pt"))
    name = page.answer("add_encoder", **params)[0]["name"]
    page.atlas.wait()
    expected = pt.encoder("timm/test_vit", checkpoint=tmp_path / "mine.pt")
    assert (page.comm.state["encoder"], name) == (expected.name, expected.name)
    assert encoders(page)[name] == ("ready", 24)


def test_an_autoencoder_is_trained_from_the_menu(folder: Path, tmp_path: Path, opened: Callable[..., Any]) -> None:
    page = opened(Collection(folder, encoder="pixels/4", store=tmp_path / "store"))
    page.atlas.wait()
    page.answer("add_encoder", **asked(kind="autoencoder", size=16, dims=4, epochs=2, net="convolutional"))
    page.atlas.wait()
    training = page.comm.state["training"]
    assert (training["epochs"], len(training["losses"])) == (2, 2)
    assert "Mean squared error" in training["said"]
    assert page.comm.state["encoder"].startswith("autoencoder/")
    info = page.comm.state["encoders"][-1]
    assert info["title"] == "autoencoder, 4 numbers of 16 px"
    assert "after 2 epochs" in info["note"]
    body, arrays = page.answer("reconstructions", most=3)
    assert len(body["lengths"]) == 6
    assert sum(body["lengths"]) == len(arrays["pictures"])
    assert bytes(arrays["pictures"][:4]) == b"\x89PNG"


def test_two_encoders_are_compared_in_a_column(folder: Path, opened: Callable[..., Any]) -> None:
    page = opened(folder, encoder="pixels/4")
    page.atlas.wait()
    c = page.atlas.collection
    c.embed(brightness)
    body, _ = page.answer("compare_encoders", a="pixels/4", b="brightness")
    assert body == {"column": "differs: pixels 4 × 4 | brightness"}
    name = body["column"]
    page.comm.wait_for(lambda: name in [info["name"] for info in page.comm.state["columns"]])
    _, arrays = page.answer("column", name=name)
    one, two = c.neighbours(encoder="pixels/4").rows, c.neighbours(encoder="brightness").rows
    expected = [1 - len(set(a) & set(b)) / 15 for a, b in zip(one.tolist(), two.tolist(), strict=True)]
    assert np.allclose(arrays["values"], expected)
    assert np.allclose(c.table[name], expected)
    page.set(color_by=name, sort_by=name)
    assert (page.atlas.color_by, page.atlas.sort_by) == (name, name)


def test_what_can_be_added_is_told(folder: Path, opened: Callable[..., Any], page: Any) -> None:
    body, _ = page.answer("encoder_choices")
    assert body["columns"] == ["class", "score"]
    assert all(set(one) == {"name", "title", "about", "here"} for one in [*body["timm"], *body["clip"]])


@pytest.mark.parametrize("installed", [True, False])
def test_no_model_is_suggested_for_sentences_that_could_not_read_them(
    installed: bool, page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pointillist.encoders.find_spec", lambda _: object() if installed else None)
    body, _ = page.answer("encoder_choices")
    assert any("SigLIP" in one["name"] for one in body["clip"]) == installed


def test_columns_of_few_whole_numbers_can_be_tuned_on(opened: Callable[..., Any]) -> None:
    n = np.arange(240)
    columns = {
        "digit": n % 10,
        "some": np.where(n % 3 == 0, np.nan, n % 5),
        "hundred": n % 100,
        "more": n % 101,
        "share": n % 4 / 4,
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(n % 4, unit="D"),
        "blank": np.where(n % 2 == 0, "", "cat"),
        "animal": np.where(n % 2 == 0, "dog", "cat"),
    }
    table = pd.DataFrame({"image": list(np.zeros((240, 4, 4, 3), np.uint8)), **columns})
    layout = np.stack([n, n**2 % 17], axis=1)
    page = opened(table, image="image", layout=layout, store=None)
    body, _ = page.answer("encoder_choices")
    assert body["columns"] == ["digit", "some", "hundred", "animal"]


def table_of(folder: Path, tmp_path: Path) -> Path:
    """A Lance table of the images, one of which cannot be read."""
    (folder / "red" / "bad.jpg").write_bytes(b"no picture")
    pt.embed(folder, "pixels/4", to=tmp_path / "photos.lance", engine="local")
    return tmp_path / "photos.lance"


def test_the_encoder_of_a_table_is_on_show_and_another_beside_it(
    folder: Path, tmp_path: Path, opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pointillist.scale.table import Table

    place, vectors = table_of(folder, tmp_path), Table.vectors
    loaded: list[int] = []

    def counted(self: Table, rows: np.ndarray) -> np.ndarray:
        loaded.append(len(rows))
        return vectors(self, rows)

    monkeypatch.setattr(Table, "vectors", counted)
    with monkeypatch.context() as at_rest:
        at_rest.setattr("pointillist.explorer.flow.Flow.start", lambda self: None)
        page = opened(place)
        assert page.comm.state["encoder"] == "pixels/4"
        assert [(one["title"], one["dims"], one["rows"]) for one in page.comm.state["encoders"]] == [
            ("pixels 4 × 4", 48, 24)
        ]
        assert sum(loaded) == 0  # a million vectors are not read before anything is shown
    page = opened(place)
    page.atlas.wait()
    assert (page.comm.state["encoder"], page.comm.state["failures"]) == ("pixels/4", 1)
    answer, _ = page.answer("add_encoder", **asked(kind="pixels", size=2))
    assert answer == {"name": "pixels/2"}
    page.atlas.wait()
    assert page.comm.state["encoder"] == "pixels/2"
    assert encoders(page) == {"pixels/4": ("ready", 24), "pixels/2": ("ready", 24)}
    with monkeypatch.context() as idle:
        idle.setattr("pointillist.encoders.pixels.PixelEncoder.encode", lambda *_: pytest.fail("it was computed again"))
        page.set(encoder="pixels/4")
        page.atlas.wait()
        assert page.atlas.encoder == "pixels/4"
        again = opened(place)
        again.atlas.wait()
        assert again.comm.state["encoder"] == "pixels/4"
        assert encoders(again) == {"pixels/2": ("ready", 24), "pixels/4": ("ready", 24)}
        assert page.answer("compare_encoders", a="pixels/4", b="pixels/2")[0]["column"]


def test_an_encoder_cannot_be_added_to_a_table_whose_images_are_gone_and_says_so(
    folder: Path, tmp_path: Path, opened: Callable[..., Any]
) -> None:
    page = opened(table_of(folder, tmp_path))
    page.atlas.wait()
    folder.rename(tmp_path / "elsewhere")
    page.atlas.encoder = "pixels/64"  # the images have 96 px: no thumbnail is twice as large
    with pytest.raises(EmbeddingError, match="none of the 24 images that have vectors of 'pixels/4' can be read any"):
        page.atlas.wait()
    run = page.comm.state["runs"][-1]
    assert run["state"] == "failed"
    assert "no such file" in run["message"]
    assert (page.comm.state["encoder"], page.comm.state["failures"], page.comm.state["notice"]) == ("pixels/4", 1, "")
    assert encoders(page) == {"pixels/4": ("ready", 24)}


def test_a_small_encoder_is_added_to_a_table_whose_images_are_gone(
    folder: Path, tmp_path: Path, opened: Callable[..., Any]
) -> None:
    page = opened(table_of(folder, tmp_path))
    page.atlas.wait()
    folder.rename(tmp_path / "elsewhere")
    page.atlas.encoder = "pixels/2"
    page.atlas.wait()
    assert encoders(page) == {"pixels/2": ("ready", 24), "pixels/4": ("ready", 24)}


def test_vectors_given_beside_a_table_leave_its_encoder_in_the_menu(
    folder: Path, tmp_path: Path, opened: Callable[..., Any]
) -> None:
    place = table_of(folder, tmp_path)
    page = opened(place, embeddings=np.random.default_rng(0).standard_normal((25, 5)))
    page.atlas.wait()
    assert page.comm.state["encoder"] == "given"
    assert encoders(page) == {"given": ("ready", 25), "pixels/4": ("ready", 24)}
    page.atlas.encoder = "pixels/4"
    page.atlas.wait()
    assert page.comm.state["encoder"] == "pixels/4"


def test_two_models_of_one_class_are_told_apart_in_the_list_and_while_one_is_at_work(
    folder: Path, opened: Callable[..., Any], tmp_path: Path
) -> None:
    import torch

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = torch.nn.Linear(3, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(x.mean((2, 3)))

    def titles(page: Any) -> dict[str, str]:
        return {info["title"]: info["status"] for info in page.comm.state["encoders"]}

    first, second, seen = Net(), Net(), []
    before = opened(folder, encoder=first, store=tmp_path / "store.sqlite")
    before.atlas.wait()
    before.atlas.close()
    before.atlas.collection.close()
    page = opened(folder, encoder=second, store=tmp_path / "store.sqlite")
    page.atlas.observe(
        lambda change: seen.append({info["title"]: info["status"] for info in change["new"]}), "encoders"
    )
    page.atlas.wait()
    assert (page.atlas.encoder, titles(page)) == ("Net (2)", {"Net": "ready", "Net (2)": "ready"})
    assert all(listed["Net"] == "ready" for listed in seen)
    page.set(encoder="Net")
    page.atlas.wait()
    assert (page.atlas.encoder, page.atlas._scene.layouts.encoder()) == ("Net", "Net")
