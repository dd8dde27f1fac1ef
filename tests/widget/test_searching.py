"""Searches: the same answer as `Collection.similar`, shown as order and colour, round by round."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import pointillist as pt
from pointillist.explorer.query import Part, ranked

N, D = 30, 5


def squares(n: int, side_px: int = 8) -> np.ndarray:
    """(n, side, side, 3) uint8: n different plain squares."""
    return np.repeat(
        np.repeat(np.random.default_rng(0).integers(0, 256, (n, 1, 1, 3), np.uint8), side_px, 1), side_px, 2
    )


def unit(n: int = N, d: int = D, seed: int = 0) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal((n, d))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


X = unit()


def brute_force(like: list[np.ndarray], unlike: list[np.ndarray]) -> np.ndarray:
    """Cosine with 2 · mean(like) - mean(unlike) in float64, examples scaled to unit length first."""
    scaled = [[v / np.linalg.norm(v) for v in np.asarray(vs, np.float64)] for vs in (like, unlike)]
    query = (2 * np.mean(scaled[0], axis=0) if like else 0) - (np.mean(scaled[1], axis=0) if unlike else 0)
    return np.asarray(X.astype(np.float64) @ query / np.linalg.norm(query))


@pytest.fixture
def page(opened: Callable[..., Any]) -> Any:
    """A page on images with given vectors, placed already."""
    table = pd.DataFrame(
        {"image": [Image.fromarray(one) for one in squares(N)], "kind": ["a", "b", "c"] * (N // 3)},
        index=[f"i{row}" for row in range(N)],
    )
    found = opened(table, image="image", label="kind", embeddings=X, layout=X[:, :2], store=None)
    found.atlas._flow.stop()  # no UMAP: nothing here looks at it
    found.atlas._flow.jobs.wait(30)
    return found


def part(**about: Any) -> dict[str, Any]:
    return {"id": "", "like": True, **about}


def rank(page: Any, *parts: dict[str, Any], within: str = "all", arrays: Any = None) -> dict[str, Any]:
    return page.answer("rank", arrays, parts=list(parts), within=within)[0]


def similarity(page: Any) -> np.ndarray:
    return page.answer("column", name="similarity")[1]["values"]


def told(page: Any, name: str) -> Any:
    page.atlas._outbox.flush()
    return page.comm.state[name]


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_every_combination_is_scored_as_by_brute_force(data: Any) -> None:
    rows = st.lists(st.integers(0, N - 1), min_size=1, max_size=3, unique=True)
    groups = data.draw(st.lists(st.tuples(st.booleans(), rows), min_size=1, max_size=4))
    outside = data.draw(st.booleans())
    c = pt.Collection(np.zeros((N, 4, 4, 3), np.uint8), embeddings=X, store=None)
    parts = [
        Part(str(i), "rows", like, "some", rows=np.array(picked, np.uint32)) for i, (like, picked) in enumerate(groups)
    ]
    vectors = [(like, X[picked].mean(axis=0)) for like, picked in groups]
    if outside:
        vectors.append((True, unit(1, seed=9)[0]))
        parts.append(Part("v", "vector", True, "a vector", vectors[-1][1]))
    like, unlike = ([v for sign, v in vectors if sign is wanted] for wanted in (True, False))
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = brute_force(like, unlike)
    within = np.array(data.draw(rows), np.uint32) if data.draw(st.booleans()) else None
    try:
        found = ranked(c, parts, within)
    except pt.EmbeddingError as error:
        assert "cancel one another out" in str(error)
        return
    allowed = np.ones(N, bool) if within is None else np.isin(np.arange(N), within)
    np.testing.assert_allclose(found.scores[allowed], expected[allowed], atol=3e-6)
    assert np.isnan(found.scores[~allowed]).all()
    assert found.searched == N


def test_more_like_this_orders_and_colours_and_the_way_back(page: Any) -> None:
    page.set(color_by="kind", sort_by="kind", sort_descending=True)
    page.atlas.select(["i7", "i8"])
    body = rank(page, part(kind="row", row=3))
    assert body["words"] == "like i3"
    assert body["searched"] == N
    np.testing.assert_allclose(similarity(page), X @ X[3], atol=3e-6)
    assert (page.atlas.color_by, page.atlas.sort_by, page.atlas.sort_descending) == ("similarity", "similarity", True)
    assert page.atlas.selection.empty
    assert page.atlas.view.index[0] == "i3"
    pd.testing.assert_frame_equal(page.atlas.results, page.atlas.collection.similar("i3", k=N))
    query = told(page, "query")
    assert (query["round"], query["back"], query["forward"], query["column"]) == (1, 0, None, "similarity")
    assert [(one["kind"], one["like"], one["row"]) for one in query["parts"]] == [("row", True, 3)]
    page.answer("to_round", id=0)
    assert (page.atlas.color_by, page.atlas.sort_by, page.atlas.sort_descending) == ("kind", "kind", True)
    assert page.atlas.selection.index.tolist() == ["i7", "i8"]
    assert page.atlas.results.empty
    assert told(page, "query")["id"] == 0
    assert "similarity" not in {info["name"] for info in told(page, "columns")}


def test_the_way_back_leaves_what_was_chosen_meanwhile(page: Any) -> None:
    rank(page, part(kind="row", row=3))
    page.set(color_by="kind")
    page.atlas.select("i9")
    page.answer("to_round", id=0)
    assert page.atlas.color_by == "kind"
    assert page.atlas.sort_by is None
    assert page.atlas.selection.index.tolist() == ["i9"]


def test_rounds_go_back_and_forward_and_give_the_same_answer_again(page: Any) -> None:
    rank(page, part(kind="row", row=3))
    kept = told(page, "query")["parts"][0]["id"]
    first = similarity(page)
    rank(page, {"id": kept, "kind": "row", "like": True}, part(kind="row", row=5, like=False))
    np.testing.assert_allclose(similarity(page), brute_force([X[3]], [X[5]]), atol=3e-6)
    query = told(page, "query")
    assert query["round"] == 2
    assert query["words"] == "like i3, unlike i5"
    second = query["id"]
    page.answer("to_round", id=query["back"])
    np.testing.assert_array_equal(similarity(page), first)
    assert told(page, "query")["forward"] == second
    rank(page, part(kind="row", row=8))
    assert told(page, "query")["forward"] is None
    page.answer("to_round", id=second)  # undo may go to a round that lies on another way
    assert told(page, "query")["words"] == "like i3, unlike i5"
    assert "forgotten" in page.answer("to_round", id=99)[0]["message"]


def test_a_selection_counts_as_its_centre(page: Any) -> None:
    mask = np.isin(np.arange(N), [2, 4, 9])
    body = rank(page, part(kind="rows", buffer="m"), arrays={"m": mask})
    assert body["words"] == "like 3 images"
    np.testing.assert_allclose(similarity(page), brute_force([X[[2, 4, 9]].mean(axis=0)], []), atol=3e-6)
    assert not set(page.atlas.results.index) & {"i2", "i4", "i9"}
    assert "no image is selected" in rank(page, part(kind="rows", buffer="m"), arrays={"m": mask & False})["message"]


def test_unlike_alone_finds_the_opposite(page: Any) -> None:
    rank(page, part(kind="row", row=3, like=False))
    np.testing.assert_allclose(similarity(page), -(X @ X[3]), atol=3e-6)


def test_within_the_rows_given_and_the_same_again(page: Any) -> None:
    mask = np.arange(N) < 10
    rank(page, part(kind="row", row=3), within="these", arrays={"within": mask})
    assert np.isnan(similarity(page)[10:]).all()
    assert len(page.atlas.view) == 10
    assert told(page, "query")["within"] == 10
    rank(page, part(kind="row", row=4), within="same")
    assert np.isnan(similarity(page)[10:]).all()
    rank(page, part(kind="row", row=4))
    assert len(page.atlas.view) == N


def test_what_cannot_be_asked_changes_nothing(page: Any) -> None:
    rank(page, part(kind="row", row=3))
    before = told(page, "query")
    for asked, says in (
        ([], "nothing to search for"),
        ([part(kind="row", row=N)], "there is no row 30"),
        ([part(kind="text", text=" ")], "nothing to search for"),
        ([part(kind="text", text="a dog")], "vectors were given"),
        ([part(kind="image", buffer="b")], "vectors of this collection were given"),
        ([part(kind="row", row=3), part(kind="row", row=3), part(kind="row", row=3, like=False)] * 70, "examples at"),
        ([{"id": "p999", "kind": "row", "like": True}], "forgotten"),
    ):
        body = rank(page, *asked, arrays={"b": np.arange(9, dtype=np.uint8)})
        assert says in body["message"], body
        assert body["kind"] == "asked"
    assert told(page, "query") == before


def test_python_shows_what_it_returns(page: Any) -> None:
    c = page.atlas.collection
    for options in ({"k": 5}, {"k": None}, {"k": 7, "reverse": True}, {"threshold": 0.1, "k": None}, {"within": "i4"}):
        found = page.atlas.similar("i3", **options)
        expected = c.similar("i3", **{**options, "k": options.get("k") or N})
        pd.testing.assert_frame_equal(found, expected)
        pd.testing.assert_frame_equal(page.atlas.results, found)
    pd.testing.assert_frame_equal(
        page.atlas.similar(["i1", "i2"], against=["i3"]), c.similar(["i1", "i2"], against="i3")
    )
    assert page.atlas.query["words"] == "like i1 and i2, unlike i3"
    pd.testing.assert_frame_equal(page.atlas.similar(X[3]), c.similar(X[3]))
    pd.testing.assert_frame_equal(page.atlas.similar(c.table.iloc[:20]), c.similar(c.table.iloc[:20]))
    assert page.atlas.query["words"] == "like 20 images"
    for wrong in (
        {"to": "i99"},
        {"to": []},
        {"to": "i1", "k": 0},
        {"to": "i1", "threshold": float("nan")},
        {"to": "i1", "threshold": "x"},
        {"to": "i1", "threshold": 8},
    ):
        with pytest.raises(pt.SelectionError):
            page.atlas.similar(**wrong)
    page.atlas.select(["i3", "i4"])
    pd.testing.assert_frame_equal(page.atlas.similar(page.atlas.rows), c.similar(["i3", "i4"]))
    page.atlas.end_search()
    assert page.atlas.results.empty
    assert page.atlas.query["id"] == 0
    assert page.atlas.filters == []


def test_the_best_of_one_encoder_are_no_bound_among_the_vectors_of_another(page: Any) -> None:
    page.atlas.similar("i3", k=5)
    first = told(page, "query")["id"]
    (bound,) = page.atlas.filters
    page.atlas.collection.add_vectors("other", unit(seed=1))
    page.answer("to_round", id=0)
    rank(page, part(kind="row", row=7))
    page.answer("to_round", id=first)
    assert [one["low"] for one in page.atlas.filters] in ([], [None])
    assert len(page.atlas.results) == N - 1
    page.atlas.collection.use("given")
    page.answer("to_round", id=0)
    page.answer("to_round", id=first)
    assert page.atlas.filters == [bound]


def test_a_reversed_search_is_told_as_one_and_stays_one_with_fewer_examples(page: Any) -> None:
    page.atlas.similar(["i3", "i4"], k=5, reverse=True)
    query, (bound,) = told(page, "query"), page.atlas.filters
    assert query["reverse"] is True
    assert bound["low"] is None
    scores = similarity(page)
    assert bound["high"] == np.sort(scores)[4]
    assert set(np.flatnonzero(scores <= bound["high"])) == set(page.atlas.collection.rows(page.atlas.results))
    assert page.atlas.sort_descending is False

    rank(page, {"id": query["parts"][0]["id"], "kind": "row", "like": True}, within="same")
    assert told(page, "query")["reverse"] is True
    assert page.atlas.results.index[0] == page.atlas.collection.similar("i3", k=1, reverse=True).index[0]
    rank(page, part(kind="row", row=7))
    assert told(page, "query")["reverse"] is False
    assert page.atlas.sort_descending is True


def test_python_answers_as_the_collection_does(page: Any) -> None:
    c, v = page.atlas.collection, unit(1, seed=9)[0]
    many, few = [f"i{row}" for row in range(20)], ["i1", "i2", "i5"]
    frame, mask = c.table.loc[few[::-1]], np.arange(N) < 12
    for to, asked in [
        *((many[:m], {"against": against}) for m in (1, 7, 8, 9, 20) for against in (["i25"], many[3:14])),
        (mask, {"against": unit(2, seed=7)}),
        ([c.table.loc[few], v], {}),
        ([c.table.loc[many], v], {"against": [v[::-1], few]}),
        ([unit(3, seed=3), "i4"], {"against": "i9"}),
        (few, {"weights": [3, 1, 0.5]}),
        (frame, {"weights": [3, 1, 0.5], "against": ["i7"]}),
        (mask, {"weights": np.arange(12) + 1}),
        ("kind == 'a'", {"weights": range(10)}),
        ([mask, v, ["i20", "i22"], unit(3, seed=3)], {"weights": [3, 1, 1, 2]}),
        (["i1", ["i2", v]], {"weights": [1, 2], "against": None}),
        ([["i2", 9 * v], mask], {"weights": [1, 2], "against": ["i2", [v, "i9"]]}),
        (unit(2, seed=4), {"weights": [1, 4]}),
        (v.tolist(), {"weights": [2]}),
        ("i3", {"weights": [2]}),
    ]:
        pd.testing.assert_frame_equal(page.atlas.similar(to, k=N, **asked), c.similar(to, k=N, **asked))
    page.atlas.similar(["i3", many[:4]], weights=[1, 0.5])
    query = told(page, "query")
    assert query["words"] == "like 1 × i3 and 0.5 × 4 images"
    page.atlas.similar(["i3", [v, "i2", many[4:6]]], weights=[1, 0.5])
    query = told(page, "query")
    assert query["words"] == "like 1 × i3 and 0.5 × 4 examples"
    before = similarity(page)
    rank(page, *({"id": one["id"], "kind": one["kind"], "like": True} for one in query["parts"]))
    np.testing.assert_array_equal(similarity(page), before)
    for wrong, says in (
        ({"to": few, "weights": [1]}, "1 weight for 3 examples"),
        ({"to": "i3", "weights": [-1]}, "at least 0"),
        ({"to": [], "weights": []}, "no example"),
        ({"to": np.zeros((0, D))}, "no example"),
        ({"to": ["i1", []], "weights": [1, 1]}, "one of the examples names no image"),
        ({"to": ["i1", ["i2", "zzz"]], "weights": [1, 1]}, "nor is there an image file 'zzz'"),
        ({"to": "i3", "weights": [1, 2], "box": (0, 0, 4, 4)}, "2 weights for 1"),
    ):
        with pytest.raises(pt.SelectionError, match=says):
            page.atlas.similar(**wrong)


def test_the_callers_own_column_stays(opened: Callable[..., Any]) -> None:
    table = pd.DataFrame({"image": list(squares(4)), "similarity": [1, 2, 3, 4]})
    page = opened(table, image="image", embeddings=X[:4], layout=X[:4, :2], store=None)
    page.atlas.wait()
    page.atlas.similar(0)
    assert page.atlas.color_by == "similarity_found"
    assert page.answer("column", name="similarity")[1]["values"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(page.answer("column", name="similarity_found")[1]["values"], X[:4] @ X[0], atol=3e-6)


def colours(side_px: int = 24) -> np.ndarray:
    """(6, side, side, 3): plain pictures but for the last, whose left half is the first and right half the second."""
    plain = np.array(
        [(220, 30, 30), (30, 30, 220), (30, 200, 30), (200, 200, 30), (120, 120, 120), (0, 0, 0)], np.uint8
    )
    images = np.repeat(np.repeat(plain[:, None, None], side_px, 1), side_px, 2)
    images[5, :, : side_px // 2] = plain[0]
    images[5, :, side_px // 2 :] = plain[1]
    return images


def png(pixels: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return np.frombuffer(file.getvalue(), np.uint8)


@pytest.fixture
def painted(opened: Callable[..., Any]) -> Any:
    found = opened(colours(), encoder="pixels/8", layout=np.zeros((6, 2)), store=None)
    found.atlas.collection.embed()
    found.atlas._flow.stop()
    found.atlas._flow.jobs.wait(30)
    return found


def test_an_uploaded_image_finds_its_copy_and_has_a_picture(painted: Any) -> None:
    body = rank(painted, part(kind="image", text="pasted.png", buffer="b"), arrays={"b": png(colours()[3])})
    assert body["words"] == "like pasted.png"
    assert similarity(painted)[3] == pytest.approx(1, abs=1e-6)
    assert int(np.argmax(similarity(painted))) == 3
    _, arrays = painted.answer("part_picture", part=told(painted, "query")["parts"][0]["id"])
    assert Image.open(io.BytesIO(arrays["picture"].tobytes())).getpixel((4, 4)) == pytest.approx((200, 200, 30), abs=9)


def test_an_open_file_is_read_once_for_all_rounds(painted: Any) -> None:
    file = io.BytesIO(png(colours()[3]).tobytes())
    expected = painted.atlas.collection.similar(file, k=6)
    pd.testing.assert_frame_equal(painted.atlas.similar([file], k=6), expected)
    file.close()
    first = painted.atlas.query["id"]
    painted.atlas.similar(1)
    painted.answer("to_round", id=first)
    pd.testing.assert_frame_equal(painted.atlas.results, expected)


@pytest.mark.parametrize(("name", "called"), [("<b>x</b>/a.png", "a.png"), ("x.png", "x.png"), ("", "an image")])
def test_an_upload_that_is_no_image_is_called_by_the_name_of_its_file(painted: Any, name: str, called: str) -> None:
    bad = rank(painted, part(kind="image", text=name, buffer="b"), arrays={"b": np.arange(50, dtype=np.uint8)})
    assert bad["message"].startswith(f"“{called}” cannot be compared with: not an image")


def test_a_box_in_an_image_is_looked_for(painted: Any) -> None:
    rank(painted, part(kind="box", row=5, box=[0.0, 0.0, 12.0, 24.0]))
    assert similarity(painted)[0] == pytest.approx(1, abs=1e-4)  # both as JPEG
    query = told(painted, "query")
    assert query["words"] == "like part of 5"
    _, arrays = painted.answer("part_picture", part=query["parts"][0]["id"])
    assert Image.open(io.BytesIO(arrays["picture"].tobytes())).size == (12, 24)
    rank(painted, part(kind="box", row=5, box=[12.0, 0.0, 50.0, 24.0]))  # cut to the image
    assert similarity(painted)[1] == pytest.approx(1, abs=1e-4)
    assert "above 0" in rank(painted, part(kind="box", row=5, box=[0.0, 0.0, 0.0, 4.0]))["message"]
    assert rank(painted, part(kind="box", row=5, box=[90.0, 0.0, 4.0, 4.0]))["kind"] == "asked"


def test_a_model_without_a_text_tower_says_which_have_one(painted: Any) -> None:
    assert "clip/ViT-B-32" in rank(painted, part(kind="text", text="a dog"))["message"]


def test_without_vectors_the_answer_says_so(opened: Callable[..., Any]) -> None:
    go = threading.Event()

    def slow(batch: list[np.ndarray]) -> np.ndarray:
        assert go.wait(30)
        return np.ones((len(batch), 2), np.float32)

    page = opened(squares(4), encoder=slow, store=None)
    try:
        assert "no image has a vector yet" in rank(page, part(kind="row", row=0))["message"]
    finally:
        go.set()


def test_while_the_model_runs_what_is_there_is_searched_and_the_rest_when_it_comes(
    opened: Callable[..., Any],
) -> None:
    go, calls = threading.Event(), []

    def slow(batch: list[np.ndarray]) -> np.ndarray:
        calls.append(len(batch))
        if len(calls) > 6:  # some batches are read ahead
            assert go.wait(30)
        return np.stack([image.reshape(-1, 3).mean(axis=0) for image in batch]).astype(np.float32) + 1

    page = opened(squares(600), encoder=slow, store=None)
    try:
        page.comm.wait_for(lambda: any(layout["placed"] for layout in page.comm.state.get("layouts", [])))
        there = page.atlas.collection.finder(so_far=True).embedding.rows
        body = rank(page, part(kind="row", row=int(there[0])))
        assert 0 < body.get("searched", 0) < 600, body
        note = told(page, "query")["note"]
        assert note == f"The model is still running: {body['searched']:,} of 600 images are searched."
    finally:
        go.set()
    page.comm.wait_for(lambda: page.comm.state["query"]["note"] == "")
    assert np.isfinite(similarity(page)).all()


def test_the_later_of_two_questions_wins(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pointillist.explorer import queries

    begun, go = threading.Event(), threading.Event()
    real = queries.ranked

    def slow(collection: Any, parts: Any, within: Any, stop: Any = lambda: None) -> Any:
        if parts[0].row == 1:
            begun.set()
            assert go.wait(30)
        return real(collection, parts, within, stop)

    monkeypatch.setattr(queries, "ranked", slow)
    first = page.ask("rank", parts=[part(kind="row", row=1)], within="all")
    assert begun.wait(30)
    rank(page, part(kind="row", row=2))
    go.set()
    assert page.wait(first)[0]["kind"] == "cancelled"
    assert told(page, "query")["words"] == "like i2"


def test_a_question_that_waits_is_not_called_off_by_the_search_before_it_looked_at_again(
    page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the model for its words is loaded: every piece of work that ends may have made other vectors."""
    from pointillist.explorer import queries

    rank(page, part(kind="row", row=2))
    real = queries.ranked

    def refreshed(*arguments: Any) -> Any:
        monkeypatch.setattr(queries, "ranked", real)
        page.atlas._scene.queries.refresh()
        return real(*arguments)

    monkeypatch.setattr(queries, "ranked", refreshed)
    page.wait(page.ask("rank", parts=[part(kind="row", row=1)], within="all"))
    assert told(page, "query")["words"] == "like i1"
