"""A person's mouse over the plot: drag, wheel, hover, lasso, with real input events."""

from __future__ import annotations

import itertools
import math
import statistics
import time
from typing import Any

import numpy as np
from devtools import Page
from painted import Rect

HZ = 60
CORNER_STEPS = 6
SLOW_S = 0.6
APPROACH_STEPS, APPROACH_PX = 12, 6


class Hands:
    """The mouse on one page. `rect` is the plot, in CSS pixels."""

    def __init__(self, page: Page, rect: Rect) -> None:
        self.page, self.rect = page, rect
        self.x, self.y = rect["x"] + rect["w"] / 2, rect["y"] + rect["h"] / 2

    def away(self) -> None:
        """Put the mouse where it is over no plot."""
        self.page.mouse("Moved", 2, 2, wait=True)

    def move(self, kind: str, seconds: float) -> dict[str, Any]:
        """Drag in circles, or wheel in and out, at 60 Hz; the gaps between animation frames in ms.

        With few frames the median misleads, as Chromium lets some queue up before it holds them back:
        `per_draw_ms` is the time per frame with a draw call, where the page draws by GPU.
        """
        page = self.page
        page.mouse("Moved", self.x, self.y, wait=True)
        page.js("__bench.startFrames()")
        begun = time.monotonic()
        if kind == "drag":
            page.mouse("Pressed", self.x, self.y, pressed=True)
        self._play(kind, seconds)
        if kind == "drag":
            page.mouse("Released", self.x, self.y, wait=True)
        frames = page.js("__bench.stopFrames()", patience_s=90)
        wall = time.monotonic() - begun
        gaps, drew = np.diff(frames["t"][1:]), np.diff(frames["draws"][1:]) > 0
        if not len(gaps):
            return {"frames": len(frames["t"]), "median_ms": 1e3 * wall, "p95_ms": 1e3 * wall}
        return {
            "frames": len(frames["t"]),
            "median_ms": float(np.median(gaps)),
            "p95_ms": float(np.percentile(gaps, 95)),
            "max_ms": float(gaps.max()),
            "per_draw_ms": 1e3 * wall / int(drew.sum()) if drew.any() else None,
        }

    def _play(self, kind: str, seconds: float) -> None:
        begun, step = time.monotonic(), 0
        while (passed := time.monotonic() - begun) < seconds:
            phase = passed * 2 * math.pi / 1.5
            if kind == "wheel":
                self.page.wheel(self.x, self.y, -24 if math.sin(phase) >= 0 else 24)
            else:
                x, y = self.x + 80 * math.sin(phase), self.y + 60 * (1 - math.cos(phase))
                self.page.mouse("Moved", x, y, pressed=True)
            step += 1
            time.sleep(max(0, begun + step / HZ - time.monotonic()))

    def pictures(self, seconds: float) -> float:
        """Different pictures per second on the screen while dragging; the screencast that counts them costs some."""
        page = self.page
        page.mouse("Moved", self.x, self.y, wait=True)
        page.start_cast()
        page.mouse("Pressed", self.x, self.y, pressed=True)
        begun = time.time()
        self._play("drag", seconds)
        shown = [frame for t, frame in page.frames if t >= begun]
        page.mouse("Released", self.x, self.y, wait=True)
        page.stop_cast()
        return len(set(shown)) / seconds

    def rest(self, drawn_js: str | None) -> float:
        """Drag for a moment and stop: from the last move to the complete picture, in ms.

        Without `drawn_js` to the last draw call seen within two seconds, which is the least it can be.
        """
        page = self.page
        page.mouse("Moved", self.x, self.y, wait=True)
        page.mouse("Pressed", self.x, self.y, pressed=True)
        self._play("drag", 0.8)
        page.mouse("Moved", self.x + 30, self.y + 20, pressed=True, wait=True)
        if drawn_js is None:
            time.sleep(2)
            rested = page.js("Math.max(0, __bench.lastDraw - __bench.moved)", patience_s=60)
        else:
            rested = page.js(f"__bench.when(() => {drawn_js}, 20000).then((t) => t - __bench.moved)")
        page.mouse("Released", self.x + 30, self.y + 20, wait=True)
        return float(rested)

    def hover(self, card_js: str, times: int, patience_s: float) -> float:
        """From the last move of a pointer that travels there to the card of the point below it, in ms.

        Its picture was seen before.
        """
        x, y = self._place_with_card(card_js, time.monotonic() + patience_s)
        took = []
        for _ in range(times):
            self.away()
            self.page.wait_js(f"!({card_js})", 10)
            time.sleep(0.3)
            for step in range(APPROACH_STEPS, 0, -1):
                self.page.mouse("Moved", x - step * APPROACH_PX, y)
                time.sleep(1 / HZ)
            self.page.mouse("Moved", x, y, wait=True)
            took.append(self.page.js(f"__bench.when(() => {card_js}, 5000).then((t) => t - __bench.moved)"))
        return float(statistics.median(took))

    def _place_with_card(self, card_js: str, end: float) -> tuple[float, float]:
        for across in (0.5, 0.35, 0.65, 0.25, 0.75):
            for down in (0.5, 0.35, 0.65, 0.25, 0.75):
                if time.monotonic() > end:
                    break
                x, y = self.rect["x"] + across * self.rect["w"], self.rect["y"] + down * self.rect["h"]
                self.page.mouse("Moved", x - 1, y, wait=True)
                self.page.mouse("Moved", x, y, wait=True)
                if self.page.js(f"__bench.when(() => {card_js}, 2500)") is not None:
                    return x, y
        raise TimeoutError("no card came up for any of the points hovered")

    def lasso(self, size: float) -> float:
        """Draw a rectangle of this share of the plot round its middle; when the button was let go, in the page's ms.

        Each move is answered by the page before the next: where the page is slower than the mouse, Chromium would
        merge moves and cut the corners off.
        """
        page = self.page
        w, h = self.rect["w"] * size / 2, self.rect["h"] * size / 2
        corners = [(-w, -h), (w, -h), (w, h), (-w, h), (-w, -h + 4)]
        x, y = self.x + corners[0][0], self.y + corners[0][1]
        page.mouse("Moved", x, y, wait=True)
        page.js("__bench.ups.length = 0")
        page.mouse("Pressed", x, y, pressed=True, wait=True)
        is_slow = False
        for (x0, y0), (x1, y1) in itertools.pairwise(corners):
            for step in range(1, CORNER_STEPS + 1):
                if is_slow and step < CORNER_STEPS:
                    continue
                begun, share = time.monotonic(), step / CORNER_STEPS
                x, y = self.x + x0 + (x1 - x0) * share, self.y + y0 + (y1 - y0) * share
                page.mouse("Moved", x, y, pressed=True, wait=True)
                took = time.monotonic() - begun
                is_slow = is_slow or took > SLOW_S
                time.sleep(max(0.01, 0.03 - took))
        page.js("new Promise((done) => requestAnimationFrame(() => done(1)))")  # the last move has been seen
        sent = 1e3 * time.time()
        page.mouse("Released", x, y, wait=True)
        return float(min(page.js("__bench.ups", patience_s=60), default=sent))
