"""Pages without JupyterLab: a TypeScript file of this folder, bundled with what it imports, in an empty page."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab import chromium
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]


def bundled(name: str, folder: Path) -> Path:
    """`name`.ts as a script in `folder`, its styles beside it."""
    out = folder / f"{name}.js"
    subprocess.run(["node", ROOT / "js/worker_text.mjs", ROOT / f"tests/browser/{name}.ts", out], check=True)
    return out


@contextmanager
def software_page(browser: Browser, name: str, folder: Path) -> Iterator[Page]:
    """`name`.ts in a browser of its own that draws WebGL2 by software."""
    software = browser.browser_type.launch(
        executable_path=chromium(), args=["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    )
    opened = software.new_page()
    opened.set_content("<!doctype html><body></body>")
    opened.add_script_tag(path=bundled(name, folder))
    yield opened
    software.close()
