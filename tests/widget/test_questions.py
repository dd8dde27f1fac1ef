"""Every question gets exactly one answer of the shape the protocol promises, or an error that says why."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import Any

import comm
import numpy as np
import pytest
from PIL import Image

from pointillist.contents import Contents
from pointillist.protocol.envelopes import EVENTS, PROTOCOL_VERSION, ErrorBody
from pointillist.protocol.questions import MAX_THUMBS, QUESTIONS
from pointillist.wire import check

from .conftest import FakeComm, table

MASK = np.arange(12) % 5 == 0
ENCODER = dict.fromkeys(("kind", "model", "checkpoint", "size", "dims", "net", "epochs", "column"))
ASKED: dict[str, dict[str, Any]] = {
    "column": {"name": "class"},
    "layout": {"name": "given"},
    "thumbs": {"arrays": {"rows": np.array([11, 0], np.uint32)}},
    "picture": {"row": 3, "max_px": 4},
    "details": {"row": 4},
    "failures": {"limit": 5},
    "missing": {"limit": 5},
    "selection": {},
    "select": {"arrays": {"mask": MASK}},
    "tag": {"arrays": {"mask": MASK}, "tag": "new", "action": "add"},
    "undo": {},
    "redo": {},
    "cancel_run": {"run": "none"},
    "retry_run": {"run": "none"},
    "project": {"method": "given", "dims": 2},
    "neighbours": {"row": 0, "k": 2},
    "rank": {"parts": [{"id": "", "kind": "row", "like": True, "row": 0}], "within": "all"},
    "to_round": {"id": 0},
    "start_fresh": {},
    "part_picture": {"part": "p1"},
    "encoder_choices": {},
    "add_encoder": ENCODER | {"kind": "pixels", "size": 3},
    "compare_encoders": {"a": "pixels/4", "b": "pixels/2"},
    "reconstructions": {"most": 2},
    "clusters": {},
    "count_clusters": {"method": "kmeans", "layout": "given", "option": 2},
    "cluster": {"method": "kmeans", "layout": "given", "option": 2, "words": []},
    "rename_cluster": {"name": "one", "to": "mine"},
    "merge_clusters": {"names": ["one", "two"], "into": None},
    "step_clusters": {"direction": "undo"},
    "measure_layout": {"name": "given"},
    "keep_column": {"name": "given"},
    "cancel": {"id": 99},
}


def test_the_table_above_asks_every_question() -> None:
    assert set(ASKED) == set(QUESTIONS)


@pytest.mark.parametrize("question", list(QUESTIONS))
def test_every_question_is_answered_once(page: Any, question: str, laid_out_here: None) -> None:
    if question in ("neighbours", "rank", "part_picture", "measure_layout", "keep_column"):
        page.atlas.collection.embed("pixels/4")
        page.atlas.collection.neighbours()
    if question == "part_picture":
        page.atlas.similar("i0", box=(0, 0, 4, 4))
    if question in ("rename_cluster", "merge_clusters", "step_clusters"):
        clusters = page.atlas.collection.cluster("kmeans", layout="given", count=2)
        for old, new in zip(clusters.names, ("one", "two"), strict=True):
            page.atlas.collection.rename_cluster(old, new)
    if question == "compare_encoders":
        page.atlas.collection.embed("pixels/4")
        page.atlas.collection.embed("pixels/2")
    if question == "reconstructions":
        page.answer("add_encoder", **ENCODER | {"kind": "autoencoder", "size": 16, "dims": 2, "epochs": 1})
        page.atlas.wait()
    id_ = page.ask(question, **ASKED[question])
    body, _ = page.wait(id_)
    check(body, QUESTIONS[question][1], question)
    assert len(page.replies(id_)) == 1
    assert "answer" in page.replies(id_)[0][0]


def test_a_page_that_asks_before_the_widget_is_made_is_answered(
    opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"protocol": PROTOCOL_VERSION, "client": "quick", "id": 1, "ask": "selection", "params": {}}

    class HeardAtOnce(FakeComm):
        def on_msg(self, callback: Any) -> None:
            super().on_msg(callback)
            self.deliver({"method": "custom", "content": asked})

    monkeypatch.setattr(comm, "create_comm", HeardAtOnce)
    page = opened(table())
    page.client = "quick"
    answer, _ = page.wait(1)
    assert answer["count"] == 0


def test_column_of_categories(page: Any) -> None:
    body, arrays = page.answer("column", name="class")
    assert (body["kind"], body["categories"]) == ("category", ["cat", "dog"])
    assert arrays["codes"].tolist() == [1, 2, 0] * 4


def test_column_of_numbers(page: Any) -> None:
    body, arrays = page.answer("column", name="score")
    assert (body["low"], body["high"]) == (0, 4)
    assert np.isnan(arrays["values"]).nonzero()[0].tolist() == [4]


def test_clusters_are_a_column_whose_revision_follows_them(page: Any) -> None:
    def told() -> Any:
        return next((info for info in page.comm.state["columns"] if info["name"] == "cluster"), None)

    c = page.atlas.collection
    assert "cluster" not in {info["name"] for info in page.atlas._scene.columns()}
    c.cluster("kmeans", layout="given", count=2)
    page.comm.wait_for(told)
    body, arrays = page.answer("column", name="cluster")
    assert (body["kind"], body["revision"]) == ("category", told()["revision"])
    assert body["categories"] == list(c.clusters.names)
    assert (np.array(body["categories"])[arrays["codes"] - 1] == c.table["cluster"]).all()
    page.set(color_by="cluster")
    before = body["revision"]
    c.rename_cluster(c.clusters.names[0], "mine")
    page.comm.wait_for(lambda: told()["revision"] > before)
    assert "mine" in page.answer("column", name="cluster")[0]["categories"]
    assert page.atlas.color_by == "cluster"


def test_column_of_tags_follows_the_tags(page: Any) -> None:
    assert page.answer("column", name="tags")[0]["categories"] == []
    page.answer("tag", {"mask": MASK}, tag="modern cars", action="add")
    body, arrays = page.answer("column", name="tags")
    assert body["categories"] == ["modern cars"]
    assert arrays["modern cars"].nonzero()[0].tolist() == [0, 5, 10]
    page.answer("undo")
    assert page.answer("column", name="tags")[0]["categories"] == []


def test_layout(page: Any) -> None:
    body, arrays = page.answer("layout", name="given")
    assert arrays["xy"].shape == (12, 2)
    assert arrays["xy"][3].tolist() == [3, 9]
    assert body["revision"] == page.atlas.layouts[0]["revision"]


def test_thumbs_come_in_the_order_asked(page: Any) -> None:
    body, arrays = page.answer("thumbs", {"rows": np.array([7, 2], np.uint32)})
    ends = np.cumsum(body["lengths"])
    first = np.asarray(Image.open(io.BytesIO(arrays["pictures"][: ends[0]].tobytes())).convert("RGB"))
    expected = np.asarray(page.atlas.collection.images.payload(7))
    assert abs(first.mean((0, 1)) - expected.mean((0, 1))).max() < 12


def test_thumbs_of_an_unreadable_image_give_the_reason(opened: Callable[..., Any], tmp_path: Any) -> None:
    Image.new("RGB", (9, 9), "red").save(tmp_path / "a.png")
    (tmp_path / "b.jpg").write_bytes(b"")
    page = opened(tmp_path, layout=[[0, 0], [1, 1]])
    body, _ = page.answer("thumbs", {"rows": np.array([1, 0], np.uint32)})
    assert body["lengths"][0] == 0
    assert "empty" in body["reasons"][0]
    assert body["lengths"][1] > 0
    assert body["reasons"][1] == ""
    listed, _ = page.answer("failures", limit=10)
    assert listed == {"total": 1, "failures": [{"row": 1, "name": "b.jpg", "reason": body["reasons"][0]}]}
    page.comm.wait_for(lambda: page.comm.state["failures"] == 1)
    details, _ = page.answer("details", row=1)
    assert details["failure"] == body["reasons"][0]


def test_picture_is_fitted_and_tells_the_original_size(page: Any) -> None:
    body, arrays = page.answer("picture", row=3, max_px=4)
    assert (body["width"], body["height"]) == (8, 8)
    assert Image.open(io.BytesIO(arrays["picture"].tobytes())).size == (4, 4)


def test_details_are_text(page: Any) -> None:
    body, _ = page.answer("details", row=4)
    fields = {field["name"]: field["value"] for field in body["fields"]}
    assert body["index"] == "i4"
    assert fields["note"] == "<b>4</b>"
    assert fields["score"] == ""
    assert fields["image"] == "image 8 × 8 px"


def test_select_changes_python_and_tells_the_other_views(page: Any) -> None:
    heard: list[list[int]] = []
    page.atlas.observe(lambda change: heard.append(change["new"].tolist()), "rows")
    body, _ = page.answer("select", {"mask": MASK})
    assert body["count"] == 3
    assert page.atlas.rows.tolist() == [0, 5, 10]
    assert page.atlas.rows.dtype == np.uint32
    assert heard == [[0, 5, 10]]
    assert page.atlas.selection.index.tolist() == ["i0", "i5", "i10"]
    (event,) = page.events("selection")
    check(event, EVENTS["selection"])
    assert (event["client"], event["count"], event["revision"]) == (page.client, 3, body["revision"])
    page.comm.wait_for(lambda: page.comm.state["selected"] == {"revision": body["revision"], "count": 3})
    again, arrays = page.answer("selection")
    assert again["revision"] == body["revision"]
    np.testing.assert_array_equal(arrays["mask"], MASK)


def test_images_picked_in_the_grid_are_picked_among_what_it_shows(page: Any) -> None:
    shown = np.zeros_like(MASK)
    shown[[0, 5, 10, 11]] = True
    page.atlas.select(["i0", "i5", "i10", "i11"])
    page.answer("select", {"mask": MASK, "shown": shown})
    assert page.atlas.selection.index.tolist() == ["i0", "i5", "i10"]
    assert page.atlas.view.index.tolist() == ["i0", "i5", "i10", "i11"]
    _, arrays = page.answer("selection")
    np.testing.assert_array_equal(arrays["shown"], shown)
    page.atlas.select(["i5"])
    assert page.atlas.view.index.tolist() == ["i5"]
    assert list(page.answer("selection")[1]) == ["mask"]


def test_select_from_python_is_told_with_no_client(page: Any) -> None:
    page.atlas.select(["i3"])
    (event,) = page.events("selection")
    assert (event["client"], event["count"]) == ("", 1)


def test_tag_says_what_it_did(page: Any) -> None:
    body, _ = page.answer("tag", {"mask": MASK}, tag=" modern  cars ", action="add")
    assert body == {"changed": 3, "said": "tag “modern cars” on 3 images"}
    page.comm.wait_for(lambda: page.comm.state["tags"] == [{"name": "modern cars", "count": 3}])
    page.comm.wait_for(lambda: page.comm.state["history"]["undo"] == "tag “modern cars” on 3 images")
    assert page.answer("tag", {"mask": MASK}, tag="modern cars", action="add")[0]["changed"] == 0
    assert page.answer("undo")[0]["changed"] == 3
    page.comm.wait_for(lambda: page.comm.state["tags"] == [])
    assert page.atlas.collection.table["tags"].tolist() == [[]] * 12
    assert page.answer("redo")[0]["changed"] == 3
    assert page.atlas.collection.table["tags"].tolist()[5] == ["modern cars"]


@pytest.mark.parametrize(
    ("question", "asked", "kind", "says"),
    [
        ("column", {"name": "breed"}, "asked", "'breed' is not a column of the table; it has image, class"),
        ("column", {"name": "image"}, "asked", "details only"),
        ("column", {"name": 3}, "protocol", "column.name is '3', not str"),
        ("column", {}, "protocol", "column has no 'name'"),
        ("layout", {"name": "tsne"}, "asked", "'tsne' is not a layout; there are: given"),
        ("thumbs", {"arrays": {"rows": np.array([12], np.uint32)}}, "asked", "no row 12; rows go from 0 to 11"),
        ("thumbs", {"arrays": {"rows": np.array([1], np.float32)}}, "protocol", "needs one uint32 buffer 'rows'"),
        ("thumbs", {"arrays": {}}, "protocol", "needs one uint32 buffer 'rows'"),
        ("thumbs", {"arrays": {"rows": np.zeros(MAX_THUMBS + 1, np.uint32)}}, "protocol", "at most 256"),
        ("picture", {"row": -1, "max_px": 9}, "asked", "no row -1"),
        ("picture", {"row": 1, "max_px": 0}, "protocol", "must be from 1 to"),
        ("details", {"row": 12}, "asked", "no row 12"),
        ("details", {"row": True}, "protocol", "not int"),
        ("select", {"arrays": {"mask": MASK[:5]}}, "protocol", "5 bits for 12 images"),
        ("tag", {"arrays": {"mask": MASK}, "tag": " ", "action": "add"}, "asked", "at least one visible character"),
        ("tag", {"arrays": {"mask": MASK}, "tag": "x", "action": "burn"}, "protocol", "not one of add, remove"),
        ("dance", {}, "protocol", "'dance' is not a question"),
    ],
)
def test_what_cannot_be_answered_says_why(page: Any, question: str, asked: Any, kind: str, says: str) -> None:
    body, _ = page.answer(question, **asked)
    check(body, ErrorBody)
    assert body["kind"] == kind
    assert says in body["message"]


def test_another_version_is_told_what_to_do(page: Any) -> None:
    page.send({"protocol": PROTOCOL_VERSION + 1, "client": "old", "id": 1, "ask": "undo", "params": {}})
    page.client = "old"
    body, _ = page.wait(1)
    assert body["kind"] == "protocol"
    assert "restart the kernel and reload the page" in body["message"]


def test_buffers_that_do_not_fit_are_refused(page: Any) -> None:
    buffers = [{"name": "mask", "dtype": "bits", "shape": [12]}]
    ask = {
        "protocol": PROTOCOL_VERSION,
        "client": page.client,
        "id": 50,
        "ask": "select",
        "params": {"buffers": buffers},
    }
    page.send(ask, [memoryview(b"123")])
    assert "has 3 bytes; bits of shape [12] takes 2" in page.wait(50)[0]["message"]
    page.send({**ask, "id": 51}, [])
    assert "lists 1 buffers and carries 0" in page.wait(51)[0]["message"]


@pytest.mark.parametrize(
    "content", [None, 7, {}, {"ask": "undo"}, {"kind": "anywidget-command"}, {"protocol": 1, "ask": "undo"}]
)
def test_what_is_not_ours_is_let_pass(page: Any, content: Any) -> None:
    before = len(page.comm.sent)
    page.send(content)
    assert len(page.comm.sent) == before


def test_a_defect_is_an_answer_with_its_traceback(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Contents, row: int) -> None:
        raise ZeroDivisionError("seven")

    monkeypatch.setattr(Contents, "size", broken)
    body, _ = page.answer("details", row=0)
    assert body["kind"] == "failed"
    assert "ZeroDivisionError: seven" in body["message"]
    assert "Traceback" in body["detail"]
    monkeypatch.undo()
    assert page.answer("details", row=0)[0]["row"] == 0


def test_a_question_taken_back_gets_one_answer(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go = threading.Event(), threading.Event()
    done: list[str] = []

    def slow(self: Contents, row: int, max_px: int) -> None:
        begun.set()
        assert go.wait(30)
        done.append("over")
        raise ValueError("too late")

    monkeypatch.setattr(Contents, "picture", slow)
    id_ = page.ask("picture", row=0, max_px=8)
    assert begun.wait(30)
    assert page.answer("cancel", id=id_)[0] == {}
    body, _ = page.wait(id_)
    assert body["kind"] == "cancelled"
    go.set()
    page.answer("details", row=0)
    page.comm.wait_for(lambda: done == ["over"] and page.atlas._desk.open == 0)
    assert len(page.replies(id_)) == 1


def test_thumbs_taken_back_stop_between_two_images(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go = threading.Event(), threading.Event()
    made: list[int] = []
    real = Contents._make

    def slow(self: Contents, row: int, *others: Any) -> Any:
        made.append(row)
        begun.set()
        assert go.wait(30)
        return real(self, row, *others)

    monkeypatch.setattr(Contents, "_make", slow)
    id_ = page.ask("thumbs", {"rows": np.arange(12, dtype=np.uint32)})
    assert begun.wait(30)
    page.answer("cancel", id=id_)
    go.set()
    monkeypatch.undo()
    page.answer("thumbs", {"rows": np.array([11], np.uint32)})
    assert made == [0]


def test_two_clients_do_not_hear_each_other(page: Any) -> None:
    other = type(page)(page.atlas, "other")
    first, second = page.ask("details", row=1), other.ask("details", row=2)
    assert first == second
    assert page.wait(first)[0]["row"] == 1
    assert other.wait(second)[0]["row"] == 2
    taken = page.ask("cancel", id=second)
    page.wait(taken)
    assert len(other.replies(second)) == 1


def test_the_same_message_twice_is_answered_once(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go = threading.Event(), threading.Event()
    real = Contents.picture

    def slow(self: Contents, row: int, max_px: int) -> Any:
        begun.set()
        assert go.wait(30)
        return real(self, row, max_px)

    monkeypatch.setattr(Contents, "picture", slow)
    id_ = page.ask("picture", row=0, max_px=8)
    assert begun.wait(30)
    page.last -= 1
    page.ask("picture", row=0, max_px=8)
    go.set()
    page.wait(id_)
    page.answer("details", row=0)
    assert len(page.replies(id_)) == 1


def test_the_newest_wish_is_served_first(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    held, go = threading.Semaphore(0), threading.Event()
    order: list[int] = []
    real = Contents.picture

    def slow(self: Contents, row: int, max_px: int) -> Any:
        if row == 0:
            held.release()
            assert go.wait(30)
        else:
            order.append(row)
        return real(self, row, max_px)

    monkeypatch.setattr(Contents, "picture", slow)
    monkeypatch.setattr(page.atlas._pool, "_most", 1)
    blocking = page.ask("picture", row=0, max_px=8)
    assert held.acquire(timeout=30)
    waiting = [page.ask("picture", row=row, max_px=8) for row in (1, 2, 3)]
    go.set()
    for id_ in [blocking, *waiting]:
        page.wait(id_)
    assert order == [3, 2, 1]
