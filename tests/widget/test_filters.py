"""Filters: set from Python and the browser, checked, and what `view` leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pointillist as pt
from pointillist.protocol.state import Traits
from pointillist.wire import check


def test_the_view_shows_what_no_filter_hides(page: Any) -> None:
    atlas, table = page.atlas, page.atlas.collection.table
    atlas.filters = [{"column": "class", "hide": ["cat"]}]
    assert atlas.filters == [{"column": "class", "hide": ["cat"], "missing": False}]
    assert page.comm.state["filters"] == atlas.filters
    check(page.comm.state, Traits)
    assert atlas.view.index.tolist() == table.index[table["class"] != "cat"].tolist()
    atlas.filters = [{"column": "class", "keep": ["dog"]}, {"column": "score", "low": 1, "high": 3.5}]
    assert [one["missing"] for one in atlas.filters] == [True, True]
    assert atlas.view.index.tolist() == table.query("`class` == 'dog' and 1 <= score <= 3.5").index.tolist()
    atlas.sort_by = "score"
    assert atlas.view["score"].is_monotonic_increasing
    atlas.filters = [{"column": "class", "keep": [], "missing": False}]
    assert atlas.view["class"].isna().all()
    assert len(atlas.view) == 4
    atlas.select("score > 1")
    atlas.filters = [{"column": "score", "high": 2}]
    assert set(atlas.view["score"]) == {2}
    assert set(atlas.selection["score"]) == {2, 3, 4}
    atlas.filters = []
    assert set(atlas.view["score"]) == {2, 3, 4}


@pytest.mark.parametrize("score", [[1, np.nan, -np.inf, 2, np.nan, np.inf], [np.nan] * 6])
def test_of_numbers_those_without_a_value_are_hidden_or_shown_alone(
    opened: Callable[..., Any], score: list[float]
) -> None:
    table = pd.DataFrame({"image": list(np.zeros((6, 4, 4, 3), np.uint8)), "score": score})
    page = opened(table, image="image", layout=np.zeros((6, 2)), store=None)
    atlas, has_none = page.atlas, ~np.isfinite(score)
    hides = {"column": "score", "low": None, "high": None, "missing": True}
    only = {"column": "score", "keep": [], "missing": False}
    for chosen, shown in ((hides, ~has_none), (only, has_none), ({**only, "missing": True}, np.zeros(6, bool))):
        page.set(filters=[chosen])
        assert atlas.filters == [chosen]
        check(page.comm.state, Traits)
        assert atlas.view.index.tolist() == np.flatnonzero(shown).tolist()
    atlas.filters = [{"column": "score", "keep": (), "missing": False}]
    assert atlas.filters == [only]


def test_tags_are_filtered_too(page: Any) -> None:
    atlas = page.atlas
    atlas.collection.tag(["i1", "i2"], "x")
    atlas.collection.tag(["i2", "i3"], "y")
    atlas.filters = [{"column": "tags", "hide": ["x"]}]
    assert "i1" not in atlas.view.index
    assert "i2" not in atlas.view.index
    assert len(atlas.view) == 10
    atlas.filters = [{"column": "tags", "keep": ["y", "gone"]}]
    assert atlas.view.index.tolist() == ["i2", "i3"]
    atlas.collection.undo()
    assert atlas.view.empty


def test_a_range_compares_as_the_browser_does(opened: Callable[..., Any]) -> None:
    table = pd.DataFrame({"image": list(np.zeros((3, 4, 4, 3), np.uint8)), "v": [0.1, np.nan, 2e6]})
    atlas = opened(table, image="image", layout=np.zeros((3, 2)), store=None).atlas
    atlas.filters = [{"column": "v", "low": 0.1}]
    assert atlas.view.index.tolist() == [0, 2]
    atlas.filters = [{"column": "v", "high": 1e6, "missing": False}]
    assert atlas.view.index.tolist() == [0, 1]
    atlas.filters = [{"column": "v", "missing": True}]
    assert atlas.view.index.tolist() == [0, 2]


def test_an_infinite_number_is_no_value_but_in_the_details(opened: Callable[..., Any]) -> None:
    values = [2.0, np.inf, np.nan, -np.inf, 1.0]
    table = pd.DataFrame({"image": list(np.zeros((5, 4, 4, 3), np.uint8)), "v": values})
    page = opened(table, image="image", layout=np.zeros((5, 2)), store=None)
    answer, arrays = page.answer("column", name="v")
    assert (answer["low"], answer["high"]) == (1, 2)
    np.testing.assert_array_equal(arrays["values"], np.array([2, np.nan, np.nan, np.nan, 1], np.float32))
    for descending, first in ((False, [4, 0]), (True, [0, 4])):
        page.atlas.sort_by, page.atlas.sort_descending = "v", descending
        assert page.atlas.view.index.tolist() == [*first, 1, 2, 3]
    page.atlas.sort_by = None
    page.atlas.filters = [{"column": "v", "low": 1.5}]
    assert page.atlas.view.index.tolist() == [0]
    page.atlas.filters = [{"column": "v", "low": 1.5, "missing": False}]
    assert page.atlas.view.index.tolist() == [0, 1, 2, 3]
    fields = [page.answer("details", row=row)[0]["fields"] for row in (1, 2, 3)]
    assert [{one["name"]: one["value"] for one in some}["v"] for some in fields] == ["inf", "", "-inf"]


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"column": "class"}, "filters is a list of filters such as"),
        (["class"], "'class' is not a filter; write"),
        ([{"column": "breed", "hide": ["cat"]}], "'breed' is not a column of the table; it has image, class"),
        ([{"column": "image", "hide": []}], "cannot filter by 'image': it holds text"),
        ([{"column": "class", "hide": ["cow"]}], "'cow' is not a value of 'class'; it has 'cat', 'dog'"),
        ([{"column": "class", "hide": "cat"}], "'hide' of the filter for 'class' is 'cat': it has to be a list"),
        ([{"column": "class", "low": 1}], "'low' does not filter 'class', which holds categories"),
        ([{"column": "score", "keep": [1]}], "'keep' does not filter 'score', which holds numbers"),
        ([{"column": "score", "low": "1"}], "'low' of the filter for 'score' is '1': it has to be a number"),
        ([{"column": "score", "low": np.nan}], "'low' of the filter for 'score' is nan"),
        ([{"column": "score", "low": 3, "high": 1}], "goes from 3 to 1: low comes first"),
        ([{"column": "score", "min": 1}], "the filter for 'score' has 'min'; there are: column, hide"),
        ([{"column": "score", "keep": ""}], "'keep' does not filter 'score', which holds numbers"),
        ([{"column": "score", "hide": []}], "'hide' does not filter 'score', which holds numbers"),
        ([{"column": "score", "keep": [], "low": 1}], "the filter for 'score' has both 'low' and 'keep'; give one"),
        ([{"column": "class", "hide": [], "keep": []}], "has both 'hide' and 'keep'"),
        ([{"column": "class", "hide": [], "missing": 2}], "'missing' of the filter for 'class' is 2"),
        ([{"column": "class", "hide": ["cat"]}] * 2, "two filters for 'class'"),
    ],
)
def test_what_is_no_filter_is_refused(page: Any, filters: Any, said: str) -> None:
    atlas = page.atlas
    before = [{"column": "class", "hide": ["cat"], "missing": False}]
    atlas.filters = before
    with pytest.raises(pt.TableError) as error:
        atlas.filters = filters
    assert said in str(error.value)
    assert atlas.filters == before
    sent = len(page.comm.sent)
    page.set(filters=[{"column": "class", "low": 2, "missing": False}])
    assert atlas.filters == before
    assert ("update", {"filters": before}) in [(method, data.get("state")) for method, data, _ in page.comm.sent[sent:]]


def test_a_range_of_dates_is_given_as_dates(opened: Callable[..., Any]) -> None:
    when = pd.date_range("2020-01-01", periods=5)
    table = pd.DataFrame({"image": list(np.zeros((5, 4, 4, 3), np.uint8)), "when": when, "took": when - when[0]})
    atlas = opened(table, image="image", layout=np.zeros((5, 2)), store=None).atlas
    atlas.filters = [{"column": "when", "low": "2020-01-02", "high": pd.Timestamp("2020-01-04")}]
    assert atlas.view.index.tolist() == [1, 2, 3]
    assert atlas.filters[0]["low"] == 18_263
    atlas.filters = [{"column": "took", "high": "36h"}]
    assert atlas.view.index.tolist() == [0, 1]
    with pytest.raises(pt.TableError, match="'low' of the filter for 'when' is 'soon': it has to be a date, or None"):
        atlas.filters = [{"column": "when", "low": "soon"}]


def test_the_browser_may_name_clusters_that_are_gone(page: Any) -> None:
    page.set(
        filters=[{"column": "class", "hide": ["cow", "cat"], "missing": False}, {"column": "cluster", "keep": ["1"]}]
    )
    assert page.atlas.filters == [{"column": "class", "hide": ["cat"], "missing": False}]
    assert "cat" not in set(page.atlas.view["class"])
