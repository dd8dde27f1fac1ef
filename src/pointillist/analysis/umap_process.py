"""UMAP, t-SNE or PaCMAP in a process of its own: the kernel stays responsive, and stopping is immediate.

The process imports and compiles at once (about 5 s), while the vectors are still being computed, then waits for the
graph on its standard input. It tells the epochs done and, every half second, the positions so far, and answers with
the layout. Run as `python -m pointillist.analysis.umap_process umap`.
"""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Callable
from time import monotonic
from typing import Literal

import numpy as np

from pointillist.analysis.pacmap_layout import pacmap
from pointillist.analysis.recipes import MIN_DIST, PERPLEXITY
from pointillist.analysis.tsne_layout import tsne
from pointillist.analysis.umap_layout import easy_layout, umap
from pointillist.children import Arrays, Child, Ended, get, heard, put
from pointillist.errors import Cancelled, ProjectionError
from pointillist.neighbours import Neighbours, neighbours

_LOOK_S = 0.1
SHOW_EVERY_S = 0.5


class UmapProcess(Child):
    """One process for one layout. Starts on creation; `kill` may be called from any thread at any time.

    Raises:
        ProjectionError: on creation, if the system lets no process start.
    """

    def __init__(self, method: Literal["umap", "tsne", "pacmap"] = "umap") -> None:
        self._name = {"umap": "UMAP", "tsne": "t-SNE", "pacmap": "PaCMAP"}[method]
        try:
            super().__init__("pointillist.analysis.umap_process", method)
        except OSError as error:
            raise ProjectionError(
                f"no process for {self._name} could be started ({error}); the PCA layout is there"
            ) from error

    def layout(
        self,
        graph: Neighbours,
        start: np.ndarray,
        *,
        x: np.ndarray | None = None,
        seed: int = 0,
        min_dist: float = MIN_DIST,
        perplexity: float | None = PERPLEXITY,
        check: Callable[[int, int], None] | None = None,
        on_positions: Callable[[np.ndarray], None] | None = None,
    ) -> np.ndarray:
        """`umap_layout.umap`, `tsne_layout.tsne` or `pacmap_layout.pacmap` of the graph; each reads its own parameters.

        Args:
            check: called several times a second with the epochs done and their total (0, 0 while it starts); what it
                raises kills the process and is passed on.
            on_positions: called about twice a second with the positions so far, of the shape and around the origin as
                the last ones are; what it raises, likewise.

        Raises:
            Cancelled: if `kill` was called.
            ProjectionError: if the process ended without an answer; `detail` holds its last words.
        """
        with self:
            easy = easy_layout(graph, start)
            if easy is not None:
                return easy
            show = None if on_positions is None else _Shown(on_positions, start)
            done, total = 0, 0

            def hear(word: str, sent: Arrays) -> None:
                nonlocal done, total
                if word == "epoch":
                    done, total = int(sent["done"]), int(sent["total"])
                if word == "places" and show is not None:
                    show(sent["xy"])
                if check is not None:
                    check(done, total)

            try:
                answer = self.ask(
                    hear,
                    rows=graph.rows,
                    distances=graph.distances,
                    start=start,
                    x=np.empty((len(start), 0), np.float32) if x is None else x,
                    seed=seed,
                    min_dist=min_dist,
                    perplexity=0 if perplexity is None else perplexity,
                )
            except Ended as ended:
                if ended.killed:
                    raise Cancelled(f"the {self._name} layout was stopped") from ended
                why = f"{self._name}'s process {ended.why}; the PCA layout is there"
                raise ProjectionError(why, "\n".join(ended.said)) from ended
            return answer["xy"]


class _Shown:
    """Turns the positions that the process sends, of rows with a vector, into those of all rows, and hands them on."""

    def __init__(self, on_positions: Callable[[np.ndarray], None], start: np.ndarray) -> None:
        self._on_positions = on_positions
        self._shape = start.shape
        self._present = np.isfinite(start).all(axis=1)

    def __call__(self, places: np.ndarray) -> None:
        xy = np.full(self._shape, np.nan, np.float32)
        xy[self._present] = places - places.mean(axis=0)
        self._on_positions(xy)


def main() -> None:
    """The child's side."""
    questions, answers = heard()
    method = sys.argv[1]
    toy = np.random.default_rng(0).standard_normal((16, 4)).astype(np.float32)
    if method == "umap":
        umap(neighbours(toy, 4), toy[:, :2])  # imports and compiles
    else:
        importlib.import_module("sklearn.manifold" if method == "tsne" else "pacmap")
    put(answers, "ready")
    question = get(questions)
    if question is None:
        return

    told = shown = -math.inf

    def tell(done: int, total: int, places: np.ndarray) -> None:
        nonlocal told, shown
        now = monotonic()
        if now >= told + _LOOK_S or done == total:
            told = now
            put(answers, "epoch", done=done, total=total)
        if now >= shown + SHOW_EVERY_S:
            shown = now
            put(answers, "places", xy=np.asarray(places, np.float32))

    _, asked = question
    graph = Neighbours(asked["rows"], asked["distances"])
    seed, start = int(asked["seed"]), asked["start"]
    if method == "umap":
        xy = umap(graph, start, min_dist=float(asked["min_dist"]), seed=seed, on_epoch=tell)
    elif method == "pacmap":
        xy = pacmap(graph, start, asked["x"], seed=seed, on_epoch=tell)
    else:
        xy = tsne(graph, start, perplexity=float(asked["perplexity"]) or None, seed=seed, on_epoch=tell)
    put(answers, "answer", xy=xy)


if __name__ == "__main__":
    main()
