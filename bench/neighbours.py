"""From which size on an approximate search for the 15 nearest of every image is worth it, its start counted in.

    uv run --with usearch --with hnswlib --with faiss-cpu python bench/neighbours.py --rows 10000 50000 200000
    python bench/neighbours.py --rows 20000 --only exact pynndescent
    python bench/neighbours.py --rows 50000 --narrow --alone --only lists usearch

Each figure is of a process of its own on all threads, from the import on; its recall is the share of the true 15
nearest of 500 random images that was found. The vectors are --vectors of bench/structure.py: "clouds" overlap so much
that their neighbours have some 20 dimensions, "nested" has groups within groups of unequal size and about 10; the
packaged EfficientNet-Lite0 lies between (16, on 2,477 drawings).
    exact         `pointillist.neighbours.neighbours`
    lists         `pointillist.approximate.nearly_neighbours`, what a collection uses from EXACT_UP_TO images on:
                  faiss-batch in a process of its own, in fewer numbers and as many lists as a sample needs
    product       the matrix product alone that an exact search cannot do without
    faiss-flat    IndexFlatIP, exact too
    faiss-ivf     2 · √n inverted lists, so many of them looked into
    faiss-batch   the same by `faiss.contrib.big_batch_search`, list after list, by matrix products
    hnswlib       M, ef_construction, ef; with --alone on one thread, as a second run that is to give the same answer
                  has to be
    usearch       connectivity, expansion_add, expansion_search, likewise
    pynndescent   its defaults and a seed
With --narrow the peers search as lists do: in the fewer numbers of `pointillist.narrowing`, where these hold what is
needed, and what they find is compared in full.
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
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import numpy as np
from structure import VECTORS

K = 15
SAMPLE = 500
Setting = tuple[int, ...]


@dataclass(frozen=True)
class Asked:
    """k nearest, on so many threads (0: all), by straight distance or else by inner product."""

    k: int
    threads: int
    straight: bool = False


Way = Callable[[np.ndarray, Asked, Setting], np.ndarray | None]
OURS = ("exact", "lists", "product")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, nargs="+", default=[10_000, 50_000, 200_000])
    arguments.add_argument("--vectors", choices=list(VECTORS), default="clouds")
    arguments.add_argument("--dims", type=int, default=512)
    arguments.add_argument("--only", nargs="*", choices=list(WAYS), default=list(WAYS))
    arguments.add_argument("--alone", action="store_true", help="the approximate ones on one thread")
    arguments.add_argument("--narrow", action="store_true", help="the peers in fewer numbers, then compared in full")
    arguments.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    flags = [flag for flag, given in (("--alone", options.alone), ("--narrow", options.narrow)) if given]
    if options.child is not None:
        way, scratch, *setting = options.child
        search = WAYS[way] if way in OURS or not options.narrow else narrowly(WAYS[way])
        asked = Asked(K, int(options.alone))
        print(json.dumps(measured(search, Path(scratch), asked, tuple(map(int, setting)))))
        return
    from pointillist.approximate import LEAST_RECALL

    with tempfile.TemporaryDirectory() as scratch:
        for n in options.rows:
            np.save(Path(scratch) / "x.npy", VECTORS[options.vectors](n, options.dims))
            for way in options.only:
                needs = way.partition("-")[0]
                if way not in OURS and find_spec(needs) is None:
                    continue
                for setting in SETTINGS.get(way, [()]):
                    child = [way, scratch, *map(str, setting)]
                    command = [sys.executable, __file__, *flags, "--child", *child]
                    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                    found = json.loads(said.splitlines()[-1])
                    recall = "" if found["recall"] is None else f"recall@{K} {found['recall']:.3f}"
                    told = f"{way} {' '.join(map(str, setting))}"
                    print(f"{n:9,} × {options.dims} {told:22} {found['s']:8.2f} s  {recall}", flush=True)
                    if found["recall"] is None or found["recall"] >= LEAST_RECALL:
                        break


def measured(way: Way, scratch: Path, asked: Asked, setting: Setting) -> dict[str, float | None]:
    """One way, timed in this process."""
    x = np.load(scratch / "x.npy")
    began = time.perf_counter()
    rows = way(x, asked, setting)
    return {"s": time.perf_counter() - began, "recall": None if rows is None else recall(x, rows)}


def recall(x: np.ndarray, rows: np.ndarray) -> float:
    """The share of the true nearest of some rows that is among those found."""
    some = np.random.default_rng(0).choice(len(x), min(SAMPLE, len(x)), replace=False)
    alike = x[some] @ x.T
    alike[np.arange(len(some)), some] = -np.inf
    true = np.argpartition(-alike, K, axis=1)[:, :K]
    return float(np.mean([np.isin(one, found).mean() for one, found in zip(true, rows[some], strict=True)]))


def narrowly(way: Way) -> Way:
    """The peer asked for more candidates in fewer numbers, the nearest of which are told by a comparison in full."""

    def search(x: np.ndarray, asked: Asked, setting: Setting) -> np.ndarray | None:
        from pointillist.copies import copies
        from pointillist.keeping import keep_compared
        from pointillist.narrowing import narrowed
        from pointillist.neighbours import nearest_of_unit

        n, k = len(x), asked.k
        sample = np.random.default_rng(0).choice(n, min(SAMPLE, n), replace=False)
        narrow = narrowed(x, sample, nearest_of_unit(x[sample], x, sample, k)[0])
        candidates = way(narrow.places, replace(asked, k=narrow.count - 1, straight=True), setting)
        assert candidates is not None
        distances, rows = np.full((n, k + 1), np.inf, np.float32), np.full((n, k + 1), n, np.int64)
        same = copies(x)

        def compare(here: np.ndarray) -> None:
            some = slice(here[0], here[-1] + 1)
            found = candidates[some].astype(np.int32)
            keep_compared(x, here, found, same.rows, same.begin, distances[some], rows[some])

        with ThreadPoolExecutor() as pool:
            list(pool.map(compare, np.array_split(np.arange(n), -(-n // 8192))))
        return others(rows)

    return search


def others(rows: np.ndarray) -> np.ndarray:
    """(n, k) of (n, k + 1): without the row itself, or without the last where it is not among them."""
    own = rows == np.arange(len(rows))[:, None]
    own[~own.any(axis=1), -1] = True
    return np.asarray(rows[~own].reshape(len(rows), -1))


def exact(x: np.ndarray, asked: Asked, _: Setting) -> np.ndarray:
    from pointillist.neighbours import neighbours

    return neighbours(x, asked.k).rows


def lists(x: np.ndarray, asked: Asked, _: Setting) -> np.ndarray:
    from pointillist.approximate import nearly_neighbours

    return nearly_neighbours(x, asked.k).rows


def product(x: np.ndarray, *_: object) -> None:
    table = np.empty((512, len(x)), np.float32)
    for start in range(0, len(x), 512):
        block = x[start : start + 512]
        np.matmul(block, x.T, out=table[: len(block)])


def faiss_flat(x: np.ndarray, asked: Asked, _: Setting) -> np.ndarray:
    import faiss

    index = (faiss.IndexFlatL2 if asked.straight else faiss.IndexFlatIP)(x.shape[1])
    index.add(x)
    return others(index.search(x, asked.k + 1)[1])


def faiss_ivf(x: np.ndarray, asked: Asked, setting: Setting) -> np.ndarray:
    import faiss

    lists = int(2 * len(x) ** 0.5)
    metric = faiss.METRIC_L2 if asked.straight else faiss.METRIC_INNER_PRODUCT
    index = faiss.index_factory(x.shape[1], f"IVF{lists},Flat", metric)
    index.train(x[: lists * 40])
    index.add(x)
    faiss.ParameterSpace().set_index_parameter(index, "nprobe", setting[0])
    return others(index.search(x, asked.k + 1)[1])


def faiss_batch(x: np.ndarray, asked: Asked, setting: Setting) -> np.ndarray:
    import faiss
    from faiss.contrib.big_batch_search import big_batch_search

    lists = int(2 * len(x) ** 0.5)
    index = faiss.index_factory(x.shape[1], f"IVF{lists},Flat", faiss.METRIC_L2)  # at unit length the order is the same
    index.train(x[: lists * 40])
    index.add(x)
    faiss.ParameterSpace().set_index_parameter(index, "nprobe", setting[0])
    with redirect_stdout(StringIO()):  # it tells of every list
        return others(big_batch_search(index, x, asked.k + 1, method="pairwise_distances")[1])


def hnswlib(x: np.ndarray, asked: Asked, setting: Setting) -> np.ndarray:
    from hnswlib import Index

    links, building, looking = setting
    index = Index("l2" if asked.straight else "ip", x.shape[1])
    index.init_index(len(x), ef_construction=building, M=links, random_seed=0)
    index.set_num_threads(asked.threads or 2)
    index.add_items(x)
    index.set_ef(looking)
    return others(index.knn_query(x, asked.k + 1)[0].astype(np.int64))


def usearch(x: np.ndarray, asked: Asked, setting: Setting) -> np.ndarray:
    from usearch.index import Index

    links, building, looking = setting
    index = Index(
        ndim=x.shape[1],
        metric="l2sq" if asked.straight else "ip",
        dtype="f32",
        connectivity=links,
        expansion_add=building,
        expansion_search=looking,
    )
    index.add(np.arange(len(x)), x, threads=asked.threads)
    return others(np.asarray(index.search(x, asked.k + 1).keys).astype(np.int64))


def pynndescent(x: np.ndarray, asked: Asked, _: Setting) -> np.ndarray:
    from pynndescent import NNDescent

    metric = "euclidean" if asked.straight else "dot"
    found = NNDescent(x, metric, n_neighbors=asked.k + 1, random_state=0, n_jobs=asked.threads or None).neighbor_graph
    return others(found[0])


WAYS: dict[str, Way] = {
    "exact": exact,
    "lists": lists,
    "product": product,
    "faiss-flat": faiss_flat,
    "faiss-ivf": faiss_ivf,
    "faiss-batch": faiss_batch,
    "hnswlib": hnswlib,
    "usearch": usearch,
    "pynndescent": pynndescent,
}
SETTINGS: dict[str, list[Setting]] = {
    "faiss-ivf": [(16,), (32,), (64,), (96,), (128,), (192,)],
    "faiss-batch": [(16,), (32,), (64,), (96,), (128,), (192,)],
    "hnswlib": [(8, 40, 32), (8, 60, 48), (12, 80, 48), (16, 100, 64), (16, 128, 96)],
    "usearch": [(8, 40, 32), (8, 60, 48), (12, 80, 48), (16, 128, 64), (16, 128, 96)],
}

if __name__ == "__main__":
    main()
