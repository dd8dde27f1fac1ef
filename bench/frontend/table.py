"""The figures of all runs as one table: ours, the peers, the ratio, the target, met or not."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

OURS, PEERS = "pointillist", ("jupyter_scatter", "embedding_atlas")
FLOOR = "bare"
"""One picture on a canvas, moved: what page, browser and machine take, whatever is drawn. No peer."""
Figures = dict[str, Any]
Get = Callable[[Figures], float | None]


@dataclass(frozen=True)
class Row:
    """One figure at one size. Met: at most `most`, and at most `ratio` of the better peer, where these are set."""

    title: str
    n: int
    get: Get
    digits: int = 0
    most: float | None = None
    ratio: float | None = None


def rows_for(n: int, wire: dict[str, int]) -> list[Row]:
    """`wire` is how many bytes of what each widget sends are its own scripts."""
    rows = [
        Row("first painted points from the start of the cell, ms", n, _at("first_points_ms"), ratio=_if(n, M, 0.5)),
        Row("  in its final colours, ms", n, _at("settled_ms")),
        Row("  of which Python, ms", n, _python),
    ]
    for kind in ("drag", "wheel"):
        rows += [
            Row(f"frame gap, {kind}, median, ms", n, _at(kind, "median_ms"), 1, 20),
            Row(f"frame gap, {kind}, p95, ms", n, _at(kind, "p95_ms"), 1, 40),
            Row("  a frame's work of the GPU process, ms of a core", n, _at(kind, "cost_ms", "GPU"), 1),
            Row("  of the page and its workers, ms of a core", n, _at(kind, "cost_ms", "renderer"), 1),
        ]
    rows += [
        Row("  pictures per second while dragging", n, _at("pictures_per_s"), 1),
        Row("complete picture after the rest, ms", n, _rest, most={M: 100, 10 * M: 600}.get(n)),
        Row("  with pictures and names, ms", n, _at("rest_all_ms")),
    ]
    for share in ("10", "50"):
        at_1m = {"most": _if(n, M, 100), "ratio": _if(n, M, 0.5)}
        rows.append(Row(f"lasso of {share} % → rows in Python, ms", n, _at("lasso", share, "rows_ms"), **at_1m))
    rows += [
        Row("  then as a DataFrame (50 %), ms", n, _at("lasso", "50", "frame_ms")),
        Row("kernel → browser, without the scripts, B per point", n, _bytes(wire), 2, _if(n, M, 9.5)),
        Row("  with the scripts, B per point", n, _bytes({}), 2),
        Row("colour by another column → painted, ms", n, _at("color_ms"), most=_if(n, M, 100)),
        Row("  fetched first, ms", n, _at("color_fetched_ms")),
        Row("  bytes for it, per point", n, lambda r: None if "color_bytes" not in r else r["color_bytes"] / r["n"], 2),
        Row("hover → card drawn, ms", n, _at("hover_ms"), most=_if(n, M, 33)),
        Row("browser memory, B per point", n, _at("memory_per_point"), ratio=_if(n, 5 * M, 0.5)),
        Row("  kernel memory grown, B per point", n, _kernel),
    ]
    return rows


M = 1_000_000


def _if(n: int, wanted: int, value: float) -> float | None:
    return value if n == wanted else None


def _at(*path: str) -> Get:
    def get(run: Figures) -> float | None:
        found: Any = run
        for part in path:
            if not isinstance(found, dict) or found.get(part) is None:
                return None
            found = found[part]
        return float(found)

    return get


def _python(run: Figures) -> float | None:
    return run["construct_ms"] + run["display_ms"] if "construct_ms" in run else None


def _rest(run: Figures) -> float | None:
    return run.get("rest_ms", run.get("last_draw_ms"))


def _kernel(run: Figures) -> float | None:
    after = _at("lasso", "50", "kernel")(run)
    return None if after is None else (after - run["kernel_before"]) / run["n"]


def _bytes(wire: dict[str, int]) -> Get:
    return lambda run: (run["bytes_in"] - wire.get(run["adapter"], 0)) / run["n"] if "bytes_in" in run else None


def table(runs: Iterable[Figures], bundles: dict[str, dict[str, Any]]) -> str:
    """Markdown. Each figure is the median of the runs that have it; `(2)` behind it says from how many, if not all."""
    runs = list(runs)
    names = [name for name in (OURS, *PEERS, FLOOR) if any(run["adapter"] == name for run in runs) or name in bundles]
    heads = [f"{name} {bundles[name]['version']}" if name in bundles else name for name in names]
    wire = {name: bundle["wire"] for name, bundle in bundles.items()}
    lines = [_line(["n", "figure", *heads, "ratio to the better peer", "target", "met"])]
    lines.append("|---" * (len(names) + 5) + "|")
    for n in sorted({run["n"] for run in runs}):
        here = [run for run in runs if run["n"] == n]
        lines += [_row(row, here, names) for row in rows_for(n, wire)]
    for title, key, most in (("bundle, minified, kB", "bytes", 400), ("bundle, gzipped, kB", "gzip", 130)):
        cells = [bundles[name][key] / 1000 if name in bundles else None for name in names]
        lines.append(_judged("", title, names, cells, [""] * len(cells), 1, most, None))
    return "\n".join(lines)


def _row(row: Row, runs: list[Figures], names: list[str]) -> str:
    cells, marks = [], []
    for name in names:
        mine = [run for run in runs if run["adapter"] == name]
        found = [value for value in map(row.get, mine) if value is not None]
        cells.append(statistics.median(found) if found else None)
        marks.append(f" ({len(found)})" if found and len(found) < len(mine) else "")
    return _judged(f"{row.n:,}", row.title, names, cells, marks, row.digits, row.most, row.ratio)


def _judged(
    n: str,
    title: str,
    names: list[str],
    cells: list[float | None],
    marks: list[str],
    digits: int,
    most: float | None,
    ratio: float | None,
) -> str:
    ours = next((cell for name, cell in zip(names, cells, strict=True) if name == OURS), None)
    peers = [cell for name, cell in zip(names, cells, strict=True) if name in PEERS and cell]
    share = ours / min(peers) if ours is not None and peers else None
    targets = [f"≤ {most:g}"] if most is not None else []
    targets += [f"≤ {ratio:g} × peer"] if ratio is not None else []
    is_met = ours is not None and (most is None or ours <= most) and (ratio is None or (share or 9e9) <= ratio)
    words = [f"{cell:,.{digits}f}{mark}" if cell is not None else "–" for cell, mark in zip(cells, marks, strict=True)]
    judged = ["", ""] if not targets else [" and ".join(targets), "yes" if is_met else "**no**"]
    return _line([n, title, *words, f"{share:.2f}" if share is not None else "–", *judged])


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
