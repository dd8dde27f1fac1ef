"""From vectors to a first picture and to the finished map, beside umap-learn as one would call it.

    python bench/structure.py                              10,000, 50,000 and 200,000 rows of width 512
    python bench/structure.py --rows 10000 --only pca ours clusters
    python bench/structure.py --rows 30000 --vectors nested --only tsne tsne91 pacmap pacmap-own

Each figure is of a process of its own, started for it; its imports and compiling count.
    pca        vectors in memory -> PCA picture (without the start of the process)
    ours       neighbours, PCA, UMAP: what `Collection.project("umap")` does, its own process included
    umap       umap.UMAP(metric="cosine").fit(x), from `import umap` on
    clusters   communities of the graph that is there then
    quality    trustworthiness and kept neighbours of the UMAP map
    tsne       t-SNE of the graph of 15 that all else reads, each counting the same
    tsne91     t-SNE with a perplexity of 30, from a graph of 91
    pacmap     PaCMAP of the graph of 15
    pacmap-own the package alone with its own search
The last four, which are run where they are named, tell trustworthiness and kept neighbours of their maps, beside time.
Seconds, and the largest resident memory of the process and its children together in MB. The vectors are 50 overlapping
clouds, or with --vectors nested groups within groups of unequal size, or those of a .npy file. From EXACT_UP_TO rows on
neighbours are not quite exact, as in a collection, and their recall is printed; --exact looks at all pairs.
At the end: clusters of digits (and of --folder, embedded with the default encoder) against their labels, as adjusted
mutual information, beside scikit-learn on the same vectors. 200,000 rows take about ten minutes, most of
them umap-learn's.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from memory import Memory

WAYS = ("pca", "ours", "umap", "clusters", "quality")
OTHER_MAPS = ("tsne", "tsne91", "pacmap", "pacmap-own")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, nargs="*", default=[10_000, 50_000, 200_000])
    arguments.add_argument("--vectors", default="clouds", help=f"{', '.join(VECTORS)} or a .npy file (n, d)")
    arguments.add_argument("--exact", action="store_true")
    arguments.add_argument("--dims", type=int, default=512)
    arguments.add_argument("--only", nargs="*", choices=WAYS + OTHER_MAPS, default=WAYS)
    arguments.add_argument("--folder", type=Path, help="images in a folder per label")
    arguments.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.child is not None:
        print(json.dumps(measured(options.child[0], Path(options.child[1]), options.exact)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        for n in options.rows:
            made = VECTORS.get(options.vectors)
            x = np.load(options.vectors)[:n] if made is None else made(n, options.dims)
            n, width = x.shape
            np.save(Path(scratch) / "x.npy", x)
            for way in options.only:
                command = [sys.executable, __file__, "--child", way, scratch, *(["--exact"] if options.exact else [])]
                said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                found = json.loads(said.splitlines()[-1])
                print(
                    f"{n:9,} × {width} {way:10} {found['s']:8.2f} s {found['mb']:8,.0f} MB  {found['note']}",
                    flush=True,
                )
    agreement("digits", *digits())
    if options.folder is not None:
        agreement(str(options.folder), *embedded(options.folder))


def clouds(n: int, d: int) -> np.ndarray:
    """(n, d) float32 of unit length in 50 overlapping clouds of low dimension, as embeddings of images are."""
    rng = np.random.default_rng(0)
    centres, spread = rng.standard_normal((50, d)), rng.standard_normal((20, d))
    x = centres[rng.integers(0, 50, n)] + rng.standard_normal((n, 20)) @ spread * 0.7
    x = (x + 0.3 * rng.standard_normal((n, d))).astype(np.float32)
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True))


def nested(n: int, d: int) -> np.ndarray:
    """(n, d) float32 of unit length in 1,000 unequal groups, these in 30, each with 12 dimensions of its own."""
    rng = np.random.default_rng(0)
    above = rng.integers(0, 30, 1000)
    centres = rng.standard_normal((30, d))[above] + 0.8 * rng.standard_normal((1000, d))
    share, spread = 1 / np.arange(1, 1001) ** 0.7, rng.standard_normal((30, 12, d)) / 12**0.5 * 0.8
    which = rng.choice(1000, n, p=share / share.sum())
    x = np.empty((n, d), np.float32)
    for start in range(0, n, 8192):
        some = which[start : start + 8192]
        inside = np.einsum("ij,ijd->id", rng.standard_normal((len(some), 12)), spread[above[some]], optimize=True)
        x[start : start + 8192] = centres[some] + inside + 0.15 * rng.standard_normal((len(some), d))
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True))


VECTORS = {"clouds": clouds, "nested": nested}


def measured(way: str, scratch: Path, exact: bool) -> dict[str, Any]:
    """One way, timed in this process."""
    x = np.load(scratch / "x.npy")
    ways: dict[str, Callable[[np.ndarray, Path], tuple[float, str]]] = {
        "pca": pca_picture,
        "ours": all_pairs if exact else ours,
        "umap": plain_umap,
        "clusters": clusters,
        "quality": judged,
        "tsne": lambda x, _: other_map(x, "tsne", 15, perplexity=None),
        "tsne91": lambda x, _: other_map(x, "tsne", 91, perplexity=30),
        "pacmap": lambda x, _: other_map(x, "pacmap", 15),
        "pacmap-own": lambda x, _: plain_pacmap(x),
    }
    memory = Memory(every_s=0.1)
    memory.measuring.set()
    seconds, note = ways[way](x, scratch)
    return {"s": seconds, "mb": memory.peak_mb, "note": note}


def pca_picture(x: np.ndarray, _: Path) -> tuple[float, str]:
    from pointillist.analysis.projection import pca

    began = time.perf_counter()
    pca(x)
    return time.perf_counter() - began, ""


def all_pairs(x: np.ndarray, scratch: Path) -> tuple[float, str]:
    return ours(x, scratch, exact=True)


def ours(x: np.ndarray, scratch: Path, exact: bool = False) -> tuple[float, str]:
    began = time.perf_counter()
    from pointillist.analysis.projection import pca
    from pointillist.analysis.umap_process import UmapProcess
    from pointillist.approximate import found_neighbours

    with UmapProcess() as process:
        graph = found_neighbours(x, 15, exact=exact or None)
        found = time.perf_counter() - began
        xy = process.layout(graph, pca(x))
    took = time.perf_counter() - began
    np.savez(scratch / "graph.npz", rows=graph.rows, distances=graph.distances, xy=xy)
    return took, f"neighbours after {found:.2f} s, recall {graph.recall:.3f}"


def other_map(x: np.ndarray, method: Any, k: int, **options: Any) -> tuple[float, str]:
    began = time.perf_counter()
    from pointillist.analysis.pacmap_layout import WIDTH
    from pointillist.analysis.projection import pca
    from pointillist.analysis.umap_process import UmapProcess
    from pointillist.approximate import found_neighbours

    with UmapProcess(method) as process:
        graph = found_neighbours(x, k)
        narrow = pca(x, min(WIDTH, x.shape[1])) if method == "pacmap" else None
        xy = process.layout(graph, pca(x), x=narrow, **options)
    return time.perf_counter() - began, kept_by(x, xy)


def plain_pacmap(x: np.ndarray) -> tuple[float, str]:
    began = time.perf_counter()
    from pacmap import PaCMAP

    xy = PaCMAP(n_neighbors=None).fit_transform(x / np.linalg.norm(x, axis=1, keepdims=True))
    return time.perf_counter() - began, kept_by(x, xy)


def kept_by(x: np.ndarray, xy: np.ndarray) -> str:
    from pointillist.analysis.quality import quality
    from pointillist.approximate import found_neighbours

    return repr(quality(x, found_neighbours(x, 15), xy))


def plain_umap(x: np.ndarray, _: Path) -> tuple[float, str]:
    began = time.perf_counter()
    import umap

    umap.UMAP(metric="cosine").fit(x)
    return time.perf_counter() - began, ""


def clusters(_: np.ndarray, scratch: Path) -> tuple[float, str]:
    graph, _xy = kept(scratch)
    began = time.perf_counter()
    from pointillist.analysis.clusters import communities

    labels = communities(graph)
    return time.perf_counter() - began, f"{labels.max() + 1} communities"


def judged(x: np.ndarray, scratch: Path) -> tuple[float, str]:
    from pointillist.analysis.quality import quality

    graph, xy = kept(scratch)
    began = time.perf_counter()
    found = quality(x, graph, xy)
    return time.perf_counter() - began, repr(found)


def kept(scratch: Path) -> tuple[Any, np.ndarray]:
    from pointillist.neighbours import Neighbours

    with np.load(scratch / "graph.npz") as file:
        return Neighbours(file["rows"], file["distances"]), file["xy"]


def digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    x, labels = load_digits(return_X_y=True)
    return x.astype(np.float32), labels


def embedded(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    import pandas as pd

    from pointillist import Collection

    with Collection(folder) as c:
        x = c.embed()
        there = np.isfinite(x).all(axis=1)
        return x[there], pd.factorize(c.table["label"])[0][there]


def agreement(name: str, x: np.ndarray, labels: np.ndarray) -> None:
    """Print how well clusters agree with labels, ours and scikit-learn's."""
    from sklearn.cluster import HDBSCAN, KMeans
    from sklearn.metrics import adjusted_mutual_info_score

    from pointillist.analysis import clusters as ways
    from pointillist.neighbours import neighbours, unit_length

    unit, graph, count = unit_length(x), neighbours(x, 15), len(np.unique(labels))
    size = max(5, round(len(x) ** 0.5 / 2))
    least = ways.NEIGHBOURS_FOR_CORE + 1  # scikit-learn counts the image itself too, unless the graph is given
    found: dict[str, Callable[[], np.ndarray]] = {
        "communities": lambda: ways.communities(graph),
        "HDBSCAN": lambda: ways.hdbscan(graph, x, size),
        "k-means": lambda: ways.kmeans(x, count),
        "HDBSCAN, scikit-learn": lambda: HDBSCAN(min_cluster_size=size, min_samples=least, copy=True).fit_predict(unit),
        "k-means, scikit-learn": lambda: KMeans(count, n_init=3, random_state=0).fit_predict(unit),
    }
    for way, make in found.items():
        began = time.perf_counter()
        made = make()
        seconds, score = time.perf_counter() - began, adjusted_mutual_info_score(labels, made)
        print(f"{name:20} {way:22} {made.max() + 1:4} clusters, mutual information {score:.3f}, {seconds:6.2f} s")


if __name__ == "__main__":
    main()
