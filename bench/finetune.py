"""What training on one's own images is worth: held-out neighbour accuracy of pixels, an autoencoder, a pretrained model
and that model fine-tuned, all on the same images.

    python bench/finetune.py                                   digits and textile, three seeds each
    python bench/finetune.py --clipart data/clipart            drawings in folders by subject too
    python bench/finetune.py --sets digits --labelled 200 --seeds 5

Of each set so many images are labelled, and classes are as unequal as in life: the rarest has a quarter of the most
frequent one's images. Others, as many of each class as there are, are held out: no training sees them. Accuracy is the
share of those whose label most of their 5 nearest labelled images carry. Behind the mean over the seeds, each with a
draw of its own, stands its 95 % interval (images drawn again 2,000 times); the last lines compare two encoders image by
image.
    pixels pca        64 principal components of 64 × 64 pixels
    autoencoder       64 numbers, trained on labelled and held-out images alike, without labels
    lite0, lite0 64   EfficientNet-Lite0's 1,280 numbers at --size px, and their first 64 principal components
    finetuned, …64    the same after `pointillist.finetune` on the labelled images
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from encoders import Labelled, by_folder, digits, textile

import pointillist as pt
from pointillist.analysis.projection import pca
from pointillist.neighbours import unit_length

K = 5
DRAWS = 2000
RAREST = 0.25
PAIRS = (
    ("finetuned", "lite0"),
    ("finetuned 64", "lite0 64"),
    ("autoencoder", "pixels pca"),
    ("autoencoder", "lite0 64"),
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--clipart", type=Path)
    arguments.add_argument("--sets", nargs="+", choices=("digits", "textile", "drawings"))
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--labelled", type=int, default=300)
    arguments.add_argument("--held-out", type=int, default=400)
    arguments.add_argument("--epochs", type=int, default=10, help="of the fine-tuning, at most")
    arguments.add_argument("--autoencoder-epochs", type=int, default=15)
    arguments.add_argument("--size", type=int, default=96, help="side of the model's input in pixels")
    options = arguments.parse_args()
    sets = {"digits": digits, "textile": lambda: by_folder(textile())}
    if options.clipart:
        sets["drawings"] = lambda: by_folder(options.clipart)
    for name, read in sets.items():
        if options.sets is None or name in options.sets:
            report(name, [one_draw(name, read(), seed, options) for seed in range(options.seeds)])


def one_draw(name: str, labelled: Labelled, seed: int, options: argparse.Namespace) -> dict[str, np.ndarray]:
    """(r,) bool for each encoder: which of the held-out images have the right neighbours."""
    images, words = labelled
    labels = np.unique(words, return_inverse=True)[1]
    known, held = drawn(labels, options.labelled, options.held_out, np.random.default_rng(seed))
    rows = np.concatenate([known, held])
    c = collection([images[row] for row in rows], labels[rows], len(known))
    right: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as scratch, c:
        aside = Path(scratch)
        base = pt.encoder("timm/tf_efficientnet_lite0", size=options.size)
        linear = pt.train_autoencoder(c, kind="linear", dims=64, size=64, path=aside / "pca.safetensors")
        coder = pt.train_autoencoder(
            c, dims=64, epochs=options.autoencoder_epochs, seed=seed, path=aside / "auto.safetensors"
        )
        began = time.perf_counter()
        tuned = pt.finetune(c, base, label="known", epochs=options.epochs, seed=seed, path=aside / "tuned.safetensors")
        took = time.perf_counter() - began
        for way, model in (("pixels pca", linear), ("autoencoder", coder), ("lite0", base), ("finetuned", tuned)):
            x = c.embed(model)
            right[way] = of_right_label(x, labels[rows], len(known))
            if x.shape[1] > 64:
                right[f"{way} 64"] = of_right_label(pca(x, 64), labels[rows], len(known))
    said = ", ".join(f"{way} {found.mean():.3f}" for way, found in right.items())
    print(f"{name} seed {seed}, {len(known)} labelled, {len(held)} held out: {said}", flush=True)
    print(
        f"    fine-tuned in {took:.0f} s, epochs kept {tuned.report['epochs']}: {tuned.report['summary']}", flush=True
    )
    return right


def drawn(labels: np.ndarray, known: int, held: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows to be labelled, their classes unequal, and other rows, their classes as they are."""
    classes = rng.permutation(np.unique(labels))
    share = RAREST ** np.linspace(0, 1, len(classes))
    some: list[int] = []
    for label, wanted in zip(classes, known * share / share.sum(), strict=True):
        rows = rng.permutation(np.flatnonzero(labels == label))
        some.extend(rows[: max(2, min(round(wanted), len(rows) * 2 // 3))].tolist())
    others = rng.permutation(np.setdiff1d(np.arange(len(labels)), some))[:held]
    return np.array(some), others


def collection(images: list[Any], labels: np.ndarray, known: int) -> pt.Collection:
    """The images in memory; the column `known` holds the labels of the first so many."""
    import pandas as pd

    told = pd.Series(labels, dtype="Int64")
    told.iloc[known:] = pd.NA
    return pt.Collection(
        pd.DataFrame({"image": pd.Series(images, dtype=object), "known": told}), image="image", store=None
    )


def of_right_label(x: np.ndarray, labels: np.ndarray, known: int) -> np.ndarray:
    """(r,) bool: whether most of the K nearest of the first `known` rows carry the label of each later row; ties go to
    the nearer ones, rows without a vector are wrong."""
    unit = unit_length(np.nan_to_num(x))
    nearest = np.argsort(-(unit[known:] @ unit[:known].T), axis=1, kind="stable")[:, :K]
    votes = np.zeros((len(nearest), int(labels.max()) + 1))
    for rank in range(K):
        np.add.at(votes, (np.arange(len(votes)), labels[nearest[:, rank]]), 1 - rank * 1e-3)
    return np.asarray((votes.argmax(axis=1) == labels[known:]) & np.isfinite(x[known:]).all(axis=1))


def report(name: str, seeds: list[dict[str, np.ndarray]]) -> None:
    """Print each encoder's mean over the seeds, and the differences that matter."""
    for way in seeds[0]:
        print(f"{name:9} {way:36} {interval([one[way].astype(float) for one in seeds])}", flush=True)
    for a, b in PAIRS:
        apart = [one[a].astype(float) - one[b] for one in seeds]
        print(f"{name:9} {f'{a} - {b}':36} {interval(apart, sign='+')}", flush=True)


def interval(values: list[np.ndarray], sign: str = "") -> str:
    """The mean of the seeds' means and its 95 % interval, in words."""
    rng = np.random.default_rng(0)
    again = [[one[rng.integers(0, len(one), len(one))].mean() for _ in range(DRAWS)] for one in values]
    low, high = np.percentile(np.mean(again, axis=0), [2.5, 97.5])
    mean = np.mean([one.mean() for one in values])
    return f"{mean:{sign}.3f}  [{low:{sign}.3f}, {high:{sign}.3f}]"


if __name__ == "__main__":
    main()
