"""Layouts are found again in another session, with their parameters and their images, and once images were added."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pointillist import Collection

N = 40


def photos(seed: int = 0) -> list[np.ndarray]:
    return list(np.random.default_rng(seed).integers(0, 255, (N, 8, 8, 3), np.uint8))


def test_maps_are_listed_again_with_parameters_and_images(tmp_path: Path) -> None:
    x = np.random.default_rng(1).standard_normal((N, 6))
    with Collection(photos(), embeddings=x, store=tmp_path / "store") as c:
        assert c.kept_maps() == []
        made = [
            c.project("pca"),
            c.project("tsne", perplexity=5, seed=2),
            c.project("tsne", dims=3, seed=0),
            c.project("pca", within=np.arange(N) < 12),
            c.project("pca"),
        ]
    with Collection(photos(), embeddings=x, store=tmp_path / "store") as c:
        kept = c.kept_maps()
        # PCA in space, from which t-SNE starts, was not asked for
        assert [(one.method, one.dims, one.options, one.some) for one in kept] == [
            ("pca", 2, {}, False),
            ("tsne", 2, {"perplexity": 5.0, "seed": 2}, False),
            ("tsne", 3, {}, False),
            ("pca", 2, {}, True),
        ]
        for one, xy in zip(kept, made[:4], strict=True):
            np.testing.assert_array_equal(one.xy, xy)
        assert [one.is_usual for one in kept] == [True, False, True, False]
    with Collection(photos(), embeddings=x + 1, store=tmp_path / "store") as c:
        assert c.kept_maps() == []  # of other vectors


def test_the_share_of_new_images_is_known_before_a_map_is_extended(draw_folder: Any, tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=9)
    with Collection(folder, encoder="pixels/4") as c:
        c.embed()
        assert c.share_new("pca") == 1
        c.project("pca")
        assert c.share_new("pca") == 0
    draw_folder(folder, per_color=3, start=50)
    with Collection(folder, encoder="pixels/4") as c:
        c.embed()
        assert c.share_new("pca") == pytest.approx(0.25)
        with pytest.warns(UserWarning, match=r"25% of the images are new"):
            c.project("pca", extend=True)
        assert [(one.added, one.is_usual) for one in c.kept_maps()] == [(12, True)]
        whole = c.project("pca")
        kept = c.kept_maps()
        assert [one.added for one in kept] == [0]
        np.testing.assert_array_equal(kept[0].xy, whole)
