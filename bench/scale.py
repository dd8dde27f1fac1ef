"""What a run past one machine costs on this one: images a second and bytes an image, by engine.

    python bench/scale.py                             1,000 pictures, EfficientNet-Lite0, float16
    python bench/scale.py --images 300 --encoder pixels/32 --engines local ray
    python bench/scale.py --names 1000000             only the memory that so many names take in the caller

`local` is this process, `ray` two workers in processes of their own; their start, the model's loading included, is
timed apart. Then the table is opened and all its vectors loaded.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import psutil
from pictures import pictures

import pointillist as pt
from pointillist.jobs import Job
from pointillist.scale.run import Engine

WORKERS = 2


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--images", type=int, default=1000)
    arguments.add_argument("--encoder", default="timm/tf_efficientnet_lite0")
    arguments.add_argument("--engines", nargs="+", choices=("local", "ray"), default=("local", "ray"))
    arguments.add_argument("--names", type=int)
    options = arguments.parse_args()
    if options.names:
        measure_names(options.names)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = pictures(Path(scratch) / "pictures", options.images)
        for engine in options.engines:
            measure(engine, folder, options.encoder, Path(scratch) / f"{engine}.lance")


def measure(engine: Engine, folder: Path, encoder: str, place: Path) -> None:
    """Embed the pictures with one engine, open the table, print a line for each."""
    heard: list[tuple[float, int]] = []
    job = Job("embedding", changed=lambda job: heard.append((time.perf_counter(), job.done)))
    began = time.perf_counter()
    done = pt.embed(folder, encoder, to=place, engine=engine, workers=WORKERS, dtype="float16", job=job)
    ended = time.perf_counter()
    first, there = next((at, count) for at, count in heard if count)
    size = sum(file.stat().st_size for file in (place / "data").iterdir())
    rate = (done.made - there) / (ended - first) if done.made > there else float("nan")
    print(
        f"{engine:6} {done.made:,} images in {ended - began:.1f} s: the first {there} after {first - began:.1f} s, "
        f"then {rate:.1f} images/s; {size / done.made:,.0f} bytes an image",
        flush=True,
    )
    began = time.perf_counter()
    with pt.open(place, store=None) as c:
        opened = time.perf_counter() - began
        shape = c.embeddings[c.encoder_name].shape
        print(f"       opened in {opened:.2f} s; {shape} vectors after {time.perf_counter() - began:.2f} s", flush=True)


def measure_names(count: int) -> None:
    """The resident memory at most while URLs are read, compared with a table and shared out, per URL."""
    from pointillist.images import read_source
    from pointillist.scale.run import _not_in, _shares
    from pointillist.scale.table import Table
    from pointillist.scale.uris import uris_of

    with tempfile.TemporaryDirectory() as scratch:
        table = Table(Path(scratch) / "none.lance")
        _not_in(table, uris_of(read_source(["s3://bucket/one.jpg"])), Job("warm"))
        before = psutil.Process().memory_info().rss
        urls = [f"s3://some-bucket/photos/2024/part-{row % 1000:04d}/image-{row:09d}.jpg" for row in range(count)]
        _shares(_not_in(table, uris_of(read_source(urls)), Job("names")), WORKERS)
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{(peak - before) / count:,.0f} bytes a name of {len(urls[0])} letters, of {count:,}")


if __name__ == "__main__":
    main()
