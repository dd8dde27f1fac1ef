"""A real JupyterLab in a real Chromium: open a notebook, run cells, read outputs, look at the widget.

Waits are for states (a cell has run, an attribute has a value), never for a length of time.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, Request

SOURCE = Path(__file__).parents[2] / "src"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_S = 60
STARTUP_S = 90

T = TypeVar("T")


def chromium() -> str:
    """The browser `.ci/chromium.sh` found, or the first one on PATH."""
    for name in (os.environ.get("CHROMIUM", ""), *CHROMIUMS):
        found = shutil.which(name) if name else None
        if found:
            return found
    raise RuntimeError("no Chromium on PATH; .ci/chromium.sh installs one, or set CHROMIUM=/path/to/it")


@dataclass(frozen=True)
class Server:
    """A running JupyterLab. `root` is the folder it shows."""

    url: str
    token: str
    root: Path

    def api(self, method: str, path: str) -> Any:
        """One call of Jupyter's REST API; its JSON, or None for an empty answer."""
        request = urllib.request.Request(
            f"{self.url}/api/{path}", method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if body else None


@contextmanager
def jupyterlab(home: Path, package: Path = SOURCE) -> Iterator[Server]:
    """Start JupyterLab with a config, data and cache of its own under `home`; stop it and its kernels on leaving.

    `package` is the folder its kernels import pointillist from.
    """
    root = home / "notebooks"
    root.mkdir(parents=True)
    port, token = free_port(), secrets.token_hex(16)
    settings = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    write_setting(home, "apputils-extension/notification", settings)
    write_setting(home, "docmanager-extension/plugin", {"autosave": False})
    env = {
        **os.environ,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "POINTILLIST_CACHE": str(home / "store"),
        "PYTHONPATH": str(package),
    }
    arguments = [
        *("--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}", "--expose-app-in-browser"),
        *("--LabApp.news_url=None", "--LabApp.extension_manager=readonly"),
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    log = (home / "jupyterlab.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *arguments], env=env, cwd=root, stdout=log, stderr=subprocess.STDOUT
    )
    server = Server(f"http://127.0.0.1:{port}", token, root)
    try:
        wait_for(lambda: answers(server, process), f"JupyterLab did not start, see {log.name}", STARTUP_S)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


def write_setting(home: Path, plugin: str, values: dict[str, object]) -> None:
    """Write JupyterLab's user settings of `plugin`, before it starts."""
    path = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))


def answers(server: Server, process: subprocess.Popen[bytes]) -> bool:
    """Whether the server is up; raises when its process has ended."""
    if process.poll() is not None:
        raise RuntimeError(f"JupyterLab ended with code {process.returncode}")
    try:
        server.api("GET", "status")
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
    return True


def free_port() -> int:
    """A TCP port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(question: Callable[[], T], otherwise: str, patience_s: float = PATIENCE_S) -> T:
    """Ask until the answer is true, and return it; AssertionError with `otherwise` when it never is."""
    end = time.monotonic() + patience_s
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{otherwise} (waited {patience_s:.0f} s, last answer {answer!r})")
        time.sleep(0.05)


PANEL = """
const app = window.jupyterapp;
const panel = [...app.shell.widgets('main')].find((w) => w.context && w.context.path === path);
const cells = panel && panel.content.model && panel.content.model.cells;
"""


class Lab:
    """One notebook in one browser page. `errors` and `outside` list what should not have happened."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server
        self.path = ""
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if not request.url.startswith((self.server.url, "data:", "blob:", self.server.url.replace("http", "ws"))):
            self.outside.append(request.url)

    def open(self, name: str = "test.ipynb", cells: tuple[str, ...] = ()) -> None:
        """Open a notebook with these cells and a fresh kernel."""
        cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
        sources = [{**cell, "id": f"cell{number}", "source": source} for number, source in enumerate(cells)]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = {"cells": sources, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        (self.server.root / name).write_text(json.dumps(notebook))
        self.path = name
        self.page.goto(f"{self.server.url}/lab/tree/{quote(name)}?token={self.server.token}&reset")
        self._wait_idle()

    def _js(self, body: str, *arguments: object) -> Any:
        """Run JavaScript with `app`, `panel` and `cells` of this notebook at hand."""
        return self.page.evaluate(f"async ([path, args]) => {{ {PANEL} {body} }}", [self.path, list(arguments)])

    def _wait_idle(self) -> None:
        state = (
            "if (!app || !cells) return 'no notebook';"
            "const session = panel.sessionContext;"
            "return (session.isReady && session.session?.kernel?.status) || 'no kernel';"
        )

        def idle() -> bool:
            try:
                return bool(self._js(state) == "idle")
            except PlaywrightError:  # the page is still loading
                return False

        wait_for(idle, "the kernel did not become idle", STARTUP_S)

    def start(self, code: str) -> int:
        """Append a cell (or fill the empty last one) and run it; returns its number at once."""
        return int(
            self._js(
                """
                const shared = panel.content.model.sharedModel;
                const last = shared.cells.at(-1);
                const empty = last?.getSource() === '';
                if (empty) last.setSource(args[0]);
                else shared.insertCell(shared.cells.length, { cell_type: 'code', source: args[0] });
                const index = shared.cells.length - 1;
                app.shell.activateById(panel.id);
                panel.content.activeCellIndex = index;
                panel.content.deselectAll();
                window.cellRuns ??= {};
                window.cellRuns[index] = false;
                app.commands.execute('notebook:run-cell').finally(() => { window.cellRuns[index] = true; });
                return index;
                """,
                code,
            )
        )

    def subshells_started(self) -> bool:
        """Whether comm messages go to a subshell by now; JupyterLab asks for it when the first widget appears."""
        return bool(
            self._js(
                """
                const comms = [...panel.sessionContext.session.kernel._comms.values()];
                return comms.length > 0 && comms.every((comm) => comm.subshellId);
                """
            )
        )

    def finished(self, cell: int) -> bool:
        """Whether a started cell has run to its end."""
        return bool(self._js("return window.cellRuns[args[0]];", cell))

    def cell(self, code: str, patience_s: float = PATIENCE_S) -> str:
        """Append a cell, run it to its end and return what it printed or showed as text.

        Raises:
            AssertionError: when the cell raised, with its traceback.
        """
        cell = self.start(code)
        wait_for(lambda: self.finished(cell), f"this cell did not end: {code}", patience_s)
        return self.text(cell)

    def run(self, code: str) -> str:
        """Run code in the kernel as a cell would, without a cell: the page stays as it is. Returns what it printed.

        Raises:
            AssertionError: when the code raised, with its traceback.
        """
        printed, raised = self._js(
            """
            const future = panel.sessionContext.session.kernel.requestExecute({ code: args[0], store_history: false });
            let printed = '', raised = null;
            future.onIOPub = ({ header, content }) => {
              if (header.msg_type === 'stream') printed += content.text;
              if (header.msg_type === 'error') raised = content.ename + ': ' + content.evalue;
            };
            await future.done;
            return [printed, raised];
            """,
            code,
        )
        if raised is not None:
            raise AssertionError(raised)
        return str(printed).strip()

    def outputs(self, cell: int) -> list[dict[str, Any]]:
        """The outputs of a cell, as in a notebook file."""
        return list(self._js("return cells.get(args[0]).outputs.toJSON();", cell))

    def text(self, cell: int) -> str:
        """What a cell printed and showed, as text; AssertionError when it raised."""
        parts = []
        for output in self.outputs(cell):
            if output["output_type"] == "error":
                raise AssertionError(f"{output['ename']}: {output['evalue']}\n" + "\n".join(output["traceback"]))
            shown = output.get("text") or output.get("data", {}).get("text/plain", "")
            parts.append("".join(shown))
        return "".join(parts).strip()

    def ask(self, expression: str) -> Any:
        """The value of a Python expression in the kernel, through JSON."""
        return json.loads(self.run(f"import json; print(json.dumps({expression}))").splitlines()[-1])

    def wait_running(self, cell: int) -> None:
        """Wait until the kernel works on a started cell."""
        wait_for(
            lambda: (
                self._js("return panel.sessionContext.session.kernel.status === 'busy';") and not self.finished(cell)
            ),
            "the cell does not run",
        )

    def rerun(self, cell: int) -> None:
        """Run a cell that is there again, and wait for its end."""
        self._js(
            """
            panel.content.activeCellIndex = args[0];
            panel.content.deselectAll();
            await app.commands.execute('notebook:run-cell');
            """,
            cell,
        )

    def restart_kernel(self) -> None:
        """Restart the kernel as the menu does, without its question."""
        self._js("await panel.sessionContext.restartKernel();")
        self._wait_idle()

    def hide_sidebar(self) -> None:
        """Fold the file browser, so that the notebook is as wide as the window."""
        self._js("await app.commands.execute('application:toggle-left-area');")

    def interrupt(self) -> None:
        """Interrupt the running cell, as the toolbar's square does."""
        self._js("await panel.sessionContext.session.kernel.interrupt();")

    def scroll_to(self, cell: int) -> None:
        """Bring a cell into view."""
        self._js("await panel.content.scrollToItem(args[0], 'start');", cell)

    def save(self) -> dict[str, Any]:
        """Save the notebook; returns the file's content."""
        self._js("await panel.context.save();")
        return dict(json.loads((self.server.root / self.path).read_text()))

    def create_second_view(self, cell: int) -> None:
        """The context menu's "Create New View for Output", for the output of `cell`."""
        self._js("panel.content.activeCellIndex = args[0]; panel.content.scrollToItem(args[0]);", cell)
        self.page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea-output:not(.lm-mod-hidden)").first.click(
            button="right", position={"x": 4, "y": 4}
        )
        self.page.get_by_text("Create New View for Cell Output").click()

    def close_second_view(self) -> None:
        """Close what `create_second_view` opened."""
        self._js("[...app.shell.widgets('main')].filter((w) => w !== panel).forEach((w) => w.close());")

    def theme(self, name: str) -> None:
        """Switch JupyterLab's theme: "JupyterLab Light" or "JupyterLab Dark"."""
        dark = str("Dark" in name).lower()
        self._js("await app.commands.execute('apputils:change-theme', { theme: args[0] });", name)
        self.page.wait_for_selector(
            f"body[data-jp-theme-light='{'false' if dark == 'true' else 'true'}']", state="attached"
        )

    def widget(self, view: int = 0) -> Locator:
        """The root element of the explorer, of its first view or another one."""
        return self.page.locator(".pointillist").nth(view)

    def attribute(self, name: str, element: Locator | None = None) -> str | None:
        """An attribute of the widget's root (or another element), None while it is not there."""
        where = element or self.widget()
        return where.get_attribute(name) if where.count() else None

    def wait_attribute(self, name: str, test: Callable[[str], bool], element: Locator | None = None) -> str:
        """Wait until an attribute of the widget's root passes `test`; returns its value."""

        def value() -> str | None:
            now = self.attribute(name, element)
            return now if now is not None and test(now) else None

        found = wait_for(value, f"{name} of the widget is {self.attribute(name, element)!r}")
        assert found is not None
        return found
