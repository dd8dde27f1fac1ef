"""`similar` and `search` as a pandas user calls them."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import pointillist as pt
from pointillist import Collection
from pointillist.encoders import Classes
from pointillist.vectors import given_embedding

N, D = 40, 6


def vectors(n: int = N, d: int = D) -> np.ndarray:
    x = np.random.default_rng(0).standard_normal((n, d))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def c() -> Collection:
    table = pd.DataFrame(
        {"image": list(np.zeros((N, 4, 4, 3), np.uint8)), "kind": ["a", "b"] * (N // 2), "similarity": "mine"},
        index=[f"i{row}" for row in range(N)],
    )
    return Collection(table, image="image", embeddings=vectors(), store=None)


def expected(query: np.ndarray, leave_out: list[int]) -> list[str]:
    scores = np.round(vectors().astype(np.float64) @ query / np.linalg.norm(query), 6)
    order = np.argsort(-scores, kind="stable")
    return [f"i{row}" for row in order if row not in leave_out]


X = vectors()


@pytest.mark.parametrize(
    ("to", "rows"),
    [
        ("i3", [3]),
        (["i3", "i9"], [3, 9]),
        (pd.DataFrame(index=["i9", "i3"]), [3, 9]),
        (np.arange(N) < 2, [0, 1]),
        ("kind == 'a' and index in ['i2', 'i4']", [2, 4]),
        (X[3], []),
        (X[[3, 9]], []),
        (X[3].tolist(), []),
        (["i3", X[9]], [3]),
    ],
    ids=["label", "labels", "frame", "mask", "query", "vector", "vectors", "list of floats", "mixed"],
)
def test_examples_of_every_kind(c: Collection, to: Any, rows: list[int]) -> None:
    if len(rows) > 1:
        query = X[rows].mean(axis=0)
    else:
        query = X[[3, 9]].mean(axis=0) if len(to) == 2 and not isinstance(to, str) else X[3]
    found = c.similar(to, k=N)
    assert found.index.tolist() == expected(query, rows)
    assert found["similarity"].is_monotonic_decreasing
    assert found["similarity_given"].tolist() == ["mine"] * len(found)
    np.testing.assert_allclose(
        found["similarity"], [X[int(label[1:])] @ query / np.linalg.norm(query) for label in found.index], atol=2e-6
    )


def test_against_weights_within_reverse_threshold(c: Collection) -> None:
    query = 2 * X[3] - X[[5, 6]].mean(axis=0)
    assert c.similar("i3", against=["i5", "i6"], k=N).index.tolist() == expected(query, [3, 5, 6])
    weighted = 3 * X[9] + X[4]
    assert c.similar(["i9", "i4"], weights=[3, 1], k=5).index.tolist() == expected(weighted, [4, 9])[:5]
    frame = c.table.loc[["i9", "i4"]]
    assert c.similar(frame, weights=[3, 1], k=5).index.tolist() == expected(weighted, [4, 9])[:5]
    pair = X[[0, 1]].mean(axis=0)
    group = 3 * pair / np.linalg.norm(pair) + X[7]
    assert c.similar([np.arange(N) < 2, "i7"], weights=[3, 1], k=9).index.tolist() == expected(group, [0, 1, 7])[:9]
    within = c.similar([["i0", 5 * X[1]], "i7"], weights=[3, 1], k=9)  # 5 times as long counts no more
    assert within.index.tolist() == expected(group, [0, 7])[:9]
    pd.testing.assert_frame_equal(c.similar(["i9", "i4"], weights=[3e307, 1e307]), c.similar(frame, weights=[3, 1]))
    pd.testing.assert_frame_equal(c.similar("i3", against=None), c.similar("i3"))
    assert c.similar("i3", k=N, reverse=True).index.tolist() == expected(X[3], [3])[::-1]
    assert (c.similar("i3", within="kind == 'b'")["kind"] == "b").all()
    assert len(c.similar("i3", threshold=-1, k=N)) == N - 1
    assert c.similar(X[3], threshold=1).index.tolist() == ["i3"]
    near = c.similar("i3", threshold=0.3, k=N)
    assert near["similarity"].min() >= 0.3
    assert len(near) == int((np.delete(X @ X[3], 3) >= 0.3).sum())
    far = c.similar("i3", threshold=-0.3, reverse=True, k=N)
    assert far["similarity"].max() <= -0.3


def test_the_same_question_has_the_same_answer_whatever_was_asked_before(c: Collection) -> None:
    before = c.similar("i1")
    c.similar(["i3", "i4"], against="i1", reverse=True)
    pd.testing.assert_frame_equal(c.similar("i1"), before)
    np.testing.assert_array_equal(c.embeddings["given"], given_embedding(X, N).vectors)


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"to": []}, pt.SelectionError, "no example to compare with"),
        ({"to": "i99"}, pt.SelectionError, "'i99' is neither an index label .*nor is there an image file 'i99'"),
        ({"to": X[0, :3]}, pt.EmbeddingError, "a vector of width 3: those of 'given' have the width 6"),
        ({"to": np.zeros(D)}, pt.EmbeddingError, "all zero"),
        ({"to": np.full(D, np.nan)}, pt.EmbeddingError, "NaN"),
        ({"to": [X[0], -X[0]]}, pt.EmbeddingError, "cancel one another out"),
        ({"to": Image.new("RGB", (4, 4))}, pt.EmbeddingError, r"vectors of this collection were given"),
        ({"to": "i1", "k": 0}, pt.SelectionError, "k=0: ask for at least 1 image"),
        ({"to": "i1", "k": 2.5}, pt.SelectionError, "k=2.5"),
        ({"to": "i1", "threshold": float("nan")}, pt.SelectionError, "threshold=nan"),
        ({"to": "i1", "threshold": "0.5"}, pt.SelectionError, "threshold='0.5'"),
        ({"to": "i1", "threshold": 8}, pt.SelectionError, "threshold=8: give a similarity, from -1 to 1, or None"),
        ({"to": "i1", "threshold": -1.01, "reverse": True}, pt.SelectionError, "threshold=-1.01"),
        ({"to": "i1", "within": "i99"}, pt.SelectionError, "'i99'"),
        ({"to": "i1", "weights": [1, 2]}, pt.SelectionError, "2 weights for 1 example: "),
        ({"to": [[], "i1"], "weights": [1, 1]}, pt.SelectionError, "one of the examples names no image"),
        ({"to": [np.zeros(N, bool), "i1"], "weights": [1, 1]}, pt.SelectionError, "names no image"),
        ({"to": ["i1"], "weights": [-1]}, pt.SelectionError, "weights must be at least 0"),
        ({"to": ["i1"], "weights": ["x"]}, pt.SelectionError, "one number for each example"),
        ({"to": "i1", "encoder": ["given"]}, pt.EmbeddingError, r"\['given'\] is no name of vectors; there are: given"),
        ({"to": "i1", "encoder": "pixels/2"}, pt.EmbeddingError, "no vectors of 'pixels/2'"),
    ],
    ids=lambda value: re.sub(" at 0x[0-9A-F]+", "", str(value)),  # the same in every process
)
def test_what_cannot_be_asked(c: Collection, asked: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        c.similar(**asked)


@pytest.mark.parametrize(
    "index",
    [
        pd.MultiIndex.from_product([range(N // 4), list("abcd")], names=["site", "shot"]),
        pd.period_range("2020-01", periods=N, freq="M"),
        pd.interval_range(0, N),
        pd.date_range("2020-01-01", periods=N, tz="UTC"),
    ],
    ids=lambda index: type(index).__name__,
)
def test_an_index_of_any_kind(index: pd.Index[Any]) -> None:
    table = pd.DataFrame({"image": list(np.zeros((N, 4, 4, 3), np.uint8))}, index=index)
    c = Collection(table, image="image", embeddings=X, store=None)
    nearest = [int(name[1:]) for name in expected(X[3], [3])[:5]]
    for example in (index[3], [index[3]], c.table.iloc[3], c.table.iloc[[3]], np.arange(N) == 3):
        assert c.similar(example, k=5).index.tolist() == index[nearest].tolist()


def test_more_than_there_are_and_one_image_alone(c: Collection) -> None:
    assert len(c.similar("i0", k=10_000)) == N - 1
    alone = Collection(np.zeros((1, 4, 4), np.uint8), embeddings=np.ones((1, 2)), store=None)
    assert alone.similar(0).empty
    assert alone.similar(np.ones(2))["similarity"].tolist() == [1]


def test_an_image_from_anywhere_finds_its_copy(draw_folder: Any, tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=3)
    (folder / "red" / "broken.jpg").write_bytes(b"\xff\xd8 cut")
    with Collection(folder, encoder="pixels/8") as c:
        c.thumbnails(["red/001.jpg"])  # one that has its thumbnail is not read differently
        c.embed()
        path = folder / "red" / "001.jpg"
        held = io.BytesIO()
        Image.open(path).save(held, "PNG")
        pixels = np.asarray(Image.open(path))
        for image in (path, str(path), path.read_bytes(), held.getvalue(), Image.open(path), pixels):
            found = c.similar(image, k=3)
            assert found.index[0] == "red/001.jpg"
            assert found["similarity"].iloc[0] == pytest.approx(1, abs=1e-6)
            assert set(found["label"]) == {"red"}
        assert c.similar("red/001.jpg", k=2)["label"].tolist() == ["red"] * 2
        assert "red/broken.jpg" not in c.similar(path).index
        everything = c.similar(c.table, k=3)  # the broken one is passed over, all others are left out
        assert everything.empty
        with pytest.raises(pt.EmbeddingError, match="none of the 1 images to compare with has a vector of 'pixels/8'"):
            c.similar("red/broken.jpg")
        with pytest.raises(pt.SelectionError, match=r"cannot be compared with: no such file"):
            c.similar(tmp_path / "nothing.jpg")
        with pytest.raises(pt.SelectionError, match="the bytes given cannot be compared with"):
            c.similar(b"not an image")
        with pytest.raises(pt.EncoderError, match=r"'pixels/8' understands no text: .*clip/ViT-B-32"):
            c.search("a red disc")


def test_an_open_file_is_read_and_stays_as_it_was(draw_folder: Any, tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=3)
    with Collection(folder, encoder="pixels/8", store=None) as c, (folder / "red" / "001.jpg").open("rb") as file:
        c.embed()
        expected = c.similar(folder / "red" / "001.jpg", k=3)
        written = io.BytesIO()
        written.write(file.read(10))  # the place in it is where nobody would read the whole image from
        written.write(file.read())
        for given in (file, written, [file], [[written], file]):
            found = c.similar(given, k=3)
            assert found.index.tolist() == expected.index.tolist()
            np.testing.assert_allclose(found["similarity"], expected["similarity"], atol=1e-6)
        against = c.similar("green/001.jpg", against=[file], k=3)
        assert against.index[0].startswith("green")
        assert c.similar(file, box=(0, 0, 400, 400), k=3).index[0] == "red/001.jpg"
        assert file.read() == b""
        assert written.tell() == len(written.getvalue())
        with pytest.raises(pt.SelectionError, match="the StringIO given holds text"):
            c.similar(io.StringIO("red"))
        written.close()
        with pytest.raises(pt.SelectionError, match=r"the BytesIO given cannot be read: .*closed"):
            c.similar(written)
        with pytest.raises(pt.SourceError):
            Collection(file, store=None)
        assert not file.closed
        assert file.seek(0) == 0


def test_a_box_in_an_image_is_looked_for(tmp_path: Path) -> None:
    plain = [(220, 30, 30), (30, 30, 220), (30, 200, 30)]
    for number, color in enumerate(plain):
        Image.new("RGB", (40, 30), color).save(tmp_path / f"{number}.png")
    both = Image.new("RGB", (40, 30), plain[0])
    both.paste(plain[1], (20, 0, 40, 30))
    both.save(tmp_path / "both.png")
    with Collection(tmp_path, encoder="pixels/8", store=None) as c:
        c.embed()
        for image in ("both.png", tmp_path / "both.png", both, np.asarray(both), (tmp_path / "both.png").read_bytes()):
            left, right = c.similar(image, box=(0, 0, 20, 30)), c.similar(image, box=(20, 0, 99, 30))
            assert (left.index[0], right.index[0]) == ("0.png", "1.png")
            assert left["similarity"].iloc[0] == pytest.approx(1, abs=1e-6)
        for box, says in (
            ((0, 0, 0, 4), "width and height must be above 0"),
            ((1, 2, 3), "four numbers"),
            ("abcd", "four numbers"),
            ((90, 0, 5, 5), "cannot be compared with"),
        ):
            with pytest.raises(pt.SelectionError, match=says):
                c.similar("both.png", box=box)  # type: ignore[arg-type]
        with pytest.raises(pt.SelectionError, match="a box lies in one image; 2 were named"):
            c.similar(["0.png", "1.png"], box=(0, 0, 4, 4))


def test_a_box_in_a_row_that_is_a_box_is_cut_to_it() -> None:
    scene = np.zeros((20, 60, 3), np.uint8)
    scene[:, :20], scene[:, 20:40], scene[:, 40:] = (220, 30, 30), (30, 30, 220), (30, 200, 30)
    table = pd.DataFrame(
        {"image": [scene] * 4, "box": [(0, 0, 20, 20), (20, 0, 20, 20), (40, 0, 20, 20), (-9, 0, 49, 20)]}
    )
    with Collection(table, image="image", box="box", encoder="pixels/4", store=None) as c:
        c.embed()
        # The last shows the first 40 pixels; its right half, however far the box reaches, is blue.
        assert c.similar(3, box=(20, 0, 40, 20)).index[0] == 1
        assert c.similar(3, box=(0, 0, 20, 20)).index[0] == 0


def test_words_where_the_vectors_were_given(c: Collection) -> None:
    with pytest.raises(pt.EncoderError, match=r"vectors were given, .*clip/ViT-B-32"):
        c.search("a dog")


@given(
    seed=st.integers(0, 10**6),
    like=st.lists(st.integers(0, 11), min_size=1, max_size=3, unique=True),
    unlike=st.lists(st.integers(12, 23), max_size=2, unique=True),
)
@settings(max_examples=40, deadline=None)
def test_laws_of_search(seed: int, like: list[int], unlike: list[int]) -> None:
    """Permuting the rows permutes the answer; unit scaling changes nothing; an image that is added changes nothing
    else; a copy is its own nearest at distance 0."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((24, 5))
    x[23] = 3 * x[0]

    def answer(vectors: np.ndarray, order: np.ndarray, **more: Any) -> pd.Series:
        images = list(np.zeros((len(vectors), 2, 2, 3), np.uint8))
        table = pd.DataFrame({"image": images}, index=[f"r{row}" for row in order])
        c = Collection(table, image="image", embeddings=vectors, store=None)
        to = [f"r{row}" for row in more.get("to", like)]
        found = c.similar(to, against=[f"r{row}" for row in more.get("against", unlike)], k=99)["similarity"]
        return found.sort_index()

    try:
        plain = answer(x, np.arange(24))
    except pt.EmbeddingError as error:
        assert "cancel one another out" in str(error)
        return
    order = rng.permutation(24)
    permuted = answer(x[order], order)
    pd.testing.assert_series_equal(permuted, plain, check_exact=False, atol=2e-6)
    pd.testing.assert_series_equal(answer(x * rng.uniform(0.1, 9, (24, 1)), np.arange(24)), plain, atol=2e-6)
    more = answer(np.vstack([x, rng.standard_normal((1, 5))]), np.arange(25))
    pd.testing.assert_series_equal(more.drop("r24"), plain, atol=2e-6)
    twin = answer(x, np.arange(24), to=[0], against=[])
    assert twin.idxmax() == "r23"
    assert twin.max() == pytest.approx(1, abs=1e-6)


class Speaking:
    """An encoder of mean colours that knows the colours' names, as a text tower or as classes."""

    name = fingerprint = "speaking"
    dims, input_px = 4, 8

    def prepare(self, rgb: np.ndarray) -> np.ndarray:
        return rgb.mean(axis=(0, 1)) / 255

    def encode(self, batch: Any) -> np.ndarray:
        x = np.array([[*row, 0.3] for row in batch], np.float32)
        return x / np.linalg.norm(x, axis=1, keepdims=True)


class Tower(Speaking):
    def encode_text(self, texts: list[str]) -> np.ndarray:
        return np.array([[text == "red", text == "green", text == "blue", 0] for text in texts], np.float32)


class Named(Speaking):
    @property
    def classes(self) -> Classes:
        weights = np.eye(4, dtype=np.float32)[:3] + 2
        return Classes(("red, crimson", "green", "blue"), weights, np.zeros(3, np.float32))


@pytest.mark.parametrize("encoder", [Tower, Named])
def test_a_sentence_finds_images(encoder: type[Speaking], draw_folder: Any, tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=3, colors=("red", "green", "blue"))
    with Collection(folder, encoder=encoder()) as c:
        c.embed()
        found = c.search("red", k=3)
        assert found["label"].tolist() == ["red"] * 3
        assert found.attrs["classes"] == ({"red": ["red, crimson"]} if encoder is Named else {})
        both = c.search(["red", "blue"], k=6, against="green")
        assert set(both["label"]) == {"red", "blue"}
        assert c.search("red", within="label == 'blue'")["label"].tolist() == ["blue"] * 3
        for empty in ("", "  ", [" ?"], 3):
            with pytest.raises(pt.SelectionError, match="is nothing to search for"):
                c.search(empty)  # type: ignore[arg-type]
        if encoder is Named:
            assert c.search("crimson", k=3)["label"].tolist() == ["red"] * 3
            with pytest.raises(
                pt.SelectionError, match="none of the 3 classes of 'speaking' is called 'gren'; the clos"
            ):
                c.search("gren")
