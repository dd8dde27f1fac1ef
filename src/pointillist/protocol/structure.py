"""What the browser asks about clusters and the quality of layouts, and what it is answered."""

from __future__ import annotations

from typing import Literal, TypedDict

from pointillist.protocol.buffers import Buffer

ClusterMethod = Literal["communities", "hdbscan", "kmeans"]


class ClusterParams(TypedDict):
    """One way to cluster: of the vectors, or of the positions of the layout `layout`.

    `option` is the method's one option (resolution, least size, count), null for its default.
    """

    method: ClusterMethod
    layout: str | None
    option: float | None


class FindClustersParams(ClusterParams):
    """Make clusters so, and name them by these words where there are any, else by what the labels or the model say."""

    words: list[str]


class ClusterCounts(TypedDict):
    """What such a way gives: how many clusters, how many rows in none, and the option that was used."""

    option: float
    clusters: int
    noise: int


class ClusterAnswer(TypedDict):
    """Clusters were found and are the column `column` now; undo brings back those before,
    if there were any (`again`)."""

    column: str
    option: float
    clusters: int
    noise: int
    again: bool


class ClustersAnswer(TypedDict):
    """The clusters of now, largest first: names, and in buffer `medoids` (u32) the row that stands for each; `column`
    is null where there are none. `reads_words`: whether the encoder can name them by words of one's own."""

    column: str | None
    names: list[str]
    reads_words: bool
    buffers: list[Buffer]


class RenameClusterParams(TypedDict):
    name: str
    to: str


class MergeClustersParams(TypedDict):
    """Make one cluster of several, called `into`; null calls it as the largest of them."""

    names: list[str]
    into: str | None


class StepClustersParams(TypedDict):
    """Take back the last change of the clusters, or do it again."""

    direction: Literal["undo", "redo"]


class SaidAnswer(TypedDict):
    """What was done, in words."""

    said: str


class MeasureParams(TypedDict):
    """How far can the layout `name` be trusted, as a whole, or image by image?"""

    name: str


class KeptColumnAnswer(TypedDict):
    """The share of its nearest that each image keeps on the map is the column `column` now."""

    column: str


class MeasureAnswer(TypedDict):
    """Trustworthiness, and the mean share of the `k` nearest images that are nearest on the map too; null where that
    cannot be told."""

    trustworthiness: float | None
    preserved: float | None
    k: int
