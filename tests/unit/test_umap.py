from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Literal

import numpy as np
import psutil
import pytest
from sklearn.datasets import load_digits

from pointillist import Collection
from pointillist.analysis import umap_layout, umap_process
from pointillist.analysis.projection import pca
from pointillist.analysis.tsne_layout import tsne
from pointillist.analysis.umap_layout import OnEpoch, easy_layout, fuzzy_graph, umap
from pointillist.analysis.umap_process import UmapProcess
from pointillist.children import get
from pointillist.encoders import weights
from pointillist.errors import Cancelled, ProjectionError
from pointillist.neighbours import Neighbours, neighbours


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return load_digits().data.astype(np.float32)


@pytest.mark.slow
def test_weights_equal_those_of_umap_learn(digits: np.ndarray) -> None:
    from umap.umap_ import fuzzy_simplicial_set

    x = digits[:300].copy()
    x[7] = x[8] = x[9]  # copies: distance 0
    x[20:26] = x[20]  # so many copies that the weights cannot add up to log2(k + 1)
    x[26:30] = x[20] + np.random.default_rng(0).normal(0, 0.03, (4, 64))
    graph = neighbours(x, 10)
    rows = np.concatenate([np.arange(300)[:, None], graph.rows], axis=1).astype(np.int64)
    distances = np.concatenate([np.zeros((300, 1), np.float32), graph.distances], axis=1)
    theirs, _, _ = fuzzy_simplicial_set(
        x, 11, np.random.RandomState(0), "cosine", knn_indices=rows, knn_dists=distances
    )
    ours = fuzzy_graph(graph.rows.astype(np.int64), graph.distances)
    np.testing.assert_allclose(ours.toarray(), theirs.toarray(), atol=2e-4)
    np.testing.assert_array_equal(ours.toarray(), ours.toarray().T)


@pytest.mark.slow
def test_umap_is_reproducible_and_as_trustworthy_as_umap_learn(digits: np.ndarray) -> None:
    import umap as umap_learn
    from sklearn.manifold import trustworthiness

    graph, start = neighbours(digits, 14), pca(digits)
    xy = umap(graph, start)
    np.testing.assert_array_equal(umap(graph, start), xy)
    assert (umap(graph, start, seed=1) != xy).any()
    with UmapProcess() as process:
        np.testing.assert_array_equal(process.layout(graph, start), xy)
    plain = umap_learn.UMAP(metric="cosine", n_neighbors=15, random_state=0, n_jobs=1).fit_transform(digits)
    ours, theirs = (trustworthiness(digits, laid, n_neighbors=15, metric="cosine") for laid in (xy, plain))
    assert ours > theirs - 0.005


@pytest.mark.slow
@pytest.mark.skipif(weights.packaged_version("tf_efficientnet_lite0") is None, reason="needs the demo extra")
def test_photos_are_laid_out_as_trustworthily_as_by_umap_learn() -> None:
    """Every fourth photo of a textile, by the packaged EfficientNet-Lite0; a seed moves either's figure by 0.002."""
    import umap as umap_learn
    from sklearn.manifold import trustworthiness

    package = importlib.util.find_spec("conformal_clip_data")
    assert package is not None and package.submodule_search_locations
    photos = sorted(Path(package.submodule_search_locations[0]).glob("data/textile_images/simulated/*/*.jpg"))[::4]
    assert len(photos) == 500
    with Collection([str(path) for path in photos], encoder="timm/tf_efficientnet_lite0", store=None) as c:
        x = c.embed()
    graph, start = neighbours(x, 14), pca(x)
    found: dict[str, list[float]] = {"ours": [], "theirs": []}
    for seed in range(3):
        plain = umap_learn.UMAP(metric="cosine", n_neighbors=15, random_state=seed, n_jobs=1).fit_transform(x)
        for name, xy in (("ours", umap(graph, start, seed=seed)), ("theirs", plain)):
            found[name].append(trustworthiness(x, xy, n_neighbors=15, metric="cosine"))
    assert np.mean(found["ours"]) > np.mean(found["theirs"]) - 0.005, found


def test_umap_keeps_groups_apart_and_rows_without_vectors_out() -> None:
    rng = np.random.default_rng(0)
    middle = np.eye(3, 16)[rng.integers(0, 3, 120)]
    x = (middle + 0.1 * rng.standard_normal((120, 16))).astype(np.float32)
    x[[0, 60]] = np.nan
    said: list[tuple[int, int]] = []
    xy = umap(neighbours(x, 10), pca(x), on_epoch=lambda done, total, _: said.append((done, total)))
    assert np.isnan(xy[[0, 60]]).all()
    present = np.isfinite(xy).all(axis=1)
    assert present.sum() == 118
    nearest = neighbours_in_the_plane(xy[present])
    assert (middle[present][nearest] == middle[present]).all()
    assert said[-1][0] == said[-1][1] > 0


def neighbours_in_the_plane(xy: np.ndarray) -> np.ndarray:
    apart = ((xy[:, None] - xy[None]) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    return apart.argmin(axis=1)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_a_few_images_stay_where_pca_put_them(n: int) -> None:
    x = np.random.default_rng(0).standard_normal((n, 6)).astype(np.float32)
    xy = umap(neighbours(x, 15), pca(x))
    np.testing.assert_array_equal(xy, pca(x))


@pytest.mark.parametrize("n", [2, 50])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_images_all_alike_become_a_disc(n: int, value: float) -> None:
    x = np.full((n, 8), value, np.float32)
    xy = easy_layout(neighbours(x, 15), pca(x))
    assert xy is not None
    assert np.isfinite(xy).all()
    assert len(np.unique(xy, axis=0)) == n


@pytest.mark.parametrize("shape", ["line", "copies", "pairs"])
def test_odd_shapes_get_finite_positions(shape: str) -> None:
    rng = np.random.default_rng(0)
    if shape == "line":  # all on one line: PCA's second axis is zero
        x = np.stack([np.cos(np.linspace(0, 0.01, 30)), np.sin(np.linspace(0, 0.01, 30))], axis=1).astype(np.float32)
    elif shape == "copies":  # two images, 20 copies each
        x = np.repeat(rng.standard_normal((2, 5)), 20, axis=0).astype(np.float32)
    else:
        x = np.repeat(rng.standard_normal((10, 5)), 2, axis=0).astype(np.float32)
    xy = umap(neighbours(x, 15), pca(x))
    assert np.isfinite(xy).all()
    assert len(np.unique(xy, axis=0)) == len(x)


def long_work(n: int = 3000) -> tuple[Neighbours, np.ndarray]:
    x = np.random.default_rng(0).standard_normal((n, 4)).astype(np.float32)
    return neighbours(x, 30), pca(x)


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_watching_a_layout_changes_nothing_in_it(method: str) -> None:
    x = np.random.default_rng(0).standard_normal((60, 5)).astype(np.float32)
    graph, start = neighbours(x, 20), pca(x)
    seen: list[np.ndarray] = []

    def look(done: int, total: int, places: np.ndarray) -> None:
        assert 0 <= done <= total
        seen.append(places.copy())

    def make(on_epoch: OnEpoch | None) -> np.ndarray:
        if method == "umap":
            return umap(graph, start, on_epoch=on_epoch)
        return tsne(graph, start, perplexity=5, on_epoch=on_epoch)

    watched = make(look)
    np.testing.assert_array_equal(watched, make(None))
    assert len(seen) > 1
    assert all(places.shape == (60, 2) and np.isfinite(places).all() for places in seen)
    apart = [np.abs(places - places.mean(axis=0) - watched).max() for places in seen]
    assert apart[-1] < 0.05 * np.abs(watched).max() < apart[0]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_the_process_shows_the_layout_while_it_converges(method: Literal["umap", "tsne"]) -> None:
    x = np.random.default_rng(0).standard_normal((6000, 4)).astype(np.float32)
    x[7] = np.nan
    graph, start = neighbours(x, 30), pca(x)
    seen: list[tuple[float, np.ndarray]] = []
    stop = 4 if method == "tsne" else 1000  # a whole t-SNE of so many takes a minute

    def show(xy: np.ndarray) -> None:
        seen.append((time.monotonic(), xy))
        if len(seen) == stop:
            raise Cancelled("seen enough")

    process = UmapProcess(method)
    with pytest.raises(Cancelled) if method == "tsne" else nullcontext():
        last = process.layout(graph, start, perplexity=10, on_positions=show)
        np.testing.assert_array_equal(last, umap(graph, start))
    assert not psutil.pid_exists(process._process.pid)
    assert len(seen) >= 3
    assert len({xy.tobytes() for _, xy in seen}) == len(seen)
    for _, xy in seen:
        assert np.isnan(xy).all(axis=1).nonzero()[0].tolist() == [7]
        np.testing.assert_allclose(np.nanmean(xy, axis=0), 0, atol=1e-3 * np.nanmax(np.abs(xy)))
    gaps = np.diff([when for when, _ in seen])
    assert np.median(gaps) >= umap_process.SHOW_EVERY_S * 0.8


@pytest.mark.slow
def test_the_process_says_how_far_it_is() -> None:
    graph, start = long_work(1500)
    said: list[tuple[int, int]] = []
    with UmapProcess() as process:
        xy = process.layout(graph, start, check=lambda done, total: said.append((done, total)))
    assert np.isfinite(xy).all()
    assert said[0] == (0, 0)
    assert said == sorted(said)
    assert len({done for done, _ in said}) > 3
    assert said[-1][1] == 500


def test_what_check_raises_ends_the_process_at_once() -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    process = UmapProcess()
    begun = time.monotonic()
    with pytest.raises(Stopped):
        process.layout(*long_work(), check=stop)
    assert not psutil.pid_exists(process._process.pid)
    assert time.monotonic() - begun < 2


@pytest.mark.slow
def test_kill_from_another_thread_cancels_running_work() -> None:
    process = UmapProcess()
    running = threading.Event()
    killed = []

    def kill() -> None:
        running.wait(60)
        killed.append(time.monotonic())
        process.kill()

    threading.Thread(target=kill).start()
    with pytest.raises(Cancelled, match="stopped"):
        process.layout(*long_work(20_000), check=lambda done, total: running.set() if total else None)
    assert time.monotonic() - killed[0] < 1
    assert not psutil.pid_exists(process._process.pid)
    process.kill()


def test_a_process_that_dies_is_told_in_words() -> None:
    process = UmapProcess()

    def shoot(done: int, total: int) -> None:
        if psutil.pid_exists(process._process.pid):
            os.kill(process._process.pid, 9)

    with pytest.raises(ProjectionError, match="want of memory"):
        process.layout(*long_work(), check=shoot)


def test_a_process_that_fails_tells_its_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "umap").mkdir()
    (tmp_path / "umap" / "__init__.py").write_text("raise ImportError('umap is broken here')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ProjectionError, match="umap is broken here") as caught:
        UmapProcess().layout(*long_work())
    assert "Traceback" in caught.value.detail


def test_no_process_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ProjectionError, match="no process for UMAP"):
        UmapProcess()


@pytest.mark.slow
def test_an_unused_process_ends_with_its_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, json, time; sys.path[:] = json.loads(sys.argv[1])\n"
            "from pointillist.analysis.umap_process import UmapProcess\n"
            "print(UmapProcess()._process.pid, flush=True); time.sleep(60)",
            json.dumps(sys.path),
        ],
        stdout=subprocess.PIPE,
    )
    with parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    psutil.wait_procs([child], timeout=60)
    assert not child.is_running()


@pytest.mark.slow
def test_warming_up_while_waiting_saves_time() -> None:
    graph, start = long_work(500)

    def seconds() -> float:
        begun = time.monotonic()
        process.layout(graph, start)
        return time.monotonic() - begun

    process = UmapProcess()
    cold = seconds()
    process = UmapProcess()
    assert isinstance(process._process.stdout, io.BufferedReader)
    assert get(process._process.stdout) == ("ready", {})
    assert seconds() < cold / 2


def test_modules_stay_light() -> None:
    names = [umap_layout.__name__, umap_process.__name__, "pointillist.analysis.projection", "pointillist.store"]
    code = (
        "import sys, json; sys.path[:] = json.loads(sys.argv[1])\n"
        f"import {', '.join(names)}\n"
        "print([m for m in ('torch', 'umap', 'sklearn', 'scipy', 'pandas') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code, json.dumps(sys.path)], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
