"""Clusters over the wire: tried out, found, renamed, merged, undone; what the browser is told meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

N, GROUPS = 60, 3


@pytest.fixture
def page(opened: Callable[..., Any]) -> Any:
    """A page on sixty images in three clumps, with their vectors given."""
    rng = np.random.default_rng(0)
    truth = np.arange(N) % GROUPS
    x = rng.standard_normal((GROUPS, 8))[truth] * 4 + rng.standard_normal((N, 8))
    images = list(rng.integers(0, 255, (N, 8, 8, 3), np.uint8))
    given = pd.DataFrame({"image": images, "kind": np.array(["cat", "dog", "owl"])[truth]})
    found = opened(given, image="image", label="kind", embeddings=x, store=None)
    found.atlas.wait()
    return found


def ways(method: str, option: float | None = None, layout: str | None = None) -> dict[str, Any]:
    return {"method": method, "option": option, "layout": layout}


def test_settings_are_tried_without_showing_anything(page: Any) -> None:
    answer, _ = page.answer("count_clusters", **ways("kmeans", 4))
    assert answer == {"option": 4.0, "clusters": 4, "noise": 0}
    answer, _ = page.answer("count_clusters", **ways("communities", layout="pca"))
    assert answer["option"] == 1.0
    assert page.atlas.collection.clusters is None
    answer, arrays = page.answer("clusters")
    assert (answer["column"], answer["names"], len(arrays["medoids"])) == (None, [], 0)
    refused, _ = page.answer("count_clusters", **ways("hdbscan", 1))
    assert refused["kind"] == "asked"
    assert "from 2 to 60" in refused["message"]
    refused, _ = page.answer("count_clusters", **ways("kmeans", layout="nowhere"))
    assert "'nowhere' is not a layout" in refused["message"]


def test_found_clusters_are_a_column_that_can_be_named_merged_and_brought_back(page: Any) -> None:
    answer, _ = page.answer("cluster", words=[], **ways("kmeans", 3))
    assert answer == {"option": 3.0, "clusters": 3, "noise": 0, "column": "cluster", "again": False}
    page.comm.wait_for(lambda: any(info["name"] == "cluster" for info in page.comm.state["columns"]))
    found, arrays = page.answer("clusters")
    assert sorted(found["names"]) == ["cat", "dog", "owl"]
    assert (page.atlas.collection.clusters.medoids == arrays["medoids"]).all()

    said, _ = page.answer("rename_cluster", name="dog", to=" big  dogs ")
    assert said == {"said": "“dog” is called “big dogs”"}
    said, _ = page.answer("merge_clusters", names=["owl", "big dogs"], into=None)
    merged = page.atlas.collection.clusters
    assert said["said"] == f"2 clusters are one, “{merged.names[0]}”"
    assert merged.sizes.tolist() == [40, 20]
    for names in (["big dogs", "cat", "owl"], ["cat", "dog", "owl"]):
        page.answer("step_clusters", direction="undo")
        assert sorted(page.atlas.collection.clusters.names) == names
    said, _ = page.answer("step_clusters", direction="redo")
    assert said == {"said": "redone: “dog” is called “big dogs”"}
    assert found["reads_words"] is False
    refused, _ = page.answer("cluster", **ways("kmeans", 3), words=["sea"])
    assert "no words can be told by them" in refused["message"]
    refused, _ = page.answer("rename_cluster", name="cat", to="owl")
    assert "another cluster's name" in refused["message"]
    answer, _ = page.answer("cluster", words=[], **ways("kmeans", 2))
    assert answer["again"]


def test_a_question_taken_back_ends_the_work_and_leaves_no_run(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from pointillist.collection import Collection

    begun, seen = threading.Event(), []

    def endless(self: Collection, *_: Any, job: Any, **__: Any) -> None:
        begun.set()
        while not job.cancelled:
            threading.Event().wait(0.01)
        seen.append(job)
        job.check()

    monkeypatch.setattr(Collection, "grouped", endless)
    asked = page.ask("count_clusters", **ways("kmeans", 3))
    assert begun.wait(10)
    page.comm.wait_for(lambda: any(run["name"] == "trying clusters" for run in page.comm.state["runs"]))
    page.answer("cancel", id=asked)
    reply, _ = page.wait(asked)
    assert reply["kind"] == "cancelled"
    page.atlas.wait(10)
    assert [job.state for job in seen] == ["cancelled"]
    page.comm.wait_for(lambda: all(run["name"] != "trying clusters" for run in page.comm.state["runs"]))


def test_what_was_counted_is_not_computed_again(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    counted, _ = page.answer("count_clusters", **ways("kmeans"))

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("pointillist.analysis.clusters.kmeans", never)
    answer, _ = page.answer("cluster", words=[], **ways("kmeans", counted["option"]))
    assert answer["clusters"] == counted["clusters"]


def test_without_vectors_the_panel_is_told_why(opened: Callable[..., Any]) -> None:
    page = opened(
        list(np.random.default_rng(0).integers(0, 255, (12, 8, 8, 3), np.uint8)),
        layout=np.arange(24).reshape(12, 2),
        store=None,
        encoder="timm/nothing_like_it",
    )
    refused, _ = page.answer("count_clusters", **ways("kmeans", 2))
    assert refused["kind"] == "asked"
    answer, _ = page.answer("count_clusters", **ways("kmeans", 2, layout="given"))
    assert answer["clusters"] == 2


def test_a_filter_on_clusters_goes_with_its_images(page: Any) -> None:
    atlas, c = page.atlas, page.atlas.collection
    c.cluster("kmeans", count=3)
    atlas.filters = [{"column": "cluster", "keep": ["dog"]}, {"column": "kind", "hide": ["owl"]}]
    others, shown = atlas.filters[1], atlas.view

    c.rename_cluster("dog", "big dogs")
    assert atlas.view.index.equals(shown.index)
    assert atlas.filters == [{"column": "cluster", "missing": True, "keep": ["big dogs"]}, others]
    page.comm.wait_for(lambda: page.comm.state["filters"] == atlas.filters)
    c.clustering.step("undo")
    page.comm.wait_for(lambda: page.comm.state["filters"][0]["keep"] == ["dog"])

    atlas.filters = [{"column": "cluster", "hide": ["dog", "owl"]}]
    c.merge_clusters(["owl", "dog"], "not cats")
    assert set(atlas.view["kind"]) == {"cat"}
    assert atlas.filters == [{"column": "cluster", "missing": False, "hide": ["not cats"]}]
    c.clustering.step("undo")
    assert set(atlas.view["kind"]) == {"cat"}


def test_a_filter_that_no_choice_of_the_new_clusters_matches_is_gone(page: Any) -> None:
    atlas, c = page.atlas, page.atlas.collection
    c.cluster("kmeans", count=3)
    atlas.filters = [{"column": "cluster", "keep": ["dog"]}]
    c.merge_clusters(["owl", "dog"], "not cats")
    assert len(atlas.view) == N
    assert atlas.filters == []
