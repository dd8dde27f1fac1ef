"""The encoders as the widget tells of them: those that are there, and those that could be added."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pointillist.encoders import DEFAULT_CLIP, DEFAULT_LIGHT, is_here, lacks_tokeniser
from pointillist.encoders.titles import kind_of, title_of
from pointillist.errors import EncoderError
from pointillist.labels import label_words
from pointillist.protocol.encoders import EncoderChoicesAnswer, Suggestion
from pointillist.protocol.state import EncoderInfo

if TYPE_CHECKING:
    import pandas as pd

    from pointillist.explorer.scene import Scene

LIGHT = {
    DEFAULT_LIGHT: "light, knows everyday things",
    "timm/tf_efficientnet_lite1": "light, looks a little closer",
    "timm/tf_efficientnet_lite2": "light, looks closer still",
    "timm/mobilenetv4_conv_small.e2400_r224_in1k": "the lightest",
    "timm/resnet18.a1_in1k": "light, well known",
    "timm/resnet50.a1_in1k": "two to four times the time of a light one",
    "timm/vit_small_patch14_dinov2.lvd142m": "ten times the time of a light one; sees shapes and parts well",
}
WORDED = {
    DEFAULT_CLIP: "finds images by a sentence; 605 MB",
    "clip/MobileCLIP-S1/datacompdr": "finds images by a sentence; smaller and quicker; 340 MB",
    "clip/ViT-B-16-SigLIP/webli": "finds images by a sentence, more exactly; 813 MB",
}
MOST_CLASSES = {"category": 500, "number": 100}
"""By the kind of a column; of numbers, those that are whole."""


def encoder_infos(scene: Scene) -> list[EncoderInfo]:
    """Every encoder the images were embedded with, in the order of their first run, and what is on its way."""
    collection, n = scene.collection, len(scene.collection)
    running = scene.embedding_now()
    infos: list[EncoderInfo] = []
    for made in collection.embedded.all():
        complete = made.rows + len(collection.lacking(made.fingerprint)) >= n
        infos.append(_info(made.name, made.dims, made.rows, made.seconds, complete, running))
    there = {info["name"] for info in infos}
    for made_elsewhere in map(collection.embedding, collection.own_vectors()):
        rows = int(made_elsewhere.present.sum())
        infos.append(_info(made_elsewhere.name, made_elsewhere.dims, rows, 0.0, True, running))
    if running is not None and running not in there:
        infos.append(_info(running, 0, 0, 0.0, False, running))
    titles = Counter(info["title"] for info in infos)
    seen: Counter[str] = Counter()
    for info in infos:
        title = info["title"]
        if titles[title] > 1:
            seen[title] += 1
            info["title"] = f"{title} ({seen[title]})"
    return infos


def checked_encoder(scene: Scene, given: object) -> str:
    """The name of an encoder that can be shown; a function or a model is known by its name from now on.

    Raises:
        EncoderError: if there is no such encoder.
    """
    collection = scene.collection
    if isinstance(given, str) and given in ("", scene.switching.wanted, collection.encoder_name):
        return given
    if isinstance(given, str) and (given in collection.own_vectors() or collection.embedded.get(given) is not None):
        return given
    if given is None:
        raise EncoderError(f"encoder=None: name one; vectors there are: {collection.names_near('')}")
    try:
        return collection.know(given)  # type: ignore[arg-type]
    except EncoderError as error:
        raise EncoderError(f"{error}; vectors there are: {collection.names_near(str(given))}") from error


def choices(scene: Scene) -> EncoderChoicesAnswer:
    """What can be added in the widget."""
    rates = {made.name: made.rows / made.seconds for made in scene.collection.embedded.all() if made.seconds > 0}

    def suggested(names: dict[str, str]) -> list[Suggestion]:
        made: list[Suggestion] = []
        for name, about in names.items():
            cost = f"; here {rates[name]:,.0f} images/s" if name in rates else ""
            made.append({"name": name, "title": title_of(name), "about": about + cost, "here": is_here(name)})
        return sorted(made, key=lambda one: not one["here"])

    given = scene.collection.images.table
    columns = [
        info["name"]
        for info in scene.columns()
        if info["kind"] in MOST_CLASSES and info["name"] in given and _names_classes(given[info["name"]], info["kind"])
    ]
    label = scene.label
    readable = {name: about for name, about in WORDED.items() if not lacks_tokeniser(name)}
    return {
        "timm": suggested(LIGHT),
        "clip": suggested(readable),
        "columns": sorted(columns, key=lambda name: name != label),
    }


def _names_classes(column: pd.Series[Any], kind: str) -> bool:
    """Whether a model may be tuned on a column: it has at least two classes, of two images on average."""
    import pandas as pd

    if kind == "number" and not pd.api.types.is_integer_dtype(column.convert_dtypes()):
        return False
    return 2 <= label_words(column).nunique() <= min(MOST_CLASSES[kind], len(column) // 2)


def _info(name: str, dims: int, rows: int, seconds: float, complete: bool, running: str | None) -> EncoderInfo:
    return {
        "name": name,
        "title": title_of(name),
        "kind": kind_of(name),
        "dims": dims,
        "rows": rows,
        "seconds": seconds or None,
        "status": "embedding" if name == running else "ready" if complete else "partial",
        "note": _note(name) if kind_of(name) in ("autoencoder", "finetuned") else "",
    }


@lru_cache(64)
def _note(name: str) -> str:
    """What the training was worth."""
    from pointillist.encoders.trained import config_of

    try:
        config = config_of(Path(name.partition("/")[2]))
    except EncoderError:
        return "its file is gone; its vectors are kept"
    if "report" in config:
        return str(config["report"]["summary"])
    losses = config["losses"]
    epochs = f" after {len(losses)} epochs" if len(losses) > 1 else ""
    return f"mean squared error of a pixel {losses[-1]:.4f}{epochs}"
