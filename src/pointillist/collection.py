"""A collection: images, their table, and everything computed from them, each stage once. Works with no notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pointillist.clustering import Clustering
from pointillist.comparing import Differences
from pointillist.contents import Contents
from pointillist.embedded import Embedded
from pointillist.encoders.titles import is_made_by_name
from pointillist.errors import EmbeddingError, EncoderError, SourceError
from pointillist.images import Images, read_source
from pointillist.jobs import Job
from pointillist.journal import in_words
from pointillist.store import Store
from pointillist.structure import Structure
from pointillist.tags import Tags
from pointillist.turns import Turns
from pointillist.vectors import Embedding, digest_of, given_embedding, given_layout

if TYPE_CHECKING:
    import pandas as pd

    from pointillist.encoders import Encoder

OnBatch = Callable[[np.ndarray, np.ndarray], None]


class Collection(Structure):
    """n images with their table, vectors, layouts and tags; safe from many threads.

    Computed stages are kept in a store and never computed twice; tags are written to it at once.
    `images`, `store`, `contents`, `tags`, `clustering` and `embedded` (which encoders it was embedded with) are the
    parts it is made of. `on_use` is a list of callbacks, called with nothing when another encoder came into use.
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
            source: a folder, a list of paths, a DataFrame, an array (n, h, w[, 3]), a torch or Hugging Face dataset; or
                the .lance table that `pointillist.embed` wrote.
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
        table = _table(source, store)
        self.images = table[0] if table else read_source(source, image=image, label=label, box=box, pad=pad)
        n = len(self.images)
        if isinstance(embeddings, str) and embeddings in self.images.table.columns:
            embeddings = self.images.table[embeddings]
        self.given = None if embeddings is None else given_embedding(embeddings, n)
        self.layout = None if layout is None else given_layout(layout, n)
        self.encoder = encoder
        self.store = table[1] if table else Store.open(store, self.images.identity)
        if table and self.given is None:
            self.given = table[2]
        self.contents = Contents(self.images, self.store)
        self.tags = Tags(self.store, self.images.ids)
        self.clustering = Clustering(self.store, self.images.ids)
        self.differences = Differences(self.store, len(self.images))
        self.embedded = Embedded(self.store)
        self.on_use: list[Callable[[], None]] = []
        self._embeddings: dict[str, Embedding] = {} if self.given is None else {self.given.name: self.given}
        self._current: str | None = None if self.given is None else self.given.name
        self._model: Encoder | None = None
        self._own: dict[str, Encoder] = {}
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
        """The caller's columns, `cluster` once there are clusters, what `neighbour_difference` made, and `tags` (a list
        of strings per row), on the caller's own index; a copy.

        A column of the caller's that is called `tags` is kept as `tags_given`; where there is one called `cluster`,
        ours is `cluster_found`.
        """
        return self.take(np.arange(len(self)))

    def take(self, rows: np.ndarray) -> pd.DataFrame:
        """Those rows of `table`, in the order given."""
        import pandas as pd

        self.tags.refresh()
        table = self.images.table.take(rows)  # a copy
        table = table.rename(columns={"tags": "tags_given"})
        clusters = self.clustering.column(table.index, rows)
        if clusters is not None:
            table[self.cluster_column] = clusters
        for name, found in self.differences.all().items():
            table[name] = found.values[rows]
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
        engine: Literal["local", "ray"] = "local",
        to: str | Path | None = None,
        workers: int | None = None,
        job: Job | None = None,
        on_batch: OnBatch | None = None,
    ) -> np.ndarray:
        """Compute the vectors that are not in the store yet.

        Stopped at any moment it keeps what is done and goes on from there the next time.

        Args:
            encoder: see `pointillist.encoder`; by default the collection's own.
            engine: "ray" runs on a cluster, or in several processes here, by way of a table; see `pointillist.embed`.
            to: that table, for engine="ray"; by default beside the store's file.
            workers: how many, for engine="ray".
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
        began = monotonic()
        with self._turns.take(job):
            self.contents.scan(again=True, stop=job.check)
            made = self._stored(model, stop=job.check)
            if made is None or not self._is_complete(made):
                if made is not None and on_batch is not None and made.present.any():
                    on_batch(made.rows, made.vectors[made.present])
                before, done = 0 if made is None else int(made.present.sum()), job.done
                try:
                    store = self.contents.listening_store()
                    if engine == "local":
                        embed(self.images, model, store, job=job, on_batch=on_batch)
                    else:
                        from pointillist.scale import embed_rows

                        embed_rows(self.images, model, store, to, engine=engine, workers=workers, job=job)
                except BaseException:
                    self._note(model, before + job.done - done, monotonic() - began)
                    raise
                made = self._load(model)
                self._note(model, int(made.present.sum()), monotonic() - began)
            elif self.embedded.get(model.name) is None:
                self._note(model, int(made.present.sum()), 0.0)
            self._embeddings[made.name] = made
            self._model = model
            if not is_made_by_name(model.name):
                self._own[model.name] = model
        self.use(made.name)
        return made.vectors

    @property
    def current(self) -> str | None:
        """The encoder in use, by name: the one embedded with last, or `use` named; None before there is one."""
        return self._current

    def use(self, encoder: str) -> None:
        """Use the vectors of this encoder, made earlier, wherever none is named.

        Raises:
            EmbeddingError: if this encoder made none yet.
        """
        name = self.embedding(encoder).name
        if name == self._current:
            return
        self._current = name
        for tell in list(self.on_use):
            tell()

    @property
    def embeddings(self) -> Mapping[str, np.ndarray]:
        """Encoder name -> (n, d) float32, NaN in rows without a vector; found by name in the store too."""
        return _Vectors(self)

    def embedding(self, name: str | None = None) -> Embedding:
        """The vectors of the encoder `name`, by default of the one embedded with last, or of the collection's own.

        Raises:
            EmbeddingError: if this encoder made none yet.
        """
        name = name or self._current
        if name not in self._embeddings:
            made = self._found(name)
            if made is None or not made.present.any():
                have = ", ".join(dict.fromkeys([*self._embeddings, *(one.name for one in self.embedded.all())]))
                asked = name or self.encoder_name
                raise EmbeddingError(
                    f"no vectors of {asked!r} (there are: {have or 'none yet'}); make them with embed()"
                )
            self._embeddings[made.name] = made
            name = made.name
            self._current = self._current or name
        return self._embeddings[name]

    def own_vectors(self) -> list[str]:
        """The names of the vectors that the caller brought."""
        return [name for name in list(self._embeddings) if self.embedded.get(name) is None]

    def add_vectors(self, name: str, vectors: Any) -> np.ndarray:
        """Put vectors of your own beside those of the encoders, for this session, and use them from now on.

        Args:
            name: what to call them.
            vectors: (n, d) numbers as `embeddings` takes them.

        Returns:
            The same as (n, d) float32 of unit length.

        Raises:
            EmbeddingError: if they do not fit the images, or an encoder has this name.
        """
        if not name.strip() or self.embedded.get(name) is not None:
            raise EmbeddingError(f"{name!r} is no name for new vectors: it is empty, or an encoder is called so")
        if isinstance(vectors, str) and vectors in self.images.table.columns:
            vectors = self.images.table[vectors]
        made = replace(given_embedding(vectors, len(self)), name=name)
        self._embeddings[name] = made
        for tell in list(self.embedded.on_change):
            tell()
        self.use(name)
        return made.vectors

    def is_embedded(self, encoder: str | None = None, *, stop: Callable[[], None] = lambda: None) -> bool:
        """Whether an encoder, by default the collection's own, has made all its vectors; loads no model to find out.

        `stop` is called now and then; what it raises ends the look.
        """
        if encoder is None and self.given is not None:
            return True
        made = self._stored(self._encoder(None), stop=stop) if encoder is None else self._found(encoder, stop=stop)
        return made is not None and self._is_complete(made)

    @property
    def encoder_name(self) -> str:
        """The encoder that the collection uses when not told another, by name; "" when there is no such encoder."""
        if self._current is not None:
            return self._current
        with suppress(EncoderError):
            return self._encoder(None).name
        return ""

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

    def can_embed(self, encoder: str) -> bool:
        """Whether an encoder of this name can be made; a function can where it was used in this session."""
        try:
            self._encoder(encoder)
        except EncoderError:
            return False
        return True

    def _encoder(self, spec: str | Encoder | Callable[..., Any] | None) -> Encoder:
        from pointillist.encoders import encoder

        if isinstance(spec, str) and spec in self._own:
            return self._own[spec]
        return encoder(self.encoder if spec is None else spec)

    def _stored(self, model: Encoder, *, stop: Callable[[], None] = lambda: None) -> Embedding | None:
        """What the encoder has in the store; None when it never stored anything, told without reading an image."""
        width = self.store.vectors(model.fingerprint, [])[1].shape[1]
        return self._load(model, stop=stop) if width else None

    def _load(self, model: Encoder, *, stop: Callable[[], None] = lambda: None) -> Embedding:
        return self._read(model.name, model.fingerprint, stop=stop)

    def _read(self, name: str, fingerprint: str, *, stop: Callable[[], None] = lambda: None) -> Embedding:
        keys = self.contents.keys(stop=stop)
        present = self.store.have_vectors(fingerprint, keys)
        digest = digest_of(fingerprint, keys, present)
        return Embedding(name, digest, present, lambda: self.store.vectors(fingerprint, keys)[1])

    def _found(self, name: str | None, *, stop: Callable[[], None] = lambda: None) -> Embedding | None:
        """The vectors of an encoder by name; of one that cannot be made again, a function say, those it left."""
        if name is not None and name in self._embeddings and self.embedded.get(name) is None:
            return self._embeddings[name]  # the caller's own
        try:
            return self._stored(self._encoder(name), stop=stop)
        except EncoderError:
            made = None if name is None else self.embedded.get(name)
            if made is None:
                raise
            return self._read(made.name, made.fingerprint, stop=stop)

    def _note(self, model: Encoder, rows: int, seconds: float) -> None:
        if rows:
            dims = self.store.vectors(model.fingerprint, [])[1].shape[1]
            self.embedded.note(model.name, model.fingerprint, dims=dims, rows=rows, seconds=seconds)

    def _is_complete(self, embedding: Embedding) -> bool:
        failures = self.contents.failures()
        return all(row in failures for row in np.flatnonzero(~embedding.present).tolist())


def open(path: str | Path, *, store: str | Path | None = "auto") -> Collection:
    """The collection in a .lance table that `pointillist.embed` wrote: its thumbnails, vectors and failures are there.

    Tags and whatever is computed from the vectors are kept in `store`, as for any collection. The images themselves are
    read where they were read from, for the large view, where they can be reached.

    Raises:
        SourceError: `path` does not end in .lance.
        StoreError: there is no such table, or the package pylance is missing.
    """
    if not _is_table(path):
        raise SourceError(
            f"{str(path)!r} is not a .lance table; a collection with a store of its own is opened by "
            "Collection(the images, store=the file)"
        )
    return Collection(path, store=store)


def _is_table(source: object) -> bool:
    return isinstance(source, str | PathLike) and fspath(source).rstrip("/\\").endswith(".lance")


def _table(source: object, store: str | Path | None) -> tuple[Images, Store, Embedding] | None:
    if not isinstance(source, str | PathLike) or not _is_table(source):
        return None
    from pointillist.scale import open_table

    return open_table(source, store)


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
