"""A collection: images, their table, and everything computed from them, each stage once. Works with no notebook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike, fspath
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from pointillist.clustering import Clustering
from pointillist.coloring import Coloring
from pointillist.computed import Computed
from pointillist.contents import Contents
from pointillist.errors import SourceError
from pointillist.images import Images, read_source
from pointillist.indexing import Indexes
from pointillist.journal import in_words
from pointillist.store import Store
from pointillist.structure import Structure
from pointillist.tags import Tags
from pointillist.vectors import Embedding, given_embedding, given_layout
from pointillist.warned import warn_caller
from pointillist.whereabouts import Whereabouts

if TYPE_CHECKING:
    import pandas as pd

    from pointillist.encoders import Encoder


class Collection(Structure):
    """n images with their table, vectors, layouts and tags; safe from many threads.

    Computed stages are kept in a store and never computed twice; tags are written to it at once.
    `images`, `store`, `contents`, `tags`, `whereabouts`, `clustering`, `coloring` and `embedded` (which encoders it was
    embedded with) are the parts it is made of. `on_use` is a list of callbacks, called with nothing when another
    encoder came into use; `on_replace` one of those called when the one in use has other vectors than before.
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
                .npy or of a Parquet file. In the order of the images, or a DataFrame or Series whose index is theirs,
                in any order.
            layout: (n, 2) or (n, 3) positions, to show as they are; ordered like `embeddings`.
            encoder: what `embed` uses when not told; see `pointillist.encoder`.
            store: a file, "auto" for one in the user's cache directory, None for memory only.

        Warns where the store cannot be written, or was damaged and is begun anew.

        Raises:
            SourceError: if no images can be found in `source`.
            EmbeddingError: if `embeddings` or `layout` do not fit the images.
            StoreError: if `store` is no path, or names a file of another program.
        """
        table = _table(source, store)
        self.images = table[0] if table else read_source(source, image=image, label=label, box=box, pad=pad)
        n = len(self.images)
        if isinstance(embeddings, str) and embeddings in self.images.table.columns:
            embeddings = self.images.table[embeddings]
        given = None if embeddings is None else given_embedding(embeddings, n, self._index)
        self.layout = None if layout is None else given_layout(layout, n, self._index)
        self.store = table[1] if table else Store.open(store, self.images.identity)
        self.contents = Contents(self.images, self.store)
        self.tags = Tags(self.store, self.images.ids)
        self.whereabouts = Whereabouts(self.images, self.store, self.contents, self.tags)
        self.clustering = Clustering(self.store, self.images.ids)
        self.coloring = Coloring(self.store)
        self.clustering.on_rename.append(lambda old, new: self.coloring.renamed(self.cluster_column, old, new))
        self.computed = Computed(self.store, n)
        self.indexes = Indexes(self.store)
        super().__init__(encoder, given, table[2] if table else None)
        if self.store.notice:
            warn_caller(self.store.notice)

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
        """The caller's columns, `cluster` once there are clusters, what `neighbour_difference` and `neighbours_kept`
        made, and `tags` (a list of strings per row), on the caller's own index; a copy.

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
        for name, found in self.computed.all().items():
            table[name] = found.values[rows]
        table["tags"] = pd.Series(self.tags.lists(rows), index=table.index, dtype=object)
        return table

    @property
    def failures(self) -> pd.DataFrame:
        """The rows found unreadable so far, or that the encoder in use failed on, with `name` and the `reason` in
        words, on the caller's own index."""
        import pandas as pd

        self.contents.scan()
        failures = self.lacking()
        rows = list(failures)
        table = pd.DataFrame(index=self.images.table.index[rows])
        table["name"] = [self.images.names[row] for row in rows]
        table["reason"] = list(failures.values())
        return table

    @property
    def missing(self) -> pd.DataFrame:
        """The images that were in the store's files before and are gone, by id: `path`, `seen` (when last) and `tags`.

        A renamed file is not among them once its content was read at its new place; its tags are there with it. Of two
        equal files the one called the same takes them.
        """
        import pandas as pd

        self.contents.scan()
        self.tags.refresh()
        gone = self.whereabouts.missing()
        return pd.DataFrame(
            {
                "path": [place.path for place in gone],
                "seen": pd.to_datetime([place.seen or 0.0 for place in gone], unit="s", utc=True),
                "tags": pd.Series([self.tags.of_id(place.id) for place in gone], dtype=object),
            }
        ).set_index(pd.Index([place.id for place in gone], name="id", dtype=object))

    def rows(self, which: Any) -> np.ndarray:
        """(m,) uint32 rows, ascending, named by index labels, a mask, a DataFrame, Series or Index, or a query string.

        Integers are labels wherever the index holds a number; else, as in an index of paths, they are row numbers.

        Raises:
            SelectionError: if `which` names something that is not there.
        """
        from pointillist.frame import which_rows

        return which_rows(self.table if isinstance(which, str) else self.images.table, which)

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


def must_be_collection(given: object) -> None:
    """Nothing, unless it is no Collection.

    Raises:
        SourceError: if it is none.
    """
    if not isinstance(given, Collection):
        raise SourceError(
            f"a {type(given).__name__} is not a Collection: give pointillist.Collection(images), or the one of a "
            "widget, atlas.collection"
        )


def _is_table(source: object) -> bool:
    return isinstance(source, str | PathLike) and fspath(source).rstrip("/\\").endswith(".lance")


def _table(source: object, store: str | Path | None) -> tuple[Images, Store, Embedding] | None:
    if not isinstance(source, str | PathLike) or not _is_table(source):
        return None
    from pointillist.scale import open_table

    return open_table(source, store)
