"""A collection: images, their table, and everything computed from them, each stage once. Works with no notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pointillist.contents import Contents
from pointillist.errors import EmbeddingError, EncoderError, ProjectionError, StoreError
from pointillist.images import read_source
from pointillist.jobs import Job
from pointillist.journal import in_words
from pointillist.store import Store
from pointillist.tags import Tags
from pointillist.turns import Turns
from pointillist.vectors import GIVEN, Embedding, digest_of, given_embedding, given_layout

if TYPE_CHECKING:
    import pandas as pd

    from pointillist.analysis.umap_process import UmapProcess
    from pointillist.encoders import Encoder
    from pointillist.finding import Finder, Found
    from pointillist.neighbours import Neighbours

K = 15
Method = Literal["pca", "umap"]
Dims = Literal[2, 3]
OnBatch = Callable[[np.ndarray, np.ndarray], None]


class Collection:
    """n images with their table, vectors, layouts and tags; safe from many threads.

    Computed stages are kept in a store and never computed twice; tags are written to it at once.
    `images`, `store`, `contents` and `tags` are the parts it is made of; `current` is the encoder embedded with last.
    """

    def __init__(
        self,
        source: object,
        *,
        image: str | None = None,
        label: str | None = None,
        box: str | Sequence[str] | None = None,
        pad: float = 0.0,
        embeddings: Any = None,
        layout: Any = None,
        encoder: str | Encoder | Callable[..., Any] | None = None,
        store: str | Path | None = "auto",
    ) -> None:
        """Open a collection; reads names, not images.

        Args:
            source: a folder, a list of paths, a DataFrame, an array (n, h, w[, 3]), a torch or Hugging Face dataset.
            image: the column of images in a table: paths, URLs, bytes, Pillow images or arrays.
            label: the column of labels; a folder's is the parent folder.
            box: four columns x, y, w, h, or one column of four numbers: each row is that part of its image.
            pad: added on each side of a box, as a fraction of its width and height.
            embeddings: (n, d) vectors, to use instead of an encoder; or the name of a column of them in the table, of a
                .npy or of a Parquet file.
            layout: (n, 2) or (n, 3) positions, to show as they are.
            encoder: what `embed` uses when not told; see `pointillist.encoder`.
            store: a file, "auto" for one in the user's cache directory, None for memory only.

        Raises:
            SourceError: if no images can be found in `source`.
            EmbeddingError: if `embeddings` or `layout` do not fit the images.
            StoreError: if `store` names a file of another program.
        """
        self.images = read_source(source, image=image, label=label, box=box, pad=pad)
        n = len(self.images)
        if isinstance(embeddings, str) and embeddings in self.images.table.columns:
            embeddings = self.images.table[embeddings]
        self.given = None if embeddings is None else given_embedding(embeddings, n)
        self.layout = None if layout is None else given_layout(layout, n)
        self.encoder = encoder
        self.store = Store.open(store, self.images.identity)
        self.contents = Contents(self.images, self.store)
        self.tags = Tags(self.store, self.images.ids)
        self._embeddings: dict[str, Embedding] = {} if self.given is None else {GIVEN: self.given}
        self.current: str | None = None if self.given is None else GIVEN
        self._model: Encoder | None = None
        self.place = str(self.store.path or id(self.store))
        self._turns = Turns(self.place)

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        return f"<Collection {self.images.title}: {len(self):,} images>"

    def __enter__(self) -> Collection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the store's file back."""
        self.store.close()

    @property
    def table(self) -> pd.DataFrame:
        """The caller's columns and `tags` (a list of strings per row), on the caller's own index; a copy.

        A column of the caller's that is called `tags` is kept as `tags_given`.
        """
        return self.take(np.arange(len(self)))

    def take(self, rows: np.ndarray) -> pd.DataFrame:
        """Those rows of `table`, in the order given."""
        import pandas as pd

        self.tags.refresh()
        table = self.images.table.iloc[rows].copy()
        if "tags" in table.columns:
            table = table.rename(columns={"tags": "tags_given"})
        table["tags"] = pd.Series(self.tags.lists(rows), index=table.index, dtype=object)
        return table

    @property
    def failures(self) -> pd.DataFrame:
        """The rows found unreadable so far, with `name` and the `reason` in words, on the caller's own index."""
        import pandas as pd

        self.contents.scan()
        failures = self.contents.failures()
        rows = list(failures)
        table = pd.DataFrame(index=self.images.table.index[rows])
        table["name"] = [self.images.names[row] for row in rows]
        table["reason"] = list(failures.values())
        return table

    def rows(self, which: Any) -> np.ndarray:
        """(m,) uint32 rows, ascending, named by index labels, a mask, a DataFrame, Series or Index, or a query string.

        Raises:
            SelectionError: if `which` names something that is not there.
        """
        from pointillist.frame import which_rows

        return which_rows(self.table if isinstance(which, str) else self.images.table, which)

    def embed(
        self,
        encoder: str | Encoder | Callable[..., Any] | None = None,
        *,
        job: Job | None = None,
        on_batch: OnBatch | None = None,
    ) -> np.ndarray:
        """Compute the vectors that are not in the store yet.

        Stopped at any moment it keeps what is done and goes on from there the next time.

        Args:
            encoder: see `pointillist.encoder`; by default the collection's own.
            job: takes progress and cancels.
            on_batch: told the rows (b,) and vectors (b, d) as they are made.

        Returns:
            (n, d) float32 of unit length, NaN in the rows of `failures`.

        Raises:
            EncoderError: if the encoder cannot be had.
            StoreError: if the store cannot be written any more.
            Cancelled: if the job was cancelled.
        """
        from pointillist.embedding import embed

        model = self._encoder(encoder)
        job = job or Job("embedding", total=len(self))
        with self._turns.take(job):
            self.contents.scan(again=True, stop=job.check)
            made = self._stored(model, stop=job.check)
            if made is None or not self._is_complete(made):
                if made is not None and on_batch is not None and made.present.any():
                    on_batch(made.rows, made.vectors[made.present])
                embed(self.images, model, self.contents.listening_store(), job=job, on_batch=on_batch)
                made = self._load(model)
            self._embeddings[made.name] = made
            self.current, self._model = made.name, model
        return made.vectors

    @property
    def embeddings(self) -> Mapping[str, np.ndarray]:
        """Encoder name -> (n, d) float32, NaN in rows without a vector; found by name in the store too."""
        return _Vectors(self)

    def embedding(self, name: str | None = None) -> Embedding:
        """The vectors of the encoder `name`, by default of the one embedded with last, or of the collection's own.

        Raises:
            EmbeddingError: if this encoder made none yet.
        """
        name = name or self.current
        if name not in self._embeddings:
            model = self._encoder(name)
            made = self._stored(model)
            if made is None or not made.present.any():
                have = ", ".join(self._embeddings) or "none yet"
                raise EmbeddingError(f"no vectors of {model.name!r} (there are: {have}); make them with embed()")
            self._embeddings[made.name] = made
            name = made.name
            self.current = self.current or name
        return self._embeddings[name]

    def is_embedded(self, *, stop: Callable[[], None] = lambda: None) -> bool:
        """Whether the collection's own encoder has made all its vectors; loads no model to find out.

        `stop` is called now and then; what it raises ends the look.
        """
        if self.given is not None:
            return True
        made = self._stored(self._encoder(None), stop=stop)
        return made is not None and self._is_complete(made)

    @property
    def encoder_name(self) -> str:
        """The encoder that the collection uses when not told another, by name; "" when there is no such encoder."""
        if self.current is not None:
            return self.current
        with suppress(EncoderError):
            return self._encoder(None).name
        return ""

    def neighbours(self, k: int = K, *, encoder: str | None = None, job: Job | None = None) -> Neighbours:
        """The k nearest other images of each image by cosine distance, computed once per embedding.

        Raises:
            EmbeddingError: if there is no embedding yet.
        """
        from pointillist.neighbours import Neighbours, neighbours

        embedding = self.embedding(encoder)
        stage = f"neighbours/1 cosine k={k} {embedding.digest}"
        with self._turns.take(job):
            kept = self.store.arrays(stage)
            if kept is None:
                found = neighbours(embedding.vectors, k, on_block=_progress(job))
                kept = {"rows": found.rows, "distances": found.distances}
                self._keep(stage, kept)
        return Neighbours(**kept)

    def project(
        self,
        method: Method = "umap",
        *,
        dims: Dims = 2,
        seed: int = 0,
        encoder: str | None = None,
        job: Job | None = None,
        process: UmapProcess | None = None,
    ) -> np.ndarray:
        """Lay the images out in the plane or in space, computed once per embedding, method, dims and seed.

        Args:
            method: "pca", the directions of largest spread; "umap", which keeps neighbours together.
            process: a process for UMAP that was started earlier; it is ended in any case.

        Returns:
            (n, dims) float32, NaN in rows without a vector.

        Raises:
            EmbeddingError: if there is no embedding yet.
            ProjectionError: if the layout cannot be computed.
        """
        if method not in ("pca", "umap"):
            raise ProjectionError(f"{method!r} is not a projection; there are: pca, umap")
        if dims not in (2, 3):
            raise ProjectionError(f"dims={dims!r} cannot be shown; it must be 2 or 3")
        embedding = self.embedding(encoder)
        try:
            with self._turns.take(job):
                xy = self.stored_layout(method, dims=dims, seed=seed, encoder=encoder)
                if xy is None:
                    xy = self._project(method, embedding, dims, seed, job, process)
                    self._keep(_layout_stage(method, embedding, dims, seed), {"xy": xy})
        finally:
            if process is not None:
                process.kill()
        return xy

    def stored_layout(
        self, method: Method, *, dims: Dims = 2, seed: int = 0, encoder: str | None = None
    ) -> np.ndarray | None:
        """(n, dims) float32: the layout if it was computed before, else None."""
        kept = self.store.arrays(_layout_stage(method, self.embedding(encoder), dims, seed))
        return None if kept is None else kept["xy"]

    def similar(
        self,
        to: Any,
        *,
        against: Any = (),
        k: int = 100,
        weights: Sequence[float] | None = None,
        reverse: bool = False,
        threshold: float | None = None,
        within: Any = None,
        encoder: str | None = None,
    ) -> pd.DataFrame:
        """The images most like the examples, by cosine similarity with 2 · mean(to) - mean(against); mean(to) where
        nothing is against. Exact; equally similar ones by row. The examples' own rows are left out.

        Args:
            to: rows as `rows` takes them; a vector (d,) or several (m, d); an image that need not be in the collection
                (path, URL, bytes, Pillow, pixels); or a list of these. Rows without a vector are passed over.
            against: the same; what the images should not be like.
            weights: one number for each thing in the list `to` (several rows count as their mean direction), or for
                each row that `to` names.
            reverse: the least similar first.
            threshold: only similarities of at least this, from -1 to 1; of at most this when reversed.
            within: only these rows, as `rows` takes them.

        Returns:
            At most k rows of `table` with `similarity` as the last column.

        Raises:
            SelectionError: if something named is not there, or cannot be read.
            EmbeddingError: if there is no embedding yet, a vector does not fit it, or the examples cancel out.
        """
        finder = self._finder(encoder)
        query, own = finder.like(to, against, weights)
        return self._answer(finder.best(query, k=k, reverse=reverse, threshold=threshold, within=within, leave_out=own))

    def search(
        self,
        text: str | Sequence[str],
        k: int = 100,
        *,
        against: str | Sequence[str] = (),
        threshold: float | None = None,
        within: Any = None,
        encoder: str | None = None,
    ) -> pd.DataFrame:
        """The images most like a sentence, or like several and unlike others, in the same way as `similar`.

        The encoder must have a text tower, or be a classifier with class names: then a text is matched to these, and
        the answer's `attrs["classes"]` says which stand for it.

        Raises:
            EncoderError: if the encoder understands no text.
            SelectionError: if a text is empty, or no class is called so.
        """
        from pointillist.finding import direction
        from pointillist.wording import sentences, text_vectors

        finder = self._finder(encoder)
        wanted, unwanted = sentences(text, ""), sentences(against, "against=")
        vectors, classes = text_vectors(finder.model(), [*wanted, *unwanted])
        query = direction(vectors[: len(wanted)], vectors[len(wanted) :])
        found = finder.best(query, k=k, reverse=False, threshold=threshold, within=within, leave_out=np.arange(0))
        answer = self._answer(found)
        answer.attrs["classes"] = classes
        return answer

    def tag(self, which: Any, tag: str) -> int:
        """Add a tag to the rows named by `which`; returns how many did not carry it before.

        Raises:
            SelectionError: if `which` names something that is not there.
            TagError: if the tag is empty or too long.
        """
        return self.tags.change("tag", tag, self.rows(which)).changed

    def untag(self, which: Any, tag: str) -> int:
        """Remove a tag from the rows named by `which`; returns how many carried it."""
        return self.tags.change("untag", tag, self.rows(which)).changed

    def undo(self) -> str:
        """Undo the last tag operation; says in words what was undone."""
        return self.tags.step("undo").said

    def redo(self) -> str:
        """Redo the operation undone last; says in words what was redone."""
        return self.tags.step("redo").said

    @property
    def history(self) -> pd.DataFrame:
        """Every tag operation ever made on this store, in order: `at`, `who`, `did`."""
        import pandas as pd

        ops = self.tags.history()
        return pd.DataFrame(
            {
                "at": pd.to_datetime([op.at for op in ops], unit="s", utc=True),
                "who": [op.who for op in ops],
                "did": [in_words(op) for op in ops],
            },
            index=pd.Index([op.number for op in ops], name="operation"),
        )

    def thumbnails(self, which: Any) -> list[bytes | None]:
        """Encoded thumbnails of the rows named by `which`, in the order of rows; None where an image cannot be read."""
        pictures = self.contents.thumbnails(self.rows(which).tolist())
        return [picture if isinstance(picture, bytes) else None for picture in pictures]

    def _finder(self, encoder: str | None) -> Finder:
        from pointillist.finding import Finder

        embedding = self.embedding(encoder)
        return Finder(self.rows, embedding, lambda: self._model_of(embedding.name))

    def _answer(self, found: Found) -> pd.DataFrame:
        table = self.take(found.rows).rename(columns={"similarity": "similarity_given"})
        table["similarity"] = found.similarity
        return table

    def _model_of(self, name: str) -> Encoder:
        """The encoder that made the embedding `name`, kept loaded for the next question."""
        if self._model is None or self._model.name != name:
            own = self._encoder(None)
            self._model = own if own.name == name else self._encoder(name)
        return self._model

    def _project(
        self,
        method: Method,
        embedding: Embedding,
        dims: Dims,
        seed: int,
        job: Job | None,
        process: UmapProcess | None,
    ) -> np.ndarray:
        if method == "pca":
            from pointillist.analysis.projection import pca

            return pca(embedding.vectors, dims)
        from pointillist.analysis.umap_process import UmapProcess

        process = process or UmapProcess()
        with process:
            graph = self.neighbours(encoder=embedding.name)
            start = self.project("pca", dims=dims, encoder=embedding.name)
            return process.layout(graph, start, seed=seed, check=_progress(job))

    def _encoder(self, spec: str | Encoder | Callable[..., Any] | None) -> Encoder:
        from pointillist.encoders import encoder

        return encoder(self.encoder if spec is None else spec)

    def _stored(self, model: Encoder, *, stop: Callable[[], None] = lambda: None) -> Embedding | None:
        """What the encoder has in the store; None when it never stored anything, told without reading an image."""
        width = self.store.vectors(model.fingerprint, [])[1].shape[1]
        return self._load(model, stop=stop) if width else None

    def _load(self, model: Encoder, *, stop: Callable[[], None] = lambda: None) -> Embedding:
        keys, fingerprint = self.contents.keys(stop=stop), model.fingerprint
        present = self.store.have_vectors(fingerprint, keys)
        digest = digest_of(fingerprint, keys, present)
        return Embedding(model.name, digest, present, lambda: self.store.vectors(fingerprint, keys)[1])

    def _is_complete(self, embedding: Embedding) -> bool:
        failures = self.contents.failures()
        return all(row in failures for row in np.flatnonzero(~embedding.present).tolist())

    def _keep(self, stage: str, arrays: dict[str, np.ndarray]) -> None:
        with suppress(StoreError):  # computed again the next time; the embedding run says when the store is full
            self.store.put_arrays(stage, arrays)


class _Vectors(Mapping[str, np.ndarray]):
    """Encoder name -> vectors, loaded from the store when asked for."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def __getitem__(self, name: str) -> np.ndarray:
        try:
            return self._collection.embedding(name).vectors
        except (EmbeddingError, EncoderError) as error:
            raise KeyError(str(error)) from error

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._collection._embeddings))

    def __len__(self) -> int:
        return len(self._collection._embeddings)


def _layout_stage(method: Method, embedding: Embedding, dims: Dims, seed: int) -> str:
    space = "" if dims == 2 else f" dims={dims}"
    return f"layout/1 {method}{space} k={K} seed={seed} {embedding.digest}"


def _progress(job: Job | None) -> Callable[[int, int], None] | None:
    if job is None:
        return None

    def told(done: int, total: int) -> None:
        job.check()
        job.total = total
        job.advance(done - job.done)

    return told
