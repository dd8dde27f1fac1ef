"""The vectors of one encoder over one collection, and the checks of vectors and positions that users bring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pointillist.errors import EmbeddingError
from pointillist.numeric import on_cpu
from pointillist.warned import warn_caller

if TYPE_CHECKING:
    import pandas as pd

    Index = Callable[[], pd.Index[Any]]

GIVEN = "given"
_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class Embedding:
    """The vectors of one encoder.

    name: what people call the encoder; "given" for vectors the user brought.
    digest: names encoder and content of all rows: the cache key of whatever is computed from the vectors.
    present: (n,) bool, which rows have a vector.
    load: fetches the (n, d) float32 vectors, of unit length, NaN in rows without one.
    fingerprint: the encoder's; "" for vectors the user brought.
    width: d, where it is known before they are loaded.
    """

    name: str
    digest: str
    present: np.ndarray
    load: Callable[[], np.ndarray]
    fingerprint: str = ""
    width: int = 0

    @property
    def dims(self) -> int:
        """d; 1 where no image has a vector."""
        return self.width or self.vectors.shape[1]

    @cached_property
    def vectors(self) -> np.ndarray:
        """(n, d) float32 of unit length, NaN in rows without a vector; d is 1 where no image has one."""
        found = self.load()
        return found if found.shape[1] else np.full((len(found), 1), np.nan, np.float32)

    def is_by_another(self, other: Embedding) -> bool:
        """Whether another encoder made these, be it one of the same name; or whether the user brought others."""
        return self.fingerprint != other.fingerprint or (not self.fingerprint and self.digest != other.digest)

    @property
    def is_given(self) -> bool:
        """Whether the user brought these, so that no encoder makes more of them."""
        return not self.fingerprint

    @property
    def rows(self) -> np.ndarray:
        """(m,) uint32: the rows that have a vector, ascending."""
        return np.flatnonzero(self.present).astype(np.uint32)


def digest_of(fingerprint: str, keys: Sequence[bytes | None], present: np.ndarray) -> str:
    """Name a set of vectors by their encoder's fingerprint and the content keys of their rows."""
    digest = blake2b(fingerprint.encode(), digest_size=16)
    absent = bytes(16)
    digest.update(
        b"".join(key if key is not None and there else absent for key, there in zip(keys, present, strict=True))
    )
    return digest.hexdigest()


def given_embedding(vectors: Any, n: int, index: Index | None = None) -> Embedding:
    """Check vectors that the user brought and scale them to unit length.

    Args:
        vectors: (n, d) numbers: an array, a DataFrame, a Series or list of rows, a torch tensor on the CPU; or the name
            of a .npy or Parquet file of them. In the order of the images, or in any where an index names them.
        index: gives the index of the images; see `_in_order`.

    Warns of rows that are all zeros.

    Raises:
        EmbeddingError: if they are not (n, d) finite numbers, d from 1 up.
    """
    if isinstance(vectors, str | Path):
        vectors = _from_file(Path(vectors).expanduser())
    x = _numbers(_in_order(vectors, index, "embeddings"), "embeddings")
    if x.ndim != 2 or x.shape[1] == 0:
        raise EmbeddingError(f"embeddings= has the shape {x.shape}; it must be (n, d), one row of d numbers per image")
    if len(x) != n:
        raise EmbeddingError(f"embeddings= has {len(x):,} rows for {n:,} images; there must be one for each, in order")
    bad = np.flatnonzero(~np.isfinite(x).all(axis=1))
    if len(bad):
        raise EmbeddingError(
            f"embeddings= has NaN or infinite values in {len(bad):,} of {n:,} rows (first: row {bad[0]}); "
            "leave these images out, or embed them again"
        )
    zeros = np.flatnonzero(~x.any(axis=1))
    if len(zeros):
        warn_caller(
            f"embeddings= is all zeros in {len(zeros):,} of {n:,} rows (first: row {zeros[0]}): they have no direction "
            "and count as alike and as a vector of equal numbers; leave these images out, or embed them again",
        )
    unit = np.empty(x.shape, np.float32)
    for start in range(0, n, _AT_ONCE):  # in float64, which squares any float32, a few rows at a time
        some = x[start : start + _AT_ONCE].astype(np.float64)
        largest = np.abs(some).max(axis=1, keepdims=True)
        some /= np.where(largest > 0, largest, 1)  # whose squares neither overflow nor vanish
        lengths = np.linalg.norm(some, axis=1, keepdims=True)
        unit[start : start + _AT_ONCE] = np.where(
            lengths > 0, some / np.where(lengths > 0, lengths, 1), 1 / np.sqrt(x.shape[1])
        )
    digest = blake2b(np.ascontiguousarray(unit).data, digest_size=16).hexdigest()
    return Embedding(GIVEN, digest, np.ones(n, bool), lambda: unit)


def given_layout(positions: Any, n: int, index: Index | None = None) -> np.ndarray:
    """Check positions that the user brought.

    Args:
        positions: (n, 2) or (n, 3) numbers; a row that is not finite in float32 is an image without a position.
        index: gives the index of the images; see `_in_order`.

    Returns:
        The same as float32, NaN in the rows without a position.

    Raises:
        EmbeddingError: if they have another shape, or if no row has a position.
    """
    if any(isinstance(one, str) for one in (positions if isinstance(positions, list | tuple) else [positions])):
        raise EmbeddingError(f"layout={positions!r} is a name; give the positions, for example table[['x', 'y']]")
    xy = _numbers(_in_order(positions, index, "layout"), "layout")
    if xy.ndim != 2 or xy.shape[1] not in (2, 3):
        raise EmbeddingError(f"layout= has the shape {xy.shape}; it must be (n, 2) or (n, 3), a position per image")
    if len(xy) != n:
        raise EmbeddingError(f"layout= has {len(xy):,} rows for {n:,} images; there must be one for each, in order")
    with np.errstate(over="ignore"):
        xy = xy.astype(np.float32)
    xy[~np.isfinite(xy).all(axis=1)] = np.nan
    if n and np.isnan(xy).all():
        raise EmbeddingError("layout= has no position at all: every row is NaN or infinite")
    return xy


def _in_order(values: Any, index: Index | None, what: str) -> Any:
    """The rows of a DataFrame or Series in the order of the images, where its index names them; other values, and rows
    that are only numbered from 0 on, as they are.

    Raises:
        EmbeddingError: if the index names other images, not all of them, or some twice.
    """
    if index is None or not hasattr(values, "iloc"):
        return values
    import pandas as pd

    own, images = values.index, index()
    if own.equals(images) or own.equals(pd.RangeIndex(len(own))):
        return values
    if own.is_unique and images.is_unique and len(own) == len(images):
        places = own.get_indexer(images)
        if (places >= 0).all():
            return values.iloc[places]
    raise EmbeddingError(
        f"{what}= has an index that is not that of the images ({_mismatch(own, images)}): give each image one row, "
        "under its label in the table, or .to_numpy() where the rows are in the order of the images"
    )


def _mismatch(own: pd.Index[Any], images: pd.Index[Any]) -> str:
    for whose, labels in (("the images have", images), ("it has", own)):
        if not labels.is_unique:
            return f"{whose} {labels[labels.duplicated()].tolist()[0]!r} more than once"
    lacking, others = images[~images.isin(own)], own[~own.isin(images)]
    said = []
    if len(lacking):
        said.append(f"{len(lacking):,} of {len(images):,} images are not in it, the first is {lacking.tolist()[0]!r}")
    if len(others):
        said.append(f"{len(others):,} of its labels name none, the first is {others.tolist()[0]!r}")
    return "; ".join(said)


def _from_file(path: Path) -> Any:
    """Vectors in a file: of a .npy file its array; of a Parquet file its column of lists if there is one, else its
    columns of numbers."""
    if path.suffix == ".npz":
        raise EmbeddingError(
            f"embeddings={str(path)!r} may hold several arrays: give the one meant, np.load({str(path)!r})[<its name>]"
        )
    if path.suffix not in (".npy", ".parquet"):
        raise EmbeddingError(f"embeddings={str(path)!r} is neither a column of the table nor a .npy or .parquet file")
    try:
        if path.suffix == ".npy":
            return np.load(path, allow_pickle=False)
        import pandas as pd

        table = pd.read_parquet(path)
    except (OSError, ValueError, ImportError) as error:
        raise EmbeddingError(f"embeddings={str(path)!r} cannot be read: {error}") from error
    lists = [name for name in table.columns if table[name].map(_is_list).any()]
    numbers = table.select_dtypes("number")
    if not lists and numbers.shape[1]:
        return numbers
    if len(lists) != 1:
        raise EmbeddingError(f"embeddings={str(path)!r} has {len(lists)} columns of vectors; it must have one")
    return table[lists[0]]


def _is_list(value: object) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | bytes | dict)


def _numbers(values: Any, what: str) -> np.ndarray:
    try:
        array = np.asarray(on_cpu(values))
        if array.dtype.kind == "O" and array.ndim == 1 and any(map(_is_list, array)):
            without = [row for row, value in enumerate(array) if not _is_list(value)]
            if without:
                raise ValueError(f"row {without[0]} has none")
            array = np.stack([np.asarray(row) for row in array])
        return array if array.dtype.kind in "fiu" else array.astype(np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise EmbeddingError(f"{what}= is not an array of numbers ({error})") from error
