"""Looking for images like others, or like words: what is asked, and what is in force."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from pointillist.protocol.buffers import Buffer

PartKind = Literal["row", "rows", "text", "image", "box", "vector"]


class QueryPart(TypedDict):
    """One thing that images are to be like, or unlike where `like` is false.

    `text` names it: the sentence, the image, "12 images". `row` is the image of `row` and `box`, else -1. `classes` are
    the names of a classifier's classes that stand for a sentence.
    """

    id: str
    kind: PartKind
    like: bool
    text: str
    row: int
    classes: list[str]


class QueryInfo(TypedDict):
    """What the images are ranked by.

    `id` names the round, 0 is none; `back` and `forward` name those beside it, null at an end. `round`
    counts the rounds that led here. `column` holds the similarity; `reverse`: the least similar come first. `within` is
    how many images are looked at where not all of them are, else null. `note` is what else is to be known of the
    answer, or "".
    """

    id: int
    round: int
    back: int | None
    forward: int | None
    words: str
    parts: list[QueryPart]
    column: str
    reverse: bool
    within: int | None
    note: str


class AskedPart(TypedDict):
    """`id`: a part of an earlier round, else "" and what is asked for.

    row: `row`. rows: a mask in the buffer `buffer` (bits), together one example, their centre. text: `text`.
    image: an encoded image in the buffer `buffer` (u8), called `text`. box: `box` of the image of `row`, x, y, w, h in
    pixels of the original.
    """

    id: str
    kind: PartKind
    like: bool
    text: NotRequired[str]
    row: NotRequired[int]
    box: NotRequired[list[float]]
    buffer: NotRequired[str]


class RankParams(TypedDict):
    """Rank all images: a new round after the one in force. `within`: all images, those of the round before, or those
    of buffer `within` (bits)."""

    parts: list[AskedPart]
    within: Literal["all", "same", "these"]
    buffers: NotRequired[list[Buffer]]


class RankAnswer(TypedDict):
    """The round made, what it asked for in words, and how many images have a vector to compare with."""

    id: int
    words: str
    searched: int


class ToRoundParams(TypedDict):
    """Go to a round that was there before; 0 ends the search and gives the former view back."""

    id: int


class PartPictureParams(TypedDict):
    """Ask for a small picture of an uploaded image or a box."""

    part: str


class PartPictureAnswer(TypedDict):
    """The encoded picture in buffer `picture` (u8)."""

    buffers: list[Buffer]
