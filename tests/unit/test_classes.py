"""A classifier's last layer: logits from unit vectors, and finding things by the names of classes."""

from __future__ import annotations

import numpy as np
import pytest

from pointillist.encoders import Classes

NAMES = ("tench, Tinca tinca", "hot dog, red hot", "dog", "maltese dog, Maltese terrier", "glass", "running shoe")
CLASSES = Classes(NAMES, np.eye(6, dtype=np.float32), np.zeros(6, np.float32), length=3.0)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tinca TENCH", [0]),  # no name holds both, so those that hold either
        ("Tinca tinca", [0]),
        ("dog", [2]),
        ("Dogs", [2]),
        ("maltese", [3]),
        ("glass", [4]),
        ("shoes", [5]),
        ("red shoe", [1, 5]),
        ("a dog", [2]),
        ("the glass of an", [4]),
        ("a submarine", []),
        ("the of", []),
        ("submarine", []),
        ("", []),
    ],
)
def test_classes_are_found_by_name(text: str, found: list[int]) -> None:
    assert CLASSES.named(text).tolist() == found


@pytest.mark.parametrize(
    "pair",
    [
        "box boxes",
        "berry berries",
        "bus buses",
        "horse horses",
        "watch watches",
        "glass glasses",
        "collie collies",
        "dish dishes",
    ],
)
def test_a_word_and_its_plural_find_each_other(pair: str) -> None:
    for name, text in (pair.split(), pair.split()[::-1]):
        found = Classes((f"a {name}", "submarine"), np.eye(2, dtype=np.float32), np.zeros(2, np.float32))
        assert found.named(text).tolist() == [0]


def test_particles_find_nothing_unless_a_class_is_called_so() -> None:
    names = ("hen-of-the-woods, hen of the woods", "A", "B")
    found = Classes(names, np.eye(3, dtype=np.float32), np.zeros(3, np.float32))
    assert [found.named(text).tolist() for text in ("the of", "the woods", "a", "a, b")] == [[], [0], [1], [2]]


def test_what_no_class_is_called_gets_names_that_hold_it_else_those_spelt_alike() -> None:
    found = Classes(
        ("flamingo", "langur", "flagpole, flagstaff", "dog"), np.eye(4, dtype=np.float32), np.zeros(4, np.float32)
    )
    assert found.close_to("Flags", 3) == ["flagpole", "flagstaff"]
    assert found.close_to("a flag", 1) == ["flagpole"]
    assert found.close_to("flamigo", 3)[0] == "flamingo"
    assert found.close_to("submarine", 3) == []
    panther = Classes(("panther",), np.ones((1, 1), np.float32), np.zeros(1, np.float32))
    assert panther.close_to("the of", 3) == []


def test_text_points_to_its_class_and_nothing_else_does() -> None:
    vectors = CLASSES.encode_text(["tench", "submarine"])
    assert np.isnan(vectors[1]).all()
    assert vectors[0].argmax() == 0
    assert np.isclose(np.linalg.norm(vectors[0]), 1)


def test_logits_grow_with_the_length_and_probabilities_sum_to_one() -> None:
    unit = np.array([[1, 0, 0, 0, 0, 0], [0, 0, 0.6, 0.8, 0, 0]], np.float32)
    assert np.allclose(CLASSES.logits(unit), 3 * unit)
    assert CLASSES.probabilities(unit).argmax(axis=1).tolist() == [0, 3]
    assert np.allclose(CLASSES.probabilities(unit).sum(axis=1), 1)
