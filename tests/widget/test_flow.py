"""From a folder to a map in the background: what is shown when, what is never done twice, what a failure looks like."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pointillist as pt
from pointillist.collection import Collection
from pointillist.images import Images

Draw = Callable[..., Path]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(pt.__file__).parent.parent)}
IN_FLIGHT = 40
"""More than the images of the batch that is lost when a run is stopped."""
FOUR = {"per_color": 2, "colors": ("red", "blue")}


class Counting:
    """An encoder function: mean colours; counts images, and can be held or broken."""

    def __init__(self, fingerprint: str = "1") -> None:
        self.fingerprint = fingerprint
        self.seen = 0
        self.begun, self.held, self.go = threading.Event(), threading.Event(), threading.Event()
        self.go.set()
        self.broken: Exception | None = None
        self.hold_after: int | None = None

    def __call__(self, images: list[np.ndarray]) -> np.ndarray:
        if any(np.ptp(image) for image in images):  # not the grey image that tells the width of the vectors
            self.begun.set()
            if self.hold_after is not None and self.seen >= self.hold_after:
                self.hold_after = None
                self.go.clear()
                self.held.set()
            assert self.go.wait(60)
            self.seen += len(images)
        if self.broken is not None:
            raise self.broken
        return np.array([[*image.mean((0, 1)), 1] for image in images])


def test_everything_from_the_first_look_to_the_last_map(
    draw_folder: Draw, tmp_path: Path, opened: Callable[..., Any]
) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=6)
    (folder / "red" / "broken.jpg").write_bytes(b"no image")
    page = opened(folder, encoder="pixels/4")
    page.atlas.wait()
    state = page.comm.state
    assert [(layout["name"], layout["status"], layout["placed"]) for layout in state["layouts"]] == [
        ("umap", "ready", 24),
        ("pca", "ready", 24),
    ]
    assert state["layout_name"] == "umap"
    assert state["encoder"] == "pixels/4"
    assert state["failures"] == 1
    assert {run["state"] for run in state["runs"]} == {"done"}
    assert [run["name"] for run in state["runs"]][:2] == ["looking at the files", "embedding"]
    assert [run["name"] for run in state["runs"] if run["kind"] == "embedding"] == ["embedding"]
    _, arrays = page.answer("layout", name="umap")
    broken = page.atlas.collection.images.ids.index("red/broken.jpg")
    assert np.isnan(arrays["xy"]).all(axis=1).nonzero()[0].tolist() == [broken]


def test_the_map_grows_while_vectors_arrive(draw_folder: Draw, tmp_path: Path, opened: Callable[..., Any]) -> None:
    encoder = Counting()
    encoder.hold_after = 65  # of 100, in batches of 32 at most; what is shown was written, 64 at a time
    page = opened(draw_folder(tmp_path / "photos", per_color=25), encoder=encoder)
    assert encoder.held.wait(60)
    (layout,) = page.comm.wait_for(lambda: page.comm.state["layouts"])
    assert (layout["name"], layout["status"]) == ("pca", "growing")
    assert 0 < layout["placed"] < 100
    assert page.comm.state["layout_name"] == "pca"
    body, arrays = page.answer("layout", name="pca")
    assert np.isfinite(arrays["xy"]).all(axis=1).sum() == layout["placed"]
    assert body["revision"] == layout["revision"]
    encoder.go.set()
    page.atlas.wait()
    assert page.comm.state["layout_name"] == "umap"
    shown = [data["state"]["layout_name"] for _, data, _ in page.comm.sent if "layout_name" in data.get("state", {})]
    assert shown[-2:] == ["pca", "umap"]


def test_a_layout_that_was_chosen_stays(draw_folder: Draw, tmp_path: Path, opened: Callable[..., Any]) -> None:
    folder = draw_folder(tmp_path / "photos", **FOUR)
    page = opened(folder, encoder="pixels/4")
    page.atlas.wait()
    again = opened(folder, encoder="pixels/4", layout=np.eye(4, 2))
    again.comm.wait_for(lambda: again.comm.state["layouts"])
    again.set(layout_name="given")
    again.atlas.wait()
    assert again.atlas.layout_name == "given"
    again.set(layout_name="pca")
    again.atlas._outbox.mark("layouts")
    again.atlas._outbox.flush()
    assert again.atlas.layout_name == "pca"


def test_missing_files_are_counted_and_listed_and_tags_follow_renamed_ones(
    draw_folder: Draw, tmp_path: Path, opened: Callable[..., Any]
) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=2)
    with pt.Collection(folder, encoder="pixels/4") as c:
        c.embed()
        c.tag(["red/000.jpg", "blue/001.jpg"], "seen")
    (folder / "red" / "000.jpg").unlink()
    (folder / "blue" / "001.jpg").rename(folder / "blue" / "other.jpg")
    page = opened(folder, encoder="pixels/4")
    page.comm.wait_for(lambda: page.comm.state["missing"] == 1)
    page.comm.wait_for(lambda: page.comm.state["tags"] == [{"name": "seen", "count": 1}])
    listed, _ = page.answer("missing", limit=10)
    (gone,) = listed["missing"]
    assert (listed["total"], gone["name"], gone["tags"]) == (1, "red/000.jpg", ["seen"])
    page.atlas.wait()


def test_given_vectors_and_positions_read_no_image(tmp_path: Path, opened: Callable[..., Any]) -> None:
    for i in range(4):
        (tmp_path / f"{i}.jpg").write_bytes(b"nobody looks")
    page = opened(tmp_path, embeddings=np.eye(4))
    page.atlas.wait()
    assert [layout["placed"] for layout in page.atlas.layouts] == [4, 4]
    assert page.atlas.failures == 0
    only = opened(tmp_path, layout=np.eye(4, 2))
    only.atlas.wait()
    assert [layout["name"] for layout in only.atlas.layouts] == ["given"]
    assert [run["name"] for run in only.atlas.runs] == ["looking at the files"]


def test_a_given_layout_is_in_the_first_state_and_no_file_is_looked_at(
    draw_folder: Draw, tmp_path: Path, opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = draw_folder(tmp_path / "photos", **FOUR)
    looks: list[int] = []
    signature = Images.signature
    monkeypatch.setattr(Images, "signature", lambda images, row: looks.append(row) or signature(images, row))
    page = opened(folder, layout=np.eye(4, 2))
    (first,) = [data for method, data, _ in page.comm.sent if method == "comm_open"]
    assert [layout["name"] for layout in first["state"]["layouts"]] == ["given"]
    assert first["state"]["layout_name"] == "given"
    page.atlas.wait()
    assert looks == []


def test_with_a_given_layout_failures_of_an_earlier_session_are_known(
    draw_folder: Draw, tmp_path: Path, opened: Callable[..., Any]
) -> None:
    folder = draw_folder(tmp_path / "photos", **FOUR)
    (folder / "red" / "broken.jpg").write_bytes(b"no image")
    opened(folder, encoder="pixels/4").atlas.wait()
    again = opened(folder, layout=np.eye(5, 2))
    again.atlas.wait()
    assert again.atlas.failures == 1


def test_a_second_look_embeds_nothing_and_new_files_only(
    draw_folder: Draw, tmp_path: Path, opened: Callable[..., Any]
) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=1, colors=("red", "blue", "sand"))
    encoder = Counting()
    opened(folder, encoder=encoder).atlas.wait()
    assert encoder.seen == 3
    second = opened(folder, encoder=encoder)
    second.atlas.wait()
    assert encoder.seen == 3
    assert "embedding" not in [run["name"] for run in second.atlas.runs]
    draw_folder(folder, per_color=1, colors=("green",))
    third = opened(folder, encoder=encoder)
    third.atlas.wait()
    assert encoder.seen == 4
    assert [layout["placed"] for layout in third.atlas.layouts] == [4, 4]


def test_the_same_cell_run_again_takes_over(draw_folder: Draw, tmp_path: Path, opened: Callable[..., Any]) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=40, colors=("red", "blue"))
    encoder = Counting()
    encoder.go.clear()
    first = opened(folder, encoder=encoder)
    assert encoder.begun.wait(60)
    second = opened(folder, encoder=encoder)
    encoder.go.set()
    second.atlas.wait(120)
    first.atlas.wait(120)
    assert encoder.seen < 80 + IN_FLIGHT
    assert first.atlas.runs[0]["name"] == "waiting for another explorer of these images"
    assert second.atlas.runs[0]["name"] == "looking at the files"
    for page in (first, second):
        assert [layout["placed"] for layout in page.atlas.layouts] == [80, 80]
        assert {run["state"] for run in page.atlas.runs} == {"done"}


def test_waiting_for_the_newer_explorer_can_be_cancelled(
    draw_folder: Draw, tmp_path: Path, opened: Callable[..., Any]
) -> None:
    folder, encoder = draw_folder(tmp_path / "photos", per_color=40), Counting()
    encoder.go.clear()
    older = opened(folder, encoder=encoder)
    assert encoder.begun.wait(60)
    newer = opened(folder, encoder=encoder)
    encoder.hold_after = 0  # the batch in flight may end, whatever is next is held: the newer one stays at work
    encoder.go.set()
    waiting = "waiting for another explorer of these images"
    (run,) = older.comm.wait_for(lambda: [run for run in older.atlas.runs if run["name"] == waiting])
    older.answer("cancel_run", run=run["id"])
    older.comm.wait_for(
        lambda: older.atlas.runs[-1]["id"] == run["id"] and older.atlas.runs[-1]["state"] == "cancelled"
    )
    assert older.atlas._flow.jobs.wait(10), "it began again"
    encoder.go.set()
    newer.atlas.wait(120)


def test_a_failed_run_says_why_and_can_be_tried_again(
    draw_folder: Draw, tmp_path: Path, opened: Callable[..., Any]
) -> None:
    folder = draw_folder(tmp_path / "photos", **FOUR)
    encoder = Counting()
    encoder.broken = RuntimeError("no weights")
    page = opened(folder, encoder=encoder)
    with pytest.raises(pt.EncoderError, match="no weights"):
        page.atlas.wait()
    (run,) = [run for run in page.comm.state["runs"] if run["state"] == "failed"]
    assert run["name"] == "embedding"
    assert "no weights" in run["message"]
    assert "\n" not in run["message"]
    assert "Traceback" in run["detail"]
    assert page.answer("thumbs", {"rows": np.arange(4, dtype=np.uint32)})[0]["reasons"] == [""] * 4
    encoder.broken = None
    page.answer("retry_run", run=run["id"])
    page.atlas.wait()
    assert page.comm.state["layout_name"] == "umap"
    assert {run["state"] for run in page.comm.state["runs"]} == {"done"}


def test_a_cancelled_run_keeps_what_is_done_and_can_go_on(
    draw_folder: Draw, tmp_path: Path, opened: Callable[..., Any]
) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=60, colors=("red", "blue"))
    encoder = Counting()
    encoder.go.clear()
    page = opened(folder, encoder=encoder)
    assert encoder.begun.wait(60)
    (run,) = page.comm.wait_for(lambda: [r for r in page.comm.state["runs"] if r["name"] == "embedding"])
    page.answer("cancel_run", run=run["id"])
    encoder.go.set()
    page.atlas.wait()
    assert page.comm.state["runs"][-1]["state"] == "cancelled"
    done = encoder.seen
    assert 0 < done < 120
    page.answer("retry_run", run=page.comm.state["runs"][-1]["id"])
    page.atlas.wait()
    assert 120 <= encoder.seen < 120 + IN_FLIGHT
    assert page.comm.state["layouts"][0]["placed"] == 120


def test_cancel_stops_within_a_second_while_the_model_is_loaded(
    draw_folder: Draw, tmp_path: Path, opened: Callable[..., Any]
) -> None:
    class Loading:
        name = fingerprint = "loading"
        dims = 4
        begun, go = threading.Event(), threading.Event()

        @property
        def input_px(self) -> int:
            self.begun.set()
            assert self.go.wait(60)
            return 8

        def prepare(self, rgb: np.ndarray) -> np.ndarray:
            return rgb

        def encode(self, batch: Any) -> np.ndarray:
            return np.full((len(batch), 4), 0.5, np.float32)

    page = opened(draw_folder(tmp_path / "photos", **FOUR), encoder=Loading())
    assert Loading.begun.wait(60)
    (run,) = page.comm.wait_for(lambda: [r for r in page.comm.state["runs"] if r["name"] == "embedding"])
    began = time.monotonic()
    page.answer("cancel_run", run=run["id"])
    page.comm.wait_for(lambda: page.comm.state["runs"][-1]["state"] == "cancelled")
    assert time.monotonic() - began < 1
    Loading.go.set()
    page.atlas.wait()


def test_wait_gives_up_in_words(draw_folder: Draw, tmp_path: Path, opened: Callable[..., Any]) -> None:
    encoder = Counting()
    encoder.go.clear()
    page = opened(draw_folder(tmp_path / "photos", **FOUR), encoder=encoder)
    assert encoder.begun.wait(60)
    with pytest.raises(TimeoutError, match=r"still running after 0\.1 s: embedding"):
        page.atlas.wait(0.1)
    encoder.go.set()
    page.atlas.wait()


def test_work_ends_when_the_widget_is_closed(draw_folder: Draw, tmp_path: Path, opened: Callable[..., Any]) -> None:
    encoder = Counting()
    encoder.go.clear()
    page = opened(draw_folder(tmp_path / "photos", per_color=60), encoder=encoder)
    assert encoder.begun.wait(60)
    page.atlas.close()
    encoder.go.set()
    assert page.atlas._flow.jobs.wait(60)
    assert encoder.seen < 240
    assert page.atlas._flow._process is None


@pytest.mark.parametrize("readable", [0, 1, 2])
def test_few_readable_images_are_shown_as_they_are(tmp_path: Path, opened: Callable[..., Any], readable: int) -> None:
    from PIL import Image

    for i in range(readable):
        Image.new("RGB", (16, 16)).save(tmp_path / f"{i}.png")
    (tmp_path / "broken.jpg").write_bytes(b"")
    page = opened(tmp_path, encoder="pixels/4")
    page.atlas.wait()
    assert page.atlas.failures == 1
    assert [layout["placed"] for layout in page.atlas.layouts] == [readable] * (2 if readable else 0)
    assert ("None of the images could be read" in page.atlas.notice) == (readable == 0)


def test_tags_of_another_session_are_there(draw_folder: Draw, tmp_path: Path, opened: Callable[..., Any]) -> None:
    folder = draw_folder(tmp_path / "photos", **FOUR)
    with Collection(folder) as earlier:
        earlier.tag("red/000.jpg", "modern cars")
    page = opened(folder, layout=np.eye(4, 2))
    assert page.comm.state["tags"] == [{"name": "modern cars", "count": 1}]
    assert page.atlas.collection.table.loc["red/000.jpg", "tags"] == ["modern cars"]


def test_a_warm_start_loads_no_model_library_and_ends_quietly(draw_folder: Draw, tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "photos", **FOUR)
    script = f"""
import sys
import pointillist as pt
atlas = pt.explore({str(folder)!r}, encoder="pixels/4")
atlas.wait()
print(len(atlas.layouts), sorted({{"torch", "timm", "umap", "sklearn", "numba"}} & set(sys.modules)))
"""
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False, env=ENVIRONMENT
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "2 []\n", "")


def test_the_interpreter_ends_quietly_in_the_middle_of_work(draw_folder: Draw, tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=100)
    script = f"import pointillist as pt; atlas = pt.explore({str(folder)!r}, encoder='pixels/4')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
