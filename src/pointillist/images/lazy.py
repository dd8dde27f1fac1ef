"""Strings for n rows that are made when somebody asks: at a million rows most never are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import overload


class Strings(Sequence[str]):
    """n strings; equal to any sequence of the same strings. Subclasses say when they are made."""

    def __init__(self, n: int) -> None:
        self._n = n

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[str]: ...
    def __getitem__(self, row: int | slice) -> str | Sequence[str]:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and not isinstance(other, str) and list(self) == list(other)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        shown = ", ".join(repr(self[row]) for row in range(min(3, self._n)))
        return f"<{self._n:,} strings: {shown}{', …' if self._n > 3 else ''}>"


class Together(Strings):
    """All made by one call, when the first is asked for: those that depend on one another."""

    def __init__(self, n: int, make: Callable[[], list[str]]) -> None:
        super().__init__(n)
        self._make = make

    @cached_property
    def _made(self) -> list[str]:
        return self._make()

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[str]: ...
    def __getitem__(self, row: int | slice) -> str | Sequence[str]:
        return self._made[row]


class Each(Strings):
    """Each made when it is asked for, and again the next time."""

    def __init__(self, n: int, make: Callable[[int], str]) -> None:
        super().__init__(n)
        self._make = make

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[str]: ...
    def __getitem__(self, row: int | slice) -> str | Sequence[str]:
        if isinstance(row, slice):
            return [self._make(i) for i in range(*row.indices(self._n))]
        return self._make(range(self._n)[row])
