"""Ctrl-C while a library is imported or a model loaded: the cell ends at once, with a traceback one can read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import pointillist as pt

MODEL = "timm/tf_efficientnet_lite0"
WITHIN_S = 3.0
"""Python does it in a tenth of a second, beside other load in one. Inside the imports it took IPython 3 to 9 s to print
the traceback of a hundred frames."""

PROGRAM = """
import os, signal, sys, threading, time, traceback
import pointillist as pt

signal.signal(signal.SIGINT, signal.default_int_handler)
c = pt.Collection(sys.argv[1], store=sys.argv[2])
c.table
sent = []

def interrupt():
    while sys.argv[3] not in sys.modules:
        time.sleep(0.005)
    sent.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt, daemon=True).start()
try:
    eval(sys.argv[4])
except KeyboardInterrupt:
    frames = traceback.format_exc()
    print(time.monotonic() - sent[0], "site-packages" in frames or "frozen importlib" in frames, flush=True)
os._exit(0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
@pytest.mark.parametrize(
    ("what", "module"),
    [
        (f"c.embed({MODEL!r})", "torch"),
        ("pt.train_autoencoder(c, epochs=1)", "torch"),
        ("pt.train_autoencoder(c, epochs=1)", "torch._dynamo"),
        (f"pt.finetune(c, {MODEL!r}, label='label')", "torch"),
        (f"pt.finetune(c, {MODEL!r}, label='label')", "torch._dynamo"),
        ("c.search('strawberry')", "torch"),
    ],
)
def test_an_interrupt_during_an_import_ends_the_cell_at_once(
    what: str, module: str, tmp_path: Path, draw_folder: Callable[..., Path]
) -> None:
    folder, store = draw_folder(tmp_path / "photos", per_color=6), tmp_path / "store.sqlite"
    if "search" in what:
        with pt.Collection(folder, store=store) as c:
            c.embed(MODEL)
    env = {**os.environ, "PYTHONPATH": str(Path(pt.__file__).parents[1])}
    command = [sys.executable, "-c", PROGRAM, str(folder), str(store), module, what]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert done.stdout, done.stderr or "it ended before it was interrupted"
    seconds, inside = done.stdout.split()
    assert float(seconds) < WITHIN_S
    assert inside == "False"
