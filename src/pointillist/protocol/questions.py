"""What the browser asks, and what it is answered."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from pointillist.protocol.buffers import Buffer
from pointillist.protocol.encoders import (
    AddEncoderAnswer,
    AddEncoderParams,
    CompareEncodersAnswer,
    CompareEncodersParams,
    EncoderChoicesAnswer,
    ReconstructionsAnswer,
    ReconstructionsParams,
)
from pointillist.protocol.search import (
    PartPictureAnswer,
    PartPictureParams,
    RankAnswer,
    RankParams,
    ToRoundParams,
)
from pointillist.protocol.state import ColumnKind
from pointillist.protocol.structure import (
    ClusterAnswer,
    ClusterCounts,
    ClusterParams,
    ClustersAnswer,
    FindClustersParams,
    KeptColumnAnswer,
    MeasureAnswer,
    MeasureParams,
    MergeClustersParams,
    RenameClusterParams,
    SaidAnswer,
    StepClustersParams,
)


class ColumnParams(TypedDict):
    name: str


class ColumnAnswer(TypedDict):
    """One column of length n.

    category: buffer `codes` u8, u16 or u32 of shape [n]; 0 = missing, c = categories[c - 1].
    number: buffer `values` f32 of shape [n], NaN = missing; `low` and `high` are the finite extremes or null.
    tags: one `bits` buffer per tag, in the order of `categories`.
    places: of the colour of each category, counted from 0 among those of the theme, which begin again after the last.
    """

    name: str
    kind: ColumnKind
    revision: int
    categories: list[str]
    places: list[int]
    low: float | None
    high: float | None
    buffers: list[Buffer]


class LayoutParams(TypedDict):
    name: str


class LayoutAnswer(TypedDict):
    """Positions: buffer `xy` f32 of shape [n, dims]; NaN where a row has no position."""

    name: str
    revision: int
    dims: Literal[2, 3]
    buffers: list[Buffer]


class ThumbsParams(TypedDict):
    """Ask for thumbnails of the rows in buffer `rows` (u32), most wanted first, at most MAX_THUMBS."""

    buffers: list[Buffer]


class ThumbsAnswer(TypedDict):
    """Encoded pictures (JPEG, PNG or WebP) one after the other in buffer `pictures` (u8), in the order asked.

    `lengths[i]` is 0 for an image that could not be read; `reasons[i]` then says why, else it is "".
    """

    lengths: list[int]
    reasons: list[str]
    buffers: list[Buffer]


class PictureParams(TypedDict):
    """Ask for one image itself, scaled down to fit `max_px` on its longer side."""

    row: int
    max_px: int


class PictureAnswer(TypedDict):
    """The encoded picture in buffer `picture` (u8); `width` and `height` are the original's, in pixels."""

    row: int
    width: int
    height: int
    buffers: list[Buffer]


class DetailsParams(TypedDict):
    row: int


class Field(TypedDict):
    name: str
    value: str


class DetailsAnswer(TypedDict):
    """What is known of one row, as text."""

    row: int
    index: str
    name: str
    fields: list[Field]
    tags: list[str]
    failure: str | None


class NeighboursParams(TypedDict):
    """Ask for the k images nearest to one by their vectors."""

    row: int
    k: int


class NeighboursAnswer(TypedDict):
    """Buffers `rows` (u32) and `distances` (f32, cosine distance), nearest first; fewer than k if there are no more."""

    row: int
    buffers: list[Buffer]


class SelectParams(TypedDict):
    """Replace the selection by buffer `mask` (bits).

    Whoever picks images among those the grid shows keeps them there: buffer `shown` (bits) then holds what it shows.
    Without it the grid shows the selection, or all rows when that is empty.
    """

    buffers: list[Buffer]


class SelectAnswer(TypedDict):
    revision: int
    count: int


class Nothing(TypedDict):
    pass


class SelectionAnswer(TypedDict):
    """The selection: buffer `mask` (bits), and `shown` (bits) as in `select`."""

    revision: int
    count: int
    buffers: list[Buffer]


class TagParams(TypedDict):
    """Add or remove a tag on the rows of buffer `mask` (bits)."""

    tag: str
    action: Literal["add", "remove"]
    buffers: list[Buffer]


class ChangedAnswer(TypedDict):
    """How many rows changed, and what was done in words."""

    changed: int
    said: str


class CancelRunParams(TypedDict):
    run: str


class RetryRunParams(TypedDict):
    run: str


class FailuresParams(TypedDict):
    """At most `limit` failures are listed."""

    limit: int


class Failure(TypedDict):
    row: int
    name: str
    reason: str


class FailuresAnswer(TypedDict):
    total: int
    failures: list[Failure]


class MissingParams(TypedDict):
    """At most `limit` missing images are listed."""

    limit: int


class Missing(TypedDict):
    """seen: when its file was last there, in seconds since 1970."""

    name: str
    tags: list[str]
    seen: float


class MissingAnswer(TypedDict):
    total: int
    missing: list[Missing]


class ProjectParams(TypedDict):
    """Show the layout that `method` makes in `dims` dimensions, computed first, as a run, where it is not there.

    `method` may carry parameters, "umap n_neighbors=30 seed=1". With a buffer `mask` (bits) only these rows are laid
    out, on their own. `anew`: computed even where it is there, so that images added since have a part in it.
    """

    method: str
    dims: Literal[2, 3]
    anew: NotRequired[bool]
    buffers: NotRequired[list[Buffer]]


class ProjectAnswer(TypedDict):
    """Its name; `layout_name` says when it is on show."""

    name: str


class CancelParams(TypedDict):
    """Take back the question `id` of the same client."""

    id: int


# question -> (params, answer)
QUESTIONS = {
    "column": (ColumnParams, ColumnAnswer),
    "layout": (LayoutParams, LayoutAnswer),
    "thumbs": (ThumbsParams, ThumbsAnswer),
    "picture": (PictureParams, PictureAnswer),
    "details": (DetailsParams, DetailsAnswer),
    "neighbours": (NeighboursParams, NeighboursAnswer),
    "failures": (FailuresParams, FailuresAnswer),
    "missing": (MissingParams, MissingAnswer),
    "selection": (Nothing, SelectionAnswer),
    "select": (SelectParams, SelectAnswer),
    "tag": (TagParams, ChangedAnswer),
    "undo": (Nothing, ChangedAnswer),
    "redo": (Nothing, ChangedAnswer),
    "cancel_run": (CancelRunParams, Nothing),
    "retry_run": (RetryRunParams, Nothing),
    "project": (ProjectParams, ProjectAnswer),
    "rank": (RankParams, RankAnswer),
    "to_round": (ToRoundParams, Nothing),
    "start_fresh": (Nothing, Nothing),
    "part_picture": (PartPictureParams, PartPictureAnswer),
    "encoder_choices": (Nothing, EncoderChoicesAnswer),
    "add_encoder": (AddEncoderParams, AddEncoderAnswer),
    "compare_encoders": (CompareEncodersParams, CompareEncodersAnswer),
    "reconstructions": (ReconstructionsParams, ReconstructionsAnswer),
    "cancel": (CancelParams, Nothing),
    "measure_layout": (MeasureParams, MeasureAnswer),
    "keep_column": (MeasureParams, KeptColumnAnswer),
    "count_clusters": (ClusterParams, ClusterCounts),
    "cluster": (FindClustersParams, ClusterAnswer),
    "clusters": (Nothing, ClustersAnswer),
    "rename_cluster": (RenameClusterParams, SaidAnswer),
    "merge_clusters": (MergeClustersParams, SaidAnswer),
    "step_clusters": (StepClustersParams, SaidAnswer),
}

MAX_THUMBS = 256
