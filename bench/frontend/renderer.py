"""The map's renderer alone on a page, without JupyterLab: on a GPU where there is one, or by software.

    .setup/bench/env/bin/python bench/frontend/renderer.py --drawn-by opengl        a GPU by way of OpenGL ES
    .setup/bench/env/bin/python bench/frontend/renderer.py --drawn-by vulkan        by way of Vulkan
    .setup/bench/env/bin/python bench/frontend/renderer.py --kind cpu               our own loop over typed arrays

Prints the gap between frames while the camera moves (target: median 20 ms, 95th percentile 40 ms), the time to the
first whole picture and to the whole picture after the camera rests (target: 100 ms at 1M, 600 ms at 10M), and how far
the pictures that GPU and CPU draw are from each other. CHROMIUM names the browser; `make bench-frontend` makes the
environment.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

from devtools import DRAWN_BY, Browser, Page

ROOT = Path(__file__).parents[2]
SCENES = ((100_000, 2), (1_000_000, 2), (1_000_000, 3), (5_000_000, 2), (10_000_000, 2), (10_000_000, 3))
LIMIT_S = 300


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--drawn-by", choices=DRAWN_BY, default="swiftshader", help="what WebGL2 draws with")
    arguments.add_argument("--kind", choices=("gpu", "cpu"), default="gpu", help="which of our two rasterisers")
    options = arguments.parse_args()
    browser = Browser(os.environ["CHROMIUM"], 1280, 900, options.drawn_by)
    try:
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "renderer.js"
            source = ROOT / "bench/frontend/renderer.ts"
            subprocess.run(["node", ROOT / "js/worker_text.mjs", source, script], check=True)
            browser.page.js(script.read_text() + ";0")
        measure(browser.page, options.kind)
    finally:
        browser.close()


def measure(page: Page, kind: str) -> None:
    """Print all figures."""
    found = page.js("renderer()")
    print(f"{found['name']}; {'hardware' if found['isHardware'] else 'software'}; our rasteriser: {kind}")
    for dims in (2, 3):
        for density in (0, 1):
            off = page.js(f"difference({dims}, {density})", patience_s=LIMIT_S)
            what = f"{dims}D, {'density' if density else 'points'}"
            print(
                f"{what:12} GPU and CPU differ by {off['mean']:.2f} of 255, 99 % by at most {off['p99']:.0f}",
                flush=True,
            )
    for n, dims in SCENES:
        took = page.js(f"pace('{kind}', {n}, {dims})", patience_s=LIMIT_S)
        print(
            f"{n:10,} {dims}D  frames {took['median']:5.1f} / {took['p95']:5.1f} ms   first {took['first']:6.0f} ms"
            f"   whole after rest {took['rest']:5.0f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
