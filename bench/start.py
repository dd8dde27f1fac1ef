"""How long until something is to be seen: import, first thumbnails, first map, UMAP; cold and warm.

    python bench/start.py                      1,000 and 10,000 generated pictures
    python bench/start.py --images 1000        fewer
    python bench/start.py --folder photos/     your own

Each figure comes from a process of its own. "Cold" has an empty store; "warm" is the same again in a new process.
The front end is played by this program: it asks what the widget asks, at the moment the widget would.
How the embedding run stands beside the model alone is bench/embed.py's to say.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SCREEN = 60  # thumbnails of one screen of the grid
EMBEDDING = "embedding"  # the name of that run


class FrontEnd:
    """Asks an explorer questions as the browser does, and notes when each was answered."""

    def __init__(self, atlas: Any) -> None:
        self._atlas = atlas
        self._waiting: dict[int, tuple[threading.Event, list[Any]]] = {}
        atlas.send = self._receive

    def _receive(self, content: dict[str, Any], buffers: Any = None) -> None:
        if content.get("client") == "bench" and content.get("id") in self._waiting:
            event, answer = self._waiting[content["id"]]
            answer.extend([content, buffers])
            event.set()

    def ask(self, question: str, params: dict[str, Any], buffers: list[Any] = []) -> tuple[dict[str, Any], Any]:  # noqa: B006
        """The answer and its buffers."""
        from pointillist.protocol.envelopes import PROTOCOL_VERSION

        number = len(self._waiting) + 1
        event, answer = self._waiting[number] = threading.Event(), []
        message = {"protocol": PROTOCOL_VERSION, "client": "bench", "id": number, "ask": question, "params": params}
        self._atlas._handle_custom_msg(message, buffers)
        if not event.wait(60):
            raise SystemExit(f"no answer to {question} within 60 s")
        if "error" in answer[0]:
            raise SystemExit(f"{question}: {answer[0]['error']}")
        return answer[0]["answer"], answer[1]


def session(folder: Path, store: Path) -> dict[str, float]:
    """Explore a folder once, to the end; seconds since `explore` was called, by what was there."""
    import ipykernel.kernelapp  # a notebook's kernel has it before the first cell runs

    assert ipykernel.kernelapp

    began = time.perf_counter()
    import pointillist as pt

    called = time.perf_counter()
    atlas = pt.explore(folder, store=store)
    times = {"import": called - began, "explore returned": time.perf_counter() - called, "n": atlas.n}

    front = FrontEnd(atlas)
    import numpy as np

    rows = np.arange(min(SCREEN, atlas.n), dtype="<u4")
    about = {"name": "rows", "dtype": "u32", "shape": [len(rows)]}
    answer, _ = front.ask("thumbs", {"buffers": [about]}, [rows.tobytes()])
    assert sum(length > 0 for length in answer["lengths"]) > 0.9 * len(rows)
    times["first thumbnails"] = time.perf_counter() - called

    def watch() -> None:
        for run in atlas.runs:
            if run["state"] == "failed":
                raise SystemExit(f"{run['name']}: {run['message']}\n{run['detail']}")
            if run["name"] == EMBEDDING and run["state"] == "done":
                times.setdefault("all embedded", time.perf_counter() - called)

    def seen(name: str, test: Callable[[dict[str, Any]], bool]) -> None:
        while not any(test(layout) for layout in atlas.layouts):
            watch()
            time.sleep(0.005)
        front.ask("layout", {"name": atlas.layout_name})
        times[name] = time.perf_counter() - called

    seen("first map", lambda layout: layout["placed"] > 0)
    seen("all on the map", lambda layout: layout["placed"] >= atlas.n - atlas.failures)
    seen("UMAP", lambda layout: layout["name"] == "umap" and layout["status"] == "ready")
    atlas.wait()
    watch()
    return times


def child(*arguments: str | Path) -> Any:
    """Run this program on one part in a process of its own; what it printed as JSON."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, __file__, *map(str, arguments)], env=env, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.returncode)
    return json.loads(done.stdout.splitlines()[-1])


def import_time(statement: str) -> float:
    """Seconds a statement takes in a fresh interpreter, median of five after one to warm the disk."""
    program = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    runs = [
        float(subprocess.run([sys.executable, "-c", program], env=env, check=True, capture_output=True).stdout)
        for _ in range(6)
    ]
    return statistics.median(runs[1:])


def line(what: str, seconds: float, target: float | None = None) -> None:
    """Print one figure, and its target and ratio to it where there is one."""
    text = f"  {what:<44}{seconds:>9.3f} s"
    if target is not None:
        text += f"   target {target:g} s, {seconds / target:.2f} of it" + ("  OVER" if seconds > target else "")
    print(text, flush=True)


def report(title: str, folder: Path, scratch: Path) -> None:
    """Measure and print one folder, cold and warm."""
    store = scratch / f"{folder.name}.sqlite"
    for when in ("cold", "warm"):
        times = child("--session", folder, store)
        print(f"\n{title}, {when}")
        line("explore() returned", times["explore returned"])
        line("first thumbnails", times["first thumbnails"], 1.0)
        line("first map", times["first map"])
        line("every image on the map", times["all on the map"])
        line("UMAP", times["UMAP"])
        if when == "warm":
            line("import + explore() to UMAP and thumbnails", times["import"] + times["UMAP"], 2.0)
        else:
            line("all embedded", times["all embedded"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[1000, 10_000], help="how many generated pictures")
    parser.add_argument("--folder", type=Path, help="a folder of your own instead")
    parser.add_argument("--session", type=Path, nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.session:
        print(json.dumps(session(*asked.session)))
        return
    if asked.folder:
        folders = [(f"{asked.folder}", asked.folder)]
    else:
        from pictures import pictures  # not above: a session starts with no more than a kernel has

        print("drawing the pictures (kept in data/bench)", flush=True)
        folders = [
            (f"{n:,} generated 500 px JPEG", pictures(ROOT / "data" / "bench" / str(n), n)) for n in asked.images
        ]

    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    print("\nimport, median of 5 fresh interpreters")
    line("import pointillist", import_time("import pointillist"), 0.3)
    line("pointillist.explore and what it needs", import_time("import pointillist; pointillist.explore"))
    with tempfile.TemporaryDirectory() as scratch:
        for title, folder in folders:
            report(title, folder, Path(scratch))


if __name__ == "__main__":
    main()
