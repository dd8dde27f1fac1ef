"""Which labelled images a model is tuned on, which say when to stop, which tell what it was worth."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

REPORTING, STOPPING = 0.2, 0.16


def linked(*keys: Sequence[Hashable]) -> np.ndarray:
    """(m,) group numbers: rows that have any of their keys in common, or are linked by rows that do, are one group.

    Args:
        keys: (m,) each.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    m = len(keys[0])
    rows = np.tile(np.arange(m), len(keys))
    numbers: dict[tuple[int, Hashable], int] = {}
    nodes = [numbers.setdefault((i, key), m + len(numbers)) for i, some in enumerate(keys) for key in some]
    side = m + len(numbers)
    links = coo_array((np.ones(len(rows), bool), (rows, nodes)), shape=(side, side))
    return np.unique(connected_components(links, directed=False)[1][:m], return_inverse=True)[1]


def groups_of_class(labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """(c,) how many groups have rows of each class."""
    pairs = np.unique(np.stack([labels, groups]), axis=1)
    return np.bincount(pairs[0])


def split(labels: np.ndarray, groups: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three parts of the rows, each with all classes alike: to train on, to know when to stop, to report on.

    Of 100 rows of a class 64, 16 and 20, as nearly as whole groups allow; a class of fewer than 3 groups is only held
    out along with others.

    Args:
        labels: (m,) class numbers from 0 up.
        groups: (m,) group numbers from 0 up; all rows of a group go into the same part.

    Returns:
        Rows, ascending, of each part; each class has rows in the first.
    """
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(groups.max() + 1).tolist()
    held: list[dict[int, int]] = [{} for _ in shuffled]
    for label, group in zip(labels.tolist(), groups.tolist(), strict=True):
        held[group][label] = held[group].get(label, 0) + 1
    free = groups_of_class(labels, groups)
    sizes, enough = np.bincount(labels), free >= 3
    part_of = np.zeros(len(held), np.int64)
    of_class: list[list[int]] = [[] for _ in free]
    for group in shuffled:
        for label in held[group]:
            of_class[label].append(group)
    missing = [
        np.where(enough, np.maximum(1, np.round(share * sizes)), 0).astype(int) for share in (REPORTING, STOPPING)
    ]

    def excess(part: int, group: int) -> int:
        """How much farther a part would be from what it should hold with this group."""
        return sum(abs(missing[part][label] - n) - abs(missing[part][label]) for label, n in held[group].items())

    def may_go(group: int) -> bool:
        return not part_of[group] and all(free[label] > 1 for label in held[group])

    def place(part: int, group: int) -> None:
        part_of[group] = part + 1
        for label, n in held[group].items():
            missing[part][label] -= n
            free[label] -= 1

    for label in np.argsort(free, kind="stable").tolist():
        own = of_class[label] if enough[label] else []
        for part in (0, 1):
            if any(part_of[group] == part + 1 for group in own):
                continue
            choice = [group for group in own if may_go(group)]
            if choice:
                place(part, min(choice, key=lambda group: excess(part, group)))
    for part in (0, 1):
        for group in shuffled:
            if may_go(group) and excess(part, group) < 0:
                place(part, group)
    training, reporting, stopping = (np.flatnonzero(part_of[groups] == part) for part in range(3))
    return training, stopping, reporting
