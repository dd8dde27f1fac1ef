"""Everything pointillist raises on purpose; each message names the value, the rule and the way out."""

from __future__ import annotations


class PointillistError(Exception):
    """Base of every error raised on purpose."""


class SourceError(PointillistError, ValueError):
    """The images cannot be found in what was given: no such folder, an empty one, no such column."""


class DecodeError(PointillistError):
    """One image cannot be read; the text is the reason shown in `failures`.

    passing: the cause lies outside the file (no permission, no memory, a drive that does not answer), so the same file
        may be readable the next time.
    out_of_reach: nobody answers where it lies, neither drive nor server, so it will be the same with those beside it.
    """

    def __init__(self, reason: str, *, passing: bool = False, out_of_reach: bool = False) -> None:
        super().__init__(reason)
        self.passing = passing or out_of_reach
        self.out_of_reach = out_of_reach


class EncoderError(PointillistError):
    """An encoder cannot be made, or cannot be had here."""


class EmbeddingError(PointillistError, ValueError):
    """Vectors or positions do not fit the collection: wrong length, NaN, no vectors yet."""


class StoreError(PointillistError):
    """The store cannot be opened, read or written."""


class SelectionError(PointillistError, ValueError):
    """What was asked for does not name rows of this collection."""


class TableError(PointillistError, ValueError):
    """No such column in the table, or no such layout."""


class CameraError(PointillistError, ValueError):
    """The map cannot look there: a number is missing or not finite, or no image has a position."""


class ClusterError(PointillistError, ValueError):
    """Clusters cannot be made as asked, or there is no such cluster."""


class SnapshotError(PointillistError, ValueError):
    """A picture of the map cannot be made: no map yet, or no picture of this size or kind."""


class TagError(PointillistError, ValueError):
    """A tag cannot be used: empty, too long, not a string."""


class ProjectionError(PointillistError):
    """A layout cannot be computed; `detail` holds what the process that computed it said last."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class ProtocolError(PointillistError):
    """A message does not follow the wire protocol, or comes from another version of it."""


class Cancelled(PointillistError):
    """The work was stopped on request; what was done until then is kept."""
