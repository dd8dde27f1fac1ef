"""Small state: what the browser may set, what reaches it, from any thread; nothing of length n, nothing left behind."""

from __future__ import annotations

import gc
import json
import sys
import threading
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import anywidget
import ipywidgets
import numpy as np
import pandas as pd
import pytest
import traitlets

import pointillist as pt
from pointillist.explorer import front_end
from pointillist.protocol.envelopes import PROTOCOL_VERSION
from pointillist.protocol.state import BROWSER_WRITES, Traits
from pointillist.wire import check


def test_the_widget_has_exactly_the_traits_of_the_protocol(page: Any) -> None:
    own = set(page.atlas.keys) - set(ipywidgets.DOMWidget().keys)
    assert {name for name in own if not name.startswith("_")} == set(Traits.__annotations__)


def test_state_has_the_types_of_the_protocol(page: Any) -> None:
    page.answer("tag", {"mask": np.ones(12, bool)}, tag="x", action="add")
    page.comm.wait_for(lambda: page.comm.state["tags"])
    check(page.comm.state, Traits)
    assert page.comm.state["protocol"] == PROTOCOL_VERSION
    assert page.comm.state["n"] == 12
    assert page.comm.state["color_by"] == "class"
    assert page.comm.state["layout_name"] == "given"
    kinds = {column["name"]: column["kind"] for column in page.comm.state["columns"]}
    assert kinds == {"image": "text", "class": "category", "score": "number", "note": "category", "tags": "tags"}


def test_no_trait_grows_with_the_images(opened: Callable[..., Any]) -> None:
    def state_of(n: int) -> dict[str, int]:
        rng = np.random.default_rng(0)
        table = pd.DataFrame({"image": list(rng.integers(0, 255, (n, 4, 4, 3), np.uint8)), "v": np.arange(n)})
        page = opened(table, image="image", layout=rng.random((n, 2)), store=None)
        page.atlas.wait()
        page.answer("select", {"mask": np.ones(n, bool)})
        page.answer("tag", {"mask": np.ones(n, bool)}, tag="all", action="add")
        page.comm.wait_for(lambda: page.comm.state["tags"] and page.comm.state["selected"]["count"])
        return {name: len(json.dumps(value)) for name, value in page.comm.state.items()}

    small, large = state_of(10), state_of(3000)
    assert all(large[name] <= small[name] + 20 for name in small), (small, large)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("layout_name", "given"),
        ("color_by", "score"),
        ("color_by", "tags"),
        ("color_by", None),
        ("sort_by", "score"),
        ("filters", [{"column": "class", "hide": ["cat"], "missing": False}]),
        ("sort_descending", True),
        ("thumb_px", 60),
        ("height_px", 900),
        ("camera", {"layout": "given", "x": 1.0, "y": 2.0, "z": 0.0, "span": 3.0, "yaw": 0.5, "pitch": 0.0}),
        ("camera", None),
        ("picture_px", 0),
        ("names_shown", True),
        ("tags_shown", False),
        ("point_size", 7.5),
        ("point_opacity", 0.4),
        ("density", 0.0),
        ("density", None),
    ],
)
def test_the_browser_sets_its_traits(page: Any, name: str, value: Any) -> None:
    assert name in BROWSER_WRITES
    page.set(**{name: value})
    assert getattr(page.atlas, name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("layout_name", "tsne"),
        ("layout_name", 5),
        ("color_by", "nobody"),
        ("color_by", "image"),
        ("sort_by", "tags"),
        ("sort_descending", "yes"),
        ("thumb_px", 1_000_000),
        ("height_px", None),
        ("camera", {"x": 1, "y": 2}),
        ("camera", [1, 2]),
        ("picture_px", 161),
        ("names_shown", "no"),
        ("tags_shown", "no"),
        ("point_size", 0),
        ("point_size", 33),
        ("point_size", "large"),
        ("point_opacity", 0),
        ("density", 1.5),
    ],
)
def test_what_cannot_be_is_answered_with_the_value_in_force(page: Any, name: str, value: Any) -> None:
    before = getattr(page.atlas, name)
    sent = len(page.comm.sent)
    page.set(**{name: value})
    assert getattr(page.atlas, name) == before
    assert ("update", {name: before}) in [(method, data.get("state")) for method, data, _ in page.comm.sent[sent:]]


def test_the_browser_cannot_set_what_the_kernel_owns(page: Any) -> None:
    page.set(n=5, source="<b>", columns=[], notice="x", protocol=9)
    assert (page.atlas.n, page.atlas.notice, page.atlas.protocol) == (12, "", PROTOCOL_VERSION)


def test_python_sets_traits_and_hears_what_is_wrong(page: Any) -> None:
    page.atlas.color_by = "score"
    assert page.comm.state["color_by"] == "score"
    with pytest.raises(pt.TableError, match="'breed' is not a column of the table; it has image, class, score"):
        page.atlas.color_by = "breed"
    with pytest.raises(pt.TableError, match="cannot sort by 'image': it holds text"):
        page.atlas.sort_by = "image"
    with pytest.raises(pt.TableError, match="'umap' is not a layout; there are: given"):
        page.atlas.layout_name = "umap"
    assert page.atlas.color_by == "score"


@pytest.mark.parametrize("name", ["filters", "palette", "color_scale"])
def test_nothing_is_refused_where_a_value_is_needed(page: Any, name: str) -> None:
    before = getattr(page.atlas, name)
    with pytest.raises(pt.TableError, match=f"{name} is "):
        setattr(page.atlas, name, None)
    assert getattr(page.atlas, name) == before
    assert len(page.atlas.view) == 12


@pytest.mark.parametrize("timeout", ["x", [1], -1, float("nan"), True], ids=str)
def test_how_long_to_wait_is_a_number_of_seconds(page: Any, timeout: Any) -> None:
    with pytest.raises(pt.PointillistError, match=r"timeout=.*: give seconds, from 0 up, or None"):
        page.atlas.wait(timeout)


def test_selection_rows_and_view_agree(page: Any) -> None:
    atlas = page.atlas
    assert atlas.selection.empty
    assert atlas.view.index.tolist() == atlas.collection.table.index.tolist()
    atlas.sort_by = "score"
    by_score = atlas.view["score"].tolist()
    assert by_score[:-1] == sorted(by_score[:-1])
    assert np.isnan(by_score[-1])
    ascending = atlas.view.index.tolist()
    atlas.sort_descending = True
    assert atlas.view.index.tolist() == [*ascending[-2::-1], ascending[-1]]
    atlas.select(["i4", "i1", "i2"])
    assert atlas.selection.index.tolist() == ["i1", "i2", "i4"]
    assert atlas.view.index.tolist() == ["i2", "i1", "i4"]
    assert atlas.selection["tags"].tolist() == [[], [], []]
    atlas.select(None)
    assert len(atlas.rows) == 0
    atlas.select("score > 2")
    assert len(atlas.rows) > 0
    atlas.select([])
    assert len(atlas.rows) == 0
    with pytest.raises(pt.SelectionError, match="'i99' not found"):
        atlas.select(["i1", "i99"])


def test_many_threads_lose_no_answer_and_no_trait(page: Any) -> None:
    """Browser, Python and background work at once: each question answered, the last state the same everywhere."""
    failures: list[BaseException] = []
    asked: list[tuple[Any, int]] = []

    def browse(number: int) -> None:
        client = type(page)(page.atlas, f"client{number}")
        rng = np.random.default_rng(number)
        for i in range(25):
            asked.append((client, client.ask("select", {"mask": rng.random(12) < 0.5})))
            asked.append((client, client.ask("thumbs", {"rows": rng.integers(0, 12, 3, np.uint32)})))
            asked.append((client, client.ask("tag", {"mask": rng.random(12) < 0.3}, tag=f"t{i % 3}", action="add")))
            client.set(thumb_px=24 + int(rng.integers(0, 400)), color_by=["class", "score", None][i % 3])

    def program(number: int) -> None:
        for i in range(25):
            page.atlas.select([f"i{(number + i) % 12}"])
            page.atlas.sort_by = ["class", "score"][i % 2]
            page.atlas.collection.undo()
            assert page.atlas.selection.shape[1] == 5

    def guarded(work: Callable[[int], None], number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=guarded, args=(work, i)) for work in (browse, program) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert failures == []
    for client, id_ in asked:
        client.wait(id_)
        assert len(client.replies(id_)) == 1
    page.atlas._outbox.flush()
    page.atlas._outbox.mark("selected", "tags", "history")
    page.atlas._outbox.flush()
    state = page.comm.state
    assert state["selected"] == {"revision": page.answer("selection")[0]["revision"], "count": len(page.atlas.rows)}
    assert state["sort_by"] == page.atlas.sort_by
    counts = page.atlas.collection.table["tags"].explode().dropna().value_counts().to_dict()
    assert {tag["name"]: tag["count"] for tag in state["tags"]} == counts


def test_python_and_browser_set_traits_in_turn(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """While `set_state` holds notifications back, traitlets checks and sends nothing that another thread sets."""
    inside, go = threading.Event(), threading.Event()
    real, heard = pt.Explorer._check, []

    def slow(self: pt.Explorer, name: str, value: Any) -> None:
        if name == "color_by" and self._cross_validation_lock:
            inside.set()
            assert go.wait(30)
        real(self, name, value)

    def program() -> None:
        with pytest.raises(pt.TableError) as error:
            page.atlas.sort_by = "nobody"
        heard.append(error)
        page.atlas.sort_by = "score"

    monkeypatch.setattr(pt.Explorer, "_check", slow)
    browser = threading.Thread(target=lambda: page.set(color_by="score"))
    browser.start()
    assert inside.wait(30)
    python = threading.Thread(target=program)
    python.start()
    python.join(0.2)
    go.set()
    browser.join()
    python.join()
    assert len(heard) == 1
    assert (page.comm.state["sort_by"], page.atlas.color_by) == ("score", "score")


def until(seen: Callable[[], bool]) -> None:
    """Block until `seen()` is true."""
    deadline = monotonic() + 60
    while not seen():
        assert monotonic() < deadline
        sleep(0.01)


def test_closing_leaves_nothing_behind(opened: Callable[..., Any], page: Any) -> None:
    before = {thread.name for thread in threading.enumerate()}
    collection = page.atlas.collection
    second = pt.explore(collection)
    assert len(collection.tags.on_change) == 2
    other = type(page)(second)
    other.answer("thumbs", {"rows": np.arange(12, dtype=np.uint32)})
    second.wait()
    second.close()
    second.close()
    assert len(collection.tags.on_change) == 1
    assert second._desk.open == 0
    until(lambda: second._pool.threads == 0)
    sent = len(other.comm.sent)
    collection.tag(["i1"], "x")
    page.comm.wait_for(lambda: page.comm.state["tags"])
    assert len(other.comm.sent) == sent
    until(lambda: {thread.name for thread in threading.enumerate()} <= before)


def test_a_widget_that_was_not_made_says_why_and_leaves_nothing_behind(
    opened: Callable[..., Any], page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {thread.name for thread in threading.enumerate()}
    collection = page.atlas.collection
    ignored: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)

    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("no comm")

    with monkeypatch.context() as broken:
        broken.setattr(anywidget.AnyWidget, "__init__", fails)
        with pytest.raises(RuntimeError, match="no comm"):
            pt.explore(collection)
    gc.collect()
    assert ignored == []
    assert len(collection.tags.on_change) == 1
    until(lambda: {thread.name for thread in threading.enumerate()} <= before)


def test_questions_open_at_the_end_are_answered(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow(*_: Any) -> None:
        begun.set()
        assert go.wait(30)

    monkeypatch.setattr(type(page.atlas.collection.contents), "picture", slow)
    id_ = page.ask("picture", row=0, max_px=8)
    assert begun.wait(30)
    page.atlas.close()
    go.set()
    assert page.wait(id_)[0]["kind"] == "cancelled"


def test_it_says_what_it_is_where_no_widget_can_be_shown(page: Any) -> None:
    page.atlas.select(["i1"])
    data, _ = page.atlas._repr_mimebundle_()
    assert data["text/plain"] == "<Explorer DataFrame of 12 rows: 12 images, 1 selected>"


def test_a_missing_front_end_says_how_to_build_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(front_end, "STATIC", tmp_path)
    assert "npm run build" in str(front_end.script())
    assert front_end.styles() == ""
    (tmp_path / "widget.js").write_text("export default {}")
    assert front_end.script() == tmp_path / "widget.js"


def test_options_beside_a_collection_are_refused(page: Any) -> None:
    with pytest.raises(pt.SourceError, match="label, store cannot be given beside a Collection"):
        pt.explore(page.atlas.collection, label="class", store=None)


@pytest.mark.parametrize("name", ["point_size", "point_opacity", "density"])
def test_how_points_look_is_a_number_or_left_to_the_map(page: Any, name: str) -> None:
    setattr(page.atlas, name, True)
    assert getattr(page.atlas, name) == 1.0
    with pytest.raises(traitlets.TraitError, match=f"{name}.*is nan; it must be a number, or None"):
        setattr(page.atlas, name, float("nan"))
    with pytest.raises(traitlets.TraitError, match=name):
        setattr(page.atlas, name, 99)
    setattr(page.atlas, name, None)
    assert getattr(page.atlas, name) is None
