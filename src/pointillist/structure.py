"""What is found by the vectors of a collection: clusters, and the answers to "more like this"."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pointillist.analysis.recipes import K
from pointillist.clustering import Clustering, Grouped, checked_option, checked_words, described
from pointillist.comparing import name_of, shares_not_in_common
from pointillist.encoders.titles import title_of
from pointillist.errors import ClusterError, EmbeddingError, EncoderError, SelectionError, TableError
from pointillist.jobs import Job, check_job, outwaited
from pointillist.numeric import checked_seed
from pointillist.projecting import Projecting, checked_k
from pointillist.showing import shown

if TYPE_CHECKING:
    import pandas as pd

    from pointillist.analysis.clusters import Clusters
    from pointillist.encoders import Encoder
    from pointillist.finding import Finder, Found
    from pointillist.indexing import Indexes

ClusterMethod = Literal["communities", "hdbscan", "kmeans"]


class Structure(Projecting):
    """The part of a `Collection` that needs nothing but vectors."""

    clustering: Clustering
    indexes: Indexes

    @abstractmethod
    def take(self, rows: np.ndarray) -> pd.DataFrame: ...

    @property
    def clusters(self) -> Clusters | None:
        """The clusters made last, in this session or an earlier one; the column `cluster` of `table` holds their
        names. None before `cluster` was called."""
        return self.clustering.clusters

    def cluster(
        self,
        method: ClusterMethod = "communities",
        *,
        layout: str | np.ndarray | None = None,
        resolution: float | None = None,
        min_size: int | None = None,
        count: int | None = None,
        words: str | Sequence[str] = (),
        seed: int = 0,
        encoder: str | None = None,
        job: Job | None = None,
    ) -> Clusters:
        """Group the images, and show the groups as the column `cluster` from now on.

        Named after the majority label, else by the encoder: after its classes, or after common words where it has a
        text tower; else numbered.

        Args:
            method: "communities" of the neighbour graph; "hdbscan", dense regions of it, the rest is noise; "kmeans",
                `count` round groups.
            layout: a projection ("umap", "pca", "given"), or positions such as `project` returns, to be grouped
                instead of the vectors.
            resolution: of communities: 1, or more for more of them.
            min_size: of HDBSCAN's clusters: √n / 2, at least 5.
            count: of k-means' groups: √n / 2, at most 50.
            words: a name, or several to choose from, for an encoder with a text tower.

        Raises:
            EmbeddingError: if there is no embedding yet.
            ClusterError: if there is no such method, an option does not fit it, or `words` are no words.
            EncoderError: if `words` are given and the encoder understands none.
            PointillistError: if `job` is no job.
        """
        listed = checked_words(words)
        asked = {"resolution": resolution, "min_size": min_size, "count": count}
        found = self.grouped(method, asked, layout=layout, seed=seed, encoder=encoder, job=job)
        return self.name_groups(found, words=listed, encoder=encoder)

    def grouped(
        self,
        method: str,
        options: dict[str, float | None],
        *,
        layout: str | np.ndarray | None = None,
        seed: int = 0,
        encoder: str | None = None,
        job: Job | None = None,
    ) -> Grouped:
        """The groups that `cluster` would make with these options, not shown and without names.

        Raises: as `cluster`.
        """
        from pointillist.analysis import clusters as ways
        from pointillist.analysis.positions import position_neighbours

        check_job(job)
        seed = checked_seed(seed, ClusterError)
        places = self.embedding(encoder).vectors if layout is None else self._positions(layout, 2, encoder, job)
        placed = np.isfinite(places).all(axis=1)
        option = checked_option(method, options, int(placed.sum()))
        with shown(job, "finding clusters") as job:
            job.check()
            by_direction = layout is None
            if method == "kmeans":
                find = partial(ways.kmeans, places, int(option), seed=seed, by_direction=by_direction)
            else:
                graph = self.neighbours(encoder=encoder, job=job) if by_direction else position_neighbours(places, K)
                job.check()
                if method == "hdbscan":
                    find = partial(ways.hdbscan, graph, places, int(option), by_direction=by_direction)
                else:
                    find = partial(ways.communities, graph, resolution=option, seed=seed)
            labels = outwaited(find, job.check)
        labels[~placed] = -1  # a graph of one image does not tell which it is
        return Grouped(labels, places, option)

    def name_groups(self, found: Grouped, *, words: Sequence[str] = (), encoder: str | None = None) -> Clusters:
        """Name the groups and show them as the column `cluster` from now on."""
        names = self._cluster_names(found.labels, words, encoder)
        return self.clustering.put(described(found.labels, names, found.places), "finding clusters")

    def reads_words(self, encoder: str | None = None) -> bool:
        """Whether the encoder has a text tower, so that clusters can be named by words of one's own."""
        from pointillist.encoders import reads_text

        if self._no_vectors():
            return False
        try:
            return reads_text(self._model_of(self.embedding(encoder).name))
        except EncoderError:  # the vectors were brought, or its package is gone
            return False

    def neighbour_difference(self, a: str, b: str, *, k: int = K, job: Job | None = None) -> np.ndarray:
        """How much each image's k nearest differ between two encoders, by name; a column of `table` from now on.

        Returns:
            (n,) float32 from 0, the same nearest, to 1, none in common; NaN where an image has no vector of either.

        Raises:
            EmbeddingError: if one of them made no vectors yet, or both are the same.
            SelectionError: if k is no whole number from 1 up.
            PointillistError: if `job` is no job.
        """
        check_job(job)
        k, first, second = checked_k(k), self.embedding(a), self.embedding(b)
        if first.name == second.name:
            raise EmbeddingError(f"{first.name!r} does not differ from itself: name two encoders")
        titles = [title_of(first.name), title_of(second.name)]

        def make() -> np.ndarray:
            graphs = [self.neighbours(k, encoder=one.name, job=job).rows for one in (first, second)]
            values = shares_not_in_common(*graphs)
            values[~(first.present & second.present)] = np.nan
            return values

        return self.computed.get(
            name_of(titles),
            f"differs k={k} {first.digest} {second.digest}",
            f"share of the {k} nearest by {titles[0]} that {titles[1]} has not",
            make,
        )

    @property
    def cluster_column(self) -> str:
        """The column of `table` that holds the clusters' names: "cluster", unless the caller's table has one."""
        return "cluster_found" if "cluster" in self.images.table.columns else "cluster"

    def rename_cluster(self, name: str, to: str) -> Clusters:
        """Give a cluster another name.

        Raises:
            ClusterError: if there is no such cluster, or another one has the new name.
        """
        return self.clustering.rename(name, to)

    def merge_clusters(self, names: Sequence[str], into: str | None = None) -> Clusters:
        """Make one cluster of several, called `into`, by default as the largest of them.

        Raises:
            ClusterError: if one of them is not there, or another one has the new name.
        """
        return self.clustering.merge(names, into, self._places)

    def cluster_table(self, column: str | None = None) -> pd.DataFrame:
        """How many images of each cluster (rows) have each value of a column, by default the label; of `tags`, each of
        its tags.

        Raises:
            ClusterError: if there are no clusters yet.
            TableError: if there is no such column, or its values are nothing that can be counted, such as images.
        """
        import pandas as pd

        if self.clusters is None:
            raise ClusterError("there are no clusters yet; make them with cluster()")
        table = self.take(np.arange(len(self.images)))
        column = self.images.label if column is None else column
        columns = ", ".join(map(str, table.columns))
        if column is None:
            raise TableError(f"there is no column of labels; name one to compare the clusters with: {columns}")
        if not isinstance(column, Hashable) or column not in table:
            raise TableError(f"{column!r} is not a column of the table; it has {columns}")
        if column == "tags":
            table = table.explode("tags", ignore_index=True)
        try:
            return pd.crosstab(table[self.cluster_column], table[column])
        except (TypeError, ValueError) as error:  # unhashable, or arrays
            raise TableError(
                f"the values of {column!r} cannot be counted ({error}); name a column of words or numbers"
            ) from error

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
        box: Sequence[float] | None = None,
        exact: bool | None = None,
        encoder: str | None = None,
    ) -> pd.DataFrame:
        """The images most like the examples, by cosine similarity with 2 · mean(to) - mean(against); mean(to) where
        nothing is against. Equally similar ones by row. The examples' own rows are left out.

        Args:
            to: rows as `rows` takes them; a vector (d,) or several (m, d); an image that need not be in the collection
                (path, URL, bytes, open file, Pillow, pixels); or a list of these. Rows without a vector are passed
                over. Integers are labels wherever the index holds a number, else row numbers.
            against: the same; what the images should not be like.
            weights: one number for each thing in the list `to` (several rows count as their mean direction), or for
                each row that `to` names.
            reverse: the least similar first.
            threshold: only similarities of at least this, from -1 to 1; of at most this when reversed.
            within: only these rows, as `rows` takes them.
            box: x, y, w, h in pixels of the one image `to`: what is in that part of it is looked for.
            exact: True compares all images. False looks into an index, made once, and may miss a few; the similarities
                told are exact. None: an index above 1,000,000 images. Where it is no gain all are compared anyway.

        Returns:
            At most k rows of `table` with `similarity` as the last column. `attrs["recall"]` is the share of the true
            100 nearest that the index found for a sample of the images, at least 0.95; 1 where all were compared.

        Raises:
            SelectionError: if something named is not there, or cannot be read.
            EmbeddingError: if there is no embedding yet, a vector does not fit it, or the examples cancel out.
        """
        from pointillist.finding import cropped

        finder = self.finder(encoder, exact=exact)
        query, own = finder.like(to if box is None else cropped(to, box), against, weights)
        return self.found(finder.best(query, k=k, reverse=reverse, threshold=threshold, within=within, leave_out=own))

    def search(
        self,
        text: str | Sequence[str],
        k: int = 100,
        *,
        against: str | Sequence[str] = (),
        threshold: float | None = None,
        within: Any = None,
        exact: bool | None = None,
        encoder: str | None = None,
    ) -> pd.DataFrame:
        """The images most like a sentence, or like several and unlike others, in the same way as `similar`.

        The encoder must have a text tower, or be a classifier with class names: then a text is matched to these, and
        the answer's `attrs["classes"]` says which stand for it. `attrs["recall"]` is that of an index for directions
        as far from all images as sentences are (0.3), at least 0.95; 1 where all images were compared.

        Raises:
            EncoderError: if the encoder understands no text.
            SelectionError: if a text is empty, or no class is called so.
        """
        from pointillist.finding import direction
        from pointillist.wording import sentences

        finder = self.finder(encoder, exact=exact)
        wanted, unwanted = sentences(text, ""), sentences(against, "against=")
        if not wanted:
            raise SelectionError("there is nothing to search for: give words, or several texts in a list")
        vectors, classes = self.said([*wanted, *unwanted], finder)
        query = direction(vectors[: len(wanted)], vectors[len(wanted) :])
        asked: dict[str, Any] = {"k": k, "threshold": threshold, "within": within}
        found = finder.best(query, **asked, reverse=False, leave_out=np.arange(0), in_words=True)
        answer = self.found(found)
        answer.attrs["classes"] = classes
        return answer

    def logits(self, which: Any = None, *, encoder: str | None = None) -> pd.DataFrame:
        """What the encoder's own classifier says of the images, where it is one: its logits, before any softmax.

        They are read from the vectors, whose lengths are not kept: one row's are all as much too large or too small as
        its vector was shorter or longer than is usual, so of an image the first class may be another where two are
        close.

        Args:
            which: rows as `rows` takes them; by default all, 4 bytes for each image and class.

        Returns:
            A float32 column for each class, called as it is, on the caller's own index; NaN where an image has no
            vector.

        Raises:
            EmbeddingError: if there is no embedding yet.
            EncoderError: if the encoder is no classifier with named classes, or the vectors were given.
            SelectionError: if `which` names something that is not there.
        """
        import pandas as pd

        from pointillist.encoders import classes_of

        embedding = self.embedding(encoder)
        rows = np.arange(len(self.images)) if which is None else self.rows(which)
        classes = None if embedding.is_given else classes_of(self._model_of(embedding.name))
        if classes is None:
            raise EncoderError(
                f"the vectors {embedding.name!r} have no classifier: embed with one, such as a timm model that was "
                "trained for classes, or a checkpoint with its classifier in it"
            )
        return pd.DataFrame(
            classes.logits(embedding.vectors[rows]),
            index=self.images.table.index[rows],
            columns=pd.Index(classes.names, dtype=object),
        )

    def finder(self, encoder: str | None = None, *, so_far: bool = False, exact: bool | None = True) -> Finder:
        """Looks for images in one embedding; `so_far`: also in what a run has made of it until now. `exact`: as in
        `similar`."""
        from pointillist.finding import Finder
        from pointillist.indexing import INDEX_ABOVE

        embedding = self.embedding(encoder)
        if so_far and not embedding.is_given and not self._is_complete(embedding):
            embedding = self._load(self._model_of(embedding.name))
        finder = Finder(self.rows, self.images, embedding, lambda: self._model_of(embedding.name))
        if exact is False or (exact is None and np.count_nonzero(embedding.present) > INDEX_ABOVE):
            return replace(finder, index=lambda: self.indexes.of(embedding))
        return finder

    def said(self, texts: list[str], finder: Finder) -> tuple[np.ndarray, dict[str, list[str]]]:
        """A vector (m, d) for each text, in the space where `finder` looks, and text -> the classes that stand for it.

        Raises:
            EncoderError: if the encoder understands no text.
            SelectionError: if no class is called so.
        """
        from pointillist.wording import text_vectors

        if finder.embedding.is_given:
            raise EncoderError(
                "the vectors were given, so no words can be told by them: embed with a model that has a text tower, "
                "such as 'clip/ViT-B-32/laion2b_s34b_b79k', or give the vector of the text"
            )
        return text_vectors(finder.model(), texts)

    def model(self) -> Encoder:
        """The encoder whose vectors are in use, the same one from question to question, so that it is loaded once.

        Raises:
            EmbeddingError: if there are no vectors. EncoderError: if they were given, or its package is gone.
        """
        return self._model_of(self.embedding().name)

    def _places(self) -> np.ndarray:
        return self._given_layout() if self._no_vectors() else self.embedding().vectors

    def _no_vectors(self) -> bool:
        try:
            return not self.embedding().present.any()
        except (EmbeddingError, EncoderError):
            return True

    def _cluster_names(self, labels: np.ndarray, words: Sequence[str], encoder: str | None) -> list[str]:
        """A name for each group, "" where there is none: from the labels, or else from the model."""
        from pointillist import naming

        label, names = self.images.label, [""] * (int(labels.max(initial=-1)) + 1)
        if not words and label is not None:
            names = naming.names_from_labels(labels, self.images.table[label])
        if all(names) or self._no_vectors():
            return names
        embedding = self.embedding(encoder)
        if words and embedding.is_given:
            raise EncoderError("the vectors were given, so no words can be told by them")
        try:
            model = self._model_of(embedding.name)
        except EncoderError:  # a function of an earlier session, say
            if words:
                raise
            return names
        if words:
            return naming.names_from_words(labels, embedding.vectors, model, words)
        return [
            own or other
            for own, other in zip(names, naming.names_from_model(labels, embedding.vectors, model), strict=True)
        ]

    def found(self, found: Found) -> pd.DataFrame:
        """The rows of an answer, the best first, with `similarity` as the last column; its recall is in
        `attrs`."""
        table = self.take(found.rows).rename(columns={"similarity": "similarity_given"})
        table["similarity"] = found.similarity
        table.attrs["recall"] = found.recall
        return table

    def _model_of(self, name: str) -> Encoder:
        """The encoder that made the embedding `name`, kept loaded for the next question."""
        if self._model is None or self._model.name != name:
            own = self._named(self._encoder(None))
            self._model = own if own.name == name else self._encoder(name)
        return self._model
