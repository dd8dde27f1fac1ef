"""Layouts on show while they converge: they grow, end as what Python gets, and are taken away when cancelled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from pointillist.errors import Cancelled
from pointillist.explorer import flow


class Held:
    """In place of a process for UMAP: shows positions, then waits to be let go."""

    shown = threading.Event()
    go = threading.Event()

    def __init__(self, method: str = "umap") -> None: ...

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *error: object) -> None: ...

    def layout(
        self,
        graph: object,
        start: np.ndarray,
        *,
        check: Callable[[int, int], None],
        on_positions: Callable[[np.ndarray], None],
        **_: object,
    ) -> np.ndarray:
        check(0, 200)
        on_positions(start * 2)
        check(80, 200)
        self.shown.set()
        while not self.go.wait(0.01):
            check(80, 200)
        return start * 3


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Held]]:
    assert flow.UmapProcess is not Held  # imported before it is replaced, else it would stay so
    monkeypatch.setattr("pointillist.analysis.umap_process.UmapProcess", Held)
    Held.shown.clear()
    Held.go.clear()
    yield Held
    Held.go.set()


@pytest.fixture
def page(held: type[Held], opened: Callable[..., Any]) -> Any:
    x = np.random.default_rng(0).normal(size=(40, 6))
    return opened(np.zeros((40, 4, 4, 3), np.uint8), embeddings=x, store=None)


def status(page: Any) -> dict[str, str]:
    return {layout["name"]: layout["status"] for layout in page.comm.state["layouts"]}


def test_the_first_map_is_shown_while_it_converges(page: Any, held: type[Held]) -> None:
    page.comm.wait_for(lambda: status(page).get("umap") == "growing")
    assert page.comm.state["layout_name"] == "umap"
    body, arrays = page.answer("layout", name="umap")
    pca = page.answer("layout", name="pca")[1]["xy"]
    np.testing.assert_allclose(arrays["xy"], 2 * pca, atol=1e-4)
    run = page.comm.wait_for(lambda: [run for run in page.comm.state["runs"] if run["done"] == 80])[0]
    assert (run["name"], run["total"], run["state"]) == ("laying out the map", 200, "running")
    held.go.set()
    page.atlas.wait()
    assert status(page) == {"umap": "ready", "pca": "ready"}
    after, arrays = page.answer("layout", name="umap")
    assert after["revision"] > body["revision"]
    np.testing.assert_array_equal(arrays["xy"], page.atlas.collection.project("umap"))


def test_a_cancelled_map_is_taken_away_and_the_former_is_back(page: Any, held: type[Held]) -> None:
    page.comm.wait_for(lambda: status(page).get("umap") == "growing")
    page.set(layout_name="umap")  # somebody chose it
    first = page.answer("layout", name="umap")[0]["revision"]
    run = page.comm.state["runs"][-1]
    page.answer("cancel_run", run=run["id"])
    page.comm.wait_for(lambda: "umap" not in status(page))
    page.comm.wait_for(lambda: page.comm.state["layout_name"] == "pca")
    assert "umap" in page.answer("layout", name="umap")[0]["message"]
    page.atlas._flow.jobs.wait(10)
    assert page.comm.state["runs"][-1]["state"] == "cancelled"
    page.answer("retry_run", run=page.comm.state["runs"][-1]["id"])
    held.go.set()
    page.comm.wait_for(lambda: status(page).get("umap") == "ready")
    assert page.answer("layout", name="umap")[0]["revision"] > first


def test_a_cancelled_map_gives_back_the_one_it_was_asked_for_from(page: Any, held: type[Held]) -> None:
    held.go.set()
    page.atlas.wait()
    held.go.clear()
    held.shown.clear()
    page.set(layout_name="pca")
    page.answer("project", method="tsne", dims=2)
    assert held.shown.wait(10)
    page.comm.wait_for(lambda: page.comm.state["layout_name"] == "tsne")
    running = page.comm.wait_for(lambda: [run for run in page.comm.state["runs"] if run["state"] == "running"])[0]
    page.answer("cancel_run", run=running["id"])
    page.comm.wait_for(lambda: "tsne" not in status(page))
    page.comm.wait_for(lambda: page.comm.state["layout_name"] != "tsne")
    assert page.comm.state["layout_name"] == "pca"


def test_one_that_was_asked_for_is_shown_at_once_and_left_alone_when_another_is_chosen(
    page: Any, held: type[Held]
) -> None:
    held.go.set()
    page.atlas.wait()
    held.go.clear()
    held.shown.clear()
    page.answer("project", method="tsne", dims=2)
    assert held.shown.wait(10)
    page.comm.wait_for(lambda: page.comm.state["layout_name"] == "tsne")
    assert status(page)["tsne"] == "growing"
    page.set(layout_name="umap")  # what was there when it was asked for
    held.go.set()
    page.atlas.wait()
    page.comm.wait_for(lambda: status(page)["tsne"] == "ready")
    assert page.atlas.layout_name == "umap"


def test_one_that_fails_leaves_nothing_behind(page: Any, held: type[Held], monkeypatch: pytest.MonkeyPatch) -> None:
    held.go.set()
    page.atlas.wait()
    before = held.layout

    def dies(self: Held, *args: Any, **options: Any) -> np.ndarray:
        before(self, *args, **options)
        raise Cancelled("shot")

    monkeypatch.setattr(held, "layout", dies)
    page.answer("project", method="umap", dims=3)
    page.atlas._flow.jobs.wait(10)
    page.comm.wait_for(lambda: "umap-3d" not in status(page) and page.comm.state["layout_name"] == "umap")
