"""What is computed once and kept: one SQLite file per collection."""

from pointillist.store.place import cache_path
from pointillist.store.records import NO_FILE, Batch, FailureRecord, ImageRecord, Place, Refusal, Signature
from pointillist.store.store import Dtype, Store

__all__ = [
    "NO_FILE",
    "Batch",
    "Dtype",
    "FailureRecord",
    "ImageRecord",
    "Place",
    "Refusal",
    "Signature",
    "Store",
    "cache_path",
]
