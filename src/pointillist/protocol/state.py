"""Small state: what the traits hold."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from pointillist.protocol.search import QueryInfo

ColumnKind = Literal["category", "number", "tags", "text"]
EncoderKind = Literal["timm", "clip", "pixels", "autoencoder", "finetuned", "given", "own"]


class ColumnInfo(TypedDict):
    """One column of the collection's table. `text` columns are shown in details only and never travel whole.

    `form` says what numbers stand for: dates are days since 1970-01-01 UTC, durations are days.
    """

    name: str
    kind: ColumnKind
    revision: int
    description: str
    form: NotRequired[Literal["date", "duration"]]


class LayoutInfo(TypedDict):
    """One layout of the points. While `growing`, rows without a position yet are NaN.

    Those of one `method`, in the plane and in space, are each other's twins. `added` images were placed in it since it
    was made.
    """

    name: str
    title: str
    method: str
    encoder: str
    dims: Literal[2, 3]
    revision: int
    placed: int
    status: Literal["growing", "ready"]
    added: int


class EncoderInfo(TypedDict):
    """One encoder the images were embedded with: `rows` have a vector, `seconds` is what all its runs took, null where
    nobody measured it. Of a `partial` one the run was stopped; an `embedding` one is at work. `note` says in words what
    its training was worth.
    """

    name: str
    title: str
    kind: EncoderKind
    dims: int
    rows: int
    seconds: float | None
    status: Literal["ready", "partial", "embedding"]
    note: str


class Training(TypedDict):
    """The training that goes on, or ended last. `losses` has one number for each epoch, on images not trained on.

    `before` and `after` are the shares of held-out images whose label most of their nearest carry, of an encoder tuned
    on labels; null until they are known, and for others. `said` sums up in words what it was worth.
    """

    kind: Literal["autoencoder", "finetuned"]
    run: str
    title: str
    epochs: int
    losses: list[float]
    before: float | None
    after: float | None
    said: str


RunKind = Literal["embedding", "loading", "other"]


class Run(TypedDict):
    """A piece of work in the kernel. `total` is 0 while unknown; `rate` is in images per second, of `embedding` alone.
    A search may wait for a `loading` one, which loads a model."""

    id: str
    name: str
    kind: RunKind
    state: Literal["running", "done", "failed", "cancelled"]
    done: int
    total: int
    rate: float | None
    eta_s: float | None
    message: str
    detail: str


class TagInfo(TypedDict):
    """One tag and how many rows carry it."""

    name: str
    count: int


class HistoryInfo(TypedDict):
    """What undo and redo would do now, in words; null when there is nothing."""

    undo: str | None
    redo: str | None


class SelectionInfo(TypedDict):
    """State of the selection; its mask is asked for with `selection`."""

    revision: int
    count: int


class Filter(TypedDict):
    """Which rows of one column are hidden; several filters hide what any of them hides.

    Categories and tags: all in `hide`, or all but those in `keep`; a row with one hidden tag is hidden, and `keep`
    shows the rows with one of its tags. Numbers: those below `low` or above `high`, compared as float32, where null is
    no bound; or all of them, by an empty `keep`.
    `missing`: whether rows without a value are hidden.
    """

    column: str
    hide: NotRequired[list[str]]
    keep: NotRequired[list[str]]
    low: NotRequired[float | None]
    high: NotRequired[float | None]
    missing: bool


class Camera(TypedDict):
    """Where a map of the layout `layout` looks.

    Data position (x, y, z) stands in the middle, and `span` data units lie along the shorter side of the pane there.
    `yaw` turns the points about the vertical axis, `pitch` then tips them towards the viewer, in radians; both 0 is
    straight on.
    """

    layout: str
    x: float
    y: float
    z: float
    span: float
    yaw: float
    pitch: float


class ColorScale(TypedDict):
    """How numbers become colours: evenly, by their logarithm, or so that each colour has as many rows."""

    kind: Literal["linear", "log", "quantile"]
    reversed: bool


class Traits(TypedDict):
    """Small state. Written by the kernel only, unless BROWSER_WRITES names it.

    `palette` holds colours chosen by hand, column -> category -> "#rrggbb". `card_columns` are the columns that the
    card of a hovered point tells; null: the one that the points are coloured by.

    `layout_name` is the layout on show; the word `layout` is taken: ipywidgets keeps every widget's CSS box in it.
    `point_size` (CSS pixels), `point_opacity` and `density` (0 = none … 1 = most) are null where the map chooses.
    `missing` counts the images that were there before and whose files are gone.
    `encoder` is the one on show, by name: set to another, the kernel makes its vectors and its layout, where they are
    not there, and sets it back when that fails or is cancelled.
    `comm_id` names the model among those of ipywidgets.
    `missing_ways`: projections that cannot be made here, method -> why not.
    `camera` is where a map that is shown anew looks, null for all points: the last movement in any view.
    `restored`: what is shown is the view that the notebook had before its kernel was restarted; false once the user
    has taken note of it.
    """

    protocol: int
    comm_id: str
    source: str
    n: int
    failures: int
    missing: int
    notice: str
    encoder: str
    encoders: list[EncoderInfo]
    training: Training | None
    columns: list[ColumnInfo]
    layouts: list[LayoutInfo]
    missing_ways: dict[str, str]
    tags: list[TagInfo]
    runs: list[Run]
    history: HistoryInfo
    selected: SelectionInfo
    layout_name: str | None
    color_by: str | None
    filters: list[Filter]
    live_selection: bool
    palette: dict[str, dict[str, str]]
    color_scale: ColorScale
    card_columns: list[str] | None
    sort_by: str | None
    sort_descending: bool
    thumb_px: int
    height_px: int
    camera: Camera | None
    picture_px: int
    names_shown: bool
    tags_shown: bool
    point_size: float | None
    point_opacity: float | None
    density: float | None
    restored: bool
    query: QueryInfo


BROWSER_WRITES = (
    "encoder",
    "layout_name",
    "color_by",
    "filters",
    "live_selection",
    "palette",
    "color_scale",
    "card_columns",
    "sort_by",
    "sort_descending",
    "thumb_px",
    "height_px",
    "camera",
    "picture_px",
    "names_shown",
    "tags_shown",
    "point_size",
    "point_opacity",
    "density",
    "restored",
)
"""Traits the browser sets; all others it only reads."""
