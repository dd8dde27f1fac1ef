"""The headless twin: images in, DataFrames out; each stage computed once; tags last."""

from __future__ import annotations

import sqlite3
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import pointillist as pt
from pointillist import Collection
from pointillist.errors import Cancelled
from pointillist.jobs import Job

Draw = Callable[..., Path]


def mean_colour(images: list[np.ndarray]) -> np.ndarray:
    return np.array([[*image.mean((0, 1)), 1] for image in images])


@pytest.fixture
def folder(draw_folder: Draw, tmp_path: Path) -> Path:
    return draw_folder(tmp_path / "photos", per_color=3)


def test_table_is_the_callers_with_tags(folder: Path) -> None:
    c = Collection(folder)
    assert len(c) == 12
    assert repr(c) == "<Collection photos/: 12 images>"
    assert list(c.table.columns) == ["path", "label", "tags"]
    assert c.table.index[0] == "blue/000.jpg"
    assert c.table["label"].tolist()[::3] == ["blue", "green", "red", "sand"]
    c.table["tags"].iloc[0].append("not mine")
    mine = c.table
    mine.loc["blue/000.jpg", "label"] = "not mine"
    assert c.table["tags"].tolist() == [[]] * 12
    assert c.table.loc["blue/000.jpg", "label"] == "blue"


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(["a", "a", "b", "c"], name="key"),
        pd.MultiIndex.from_product([["x", "y"], [1, 2]], names=["site", "shot"]),
        pd.date_range("2024-01-01", periods=4),
    ],
    ids=["duplicates", "MultiIndex", "dates"],
)
def test_the_callers_index_survives(index: pd.Index, tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}.png" for i in range(4)]
    for i, path in enumerate(paths[:3]):
        Image.new("RGB", (8, 8), (i * 60, 0, 0)).save(path)
    table = pd.DataFrame({"file": [str(path) for path in paths], "v": [1, 2, 3, 4]}, index=index)
    with Collection(table, image="file", encoder=mean_colour) as c:
        c.embed()
        pd.testing.assert_index_equal(c.table.index, index)
        pd.testing.assert_index_equal(c.failures.index, index[[3]])
        assert "no such file" in c.failures["reason"].iloc[0]
        assert c.tag(c.table.index[1:2], "x") == (2 if not index.is_unique else 1)
        assert c.tag(c.table["v"] > 3, "y") == 1
        assert c.table["tags"].iloc[3] == ["y"]


def test_a_column_called_tags_is_kept(tmp_path: Path) -> None:
    table = pd.DataFrame({"image": list(np.zeros((2, 4, 4, 3), np.uint8)), "tags": ["a", "b"]})
    c = Collection(table, image="image", store=None)
    assert c.table["tags_given"].tolist() == ["a", "b"]
    assert c.table["tags"].tolist() == [[], []]


def test_embeddings_neighbours_and_layouts(folder: Path) -> None:
    (folder / "red" / "broken.jpg").write_bytes(b"\xff\xd8 cut")
    with Collection(folder, encoder=mean_colour) as c:
        x = c.embed()
        assert x.shape == (13, 4)
        assert x.dtype == np.float32
        broken = c.table.index.get_loc("red/broken.jpg")
        assert np.isnan(x).all(axis=1).nonzero()[0].tolist() == [broken]
        np.testing.assert_allclose(np.linalg.norm(np.delete(x, broken, 0), axis=1), 1, rtol=1e-5)
        assert list(c.embeddings) == ["mean_colour"]
        np.testing.assert_array_equal(c.embeddings["mean_colour"], x)
        assert c.failures.index.tolist() == ["red/broken.jpg"]
        graph = c.neighbours(k=3)
        labels = c.table["label"].to_numpy()
        ok = np.arange(13) != broken
        assert (labels[graph.rows[ok][:, 0]] == labels[ok]).all()
        for method in ("pca", "umap"):
            xy = c.project(method)
            assert (xy.shape, xy.dtype) == ((13, 2), np.float32)
            assert np.isnan(xy).all(axis=1).nonzero()[0].tolist() == [broken]
            np.testing.assert_array_equal(c.project(method), xy)
            xyz = c.project(method, dims=3)
            assert (xyz.shape, xyz.dtype) == ((13, 3), np.float32)
            assert np.isnan(xyz).all(axis=1).nonzero()[0].tolist() == [broken]
            assert np.ptp(xyz[ok], axis=0).min() > 0
            np.testing.assert_array_equal(c.project(method, dims=3), xyz)
        np.testing.assert_allclose(c.project("pca", dims=3)[ok, :2], c.project("pca")[ok], atol=1e-5)
        with pytest.raises(pt.ProjectionError, match="dims=4 cannot be shown; it must be 2 or 3"):
            c.project("pca", dims=4)  # type: ignore[arg-type]
        with pytest.raises(pt.ProjectionError, match="'isomap' is not a projection; there are: pca, umap, tsne"):
            c.project("isomap")  # type: ignore[arg-type]


def test_nothing_is_computed_twice_not_even_in_another_session(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Collection(folder, encoder="pixels/4") as c:
        c.embed()
        xy, graph = c.project("pca"), c.neighbours(k=2)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("pointillist.embedding.embed", never)
    monkeypatch.setattr("pointillist.approximate.neighbours", never)
    monkeypatch.setattr("pointillist.analysis.projection.pca", never)
    monkeypatch.setattr("pointillist.contents.decode", never)
    with Collection(folder, encoder="pixels/4") as later:
        assert later.is_embedded()
        np.testing.assert_array_equal(later.project("pca"), xy)
        np.testing.assert_array_equal(later.neighbours(k=2).rows, graph.rows)
        assert later.embed().shape == (12, 48)
        assert all(later.thumbnails(later.table))
        with pytest.raises(KeyError, match="no vectors of 'pixels/8'"):
            later.embeddings["pixels/8"]
        with pytest.raises(AssertionError, match="computed again"):
            later.project("pca", dims=3)


def test_images_in_memory_are_known_again(draw_folder: Draw) -> None:
    stack = np.random.default_rng(0).integers(0, 255, (5, 9, 9, 3), np.uint8)
    with Collection(stack, encoder="pixels/3") as c:
        x = c.embed()
    with Collection(stack.copy(), encoder="pixels/3") as again:
        assert again.is_embedded()
        np.testing.assert_array_equal(again.embeddings["pixels/3"], x)


def test_a_changed_file_is_embedded_again(folder: Path) -> None:
    with Collection(folder, encoder=mean_colour) as c:
        before = c.embed()
    Image.new("RGB", (20, 20), "white").save(folder / "blue" / "000.jpg")
    with Collection(folder, encoder=mean_colour) as c:
        assert not c.is_embedded()
        after = c.embed()
    assert (before != after).any(axis=1).nonzero()[0].tolist() == [0]


def test_a_url_that_failed_is_tried_again_in_the_next_session(tmp_path: Path) -> None:
    table = pd.DataFrame({"url": [(tmp_path / f"{i}.png").as_uri() for i in range(2)]})
    Image.new("RGB", (20, 20), "white").save(tmp_path / "0.png")
    with Collection(table, image="url", encoder=mean_colour) as c:
        c.embed()
        assert c.failures.index.tolist() == [1]
        assert c.is_embedded()
    Image.new("RGB", (20, 20), "red").save(tmp_path / "1.png")
    with Collection(table, image="url", encoder=mean_colour) as c:
        assert not c.is_embedded()
        assert np.isfinite(c.embed()).all()
        assert c.failures.empty


def test_two_crops_of_one_file_are_two_images(tmp_path: Path) -> None:
    picture = np.zeros((20, 40, 3), np.uint8)
    picture[:, :20, 0], picture[:, 20:, 2] = 250, 250
    Image.fromarray(picture).save(tmp_path / "both.png")
    table = pd.DataFrame({"path": [str(tmp_path / "both.png")] * 2, "x": [0, 20], "y": 0, "w": 20, "h": 20})
    for _ in range(2):
        with Collection(table, image="path", box=["x", "y", "w", "h"], encoder=mean_colour) as c:
            x = c.embed()
            assert x[0, 0] > 0.9 > 0.1 > x[0, 2]
            assert x[1, 2] > 0.9 > 0.1 > x[1, 0]
            assert len(set(c.thumbnails(c.table.index))) == 2


def test_two_threads_share_one_run(folder: Path) -> None:
    seen: list[int] = []

    def encode(images: list[np.ndarray]) -> np.ndarray:
        seen.extend(1 for image in images if np.ptp(image))
        return mean_colour(images)

    with Collection(folder, encoder=encode) as c:
        threads = [threading.Thread(target=c.embed) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(seen) == 12


def test_waiting_for_ones_turn_can_be_cancelled(folder: Path) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow(images: list[np.ndarray]) -> np.ndarray:
        begun.set()
        assert go.wait(60)
        return mean_colour(images)

    with Collection(folder, encoder=slow) as c, Collection(folder, encoder="pixels/2") as other:
        working = threading.Thread(target=c.embed)
        working.start()
        assert begun.wait(60)
        job = Job("embedding")
        job.cancel()
        with pytest.raises(Cancelled):
            other.embed(job=job)
        go.set()
        working.join()
        assert other.embed().shape == (12, 12)


@pytest.mark.parametrize(
    ("vectors", "says"),
    [
        (np.ones((11, 3)), "embeddings= has 11 rows for 12 images; there must be one for each, in order"),
        (np.ones(12), r"embeddings= has the shape \(12,\); it must be \(n, d\)"),
        (np.ones((12, 0)), r"embeddings= has the shape \(12, 0\)"),
        (
            np.where(np.arange(36).reshape(12, 3) == 7, np.nan, 1),
            r"NaN or infinite values in 1 of 12 rows \(first: row 2\)",
        ),
        ([["a"]] * 12, "embeddings= is not an array of numbers"),
    ],
)
def test_vectors_that_do_not_fit(folder: Path, vectors: object, says: str) -> None:
    with pytest.raises(pt.EmbeddingError, match=says):
        Collection(folder, embeddings=vectors)


@pytest.mark.parametrize(
    ("positions", "says"),
    [
        (np.ones((11, 2)), "layout= has 11 rows for 12 images"),
        (np.ones((12, 4)), r"layout= has the shape \(12, 4\); it must be \(n, 2\) or \(n, 3\)"),
        (np.full((12, 2), np.inf), "layout= has no position at all: every row is NaN or infinite"),
        (np.full((12, 2), np.nan), "layout= has no position at all"),
    ],
)
def test_positions_that_do_not_fit(folder: Path, positions: object, says: str) -> None:
    with pytest.raises(pt.EmbeddingError, match=says):
        Collection(folder, layout=positions)


def test_positions_that_are_nowhere_are_those_of_images_without_one(folder: Path) -> None:
    given = np.arange(24.0).reshape(12, 2)
    given[[1, 4, 7], [0, 1, 0]] = np.nan, np.inf, -1e300  # the last is infinite in float32
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xy = Collection(folder, layout=given).layout
    assert xy is not None
    assert np.flatnonzero(np.isnan(xy).all(axis=1)).tolist() == [1, 4, 7]
    assert np.isfinite(np.delete(xy, [1, 4, 7], axis=0)).all()


def test_given_vectors_of_any_kind_become_unit_length(folder: Path) -> None:
    given = pd.DataFrame(np.arange(36).reshape(12, 3))
    c = Collection(folder, embeddings=given)
    x = c.embeddings["given"]
    assert x.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(x, axis=1), 1, rtol=1e-6)
    assert c.is_embedded()
    assert c.neighbours(k=2).rows.shape == (12, 2)


def test_no_embedding_yet_says_what_to_do(folder: Path) -> None:
    with pytest.raises(
        pt.EmbeddingError, match=r"no vectors of 'pixels/4' \(there are: none yet\); make them with embed"
    ):
        Collection(folder, encoder="pixels/4").neighbours()


def test_tags_undo_redo_history(folder: Path) -> None:
    with Collection(folder) as c:
        assert c.tag("label == 'red'", "warm") == 3
        assert c.tag(["red/000.jpg", "sand/000.jpg"], "warm") == 1
        assert c.untag("red/001.jpg", "warm") == 1
        assert c.table.index[c.table["tags"].str.len() > 0].tolist() == ["red/000.jpg", "red/002.jpg", "sand/000.jpg"]
        assert c.undo() == "undone: remove tag “warm” from 1 image"
        assert c.redo() == "redone: remove tag “warm” from 1 image"
        assert c.redo() == "nothing to redo"
        with pytest.raises(pt.SelectionError, match=r"'red/9\.jpg' is neither an index label"):
            c.tag("red/9.jpg", "warm")
        with pytest.raises(pt.TagError, match="at least one visible character"):
            c.tag("red/000.jpg", "  ")
        said = c.history["did"].tolist()
        assert said[0] == "tag “warm” on 3 images"
        assert len(said) == 5
    with Collection(folder) as later:
        assert later.table.loc["sand/000.jpg", "tags"] == ["warm"]
        assert later.history["did"].tolist() == said


def test_two_sessions_on_one_store_see_each_others_tags(folder: Path) -> None:
    with Collection(folder) as one, Collection(folder) as two:
        one.tag("red/000.jpg", "a")
        two.tag("red/000.jpg", "b")
        assert one.table.loc["red/000.jpg", "tags"] == two.table.loc["red/000.jpg", "tags"] == ["a", "b"]


def test_a_store_that_cannot_be_written_works_in_memory_and_says_so(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("POINTILLIST_CACHE", str(tmp_path / "file" / "below"))
    with pytest.warns(UserWarning, match="Nothing is kept after this session: cannot write to the store") as told:
        c = Collection(folder, encoder="pixels/2")
    assert [(str(one.message), one.filename) for one in told] == [(c.store.notice, __file__)]
    with c:
        assert c.embed().shape == (12, 12)
        c.tag("red/000.jpg", "a")
        assert c.table.loc["red/000.jpg", "tags"] == ["a"]


def test_a_full_disk_ends_the_run_in_words_and_keeps_what_is_done(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Collection(folder, encoder="pixels/2") as c:
        c.tag("red/000.jpg", "before")
        page = c.store._database._connect
        path = c.store.path
        assert path is not None

        def tiny() -> sqlite3.Connection:
            connection = page()
            connection.execute(f"PRAGMA max_page_count = {path.stat().st_size // 4096 + 2}")
            return connection

        c.store._database.close()
        c.store._database._closed = False
        monkeypatch.setattr(c.store._database, "_connect", tiny)
        with pytest.raises(pt.StoreError, match=r"no room to write to the store .*free some disk space"):
            c.embed()
        assert c.table.loc["red/000.jpg", "tags"] == ["before"]
        assert all(c.thumbnails(["red/000.jpg", "blue/000.jpg"]))
