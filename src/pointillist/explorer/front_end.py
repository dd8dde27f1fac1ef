"""The front end's files, or a page that says they are missing."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent.parent / "static"

_MISSING = """
export default {
  render({ el }) {
    el.textContent =
      "pointillist's front end has not been built: run `npm ci && npm run build` in js/, then restart the kernel.";
  },
};
"""


def script() -> Path | str:
    """The built script, or one that says what to do when it was not built."""
    return _built("widget.js") or _MISSING


def styles() -> Path | str:
    """The built style sheet, or none."""
    return _built("widget.css") or ""


def _built(name: str) -> Path | None:
    path = STATIC / name
    return path if path.is_file() else None
