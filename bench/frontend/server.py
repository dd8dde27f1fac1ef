"""A JupyterLab server on this machine alone, with config, runtime files and notebooks in a temporary folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[1] / "src"


class Server:
    """`events` are the lines that the kernels have noted."""

    def __init__(self, make_images: Callable[[Path], None]) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="bench-lab-"))
        self.root, self.images = self.home / "notebooks", self.home / "images"
        self.log = self.home / "events.jsonl"
        for folder in (self.root, self.images):
            folder.mkdir()
        make_images(self.images)
        settings = self.home / "settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
        folders = {f"JUPYTER_{name}_DIR": str(self.home / name.lower()) for name in ("CONFIG", "RUNTIME", "DATA")} | {
            f"JUPYTERLAB_{name}_DIR": str(self.home / name.lower()) for name in ("SETTINGS", "WORKSPACES")
        }
        here = {
            "IPYTHONDIR": str(self.home / "ipython"),
            "PYTHONPATH": f"{HERE}{os.pathsep}{SOURCE}",
            "POINTILLIST_CACHE": str(self.home / "store"),
            "BENCH_LOG": str(self.log),
            "BENCH_IMAGES": str(self.images),
        }
        arguments = [
            *("--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"),
            *("--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True", f"--ServerApp.root_dir={self.root}"),
            *("--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"),
        ]
        self._output = (self.home / "jupyterlab.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *arguments],
            env={**os.environ, **folders, **here},
            cwd=self.root,
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,
        )
        self.url = self._wait_up()

    def _wait_up(self) -> str:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for found in (self.home / "runtime").glob("jpserver-*.json"):
                with suppress(OSError, ValueError, urllib.error.URLError):
                    url = str(json.loads(found.read_text())["url"])
                    urllib.request.urlopen(f"{url}api/status", timeout=5)
                    return url
            if self._process.poll() is not None:
                raise RuntimeError(f"JupyterLab ended at once: {(self.home / 'jupyterlab.log').read_text()[-2000:]}")
            time.sleep(0.2)
        raise RuntimeError("JupyterLab did not start within 60 s")

    def write_notebook(self, name: str, cells: list[str]) -> None:
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": kernel},
            "cells": [
                {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": source, "outputs": []}
                | {"execution_count": None}
                for i, source in enumerate(cells)
            ],
        }
        (self.root / name).write_text(json.dumps(notebook))

    def events(self, name: str) -> list[dict[str, Any]]:
        if not self.log.exists():
            return []
        lines = self.log.read_text().splitlines()
        return [event for event in map(json.loads, lines) if event["event"] == name]

    def wait_event(self, name: str, after: float, patience_s: float) -> dict[str, Any]:
        """The first event of this name noted after the time `after`."""
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            for event in self.events(name):
                if event["t"] > after:
                    return event
            time.sleep(0.02)
        raise TimeoutError(f"the kernel noted no {name!r} within {patience_s:.0f} s")

    def end_kernels(self) -> None:
        with suppress(OSError, ValueError):
            answer = urllib.request.urlopen(f"{self.url}api/sessions", timeout=30)
            for session in json.loads(answer.read()):
                delete = urllib.request.Request(f"{self.url}api/sessions/{session['id']}", method="DELETE")
                urllib.request.urlopen(delete, timeout=30)

    def close(self) -> None:
        self.end_kernels()
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()
        shutil.rmtree(self.home, ignore_errors=True)
