"""How fast one query finds its 100 nearest, beside NumPy, faiss-flat and usearch-exact.

    uv run --with faiss-cpu --with usearch python bench/search.py
    python bench/search.py --rows 10000 100000 --dims 512 --rounds 9
    python bench/search.py --beyond 2000000                          the index, beside those of faiss and usearch

Every way looks through the same unit vectors for the same queries; a figure is the median. One way comes after the
other has had a rest: the threads of faiss and usearch keep the cores busy for a while after their answer, which made
the next way at 10,000 vectors twice as slow.
    numpy         argpartition of x @ q
    faiss-flat    IndexFlatIP, all threads
    usearch       exact search over the same array, all threads
    ours          `similarities` and `most_similar`
"of memory" is the speed at which the vectors went by, as a share of what all threads together reach when they only read
as many, but 512 MB at least: fewer lie in the processor's cache, where the share can be above 1. Peers that are not
installed are left out. float16 is ours and usearch's only.

--beyond sets ways that do not compare all vectors beside one that does, on float16 vectors in --vectors "clouds" (see
bench/structure.py) or "noise": seconds to build, the median ms of a query, the share of the true 100 nearest of other
images that was found, and MB beside the vectors. With --alike 0.3 the queries are no images but directions that are so
much like one and random besides, as sentences are.
    exact         `similarities` and `most_similar`
    index         `pointillist.analysis.index`, what a collection uses above INDEX_ABOVE images
    faiss-ivf     2 · √n lists of float16 vectors; as many looked into, by doubling, as recall 0.95 needs
    faiss-binary  IndexBinaryFlat over the signs; as many of the best compared exactly, by doubling, as 0.95 needs
    faiss-sq8     IndexScalarQuantizer, 8 bits, the best 200 compared exactly
    usearch       HNSW with its defaults over 8-bit vectors; --hnsw, for it takes long to build
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any

import numpy as np

from pointillist.analysis.similarity import most_similar, similarities

K = 100
REST_S = 0.5
MUCH = 512_000_000
Way = Callable[[np.ndarray], np.ndarray]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    arguments.add_argument("--dims", type=int, default=512)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--beyond", type=int, metavar="ROWS")
    arguments.add_argument("--vectors", choices=["clouds", "noise"], default="clouds")
    arguments.add_argument("--hnsw", action="store_true")
    arguments.add_argument("--alike", type=float, default=1.0)
    arguments.add_argument("--only", nargs="*", help="of the ways beyond")
    options = arguments.parse_args()
    if options.beyond:
        x = half_vectors(options.vectors, options.beyond, options.dims)
        ways = indexes(options.hnsw)
        beyond(x, {name: ways[name] for name in options.only or ways}, options.alike)
        return
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
    """Time every way on the same queries and print the medians."""
    queries = unit_vectors(rounds + 1, x.shape[1])
    took: dict[str, list[float]] = {}
    answers: dict[str, np.ndarray] = {}
    time.sleep(REST_S)
    much = x if x.nbytes >= MUCH else np.ones(MUCH // 4, np.float32)
    reading = [read_all(much) * x.nbytes / much.nbytes for _ in queries]
    del much
    for name, way in found_ways(x).items():
        took[name] = []
        time.sleep(REST_S)
        for query in queries:
            began = time.perf_counter()
            answers[name] = way(query)
            took[name].append(time.perf_counter() - began)
    best = statistics.median(reading[1:])
    expected = set(answers["numpy"].tolist())
    for name, seconds in took.items():
        median = statistics.median(seconds[1:])  # the first query wakes threads and fills caches
        same = len(expected & set(answers[name].tolist())) / len(expected)
        print(
            f"{len(x):9,} {x.dtype!s:8} {name:12} {median * 1000:10.2f} {best / median:10.2f} {same:9.2f}", flush=True
        )


def read_all(x: np.ndarray) -> float:
    """Seconds that all threads together need to find the largest of 32-bit whole numbers, which is no work."""
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


def half_vectors(kind: str, n: int, d: int) -> np.ndarray:
    """(n, d) float16 of unit length."""
    rng = np.random.default_rng(0)
    centres, spread = rng.standard_normal((50, d), np.float32), rng.standard_normal((20, d), np.float32)
    x = np.empty((n, d), np.float16)
    for start in range(0, n, 16_384):
        some = rng.standard_normal((min(16_384, n - start), d), np.float32)
        if kind == "clouds":
            inside = rng.standard_normal((len(some), 20), np.float32) @ spread
            some = centres[rng.integers(0, 50, len(some))] + 0.7 * inside + 0.3 * some
        x[start : start + len(some)] = some / np.linalg.norm(some, axis=1, keepdims=True)
    return x


def beyond(x: np.ndarray, ways: dict[str, Callable[[np.ndarray], tuple[Way, int]]], alike: float) -> None:
    """Print what each index takes and finds."""
    rng = np.random.default_rng(1)
    queries = x[rng.choice(len(x), 50, replace=False)].astype(np.float32)
    aside = rng.standard_normal(queries.shape, np.float32)
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    queries = alike * queries + max(1 - alike**2, 0) ** 0.5 * aside
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    true = [most_similar(similarities(x, query), K)[0] for query in queries]
    print(f"{'rows':>9} {'way':12} {'build s':>8} {'ms a query':>10} {'recall@100':>10} {'MB':>7}")
    for name, make in ways.items():
        began = time.perf_counter()
        ask, size = make(x)
        built = time.perf_counter() - began
        took, shares = [], []
        for query, best in zip(queries, true, strict=True):
            began = time.perf_counter()
            found = ask(query)
            took.append(time.perf_counter() - began)
            shares.append(np.isin(best, found).mean())
        ms, recall = statistics.median(took) * 1000, np.mean(shares)
        print(f"{len(x):9,} {name:12} {built:8.1f} {ms:10.2f} {recall:10.3f} {size / 1e6:7,.0f}", flush=True)
        del ask


def indexes(hnsw: bool) -> dict[str, Callable[[np.ndarray], tuple[Way, int]]]:
    """Way -> what makes it of the vectors: how to ask it, and its bytes beside them."""
    ways: dict[str, Callable[[np.ndarray], tuple[Way, int]]] = {"exact": no_index, "index": own_index}
    if find_spec("faiss") is not None:
        ways |= {"faiss-ivf": faiss_ivf, "faiss-binary": faiss_binary, "faiss-sq8": faiss_sq8}
    if find_spec("usearch") is not None and hnsw:
        ways["usearch"] = usearch_hnsw
    return ways


def no_index(x: np.ndarray) -> tuple[Way, int]:
    return lambda query: most_similar(similarities(x, query), K)[0], 0


def own_index(x: np.ndarray) -> tuple[Way, int]:
    from pointillist.analysis.index import indexed

    index, among = indexed(x), np.ones(len(x), bool)
    print(f"{'':9} states recall {index.recall:.3f}, of sentences {index.recall_far:.3f}; 0 where all are read")

    def ask(query: np.ndarray) -> np.ndarray:
        found = index.best(x, query, K, among=among) if index.recall else None
        return (most_similar(similarities(x, query), K) if found is None else found)[0]

    return ask, index.bits.nbytes + index.scale.nbytes + index.offset.nbytes


def faiss_ivf(x: np.ndarray) -> tuple[Way, int]:
    import faiss

    lists = int(2 * len(x) ** 0.5)
    index = faiss.index_factory(x.shape[1], f"IVF{lists},SQfp16", faiss.METRIC_INNER_PRODUCT)
    some = np.sort(np.random.default_rng(0).choice(len(x), min(len(x), 40 * lists), replace=False))
    index.train(x[some].astype(np.float32))
    added(index, x)

    def ask(query: np.ndarray, depth: int) -> np.ndarray:
        faiss.ParameterSpace().set_index_parameter(index, "nprobe", depth)
        return np.asarray(index.search(query[None], K)[1][0])

    return enough(x, ask, 8), x.nbytes + 8 * len(x)


def faiss_binary(x: np.ndarray) -> tuple[Way, int]:
    import faiss

    mean = x[:65_536].mean(axis=0, dtype=np.float64).astype(np.float32)
    index = faiss.IndexBinaryFlat(8 * -(-x.shape[1] // 8))
    for start in range(0, len(x), 65_536):
        index.add(np.packbits(x[start : start + 65_536] > mean, axis=1))

    def ask(query: np.ndarray, depth: int) -> np.ndarray:
        return refined(x, query, index.search(np.packbits(query > mean)[None], depth)[1][0])

    return enough(x, ask, 250), len(x) * index.code_size


def enough(x: np.ndarray, ask: Callable[[np.ndarray, int], np.ndarray], depth: int) -> Way:
    """`ask` with the least depth, doubled again and again, that finds 0.95 of what is nearest to 20 images."""
    queries = x[np.random.default_rng(2).choice(len(x), 20, replace=False)].astype(np.float32)
    true = [most_similar(similarities(x, query), K)[0] for query in queries]
    while (
        depth < len(x)
        and np.mean([np.isin(a, ask(q, depth)).mean() for a, q in zip(true, queries, strict=True)]) < 0.95
    ):
        depth *= 2
    print(f"{'':9} {depth:,} are looked into")
    return lambda query: ask(query, depth)


def faiss_sq8(x: np.ndarray) -> tuple[Way, int]:
    import faiss

    index = faiss.IndexScalarQuantizer(x.shape[1], faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    index.train(x[:65_536].astype(np.float32))
    added(index, x)
    return lambda query: refined(x, query, index.search(query[None], 200)[1][0]), len(x) * index.code_size


def usearch_hnsw(x: np.ndarray) -> tuple[Way, int]:
    from usearch.index import Index

    index = Index(ndim=x.shape[1], metric="ip", dtype="i8")
    index.add(np.arange(len(x)), x)
    return lambda query: np.asarray(index.search(query, K).keys), index.memory_usage


def added(index: Any, x: np.ndarray) -> None:
    for start in range(0, len(x), 65_536):
        index.add(x[start : start + 65_536].astype(np.float32))


def refined(x: np.ndarray, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The best of some rows, compared exactly."""
    rows = np.sort(rows)
    return np.asarray(rows[most_similar(similarities(x[rows], query), K)[0]])


if __name__ == "__main__":
    main()
