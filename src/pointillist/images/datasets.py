"""Datasets of torch, torchvision and Hugging Face, told by what they can do: none of these packages is imported."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np
import pandas as pd

from pointillist.errors import DecodeError, SourceError
from pointillist.images.cells import at_the_door, content_identity, could_be_image, is_missing
from pointillist.images.names import index_names
from pointillist.images.paths import absolute, common_folder, has_image_extension, images_below, relative_to
from pointillist.images.rows import Images


class Lazy(Sequence[object]):
    """n cells that are made when asked for, one at a time: datasets promise nothing about threads."""

    def __init__(self, n: int, cell: Callable[[int], object]) -> None:
        self.n = n
        self.cell = cell
        self.lock = threading.Lock()

    def __len__(self) -> int:
        return self.n

    @overload
    def __getitem__(self, row: int) -> object: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[object]: ...
    def __getitem__(self, row: int | slice) -> object:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(self.n))]
        try:
            with self.lock:
                return self.cell(row)
        except DecodeError:
            raise
        except Exception as error:
            raise DecodeError(f"the dataset cannot give item {row}: {error or type(error).__name__}") from error


def read_hugging_face(dataset: Any, image: str | None) -> Images:
    """A `datasets.Dataset`: its image column undecoded, the other columns as the table, class labels by name.

    Raises:
        SourceError: it is streamed, empty, or has no such column.
    """
    n = _length(dataset)
    features: dict[str, Any] = dict(dataset.features or {})
    if image is None:
        found = [name for name, feature in features.items() if type(feature).__name__ == "Image"]
        if len(found) != 1:
            what = f"several image columns, {', '.join(map(repr, found))}" if found else "no column of type Image"
            raise SourceError(f"the dataset has {what}; say which: image=, one of {', '.join(map(repr, features))}")
        image = found[0]
    if image not in features:
        raise SourceError(f"image={image!r} is not a column of the dataset; it has {', '.join(map(repr, features))}")
    others: pd.DataFrame = dataset.remove_columns([image]).to_pandas()
    table = others.set_axis(pd.RangeIndex(n), axis=0)
    label = None
    for name, feature in features.items():
        names = getattr(feature, "names", None)
        if name in table.columns and isinstance(names, list):
            table[name] = class_names(table[name].tolist(), names)
            label = label or name
    feature = features[image]
    if type(feature).__name__ == "Image":
        dataset = dataset.cast_column(image, type(feature)(decode=False))
    ids = index_names(table.index)
    kind = " ".join(str(part) for part in (getattr(dataset, "builder_name", ""), getattr(dataset, "split", "")) if part)
    identity = f"{_kind(dataset)} {kind} {_text(dataset)} {getattr(dataset, '_fingerprint', '')}"
    return Images(
        lambda: table, ids, ids, label, f"dataset of {n:,} images", identity, Lazy(n, lambda row: dataset[row][image])
    )


def read_dataset(dataset: Any) -> Images:
    """A map-style torch dataset whose items are images, (image, target), or dicts with an image.

    One that lists its files (torchvision's ImageFolder) is read from these files, and its transform is not applied.

    Raises:
        SourceError: it has no length, is empty, or its first item holds no image.
    """
    n = _length(dataset)
    targets, classes = _targets(dataset, n), _classes(dataset)
    files = _files(dataset, n)
    cells: Sequence[object]
    if files is not None:
        root = common_folder(files) or ""
        images = images_below(
            root, [relative_to(root, path) for path in files], title=f"{type(dataset).__name__} of {n:,} images"
        )
        table, ids, cells = images.table[["path"]], images.ids, files
        title, identity, names = images.title, images.identity, images.names
    else:
        _first_image(dataset)
        table = pd.DataFrame(index=pd.RangeIndex(n))
        ids = names = index_names(table.index)
        title = f"{type(dataset).__name__} of {n:,} images"
        cells = Lazy(n, lambda row: image_in(dataset[row]))
        identity = f"{_kind(dataset)} {n} {_text(dataset)} {content_identity(cells)}"  # train and test may say the same
    if targets is not None:
        table = table.assign(label=class_names(targets, classes) if classes else targets)
    return Images(lambda: table, ids, names, "label" if targets is not None else None, title, identity, cells)


def image_in(item: Any) -> object:
    """The image of a dataset's item: the item itself, or the first image in it.

    Raises:
        DecodeError: there is none.
    """
    parts = (
        item.values()
        if isinstance(item, dict) and "bytes" not in item
        else item
        if isinstance(item, tuple | list)
        else [item]
    )
    for part in parts:
        cell = at_the_door(part)
        if (
            not is_missing(cell)
            and could_be_image(cell)
            and not (isinstance(cell, str) and not has_image_extension(cell))
        ):
            return cell
    raise DecodeError(f"the dataset's item is {type(item).__name__} without an image")


def class_names(codes: Sequence[Any], names: Sequence[str]) -> pd.Categorical:
    """Integer class codes as a categorical in the order of `names`; missing where a code has no name."""
    wanted = [int(code) if not is_missing(code) and 0 <= int(code) < len(names) else -1 for code in codes]
    texts = [str(name) for name in names]
    if len(set(texts)) < len(texts):
        return pd.Categorical(
            [texts[code] if code >= 0 else None for code in wanted], categories=list(dict.fromkeys(texts))
        )
    return pd.Categorical.from_codes(wanted, categories=pd.Index(texts, dtype=object))


def _length(dataset: Any) -> int:
    try:
        n = len(dataset)
    except TypeError as error:
        raise SourceError(
            f"{type(dataset).__name__} has no length: a map needs a fixed set of images; take some into a list first"
        ) from error
    if n == 0:
        raise SourceError(f"the {type(dataset).__name__} is empty")
    return n


def _first_image(dataset: Any) -> None:
    try:
        item = dataset[0]
    except Exception as error:
        raise SourceError(f"{type(dataset).__name__} cannot give its item 0: {error!r}") from error
    try:
        image_in(item)
    except DecodeError as error:
        raise SourceError(
            f"item 0 of {type(dataset).__name__} is {type(item).__name__} without an image; "
            "needs an image, (image, target), or a dict with an image"
        ) from error


def _targets(dataset: Any, n: int) -> list[Any] | None:
    if _is_subset(dataset):
        whole = _targets(dataset.dataset, len(dataset.dataset))
        return None if whole is None else [whole[int(i)] for i in dataset.indices]
    for name in ("targets", "labels"):
        values = getattr(dataset, name, None)
        if values is not None and hasattr(values, "__len__") and len(values) == n:
            values = np.asarray(values)
            return values.tolist() if values.ndim == 1 else None
    return None


def _classes(dataset: Any) -> list[str]:
    if _is_subset(dataset):
        return _classes(dataset.dataset)
    classes = getattr(dataset, "classes", None)
    return [str(name) for name in classes] if isinstance(classes, list | tuple) else []


def _files(dataset: Any, n: int) -> list[str] | None:
    if _is_subset(dataset):
        whole = _files(dataset.dataset, len(dataset.dataset))
        return None if whole is None else [whole[int(i)] for i in dataset.indices]
    samples = getattr(dataset, "samples", None)
    if not isinstance(samples, list) or len(samples) != n:
        return None
    paths = [sample[0] if isinstance(sample, tuple) and sample else None for sample in samples]
    if not all(isinstance(path, str) and has_image_extension(path) for path in paths):
        return None
    return [absolute(str(path)) for path in paths]


def _is_subset(dataset: Any) -> bool:
    return hasattr(dataset, "dataset") and hasattr(dataset, "indices")


def _kind(dataset: Any) -> str:
    return f"{type(dataset).__module__}.{type(dataset).__qualname__}"


def _text(dataset: Any) -> str:
    """What the dataset says of itself, without the addresses that change from session to session."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(dataset))[:2000]
