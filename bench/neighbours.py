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
    faiss-ivf     2 · √n inverted lists, so many of them looked into
    hnswlib       M, ef_construction, ef; with --alone on one thread, as a second run that is to give the same answer
                  has to be
    usearch       connectivity, expansion_add, expansion_search, likewise
    pynndescent   its defaults and a seed
A peer with settings is measured at one after the other, quick ones first, until it finds the share that a collection
is never content with less than (LEAST_RECALL). Peers that are not installed are left out.
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
Setting = tuple[int, ...]
Way = Callable[[np.ndarray, int, Setting], np.ndarray | None]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, nargs="+", default=[10_000, 50_000, 200_000])
    arguments.add_argument("--vectors", choices=list(VECTORS), default="clouds")
    arguments.add_argument("--dims", type=int, default=512)
    arguments.add_argument("--only", nargs="*", choices=list(WAYS), default=list(WAYS))
    arguments.add_argument("--alone", action="store_true", help="the approximate ones on one thread")
    arguments.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    threads = 1 if options.alone else 0
    if options.child is not None:
        way, scratch, *setting = options.child
        print(json.dumps(measured(way, Path(scratch), threads, tuple(map(int, setting)))))
        return
    from pointillist.approximate import LEAST_RECALL

    with tempfile.TemporaryDirectory() as scratch:
        for n in options.rows:
            np.save(Path(scratch) / "x.npy", VECTORS[options.vectors](n, options.dims))
            for way in options.only:
                needs = way.partition("-")[0]
                if way not in ("exact", "lists", "product") and find_spec(needs) is None:
                    continue
                for setting in SETTINGS.get(way, [()]):
                    child = [way, scratch, *map(str, setting)]
                    command = [sys.executable, __file__, *(["--alone"] if options.alone else []), "--child", *child]
                    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                    found = json.loads(said.splitlines()[-1])
                    recall = "" if found["recall"] is None else f"recall@{K} {found['recall']:.3f}"
                    told = f"{way} {' '.join(map(str, setting))}"
                    print(f"{n:9,} × {options.dims} {told:22} {found['s']:8.2f} s  {recall}", flush=True)
                    if found["recall"] is None or found["recall"] >= LEAST_RECALL:
                        break


def measured(way: str, scratch: Path, threads: int, setting: Setting) -> dict[str, float | None]:
    """One way, timed in this process."""
    x = np.load(scratch / "x.npy")
    began = time.perf_counter()
    rows = WAYS[way](x, threads, setting)
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


def exact(x: np.ndarray, *_: object) -> np.ndarray:
    from pointillist.neighbours import neighbours

    return neighbours(x, K).rows


def lists(x: np.ndarray, *_: object) -> np.ndarray:
    from pointillist.approximate import nearly_neighbours

    return nearly_neighbours(x, K).rows


def product(x: np.ndarray, *_: object) -> None:
    table = np.empty((512, len(x)), np.float32)
    for start in range(0, len(x), 512):
        block = x[start : start + 512]
        np.matmul(block, x.T, out=table[: len(block)])


def faiss_flat(x: np.ndarray, *_: object) -> np.ndarray:
    import faiss

    index = faiss.IndexFlatIP(x.shape[1])
    index.add(x)
    return others(index.search(x, K + 1)[1])


def faiss_ivf(x: np.ndarray, _: int, setting: Setting) -> np.ndarray:
    import faiss

    lists = int(2 * len(x) ** 0.5)
    index = faiss.index_factory(x.shape[1], f"IVF{lists},Flat", faiss.METRIC_INNER_PRODUCT)
    index.train(x[: lists * 40])
    index.add(x)
    faiss.ParameterSpace().set_index_parameter(index, "nprobe", setting[0])
    return others(index.search(x, K + 1)[1])


def hnswlib(x: np.ndarray, threads: int, setting: Setting) -> np.ndarray:
    from hnswlib import Index

    links, building, looking = setting
    index = Index("ip", x.shape[1])
    index.init_index(len(x), ef_construction=building, M=links, random_seed=0)
    index.set_num_threads(threads or 2)
    index.add_items(x)
    index.set_ef(looking)
    return others(index.knn_query(x, K + 1)[0])


def usearch(x: np.ndarray, threads: int, setting: Setting) -> np.ndarray:
    from usearch.index import Index

    links, building, looking = setting
    index = Index(
        ndim=x.shape[1], metric="ip", dtype="f32", connectivity=links, expansion_add=building, expansion_search=looking
    )
    index.add(np.arange(len(x)), x, threads=threads)
    return others(np.asarray(index.search(x, K + 1).keys))


def pynndescent(x: np.ndarray, threads: int, _: Setting) -> np.ndarray:
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
SETTINGS: dict[str, list[Setting]] = {
    "faiss-ivf": [(16,), (32,), (64,), (128,)],
    "hnswlib": [(8, 40, 32), (8, 60, 48), (12, 80, 48), (16, 100, 64)],
    "usearch": [(8, 40, 32), (8, 60, 48), (12, 80, 48), (16, 128, 64)],
}

if __name__ == "__main__":
    main()
