"""When images are added: the old graph with the new ones worked in, and the old map with the new ones placed in it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pointillist.neighbours import Neighbours, nearest_among

OnBlock = Callable[[int, int], None]


def known_rows(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """(n,) int64: for each key of `now` its place in `before`, each place given out once; -1 for the new."""
    order = np.argsort(before, kind="stable")
    place_now = np.argsort(now, kind="stable")
    found = np.full(len(now), -1, np.int64)
    wanted = now[place_now]
    first = np.searchsorted(wanted, wanted)
    nth = np.arange(len(wanted)) - first  # the second copy of a vector takes the second place
    place = np.searchsorted(before[order], wanted) + nth
    there = place < len(order)
    there[there] = before[order][place[there]] == wanted[there]
    found[place_now[there]] = order[place[there]]
    return found


def grown(old: Neighbours, known: np.ndarray, x: np.ndarray, *, on_block: OnBlock | None = None) -> Neighbours:
    """The graph over all vectors, made from that over some of them: only pairs with a new one are looked at.

    Args:
        old: k of each of the m old rows. known: (n,) the old place of each row, -1 for the new; all m must be there.
        x: (n, d) float32 of all rows.

    Returns:
        what `neighbours(x, k)` returns, but for the last bits of the distances; the recall is that of the old graph.
    """
    n, k = len(x), old.k
    fresh = known < 0
    row_of = np.empty(len(old.rows), np.int64)
    row_of[known[~fresh]] = np.flatnonzero(~fresh)
    rows = np.repeat(np.arange(n, dtype=np.uint32)[:, None], k, axis=1)
    distances = np.full((n, k), np.nan, np.float32)
    rows[~fresh] = row_of[old.rows[known[~fresh]]]
    distances[~fresh] = old.distances[known[~fresh]]
    present = np.isfinite(x).all(axis=1)
    new, here = np.flatnonzero(fresh & present), np.flatnonzero(~fresh & present)
    total = len(new) + len(here)
    rows[new], distances[new] = nearest_among(x, new, np.flatnonzero(present), k, on_block=_of(on_block, 0, total))
    candidates, away = nearest_among(x, here, new, k, on_block=_of(on_block, len(new), total))
    both, apart = np.concatenate([rows[here], candidates], axis=1), np.concatenate([distances[here], away], axis=1)
    order = np.lexsort([both, apart], axis=1)[:, :k]
    rows[here] = np.take_along_axis(both, order, axis=1)
    distances[here] = np.take_along_axis(apart, order, axis=1)
    return Neighbours(rows, distances, old.recall)


def placed(xy: np.ndarray, x: np.ndarray, k: int, *, on_block: OnBlock | None = None) -> np.ndarray:
    """The map with positions for the rows that have none: among their k nearest that have one, the nearer the more.

    Args:
        xy: (n, dims) float32, NaN in new rows. x: (n, d) vectors, NaN in rows without one, which get no position.

    Returns:
        (n, dims) float32; the old positions as they were.
    """
    there = np.isfinite(xy).all(axis=1)
    new = np.flatnonzero(~there & np.isfinite(x).all(axis=1))
    old = np.flatnonzero(there & np.isfinite(x).all(axis=1))
    answer = xy.copy()
    if len(new) and len(old):
        rows, away = nearest_among(x, new, old, min(k, len(old)), on_block=on_block)
        weight = 1 / (away.astype(np.float64) + 1e-6) ** 2
        weight /= weight.sum(axis=1, keepdims=True)
        answer[new] = np.einsum("ij,ijd->id", weight, xy[rows].astype(np.float64))
    return answer


def _of(on_block: OnBlock | None, before: int, total: int) -> OnBlock | None:
    return None if on_block is None else lambda done, _: on_block(before + done, total)
