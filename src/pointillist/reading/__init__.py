"""Reading ahead of the model: files become model inputs and thumbnails while it works on what came before."""

from __future__ import annotations

from pointillist.reading.ahead import ahead
from pointillist.reading.ends import BothEnds
from pointillist.reading.readers import readings
from pointillist.reading.rows import Reading, Sources, Task, source_of, together

__all__ = ["BothEnds", "Reading", "Sources", "Task", "ahead", "readings", "source_of", "together"]
