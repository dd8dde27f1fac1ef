from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointillist.errors import SelectionError
from pointillist.frame import MAX_CATEGORIES, MAX_CODES, column_kind, encode_column, which_rows


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {"label": ["cat", "dog", None, "cat"], "width": [10, 20, 30, np.nan], "a b": [1, 2, 3, 4]},
        index=["a.jpg", "b.jpg", "c.jpg", "d.jpg"],
    )


def test_labels(table: pd.DataFrame) -> None:
    assert which_rows(table, "b.jpg").tolist() == [1]
    assert which_rows(table, ["d.jpg", "a.jpg", "d.jpg"]).tolist() == [0, 3]
    assert which_rows(table, {"d.jpg"}).tolist() == [3]
    assert which_rows(table, np.array(["c.jpg"])).tolist() == [2]
    assert which_rows(table, (label for label in ["c.jpg"])).tolist() == [2]
    assert which_rows(table, table.index[1:3]).tolist() == [1, 2]
    assert which_rows(table, ["a.jpg"]).dtype == np.uint32
    assert which_rows(table, table["label"].iloc[1:3]).tolist() == [1, 2]


def test_a_row_of_the_table_is_that_row(table: pd.DataFrame) -> None:
    assert which_rows(table, table.iloc[2]).tolist() == [2]
    assert which_rows(table, table.assign(similarity=0.5).loc["b.jpg", ["width", "similarity"]]).tolist() == [1]
    twice = table.set_axis(["a.jpg", "b.jpg", "b.jpg", "d.jpg"])
    assert which_rows(twice, twice.iloc[2]).tolist() == [1, 2]  # as its label says
    with pytest.raises(SelectionError, match="'label', 'width', 'a b' not found"):
        which_rows(table, table.iloc[2].rename("elsewhere.jpg"))


@pytest.mark.parametrize("empty", [[], (), np.array([]), pd.Index([]), pd.DataFrame(), pd.Series(dtype=float)])
def test_nothing_names_no_row(table: pd.DataFrame, empty: object) -> None:
    assert which_rows(table, empty).tolist() == []
    assert which_rows(table, empty).dtype == np.uint32


def test_frames_and_series_by_their_labels(table: pd.DataFrame) -> None:
    assert which_rows(table, table[table["width"] > 10]).tolist() == [1, 2]
    assert which_rows(table, table["width"].nlargest(2)).tolist() == [1, 2]
    assert which_rows(table, table.iloc[::-1]).tolist() == [0, 1, 2, 3]


def test_masks(table: pd.DataFrame) -> None:
    assert which_rows(table, table["label"] == "cat").tolist() == [0, 3]
    assert which_rows(table, (table["label"] == "cat").to_numpy()).tolist() == [0, 3]
    assert which_rows(table, [False, True, False, True]).tolist() == [1, 3]
    assert which_rows(table, (table["label"] == "cat").iloc[::-1]).tolist() == [0, 3]
    assert which_rows(table, pd.array([True, None, False, True], dtype="boolean")).tolist() == [0, 3]
    assert which_rows(table, pd.Series([True, None, False, True], table.index, dtype="boolean")).tolist() == [0, 3]
    with pytest.raises(SelectionError, match="a mask of length 3 for 4 images"):
        which_rows(table, [True, False, True])
    with pytest.raises(SelectionError, match="boolean Series of length 4 whose index is not that of the 4 images"):
        which_rows(table, pd.Series([True] * 4))


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_a_mask_of_objects_may_lack_values(table: pd.DataFrame, missing: object) -> None:
    values = [True, missing, False, True]
    series = pd.Series(values, table.index, dtype=object)
    assert which_rows(table, series).tolist() == [0, 3]
    assert which_rows(table, series.iloc[::-1]).tolist() == [0, 3]
    assert which_rows(table, values).tolist() == [0, 3]
    assert which_rows(table, np.array(values, object)).tolist() == [0, 3]
    assert which_rows(table.assign(seen=series), "seen").tolist() == [0, 3]
    with pytest.raises(SelectionError, match="a mask of length 3 for 4 images"):
        which_rows(table, values[:3])
    assert which_rows(table, pd.Series([missing] * 2, table.index[:2], dtype=object)).tolist() == [0, 1]  # its labels


@pytest.mark.parametrize("how", [list, np.array, pd.array, lambda mask: pd.Series(mask, [True, False, True])])
def test_a_mask_is_one_on_an_index_of_booleans_too(how: Callable[[list[bool]], Any]) -> None:
    table = pd.DataFrame({"a": range(3)}, index=[True, False, True])
    assert which_rows(table, how([False, False, True])).tolist() == [2]


def test_labels_of_an_index_of_booleans_are_named_by_a_value_a_few_or_an_index() -> None:
    table = pd.DataFrame({"a": range(3)}, index=[True, False, True])
    assert which_rows(table, True).tolist() == [0, 2]
    assert which_rows(table, [False]).tolist() == [1]
    assert which_rows(table, table.index[1:]).tolist() == [0, 1, 2]


def test_a_query_with_one_equals_sign_is_told_of_two(table: pd.DataFrame) -> None:
    with pytest.raises(SelectionError, match="\"label = 'cat'\" is not true or false for each image; == compares"):
        which_rows(table, "label = 'cat'")
    with pytest.raises(SelectionError, match=r"for each image$"):
        which_rows(table, "width * 2")


def test_a_frame_of_booleans_is_no_mask(table: pd.DataFrame) -> None:
    with pytest.raises(SelectionError, match="give one column of it; its columns: width, a b"):
        which_rows(table, table[["width", "a b"]] > 2)
    flags = pd.DataFrame({"seen": [True, None, False, True]}, table.index, dtype=object)
    with pytest.raises(SelectionError, match="give one column of it; its columns: seen"):
        which_rows(table, flags)
    assert which_rows(flags, flags[flags["seen"] == True]).tolist() == [0, 3]  # noqa: E712
    assert which_rows(table, flags.assign(width=1)).tolist() == [0, 1, 2, 3]


def test_a_mask_over_an_index_with_duplicates_goes_by_place(table: pd.DataFrame) -> None:
    table.index = pd.Index(["x", "x", "y", "y"])
    assert which_rows(table, table["width"] == 20).tolist() == [1]
    assert which_rows(table, "x").tolist() == [0, 1]
    assert which_rows(table, ["y", "x"]).tolist() == [0, 1, 2, 3]
    with pytest.raises(SelectionError, match="boolean Series"):
        which_rows(table, (table["width"] == 20).iloc[::-1])


def test_integers_are_row_numbers_where_no_label_is_a_number(table: pd.DataFrame) -> None:
    names = table.index
    for index in (names, names.astype("category"), names.astype(object), pd.date_range("2024-01-01", periods=4)):
        table.index = index
        assert which_rows(table, np.array([2, 0], np.uint32)).tolist() == [0, 2]
        assert which_rows(table, [3, 3]).tolist() == [3]
        assert which_rows(table, np.int64(0)).tolist() == [0]
        assert which_rows(table, 3).dtype == np.uint32
    table.index = pd.to_timedelta([3, 2, 1, 0], unit="ns")
    assert which_rows(table, table.index.to_numpy()[1:2]).tolist() == [1]
    table.index = names
    for wrong in (4, -1, [0, 4], [-1]):
        with pytest.raises(
            SelectionError, match=r"not found: give index labels .'a.jpg', .*; numbers of rows .* 0 to 3"
        ):
            which_rows(table, wrong)
    for labels in (pd.Index([0, 2]), pd.Series([1.5, 2.5]), pd.DataFrame({"width": [1]}), ["a.jpg", 2], [1.0]):
        with pytest.raises(SelectionError, match="not found"):
            which_rows(table, labels)
    with pytest.raises(SelectionError, match="row numbers, not a mask"):
        which_rows(table, np.array([0, 1, 0, 1]))


@pytest.mark.parametrize(
    "index", [[7, "a", "b", "c"], [1.5, 2.5, 3.5, 4.5], pd.CategoricalIndex([7, 8, 9, 7]), [("a", 1), ("a", 2)] * 2]
)
def test_integers_are_labels_where_one_is_a_number(table: pd.DataFrame, index: object) -> None:
    table.index = pd.Index(index)
    with pytest.raises(SelectionError):
        which_rows(table, [0, 2])
    with pytest.raises(SelectionError, match=r"^0 not found"):
        which_rows(table, 0)


def test_integers_are_labels_where_the_index_holds_them(table: pd.DataFrame) -> None:
    table.index = pd.Index([30, 20, 10, 0])
    assert which_rows(table, 0).tolist() == [3]
    assert which_rows(table, np.array([10, 30], np.uint32)).tolist() == [0, 2]
    assert which_rows(table, np.uint32(20)).tolist() == [1]


def test_several_levels(table: pd.DataFrame) -> None:
    table.index = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1), ("a", 1)], names=["site", "shot"])
    assert which_rows(table, ("a", 1)).tolist() == [0, 3]
    assert which_rows(table, [("a", 2), ("b", 1)]).tolist() == [1, 2]
    assert which_rows(table, "b").tolist() == [2]
    assert which_rows(table, table.iloc[[2]]).tolist() == [2]
    assert which_rows(table, "site == 'a' and width < 15").tolist() == [0]
    assert which_rows(table, []).tolist() == []
    assert which_rows(table, ()).tolist() == []
    with pytest.raises(SelectionError, match=r"its labels are tuples of 2 \(site, shot\)"):
        which_rows(table, ["a", "zzz"])
    with pytest.raises(SelectionError, match=r"\('c', 1\) not found"):
        which_rows(table, [("c", 1)])


def test_dates_as_labels(table: pd.DataFrame) -> None:
    table.index = pd.date_range("2024-01-01", periods=4)
    assert which_rows(table, pd.Timestamp("2024-01-02")).tolist() == [1]
    assert which_rows(table, [datetime.datetime(2024, 1, 3)]).tolist() == [2]
    assert which_rows(table, "2024-01-04").tolist() == [3]


def test_queries(table: pd.DataFrame) -> None:
    assert which_rows(table, "label == 'cat'").tolist() == [0, 3]
    assert which_rows(table, "width > 10 and `a b` < 3").tolist() == [1]
    assert which_rows(table, "index == 'c.jpg'").tolist() == [2]
    with pytest.raises(
        SelectionError, match=r"'labl == 1' is neither an index label.*'labl' is not defined.*label, width"
    ):
        which_rows(table, "labl == 1")
    with pytest.raises(SelectionError, match="not a query either"):
        which_rows(table, "what is this?")
    with pytest.raises(SelectionError, match="the query 'width \\+ 1' is not true or false for each image"):
        which_rows(table, "width + 1")


def test_a_saved_name_comes_after_labels_and_before_queries(table: pd.DataFrame) -> None:
    saved = {
        "nice": np.array([2, 1], np.uint32),
        "a.jpg": np.array([3], np.uint32),
        "width > 0": np.array([0], np.uint32),
    }
    assert which_rows(table, "nice", saved).tolist() == [1, 2]
    assert which_rows(table, "a.jpg", saved).tolist() == [0]
    assert which_rows(table, "width > 0", saved).tolist() == [0]
    with pytest.raises(SelectionError, match="saved selections: 'nice'"):
        which_rows(table, "ugly", saved)


@pytest.mark.parametrize("odd", [None, 3.5, object(), slice(0, 2), {"a.jpg": 1}, b"a.jpg", np.zeros((2, 2))])
def test_what_names_no_rows(table: pd.DataFrame, odd: object) -> None:
    with pytest.raises(SelectionError, match="not found: give index labels"):
        which_rows(table, odd)


def test_many_missing_labels_are_counted(table: pd.DataFrame) -> None:
    with pytest.raises(SelectionError, match="'0', '1', '2' and 97 more not found"):
        which_rows(table, [str(i) for i in range(100)])


@given(
    labels=st.lists(st.one_of(st.integers(-3, 3), st.sampled_from("abc")), min_size=1, max_size=8),
    asked=st.lists(st.one_of(st.integers(-3, 3), st.sampled_from("abc")), max_size=4),
)
def test_labels_equal_a_plain_search(labels: list[object], asked: list[object]) -> None:
    table = pd.DataFrame({"x": range(len(labels))}, index=pd.Index(labels, dtype=object))
    expected = [row for row, label in enumerate(labels) if label in asked]
    if asked and all(isinstance(one, int) for one in asked) and not any(isinstance(label, int) for label in labels):
        return  # row numbers, see above
    if set(asked) <= set(labels):
        assert which_rows(table, asked).tolist() == expected
    else:
        with pytest.raises(SelectionError):
            which_rows(table, asked)


def many(n: int, distinct: int) -> list[str]:
    return [f"name {i % distinct}" for i in range(n)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["cat", None, "dog"], "category"),
        (pd.array(["cat", None], dtype="string"), "category"),
        (pd.Categorical(["a", "b", None]), "category"),
        (pd.Categorical([1, 2, 1]), "category"),
        ([True, False], "category"),
        ([True, None, False], "category"),
        (pd.array([True, None], dtype="boolean"), "category"),
        ([1, 2, 3], "number"),
        ([1.5, np.nan], "number"),
        (pd.array([1, None], dtype="Int64"), "number"),
        (np.array([1, None, 2.5], object), "number"),
        ([Decimal("1.5"), None], "number"),
        (pd.to_datetime(["2024-01-01", None]), "number"),
        (pd.to_datetime(["2024-01-01"]).tz_localize("Europe/Paris"), "number"),
        ([datetime.date(2024, 1, 1), None], "number"),
        (pd.to_timedelta([1, 2], unit="h"), "number"),
        ([1 + 2j], "text"),
        ([[1], [2]], "text"),
        ([{"a": 1}], "text"),
        ([Path("a"), None], "text"),
        (["a", 1], "text"),
        ([None, None], "text"),
        ([], "number"),
        (many(51, 26), "text"),
        (many(52, 26), "category"),
        (many(50, 50), "category"),
        (many(3 * MAX_CATEGORIES, MAX_CATEGORIES), "category"),
        (many(3 * MAX_CATEGORIES, MAX_CATEGORIES + 1), "text"),
    ],
)
def test_kinds(values: object, kind: str) -> None:
    series = pd.Series(values, dtype=float) if isinstance(values, list) and not values else pd.Series(values)
    assert column_kind(series) == kind
    column = encode_column(series)
    assert column.kind == kind
    assert (column.codes is not None) == (kind == "category")
    assert (column.values is not None) == (kind == "number")


@pytest.mark.parametrize("distinct", [MAX_CATEGORIES + 1, MAX_CODES, MAX_CODES + 1])
def test_a_label_and_a_categorical_have_as_many_categories_as_codes(distinct: int) -> None:
    values = many(distinct + 7, distinct)
    for series in (
        pd.Series(values),
        pd.Series(values).astype("category"),
        pd.Series(np.arange(distinct + 7) % distinct),
    ):
        column = encode_column(series, label=True)
        if distinct > MAX_CODES:
            assert (column.kind, column.too_many) == ("text", True)
            continue
        assert len(column.categories) == distinct
        assert column.codes is not None and column.codes.dtype == np.uint16
        assert (column.codes.min(), column.codes.max()) == (1, distinct)
        assert [column.categories[code - 1] for code in column.codes[:9]] == [str(value) for value in series[:9]]


def test_categories_in_natural_order_missing_is_zero() -> None:
    column = encode_column(pd.Series(["img10", "img2", None, "Img1", "img2"]))
    assert column.categories == ["Img1", "img2", "img10"]
    assert column.codes is not None
    assert column.codes.tolist() == [3, 2, 0, 1, 2]
    assert column.codes.dtype == np.uint8


def test_categories_of_durations_are_said_as_in_the_legend_unless_two_would_be_called_the_same() -> None:
    for seconds, said in (([3600, 90], ["1.5 min", "1 h"]), ([86_400, 86_401], ["1 days 00:00:00", "1 days 00:00:01"])):
        assert encode_column(pd.Series(pd.Categorical(pd.to_timedelta(seconds, unit="s")))).categories == said


def test_a_categorical_keeps_its_own_order_and_its_empty_categories() -> None:
    column = encode_column(pd.Series(pd.Categorical(["low", None, "high"], ["low", "middle", "high"], ordered=True)))
    assert column.categories == ["low", "middle", "high"]
    assert column.codes is not None
    assert column.codes.tolist() == [1, 0, 3]


def test_codes_widen_with_the_number_of_categories() -> None:
    for distinct, dtype in ((255, np.uint8), (256, np.uint16)):
        column = encode_column(pd.Series(many(2 * distinct, distinct)))
        assert column.codes is not None
        assert column.codes.dtype == dtype
        assert column.codes.max() == distinct


def test_a_label_is_a_category_whatever_its_type() -> None:
    column = encode_column(pd.Series([10, 9, 10, -1]), label=True)
    assert column.categories == ["-1", "9", "10"]
    assert column.codes is not None
    assert column.codes.tolist() == [3, 2, 3, 1]
    assert column_kind(pd.Series(np.array([1, None, 2], object)), label=True) == "category"
    assert column_kind(pd.Series(many(60, 60)), label=True) == "category"
    assert column_kind(pd.Series([0.5, 1.5]), label=True) == "number"


@pytest.mark.parametrize(
    "values",
    [
        [0.0, 10.0, np.nan, 2.0],
        np.array([0, 10, np.nan, 2], np.float32),
        pd.array([0.0, 10.0, None, 2.0], dtype="Float64"),
        np.array([0.0, 10.0, None, 2.0], object),
    ],
)
def test_a_label_of_whole_numbers_may_lack_values(values: object) -> None:
    series = pd.Series(values)  # type: ignore[call-overload]
    column = encode_column(series, label=True)
    assert column.categories == ["0", "2", "10"]
    assert column.codes is not None
    assert column.codes.tolist() == [1, 3, 0, 2]
    assert column_kind(series) == "number"


@pytest.mark.parametrize("values", [[0.0, np.nan, 0.5], [1.0, np.inf], [np.nan, np.nan], [1e300, 1.0]])
def test_a_label_of_other_numbers_is_numbers(values: list[float]) -> None:
    assert column_kind(pd.Series(values), label=True) == "number"


def test_a_large_categorical_is_counted_by_what_it_uses() -> None:
    everything = [f"class {i}" for i in range(MAX_CATEGORIES + 1)]
    column = encode_column(pd.Series(pd.Categorical(["class 9", None, "class 3"], everything)))
    assert column.categories == ["class 3", "class 9"]
    assert column.codes is not None
    assert column.codes.tolist() == [2, 0, 1]
    assert column_kind(pd.Series(pd.Categorical(everything, everything))) == "category"


def test_numbers_have_finite_extremes_and_infinite_ones_are_no_value() -> None:
    series = pd.Series([3.0, np.inf, -2.0, np.nan, -np.inf])
    column = encode_column(series)
    assert (column.low, column.high) == (-2.0, 3.0)
    assert column.values is not None
    assert column.values.dtype == np.float32
    np.testing.assert_array_equal(column.values, np.array([3, np.nan, -2, np.nan, np.nan], np.float32))
    assert np.isinf(series[1]), "the table stays as it is"
    empty = encode_column(pd.Series([np.nan, np.nan]))
    assert (empty.low, empty.high) == (None, None)
    assert encode_column(pd.Series([1e300])).low is None  # beyond float32


def test_dates_are_days() -> None:
    column = encode_column(pd.Series(pd.to_datetime(["1970-01-02 12:00", None])))
    assert column.values is not None
    np.testing.assert_array_equal(column.values, [1.5, np.nan])
    zoned = encode_column(pd.Series(pd.to_datetime(["1970-01-02 00:00"]).tz_localize("Etc/GMT-12")))
    assert zoned.low == 0.5
    assert encode_column(pd.Series([datetime.date(1970, 1, 11)])).low == 10
    assert encode_column(pd.Series(pd.to_timedelta([36], unit="h"))).low == 1.5


@pytest.mark.parametrize(
    "values",
    [
        np.array(["9999-12-31", "NaT", "1970-01-02T12:00"], "datetime64[s]"),
        pd.to_datetime(np.array(["9999-12-31", "NaT", "1970-01-02T12:00"], "datetime64[ms]")).tz_localize("UTC"),
        pd.to_datetime(np.array(["9999-12-31T03", "NaT", "1970-01-02T15"], "datetime64[s]")).tz_localize("Etc/GMT-3"),
    ],
)
def test_dates_beyond_the_range_of_nanoseconds(values: object) -> None:
    column = encode_column(pd.Series(values))  # type: ignore[call-overload]
    assert column.values is not None
    np.testing.assert_array_equal(column.values, [2932896, np.nan, 1.5])
    assert (column.low, column.high) == (1.5, 2932896)


@pytest.mark.parametrize("zone", [None, datetime.UTC])
def test_dates_as_objects_beyond_the_range_of_nanoseconds(zone: datetime.tzinfo | None) -> None:
    last, first = datetime.datetime(9999, 12, 31, tzinfo=zone), datetime.datetime(1970, 1, 2, 12, tzinfo=zone)
    column = encode_column(pd.Series([last, None, first], dtype=object))
    assert column.values is not None
    # pandas before 3 reads such objects as nanoseconds, and so as missing
    known = [np.nan if pd.isna(pd.to_datetime(last, errors="coerce")) else 2932896, np.nan, 1.5]
    np.testing.assert_array_equal(column.values, known)


def test_parts_of_a_second_are_kept_near_1970() -> None:
    for unit in ("ms", "us", "ns"):
        column = encode_column(pd.Series(np.array(["1970-01-01T00:00:00.500"], f"datetime64[{unit}]")))
        assert column.low == np.float32(0.5 / 86400)


@given(values=st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=50))
def test_codes_lead_back_to_the_values(values: list[str | None]) -> None:
    series = pd.Series(values, dtype=object)
    column = encode_column(series)
    if column.kind == "category":
        assert column.codes is not None
        back = [None if code == 0 else column.categories[code - 1] for code in column.codes]
        assert back == values
        assert len(set(column.categories)) == len(column.categories)


def test_a_categorical_of_days_has_no_time_of_day() -> None:
    days = pd.Series(pd.to_datetime(["2024-02-01", "2024-01-01"])).astype("category")
    assert encode_column(days).categories == ["2024-01-01", "2024-02-01"]
    times = pd.Series(pd.to_datetime(["2024-02-01 10:00", "2024-01-01 00:00"])).astype("category")
    assert encode_column(times).categories == ["2024-01-01 00:00:00", "2024-02-01 10:00:00"]
