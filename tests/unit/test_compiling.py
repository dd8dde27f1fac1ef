"""Compiled functions are there also where nothing can be written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pointillist.compiling import compiled


def test_what_cannot_be_kept_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from numba.core import caching

    def nowhere(*_: object) -> None:
        return None

    for locator in caching.CacheImpl._locator_classes:
        monkeypatch.setattr(locator, "from_function", nowhere)
    doubled = compiled("int64(int64)", nogil=True)(lambda x: 2 * x)
    assert doubled(21) == 42


def test_another_failure_is_not_hidden() -> None:
    with pytest.raises(Exception, match="nonsense"):
        compiled("nonsense(int64)")(lambda x: x)


@pytest.mark.parametrize("module", ["pointillist.lists", "pointillist.analysis.umap_process"])
def test_files_beside_a_notebook_are_not_taken_for_modules_of_python(module: str, tmp_path: Path) -> None:
    for name in ("copy", "random", "queue", "json", "numpy", "faiss"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('a file of the user')")
    code = (
        "import sys, json; sys.path[:] = ['', *json.loads(sys.argv[1])]\n"
        "import random, queue, copy\n"
        "from pathlib import Path; sys.path.append(Path('/nowhere'))\n"
        "from pointillist import children\n"
        "import os; os.chdir(sys.argv[2])\n"
        "child = children.start(sys.argv[3], 'umap', stderr=None)\n"
        "out, _ = child.communicate(b'')\n"
        "print(child.returncode)"
    )
    told = [json.dumps(sys.path), str(tmp_path), module]
    run = subprocess.run([sys.executable, "-c", code, *told], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "0", run.stderr
