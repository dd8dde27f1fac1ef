"""What is told how far work is, a job or a function: anything else is refused before the work, by its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pointillist as pt
from pointillist.errors import PointillistError

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def c() -> Any:
    images = np.random.default_rng(0).integers(0, 255, (30, 8, 8, 3), np.uint8)
    with pt.Collection(images, encoder="pixels/8", store=None) as made:
        made.embed()
        made.add_vectors("others", np.random.default_rng(1).normal(size=(30, 4)))
        yield made


CALLS: dict[str, Callable[[pt.Collection], Call]] = {
    "embed": lambda c: c.embed,
    "neighbours": lambda c: c.neighbours,
    "project": lambda c: c.project,
    "layout_quality": lambda c: c.layout_quality,
    "neighbours_kept": lambda c: c.neighbours_kept,
    "cluster": lambda c: c.cluster,
    "neighbour_difference": lambda c: lambda **told: c.neighbour_difference("pixels/8", "others", **told),
    "train_autoencoder": lambda c: lambda **told: pt.train_autoencoder(c, **told),
    "finetune": lambda c: lambda **told: pt.finetune(c, label="label", **told),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("job", [3, 0, "embedding", print])
def test_what_is_no_job_is_refused(c: Any, name: str, job: object) -> None:
    with pytest.raises(
        PointillistError, match=r"^job=.*: give a pointillist.jobs.Job, which can be cancelled, or None$"
    ):
        CALLS[name](c)(job=job)


def test_what_is_no_job_is_refused_before_a_table_is_made(tmp_path: Path) -> None:
    with pytest.raises(PointillistError, match="job=3"):
        pt.embed(["a.png"], "pixels/8", to=tmp_path / "t.lance", job=3)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("embed", "on_batch"),
        ("project", "on_positions"),
        ("train_autoencoder", "on_epoch"),
        ("finetune", "on_epoch"),
    ],
)
def test_what_cannot_be_called_is_refused(c: Any, name: str, argument: str) -> None:
    with pytest.raises(PointillistError, match=f"^{argument}=3: give a function, which is told how far the work is"):
        CALLS[name](c)(**{argument: 3})


@pytest.mark.parametrize("process", [3, 0, "umap", print])
def test_what_is_no_process_is_refused(c: Any, process: object) -> None:
    with pytest.raises(PointillistError, match=r"^process=.*: give a UmapProcess that was started earlier, or None$"):
        c.project("pca", process=process)


@pytest.mark.parametrize("encoder", [[1], {}, 3])
def test_whether_is_embedded_what_is_no_encoder_is_refused(c: Any, encoder: object) -> None:
    with pytest.raises(pt.EncoderError):
        c.is_embedded(encoder)


def test_a_number_of_stored_neighbours_is_a_whole_one(c: Any) -> None:
    with pytest.raises(pt.SelectionError, match="k="):
        c.stored_neighbours("x")
