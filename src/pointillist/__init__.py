"""A map of your images linked to an image grid, in a Jupyter notebook; what you select is a DataFrame.

Each name is loaded when it is first used: `import pointillist` itself loads neither torch nor pandas nor the widget.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pointillist.collection import Collection, open
    from pointillist.encoders import encoder
    from pointillist.errors import (
        CameraError,
        ClusterError,
        DecodeError,
        EmbeddingError,
        EncoderError,
        PointillistError,
        ProjectionError,
        SelectionError,
        SnapshotError,
        SourceError,
        StoreError,
        TableError,
        TagError,
    )
    from pointillist.explorer import Explorer, explore
    from pointillist.scale import embed
    from pointillist.training import finetune, train_autoencoder

__version__ = "0.1.0"

_HOMES = {
    "explore": "explorer",
    "Explorer": "explorer",
    "Collection": "collection",
    "open": "collection",
    "embed": "scale",
    "encoder": "encoders",
    "finetune": "training",
    "train_autoencoder": "training",
    "PointillistError": "errors",
    "SourceError": "errors",
    "DecodeError": "errors",
    "EncoderError": "errors",
    "EmbeddingError": "errors",
    "ProjectionError": "errors",
    "StoreError": "errors",
    "SelectionError": "errors",
    "SnapshotError": "errors",
    "TableError": "errors",
    "TagError": "errors",
    "CameraError": "errors",
    "ClusterError": "errors",
}

__all__ = [
    "CameraError",
    "ClusterError",
    "Collection",
    "DecodeError",
    "EmbeddingError",
    "EncoderError",
    "Explorer",
    "PointillistError",
    "ProjectionError",
    "SelectionError",
    "SnapshotError",
    "SourceError",
    "StoreError",
    "TableError",
    "TagError",
    "embed",
    "encoder",
    "explore",
    "finetune",
    "open",
    "train_autoencoder",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'pointillist' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"pointillist.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
