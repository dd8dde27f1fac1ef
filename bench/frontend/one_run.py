"""One widget at one size, in a new browser with a new kernel: the figures in the order a person meets them."""

from __future__ import annotations

import importlib
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devtools import SHIFT, Browser, BrowserError
from hands import Hands
from painted import ENOUGH, coloured, first_points, pixels
from server import HERE, Server

WINDOW = (1500, 1000)
LOAD_S = 100
HOVERS = 5
OURS = "pointillist"
MOST_FOR_HANDS = 2_000_000
"""Above this the peers take minutes to be dragged, and no target speaks of it: they are only loaded and weighed."""
CALIBRATING = 2
"""How many times as long the first run of a widget may take, which looks for the sizes of the lassos."""
LASSOS = {"10": 0.1, "50": 0.5}
FIRST_GUESS = {"10": 0.3, "50": 0.65}

Figures = dict[str, Any]


class OutOfTime(Exception):
    """The run's time is over."""


class Run:
    """`go` returns the figures; what failed is in `errors`, by step.

    Args:
        adapter: a module of adapters/.
        lassos: relative sizes of the lassos that hit 10 % and 50 %, kept from run to run; filled in the first.
        limit_s: the whole run's time. What was measured until then counts.
    """

    def __init__(
        self, server: Server, chromium: str, adapter: str, n: int, lassos: dict[str, float], limit_s: float
    ) -> None:
        self.server, self.chromium, self.name, self.n, self.lassos = server, chromium, adapter, n, lassos
        self.adapter = importlib.import_module(f"adapters.{adapter}").Adapter()
        self.end = time.monotonic() + limit_s * (1 if lassos else CALIBRATING)
        self.got: Figures = {"adapter": adapter, "n": n, "at": time.time(), "errors": {}, "steps_s": {}}

    def go(self, shot: Path | None = None) -> Figures:
        begun = time.monotonic()
        try:
            with self._browser():
                steps = [self._open, self._load, *self._steps()]
                for step in steps:
                    at = time.monotonic()
                    try:
                        step()
                    except (OutOfTime, BrowserError, TimeoutError, RuntimeError, KeyError, IndexError) as error:
                        self.got["errors"][step.__name__[1:]] = f"{type(error).__name__}: {error}"[:400]
                        if isinstance(error, OutOfTime) or step in steps[:2]:
                            break
                    finally:
                        self.got["steps_s"][step.__name__[1:]] = round(time.monotonic() - at, 1)
                self.got["complaints"] = self.page.complaints[:5]
                if shot is not None:
                    self.page.screenshot(shot)
        except (BrowserError, TimeoutError, OSError) as error:
            self.got["errors"].setdefault("browser", f"{type(error).__name__}: {error}"[:400])
        self.server.end_kernels()
        self.got |= {"took_s": time.monotonic() - begun, "load": os.getloadavg()[0]}
        return self.got

    def _steps(self) -> list[Callable[[], None]]:
        if self.adapter.only_moves:
            return [self._drag]
        if self.name != OURS and self.n > MOST_FOR_HANDS:
            return [self._memory]
        # The last two move the camera.
        return [self._memory, self._lasso, self._hover, self._color, self._drag, self._rest]

    @contextmanager
    def _browser(self) -> Iterator[None]:
        self.server.log.unlink(missing_ok=True)
        self.browser = Browser(self.chromium, *WINDOW)
        self.page = self.browser.page
        try:
            self.got["browser"] = self.browser.version
            self.page.send("Page.addScriptToEvaluateOnNewDocument", source=(HERE / "page.js").read_text())
            yield
        finally:
            self.browser.close()

    def _left(self, most_s: float) -> float:
        left = self.end - time.monotonic()
        if left <= 0:
            raise OutOfTime("the run's time is over")
        return min(most_s, left)

    def _open(self) -> None:
        name = f"bench{time.time_ns()}.ipynb"
        self.server.write_notebook(
            name, [f"import in_kernel as k; k.setup({self.name!r}, {self.n})", "k.show()", "k.read()"]
        )
        self.page.send("Page.navigate", url=f"{self.server.url}lab/tree/{name}?reset")
        ready = """(() => {
          const panel = window.jupyterapp && __bench.notebook();
          return panel?.content.widgets.length >= 3 && panel.sessionContext.session?.kernel?.status === 'idle';
        })()"""
        self.page.wait_js(ready, self._left(90))
        self.page.js("jupyterapp.commands.execute('application:toggle-left-area').catch(() => 0)")
        time.sleep(1)
        at = self._run_cell(0)
        setup = self.server.wait_event("setup", at, self._left(200))
        self.got |= {"import_s": setup["import_s"], "kernel_before": setup["rss"]}
        time.sleep(1)

    def _run_cell(self, number: int) -> float:
        """Press Shift+Enter in a cell; when."""
        self.page.js(f"""(() => {{
          const panel = __bench.notebook(), notebook = panel.content;
          jupyterapp.shell.activateById(panel.id);
          notebook.deselectAll();
          notebook.activeCellIndex = {number};
          notebook.mode = 'command';
          notebook.activate();
          notebook.node.focus();
        }})()""")
        time.sleep(0.1)
        at = time.time()
        self.page.key("Enter", 13, SHIFT)
        return at

    def _load(self) -> None:
        page = self.page
        before, traffic = self.browser.memory(), page.js("__bench.ws")
        page.start_cast()
        at = self._run_cell(1)
        show = self.server.wait_event("show", at, self._left(LOAD_S))
        end = time.monotonic() + self._left(LOAD_S)
        page.wait_js(f"!!({self.adapter.canvas_js})", self._left(LOAD_S))
        while time.monotonic() < end:  # quiet and painted: a worker may be busy without traffic or draw calls
            self._quiet(max(1, end - time.monotonic()), still_s=2 if self.n <= 2_000_000 else 5)
            self.rect = self._rect()
            if page.frames and coloured(pixels(page.frames[-1][1]), self.rect) >= ENOUGH:
                break
            time.sleep(0.5)
        frames = page.stop_cast()
        after = page.js("__bench.ws")
        self.rect = self._rect()
        self.hands = Hands(page, self.rect)
        self.got |= first_points(frames, self.rect, show["t0"])
        self.got |= {
            "construct_ms": 1e3 * show["construct_s"],
            "display_ms": 1e3 * show["display_s"],
            "bytes_in": after["in"] - traffic["in"],
            "biggest": after["biggest"],
            "rect": self.rect,
            "memory_before": before,
        }
        if self.got["first_points_ms"] is None:
            raise RuntimeError("no points were painted")

    def _rect(self) -> dict[str, float]:
        return dict(
            self.page.js(f"""(() => {{
              const box = ({self.adapter.canvas_js}).getBoundingClientRect();
              return {{ x: box.x, y: box.y, w: box.width, h: box.height }};
            }})()""")
        )

    def _quiet(self, patience_s: float, *, still_s: float) -> None:
        """Wait until the page has neither traffic nor draw calls for a while."""
        end, last, since = time.monotonic() + self._left(patience_s), None, time.monotonic()
        while time.monotonic() < end:
            now = self.page.js("[__bench.ws.in, __bench.draws]", patience_s=max(5, end - time.monotonic()))
            if now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() - since > still_s:
                return
            time.sleep(0.2)

    def _memory(self) -> None:
        self.page.send("HeapProfiler.collectGarbage")
        before, after = self.got["memory_before"], self.browser.memory()
        self.got["memory_after"] = after
        grown = sum(after.get(kind, 0) - before.get(kind, 0) for kind in ("renderer", "GPU"))
        self.got["memory_per_point"] = grown / self.n

    def _drag(self) -> None:
        """Frame gaps while dragging and wheeling, what a frame costs, and pictures per second."""
        seconds = 2.5 if self.n <= 200_000 else 4 if self.n <= 2_000_000 else 6
        for kind in ("drag", "wheel"):
            self._left(60)
            before = self.browser.worked()
            self.got[kind] = moved = self.hands.move(kind, seconds)
            moved["cost_ms"] = {
                process: 1e3 * (after - before.get(process, 0)) / max(moved["frames"], 1)
                for process, after in self.browser.worked().items()
            }
            self._quiet(20, still_s=0.7)
        self.got["pictures_per_s"] = self.hands.pictures(1.5)
        self._quiet(20, still_s=0.7)

    def _rest(self) -> None:
        """The complete picture after the rest."""
        if self.adapter.points_js is None or self.adapter.drawn_js is None:
            self.got["last_draw_ms"] = self.hands.rest(None)
        else:
            for name, is_done in (("rest_ms", self.adapter.points_js), ("rest_all_ms", self.adapter.drawn_js)):
                took = []
                for _ in range(3):
                    took.append(self.hands.rest(is_done))
                    self._quiet(20, still_s=0.7)
                self.got[name] = statistics.median(took)
        self._quiet(20, still_s=0.7)

    def _hover(self) -> None:
        if self.adapter.card_js is not None:
            self.got["hover_ms"] = self.hands.hover(self.adapter.card_js, HOVERS, self._left(40))

    def _color(self) -> None:
        """The colour by another column, in the interface: first one to be fetched, then those the page has."""
        if self.adapter.color_js("other") is None:
            return
        self.hands.away()
        time.sleep(0.5)
        self._quiet(20, still_s=0.7)
        before = self.page.js("__bench.ws.in")
        self.got["color_fetched_ms"] = self._recolored("other")
        self.got["color_bytes"] = self.page.js("__bench.ws.in") - before
        self.got["color_ms"] = statistics.median(self._recolored(name) for name in ("category", "other", "category"))

    def _recolored(self, column: str) -> float:
        took = self.page.js(
            f"__bench.repainted({self.adapter.stage_js}, () => {self.adapter.color_js(column)}, 20000)", patience_s=30
        )
        self._quiet(20, still_s=1)
        if took is None:
            raise RuntimeError(f"colouring by {column!r} changed nothing on the map")
        return float(took)

    def _lasso(self) -> None:
        self.got["lasso"] = {}
        for name, share in LASSOS.items():
            if name not in self.lassos:
                self.lassos[name] = self._calibrated(name, share)
            self._clear()
            self.got["lasso"][name] = self._lasso_once(self.lassos[name])
        self._clear()

    def _calibrated(self, name: str, share: float) -> float:
        low, high, size = 0.03, 0.93, FIRST_GUESS[name]
        for _ in range(6):
            self._clear()
            hit = self._lasso_once(size)["rows"] / self.n
            if abs(hit - share) < 0.1 * share:
                break
            low, high = (size, high) if hit < share else (low, size)
            size = (low + high) / 2
        return size

    def _lasso_once(self, size: float) -> Figures:
        self.adapter.begin_lasso(self.page)
        begun = time.time()
        up_ms = self.hands.lasso(size)
        self.adapter.end_lasso(self.page)
        told = self.server.wait_event("told", begun, self._left(45))["t"]
        while True:  # a widget may tell Python several times; the last one counts
            time.sleep(0.5)
            last = self.server.events("told")[-1]["t"]
            if last == told:
                break
            told = last
        self._quiet(30, still_s=0.7)
        at = self._run_cell(2)
        read = self.server.wait_event("read", at, self._left(90))
        return {
            "rows": read["n"],
            "told_ms": 1e3 * told - up_ms,
            "rows_ms": 1e3 * (told + read["rows_s"]) - up_ms,
            "frame_ms": None if read["frame_s"] is None else 1e3 * read["frame_s"],
            "kernel": read["rss"],
        }

    def _clear(self) -> None:
        self.adapter.clear(self.page)
        time.sleep(0.5)
        self._quiet(30, still_s=0.7)
