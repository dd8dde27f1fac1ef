"""Imports point one way, and `import pointillist` stays light."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import pointillist as pt

PACKAGE = Path(pt.__file__).parent
LAYERS = (
    ("errors", "protocol", "children", "compiling", "copies", "warned"),
    ("protocol_ts", "wire", "jobs", "journal", "named_file", "numeric"),
    ("showing",),
    ("images",),
    ("decode",),
    ("encoders",),
    ("store",),
    ("trying",),
    ("reading",),
    ("embedding",),
    ("neighbours",),
    ("keeping", "labels", "lists", "narrowing", "on_gpu"),
    ("approximate",),
    ("analysis",),
    ("frame", "vectors", "tags", "contents", "embedded", "turns"),
    ("scale",),
    ("whereabouts", "finding", "wording", "clustering", "coloring", "comparing", "computed", "naming", "indexing"),
    ("encoding",),
    ("remembering",),
    ("projecting",),
    ("structure",),
    ("collection",),
    ("training",),
    ("explorer",),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
FILES = sorted(
    path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.parent != PACKAGE
)
ONLY_IN = {
    "torch": "encoders on_gpu",
    "timm": "encoders",
    "anywidget": "explorer",
    "ipywidgets": "explorer",
    "umap": "analysis",
    "faiss": "lists",
    "sqlite3": "store",
    "ray": "scale",
    "lance": "scale",
}


def imported(path: Path) -> set[str]:
    """Every module named by an import of a file, those inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names if node.module == "pointillist")
    return names


def home(path: Path) -> str:
    return path.parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", FILES, ids=str)
def test_imports_point_one_way(file: Path) -> None:
    names = imported(PACKAGE / file)
    below = {name.split(".")[1] for name in names if name.startswith("pointillist.")}
    assert all(RANK[name] < RANK[home(file)] or name == home(file) for name in below), below
    foreign = {name.split(".")[0] for name in names} & set(ONLY_IN)
    assert all(home(file) in ONLY_IN[name].split() for name in foreign), foreign


def test_analysis_sees_arrays_only() -> None:
    for path in (PACKAGE / "analysis").glob("*.py"):
        own = {name.split(".")[1] for name in imported(path) if name.startswith("pointillist.")}
        assert own <= {"analysis", "neighbours", "errors", "children", "compiling", "copies", "numeric"}, path.name


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
    )
    return set(done.stdout.split())


def test_import_is_light() -> None:
    loaded = modules_after("import pointillist")
    assert not loaded & {
        "torch",
        "timm",
        "umap",
        "numba",
        "anywidget",
        "ipywidgets",
        "pandas",
        "numpy",
        "PIL",
        "sklearn",
        "scipy",
    }


def test_the_explorer_loads_no_model_library() -> None:
    loaded = modules_after("import pointillist; pointillist.explore, pointillist.encoder")
    assert "anywidget" in loaded
    assert not loaded & {"torch", "timm", "umap", "numba", "sklearn", "scipy"}


def test_a_folder_is_shown_without_pandas(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    loaded = modules_after(
        "from pointillist.collection import Collection\nfrom pointillist.explorer import Explorer\n"
        f"c = Collection({str(tmp_path)!r}, store=None)\nassert len(c.contents.thumbnails([0])[0]) > 100"
    )
    assert "anywidget" in loaded
    assert "pandas" not in loaded


def test_public_names_are_exactly_these() -> None:
    assert sorted(pt.__all__) == [
        "CameraError",
        "ClusterError",
        "Collection",
        "DecodeError",
        "EmbeddingError",
        "EncoderError",
        "Explorer",
        "PointillistError",
        "ProjectionError",
        "SelectionError",
        "SnapshotError",
        "SourceError",
        "StoreError",
        "TableError",
        "TagError",
        "embed",
        "encoder",
        "explore",
        "finetune",
        "open",
        "train_autoencoder",
    ]
    assert dir(pt) == sorted([*pt.__all__, "__version__"])
    for name in pt.__all__:
        assert getattr(pt, name).__name__ == name
        if name.endswith("Error"):
            assert issubclass(getattr(pt, name), pt.PointillistError)


def test_a_name_that_is_not_there_is_told_what_is() -> None:
    with pytest.raises(AttributeError, match="no attribute 'explor'; it has CameraError, ClusterError"):
        _ = pt.explor  # type: ignore[attr-defined]
