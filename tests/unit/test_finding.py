"""`similar` and `search` as a pandas user calls them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
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
    assert c.similar("i3", k=N, reverse=True).index.tolist() == expected(X[3], [3])[::-1]
    assert (c.similar("i3", within="kind == 'b'")["kind"] == "b").all()
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
        ({"to": "i1", "within": "i99"}, pt.SelectionError, "'i99'"),
        ({"to": "i1", "weights": [1, 2]}, pt.SelectionError, "2 weights for 1 examples"),
        ({"to": ["i1"], "weights": [-1]}, pt.SelectionError, "weights must be at least 0"),
        ({"to": ["i1"], "weights": ["x"]}, pt.SelectionError, "one number for each example"),
        ({"to": "i1", "encoder": "pixels/2"}, pt.EmbeddingError, "no vectors of 'pixels/2'"),
    ],
    ids=str,
)
def test_what_cannot_be_asked(c: Collection, asked: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        c.similar(**asked)


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
