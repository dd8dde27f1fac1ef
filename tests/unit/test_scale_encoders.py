"""Encoders of one name: a table holds the vectors of one of them, and nobody gets those of another."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import pointillist as pt
from pointillist.encoders import encoder
from pointillist.encoders.base import Encoder
from pointillist.jobs import Job
from pointillist.scale import embed_rows
from pointillist.scale.table import Table


@pytest.fixture
def folder(tmp_path: Path, draw_folder: Callable[..., Path]) -> Path:
    return draw_folder(tmp_path / "photos", per_color=2)


def mean_color(fingerprint: str, turned: int = 0) -> Encoder:
    """Always of the same name."""

    def colors(images: list[np.ndarray]) -> np.ndarray:
        return np.stack([np.roll(image.mean((0, 1)), turned) + 1 for image in images])

    colors.fingerprint = fingerprint  # type: ignore[attr-defined]
    return encoder(colors)


def test_another_encoder_of_the_same_name_gets_its_own_table(folder: Path, tmp_path: Path) -> None:
    with pt.Collection(folder, store=tmp_path / "own.sqlite") as c:
        for model in (mean_color("1"), mean_color("2", turned=1)):
            store = c.contents.listening_store()
            embed_rows(c.images, model, store, None, engine="local", workers=1, job=Job("x"))
        got = c.embed(model)
    np.testing.assert_array_equal(got, pt.Collection(folder, store=None).embed(model))
    assert len(list(tmp_path.glob("own-*.lance"))) == 2


def test_a_table_of_an_encoder_that_changed_since_is_refused_before_the_work(folder: Path, tmp_path: Path) -> None:
    place, (first, *others) = tmp_path / "photos.lance", sorted(folder.rglob("*.jpg"))
    pt.embed([first], mean_color("1"), to=place, engine="local")
    changed = mean_color("2", turned=1)
    said = (
        f"{place} holds float32 vectors of another encoder that is called 'colors' too, or of this one before it "
        "changed ('function/colors 1', now 'function/colors 2'): name another place with to=, or delete the table"
    )
    job = Job("embedding")
    for images in ([first], others):
        with pytest.raises(pt.StoreError, match=re.escape(said)):
            pt.embed(images, changed, to=place, engine="local", job=job)
        with pytest.raises(pt.StoreError, match=re.escape(said)), pt.Collection(images, store=None) as c:
            embed_rows(c.images, changed, c.contents.listening_store(), place, engine="local", workers=1, job=job)
    assert not job.done
    assert len(Table(place)) == 1


def test_a_table_goes_on_from_a_machine_of_another_precision(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "photos.lance"
    pt.embed(folder, mean_color("weights mixed16 1"), to=place, engine="local")
    here = mean_color("weights fp32 1")
    assert pt.embed(folder, here, to=place, engine="local").there == 8
    with pytest.raises(pt.StoreError, match="before it changed"):
        pt.embed(folder, mean_color("weights fp32 2"), to=place, engine="local")
