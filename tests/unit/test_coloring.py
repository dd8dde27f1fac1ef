"""Places of categories in the palette, and colours chosen by hand: kept whatever comes, goes or is called otherwise."""

from __future__ import annotations

from pathlib import Path

from pointillist.coloring import DISTINCT, KEPT, Coloring
from pointillist.store import Store


def again(path: Path) -> Coloring:
    """As a new kernel opens it."""
    return Coloring(Store.open(path, "x"))


def test_a_category_keeps_its_place_when_others_come_before_it_and_in_the_next_session(tmp_path: Path) -> None:
    coloring = again(tmp_path / "a.sqlite")
    assert coloring.places("label", ["cat", "dog"]) == [0, 1]
    assert coloring.places("label", ["ant", "cat", "dog"]) == [2, 0, 1]
    assert coloring.places("label", ["dog"]) == [1]
    assert coloring.places("breed", ["dog", "cat"]) == [0, 1]
    later = again(tmp_path / "a.sqlite")
    assert later.places("label", ["ant", "bee", "cat", "dog"]) == [2, 3, 0, 1]
    assert later.places("label", []) == []


def test_places_of_what_is_gone_are_given_away_late_and_never_those_of_what_is_there(tmp_path: Path) -> None:
    coloring = again(tmp_path / "a.sqlite")
    for turn in range(6):
        names = ["stays", *(f"{turn}/{i}" for i in range(9))]
        places = coloring.places("cluster", names)
        assert places[0] == 0 and len(set(places)) == 10
        assert max(places) < DISTINCT
    assert coloring.places("cluster", [f"4/{i}" for i in range(9)] + ["stays"])[-1] == 0
    assert sorted(coloring.places("wide", [str(i) for i in range(200)])) == list(range(200))


def test_of_very_many_those_after_the_first_thousand_have_colours_too(tmp_path: Path) -> None:
    names = [str(i) for i in range(4096)]
    assert again(tmp_path / "a.sqlite").places("label", names) == list(range(4096))
    places = again(tmp_path / "a.sqlite").places("label", ["an", *names])
    assert places[1:KEPT] == list(range(KEPT - 1)) and len(set(places)) == 4097


def test_another_name_keeps_the_place_and_the_colour(tmp_path: Path) -> None:
    coloring = again(tmp_path / "a.sqlite")
    assert coloring.places("cluster", ["a", "b", "c"]) == [0, 1, 2]
    coloring.choose({"cluster": {"b": "#102030"}})
    coloring.renamed("cluster", "b", "bee")
    assert coloring.places("cluster", ["a", "bee", "c", "d"]) == [0, 1, 2, 3]
    assert coloring.places("cluster", ["a", "b", "c"]) == [0, 1, 2]  # the renaming was undone
    assert again(tmp_path / "a.sqlite").chosen() == {"cluster": {"b": "#102030", "bee": "#102030"}}


def test_chosen_colours_are_kept_and_taken_back(tmp_path: Path) -> None:
    coloring = again(tmp_path / "a.sqlite")
    assert coloring.chosen() == {}
    coloring.choose({"label": {"cat": "#102030"}})
    assert again(tmp_path / "a.sqlite").chosen() == {"label": {"cat": "#102030"}}
    coloring.choose({})
    assert again(tmp_path / "a.sqlite").chosen() == {}
