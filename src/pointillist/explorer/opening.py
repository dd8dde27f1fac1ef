"""One line from images to the widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pointillist.collection import Collection
from pointillist.errors import SourceError
from pointillist.explorer.widget import Explorer

if TYPE_CHECKING:
    from pointillist.encoders import Encoder


def explore(
    source: object,
    *,
    image: str | None = None,
    label: str | None = None,
    box: str | Sequence[str] | None = None,
    pad: float = 0.0,
    embeddings: Any = None,
    layout: Any = None,
    encoder: str | Encoder | Callable[..., Any] | None = None,
    store: str | Path | None = "auto",
) -> Explorer:
    """Open the widget on a folder, paths, a DataFrame, arrays, a dataset, or a `Collection`; options as there.

    Returns at once; thumbnails, a first map and the UMAP layout follow as the work is done.

    The first time in a kernel it shows the view that this notebook had last of these images (Jupyter Server 2 and VS
    Code name the notebook), as far as it fits: selection, filters, order, colour, map, camera and sizes. `label` and
    `layout` win where they are others than then. Later in the same kernel, in another notebook and in plain Python it
    starts fresh.

    Raises:
        SourceError: if no images can be found in `source`, or options are given beside a Collection, which has them.
        EmbeddingError: if `embeddings` or `layout` do not fit the images.
        StoreError: if `store` is no path, or names a file of another program.
    """
    options: dict[str, Any] = {
        "image": image,
        "label": label,
        "box": box,
        "pad": pad,
        "embeddings": embeddings,
        "layout": layout,
        "encoder": encoder,
        "store": store,
    }
    if not isinstance(source, Collection):
        return Explorer(Collection(source, **options))
    unset = {"pad": 0.0, "store": "auto"}
    given = [name for name, value in options.items() if value is not unset.get(name) and value != unset.get(name)]
    if given:
        raise SourceError(
            f"{', '.join(given)} cannot be given beside a Collection; give them when making the Collection"
        )
    return Explorer(source)
