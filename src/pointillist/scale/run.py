"""A run over any number of images: what is in the table is left alone, the rest is shared out and appended."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from time import monotonic
from typing import Any, Literal

import numpy as np

from pointillist.embedding import rows_to_embed
from pointillist.encoders import encoder as make_encoder
from pointillist.encoders.base import Encoder
from pointillist.errors import EncoderError, PointillistError, SourceError, StoreError
from pointillist.images import Images, read_source
from pointillist.jobs import Job, check_job
from pointillist.numeric import check_workers
from pointillist.scale import cluster
from pointillist.scale.table import Dtype, Table, Written
from pointillist.scale.uris import files_of, uris_of
from pointillist.scale.worker import Worker
from pointillist.showing import shown
from pointillist.store import Batch, FailureRecord, ImageRecord, Refusal, Store

Engine = Literal["local", "ray"]

SHARES_EACH = 8
FEWEST, MOST = 16, 4096
"""Images of a share: what is computed again when its worker dies, and a file of the table."""
COMMIT_S = 5.0
COMMIT_SHARE = 0.01
"""Of the time, at most, goes into commits: their cost grows with the number of files in the table."""
LOADED_ROWS = 1024
_KINDS: dict[str, type[PointillistError]] = {kind.__name__: kind for kind in (EncoderError, SourceError, StoreError)}
STAT_THREADS, STAT_ROWS = 16, 8192
"""A network drive answers many questions at once, each of them slowly."""


@dataclass(frozen=True)
class Done:
    """What a run came to. place: of the table; there: images that were in it before; made: embedded now; failed: of
    those tried now, got no vector: they could not be read, or the encoder failed on them."""

    place: str
    there: int
    made: int
    failed: int


def embed(
    source: object,
    encoder: str | Encoder | Callable[..., Any] | None = None,
    *,
    to: str | os.PathLike[str],
    engine: Engine = "ray",
    image: str | None = None,
    box: str | Sequence[str] | None = None,
    pad: float = 0.0,
    workers: int | None = None,
    dtype: Dtype = "float32",
    job: Job | None = None,
) -> Done:
    """Embed images at paths and URLs into a Lance table, on as many machines as Ray has; `pointillist.open` shows it.

    Images that are in the table are not read again, nor are files found unreadable, as long as their size and date stay
    the same (a URL has none); so a run that was stopped, or that lost its machine, goes on when called again, and more
    images are added by a call with more images. Rows of files that are gone stay. Workers read the images and write the
    table themselves: both must lie where all of them can reach them.

    Args:
        source: a folder, a list of paths or URLs (of fsspec), a DataFrame with a column of them.
        encoder: see `pointillist.encoder`; weights in a file must lie where the workers find them.
        to: the table: a path, or a URL that Lance knows (s3://, gs://, az://).
        engine: "ray": workers on the cluster that RAY_ADDRESS names, else on this machine; "local": this process.
        image, box, pad: the columns of images and of boxes in a DataFrame, as for `pointillist.Collection`; a box is a
            row of its own.
        workers: how many; by default one for each GPU of the cluster, without any one for every four cores.
        dtype: of the stored vectors; float16 halves the bytes and changes a cosine by less than 0.001.
        job: takes progress and cancels. Without one a bar shows it.

    Raises:
        SourceError: no images, or images that have no path or URL; or many on end cannot be reached any more, or one
            whose folder went with it, and what was made until then is in the table.
        EncoderError: the encoder cannot be had or fails, or the package ray is missing.
        StoreError: the table cannot be written, holds another encoder's vectors, or the package pylance is missing.
        PointillistError: `job` is no job.
        Cancelled: the job was cancelled; what was made until then is in the table, as it is after Ctrl-C.
    """
    check_job(job)
    model = make_encoder(encoder)
    _check(engine, dtype, workers)
    uris = uris_of(read_source(source, image=image, box=box, pad=pad))
    with shown(job, "embedding", unit="img") as job:
        return _embed_uris(uris, model, Table(to), engine, workers, dtype, job)


def _check(engine: str, dtype: str, workers: object) -> None:
    if engine not in ("ray", "local"):
        raise EncoderError(f"engine={engine!r} is unknown; it is 'ray' or 'local'")
    if dtype not in ("float32", "float16"):
        raise EncoderError(f"dtype={dtype!r} is not a type of vectors; it is 'float32' or 'float16'")
    check_workers(workers, EncoderError)


def _embed_uris(
    uris: list[str], model: Encoder, table: Table, engine: Engine, workers: int | None, dtype: Dtype, job: Job
) -> Done:
    table.must_hold(model, dtype)
    table.must_be_of_now()
    left = _not_in(table, uris, job)
    job.total = len(left)
    failed = 0
    if left:
        run = _ray if engine == "ray" else _local
        with closing(run(left, model, table.place, dtype, workers, job)) as answers:
            answered, failed = _append(answers, table, job)
        table.tidy()
        if answered < len(left):
            raise EncoderError(
                f"{len(left) - answered:,} of {len(left):,} images are not in {table.place}: what workers made of them "
                "was lost on the way; the same call goes on with these"
            )
    there = len(set(uris)) - len(left)
    return Done(table.place, there, len(left) - failed, failed)


def embed_rows(
    images: Images,
    model: Encoder,
    store: Store,
    to: str | os.PathLike[str] | None,
    *,
    engine: Engine,
    workers: int | None,
    job: Job,
) -> None:
    """Give every image a vector in `store`, as `pointillist.embedding.embed` does, by way of a table.

    Args:
        to: the table; None: beside the store's file, one for each fingerprint.

    Raises as `embed` does.
    """
    if to is None and store.path is None:
        raise StoreError("the store is in memory, so there is no place for the table beside it: name one with to=")
    if to is None and store.path is not None:
        of_this = blake2b(model.fingerprint.encode(), digest_size=4).hexdigest()
        to = store.path.with_name(f"{store.path.stem}-{of_this}.lance")
    assert to is not None
    rows = rows_to_embed(images, model, store, job)
    if not rows:
        job.total = 0
        return
    cells = uris_of(images)
    row_of: dict[str, list[int]] = {}
    for row in rows:
        row_of.setdefault(cells[row], []).append(row)
    _check(engine, "float32", workers)
    _embed_uris(list(row_of), model, Table(to), engine, workers, "float32", job)
    _load(Table(to), images, store, row_of, model.fingerprint)


def _not_in(table: Table, uris: Sequence[str], job: Job) -> list[str]:
    """The images that are not in the table, or not any more as they are, each once, in a fixed random order so that any
    part is a fair sample; boxes in one file stay together."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pc.unique(pa.array(uris, pa.string()))
    if table.exists:
        table.forget_passing()
        table.forget(_changed(table, wanted, job))
        wanted = wanted.filter(pc.invert(pc.is_in(wanted, value_set=table.column("uri"))))
    left = wanted.to_pylist()
    file = pa.array(files_of(left), pa.string()).dictionary_encode()
    place = np.random.default_rng(0).permutation(len(file.dictionary))
    return [left[row] for row in np.argsort(place[file.indices.to_numpy()], kind="stable")]


def _changed(table: Table, wanted: Any, job: Job) -> list[str]:
    """Those of the images whose file is another than the table was made of. One that cannot be seen from here, because
    it is gone or for workers only, counts as the same; so does a URL."""
    import pyarrow.compute as pc

    rows = table.columns(["uri", "bytes", "modified"])
    rows = rows.filter(pc.and_(pc.is_valid(rows["bytes"]), pc.is_in(rows["uri"], value_set=wanted)))
    changed = []
    with ThreadPoolExecutor(STAT_THREADS) as pool:
        for some in rows.to_batches(max_chunksize=STAT_ROWS):
            job.check()
            uris, *was = (column.to_pylist() for column in some.columns)
            now = pool.map(_file, files_of(uris))
            changed += [
                uri
                for uri, before, after in zip(uris, zip(*was, strict=True), now, strict=True)
                if after not in (before, None)
            ]
    return changed


def _file(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 -- as in Images.signature
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns


def _shares(uris: list[str], workers: int) -> list[Any]:
    import pyarrow as pa

    each = int(np.clip(len(uris) // (workers * SHARES_EACH), FEWEST, MOST))
    return [pa.table({"uri": pa.array(uris[i : i + each], pa.string())}) for i in range(0, len(uris), each)]


def _ray(
    uris: list[str], model: Encoder, place: str, dtype: Dtype, workers: int | None, job: Job
) -> Generator[dict[str, Any]]:
    job.message = "starting the workers"
    cluster.join()
    workers = workers or cluster.workers_here()
    yield from cluster.answers(_shares(uris, workers), model, place, dtype, workers=workers, job=job)


def _local(
    uris: list[str], model: Encoder, place: str, dtype: Dtype, workers: int | None, job: Job
) -> Generator[dict[str, Any]]:
    worker = Worker(model, place, dtype, lambda: job.cancelled)
    for share in _shares(uris, workers or 1):
        yield from worker(share).to_pylist()
        job.check()
        if worker.interrupt is not None:
            raise worker.interrupt


def _append(answers: Generator[dict[str, Any]], table: Table, job: Job) -> tuple[int, int]:
    """Append what workers wrote, now and then and at the end, however the run ends; how many images that were, and how
    many of them failed."""
    import pyarrow as pa

    waiting: list[Written] = []
    answered, failed, since, took = 0, 0, monotonic(), 0.0

    def commit() -> None:
        nonlocal since, took
        if waiting:
            began = monotonic()
            table.append(waiting)
            waiting.clear()
            since = monotonic()
            took = since - began

    try:
        for answer in answers:
            job.message = ""
            if answer["rows"]:
                waiting.append(Written(answer["fragment"], pa.ipc.read_schema(pa.py_buffer(answer["schema"]))))
            if answer["error"]:
                raise _KINDS[answer["kind"]](answer["error"])
            answered += answer["rows"]
            failed += answer["failed"]
            job.advance(answer["rows"])
            if monotonic() - since >= max(COMMIT_S, took / COMMIT_SHARE):
                commit()
    finally:
        commit()
    return answered, failed


def _load(table: Table, images: Images, store: Store, row_of: dict[str, list[int]], fingerprint: str) -> None:
    """Copy the table's rows of these images into the store, a few at a time."""
    uris = table.column("uri").to_pylist()
    places = [place for place, uri in enumerate(uris) if uri in row_of]
    names = ["key", "width", "height", "thumbnail", "failure", "again"]
    for start in range(0, len(places), LOADED_ROWS):
        some = places[start : start + LOADED_ROWS]
        records, failures, refusals, keys, where = [], [], [], [], []
        for place, found in zip(some, table.take(some, names).to_pylist(), strict=True):
            for row in row_of[uris[place]]:
                id_, signature = images.ids[row], images.signature(row)
                if found["key"] is None:
                    failures.append(FailureRecord.because(id_, signature, found["failure"], passing=found["again"]))
                    continue
                size = found["width"], found["height"]
                records.append(ImageRecord(found["key"], signature, id_, *size, found["thumbnail"]))
                if found["failure"] is None:
                    keys.append(found["key"])
                    where.append(place)
                else:
                    refusals.append(Refusal(found["key"], found["failure"], found["again"]))
        vectors = table.vectors(np.array(where, np.int64)) if keys else None
        store.put_batch(Batch(records, failures, fingerprint, keys, vectors, refusals))
