"""The explorer: a widget on a collection."""

from __future__ import annotations

from pointillist.explorer.opening import explore
from pointillist.explorer.widget import Explorer

__all__ = ["Explorer", "explore"]
