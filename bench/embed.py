"""How fast images become vectors, beside the model alone and beside what people write.

    python bench/embed.py                            both models, three sets of pictures, 3 rounds
    python bench/embed.py --quick                    few pictures, one round: does everything run?
    python bench/embed.py --models lite0 --sets large --rounds 5
    python bench/embed.py --memory 2000 50000        resident memory of runs of 2,000 and of 50,000 images
    python bench/embed.py --memory 2000 50000 --models pixels      the same in a tenth of the time
    python bench/embed.py --fresh                    ours and plain from a new process's first import to the last vector
    python bench/embed.py --ways ours added --models pixels lite0  an embedding added to a collection that has one
    python bench/embed.py --compile                  what torch.compile gains over the module as we run it

Models: `lite0` (EfficientNet-Lite0, its packaged weights), `vits` (ViT-S/16 at 224 px, random weights), `pixels` (no
network). Sets: `small` (JPEG, 500 px), `large` (JPEG, 4,000 px), `png` (500 px); generated, all different. Images per
second of
    limit     our encoder on batches prepared before, with all its workers: the bare forward pass, at the better of two
              sizes of batches (settled before) and without the wait of one worker for another at the end
    timm      the model as timm makes it, float32, on batches prepared before
    ours      files in, vectors and thumbnails in an empty store
    added     the same into a store that holds the thumbnails and another embedding (measured only where asked for)
    plain     a PyTorch DataLoader with a worker for each core, started before, with Pillow, timm's transform and timm's
              model: what people write
    decode    ours without the model: files in, model inputs and thumbnails out
On a CPU the model and the decoding share the cores, so no run can do more than 1 / (1 / limit + 1 / decode): it is told
as "cores".
Each way has a process of its own that loads its model once; they are measured in turn, several times over, another one
first in each round. A figure is the median of the rounds, with the highest resident memory of the process and its
children; a ratio the median of those of each round. On a busy machine only the ratios of one call mean something.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from memory import Memory
from pictures import SETS, copies, pictures
from ways import MODELS, WINDOW_S, device, own_encoder, way_of

NETWORKS = ("lite0", "vits")
OF_TIMM = ("timm", "plain")
FROM_START = ("ours", "plain")
ADDED = "added"
WAYS = ("limit", "timm", "ours", "plain", "decode")
ROUNDS = 3
COUNTS = {"small": 400, "large": 60, "png": 300}
SHARE = {"vits": 0.4}
"""Of these numbers, for a model that takes its time."""
LONG = {("vits", "small"): 800}
"""Pictures where a target is set for the speed of a run under way: 160 of them take 5 s, of which the start, with its
small first batches, and the end, when one worker waits for the other, are a part that no collection would notice."""
TARGETS = {("vits", "small"): ("limit", 0.95), ("lite0", "large"): ("plain", 3.0)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--models", nargs="+", choices=MODELS, help="by default lite0 and vits")
    arguments.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    arguments.add_argument("--ways", nargs="+", choices=(*WAYS, ADDED), default=list(WAYS))
    arguments.add_argument("--images", type=int, help="of each set")
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    arguments.add_argument("--quick", action="store_true", help="24 pictures of each set, one round")
    arguments.add_argument("--compile", action="store_true")
    arguments.add_argument("--fresh", action="store_true")
    arguments.add_argument("--memory", nargs=2, type=int, metavar=("FEW", "MANY"))
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if options.memory:
            few, many = options.memory
            memory(few, many, (options.models or NETWORKS)[0], Path(scratch))
            return
        if options.compile:
            for model in options.models or NETWORKS:
                compiled(model, Path(scratch))
            return
        rounds = 1 if options.quick else options.rounds
        for kind in options.sets:
            for model in options.models or NETWORKS:
                usual = LONG.get((model, kind), int(COUNTS[kind] * SHARE.get(model, 1)))
                count = 24 if options.quick else options.images or usual
                folder = pictures(Path(scratch) / f"{kind}-{count}", count, kind)
                ways = [way for way in options.ways if model in NETWORKS or way not in OF_TIMM]
                if options.fresh:
                    fresh(model, kind, folder, [way for way in FROM_START if way in ways], rounds, scratch)
                else:
                    compare(model, kind, folder, ways, rounds, scratch)


def compare(model: str, kind: str, folder: Path, ways: list[str], rounds: int, scratch: str) -> None:
    """Measure the ways in turn and print the medians and what they come to."""
    count = sum(1 for _ in folder.rglob("*.*"))
    print(f"\n{MODELS[model]}, {count:,} {kind} pictures ({SETS[kind]})", flush=True)
    workers = {way: Worker(way, model, folder, scratch) for way in ways}
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(rounds):
        first = turn % len(ways)
        for way in ways[first:] + ways[:first]:
            rates[way].append(workers[way].measure())
    medians = {way: statistics.median(values) for way, values in rates.items()}
    of_it = {way: share(rates["ours"], rates[way]) for way in ways if "ours" in ways}
    for way, worker in workers.items():
        ratio = f"   ours is {of_it[way]:5.2f} of it" if "ours" in ways else ""
        print(f"{way:7} {medians[way]:8.1f} images/s   peak {worker.close():6.0f} MB{ratio}", flush=True)
    if {"limit", "ours", "decode"} <= medians.keys() and device() == "cpu":
        cores = 1 / (1 / medians["limit"] + 1 / medians["decode"])
        print(f"{'cores':7} {cores:8.1f} images/s   {cores / medians['limit']:.2f} of the limit", end="")
        print(f"   ours is {medians['ours'] / cores:5.2f} of it")
    beside, target = TARGETS.get((model, kind), ("", 0.0))
    if beside in of_it:
        said = "reached" if of_it[beside] >= target else "MISSED"
        each = ", ".join(f"{a / b:.2f}" for a, b in zip(rates["ours"], rates[beside], strict=True))
        print(f"target: ours at least {target:g} of {beside}: {said}, {of_it[beside]:.2f} (rounds: {each})")


def share(some: list[float], others: list[float]) -> float:
    """The median over the rounds of one rate as a share of the other, so that both are of the same minute."""
    return statistics.median(a / b for a, b in zip(some, others, strict=True))


def fresh(model: str, kind: str, folder: Path, ways: list[str], rounds: int, scratch: str) -> None:
    """Print how many images a second each way does in a process of its own that has nothing imported nor loaded yet."""
    count = sum(1 for _ in folder.rglob("*.*"))
    print(f"\n{MODELS[model]}, {count:,} {kind} pictures ({SETS[kind]}), from a new process", flush=True)
    own_encoder(model, Path(scratch))  # makes its random weights
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            process, here = started(serve_fresh, way, model, str(folder), scratch)
            rates[way].append(count / here.recv())
            process.join()
    for way, values in rates.items():
        print(
            f"{way:7} {statistics.median(values):8.1f} images/s   {count / statistics.median(values):6.1f} s",
            flush=True,
        )


def started(serve: Callable[..., None], *given: object) -> tuple[SpawnProcess, Connection]:
    """A process of its own that serves the other end of a pipe. Should it die, reading here is an error, not a wait."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=serve, args=(there, *given))
    process.start()
    there.close()
    return process, here


class Worker:
    """One way in a process of its own: it loads what it needs, then measures whenever it is asked."""

    def __init__(self, way: str, model: str, folder: Path, scratch: str) -> None:
        self._process, self._here = started(serve, way, model, str(folder), scratch)
        self._here.recv()

    def measure(self) -> float:
        """Images per second."""
        self._here.send("measure")
        return float(self._here.recv())

    def close(self) -> float:
        """End the process; its highest resident memory and that of its children, in MB."""
        self._here.send("end")
        peak = float(self._here.recv())
        self._process.join()
        return peak


def serve_fresh(pipe: Connection, way: str, model: str, folder: str, scratch: str) -> None:
    """Run in a process of its own: the seconds of one run and all that it needs first."""
    began = time.perf_counter()
    way_of(way, model, folder, scratch)()
    pipe.send(time.perf_counter() - began)


def serve(pipe: Connection, way: str, model: str, folder: str, scratch: str, warm: bool = True) -> None:
    """Run in the worker's process. warm: measure once before, unheeded."""
    measure = way_of(way, model, folder, scratch)
    if warm:
        measure()
    watch = Memory()
    pipe.send("ready")
    while pipe.recv() == "measure":
        watch.measuring.set()
        rate = measure()
        watch.measuring.clear()
        pipe.send(rate)
    pipe.send(watch.peak_mb)


def compiled(name: str, scratch: Path) -> None:
    """Print how long torch.compile takes, what it gains for batches of 8 on one thread, and when that is paid back."""
    import torch

    torch.set_num_threads(1)
    model = own_encoder(name, scratch)
    module = model._model.network._module
    batch = torch.rand(8, 3, 224, 224).to(device(), memory_format=torch.channels_last)
    quick = torch.compile(module)
    with torch.inference_mode(), model._model.network._autocast():
        began = time.perf_counter()
        quick(batch)
        seconds = time.perf_counter() - began
        rates: dict[Any, list[float]] = {module: [], quick: []}
        for _ in range(2 * ROUNDS):
            for one, measured in rates.items():
                began, count = time.perf_counter(), 0
                while time.perf_counter() - began < WINDOW_S:
                    one(batch).cpu()
                    count += len(batch)
                measured.append(count / (time.perf_counter() - began))
    before, after = (statistics.median(measured) for measured in rates.values())
    gain_s = 1 / before - 1 / after
    back = f"paid back after {seconds / gain_s:,.0f} images" if gain_s > 0 else "never paid back"
    print(
        f"{MODELS[name]}: compiled in {seconds:.0f} s, {before:.1f} -> {after:.1f} images/s a thread, {back}",
        flush=True,
    )


def memory(few: int, many: int, model: str, scratch: Path) -> None:
    """Print the highest resident memory of a run over few and over many images, each in a process of its own."""
    peaks = []
    for count in (few, many):
        folder = copies(scratch / f"copies-{count}", count)
        process, here = started(serve, "ours", model, str(folder), str(scratch), False)
        here.recv()
        here.send("measure")
        rate = here.recv()
        here.send("end")
        peaks.append(here.recv())
        process.join()
        print(f"{count:7,} images: peak {peaks[-1]:6.0f} MB, {rate:6.1f} images/s", flush=True)
    print(f"difference {peaks[1] - peaks[0]:+.0f} MB (target: within 150)")


if __name__ == "__main__":
    main()
