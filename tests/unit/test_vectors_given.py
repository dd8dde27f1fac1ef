"""Vectors that the user brings: as a column, a .npy file, a Parquet file."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pointillist.collection import Collection
from pointillist.errors import EmbeddingError
from pointillist.vectors import given_embedding

N = 12
X = np.random.default_rng(0).normal(size=(N, 5)).astype(np.float32)


@pytest.fixture
def table(tmp_path: Path, draw_folder: Callable[..., Path]) -> pd.DataFrame:
    folder = draw_folder(tmp_path / "photos", per_color=3)
    return pd.DataFrame({"path": sorted(str(path) for path in folder.rglob("*.jpg")), "vector": list(X)})


def test_a_column_a_npy_and_a_parquet_file_are_the_same_as_the_array(table: pd.DataFrame, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    pd.DataFrame({"id": [str(i) for i in range(N)], "vector": list(X)}).to_parquet(tmp_path / "lists.parquet")
    pd.DataFrame(X, columns=list("abcde")).to_parquet(tmp_path / "wide.parquet")
    expected = Collection(table, image="path", embeddings=X, store=None).embeddings["given"]
    files: list[Any] = [tmp_path / "x.npy", str(tmp_path / "lists.parquet"), tmp_path / "wide.parquet"]
    for way in ["vector", *files, table["vector"], table["vector"].tolist()]:
        got = Collection(table, image="path", embeddings=way, store=None).embeddings["given"]
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("vektor", "is neither a column of the table nor a .npy or .parquet file"),
        ("x.npz", r"may hold several arrays: give the one meant, np\.load\('.*x\.npz'\)\[<its name>\]"),
        ("none.npy", "cannot be read: .*No such file"),
        ("pickled.npy", "cannot be read: .*allow_pickle"),
        ("text.parquet", "has 0 columns of vectors; it must have one"),
        ("ragged.parquet", "embeddings= is not an array of numbers"),
    ],
)
def test_files_that_hold_no_vectors_say_so(name: str, words: str, table: pd.DataFrame, tmp_path: Path) -> None:
    np.save(tmp_path / "pickled.npy", np.array([{}], object), allow_pickle=True)
    pd.DataFrame({"id": ["a"] * N}).to_parquet(tmp_path / "text.parquet")
    pd.DataFrame({"v": [[1.0] * (1 + i % 2) for i in range(N)]}).to_parquet(tmp_path / "ragged.parquet")
    given = tmp_path / name if "." in name else name
    with pytest.raises(EmbeddingError, match=words):
        Collection(table, image="path", embeddings=given, store=None)


def test_many_rows_are_scaled_without_a_copy_in_float64() -> None:
    x = np.random.default_rng(1).normal(size=(20_000, 256)).astype(np.float32)
    tracemalloc.start()
    unit = given_embedding(x, len(x)).vectors
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.6 * x.nbytes  # the answer, and which values are finite
    expected = x.astype(np.float64) / np.linalg.norm(x.astype(np.float64), axis=1, keepdims=True)
    np.testing.assert_array_equal(unit, expected.astype(np.float32))


def test_rows_of_zeros_are_told_of_and_kept() -> None:
    some = X.copy()
    some[[4, 9]] = 0
    with pytest.warns(UserWarning, match=r"all zeros in 2 of 12 rows \(first: row 4\)"):
        made = given_embedding(some, N)
    assert made.present.all()
    np.testing.assert_allclose(np.linalg.norm(made.vectors, axis=1), 1, atol=1e-6)


def test_a_parquet_file_with_a_column_of_lists_is_read_by_it_whatever_numbers_stand_beside(
    table: pd.DataFrame, tmp_path: Path
) -> None:
    expected = Collection(table, image="path", embeddings=X, store=None).embeddings["given"]
    pd.DataFrame({"id": np.arange(N), "score": 0.5, "vector": list(X)}).to_parquet(tmp_path / "numbered.parquet")
    got = Collection(table, image="path", embeddings=tmp_path / "numbered.parquet", store=None).embeddings["given"]
    np.testing.assert_array_equal(got, expected)
    pd.DataFrame({"id": np.arange(N), "vector": [None, *X[1:]]}).to_parquet(tmp_path / "lacking.parquet")
    with pytest.raises(EmbeddingError, match="row 0 has none"):
        Collection(table, image="path", embeddings=tmp_path / "lacking.parquet", store=None)


@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_vectors_whose_squares_do_not_fit_are_of_unit_length_too(scale: float) -> None:
    got = given_embedding(X.astype(np.float64) * scale, N).vectors
    np.testing.assert_allclose(got, given_embedding(X, N).vectors, rtol=1e-5)


def test_tensors_that_need_a_gradient_or_are_short_floats_are_taken() -> None:
    import torch

    expected = given_embedding(X, N).vectors
    np.testing.assert_array_equal(given_embedding(torch.tensor(X, requires_grad=True), N).vectors, expected)
    np.testing.assert_allclose(given_embedding(torch.tensor(X).bfloat16(), N).vectors, expected, atol=0.02)


@pytest.fixture
def named(table: pd.DataFrame) -> pd.DataFrame:
    """Images that are called i0 to i11."""
    return table.set_index(pd.Index([f"i{i}" for i in range(N)]))


@pytest.mark.parametrize("make", [lambda x: x, lambda x: pd.Series(list(x.to_numpy()), index=x.index)])
def test_rows_with_the_images_own_labels_may_stand_in_any_order(
    named: pd.DataFrame, make: Callable[[Any], Any], tmp_path: Path
) -> None:
    expected = Collection(named, image="path", embeddings=X, store=None).embeddings["given"]
    mixed = pd.DataFrame(X, index=named.index, columns=list("abcde")).sample(frac=1, random_state=1)
    c = Collection(named, image="path", embeddings=make(mixed), layout=mixed[["a", "b"]], store=None)
    np.testing.assert_array_equal(c.embeddings["given"], expected)
    np.testing.assert_array_equal(c.layout, X[:, :2])
    grouped = [c.cluster("kmeans", count=3, layout=way).labels for way in (mixed[["a", "b"]], "given")]
    np.testing.assert_array_equal(*grouped)
    mixed.to_parquet(tmp_path / "mixed.parquet")
    np.testing.assert_array_equal(c.add_vectors("mine", make(mixed)), expected)
    np.testing.assert_array_equal(c.add_vectors("file", str(tmp_path / "mixed.parquet")), expected)


def test_rows_that_are_only_numbered_are_in_the_order_of_the_images(named: pd.DataFrame) -> None:
    expected = Collection(named, image="path", embeddings=X, store=None).embeddings["given"]
    for numbered in (pd.DataFrame(X), pd.DataFrame(X, index=list(range(N)))):
        got = Collection(named, image="path", embeddings=numbered, store=None).embeddings["given"]
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([*"xyz", *(f"i{i}" for i in range(3, N))], "3 of 12 images are not in it, the first is 'i0'; 3 of its labels"),
        ([f"i{i}" for i in range(1, N)], "1 of 12 images are not in it, the first is 'i0'[)]: give each image one row"),
        (["i1", *(f"i{i}" for i in range(1, N))], "it has 'i1' more than once"),
        ([f"i{i}" for i in range(N + 1)], "1 of its labels name none, the first is 'i12'"),
        (range(5, 5 + N), "12 of 12 images .* 12 of its labels name none, the first is 5[)]: .*or .to_numpy"),
    ],
)
def test_an_index_that_names_other_images_is_refused(labels: Any, words: str, named: pd.DataFrame) -> None:
    given = pd.DataFrame(np.ones((len(labels), 2)), index=labels)
    for way in ("embeddings", "layout"):
        with pytest.raises(EmbeddingError, match=f"{way}= has an index .*{words}"):
            Collection(named, image="path", store=None, **{way: given})


def test_where_two_images_have_one_label_the_order_must_be_theirs(named: pd.DataFrame) -> None:
    twice = named.set_index(pd.Index([f"i{i // 2}" for i in range(N)]))
    Collection(twice, image="path", embeddings=pd.DataFrame(X, index=twice.index), store=None)
    with pytest.raises(EmbeddingError, match="the images have 'i0' more than once"):
        Collection(twice, image="path", embeddings=pd.DataFrame(X, index=twice.index[::-1]), store=None)


@pytest.mark.parametrize("name", ["umap", ["x", "y"]])
def test_a_layout_by_name_is_told_to_be_positions(name: Any, table: pd.DataFrame) -> None:
    with pytest.raises(EmbeddingError, match=r"is a name; give the positions, for example table\[\['x', 'y'\]\]"):
        Collection(table, image="path", layout=name, store=None)
