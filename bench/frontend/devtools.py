"""One browser with one page, over Chrome's DevTools protocol.

Not by Playwright: that always listens to the network, which copies every message of the kernel through base64 and JSON
while the clock runs.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import websocket

FLAGS = (
    *("--headless=new", "--no-sandbox", "--use-gl=angle"),
    *("--disable-quic", "--no-first-run", "--no-default-browser-check", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions"),
    *("--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--hide-scrollbars"),
    *("--disable-backgrounding-occluded-windows", "--disable-features=Translate", "--mute-audio"),
)
DRAWN_BY = {
    "swiftshader": ("--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
    "opengl": ("--use-angle=gl-egl", "--ignore-gpu-blocklist"),
    "vulkan": ("--use-angle=vulkan", "--ignore-gpu-blocklist", "--enable-features=Vulkan", "--disable-vulkan-surface"),
}
"""By software, or by a GPU and its driver."""
SHIFT = 8


class BrowserError(RuntimeError):
    """The browser, or a script in its page, did not do what it was told."""


class Session:
    """A connection to one target; `on` listens to an event, of which there is one listener."""

    def __init__(self, url: str) -> None:
        self._socket = websocket.create_connection(
            url, timeout=None, max_size=None, suppress_origin=True, enable_multithread=True
        )
        self._number = 0
        self._waiting: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._listeners: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                message = json.loads(self._socket.recv())
            except (OSError, ValueError, websocket.WebSocketException):
                for waiting in list(self._waiting.values()):
                    waiting.put({"error": {"message": "the connection is closed"}})
                return
            if "id" in message:
                if (waiting := self._waiting.pop(message["id"], None)) is not None:
                    waiting.put(message)
            elif (listener := self._listeners.get(message["method"])) is not None:
                listener(message["params"])

    def post(self, method: str, **params: Any) -> int:
        """Send, and do not wait for the answer."""
        with self._lock:
            self._number += 1
            self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
            return self._number

    def send(self, method: str, *, patience_s: float = 120, **params: Any) -> dict[str, Any]:
        answer: queue.Queue[dict[str, Any]] = queue.Queue()
        with self._lock:
            self._number += 1
            number = self._number
            self._waiting[number] = answer
            self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        try:
            message = answer.get(timeout=patience_s)
        except queue.Empty:
            self._waiting.pop(number, None)
            raise BrowserError(f"{method}: no answer within {patience_s:.0f} s") from None
        if "error" in message:
            raise BrowserError(f"{method}: {message['error']}")
        return dict(message["result"])

    def on(self, event: str, listener: Callable[[dict[str, Any]], None]) -> None:
        self._listeners[event] = listener

    def close(self) -> None:
        with suppress(OSError, websocket.WebSocketException):
            self._socket.close()


class Page(Session):
    """The page: scripts and real input."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.complaints: list[str] = []
        self.frames: list[tuple[float, str]] = []
        self.send("Page.enable")
        self.send("Runtime.enable")
        self.on("Runtime.consoleAPICalled", self._said)
        self.on("Runtime.exceptionThrown", lambda p: self.complaints.append(str(p["exceptionDetails"])[:400]))
        self.on("Page.screencastFrame", self._frame)

    def _said(self, params: dict[str, Any]) -> None:
        if params["type"] in ("error", "assert"):
            words = (str(part.get("value", part.get("description", "")))[:300] for part in params["args"])
            self.complaints.append(" ".join(words))

    def _frame(self, params: dict[str, Any]) -> None:
        self.post("Page.screencastFrameAck", sessionId=params["sessionId"])
        self.frames.append((params["metadata"].get("timestamp") or time.time(), params["data"]))

    def start_cast(self) -> None:
        """Keep every frame the compositor shows, with the time the browser gives it."""
        self.frames = []
        self.send("Page.startScreencast", format="jpeg", quality=60, everyNthFrame=1)

    def stop_cast(self) -> list[tuple[float, str]]:
        self.send("Page.stopScreencast")
        return self.frames

    def js(self, expression: str, *, patience_s: float = 120) -> Any:
        """The value of an expression, or what its promise resolves with."""
        answer = self.send(
            "Runtime.evaluate", patience_s=patience_s, expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"].get("exception", answer["exceptionDetails"]))[:800])
        return answer["result"].get("value")

    def wait_js(self, expression: str, patience_s: float) -> Any:
        """Evaluate until the value is true."""
        end = time.monotonic() + patience_s
        while True:
            with suppress(BrowserError):
                if value := self.js(expression, patience_s=max(5, end - time.monotonic())):
                    return value
            if time.monotonic() > end:
                raise TimeoutError(f"not true within {patience_s:.0f} s: {expression[:120]}")
            time.sleep(0.1)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))

    def mouse(self, kind: str, x: float, y: float, *, pressed: bool = False, wait: bool = False) -> None:
        """`kind` is Moved, Pressed or Released; waiting means until the page has handled it."""
        self._input(
            wait,
            type=f"mouse{kind}",
            x=float(x),
            y=float(y),
            buttons=int(pressed),
            button="left" if pressed or kind == "Released" else "none",
            clickCount=int(kind != "Moved"),
            pointerType="mouse",
        )

    def wheel(self, x: float, y: float, by: float, *, wait: bool = False) -> None:
        self._input(wait, type="mouseWheel", x=float(x), y=float(y), deltaX=0, deltaY=by, pointerType="mouse")

    def _input(self, wait: bool, **params: Any) -> None:
        (self.send if wait else self.post)("Input.dispatchMouseEvent", **params)

    def key(self, name: str, code: int, modifiers: int = 0) -> None:
        for kind in ("rawKeyDown", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=name,
                code=name,
                windowsVirtualKeyCode=code,
                modifiers=modifiers,
            )


class Browser:
    """A headless Chromium with a profile of its own.

    drawn_by: a key of DRAWN_BY.
    """

    def __init__(self, executable: str, width: int, height: int, drawn_by: str = "swiftshader") -> None:
        self._profile = Path(tempfile.mkdtemp(prefix="bench-chromium-"))
        self._process = subprocess.Popen(
            [
                executable,
                *FLAGS,
                *DRAWN_BY[drawn_by],
                f"--window-size={width},{height}",
                f"--user-data-dir={self._profile}",
                "--remote-debugging-address=127.0.0.1",
                "--remote-debugging-port=0",
                "--remote-allow-origins=*",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            here = f"http://127.0.0.1:{self._port()}"
            version = json.load(urllib.request.urlopen(f"{here}/json/version", timeout=30))
            pages = json.load(urllib.request.urlopen(f"{here}/json/list", timeout=30))
            self.version = str(version["Browser"])
            self._whole = Session(version["webSocketDebuggerUrl"])
            self.page = Page(next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page"))
            self.page.send("Emulation.setFocusEmulationEnabled", enabled=True)
            self.page.send(
                "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
            )
        except BaseException:
            self._end()
            raise

    def _port(self) -> int:
        found = self._profile / "DevToolsActivePort"
        end = time.monotonic() + 60
        while time.monotonic() < end and self._process.poll() is None:
            if found.exists() and (text := found.read_text().split()):
                return int(text[0])
            time.sleep(0.05)
        raise BrowserError("Chromium did not start")

    def worked(self) -> dict[str, float]:
        """Seconds that the cores have worked so far, by kind of process."""
        found: dict[str, float] = {}
        for process in self._whole.send("SystemInfo.getProcessInfo")["processInfo"]:
            with suppress(psutil.Error):
                times = psutil.Process(process["id"]).cpu_times()
                found[process["type"]] = found.get(process["type"], 0) + times.user + times.system
        return found

    def memory(self) -> dict[str, int]:
        """Resident bytes by kind of process; of the renderers the largest, which is JupyterLab's page."""
        found: dict[str, int] = {}
        for process in self._whole.send("SystemInfo.getProcessInfo")["processInfo"]:
            with suppress(psutil.Error):
                rss = int(psutil.Process(process["id"]).memory_info().rss)
                found[process["type"]] = max(found.get(process["type"], 0), rss)
        return found

    def close(self) -> None:
        for session in (self.page, self._whole):
            session.close()
        self._end()

    def _end(self) -> None:
        descendants: list[psutil.Process] = []
        with suppress(psutil.Error):
            descendants = psutil.Process(self._process.pid).children(recursive=True)
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for process in descendants:
            with suppress(psutil.Error):
                process.kill()
        shutil.rmtree(self._profile, ignore_errors=True)
        if os.path.lexists(self._profile):
            shutil.rmtree(self._profile, ignore_errors=True)
