"""How much the embedding run costs over the bare forward pass of its model.

    python bench/embed.py                                   1,500 generated pictures, the default encoder
    python bench/embed.py --folder photos/ --images 500     your own
    python bench/embed.py --encoder timm/resnet50 --random  any timm model, with random weights

Images per second of
    plain fp32    the model as timm makes it, float32, on batches of 32 prepared before
    plain 16-bit  the same in channels-last order and, where the machine has it, 16-bit precision
    own forward   our encoder on batches prepared before, with all its workers
    the run       files in, vectors and thumbnails in the store
The four are measured in turn, several times over; a figure is the median. A ratio is run's over that forward's time.
CPU milliseconds of all cores together say on a busy machine what the clock cannot.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pictures import pictures

from pointillist.decode import decode
from pointillist.embedding import embed
from pointillist.encoders import encoder
from pointillist.errors import DecodeError
from pointillist.images import read_source
from pointillist.jobs import Job
from pointillist.store import Store

ROUNDS = 5
WINDOW_S = 3.0
BATCH = 32


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--folder", type=Path)
    arguments.add_argument("--images", type=int, default=1500)
    arguments.add_argument("--encoder")
    arguments.add_argument("--random", action="store_true", help="random weights, where the real ones cannot be had")
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or pictures(Path(scratch) / "pictures", options.images)
        source = read_source(folder)
        paths = [folder / id_ for id_ in source.ids[:: max(1, len(source) // options.images)]][: options.images]
        model = encoder(
            options.encoder, checkpoint=random_weights(options.encoder, scratch) if options.random else None
        )
        print(f"{model.name}, {len(paths):,} images of {folder}")
        report(model, paths, Path(scratch), options.rounds)


def report(model: Any, paths: list[Path], scratch: Path, rounds: int) -> None:
    """Measure everything in turn and print the medians."""
    prepared = prepare(model, paths[:256])
    ways: dict[str, Callable[[], float]] = {}
    if model.name.startswith("timm/"):
        ways["plain fp32"] = plain(model, prepared, half=False)
        ways["plain 16-bit"] = plain(model, prepared, half=True)
    ways["own forward"] = lambda: own_forward(model, prepared)
    ways["the run"] = lambda: run(model, paths, scratch)
    rates: dict[str, list[float]] = {name: [] for name in ways}
    cpu_ms: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, measure in ways.items():
            cpu, began = time.process_time(), time.perf_counter()
            rates[name].append(measure())
            images = rates[name][-1] * (time.perf_counter() - began)
            cpu_ms[name].append((time.process_time() - cpu) * 1000 / images)
    ran = statistics.median(rates["the run"])
    for name, values in rates.items():
        rate, cpu = statistics.median(values), statistics.median(cpu_ms[name])
        print(f"{name:13} {rate:8.1f} images/s   ratio {rate / ran:5.2f}   {cpu:6.2f} ms of CPU an image")


def prepare(model: Any, paths: list[Path]) -> list[np.ndarray]:
    """Inputs of the model from the images that can be read."""
    ready = []
    for path in paths:
        try:
            ready.append(model.prepare(decode(path.read_bytes(), at_least_px=model.input_px).rgb))
        except DecodeError:
            continue
    return ready


def plain(model: Any, prepared: list[np.ndarray], *, half: bool) -> Callable[[], float]:
    """The unfolded module on normalised tensors, as a script with timm and torch would run it."""
    import torch

    module = model._module().eval()
    order = torch.channels_last if half else torch.contiguous_format
    module = module.to(memory_format=order)
    pixels = torch.from_numpy(np.stack(prepared[:BATCH])).permute(0, 3, 1, 2).float() / 255
    batch = (pixels - 0.5) / 0.5
    batch = batch.contiguous(memory_format=order)
    dtype = torch.bfloat16 if half and model._precision == "mixed16" else torch.float32

    def measure() -> float:
        with torch.inference_mode(), torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            module(batch)
            began, count = time.perf_counter(), 0
            while time.perf_counter() - began < WINDOW_S:
                module(batch)
                count += len(batch)
            return count / (time.perf_counter() - began)

    return measure


def own_forward(model: Any, prepared: list[np.ndarray]) -> float:
    """The encoder on prepared inputs, as many threads as it wants."""
    size, workers = getattr(model, "batch", BATCH), getattr(model, "workers", 1)
    batches = [prepared[i : i + size] for i in range(0, len(prepared) - size + 1, size)] or [prepared]
    counts = [0] * workers
    begin, end = threading.Barrier(workers + 1), threading.Event()

    def work(worker: int) -> None:
        model.encode(batches[0])
        begin.wait()
        while not end.is_set():
            batch = batches[counts[worker] % len(batches)]
            model.encode(batch)
            counts[worker] += len(batch)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(workers)]
    for thread in threads:
        thread.start()
    begin.wait()
    began = time.perf_counter()
    end.wait(WINDOW_S)
    end.set()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def run(model: Any, paths: list[Path], scratch: Path) -> float:
    """The whole run into an empty store."""
    images = read_source(paths)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        store, job = Store.open(Path(folder) / "store.sqlite", "bench"), Job("embedding")
        began = time.perf_counter()
        embed(images, model, store, job=job)
        seconds = time.perf_counter() - began
        store.close()
    return job.done / seconds


def random_weights(name: str, scratch: str) -> Path:
    """A checkpoint of the timm model `name` as timm initialises it."""
    import timm
    import torch

    torch.manual_seed(0)
    path = Path(scratch) / "random.pth"
    torch.save(timm.create_model(name.removeprefix("timm/"), num_classes=0).state_dict(), path)
    return path


if __name__ == "__main__":
    main()
