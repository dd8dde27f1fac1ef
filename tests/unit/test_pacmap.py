"""PaCMAP: an extra; from the shared graph, reproducible, as trustworthy as the package by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

import pointillist as pt
from pointillist import Collection
from pointillist.analysis import pacmap_layout
from pointillist.analysis.pacmap_layout import pacmap
from pointillist.analysis.projection import pca
from pointillist.analysis.recipes import recipe, unusual
from pointillist.analysis.umap_process import UmapProcess
from pointillist.neighbours import neighbours, unit_length


@pytest.mark.slow
def test_pacmap_is_reproducible_and_as_trustworthy_as_the_package() -> None:
    from pacmap import PaCMAP

    x = unit_length(load_digits().data[:600].astype(np.float32))
    graph, start = neighbours(x, 15), pca(x)
    seen: list[np.ndarray] = []
    xy = pacmap(graph, start, x, on_epoch=lambda done, total, places: seen.append(places.copy()))
    np.testing.assert_array_equal(pacmap(graph, start, x), xy)
    assert (pacmap(graph, start, x, seed=1) != xy).any()
    assert len(seen) == pacmap_layout.EPOCHS
    with UmapProcess("pacmap") as process:
        np.testing.assert_array_equal(process.layout(graph, start, x=x), xy)
    plain = PaCMAP(random_state=0).fit_transform(x)
    ours, theirs = (trustworthiness(x, laid, n_neighbors=15, metric="cosine") for laid in (xy, plain))
    assert ours > theirs - 0.01


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 20, 40])
def test_a_collection_is_laid_out_by_pacmap(n: int) -> None:
    x = np.random.default_rng(0).standard_normal((n, 120))
    c = Collection(np.zeros((n, 4, 5, 3), np.uint8), embeddings=x, store=None)
    assert c.project("pacmap", dims=3).shape == (n, 3)
    assert np.isfinite(c.project("pacmap", dims=3)).all()


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacmap_layout, "find_spec", lambda _: None)
    c = Collection(np.zeros((30, 4, 5, 3), np.uint8), embeddings=np.eye(30), store=None)
    with pytest.raises(pt.ProjectionError, match=r"pip install 'pointillist\[pacmap\]'"):
        c.project("pacmap")


def test_it_reads_the_graph_that_umap_reads() -> None:
    assert [recipe("pacmap", n).k for n in (150, 10_000, 1_000_000)] == [15] * 3
    assert recipe("pacmap", 100, n_neighbors=28).k == 33
    assert unusual(recipe("pacmap", 100, n_neighbors=28), 100) == {"n_neighbors": 28}
    for many in (1, 29):
        with pytest.raises(pt.ProjectionError, match="give a whole number from 2 to 28"):
            recipe("pacmap", 100, n_neighbors=many)


@pytest.mark.slow
def test_pacmap_pulls_at_as_many_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from pacmap import pacmap as module

    pulled: list[int] = []
    real = module.PaCMAP.fit_transform

    def counted(self: Any, x: np.ndarray, **more: Any) -> Any:
        pulled.append(len(self.pair_neighbors) // len(x))
        return real(self, x, **more)

    monkeypatch.setattr(module.PaCMAP, "fit_transform", counted)
    x = unit_length(load_digits().data[:100].astype(np.float32))
    for wanted in (2, 10, 28):
        made = recipe("pacmap", 100, n_neighbors=wanted)
        assert np.isfinite(pacmap(neighbours(x, made.k), pca(x), x)).all()
    assert pulled == [2, 10, 28]
