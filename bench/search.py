"""How fast one query finds its 100 nearest, beside NumPy, faiss-flat and usearch-exact.

    uv run --with faiss-cpu --with usearch python bench/search.py
    python bench/search.py --rows 10000 100000 --dims 512 --rounds 9

Every way looks through the same unit vectors for the same queries, in turn, several times over; a figure is the median.
    numpy         argpartition of x @ q
    faiss-flat    IndexFlatIP, all threads
    usearch       exact search over the same array, all threads
    ours          `similarities` and `most_similar`
"of memory" is the speed at which the vectors went by, as a share of what all threads together reach when they only add
the same numbers up. Peers that are not installed are left out. float16 is ours and usearch's only.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import numpy as np

from pointillist.analysis.similarity import most_similar, similarities

K = 100
Way = Callable[[np.ndarray], np.ndarray]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    arguments.add_argument("--dims", type=int, default=512)
    arguments.add_argument("--rounds", type=int, default=7)
    options = arguments.parse_args()
    print(f"{'rows':>9} {'':8} {'way':12} {'ms a query':>10} {'of memory':>10} {'as numpy':>9}")
    for n in options.rows:
        for dtype in (np.float32, np.float16):
            report(unit_vectors(n, options.dims).astype(dtype), options.rounds)


def unit_vectors(n: int, d: int) -> np.ndarray:
    """(n, d) float32, made in blocks so that a million fit beside nothing else."""
    rng = np.random.default_rng(0)
    x = np.empty((n, d), np.float32)
    for start in range(0, n, 65_536):
        block = rng.standard_normal((min(65_536, n - start), d), np.float32)
        x[start : start + len(block)] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return x


def report(x: np.ndarray, rounds: int) -> None:
    """Time every way in turn on the same queries and print the medians."""
    ways = found_ways(x)
    queries = unit_vectors(rounds + 1, x.shape[1])
    took: dict[str, list[float]] = {name: [] for name in ways}
    reading: list[float] = []
    answers: dict[str, np.ndarray] = {}
    for place, query in enumerate(queries):
        reading.append(read_all(x))
        for name, way in ways.items():
            began = time.perf_counter()
            answers[name] = way(query)
            if place:  # the first query wakes threads and fills caches
                took[name].append(time.perf_counter() - began)
    best = statistics.median(reading[1:])
    expected = set(answers["numpy"].tolist())
    for name, seconds in took.items():
        median = statistics.median(seconds)
        same = len(expected & set(answers[name].tolist())) / len(expected)
        print(
            f"{len(x):9,} {x.dtype!s:8} {name:12} {median * 1000:10.2f} {best / median:10.2f} {same:9.2f}", flush=True
        )


def read_all(x: np.ndarray) -> float:
    """Seconds that all threads together need to add every number up, as 32-bit whole numbers, which is no work."""
    words = x.reshape(-1).view(np.int32)
    parts = np.array_split(words, os.cpu_count() or 1)
    with ThreadPoolExecutor(len(parts)) as pool:
        began = time.perf_counter()
        list(pool.map(np.max, parts))
        return time.perf_counter() - began


def found_ways(x: np.ndarray) -> dict[str, Way]:
    """The ways that can be timed here, by name."""

    def numpy(query: np.ndarray) -> np.ndarray:
        scores = x @ query.astype(x.dtype)
        nearest = np.argpartition(-scores, K)[:K]
        return nearest[np.argsort(-scores[nearest])]

    def ours(query: np.ndarray) -> np.ndarray:
        return most_similar(similarities(x, query), K)[0]

    ways: dict[str, Way] = {"numpy": numpy}
    if find_spec("faiss") is not None and x.dtype == np.float32:
        import faiss

        index = faiss.IndexFlatIP(x.shape[1])
        index.add(x)
        ways["faiss-flat"] = lambda query: index.search(query[None], K)[1][0]
    if find_spec("usearch") is not None:
        from usearch.index import MetricKind, search

        ways["usearch"] = lambda query: np.asarray(
            search(x, query.astype(x.dtype), K, MetricKind.IP, exact=True, threads=0).keys
        )
    ways["ours"] = ours
    return ways


if __name__ == "__main__":
    main()
