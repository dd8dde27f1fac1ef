"""The neighbour graph of a collection, its layouts, and how far they can be trusted."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pointillist.analysis.recipes import TITLES, Dims, K, Method, Recipe, recipe
from pointillist.children import Child
from pointillist.computed import Computed
from pointillist.encoders.titles import title_of
from pointillist.errors import PointillistError, ProjectionError, SelectionError, TableError
from pointillist.jobs import Job, check_callback, check_job, told_by
from pointillist.numeric import is_whole
from pointillist.remembering import Asked, Remembering, first_of, graph_name, graph_of, graph_stage
from pointillist.showing import shown
from pointillist.vectors import Embedding, given_layout

if TYPE_CHECKING:
    from pointillist.analysis.quality import Quality
    from pointillist.analysis.umap_process import UmapProcess
    from pointillist.neighbours import Neighbours


class Projecting(Remembering):
    """The part of a `Collection` that lays images out. Each stage is computed once and kept in the store."""

    layout: np.ndarray | None
    computed: Computed

    @abstractmethod
    def rows(self, which: Any) -> np.ndarray: ...

    def neighbours(
        self, k: int = K, *, exact: bool | None = None, encoder: str | None = None, job: Job | None = None
    ) -> Neighbours:
        """The k nearest other images of each image by cosine distance, computed once per embedding: fewer are the
        first of the most that were ever asked for, 15 at least. Where images were added since, only pairs with a new
        one are looked at.

        Args:
            exact: True looks at all pairs; False may miss a few of the nearest, and the answer's `recall` says how many
                were found of a sample. None: exact up to 20,000 images, from where on the other way is the faster one:
                50,000 × 512 take a third of the time or less; with a GPU up to 500,000; above, an exact one is read
                where it was asked for before. Both give the same graph in every run, whatever k was asked for before;
                so of one that may miss some only up to 15 are the first of more. What was found before images were
                added is kept.

        Raises:
            EmbeddingError: if there is no embedding yet.
            SelectionError: if k is not a whole number from 1 up.
            PointillistError: if `job` is no job.
        """
        check_job(job)
        k, embedding = checked_k(k), self.embedding(encoder)
        with shown(job, "finding neighbours") as job, self._turns.take(job):
            found = self._stored_graph(k, embedding, exact)
            return found or first_of(self._searched(max(k, K), embedding, exact, job), k, embedding.vectors)

    def _searched(self, k: int, embedding: Embedding, exact: bool | None, job: Job | None) -> Neighbours:
        from pointillist.approximate import exact_up_to, found_neighbours

        nearly = len(embedding.rows) > exact_up_to() if exact is None else not exact
        found = self._grown(embedding, k, nearly, job) or found_neighbours(
            embedding.vectors, k, exact=not nearly, on_block=told_by(job)
        )
        stage = graph_stage(k, embedding, nearly)
        recall = np.array(found.recall)
        self._keep(stage, {"rows": found.rows, "distances": found.distances, "recall": recall})
        self._keep_last(graph_name(k, nearly), embedding, stage)
        return found

    def stored_neighbours(self, k: int = K, *, encoder: str | None = None) -> Neighbours | None:
        """The neighbours if they were computed before, else None.

        Raises:
            EmbeddingError: if there is no embedding yet.
            SelectionError: if k is not a whole number from 1 up.
        """
        return self._stored_graph(checked_k(k), self.embedding(encoder), None)

    def _stored_graph(self, k: int, embedding: Embedding, exact: bool | None) -> Neighbours | None:
        wanted = min(max(k, K), max(len(embedding.rows) - 1, 0))
        for nearly in (False, True) if exact is None else (not exact,):
            kept = self.store.arrays(graph_stage(max(k, K), embedding, nearly))
            if kept is not None and kept["rows"].shape[1] >= wanted:
                return first_of(graph_of(kept), k, embedding.vectors)
        return None

    def project(
        self,
        method: Method = "umap",
        *,
        dims: Dims = 2,
        n_neighbors: int | None = None,
        min_dist: float | None = None,
        perplexity: float | None = None,
        within: Any = None,
        extend: bool = False,
        seed: int = 0,
        encoder: str | None = None,
        job: Job | None = None,
        process: UmapProcess | None = None,
        on_positions: Callable[[np.ndarray], None] | None = None,
    ) -> np.ndarray:
        """Lay the images out in the plane or in space by cosine distance, computed once for the same parameters.

        Every layout is turned and mirrored to lie as PCA's does, so that a switch between two moves points little.

        Args:
            method: "pca", the directions of largest spread; "umap" and "tsne", which keep neighbours together;
                "pacmap", which keeps more of how groups lie to one another and is an extra
                (`pip install 'pointillist[pacmap]'`).
            n_neighbors: UMAP's: 15 others, of fewer than 150 images 8; PaCMAP's: 10. min_dist: UMAP's: 0.1.
            perplexity: t-SNE's: 30, less for fewer than 92 images; of more than 20,000 the 15 nearest that all else
                reads count the same instead, and a perplexity needs the nearest 3 · perplexity + 1 of each.
            within: only these rows, as `rows` takes them, laid out on their own.
            extend: place the images that are new since this layout was last computed by their neighbours, and leave all
                others where they are; warns where more than a fifth is new. Without an earlier layout as usual.
            process: a process for UMAP that was started earlier; it is ended in any case.
            on_positions: called about twice a second with the positions so far, while it converges; never for PCA.

        Returns:
            (n, dims) float32, NaN in rows without a vector and outside `within`.

        Raises:
            EmbeddingError: if there is no embedding yet.
            ProjectionError: if the layout cannot be computed, or a parameter does not fit.
            SelectionError: if `within` names something that is not there, or no image with a vector.
            PointillistError: if `job` is no job, `process` no process, or `on_positions` no function.
        """
        if process is not None and not isinstance(process, Child):
            raise PointillistError(f"process={process!r}: give a UmapProcess that was started earlier, or None")
        try:
            check_job(job)
            check_callback(on_positions, "on_positions")
            asked = self._asked(method, dims, n_neighbors, min_dist, perplexity, within, seed, encoder)
            with shown(job, f"laying out with {TITLES[asked.recipe.method]}") as watched, self._turns.take(watched):
                stage, kept = asked.stage, self.store.arrays(asked.stage)
                if kept is None and extend and asked.rows is None:
                    kept, stage = self._extended(asked, job) or (None, stage)
                if kept is None:
                    kept = {"xy": self._project(asked, watched, process, on_positions)}
                    self._keep(stage, kept)
                    if asked.rows is None:
                        self._keep_last(asked.recipe.key, asked.embedding, stage)
                self._note_map(asked, stage)
        finally:
            if process is not None:
                process.kill()
        return kept["xy"]

    def arrange(
        self, method: Literal["given"] | Method = "umap", *, seed: int = 0, encoder: str | None = None
    ) -> np.ndarray:
        """A flat layout without overlap: each image in a cell of a grid of its own, neighbours near each other.

        Args:
            method: the layout that is arranged: one that `project` makes, or "given", the positions the collection has.

        Returns:
            (n, 2) float32 middles of the cells, NaN in rows without a position.

        Raises:
            EmbeddingError: if there is no embedding yet.
            ProjectionError: if the layout cannot be computed or is not flat.
            TableError: if no positions were given.
        """
        from pointillist.analysis.arrangement import arranged

        xy = self._given_layout() if method == "given" else self.project(method, seed=seed, encoder=encoder)
        if xy.shape[1] != 2:
            raise ProjectionError("the positions were given in 3D and a grid is flat; arrange('umap') makes a flat map")
        return arranged(xy)

    def stored_layout(
        self, method: Method, *, dims: Dims = 2, seed: int = 0, encoder: str | None = None
    ) -> np.ndarray | None:
        """(n, dims) float32: the layout with default parameters if it was computed before, else None."""
        kept = self.store.arrays(self._asked(method, dims, None, None, None, None, seed, encoder).stage)
        return None if kept is None else kept["xy"]

    def layout_quality(
        self, layout: Any = "umap", *, exact: bool = False, encoder: str | None = None, job: Job | None = None
    ) -> Quality:
        """How well a layout keeps the neighbours of the vectors: its trustworthiness, and for each image the share of
        its 15 nearest that are still its nearest there; of fewer than 31 images less than half as many. Of a layout of
        some images: among these.

        Args:
            layout: a projection by name, or positions (n, 2) or (n, 3) such as `project` returns.
            exact: trustworthiness of all images however many; above 5,000 it is that of a sample of them otherwise.

        Raises:
            EmbeddingError: if there is no embedding yet, or the positions do not fit.
            PointillistError: if `job` is no job.
        """
        from pointillist.analysis.quality import quality

        check_job(job)
        embedding, xy = self.embedding(encoder), self._positions(layout, 2, encoder, job)
        placed = int(np.count_nonzero(embedding.present & np.isfinite(xy).all(axis=1)))
        graph = self._neighbours_in(xy, max(1, min(K, (placed - 1) // 2)), embedding, job)
        return quality(embedding.vectors, graph, xy, exact=exact, on_block=told_by(job))

    def neighbours_kept(
        self,
        layout: Any = "umap",
        *,
        k: int = K,
        dims: Dims = 2,
        title: str = "positions",
        encoder: str | None = None,
        job: Job | None = None,
    ) -> np.ndarray:
        """Of each image the share of its k nearest that are among its k nearest in a layout too; a column of `table`
        from now on, "nearest kept: UMAP | encoder". Of a layout of some images: among these.

        Args:
            layout: a projection by name, or positions (n, 2) or (n, 3) such as `project` returns; `title` then stands
                for them in the column's name.

        Returns:
            (n,) float32 from 0, none, to 1, all; NaN where an image has no vector or no position.

        Raises:
            EmbeddingError: if there is no embedding yet, or the positions do not fit.
            SelectionError: if k is not a whole number from 1 up.
            PointillistError: if `job` is no job.
        """
        from pointillist.analysis.positions import position_neighbours
        from pointillist.analysis.quality import preserved

        check_job(job)
        k, embedding, xy = checked_k(k), self.embedding(encoder), self._positions(layout, dims, encoder, job)
        by = title_of(embedding.name)
        if isinstance(layout, str):
            title = TITLES[layout] + (" 3D" if dims == 3 else "")
        return self.computed.get(
            kept_name(title, embedding.name),
            f"kept k={k} {embedding.digest} {blake2b(xy.tobytes(), digest_size=8).hexdigest()}",
            f"share of the {k} nearest by {by} that are nearest on the map {title} too",
            lambda: preserved(self._neighbours_in(xy, k, embedding, job), position_neighbours(xy, k)),
        )

    def _neighbours_in(self, xy: np.ndarray, k: int, embedding: Embedding, job: Job | None) -> Neighbours:
        """The graph of those with a position in `xy` (n, dims), by their rows: of all, or of some as if there were no
        others."""
        from pointillist.neighbours import Neighbours

        there = np.flatnonzero(embedding.present & np.isfinite(xy).all(axis=1))
        if len(there) == len(embedding.rows):
            return self.neighbours(k, encoder=embedding.name, job=job)
        found = _graph_of_some(embedding.vectors[there], k, job)
        rows = np.repeat(np.arange(len(xy), dtype=np.uint32)[:, None], found.k, axis=1)
        distances = np.full(rows.shape, np.nan, np.float32)
        rows[there], distances[there] = there[found.rows], found.distances
        return Neighbours(rows, distances, found.recall)

    def _positions(self, layout: Any, dims: Dims, encoder: str | None, job: Job | None) -> np.ndarray:
        """(n, dims) float32: those of a projection by name, or the ones given."""
        if not isinstance(layout, str):
            return given_layout(layout, len(self.images), self._index)
        if layout == "given":
            return self._given_layout()
        return self.project(layout, dims=dims, encoder=encoder, job=job)  # type: ignore[arg-type]

    def _asked(
        self,
        method: str,
        dims: int,
        n_neighbors: int | None,
        min_dist: float | None,
        perplexity: float | None,
        within: Any,
        seed: int,
        encoder: str | None,
    ) -> Asked:
        embedding = self.embedding(encoder)
        rows = embedding.rows
        if within is not None:
            rows = np.intersect1d(rows, self.rows(within))
            if not len(rows):
                raise SelectionError("within= names no image that has a vector: name one, or give None for all")
        made = recipe(
            method,
            len(rows),
            dims=dims,
            n_neighbors=n_neighbors,
            min_dist=min_dist,
            perplexity=perplexity,
            seed=seed,
        )
        return Asked(made, embedding, None if within is None else rows)

    def _project(
        self,
        asked: Asked,
        job: Job,
        process: UmapProcess | None,
        on_positions: Callable[[np.ndarray], None] | None,
    ) -> np.ndarray:
        from pointillist.analysis.alignment import aligned
        from pointillist.analysis.projection import pca

        made, embedding, rows = asked.recipe, asked.embedding, asked.rows
        if rows is None and made.method == "pca":
            return pca(embedding.vectors, made.dims)
        onto = self._start(made.dims, embedding.name)

        def turned(xy: np.ndarray) -> np.ndarray:
            if rows is None:
                return aligned(xy, onto)
            some = np.full(onto.shape, np.nan, np.float32)
            some[rows] = xy
            return aligned(some, onto)

        show = None if on_positions is None else lambda xy: on_positions(turned(xy))
        x = embedding.vectors if rows is None else embedding.vectors[rows]
        return turned(self._laid(made, x, embedding.name if rows is None else None, job, process, show))

    def _start(self, dims: Dims, encoder: str) -> np.ndarray:
        """PCA's map, which others start from and lie as; it is not listed as one that was asked for."""
        from pointillist.analysis.projection import pca

        asked = self._asked("pca", dims, None, None, None, None, 0, encoder)
        kept = self.store.arrays(asked.stage)
        if kept is None:
            kept = {"xy": pca(asked.embedding.vectors, dims)}
            self._keep(asked.stage, kept)
        return kept["xy"]

    def _laid(
        self,
        made: Recipe,
        x: np.ndarray,
        whole: str | None,
        job: Job,
        process: UmapProcess | None,
        show: Callable[[np.ndarray], None] | None,
    ) -> np.ndarray:
        """(m, dims) positions of the vectors (m, d); `whole` names the embedding when they are all there are."""
        from pointillist.analysis.pacmap_layout import WIDTH, check_installed
        from pointillist.analysis.projection import pca
        from pointillist.analysis.umap_process import UmapProcess

        if made.method == "pca":
            return pca(x, made.dims)
        wanted: Literal["umap", "tsne", "pacmap"] = made.method
        if wanted == "pacmap":
            check_installed()
        if process is None or made.method != "umap":
            process = UmapProcess(wanted)
        with process:
            with job.part("finding neighbours"):
                if whole is None:
                    graph = _graph_of_some(x, made.k, job)
                else:
                    graph = self.neighbours(made.k, encoder=whole, job=job)
            start = pca(x, made.dims) if whole is None else self._start(made.dims, whole)
            return process.layout(
                graph,
                start,
                x=pca(x, min(WIDTH, x.shape[1])) if wanted == "pacmap" else None,
                seed=made.seed,
                min_dist=made.min_dist,
                perplexity=made.perplexity,
                check=told_by(job),
                on_positions=show,
            )

    def _given_layout(self) -> np.ndarray:
        if self.layout is None:
            raise TableError("no positions were given (layout=); cluster the vectors, or layout='umap'")
        return self.layout


def checked_k(k: Any) -> int:
    if not is_whole(k) or k < 1:
        raise SelectionError(f"k={k!r}: ask for at least 1 neighbour, as a whole number")
    return int(k)


def _graph_of_some(x: np.ndarray, k: int, job: Job | None) -> Neighbours:
    """The graph of some vectors (m, d), which is not kept: as that of all, fewer than 15 are the first of so many."""
    from pointillist.approximate import found_neighbours

    return first_of(found_neighbours(x, max(k, K), on_block=told_by(job)), k, x)


def kept_name(title: str, encoder: str) -> str:
    """What the column of `neighbours_kept` is called."""
    return f"nearest kept: {title} | {title_of(encoder)}"
