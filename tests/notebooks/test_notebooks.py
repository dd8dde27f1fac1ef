"""Every notebook runs from top to bottom on a small folder, and is committed without output."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.notebook

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def read(path: Path) -> nbformat.NotebookNode:
    found: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return found


@pytest.fixture
def images(draw_folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of images, one of them broken, that the notebooks find."""
    folder = draw_folder(tmp_path / "images", per_color=6)
    (folder / "red").rename(folder / "flags")
    (folder / "blue" / "broken.jpg").write_text("not an image")
    monkeypatch.setenv("POINTILLIST_IMAGES", str(folder))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    return folder


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_output(path: Path) -> None:
    for cell in read(path).cells:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, images: Path, tmp_path: Path) -> None:
    notebook = run(path, tmp_path)
    shown = {cell["id"]: text(cell) for cell in notebook.cells if cell.cell_type == "code"}
    if path.stem == "01_first_look":
        assert shown["select"].count("flags/") == 5
        assert shown["tag"].count("to sort by continent") == 5
        assert "broken.jpg" in shown["failures"]
    if path.stem == "02_which_encoder":
        assert shown["vectors"].startswith("(25, 1280)")
        assert "held-out images" in shown["finetune"] or "Too few" in shown["finetune"]
        assert shown["again"].strip() == "True"
        assert "at 96 px" in shown["size"]
        assert "module 0" in shown["module"] or "module 1" in shown["module"]
        assert "Hugging Face 0" in shown["module"] or "Hugging Face 1" in shown["module"]
        assert shown["vectors-more"].count("1280") == 3
        assert shown["boxes"].strip() == "((16, 768), (16, 1280))"
        assert "mean" in shown["both"] and "pixels/32" in shown["both"]
        assert shown["switch"].strip() == "'pixels/32'"
    if path.stem == "03_clusters":
        assert "('umap', 2, {'n_neighbors': 10, 'min_dist': 0.5, 'seed': 1})" in shown["maps"]
        told = re.findall(r"<trustworthiness [01]\.\d{3}, \d+% of 11 neighbours kept>", shown["quality"])
        assert len(told) == 2 and "nearest kept: PCA" in shown["quality"]
        assert "'two in one'" in shown["rename"] and "two in one" in shown["table"]
        assert "strawberry" in shown["search"]
    if path.stem == "04_more_like_this":
        assert "similarity" in shown["example"] and "similarity" in shown["minus"]
        assert "strawberry" in shown["words"]
        assert shown["end"].endswith("None, 0)")
    if path.stem == "05_past_one_machine":
        assert "there=0, made=24, failed=1" in shown["embed"]
        assert "there=25, made=0, failed=0" in shown["again"]
        assert "25 images, 1 of them without a vector" in shown["open"]
        assert "50 machines like this" in shown["reckon"]
        told = r"'8 GPUs.*': \{'hours': ([\d.]+),\s+'terabytes': ([\d.]+),\s+'cost': (\d+)\}"
        hours, terabytes, cost = map(float, re.findall(told, shown["reckon"])[0])
        assert hours == round(100e6 / 1280 / 8 / 3600, 1)
        assert abs(cost - (100e6 / 1280 / 3600 * 3.00 + terabytes * 23 + 100 * 0.40)) <= 1


@pytest.mark.slow
@pytest.mark.usefixtures("images")
def test_searches_run_again_in_a_kernel_that_embedded_nothing(tmp_path: Path) -> None:
    """As after a restart: the vectors are kept, and the model for the words is not loaded yet."""
    path = next(path for path in NOTEBOOKS if path.stem == "04_more_like_this")
    for _ in range(2):
        shown = {cell["id"]: text(cell) for cell in run(path, tmp_path).cells if cell.cell_type == "code"}
        assert "strawberry" in shown["words"]


def run(path: Path, folder: Path) -> nbformat.NotebookNode:
    notebook = read(path)
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    return notebook


def text(cell: nbformat.NotebookNode) -> str:
    """What a cell printed or showed, as text."""
    parts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "\n".join(parts)
