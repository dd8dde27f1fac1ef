from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointillist.errors import TagError
from pointillist.journal import MAX_TAG_LENGTH, Op, TagState, changed_ids, clean_tag, fold, in_words


def numbered(*ops: Op) -> list[Op]:
    return [replace(op, number=i) for i, op in enumerate(ops, 1)]


def tag(word: str, *ids: str) -> Op:
    return Op("tag", word, ids)


def untag(word: str, *ids: str) -> Op:
    return Op("untag", word, ids)


def undo(target: int) -> Op:
    return Op("undo", target=target)


def redo(target: int) -> Op:
    return Op("redo", target=target)


def test_tags_come_in_the_order_they_were_given() -> None:
    state = fold(numbered(tag("b", "1", "2"), tag("a", "2"), tag("b", "2", "3"), untag("b", "1")))
    assert state.tags_by_id() == {"2": ["b", "a"], "3": ["b"]}
    assert state.number == 4


def test_a_tag_nobody_carries_is_gone() -> None:
    state = fold(numbered(tag("a", "1"), untag("a", "1")))
    assert dict(state.members) == {}


def test_undo_and_redo_in_words() -> None:
    ops = numbered(tag("cars", "1", "2"), tag("cars", "3"), undo(2), undo(1), redo(1))
    words = [(fold(ops[:i]).undo_words(), fold(ops[:i]).redo_words()) for i in range(6)]
    assert words == [
        (None, None),
        ("tag “cars” on 2 images", None),
        ("tag “cars” on 1 image", None),
        ("tag “cars” on 2 images", "tag “cars” on 1 image"),
        (None, "tag “cars” on 2 images"),
        ("tag “cars” on 2 images", "tag “cars” on 1 image"),
    ]
    assert fold(ops).tags_by_id() == {"1": ["cars"], "2": ["cars"]}
    assert in_words(untag("cars", *"abc")) == "remove tag “cars” from 3 images"


def test_a_new_operation_ends_redo() -> None:
    state = fold(numbered(tag("a", "1"), undo(1), tag("b", "1"), redo(1)))
    assert state.tags_by_id() == {"1": ["b"]}
    assert state.redo == ()


def test_two_who_undo_the_same_operation_take_back_one() -> None:
    state = fold(numbered(tag("a", "1"), tag("a", "2"), undo(2), undo(2)))
    assert state.tags_by_id() == {"1": ["a"]}
    assert len(state.undo) == 1


def test_taking_back_an_earlier_operation_leaves_the_later_ones() -> None:
    state = fold(numbered(tag("a", "1", "2"), tag("a", "2", "3"), undo(1)))
    assert state.tags_by_id() == {"2": ["a"], "3": ["a"]}
    state = fold(numbered(tag("a", "1", "2"), untag("a", "2"), tag("a", "2"), undo(2)))
    assert state.tags_by_id() == {"1": ["a"], "2": ["a"]}


ids = st.lists(st.sampled_from("1234"), min_size=1, max_size=3).map(tuple)
operations = st.lists(
    st.one_of(
        st.builds(Op, st.sampled_from(["tag", "untag"]), st.sampled_from("ab"), ids),
        st.builds(Op, st.sampled_from(["undo", "redo"]), target=st.integers(1, 8)),
    ),
    max_size=12,
).map(lambda ops: numbered(*ops))


def slowly(ops: list[Op]) -> dict[str, set[str]]:
    """Replay all from the start, with a plain list of what is in force."""
    done: list[Op] = []
    undone: list[Op] = []
    for op in ops:
        if op.kind in ("tag", "untag"):
            done, undone = [*done, op], []
        source, sink = (done, undone) if op.kind == "undo" else (undone, done)
        for meant in [one for one in source if one.number == op.target]:
            source.remove(meant)
            sink.append(meant)
    carried: dict[str, set[str]] = {}
    for op in sorted(done, key=lambda op: op.number):
        for id_ in op.ids:
            (set.add if op.kind == "tag" else set.discard)(carried.setdefault(id_, set()), op.tag)
    return {id_: tags for id_, tags in carried.items() if tags}


@given(ops=operations)
def test_equals_a_plain_replay(ops: list[Op]) -> None:
    assert {id_: set(tags) for id_, tags in fold(ops).tags_by_id().items()} == slowly(ops)


@given(ops=operations)
def test_a_tag_is_dated_by_the_operation_in_force_that_gave_it(ops: list[Op]) -> None:
    state = fold(ops)
    expected: dict[str, dict[str, int]] = {}
    for op in state.undo:
        carried = expected.get(op.tag, {})
        if op.kind == "tag":
            expected[op.tag] = {**dict.fromkeys(op.ids, op.number), **carried}
        else:
            expected[op.tag] = {id_: number for id_, number in carried.items() if id_ not in op.ids}
    assert state.members == {tag: ids for tag, ids in expected.items() if ids}


@given(ops=operations, cut=st.integers(0, 12))
def test_folding_in_two_parts_changes_nothing(ops: list[Op], cut: int) -> None:
    half = fold(ops[:cut])
    kept = repr(half)
    assert fold(ops[cut:], half) == fold(ops)
    assert repr(half) == kept


class Id(str):
    """An id that counts how often it is looked up or put into a set or dict."""

    count = 0

    def __hash__(self) -> int:
        Id.count += 1
        return super().__hash__()


def test_an_operation_costs_its_own_ids_not_all_that_carry_the_tag() -> None:
    named = [Id(i) for i in range(20_000)]
    ops = [
        Op("untag", "a", (named[i - 1],), number=i + 3) if i % 4 == 3 else Op("tag", "a", (named[i],), number=i + 3)
        for i in range(len(named))
    ]
    before = TagState(2, {"a": {named[0]: 1}, "b": {named[0]: 2}})
    Id.count = 0
    state = fold(ops, before)
    assert Id.count <= 5 * len(ops)
    assert before == TagState(2, {"a": {"0": 1}, "b": {"0": 2}})
    assert state.members == {"a": {**{str(i): i + 3 for i in range(len(named)) if i % 4 < 2}, "0": 1}, "b": {"0": 2}}


@given(ops=operations, op=st.builds(Op, st.sampled_from(["tag", "untag"]), st.sampled_from("ab"), ids))
def test_changed_ids_are_those_that_change(ops: list[Op], op: Op) -> None:
    before = fold(ops)
    after = fold([replace(op, number=99)], before)
    carried = [{id_ for id_, tags in state.tags_by_id().items() if op.tag in tags} for state in (before, after)]
    assert set(changed_ids(before, op)) == carried[0] ^ carried[1]


@given(ops=operations)
def test_undoing_everything_leaves_nothing(ops: list[Op]) -> None:
    state = fold(ops)
    while state.undo:
        state = fold([Op("undo", target=state.undo[-1].number, number=state.number + 1)], state)
    assert state.tags_by_id() == {}


@given(
    op=st.builds(Op, st.sampled_from(["tag", "undo"]), st.text(), st.tuples(st.text()), st.floats(0, 1e10), st.text())
)
def test_json_and_back(op: Op) -> None:
    assert Op.from_json(op.to_json(), 7) == replace(op, number=7)


def test_file_names_that_are_not_utf8_survive() -> None:
    op = Op("tag", "a", ("caf\udce9.jpg",))
    op.to_json().encode()
    assert Op.from_json(op.to_json(), 0) == op


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  modern   cars\n", "modern cars"),
        ("e\u0301", "é"),
        ("a\x00b", "ab"),
        ("<b>&", "<b>&"),
        ("👩\u200d🔬", "👩\u200d🔬"),
    ],
)
def test_tags_are_cleaned(typed: str, kept: str) -> None:
    assert clean_tag(typed) == kept


@pytest.mark.parametrize("typed", ["", "  \n", "\x00", "\u200d", "x" * (MAX_TAG_LENGTH + 1), 3, None])
def test_what_is_no_tag(typed: object) -> None:
    with pytest.raises(TagError, match="a tag"):
        clean_tag(typed)  # type: ignore[arg-type]


def test_the_empty_state() -> None:
    assert fold([]) == TagState()
    assert TagState().tags_by_id() == {}


def move(**to: str) -> Op:
    return Op("move", ids=tuple(to), to=tuple(to.values()))


def test_what_was_done_before_a_move_follows_the_image() -> None:
    ops = numbered(tag("a", "x"), tag("b", "x", "y"), move(x="z"), undo(2), undo(1), redo(1))
    assert fold(ops[:3]).tags_by_id() == {"z": ["a", "b"], "y": ["b"]}
    assert fold(ops[:4]).tags_by_id() == {"z": ["a"]}
    assert fold(ops[:5]).tags_by_id() == {}
    assert fold(ops).tags_by_id() == {"z": ["a"]}
    for i in range(len(ops)):
        assert fold(ops[i:], fold(ops[:i])) == fold(ops)


def test_what_is_done_after_a_move_is_meant_for_what_is_there_now() -> None:
    ops = numbered(tag("a", "x"), move(x="z"), tag("a", "x"), untag("a", "z"), undo(4), undo(3))
    assert fold(ops[:4]).tags_by_id() == {"x": ["a"]}
    assert fold(ops[:5]).tags_by_id() == {"x": ["a"], "z": ["a"]}
    assert fold(ops).tags_by_id() == {"z": ["a"]}


def test_ids_that_change_places_at_once() -> None:
    assert fold(numbered(tag("a", "x"), tag("b", "y"), move(x="y", y="x"))).tags_by_id() == {"y": ["a"], "x": ["b"]}


def test_a_move_outlives_being_written_down() -> None:
    op = Op("move", ids=("x",), to=("z",), at=1.0, who="me", number=4)
    assert Op.from_json(op.to_json(), 4) == op
