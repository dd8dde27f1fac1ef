"""The vectors of a collection: made by its encoders, found again in the store, brought by the caller."""

from __future__ import annotations

import difflib
import threading
from abc import ABC
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pointillist.contents import Contents
from pointillist.embedded import Embedded
from pointillist.encoders.model import ModelEncoder
from pointillist.encoders.titles import is_made_by_name
from pointillist.errors import EmbeddingError, EncoderError
from pointillist.images import Images
from pointillist.jobs import Job, check_callback, check_job
from pointillist.numeric import check_workers
from pointillist.showing import shown
from pointillist.store import Dtype, Refusal, Store
from pointillist.turns import Turns
from pointillist.vectors import Embedding, digest_of, given_embedding
from pointillist.warned import warn_caller

if TYPE_CHECKING:
    import pandas as pd

    from pointillist.encoders import Encoder

OnBatch = Callable[[np.ndarray, np.ndarray], None]


class Encoding(ABC):
    """The part of a `Collection` that turns its images into vectors."""

    images: Images
    store: Store
    contents: Contents

    def __init__(
        self,
        encoder: str | Encoder | Callable[..., Any] | None,
        given: Embedding | None,
        of_table: Embedding | None = None,
    ) -> None:
        """Called once `images`, `store` and `contents` are there. `given`: vectors that the caller brought; else those
        of the table that the images are in are in use."""
        brought = [one for one in (given, of_table) if one is not None]
        given = brought[0] if brought else None
        self.encoder = encoder
        self.given = given
        self.embedded = Embedded(self.store)
        self.on_use: list[Callable[[], None]] = []
        self.on_replace: list[Callable[[], None]] = []
        self._embeddings: dict[str, Embedding] = {one.name: one for one in reversed(brought)}
        self._current: str | None = None if given is None else given.name
        self._model: Encoder | None = None
        self._own: dict[str, Encoder] = {}
        self._naming = threading.Lock()
        self.place = str(self.store.path or id(self.store))
        self._turns = Turns(self.place)

    def embed(
        self,
        encoder: str | Encoder | Callable[..., Any] | None = None,
        *,
        engine: Literal["local", "ray"] = "local",
        to: str | Path | None = None,
        workers: int | None = None,
        dtype: Dtype = "float32",
        job: Job | None = None,
        on_batch: OnBatch | None = None,
    ) -> np.ndarray:
        """Compute the vectors that are not in the store yet.

        Stopped at any moment it keeps what is done and goes on from there the next time.

        Args:
            encoder: see `pointillist.encoder`; by default the collection's own.
            engine: "ray" runs on a cluster, or in several processes here, by way of a table; see `pointillist.embed`.
            to: that table, for engine="ray"; by default beside the store's file.
            workers: how many, from 1 up, for engine="ray".
            dtype: how the store keeps the vectors made now: "float32", or in half the room "float16", whose 11 bits
                change a similarity by 0.001 at most. Those made before stay as they are.
            job: takes progress and cancels. Without one a bar shows it.
            on_batch: told the rows (b,) and vectors (b, d) as they are made.

        Returns:
            (n, d) float32 of unit length, NaN in the rows of `failures`.

        Warns where the vectors of another function of the same name are replaced.

        Raises:
            EncoderError: if encoder, engine or so many workers cannot be had, or the encoder gives no vector to many
                images on end; a few such rows are among `failures`.
            EmbeddingError: if `dtype` is another, or if not one of the images that have vectors can be read now.
            StoreError: if the store cannot be written any more.
            PointillistError: if `job` is no job, or `on_batch` no function.
            Cancelled: if the job was cancelled.
        """
        from pointillist.embedding import embed

        if engine not in ("local", "ray"):
            raise EncoderError(f"engine={engine!r} is unknown; it is 'local' or 'ray'")
        if dtype not in ("float16", "float32"):
            raise EmbeddingError(f"dtype={dtype!r}: vectors are kept as 'float32' or 'float16'")
        check_workers(workers, EncoderError)
        check_job(job)
        check_callback(on_batch, "on_batch")
        model = self._encoder(encoder)
        began = monotonic()
        with shown(job, "embedding", len(self.images), unit="img") as job, self._turns.take(job):
            model = self._known(model)
            self.contents.scan(again=True, stop=job.check)
            made = self._stored(model, stop=job.check)
            if made is None or not self._is_complete(made):
                if made is not None and on_batch is not None and made.present.any():
                    on_batch(made.rows, made.vectors[made.present])
                before, done = 0 if made is None else int(made.present.sum()), job.done
                try:
                    store = self.contents.listening_store(dtype)
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
            if not made.present.any():
                self._must_not_be_gone(made)
                self._must_not_refuse_all(made)
            self._model = model
        former = self._embeddings.get(made.name)
        if former is not None and former.is_by_another(made) and not isinstance(model, ModelEncoder):
            warn_caller(
                f"the vectors of another encoder called {made.name!r} are no longer in use; to keep both, give one "
                "another name (of a function its __name__)",
            )
        self._take(made)
        return made.vectors

    def _take(self, made: Embedding) -> None:
        """Use these vectors from now on; those of a former function of this name, or brought under it, go."""
        before, self._embeddings[made.name] = self._embeddings.get(made.name), made
        if made.name != self._current:
            self.use(made.name)
        elif before is not None and before.is_by_another(made):
            for tell in list(self.on_replace):
                tell()

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
        if not isinstance(name, Hashable):
            raise EmbeddingError(f"{name!r} is no name of vectors; there are: {self.names_near(name)}")
        if name not in self._embeddings:
            if name is not None and not self.can_embed(name) and self.embedded.get(name) is None:
                raise EmbeddingError(f"no vectors are called {name!r} (there are: {self.names_near(name)})")
            made = self._found(name)
            if made is None or not made.present.any():
                asked = name or self.encoder_name
                raise EmbeddingError(
                    f"no vectors of {asked!r} (there are: {self.names_near(asked)}); make them with embed()"
                )
            self._embeddings[made.name] = made
            name = made.name
            self._current = self._current or name
        return self._embeddings[name]

    def _index(self) -> pd.Index[Any]:
        return self.images.table.index

    def names_near(self, name: str) -> str:
        """The names of all vectors there are, and the one that may have been meant, for a message."""
        names = list(dict.fromkeys([*self._embeddings, *(one.name for one in self.embedded.all())]))
        meant = difflib.get_close_matches(str(name), names, 1)
        return (", ".join(names) or "none yet") + (f"; did you mean {meant[0]!r}?" if meant else "")

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
        if not isinstance(name, str):
            raise EmbeddingError(f"the name of new vectors is words, not {type(name).__name__}; it comes first")
        if not name.strip() or self.embedded.get(name) is not None:
            raise EmbeddingError(f"{name!r} is no name for new vectors: it is empty, or an encoder is called so")
        if isinstance(vectors, str) and vectors in self.images.table.columns:
            vectors = self.images.table[vectors]
        made = replace(given_embedding(vectors, len(self.images), self._index), name=name)
        self._take(made)
        for tell in list(self.embedded.on_change):
            tell()
        return made.vectors

    def know(self, encoder: str | Encoder | Callable[..., Any] | None) -> str:
        """The name by which this session finds an encoder, by default the collection's own, from now on, also one that
        no name makes, such as a function. Of models that are called the same the later ones get a number, "Net (2)",
        and have it in every session.

        Raises:
            EncoderError: if there is no such encoder, or it must be told from another and cannot be loaded.
        """
        return self._known(self._encoder(encoder)).name

    def _known(self, model: Encoder) -> Encoder:
        with self._naming:
            named = self._named(model)
            if not is_made_by_name(named.name):
                self._own[named.name] = named
            return named

    def _named(self, model: Encoder) -> Encoder:
        """The encoder under the name that its vectors have here."""
        if is_made_by_name(model.name) or not isinstance(model, ModelEncoder):
            return model
        there = {made.name: made.fingerprint for made in self.embedded.all()}
        free = ""
        for number in range(1, len(there) + len(self._own) + 2):
            name = model.name if number == 1 else f"{model.name} ({number})"
            own = self._own.get(name)
            if own is None and name not in there:
                free = free or name
            elif model.is_of(own) if own is not None else model.fingerprint == there[name]:
                return model.renamed(name)
        return model.renamed(free)

    def is_embedded(self, encoder: str | None = None, *, stop: Callable[[], None] = lambda: None) -> bool:
        """Whether an encoder, by default the collection's own, has made all its vectors; loads no model to find out.

        `stop` is called now and then; what it raises ends the look.
        """
        if encoder is None and self.given is not None:
            return True
        made = self._found(encoder, stop=stop)
        return made is not None and self._is_complete(made)

    @property
    def encoder_name(self) -> str:
        """The encoder that the collection uses when not told another, by name; "" when there is no such encoder."""
        if self._current is not None:
            return self._current
        with suppress(EncoderError):
            return self._encoder(None).name
        return ""

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
        if isinstance(spec, str) and spec in self._embeddings and self._embeddings[spec].is_given:
            raise EncoderError(f"{spec!r} are vectors that were given: no encoder is known that makes more of them")
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
        return Embedding(name, digest, present, lambda: self.store.vectors(fingerprint, keys)[1], fingerprint)

    def _found(self, name: str | None, *, stop: Callable[[], None] = lambda: None) -> Embedding | None:
        """The vectors of an encoder by name; of one that cannot be made again, a function say, those it left."""
        known = name if isinstance(name, str) else ""
        if known in self._embeddings and self.embedded.get(known) is None:
            return self._embeddings[known]  # the caller's own
        try:
            return self._stored(self._named(self._encoder(name)), stop=stop)
        except EncoderError:
            made = self.embedded.get(known)
            if made is None:
                raise
            return self._read(made.name, made.fingerprint, stop=stop)

    def _note(self, model: Encoder, rows: int, seconds: float) -> None:
        if rows:
            dims = self.store.vectors(model.fingerprint, [])[1].shape[1]
            self.embedded.note(model.name, model.fingerprint, dims=dims, rows=rows, seconds=seconds)

    def _is_complete(self, embedding: Embedding) -> bool:
        known = self.contents.failures().keys() | {
            row for row, one in self._refused(embedding.fingerprint).items() if not one.passing
        }
        return all(row in known for row in np.flatnonzero(~embedding.present).tolist())

    def lacking(self, fingerprint: str | None = None) -> dict[int, str]:
        """row -> why it has no vector, ascending: it cannot be read, or the encoder, by default the one in use, failed
        on it."""
        if fingerprint is None:
            now = self._embeddings.get(self._current or "")
            fingerprint = "" if now is None else now.fingerprint
        refused = {row: one.reason for row, one in self._refused(fingerprint).items()}
        return dict(sorted({**refused, **self.contents.failures()}.items()))

    def _refused(self, fingerprint: str) -> dict[int, Refusal]:
        """The rows that the encoder gave no vector though they can be read."""
        refused = self.store.refused(fingerprint) if fingerprint else {}
        if not refused:
            return {}
        keys = (self.contents.held(row)[1] for row in range(len(self.images)))
        return {row: refused[key] for row, key in enumerate(keys) if key is not None and key in refused}

    def _must_not_be_gone(self, made: Embedding) -> None:
        """Images that could be read where vectors were made, and of which none can be now, are out of reach."""
        failures = self.contents.failures()
        had = {one.name: one.rows for one in self._embeddings.values() if one.fingerprint and one.name != made.name}
        gone = {name: rows for name, rows in had.items() if len(rows) and all(row in failures for row in rows.tolist())}
        before = self.embedded.get(made.name)
        if len(failures) == len(self.images) and before is not None and before.dims and before.rows:
            gone[made.name] = np.arange(before.rows)
        for name, rows in gone.items():
            self.contents.scan(again=True)  # forgets what may be over
            raise EmbeddingError(
                f"none of the {len(rows):,} images that have vectors of {name!r} can be read any more "
                f"({failures[int(rows[0])]}): see that they are where they were"
            )

    def _must_not_refuse_all(self, embedding: Embedding) -> None:
        for one in self._refused(embedding.fingerprint).values():
            raise EncoderError(f"the encoder gave no image a vector: {one.reason}")


class _Vectors(Mapping[str, np.ndarray]):
    """Encoder name -> vectors, loaded from the store when asked for."""

    def __init__(self, collection: Encoding) -> None:
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
