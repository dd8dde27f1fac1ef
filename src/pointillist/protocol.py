"""The wire between kernel and browser, written once: traits, columns, messages, bytes.

`protocol_ts.py` prints the TypeScript half of this file to `js/src/protocol.gen.ts`.

Three lanes. A *trait* is small state that survives a reload. A *column* is anything of length n: it is
asked for with a message and travels as bytes. A *message* is a question or an action with an id.

Envelopes (JSON part of a custom message; bytes ride as the message's top-level buffers):

    browser -> kernel   {"protocol": 1, "client": "k3f9…", "id": 7, "ask": "column", "params": {…}}
    kernel -> browser   {"client": "k3f9…", "id": 7, "answer": {…}}          exactly one of these two
                        {"client": "k3f9…", "id": 7, "error": {…}}           for every question
    kernel -> browser   {"event": "selection", "params": {…}}                to every view

A question can be taken back with the question `cancel`; its answer is then an error of kind `cancelled`.
Every `params`, `answer` and event that carries bytes lists them in `buffers`, in the order of the message's buffers;
the receiver checks dtype, shape and byte length before use. All numbers are little-endian.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

PROTOCOL_VERSION = 1


DType = Literal["u8", "u16", "u32", "f32", "bits"]
"""Element types on the wire. `bits` is a row mask: bit r % 8 (least significant first) of byte r // 8 is row r;
its shape is [n] and its length is ceil(n / 8) bytes with the spare bits 0."""


class Buffer(TypedDict):
    """What one buffer of a message holds."""

    name: str
    dtype: DType
    shape: list[int]


ColumnKind = Literal["category", "number", "tags", "text"]


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

    Those of one `method`, in the plane and in space, are each other's twins.
    """

    name: str
    title: str
    method: str
    encoder: str
    dims: Literal[2, 3]
    revision: int
    placed: int
    status: Literal["growing", "ready"]


class Run(TypedDict):
    """A piece of work in the kernel. `total` is 0 while unknown; `rate` is in images per second."""

    id: str
    name: str
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
    shows the rows with one of its tags. Numbers: those below `low` or above `high`, compared as float32; null is no
    bound.
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
    `camera` is where a map that is shown anew looks, null for all points: the last movement in any view.
    """

    protocol: int
    source: str
    n: int
    failures: int
    notice: str
    encoder: str
    columns: list[ColumnInfo]
    layouts: list[LayoutInfo]
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
    point_size: float | None
    point_opacity: float | None
    density: float | None


BROWSER_WRITES = (
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
    "point_size",
    "point_opacity",
    "density",
)
"""Traits the browser sets; all others it only reads."""


class ColumnParams(TypedDict):
    name: str


class ColumnAnswer(TypedDict):
    """One column of length n.

    category: buffer `codes` u8, u16 or u32 of shape [n]; 0 = missing, c = categories[c - 1].
    number: buffer `values` f32 of shape [n], NaN = missing; `low` and `high` are the finite extremes or null.
    tags: one `bits` buffer per tag, in the order of `categories`.
    """

    name: str
    kind: ColumnKind
    revision: int
    categories: list[str]
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


class ProjectParams(TypedDict):
    """Show the layout that `method` makes in `dims` dimensions, computed first, as a run, where it is not there."""

    method: str
    dims: Literal[2, 3]


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
    "selection": (Nothing, SelectionAnswer),
    "select": (SelectParams, SelectAnswer),
    "tag": (TagParams, ChangedAnswer),
    "undo": (Nothing, ChangedAnswer),
    "redo": (Nothing, ChangedAnswer),
    "cancel_run": (CancelRunParams, Nothing),
    "retry_run": (RetryRunParams, Nothing),
    "project": (ProjectParams, ProjectAnswer),
    "cancel": (CancelParams, Nothing),
}

MAX_THUMBS = 256


class SelectionEvent(TypedDict):
    """The selection changed: buffers as in `select`. `client` made the change, "" when it came from Python."""

    revision: int
    count: int
    client: str
    buffers: list[Buffer]


class CameraEvent(TypedDict):
    """Python moved the camera: every view goes there, to all points on null."""

    camera: Camera | None


EVENTS = {"selection": SelectionEvent, "camera": CameraEvent}

ErrorKind = Literal["protocol", "asked", "cancelled", "failed"]
"""protocol: versions differ or the message is malformed; asked: the question cannot be answered (its text says why);
cancelled: taken back; failed: a defect or a broken machine, with the traceback in `detail`."""


class ErrorBody(TypedDict):
    kind: ErrorKind
    message: str
    detail: str


class Ask(TypedDict):
    """Envelope, browser to kernel."""

    protocol: int
    client: str
    id: int
    ask: str
    params: dict[str, object]


class Reply(TypedDict):
    """Envelope, kernel to browser."""

    client: NotRequired[str]
    id: NotRequired[int]
    answer: NotRequired[dict[str, object]]
    error: NotRequired[ErrorBody]
    event: NotRequired[str]
    params: NotRequired[dict[str, object]]
