"""UMAP, t-SNE or PaCMAP in a process of its own: the kernel stays responsive, and stopping is immediate.

The process imports and compiles at once (about 5 s), while the vectors are still being computed, then waits for the
graph on its standard input. It answers with a line for each step of progress, the positions so far every half second
and the layout; it ends when its parent does. Run as `python -m pointillist.analysis.umap_process umap`.
"""

from __future__ import annotations

import importlib
import io
import math
import os
import queue
import sys
import tempfile
import threading
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import BinaryIO, Literal

import numpy as np

from pointillist import children
from pointillist.analysis.pacmap_layout import pacmap
from pointillist.analysis.recipes import MIN_DIST, PERPLEXITY
from pointillist.analysis.tsne_layout import tsne
from pointillist.analysis.umap_layout import easy_layout, umap
from pointillist.errors import Cancelled, ProjectionError
from pointillist.neighbours import Neighbours, neighbours

_LOOK_S = 0.1
SHOW_EVERY_S = 0.5


class UmapProcess:
    """One process for one layout. Starts on creation; `kill` may be called from any thread at any time.

    Raises:
        ProjectionError: on creation, if the system lets no process start.
    """

    def __init__(self, method: Literal["umap", "tsne", "pacmap"] = "umap") -> None:
        self._name = {"umap": "UMAP", "tsne": "t-SNE", "pacmap": "PaCMAP"}[method]
        self._killed = False
        self._asked = False
        self._closing = threading.Lock()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        try:
            self._process = children.start("pointillist.analysis.umap_process", method, stderr=self._said)
        except OSError as error:
            self._said.close()
            raise ProjectionError(
                f"no process for {self._name} could be started ({error}); the PCA layout is there"
            ) from error

    def layout(
        self,
        graph: Neighbours,
        start: np.ndarray,
        *,
        x: np.ndarray | None = None,
        seed: int = 0,
        min_dist: float = MIN_DIST,
        perplexity: float = PERPLEXITY,
        check: Callable[[int, int], None] | None = None,
        on_positions: Callable[[np.ndarray], None] | None = None,
    ) -> np.ndarray:
        """`umap_layout.umap`, `tsne_layout.tsne` or `pacmap_layout.pacmap` of the graph; each reads its own parameters.

        Args:
            check: called several times a second with the epochs done and their total (0, 0 while it starts); what it
                raises kills the process and is passed on.
            on_positions: called about twice a second with the positions so far, of the shape and around the origin as
                the last ones are; what it raises, likewise.

        Raises:
            Cancelled: if `kill` was called.
            ProjectionError: if the process ended without an answer; `detail` holds its last words.
        """
        with self:
            easy = easy_layout(graph, start)
            if easy is not None:
                return easy
            show = None if on_positions is None else _Shown(on_positions, start)
            request = _packed(
                rows=graph.rows,
                distances=graph.distances,
                start=start,
                x=np.empty((len(start), 0), np.float32) if x is None else x,
                seed=np.int64(seed),
                min_dist=np.float64(min_dist),
                perplexity=np.float64(perplexity),
            )
            return self._ask(request, check, show)

    def kill(self) -> None:
        """End the process, whatever it does. Harmless when it has ended."""
        self._killed = True
        self._process.kill()
        self._process.wait()
        with self._closing:
            if not self._asked:  # else the conversing thread closes them
                for pipe in (self._process.stdin, self._process.stdout):
                    if pipe is not None:
                        pipe.close()
            self._said.close()

    def __enter__(self) -> UmapProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def _ask(
        self, request: bytes, check: Callable[[int, int], None] | None, show: Callable[[bytes], None] | None
    ) -> np.ndarray:
        news: queue.SimpleQueue[_News] = queue.SimpleQueue()
        self._asked = True
        threading.Thread(target=self._converse, args=(request, news), name="pointillist-umap", daemon=True).start()
        done, total = 0, 0
        while True:
            try:
                item = news.get(timeout=_LOOK_S)
            except queue.Empty:
                item = (done, total)
            if isinstance(item, np.ndarray):
                return item
            if item is None:
                raise self._failure()
            if isinstance(item, bytes):
                if show is not None:
                    show(item)
                item = (done, total)
            done, total = item
            if check is not None:
                check(done, total)

    def _converse(self, request: bytes, news: queue.SimpleQueue[_News]) -> None:
        asking, answering = self._process.stdin, self._process.stdout
        assert asking is not None and answering is not None
        answer = None
        with answering:
            try:
                with asking:
                    asking.write(request)
                for line in answering:
                    word, *numbers = line.split()
                    if word == b"epoch":
                        news.put((int(numbers[0]), int(numbers[1])))
                    elif word == b"places":
                        places = answering.read(int(numbers[0]))
                        if len(places) < int(numbers[0]):
                            break  # it died over them
                        news.put(places)
                    elif word == b"layout":
                        answer = np.load(io.BytesIO(answering.read()), allow_pickle=False)
            except (OSError, ValueError):  # it died: a closed pipe, or half an answer
                answer = None
        news.put(answer)

    def _failure(self) -> Exception:
        if self._killed:
            return Cancelled(f"the {self._name} layout was stopped")
        code = self._process.wait()
        self._said.seek(0)
        last = self._said.read().decode("utf-8", "replace").splitlines()[-30:]
        why = "was killed, most likely for want of memory" if code == -9 else f"ended with code {code}"
        if last and code > 0:
            why = f"{why}: {last[-1]}"
        return ProjectionError(f"{self._name}'s process {why}; the PCA layout is there", "\n".join(last))


_News = tuple[int, int] | bytes | np.ndarray | None
"""Epochs and their total, positions so far, the layout, or that there will be none."""


class _Shown:
    """Turns the positions that the process sends, of rows with a vector, into those of all rows, and hands them on."""

    def __init__(self, on_positions: Callable[[np.ndarray], None], start: np.ndarray) -> None:
        self._on_positions = on_positions
        self._shape = start.shape
        self._present = np.isfinite(start).all(axis=1)

    def __call__(self, sent: bytes) -> None:
        xy = np.full(self._shape, np.nan, np.float32)
        places = np.frombuffer(sent, np.float32).reshape(-1, self._shape[1])
        xy[self._present] = places - places.mean(axis=0)
        self._on_positions(xy)


def _packed(**arrays: np.ndarray | np.generic) -> bytes:
    packed = io.BytesIO()
    np.savez(packed, **arrays)  # type: ignore[arg-type]
    return packed.getvalue()


def main() -> None:
    """The child's side."""
    answers: BinaryIO = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not mix with the answers
    if hasattr(os, "nice"):
        os.nice(10)
    method = sys.argv[1]
    toy = np.random.default_rng(0).standard_normal((16, 4)).astype(np.float32)
    if method == "umap":
        umap(neighbours(toy, 4), toy[:, :2])  # imports and compiles
    else:
        importlib.import_module("sklearn.manifold" if method == "tsne" else "pacmap")
    answers.write(b"ready\n")
    answers.flush()
    request = sys.stdin.buffer.read()
    if not request:
        return

    told = shown = -math.inf

    def tell(done: int, total: int, places: np.ndarray) -> None:
        nonlocal told, shown
        now = monotonic()
        if now >= told + _LOOK_S or done == total:
            told = now
            answers.write(f"epoch {done} {total}\n".encode())
        if now >= shown + SHOW_EVERY_S:
            shown = now
            sent = np.ascontiguousarray(places, np.float32).tobytes()
            answers.write(f"places {len(sent)}\n".encode() + sent)
        answers.flush()

    with np.load(io.BytesIO(request), allow_pickle=False) as asked:
        graph = Neighbours(asked["rows"], asked["distances"])
        seed, start = int(asked["seed"]), asked["start"]
        if method == "umap":
            xy = umap(graph, start, min_dist=float(asked["min_dist"]), seed=seed, on_epoch=tell)
        elif method == "pacmap":
            xy = pacmap(graph, start, asked["x"], seed=seed, on_epoch=tell)
        else:
            xy = tsne(graph, start, perplexity=float(asked["perplexity"]), seed=seed, on_epoch=tell)
    packed = io.BytesIO()
    np.save(packed, xy, allow_pickle=False)
    answers.write(b"layout\n" + packed.getvalue())
    answers.flush()


if __name__ == "__main__":
    main()
