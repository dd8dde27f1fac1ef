"""How long the map's choice of pictures and a lasso hold the page up, at 1M and 10M points, flat and in space.

    python bench/choosing.py [1000000 10000000]

Prints the longest single call while the camera moves and comes to rest, beside the limit of 30 ms, and the time that
all calls of one new view take together, spread over frames. Of a lasso: the longest part of looking at all rows
before the first light, all parts together, and one move after that. Run by node, which is the engine of Chromium.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

LIMIT_MS = 30
ROOT = Path(__file__).parents[1]


def measured(bundle: Path, n: int, dims: int) -> dict[str, Any]:
    said = subprocess.run(["node", bundle, str(n), str(dims)], check=True, capture_output=True, text=True)
    took: dict[str, Any] = json.loads(said.stdout)
    return took


def main(sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "choosing.mjs"
        esbuild = ROOT / "js/node_modules/.bin/esbuild"
        options = ["--bundle", "--format=esm", "--platform=node", f"--outfile={bundle}", "--log-level=error"]
        env = {"NODE_PATH": str(ROOT / "js/node_modules")}
        subprocess.run([esbuild, ROOT / "bench/choosing.ts", *options], check=True, env=env)
        print(
            f"{'points':>12} {'':>6} {'longest call':>14} {'limit':>8} {'a new view, in all':>20}"
            f"{'lasso, a part':>16} {'all':>9} {'a move':>9}"
        )
        for n in sizes:
            for dims, name in ((2, "flat"), (3, "space")):
                took = measured(bundle, n, dims)
                over = "" if took["longest"] <= LIMIT_MS else "  over"
                lasso = " ".join(f"{took['lasso'][of]:>6.1f} ms" for of in ("part", "first", "move"))
                print(
                    f"{n:>12,} {name:>6} {took['longest']:>11.1f} ms {LIMIT_MS:>5} ms {took['whole']:>17.0f} ms"
                    f"       {lasso}{over}"
                )


if __name__ == "__main__":
    main([int(text.replace("_", "")) for text in sys.argv[1:]] or [1_000_000, 10_000_000])
