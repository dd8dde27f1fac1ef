"""Faiss in a process of its own: a few candidates of each vector, among which nearly all of its nearest are.

The vectors are put into about 2 · √n lists around centres (k-means of a sample), and each looks in those nearest to
it. `big_batch_search` goes list after list, by one matrix product of the vectors that look into it with those in it:
200,000 take 10 s so, 54 s vector after vector. How many lists are enough is not a parameter but found for a sample.

The process loads NumPy and faiss alone. On macOS faiss and torch bring an OpenMP each and end the process that loads
both (faiss-wheels issue 73); and one that is a process of its own can be stopped in the midst of a product.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from typing import IO, Any

import numpy as np

from pointillist.children import Arrays, Child, get, heard, put

RECALL = 0.97
"""Aimed at, so that what is stated is above the least wanted whichever vectors are drawn to tell."""
_ROUNDS = 6
_PER_LIST = 40
_SHARE = 0.4
_AT_ONCE = 50_000_000
"""Products of so many pairs are held; of larger lists faiss keeps the nearest block by block, at half the speed."""


class Lists(Child):
    """One process for one search. Starts on creation, so that it loads while the vectors are made ready.

    Raises:
        OSError: on creation, if the system lets no process start.
    """

    def __init__(self) -> None:
        super().__init__("pointillist.lists")

    def candidates(
        self,
        places: np.ndarray,
        count: int,
        sample: np.ndarray,
        true: np.ndarray,
        *,
        seed: int = 0,
        on_share: Callable[[float], None] | None = None,
    ) -> np.ndarray | None:
        """Those near each vector by straight distance, in no order; None where that takes as long as all pairs.

        Args:
            places: (n, d) float32. count: how many, itself among them as a rule.
            sample: (s,) some of them. true: (s, k) their nearest that are to be found, -1 for one that cannot be.
            on_share: called with the share of the work that is done, from 0 to 1, and now and then again; what it
                raises is passed on.

        Returns:
            (n, count) int32, -1 where fewer were found.

        Raises:
            children.Ended: if the process ended without an answer, or was killed.
        """
        share = 0.0

        def hear(word: str, sent: Arrays) -> None:
            nonlocal share
            if word == "share":
                share = float(sent["done"])
            if on_share is not None:
                on_share(share)

        answer = self.ask(hear, places=places, count=count, sample=sample, true=true, seed=seed)
        return answer.get("rows")


def main() -> None:
    """The child's side."""
    questions, answers = heard()
    import faiss  # noqa: F401 - while it is not asked yet

    question = get(questions)
    if question is not None:
        put(answers, "answer", **_answer(question[1], answers))


def _answer(asked: Arrays, answers: IO[bytes]) -> Arrays:
    import faiss
    from faiss.contrib.big_batch_search import big_batch_search

    places, count, sample, true = (asked[name] for name in ("places", "count", "sample", "true"))
    index = _filled(places, int(asked["seed"]))
    depth = _depth(index, places[sample], places[true], true >= 0)
    if depth > _SHARE * index.nlist:
        return {}
    index.nprobe = depth
    looked, pairs = 0, depth * len(places)

    def nearest(left: np.ndarray, right: np.ndarray, most: int, metric: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Straight distances of those that look into a list to all that are in it, or to its nearest and which."""
        nonlocal looked
        looked += len(left)
        put(answers, "share", done=looked / pairs)
        if len(left) * len(right) > _AT_ONCE and len(right) > most:
            distances, rows = faiss.knn(left, right, most, metric=metric)
            return distances, rows
        return faiss.pairwise_distances(left, right, metric=metric), None

    with redirect_stdout(StringIO()):  # it tells of every list
        search: Any = big_batch_search
        _, rows = search(index, places, int(count), method="knn_function", knn=nearest)
    return {"rows": rows.astype(np.int32)}


def _filled(places: np.ndarray, seed: int) -> Any:
    """An `IndexIVFFlat` of all places."""
    import faiss

    n, d = places.shape
    lists = max(1, round(2 * n**0.5))
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(d), d, lists)
    index.cp.niter, index.cp.seed = _ROUNDS, seed
    index.cp.min_points_per_centroid = 1  # it warns below 39
    some = np.random.default_rng(seed).choice(n, min(n, _PER_LIST * lists), replace=False)
    index.train(places[np.sort(some)])
    index.add(places)
    return index


def _depth(index: Any, sample: np.ndarray, true: np.ndarray, findable: np.ndarray) -> int:
    """In how many lists each must look for RECALL of all true nearest (s, k, d) of a sample (s, d) to be found."""
    _, order = index.quantizer.search(sample, index.nlist)
    _, list_of = index.quantizer.search(true.reshape(-1, true.shape[2]), 1)
    needed = np.take_along_axis(np.argsort(order, axis=1), list_of.reshape(findable.shape), axis=1)
    needed[~findable] = index.nlist
    return int(np.sort(needed, axis=None)[int(np.ceil(RECALL * needed.size)) - 1]) + 1


if __name__ == "__main__":
    main()
