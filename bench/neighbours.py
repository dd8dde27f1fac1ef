"""From which size on an approximate search for the 15 nearest of every image is worth it, its start counted in.

    uv run --with usearch --with hnswlib --with faiss-cpu python bench/neighbours.py --rows 10000 50000 200000
    python bench/neighbours.py --rows 20000 --only exact pynndescent

Each figure is of a process of its own on all threads, from the import on; its recall is the share of the true 15
nearest of 500 random images that was found. The vectors are --vectors of bench/structure.py: "clouds" overlap so much
that their neighbours have some 20 dimensions, "nested" has groups within groups of unequal size and about 10; the
packaged EfficientNet-Lite0 lies between (16, on 2,477 drawings).
    exact         `pointillist.neighbours.neighbours`
    lists         `pointillist.approximate.nearly_neighbours`, what a collection uses from EXACT_UP_TO images on
    product       the matrix product alone that an exact search cannot do without
    faiss-flat    IndexFlatIP, exact too
    faiss-ivf     inverted lists, 16 of 2 · √n looked into
    hnswlib       M = 16, ef_construction = 100, ef = 64; with --alone on one thread, as a second run that is to give
                  the same answer has to be
    usearch       its defaults, likewise
    pynndescent   its defaults and a seed
Peers that are not installed are left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from structure import VECTORS

K = 15
SAMPLE = 500
Way = Callable[[np.ndarray, int], np.ndarray | None]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, nargs="+", default=[10_000, 50_000, 200_000])
    arguments.add_argument("--vectors", choices=list(VECTORS), default="clouds")
    arguments.add_argument("--dims", type=int, default=512)
    arguments.add_argument("--only", nargs="*", choices=list(WAYS), default=list(WAYS))
    arguments.add_argument("--alone", action="store_true", help="the approximate ones on one thread")
    arguments.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    threads = 1 if options.alone else 0
    if options.child is not None:
        print(json.dumps(measured(options.child[0], Path(options.child[1]), threads)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        for n in options.rows:
            np.save(Path(scratch) / "x.npy", VECTORS[options.vectors](n, options.dims))
            for way in options.only:
                needs = way.partition("-")[0]
                if way not in ("exact", "lists", "product") and find_spec(needs) is None:
                    continue
                command = [sys.executable, __file__, "--child", way, scratch, *(["--alone"] if options.alone else [])]
                said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                found = json.loads(said.splitlines()[-1])
                recall = "" if found["recall"] is None else f"recall@{K} {found['recall']:.3f}"
                print(f"{n:9,} × {options.dims} {way:12} {found['s']:8.2f} s  {recall}", flush=True)


def measured(way: str, scratch: Path, threads: int) -> dict[str, float | None]:
    """One way, timed in this process."""
    x = np.load(scratch / "x.npy")
    began = time.perf_counter()
    rows = WAYS[way](x, threads)
    return {"s": time.perf_counter() - began, "recall": None if rows is None else recall(x, rows)}


def recall(x: np.ndarray, rows: np.ndarray) -> float:
    """The share of the true nearest of some rows that is among those found."""
    some = np.random.default_rng(0).choice(len(x), min(SAMPLE, len(x)), replace=False)
    alike = x[some] @ x.T
    alike[np.arange(len(some)), some] = -np.inf
    true = np.argpartition(-alike, K, axis=1)[:, :K]
    return float(np.mean([np.isin(one, found).mean() for one, found in zip(true, rows[some], strict=True)]))


def others(rows: np.ndarray) -> np.ndarray:
    """(n, K) of (n, K + 1): without the row itself, or without the last where it is not among them."""
    own = rows == np.arange(len(rows))[:, None]
    own[~own.any(axis=1), -1] = True
    return np.asarray(rows[~own].reshape(len(rows), -1))


def exact(x: np.ndarray, _: int) -> np.ndarray:
    from pointillist.neighbours import neighbours

    return neighbours(x, K).rows


def lists(x: np.ndarray, _: int) -> np.ndarray:
    from pointillist.approximate import nearly_neighbours

    return nearly_neighbours(x, K).rows


def product(x: np.ndarray, _: int) -> None:
    table = np.empty((512, len(x)), np.float32)
    for start in range(0, len(x), 512):
        block = x[start : start + 512]
        np.matmul(block, x.T, out=table[: len(block)])


def faiss_flat(x: np.ndarray, _: int) -> np.ndarray:
    import faiss

    index = faiss.IndexFlatIP(x.shape[1])
    index.add(x)
    return others(index.search(x, K + 1)[1])


def faiss_ivf(x: np.ndarray, _: int) -> np.ndarray:
    import faiss

    lists = int(2 * len(x) ** 0.5)
    index = faiss.index_factory(x.shape[1], f"IVF{lists},Flat", faiss.METRIC_INNER_PRODUCT)
    index.train(x[: lists * 40])
    index.add(x)
    faiss.ParameterSpace().set_index_parameter(index, "nprobe", 16)
    return others(index.search(x, K + 1)[1])


def hnswlib(x: np.ndarray, threads: int) -> np.ndarray:
    from hnswlib import Index

    index = Index("ip", x.shape[1])
    index.init_index(len(x), ef_construction=100, M=16, random_seed=0)
    index.set_num_threads(threads or 2)
    index.add_items(x)
    index.set_ef(64)
    return others(index.knn_query(x, K + 1)[0])


def usearch(x: np.ndarray, threads: int) -> np.ndarray:
    from usearch.index import Index

    index = Index(ndim=x.shape[1], metric="ip", dtype="f32")
    index.add(np.arange(len(x)), x, threads=threads)
    return others(np.asarray(index.search(x, K + 1).keys))


def pynndescent(x: np.ndarray, threads: int) -> np.ndarray:
    from pynndescent import NNDescent

    found = NNDescent(x, "dot", n_neighbors=K + 1, random_state=0, n_jobs=threads or None).neighbor_graph
    return others(found[0])


WAYS: dict[str, Way] = {
    "exact": exact,
    "lists": lists,
    "product": product,
    "faiss-flat": faiss_flat,
    "faiss-ivf": faiss_ivf,
    "hnswlib": hnswlib,
    "usearch": usearch,
    "pynndescent": pynndescent,
}

if __name__ == "__main__":
    main()
