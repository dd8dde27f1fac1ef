"""Ours beside its peers in a real JupyterLab in a real browser, widget after widget in turn, and one table at the end.

    python bench/frontend/run.py                              all sizes, three runs each
    python bench/frontend/run.py --points 100000 --runs 1     a quick look
    python bench/frontend/run.py --table                      print the table of what was measured before

Every finished run is written down at once. Called again, it goes on where it was stopped; --fresh begins anew.
A run that failed is tried once more. README.md beside this file says what each figure is.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import psutil
from in_kernel import make_images
from one_run import MOST_FOR_HANDS, Run
from server import HERE, Server
from sizes import bundle_of
from table import FLOOR, OURS, PEERS, table

RESULTS = HERE.parents[1] / "bench" / "results" / "frontend"
SIZES = (100_000, 1_000_000, 5_000_000, 10_000_000)
MOST = {OURS: 10_000_000, **dict.fromkeys(PEERS, 5_000_000), FLOOR: MOST_FOR_HANDS}
"""Points that each widget is given at most, unless it is asked for alone."""
LIMIT_S = {100_000: 90, 1_000_000: 120, 5_000_000: 180, 10_000_000: 180}
BUSY = 0.15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--widgets", nargs="+", choices=list(MOST), default=list(MOST))
    parser.add_argument("--chromium", default=os.environ.get("CHROMIUM", "chromium"))
    parser.add_argument("--limit-s", type=float, help="time of one run; by default 90 to 180, by size")
    parser.add_argument("--minutes", type=float, default=60, help="begin no run after this long")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    parser.add_argument("--table", action="store_true", help="measure nothing")
    parser.add_argument("--quiet-machine", action="store_true", help="wait until nothing else is running here")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that server and browser are ended too
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept = RESULTS / "runs.jsonl"
    if arguments.fresh:
        kept.unlink(missing_ok=True)
    if not arguments.table:
        if is_stale():
            sys.exit("the bundle is older than js/src: build it first (make setup, or npm run build in js/)")
        measure(arguments, kept)
    runs = [run for run in read(kept) if is_wanted(run, arguments)]
    bundles = {name: bundle_of(name) for name in arguments.widgets if name != FLOOR}
    text = table(best(runs), bundles)
    (RESULTS / "table.md").write_text(text + "\n")
    print(text)
    for run in runs:
        for step, error in run["errors"].items():
            print(f"failed: {run['adapter']} at {run['n']:,}, run {run['rep'] + 1}, {step}: {error}")


def is_stale() -> bool:
    """Whether what the browser would load was built before js/src was changed last."""
    root = HERE.parents[1]
    bundle = root / "src" / "pointillist" / "static" / "widget.js"
    sources = [path for path in (root / "js" / "src").rglob("*") if path.is_file()]
    return not bundle.is_file() or bundle.stat().st_mtime < max(path.stat().st_mtime for path in sources)


def measure(arguments: argparse.Namespace, kept: Path) -> None:
    begun = time.monotonic()
    lassos: dict[str, dict[str, float]] = {}
    if (calibration := RESULTS / "lassos.json").exists():
        lassos = json.loads(calibration.read_text())
    if arguments.quiet_machine:
        wait_quiet()
    server = Server(make_images)
    try:
        for n, rep, name in plan(arguments):
            for _ in range(2):
                before = [run for run in read(kept) if (run["n"], run["rep"], run["adapter"]) == (n, rep, name)]
                if any(not run["errors"] for run in before) or len(before) >= 2:
                    break
                if time.monotonic() - begun > 60 * arguments.minutes:
                    print(f"left out, {arguments.minutes:g} minutes are over: {name} at {n:,}, run {rep + 1}")
                    break
                limit = arguments.limit_s or LIMIT_S.get(n, 180)
                figures = Run(server, arguments.chromium, name, n, lassos.setdefault(name, {}), limit).go(
                    RESULTS / f"{name}_{n}.png"
                )
                with kept.open("a") as file:
                    file.write(json.dumps({"rep": rep, **figures}) + "\n")
                calibration.write_text(json.dumps(lassos))
                print(told(figures, rep, time.monotonic() - begun), flush=True)
    finally:
        server.close()


def plan(arguments: argparse.Namespace) -> list[tuple[int, int, str]]:
    """Size, run and widget, the widgets in turn; every size once before any a second time."""
    return [
        (n, rep, name)
        for rep in range(arguments.runs)
        for n in sorted(arguments.points)
        for name in arguments.widgets
        if n <= MOST[name] or arguments.widgets == [name]
    ]


def is_wanted(run: dict[str, Any], arguments: argparse.Namespace) -> bool:
    return run["n"] in arguments.points and run["adapter"] in arguments.widgets and run["rep"] < arguments.runs


def best(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of a run and its second try the one with fewer failures, the later of equals."""
    chosen: dict[tuple[int, int, str], dict[str, Any]] = {}
    for run in runs:
        key = run["n"], run["rep"], run["adapter"]
        if key not in chosen or len(run["errors"]) <= len(chosen[key]["errors"]):
            chosen[key] = run
    return list(chosen.values())


def read(kept: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []


def told(figures: dict[str, Any], rep: int, since_s: float) -> str:
    first, lasso = figures.get("first_points_ms"), figures.get("lasso", {}).get("50", {}).get("rows_ms")
    words = [
        f"{since_s / 60:5.1f} min  {figures['n']:>10,}  {figures['adapter']:<16} run {rep + 1}",
        f"took {figures['took_s']:.0f} s, first points {first or 0:,.0f} ms, lasso {lasso or 0:,.0f} ms",
        *(f"FAILED {step}: {error[:120]}" for step, error in figures["errors"].items()),
    ]
    return "; ".join(words)


def wait_quiet() -> None:
    """Wait until the processors are idle, at most ten minutes."""
    end = time.monotonic() + 600
    while psutil.cpu_percent(3) > 100 * BUSY and time.monotonic() < end:
        print("waiting: something else is running on this machine", flush=True)


if __name__ == "__main__":
    main()
