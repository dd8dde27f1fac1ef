"""What the browser asks about encoders: which could be added, to add one, to compare two, how a training goes."""

from __future__ import annotations

from typing import Literal, TypedDict

from pointillist.protocol.buffers import Buffer
from pointillist.protocol.state import EncoderKind

Net = Literal["convolutional", "linear"]


class Suggestion(TypedDict):
    """An encoder one may add, by name: its cost on this machine in words, and whether its weights are here already."""

    name: str
    title: str
    about: str
    here: bool


class EncoderChoicesAnswer(TypedDict):
    """What can be added: models of timm and CLIP by name, and the columns whose values a model can be tuned on."""

    timm: list[Suggestion]
    clip: list[Suggestion]
    columns: list[str]


class AddEncoderParams(TypedDict):
    """Embed with an encoder and show it; one that has to be trained is trained first. What does not concern its kind
    is null.

    model: of timm and CLIP, the name without its family; the timm model that is tuned; of `own`, an encoder that is
    there, a variable of the notebook, or the file of one that was trained; of `given`, a column, a variable or a file
    of vectors.
    checkpoint: a file of weights for a timm model. size: side of its input in pixels, of `pixels` the side. dims: width
    of an autoencoder's vectors. net: its kind. column: the labels to tune on.
    """

    kind: EncoderKind
    model: str | None
    checkpoint: str | None
    size: int | None
    dims: int | None
    net: Net | None
    epochs: int | None
    column: str | None


class AddEncoderAnswer(TypedDict):
    """What it is called; of one that is trained first, the empty string."""

    name: str


class CompareEncodersParams(TypedDict):
    """Make a column of how much each image's neighbours differ between two encoders, and colour by it."""

    a: str
    b: str


class CompareEncodersAnswer(TypedDict):
    column: str


class ReconstructionsParams(TypedDict):
    """Ask for some images and what the autoencoder that is being trained makes of them."""

    most: int


class ReconstructionsAnswer(TypedDict):
    """PNG pictures in buffer `pictures` (u8), one after the other: first the images, then what it makes of them."""

    lengths: list[int]
    buffers: list[Buffer]
