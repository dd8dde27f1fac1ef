"""What somebody sees who waits for a cell or a script: a bar after a second, and pictures on the way."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from pointillist.jobs import Job

AFTER_S = 1.0
EVERY_S = 0.1
PICTURE_S = 0.5


@contextmanager
def shown(job: Job | None, name: str, total: int = 0, *, unit: str = "it") -> Iterator[Job]:
    """The caller's own job, or else one whose progress is shown while the block runs: by tqdm, once it takes AFTER_S.

    Nothing is shown where nobody looks: with a job of the caller's, on another thread than the main one, and where
    there is neither a notebook nor a terminal.
    """
    if job is not None or not is_watched():
        yield job or Job(name, total)
        return
    watched = _Watched(name, total, unit)
    try:
        yield watched
    except BaseException:
        watched.close()
        raise
    watched.close(is_done=True)


def is_watched() -> bool:
    """Whether somebody waits for this thread, in a notebook or at a terminal."""
    if threading.current_thread() is not threading.main_thread():
        return False
    return in_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return getattr(shell, "kernel", None) is not None


class _Watched(Job):
    """A job that draws itself, whenever the thread that began it looks whether to go on."""

    def __init__(self, name: str, total: int, unit: str) -> None:
        self._thread, self._unit = threading.current_thread(), unit
        self._bar: Any = None
        self._due = monotonic() + AFTER_S
        super().__init__(name, total, changed=lambda _: self._look())

    def check(self) -> None:
        super().check()
        self._look()

    def _look(self) -> None:
        if threading.current_thread() is not self._thread or monotonic() < self._due:
            return
        self._due = monotonic() + EVERY_S
        self._draw()

    def _draw(self) -> None:
        from tqdm.auto import tqdm

        if self._bar is None or self.done < self._bar.n:  # a part that counts anew has a bar of its own
            self.close()
            self._bar = tqdm(total=self.total or None, desc=self.name, unit=self._unit, mininterval=0)
        bar = self._bar
        if bar.total != (self.total or None):
            counted = bar.n
            bar.reset(self.total or None)
            bar.n = counted
        bar.set_description_str(self.name, refresh=False)
        bar.update(self.done - bar.n)
        bar.set_postfix_str(self.message)

    def close(self, *, is_done: bool = False) -> None:
        """Leave the bar as it is; full, where the work is done."""
        if self._bar is None:
            return
        if is_done and self._bar.total:
            self._bar.update(self._bar.total - self._bar.n)
        self._bar.close()
        self._bar = None


def pictures_shown(draw: Callable[[], bytes]) -> Callable[[bool], None]:
    """A function that shows the PNG that `draw` gives in the cell that runs, in place of the one before, where that
    has been there for PICTURE_S or the new one is told to be the last; where no notebook is waited for it does
    nothing."""
    if not (is_watched() and in_notebook()):
        return lambda _: None
    from IPython.display import Image, display

    places: list[Any] = []
    due = 0.0

    def show(is_last: bool) -> None:
        nonlocal due
        if monotonic() < due and not is_last:
            return
        picture = Image(draw(), format="png")
        if places:
            places[0].update(picture)
        else:
            places.append(display(picture, display_id=True))
        due = monotonic() + PICTURE_S

    return show
