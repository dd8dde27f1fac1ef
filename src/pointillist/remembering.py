"""What was computed before, and by which vectors: found again in another session, and after images were added."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from pointillist.analysis.recipes import Dims, K, Method, Recipe, recipe, unusual
from pointillist.encoding import Encoding
from pointillist.errors import StoreError
from pointillist.jobs import Job, told_by
from pointillist.vectors import Embedding
from pointillist.warned import warn_caller

if TYPE_CHECKING:
    from pointillist.neighbours import Neighbours

_GROW_UP_TO = 0.4
_GROW_NEARLY_UP_TO = 0.05
_NEW_UP_TO = 0.2
_MAPS = 16
"""So many layouts of one embedding are listed again, the latest."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A layout that was asked for: of all rows with a vector, or of `rows` (m,) alone."""

    recipe: Recipe
    embedding: Embedding
    rows: np.ndarray | None

    @property
    def stage(self) -> str:
        """Where it is kept in the store."""
        some = "" if self.rows is None else f" of {blake2b(self.rows.tobytes(), digest_size=8).hexdigest()}"
        return f"{self.recipe.key}{some} {self.embedding.digest}"


@dataclass(frozen=True, eq=False)
class KeptMap:
    """A layout computed earlier.

    options: its parameters that are not the usual ones, as `project` takes them. xy: (n, dims) float32. some: whether
    it is of some rows alone, those with a position. added: how many images were placed in it since it was made.
    """

    method: Method
    dims: Dims
    options: dict[str, float]
    some: bool
    xy: np.ndarray
    added: int

    @property
    def is_usual(self) -> bool:
        """Whether it is of all images and with nothing but the usual parameters."""
        return not (self.options or self.some)


class Remembering(Encoding):
    """The part of a `Collection` that remembers graphs and layouts over sessions and added images."""

    def kept_maps(self, *, encoder: str | None = None) -> list[KeptMap]:
        """The layouts of an embedding that were computed before, in the order they were asked for first.

        Raises:
            EmbeddingError: if there is no embedding yet.
        """
        found = []
        for stage, method, dims, options, some in self._maps(self.embedding(encoder)).values():
            kept = self.store.arrays(stage)
            if kept is not None and kept["xy"].shape == (len(self.images), dims):
                added = int(kept["added"][0]) if "added" in kept else 0
                found.append(KeptMap(method, dims, options, some, kept["xy"], added))
        return found

    def share_new(self, method: Method = "umap", *, dims: Dims = 2, encoder: str | None = None) -> float:
        """The share of images that are new since the usual layout of this kind was last computed; 1 where it never was.

        Raises:
            EmbeddingError: if there is no embedding yet.
        """
        embedding = self.embedding(encoder)
        last = self._last(recipe(method, len(embedding.rows), dims=dims).key, embedding)
        return 1.0 if last is None else _share_new(last[1], embedding)

    def _note_map(self, asked: Asked, stage: str) -> None:
        """List a layout that is kept under `stage`."""
        made, known = asked.recipe, self._maps(asked.embedding)
        new = [stage, made.method, made.dims, unusual(made, len(asked.embedding.rows)), asked.rows is not None]
        if known.get(asked.stage) != new:
            latest = dict(list((known | {asked.stage: new}).items())[-_MAPS:])
            self._keep(_list(asked.embedding), {"json": np.frombuffer(json.dumps(latest).encode(), np.uint8)})

    def _maps(self, embedding: Embedding) -> dict[str, list[Any]]:
        kept = self.store.arrays(_list(embedding))
        return {} if kept is None else json.loads(kept["json"].tobytes())

    def _grown(self, embedding: Embedding, k: int, nearly: bool, job: Job | None) -> Neighbours | None:
        """The graph made from the one that was computed before images were added, None where that cannot be or would
        find too few."""
        from pointillist.analysis.growing import grown
        from pointillist.approximate import LEAST_RECALL, told_again

        last = self._last(graph_name(k, nearly), embedding)
        if last is None:
            return None
        kept, known = last
        if (
            kept["rows"].shape[1] < k
            or (known >= 0).sum() < len(kept["rows"])
            or (known < 0).mean() > (_GROW_NEARLY_UP_TO if nearly else _GROW_UP_TO)
        ):
            return None  # some are gone, or so many are new that beginning again is as quick
        found = grown(graph_of(kept), known, embedding.vectors, on_block=told_by(job))
        if nearly:
            found = told_again(found, embedding.vectors)
        return found if found.recall >= LEAST_RECALL else None

    def _extended(self, asked: Asked, job: Job | None) -> tuple[dict[str, np.ndarray], str] | None:
        """The layout that was computed before images were added, with these placed in it, and where it is kept; None
        without one."""
        stage = f"{asked.stage} extended"
        made = self.store.arrays(stage) or self._placed_anew(asked, stage, job)
        if made is None:
            return None
        share = float(made.get("added", np.zeros(1))[0] / len(asked.embedding.rows))
        if share > _NEW_UP_TO and job is None:  # whoever watches a job asks `share_new`, and says it where it is seen
            warn_caller(
                f"{share:.0%} of the images are new since this map was made: what is new about them does not show in "
                "it; lay all out again without extend=",
            )
        return made, stage

    def _placed_anew(self, asked: Asked, stage: str, job: Job | None) -> dict[str, np.ndarray] | None:
        from pointillist.analysis.growing import placed

        last = self._last(asked.recipe.key, asked.embedding)
        if last is None:
            return None
        kept, known = last
        there = asked.embedding.present
        if not (known[there] >= 0).any():
            return None
        xy = np.full((len(known), asked.recipe.dims), np.nan, np.float32)
        xy[known >= 0] = kept["xy"][known[known >= 0]]
        made = {
            "xy": placed(xy, asked.embedding.vectors, K, on_block=told_by(job)),
            "added": np.array([(known[there] < 0).sum()]),
        }
        self._keep(stage, made)
        return made

    def _keep_last(self, what: str, embedding: Embedding, stage: str) -> None:
        """Note that `stage` holds what was computed last, and of which vectors."""
        from pointillist.copies import row_keys

        name = np.frombuffer(stage.encode(), np.uint8)
        self._keep(f"last/1 {what} {embedding.name}", {"keys": row_keys(embedding.vectors), "stage": name})

    def _last(self, what: str, embedding: Embedding) -> tuple[dict[str, np.ndarray], np.ndarray] | None:
        """The arrays that were computed last, and for each row of now its place in them, -1 for the new."""
        from pointillist.analysis.growing import known_rows
        from pointillist.copies import row_keys

        last = self.store.arrays(f"last/1 {what} {embedding.name}")
        kept = None if last is None else self.store.arrays(last["stage"].tobytes().decode())
        if last is None or kept is None:
            return None
        return kept, known_rows(last["keys"], row_keys(embedding.vectors))

    def _keep(self, stage: str, arrays: dict[str, np.ndarray]) -> None:
        with suppress(StoreError):  # computed again the next time; the embedding run says when the store is full
            self.store.put_arrays(stage, arrays)


def _list(embedding: Embedding) -> str:
    return f"maps/1 {embedding.digest}"


def _share_new(known: np.ndarray, embedding: Embedding) -> float:
    there = embedding.present
    return float((known[there] < 0).mean()) if there.any() else 0.0


def graph_name(k: int, nearly: bool) -> str:
    """What a graph is called, of whatever vectors; `nearly`: it may miss a few of the nearest. An exact one holds the
    most neighbours that were asked for so far, and fewer are its first; others have a name for each k."""
    return f"neighbours nearly k={k}" if nearly else "neighbours"


def graph_stage(k: int, embedding: Embedding, nearly: bool) -> str:
    """Where the graph of an embedding is kept in the store."""
    return f"{graph_name(k, nearly)}/2 cosine {embedding.digest}"


def graph_of(kept: dict[str, np.ndarray]) -> Neighbours:
    """The graph that is kept as these arrays."""
    from pointillist.neighbours import Neighbours

    return Neighbours(kept["rows"], kept["distances"], float(kept.get("recall", 1.0)))


def first_of(graph: Neighbours, k: int, x: np.ndarray) -> Neighbours:
    """The k nearest of each row in a graph of more of the vectors (n, d); the recall is told anew where the graph may
    miss some."""
    from pointillist.approximate import told_again
    from pointillist.neighbours import Neighbours

    if graph.k <= k:
        return graph
    first = Neighbours(
        np.ascontiguousarray(graph.rows[:, :k]), np.ascontiguousarray(graph.distances[:, :k]), graph.recall
    )
    return first if graph.recall == 1 else told_again(first, x)
