"""A picture of the map beside the widget, for whoever reads the saved notebook without a kernel.

It is an output of its own, so that a later picture never touches the live widget. JupyterLab hides an output whose
widget has no model id, and takes the widget of an output before its picture; GitHub, nbviewer and nbconvert know no
such widget and show the picture.

VS Code would show such an output, so there the picture is in the widget's: its renderer of widgets leaves a live one
alone when its output is sent again, and hands an output whose widget no kernel knows to the next of its kinds, which is
the picture (vscode-jupyter, src/webviews/webview-side/ipywidgets).
"""

from __future__ import annotations

import base64
import io
import os
import sys
import threading
import uuid
from collections.abc import Callable
from typing import Any

from PIL import Image

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
HIDDEN_IN_JUPYTER = {"version_major": 2, "version_minor": 0, "model_id": ""}
WIDTH, HEIGHT = 640, 480
MOST_BYTES = 200_000


class Still:
    """The picture of one explorer. `take(width, height)` makes it, None while there is no map.

    `sending` is held while something is sent: the kernel's session is not made for many threads.
    """

    def __init__(self, take: Callable[[int, int], Image.Image | None], sending: threading.Lock) -> None:
        self._take = take
        self._sending = sending
        self._id = uuid.uuid4().hex
        self._beside: dict[str, Any] = {WIDGET_VIEW: HIDDEN_IN_JUPYTER, "text/plain": ""}
        self.shown = False

    def show(self) -> None:
        """Put an output, without a picture yet, where the running cell's outputs go; nowhere if it would be seen."""
        if not _in_vscode():
            self._show()

    def show_with(self, widget: dict[str, Any]) -> bool:
        """Put the output of the widget itself, which gets the picture later; False where that is not for us to do."""
        if not _in_vscode():
            return False
        self._beside = widget
        self._show()
        return self.shown

    def update(self) -> None:
        """Take the picture anew, if the output was put anywhere."""
        publisher = _publisher()
        if publisher is None or not self.shown:
            return
        picture = self._take(WIDTH, HEIGHT)
        if picture is not None:
            self._send(publisher, small_png(picture), update=True)

    def _show(self) -> None:
        publisher = _publisher()
        if publisher is not None:
            self.shown = True
            self._send(publisher, None, update=False)

    def _send(self, publisher: Any, png: bytes | None, *, update: bool) -> None:
        picture = {} if png is None else {"image/png": base64.b64encode(png).decode()}
        with self._sending:
            publisher.publish({**self._beside, **picture}, transient={"display_id": self._id}, update=update)


def small_png(picture: Image.Image) -> bytes:
    """The picture as PNG, in fewer colours and smaller until it is within MOST_BYTES."""
    while True:
        file = io.BytesIO()
        picture.quantize(128, method=Image.Quantize.FASTOCTREE).save(file, "png", optimize=True)
        if file.tell() <= MOST_BYTES or min(picture.size) < 64:
            return file.getvalue()
        picture = picture.resize((picture.width * 4 // 5, picture.height * 4 // 5), Image.Resampling.LANCZOS)


def _in_vscode() -> bool:
    return "VSCODE_PID" in os.environ or "VSCODE_CWD" in os.environ


def _publisher() -> Any:
    """What sends outputs to a notebook of Jupyter; None elsewhere, where nobody would hide the output."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None or not hasattr(shell, "kernel") or "google.colab" in sys.modules:
        return None
    return shell.display_pub
