"""The answers about encoders: which could be added, adding one, comparing two, how a training goes."""

from __future__ import annotations

from typing import Any

import numpy as np

from pointillist.encoders import encoder
from pointillist.errors import EncoderError
from pointillist.explorer.desk import Buffers, Lane, Question
from pointillist.explorer.encoders import choices
from pointillist.explorer.scene import Scene
from pointillist.wire import pack

Answer = tuple[dict[str, Any], Buffers]
MOST_PICTURES = 12


def encoder_choices(scene: Scene, _: Question) -> Answer:
    return {**choices(scene)}, []


def add_encoder(scene: Scene, question: Question) -> Answer:
    params: Any = question.params
    kind, model = params["kind"], (params["model"] or "").strip()
    if kind == "autoencoder":
        scene.training.autoencoder(params)
        return {"name": ""}, []
    if kind == "finetuned":
        scene.training.finetuned(params)
        return {"name": ""}, []
    if kind == "pixels":
        name = encoder(f"pixels/{params['size']}").name
    elif kind in ("timm", "clip"):
        if not model:
            raise EncoderError("name a model first")
        spec = model if model.startswith(f"{kind}/") else f"{kind}/{model}"
        name = encoder(spec, size=params["size"]).name
    else:  # one that is there, to go on with
        name = model
    scene.switching.to(name)
    return {"name": name}, []


def compare_encoders(scene: Scene, question: Question) -> Answer:
    return {"column": scene.compare(question.params["a"], question.params["b"])}, []


def reconstructions(scene: Scene, question: Question) -> Answer:
    pictures = scene.training.reconstructions(max(1, min(MOST_PICTURES, question.params["most"])))
    about, data = pack("pictures", np.frombuffer(b"".join(pictures), np.uint8))
    return {"lengths": [len(picture) for picture in pictures], "buffers": [about]}, [data]


ANSWERS: dict[str, tuple[Lane, Any]] = {
    "encoder_choices": ("soon", encoder_choices),
    "add_encoder": ("soon", add_encoder),
    "compare_encoders": ("soon", compare_encoders),
    "reconstructions": ("soon", reconstructions),
}
