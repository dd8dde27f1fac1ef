"""What `make demo` tells JupyterLab."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from jupyter_core.paths import jupyter_path
from jupyterlab_server.settings_utils import get_settings

ROOT = Path(__file__).parents[2]
ASKS = "@jupyterlab/apputils-extension:notification"


def test_the_demo_is_not_asked_whether_it_wants_news(tmp_path: Path) -> None:
    said = subprocess.run(["make", "-n", "demo"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = re.search(r'--LabApp\.app_settings_dir="([^"]+)"', said)
    assert found is not None
    schemas = next(path for place in jupyter_path("lab", "schemas") if (path := Path(place)).is_dir())
    read, _ = get_settings(found[1], str(schemas), str(tmp_path), ASKS)
    assert read["schema"]["properties"]["fetchNews"]["default"] == "false"
