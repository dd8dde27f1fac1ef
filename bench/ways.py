"""The ways from files to vectors that embed.py measures, and the parts of them alone."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

MODELS = {"lite0": "timm/tf_efficientnet_lite0", "vits": "timm/vit_small_patch16_224", "pixels": "pixels/32"}
WINDOW_S = 2.0
LIMIT_S = 5.0
"""As long as a run takes, since the machine's own pace varies in shorter times than that."""
BATCH = 32


def way_of(way: str, model: str, folder: str, scratch: str) -> Callable[[], float]:
    """What measures a way once, in images a second."""
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    ways = {"limit": limit, "timm": bare, "ours": ours, "added": added, "plain": plain, "decode": decode_alone}
    return ways[way](model, paths, Path(scratch))


def own_encoder(model: str, scratch: Path) -> Any:
    """Our encoder; random weights where the real ones are in no package."""
    from pointillist.encoders import encoder

    return encoder(MODELS[model], checkpoint=random_weights(MODELS[model], scratch) if model == "vits" else None)


def random_weights(name: str, scratch: Path) -> Path:
    """A checkpoint of the timm model `name` as timm initialises it."""
    import timm
    import torch

    path = scratch / f"{name.replace('/', '-')}.pth"
    if not path.exists():
        torch.manual_seed(0)
        aside = path.with_suffix(f".{os.getpid()}")
        torch.save(timm.create_model(name.removeprefix("timm/"), num_classes=0).state_dict(), aside)
        aside.rename(path)
    return path


def prepared(model: Any, paths: list[Path]) -> list[np.ndarray]:
    """Inputs of the model, ready in memory."""
    from pointillist.decode import decode

    some = paths[:: max(1, len(paths) // 64)][:64]
    return [model.prepare(decode(path.read_bytes(), at_least_px=model.input_px).rgb) for path in some]


def limit(name: str, paths: list[Path], scratch: Path) -> Callable[[], float]:
    """Our encoder on prepared inputs, as many threads as it wants; batches as it likes them or half as large, whichever
    were quicker in the first measurement, which is unheeded: the better of two at each would be luck."""
    model = own_encoder(name, scratch)
    ready, workers = prepared(model, paths), int(getattr(model, "workers", 1))

    @cache
    def size() -> int:
        liked = int(model.batch)
        return max((liked, max(1, liked // 2)), key=rate)

    def rate(size: int) -> float:
        batches = [ready[i : i + size] for i in range(0, len(ready) - size + 1, size)] or [ready]
        rates = [0.0] * workers

        def work(worker: int) -> None:
            began, count = time.perf_counter(), 0
            while time.perf_counter() - began < LIMIT_S:
                count += len(model.encode(batches[worker % len(batches)]))
            rates[worker] = count / (time.perf_counter() - began)

        threads = [threading.Thread(target=work, args=(worker,)) for worker in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(rates)

    return lambda: rate(size())


def bare(name: str, paths: list[Path], scratch: Path) -> Callable[[], float]:
    """timm's module on a normalised float32 batch."""
    import torch

    model = own_encoder(name, scratch)
    module = model.module().eval().to(device())
    pixels = torch.from_numpy(np.stack(prepared(model, paths)[:BATCH])).permute(0, 3, 1, 2).float() / 255
    batch = ((pixels - 0.5) / 0.5).contiguous().to(device())

    def measure() -> float:
        with torch.inference_mode():
            began, count = time.perf_counter(), 0
            while time.perf_counter() - began < WINDOW_S:
                module(batch).cpu()
                count += len(batch)
            return count / (time.perf_counter() - began)

    return measure


def ours(name: str, paths: list[Path], scratch: Path, before: str = "") -> Callable[[], float]:
    """The whole run into an empty store, or into one that holds thumbnails and what the encoder `before` made."""
    from pointillist.embedding import embed
    from pointillist.encoders import encoder
    from pointillist.images import read_source
    from pointillist.jobs import Job
    from pointillist.store import Store

    model, images = own_encoder(name, scratch), read_source(paths)

    def measure() -> float:
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            store, job = Store.open(Path(folder) / "store.sqlite", "bench"), Job("embedding")
            if before:
                embed(images, encoder(before), store, job=Job("embedding"))
            began = time.perf_counter()
            embed(images, model, store, job=job)
            seconds = time.perf_counter() - began
            store.close()
        return job.done / seconds

    return measure


def added(name: str, paths: list[Path], scratch: Path) -> Callable[[], float]:
    """A second embedding of a collection that has one."""
    return ours(name, paths, scratch, before="pixels/16")


class Files:
    """The dataset of the plain loop, as tutorials write it."""

    def __init__(self, paths: list[Path], transform: Any) -> None:
        self._paths, self._transform = paths, transform

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, i: int) -> Any:
        from PIL import Image

        return self._transform(Image.open(self._paths[i]).convert("RGB"))


def plain(name: str, paths: list[Path], scratch: Path) -> Callable[[], float]:
    """DataLoader, Pillow, timm's transform, timm's model in float32."""
    import torch
    from timm.data.config import resolve_model_data_config
    from timm.data.transforms_factory import create_transform

    module = own_encoder(name, scratch).module().eval().to(device())
    transform = create_transform(**resolve_model_data_config(module), is_training=False)
    files: Any = Files(paths, transform)

    workers = os.cpu_count() or 2
    loader = torch.utils.data.DataLoader(files, batch_size=BATCH, num_workers=workers, persistent_workers=True)

    def measure() -> float:
        began = time.perf_counter()
        with torch.inference_mode():
            vectors = [module(batch.to(device())).cpu() for batch in loader]
        return sum(map(len, vectors)) / (time.perf_counter() - began)

    return measure


def decode_alone(name: str, paths: list[Path], scratch: Path) -> Callable[[], float]:
    """The run's reading half: the same threads, no model, no store."""
    from pointillist.embedding import AHEAD, BATCHES_AHEAD
    from pointillist.images import read_source
    from pointillist.jobs import Job
    from pointillist.reading import Task, readings
    from pointillist.store import Store

    model, images = own_encoder(name, scratch), read_source(paths)
    most = max(AHEAD, BATCHES_AHEAD * model.batch)
    tasks = [Task(row, images.signature(row), None) for row in range(len(images))]
    store = Store.open(scratch / f"decode-{os.getpid()}.sqlite", "bench")

    def measure() -> float:
        began = time.perf_counter()
        job = Job("reading")
        done = sum(1 for _ in readings(tasks, iter(tasks), images, model, store, begun=(), most=lambda: most, job=job))
        return done / (time.perf_counter() - began)

    return measure


def device() -> str:
    """Where torch runs fastest here."""
    import torch

    return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
