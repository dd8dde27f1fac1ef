"""The wheel alone: built from the sdist, installed where the repository is not on the path, and opened."""

from __future__ import annotations

import json
import subprocess
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import Lab, chromium, jupyterlab
from playwright.sync_api import sync_playwright

pytestmark = [pytest.mark.wheel, pytest.mark.slow]

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command; its output, or an AssertionError with what it said."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def uv() -> str:
    return run(ROOT / ".ci" / "uv.sh", cwd=ROOT).strip()


@pytest.fixture(scope="module")
def wheel(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel `uv build` makes: repository -> sdist -> wheel, so the sdist is known to be complete."""
    out = tmp_path_factory.mktemp("dist")
    run(uv, "build", "--quiet", "--out-dir", out, ROOT, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(uv: str, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; its dependencies are this environment's, 6 GB that need no second copy."""
    home = tmp_path_factory.mktemp("alone")
    run(uv, "venv", "--quiet", home / "venv", cwd=home)
    python = home / "venv" / "bin" / "python"
    run(uv, "pip", "install", "--quiet", "--no-deps", "--python", python, wheel, cwd=home)
    # A line of a .pth file is a folder for sys.path; that folder's own .pth files (editable pointillist) stay unread.
    installed = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip())
    (installed / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return python


def test_the_wheel_holds_the_package_and_its_bundle_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
    assert 10_000 < sizes["pointillist/static/widget.js"] < 1_000_000
    assert sizes["pointillist/static/widget.css"] > 1_000
    tops = {name.split("/")[0] for name in sizes}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"pointillist"}
    assert any(name.endswith("licenses/LICENSE") for name in sizes)


OPEN = """
import json, sys
import pointillist as pt
atlas = pt.explore(sys.argv[1], encoder="pixels/32", store=None)
atlas.wait()
atlas.select("label == 'red'")
print(json.dumps({
    "file": pt.__file__, "rows": len(atlas.collection.table), "selected": list(atlas.selection["label"]),
    "layouts": [layout["name"] for layout in atlas.layouts], "esm": len(str(atlas._esm)),
}))
"""


def test_the_wheel_opens_on_its_own(python: Path, draw_folder: Callable[..., Path], tmp_path: Path) -> None:
    images = draw_folder(tmp_path / "images", per_color=5)
    said = json.loads(run(python, "-c", OPEN, images, cwd=tmp_path).splitlines()[-1])
    assert Path(said["file"]).is_relative_to(python.parents[1])
    assert said["rows"] == 20
    assert said["selected"] == ["red"] * 5
    assert said["esm"] > 10_000


def test_the_wheel_draws_its_widget_in_jupyterlab(
    python: Path, draw_folder: Callable[..., Path], tmp_path: Path
) -> None:
    images = draw_folder(tmp_path / "images", per_color=3)
    package = Path(run(python, "-c", "import pointillist; print(pointillist.__file__)", cwd=tmp_path).strip()).parents[
        1
    ]
    with jupyterlab(tmp_path / "jupyterlab", package) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium())
        lab = Lab(browser.new_page(), server)
        lab.open()
        lab.start(f"import pointillist as pt; atlas = pt.explore({str(images)!r}, encoder='pixels/32'); atlas")
        lab.widget().wait_for()
        assert Path(lab.ask("pt.__file__")).parents[1] == package
        assert lab.errors == []
        browser.close()
