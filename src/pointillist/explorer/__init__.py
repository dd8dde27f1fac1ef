"""The explorer: a widget on a collection."""

from __future__ import annotations

from pointillist.explorer.widget import Explorer, explore

__all__ = ["Explorer", "explore"]
