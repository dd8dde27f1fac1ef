"""What can be told of, and saved from, a file that cannot be read as a store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pointillist.journal import Op
from pointillist.store.database import APPLICATION_ID


def is_ours(path: Path) -> bool:
    """Whether the file begins as a store of pointillist does, so that it may be moved aside."""
    with path.open("rb") as file:
        head = file.read(72)
    return head.startswith(b"SQLite format 3\0") and head[68:72] == APPLICATION_ID.to_bytes(4, "big")


def saved_journal(path: Path) -> Iterator[Op]:
    """The tag operations that can still be read from a damaged store, in order, up to the first that cannot."""
    connection = sqlite3.connect(path)
    try:
        for number, operation in connection.execute("SELECT number, operation FROM journal ORDER BY number"):
            yield Op.from_json(operation, number)
    except (sqlite3.Error, ValueError, TypeError, KeyError):  # damaged here, or what it says is no operation
        return
    finally:
        connection.close()
