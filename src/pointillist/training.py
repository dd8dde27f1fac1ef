"""Encoders trained on a collection's own images: an autoencoder without labels, a fine-tuned model with them."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Hashable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pointillist.collection import Collection, must_be_collection
from pointillist.decode import THUMBNAIL_PX, decode, standing_in, thumbnail_is_enough
from pointillist.encoders import DEFAULT_LIGHT, encoder
from pointillist.errors import DecodeError, EncoderError, TableError
from pointillist.jobs import Job, check_callback, check_job, outwaited
from pointillist.labels import label_words
from pointillist.named_file import named_file
from pointillist.numeric import checked_seed, is_whole
from pointillist.reading import Sources, ahead, source_of, together
from pointillist.showing import pictures_shown, shown
from pointillist.store import cache_path

if TYPE_CHECKING:
    from pointillist.encoders import Encoder
    from pointillist.encoders.autoencoder import AutoencoderEncoder, Kind
    from pointillist.encoders.finetuned import FinetunedEncoder

MOST_BYTES = 1 << 30
READERS = 4
AT_ONCE = 32
PICTURED = 8


def train_autoencoder(
    collection: Collection,
    *,
    dims: int = 64,
    size: int = 64,
    epochs: int = 20,
    kind: Kind = "convolutional",
    within: Any = None,
    seed: int = 0,
    path: str | Path | None = None,
    job: Job | None = None,
    on_epoch: Callable[[list[float]], None] | None = None,
) -> AutoencoderEncoder:
    """Train an autoencoder on the collection's own images and return it as an encoder.

    Stopped and called again with the same options it goes on after the last whole epoch, and more `epochs` continue
    from where fewer ended. It trains on at most 1 GiB of pixels: 87,000 images at 64 px, drawn at random.

    Args:
        dims: width of the vectors.
        size: side of its input in pixels, a multiple of 16 for a convolutional one; images are squeezed into squares.
        kind: "convolutional", or "linear": the principal components of the pixels, found at once; at most as many as
            there are images.
        within: rows to train on, named as for `Collection.rows`; by default all.
        path: the file to keep it in, which `pointillist.encoder` opens again; by default beside the store.
        job: told the batches done, with the loss in its message; cancels. Without one a bar shows them.
        on_epoch: told the losses after each epoch, one for each; what there is by then can be opened at its `path`.
            Without it a notebook's cell shows some of the images and what the autoencoder makes of them.

    Warns where it was trained for more epochs before, which stay.

    Raises:
        SourceError: if the first argument is no collection.
        EncoderError: if an option is out of range, fewer than two images can be read, or another program's file is at
            `path`.
        PointillistError: if `job` is no job, or `on_epoch` no function.
        Cancelled: if the job was cancelled; whole epochs are kept.
    """
    from pointillist.encoders.autoencoder import HELD_OUT, batches_in, check_options, squashed, train
    from pointillist.encoders.trained import import_torch, must_be_ours

    must_be_collection(collection)
    check_options(kind, dims, size, epochs)
    check_job(job)
    check_callback(on_epoch, "on_epoch")
    seed = checked_seed(seed, EncoderError)
    target = trained_path(collection, "autoencoder", kind=kind, dims=dims, size=size, seed=seed, path=path)
    must_be_ours(target)
    with shown(job, "training an autoencoder") as job:
        rows = np.arange(len(collection)) if within is None else collection.rows(within)
        most = max(2, MOST_BYTES // (3 * size * size))
        rows = np.sort(np.random.default_rng(seed).permutation(rows)[:most])
        squash = squashed(size).apply
        with _inputs(collection, rows, squash, size, job) as (inputs, _):
            job.message = "loading torch"
            outwaited(lambda: import_torch(optimizer=kind == "convolutional"), job.check)
            told = _Telling(job, batches=epochs * batches_in(round((1 - HELD_OUT) * len(inputs))))
            seen = np.asarray(inputs)
            return train(
                seen,
                target,
                kind=kind,
                dims=dims,
                epochs=epochs,
                seed=seed,
                on_batch=told,
                on_epoch=on_epoch or _pictures_shown(target, seen, epochs),
            )


def finetune(
    collection: Collection,
    base: str | Encoder = DEFAULT_LIGHT,
    *,
    label: str,
    within: Any = None,
    epochs: int = 10,
    seed: int = 0,
    path: str | Path | None = None,
    job: Job | None = None,
    on_epoch: Callable[[list[float], float | None], None] | None = None,
) -> FinetunedEncoder:
    """Fine-tune a timm model on a column of labels and return it as an encoder, with what it was worth as `report`.

    Rows without a label, or with a blank one, are left out. A fifth of the others is held out and only used to compare
    the neighbours before and after; another part says when to stop. Copies of an image, and boxes in one file, all go
    into one part. Rare classes weigh as much as frequent ones. Stopped and called again with the same options it goes
    on after the last whole epoch.

    Args:
        base: a timm model, by name or as an encoder.
        label: the column of the table.
        within: rows to use, named as for `Collection.rows`; by default all that have a label.
        epochs: at most so many; it stops when it no longer gets better.
        path: the file to keep it in, which `pointillist.encoder` opens again; by default beside the store.
        job: told the batches done; cancels. Without one a bar shows them.
        on_epoch: told after each epoch its error and those before, and the neighbour accuracy before training.

    Raises:
        SourceError: if the first argument is no collection.
        TableError: if there is no such column.
        EncoderError: if the base is no timm model, `epochs` no whole number from 1 up, another program's file at
            `path`, or there are fewer than two classes with two images each; copies and boxes in one file count once.
        PointillistError: if `job` is no job, or `on_epoch` no function.
        Cancelled: if the job was cancelled.
    """
    from pointillist.encoders.finetuning import aside_of, train
    from pointillist.encoders.parts import groups_of_class, linked
    from pointillist.encoders.timm_model import TimmEncoder
    from pointillist.encoders.trained import import_torch, must_be_ours

    must_be_collection(collection)
    if not is_whole(epochs) or epochs < 1:
        raise EncoderError(f"epochs={epochs!r}: give a whole number from 1 up")
    check_job(job)
    check_callback(on_epoch, "on_epoch")
    seed = checked_seed(seed, EncoderError)
    model = encoder(base)
    if not isinstance(model, TimmEncoder):
        raise EncoderError(f"{model.name!r} cannot be fine-tuned: give a timm model, for example {DEFAULT_LIGHT!r}")
    table = collection.table
    if not isinstance(label, Hashable) or label not in table.columns:
        raise TableError(f"{label!r} is not a column of the table; it has {', '.join(map(str, table.columns))}")
    target = _place(collection, path, f"finetuned-{model.name}-on-{label}-seed{seed}")
    for file in (target, aside_of(target)):
        must_be_ours(file)
    rows = np.arange(len(collection)) if within is None else collection.rows(within)
    given = label_words(table[label].iloc[rows])
    rows, words = rows[given.notna().to_numpy()], given.dropna().to_numpy(object)
    with shown(job, "fine-tuning") as job:
        job.message = "loading the model"
        outwaited(model.load, job.check)
        outwaited(lambda: import_torch(optimizer=True), job.check)
        side = model.prepare(np.zeros((8, 8, 3), np.uint8)).shape[0]
        with _inputs(collection, rows, model.prepare, side, job) as (inputs, readable):
            classes, labels = np.unique(words[readable], return_inverse=True)
            contents = [hashlib.blake2b(image.data, digest_size=16).digest() for image in inputs]
            groups = linked(contents, [source_of(collection.images, row) for row in rows[readable].tolist()])
            enough = int((groups_of_class(labels, groups) >= 2).sum()) if len(labels) else 0
            if enough < 2:
                raise EncoderError(
                    f"{label!r} has {len(classes)} classes, of which {enough} have two images or more (copies of one "
                    "image, and boxes in one file, count once): fine-tuning needs at least two such classes"
                )
            told = _Telling(job, batches=0)
            return train(
                model,
                inputs,
                labels,
                groups,
                classes.tolist(),
                target,
                epochs=epochs,
                seed=seed,
                column=label,
                on_batch=told,
                on_epoch=on_epoch,
            )


def _pictures_shown(path: Path, images: np.ndarray, epochs: int) -> Callable[[list[float]], None]:
    """Shows, in a notebook that waits, some of the images and what the autoencoder at `path` makes of them by now."""
    from pointillist.encoders.reconstructions import sheet

    show = pictures_shown(lambda: sheet(path, list(images[:: max(1, len(images) // PICTURED)][:PICTURED])))
    return lambda losses: show(len(losses) == epochs)


class _Telling:
    """Counts batches in the job and says how it goes."""

    def __init__(self, job: Job, *, batches: int) -> None:
        self._job = job
        job.total = batches

    def __call__(self, message: str) -> None:
        self._job.check()
        if message:
            self._job.message = message
        self._job.advance()


@contextmanager
def _inputs(
    collection: Collection, rows: np.ndarray, prepare: Callable[[np.ndarray], np.ndarray], side: int, job: Job
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Prepared (m, side, side, 3) uint8 of the rows that can be read, in a file; and which of `rows` those are."""
    images = collection.images

    def read(some: list[int]) -> list[np.ndarray | None]:
        pictures = collection.contents.thumbnails(some) if thumbnail_is_enough(side) else [None] * len(some)
        picture_of, sources = dict(zip(some, pictures, strict=True)), Sources(images, kept=1)
        made = {row: ready(row, picture_of[row], sources) for row in together(images, some)}
        return [made[row] for row in some]

    def ready(row: int, picture: bytes | str | None, sources: Sources) -> np.ndarray | None:
        """From the thumbnail where that is large enough, so that no image is read twice."""
        try:
            if isinstance(picture, str):
                raise DecodeError(picture)
            small = None if picture is None else standing_in(picture, side)
            if small is not None:
                return prepare(small)
            payload, shared = sources.get(row)
            at_least_px = max(side, THUMBNAIL_PX)
            return prepare(decode(payload, at_least_px=at_least_px, box=images.box(row), shared=shared).rgb)
        except DecodeError:
            return None

    with tempfile.TemporaryDirectory(prefix="pointillist-", ignore_cleanup_errors=True) as folder:
        shape = (max(1, len(rows)), side, side, 3)
        inputs = np.memmap(Path(folder) / "inputs", np.uint8, "w+", shape=shape)
        parts = [rows[i : i + AT_ONCE].tolist() for i in range(0, len(rows), AT_ONCE)]
        readable: list[int] = []
        read_before = 0
        job.message = ""
        with (
            job.part("reading the images"),
            closing(ahead(read, parts, threads=READERS, most=2 * READERS, check=job.check)) as readings,
        ):
            job.total = len(rows)
            for some in readings:
                for i, image in enumerate(some, read_before):
                    if image is not None:
                        inputs[len(readable)] = image
                        readable.append(i)
                read_before += len(some)
                job.advance(len(some))
        yield inputs[: len(readable)], np.array(readable, np.int64)
        del inputs


def trained_path(
    collection: Collection,
    what: str,
    *,
    kind: Kind,
    dims: int,
    size: int,
    seed: int = 0,
    path: str | Path | None = None,
    **_: object,
) -> Path:
    """Where `train_autoencoder` keeps what it trains with these options."""
    return _place(collection, path, f"{what}-{kind}-{dims}-{size}px-seed{seed}")


def _place(collection: Collection, path: str | Path | None, name: str) -> Path:
    """Where to keep a trained encoder: as asked, else beside the collection's store, else in the cache directory."""
    if path is not None:
        asked = named_file(path, "path", EncoderError)
        if asked.suffix != ".safetensors":
            raise EncoderError(f"path={str(path)!r}: the file must end in .safetensors")
        return asked.absolute()
    store = collection.store.path or cache_path(collection.images.identity)
    plain = "".join(c if c.isalnum() or c in "-_." else "-" for c in name)
    return store.with_name(f"{store.stem}-{plain}.safetensors")
