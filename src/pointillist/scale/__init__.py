"""Past one machine: Ray Data embeds, a Lance table holds what it made. Both come with the extra `scale`."""

from __future__ import annotations

from pointillist.scale.opened import open_table
from pointillist.scale.run import Done, embed, embed_rows

__all__ = ["Done", "embed", "embed_rows", "open_table"]
