"""The answers about encoders: which could be added, adding one, comparing two, how a training goes."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from pointillist.encoders import encoder
from pointillist.encoders.function import FunctionEncoder
from pointillist.encoders.module import ModuleEncoder
from pointillist.errors import EncoderError
from pointillist.explorer.desk import Buffers, Lane, Question
from pointillist.explorer.encoders import choices
from pointillist.explorer.scene import Scene
from pointillist.wire import pack

Answer = tuple[dict[str, Any], Buffers]
MOST_PICTURES = 12
UNNAMED = {
    "own": "name a variable of the notebook, or the file of an encoder that was trained",
    "given": "name a column of the table, a variable of the notebook, or a .npy or Parquet file of vectors",
}


def encoder_choices(scene: Scene, _: Question) -> Answer:
    return {**choices(scene)}, []


def add_encoder(scene: Scene, question: Question) -> Answer:
    params: Any = question.params
    kind, model, collection = params["kind"], (params["model"] or "").strip(), scene.collection
    if not model and kind not in ("autoencoder", "pixels"):
        raise EncoderError(UNNAMED.get(kind, "name a model first"))
    if kind == "autoencoder":
        scene.training.autoencoder(params)
        return {"name": ""}, []
    if kind == "finetuned":
        scene.training.finetuned(params)
        return {"name": ""}, []
    if kind == "given":
        variables = {} if model in collection.images.table.columns else _variables()
        named = model in variables or model in collection.images.table.columns
        name = model if named else _name_of(scene, Path(model).expanduser().resolve())
        collection.add_vectors(name, variables.get(model, model))
        return {"name": name}, []
    if kind == "pixels":
        name = collection.know(f"pixels/{params['size']}")
    elif kind in ("timm", "clip"):
        spec = model if model.startswith(f"{kind}/") else f"{kind}/{model}"
        name = collection.know(encoder(spec, checkpoint=params["checkpoint"], size=params["size"]))
    elif collection.embedded.get(model) is not None:  # one that is there, to go on with
        name = model
    else:
        variables = _variables()
        if model not in variables and "/" not in model and not Path(model).is_file():
            raise EncoderError(f"{model!r} is not a variable of the notebook, nor the file of an encoder")
        made = encoder(variables[model]) if model in variables else model
        if isinstance(made, FunctionEncoder):
            made.name = model  # of lambdas, which are all called the same
        elif isinstance(made, ModuleEncoder):
            made = made.renamed(model)
        name = collection.know(made)
    scene.switching.to(name)
    return {"name": name}, []


def _name_of(scene: Scene, file: Path) -> str:
    """What the vectors in a file are called: as the file, with a number where others are called so."""
    collection, taken = scene.collection, scene.vector_files
    names = (file.stem if number == 1 else f"{file.stem} ({number})" for number in count(1))
    others = {*collection.own_vectors(), *(made.name for made in collection.embedded.all())}
    name = next(name for name in names if taken.get(name) == file or name not in others)
    taken[name] = file
    return name


def _variables() -> dict[str, Any]:
    """Those of the notebook, by name."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return {} if shell is None else shell.user_ns


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
