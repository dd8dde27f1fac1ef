"""Images read a second by threads and by processes on so many cores: which of the two shall read, from how many on.

    python bench/readers.py                     2, 4, 6, 8, … of this machine's cores, 2,000 pictures, 3 rounds
    python bench/readers.py --cores 2 --images 500

Reading is what the embedding run does beside the model: file, content key, decoding, thumbnail, the model's input
(EfficientNet-Lite0's). Processes are measured once they run; starting them took the seconds printed behind. Each figure
is the median of the rounds; threads and processes take turns, each in a process held to its cores (Linux only).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from pictures import pictures
from ways import own_encoder

from pointillist.images import Images, read_source
from pointillist.reading.ahead import ahead
from pointillist.reading.processes import Crew, Preparation, in_processes
from pointillist.reading.rows import Sources, Task, read
from pointillist.store import Store

MOST = 96
MODEL = "lite0"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    there = len(os.sched_getaffinity(0))
    arguments.add_argument("--cores", nargs="+", type=int, default=[n for n in (2, 4, 6, 8, 16, 32) if n <= there])
    arguments.add_argument("--images", type=int, default=2000)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    print("cores   threads  processes   images/s")
    with tempfile.TemporaryDirectory() as scratch:
        folder = pictures(Path(scratch) / "small", options.images)
        for cores in options.cores:
            rates: dict[str, list[float]] = {"threads": [], "processes": []}
            starts = []
            for _ in range(options.rounds):
                for how, measured in rates.items():
                    rate, start_s = measured_apart(how, cores, folder)
                    measured.append(rate)
                    starts.append(start_s)
            threads, processes = (statistics.median(measured) for measured in rates.values())
            print(f"{cores:5} {threads:9.0f} {processes:10.0f}   started in {max(starts):.1f} s", flush=True)


def measured_apart(how: str, cores: int, folder: Path) -> tuple[float, float]:
    """Images a second, and the seconds until processes could read."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=serve, args=(there, how, cores, str(folder)))
    process.start()
    answer: tuple[float, float] = here.recv()
    process.join()
    return answer


def serve(pipe: Connection, how: str, cores: int, folder: str) -> None:
    """Run in a process of its own."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    images = read_source(Path(folder))
    tasks = [Task(row, images.signature(row), None) for row in range(len(images))]
    with tempfile.TemporaryDirectory() as place:
        store = Store.open(Path(place) / "store.sqlite", "bench")
        pipe.send((by_threads if how == "threads" else by_processes)(tasks, images, store, cores))
        store.close()


def by_threads(tasks: list[Task], images: Images, store: Store, cores: int) -> tuple[float, float]:
    """As many threads as cores, two at least."""
    model = own_encoder(MODEL, Path())
    work = partial(read, sources=Sources(images), encoder=model, store=store, begun=())
    work(tasks[0])  # whatever is slow the first time
    began = time.perf_counter()
    done = sum(1 for _ in ahead(work, tasks, threads=max(2, cores), most=MOST, check=lambda: None))
    return done / (time.perf_counter() - began), 0.0


def by_processes(tasks: list[Task], images: Images, store: Store, cores: int) -> tuple[float, float]:
    """Half as many processes as cores, of two threads each."""
    model = own_encoder(MODEL, Path())
    preparing, path = model.preparing, store.path
    assert path is not None
    began = time.perf_counter()
    crew = Crew(cores // 2, "torch", lambda: None)
    try:
        crew.begin(Preparation(model.name, model.fingerprint, model.input_px, preparing), path)
        while not crew.settled:
            time.sleep(0.02)
        start_s = time.perf_counter() - began
        began = time.perf_counter()
        done = sum(1 for _ in in_processes(iter(tasks), images, crew, most=MOST))
        return done / (time.perf_counter() - began), start_s
    finally:
        crew.close()


if __name__ == "__main__":
    main()
