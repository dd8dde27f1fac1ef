"""`cluster` as a pandas user calls it: named, renamed, merged, kept, shown."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest

import pointillist as pt
from pointillist import Collection
from pointillist.errors import Cancelled
from pointillist.jobs import Job
from pointillist.naming import names_from_labels

KINDS = ["cat", "dog", "owl"]


def table(n: int = 90) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = np.arange(n) % 3
    x = rng.standard_normal((3, 8))[truth] * 4 + rng.standard_normal((n, 8))
    images = list(rng.integers(0, 255, (n, 4, 4, 3), np.uint8))
    return pd.DataFrame({"image": images, "kind": np.array(KINDS)[truth]}, index=[f"i{i}" for i in range(n)]), x


@pytest.fixture
def c() -> Collection:
    given, x = table()
    return Collection(given, image="image", label="kind", embeddings=x, store=None)


@pytest.mark.parametrize(
    "asked", [{}, {"method": "hdbscan"}, {"method": "kmeans", "count": 3}, {"layout": "pca", "resolution": 0.1}]
)
def test_clusters_are_named_after_their_labels_and_become_a_column(c: Collection, asked: dict[str, Any]) -> None:
    assert c.clusters is None
    assert "cluster" not in c.table
    found = c.cluster(**asked)
    assert sorted(found.names) == KINDS
    assert found.sizes.sum() + (found.labels < 0).sum() == 90
    both = c.table.dropna(subset="cluster")
    assert (both["cluster"] == both["kind"]).mean() > 0.95
    assert c.clusters is found
    counts = c.cluster_table()
    assert counts.index.tolist() == list(found.names)
    assert counts.to_numpy().sum() == len(both)
    assert (c.table["kind"].iloc[found.medoids].to_numpy() == np.array(found.names)).all()
    assert repr(found).startswith("<3 clusters: ")


def test_rename_merge_and_keep(tmp_path: Path) -> None:
    given, x = table()
    with Collection(given, image="image", label="kind", embeddings=x, store=tmp_path / "s") as c:
        told = []
        c.clustering.on_change.append(lambda: told.append(c.clustering.revision))
        c.cluster()
        assert c.rename_cluster("dog", " big  dogs ").names.count("big dogs") == 1
        merged = c.merge_clusters(["big dogs", "owl"], into="animals")
        assert merged.names == ("animals", "cat")
        assert merged.sizes.tolist() == [60, 30]
        assert set(c.table.loc[c.table["cluster"] == "animals", "kind"]) == {"dog", "owl"}
        assert told == [1, 2, 3]
    with Collection(given, image="image", label="kind", embeddings=x, store=tmp_path / "s") as later:
        assert later.clusters is not None
        assert later.clusters.names == ("animals", "cat")
        np.testing.assert_array_equal(later.clusters.labels, merged.labels)
        np.testing.assert_array_equal(later.clusters.medoids, merged.medoids)
    others = given.set_axis([f"other {row}" for row in range(len(given))])
    with Collection(others, image="image", embeddings=x, store=tmp_path / "s") as other:
        assert other.clusters is None  # other images: the labels would stand at the wrong rows


def test_clusters_and_their_names_stay_when_images_come_and_go(tmp_path: Path) -> None:
    given, x = table()
    named = given.set_axis([f"image {row}" for row in range(len(given))])
    with Collection(named, image="image", label="kind", embeddings=x, store=tmp_path / "s") as c:
        c.cluster()
        before = c.rename_cluster(c.clusters.names[0], "mine")
    gone = np.flatnonzero(before.labels == 1)[: before.sizes[1] - 2]  # all but two of one, its picture among them
    if before.medoids[1] not in gone:
        gone[0] = before.medoids[1]
    kept = np.setdiff1d(np.random.default_rng(0).permutation(len(given)), gone)
    kept = np.random.default_rng(1).permutation(kept)
    new = named.iloc[:3].set_axis(["new 0", "new 1", "new 2"])
    later, vectors = pd.concat([new, named.iloc[kept]]), np.concatenate([x[:3], x[kept]])
    with Collection(later, image="image", label="kind", embeddings=vectors, store=tmp_path / "s") as c:
        found = c.clusters
        assert found is not None
        assert found.labels[:3].tolist() == [-1, -1, -1]
        called = np.array([*found.names, ""])[found.labels[3:]]
        np.testing.assert_array_equal(called, np.array([*before.names, ""])[before.labels[kept]])
        assert (np.diff(found.sizes) <= 0).all()
        np.testing.assert_array_equal(found.sizes, np.bincount(found.labels[found.labels >= 0]))
        np.testing.assert_array_equal(found.labels[found.medoids], np.arange(len(found)))
        stands = {name: before.medoids[number] for number, name in enumerate(before.names)}
        for number, name in enumerate(found.names):
            if stands[name] in kept:
                assert kept[found.medoids[number] - 3] == stands[name]
        assert c.table["cluster"].iloc[:3].isna().all()


def test_a_column_of_the_callers_called_cluster_is_left_alone() -> None:
    given, x = table()
    c = Collection(given.assign(cluster="mine"), image="image", embeddings=x, store=None)
    c.cluster()
    assert set(c.table["cluster"]) == {"mine"}
    assert c.table["cluster_found"].nunique() == 3
    assert c.cluster_table("kind").shape == (3, 3)
    with pytest.raises(pt.TableError, match=r"no column of labels; name one to compare the clusters with: .*kind"):
        c.cluster_table()
    with pytest.raises(pt.TableError, match="the values of 'image' cannot be counted"):
        c.cluster_table("image")


def test_the_table_of_tags_counts_each(c: Collection) -> None:
    found = c.cluster()
    c.tag("kind == 'cat'", "soft")
    c.tag("kind != 'owl'", "pet")
    counts = c.cluster_table("tags")
    assert counts.columns.tolist() == ["pet", "soft"]
    table = c.table
    for name in counts.index:
        mine = table.loc[table["cluster"] == name, "tags"]
        assert counts.loc[name].tolist() == [sum(tag in tags for tags in mine) for tag in ("pet", "soft")]
    assert set(counts.index) <= set(found.names)
    positions = c.project("pca")
    assert len(c.cluster(layout=positions.tolist())) == len(c.cluster(layout=positions))


def test_without_labels_they_are_numbered() -> None:
    given, x = table()
    c = Collection(given, image="image", embeddings=x, store=None)
    assert c.cluster().names == ("cluster 1", "cluster 2", "cluster 3")


def test_positions_alone_can_be_clustered() -> None:
    given, x = table()
    c = Collection(given, image="image", label="kind", layout=x[:, :2], store=None)
    assert len(c.cluster("kmeans", layout="given", count=2)) == 2
    assert len(c.merge_clusters(c.clusters.names, into="all")) == 1


class Speaking:
    name = fingerprint = "speaking"
    dims, input_px = 3, 8

    def prepare(self, rgb: np.ndarray) -> np.ndarray:
        return rgb.mean(axis=(0, 1)) / 255

    def encode(self, batch: Any) -> np.ndarray:
        x = np.array(batch, np.float32)
        return x / np.linalg.norm(x, axis=1, keepdims=True)


class Tower(Speaking):
    def encode_text(self, texts: list[str], *, prompts: tuple[str, ...] = ("{}",)) -> np.ndarray:
        return np.array([[text == "red", text == "green", text == "blue"] for text in texts], np.float32)


class Named(Speaking):
    @property
    def classes(self) -> Any:
        from pointillist.encoders import Classes

        return Classes(("red, crimson", "green", "blue"), np.eye(3, dtype=np.float32), np.zeros(3, np.float32))


@pytest.mark.parametrize(("encoder", "words"), [(Tower, ["red", "green", "blue", "sea"]), (Named, [])])
def test_names_from_words_and_from_classes(
    encoder: type[Speaking], words: list[str], draw_folder: Any, tmp_path: Path
) -> None:
    folder = draw_folder(tmp_path / "photos", per_color=8, colors=("red", "green", "blue"))
    paths = sorted(folder.rglob("*.jpg"))
    frame = pd.DataFrame({"path": [str(path) for path in paths]}, index=[path.parent.name for path in paths])
    with Collection(frame, image="path", encoder=encoder()) as c:
        c.embed()
        found = c.cluster("kmeans", count=3, words=words)
        assert sorted(found.names) == ["blue", "green", "red"]
        assert (c.table["cluster"].astype(str) == c.table.index).all()
        if encoder is Tower:
            assert c.cluster("kmeans", count=3, words="blue").names == ("blue", "blue 2", "blue 3")
        if encoder is Named:
            with pytest.raises(pt.EncoderError, match="'speaking' has no text tower to tell words by"):
                c.cluster(words=["red"])


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"method": "dbscan"}, "'dbscan' is not a way to cluster; there are: communities, hdbscan, kmeans"),
        ({"method": ["kmeans"]}, r"\['kmeans'\] is not a way to cluster"),
        ({"count": 3}, "count= is for kmeans; communities takes resolution="),
        ({"method": "kmeans", "count": 91}, "count=91: give a whole number from 1 to 90"),
        ({"method": "hdbscan", "min_size": 1}, "min_size=1: give a whole number from 2"),
        ({"resolution": 0}, "resolution=0: give a number above 0"),
        ({"resolution": "3"}, "resolution='3': give a number"),
        ({"resolution": float("nan")}, "resolution=nan: give a number"),
        ({"method": "kmeans", "count": float("nan")}, "count=nan: give a whole number from 1 to 90"),
        ({"method": "kmeans", "count": float("inf")}, "count=inf: give a whole number"),
        ({"method": "kmeans", "count": "3"}, "count='3': give a whole number"),
        ({"method": "kmeans", "seed": -1}, "seed=-1: give a whole number from 0"),
        ({"seed": "a"}, "seed='a': give a whole number from 0"),
        ({"words": [1]}, r"words=\[1\]: 1 is no word; give a text"),
        ({"words": 1}, "words=1: 1 is no word"),
        ({"words": ["cat", " "]}, "' ' is no word"),
    ],
)
def test_what_cannot_be_asked(c: Collection, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(pt.ClusterError, match=says):
        c.cluster(**asked)


def test_what_cannot_be_renamed_or_merged(c: Collection) -> None:
    with pytest.raises(pt.ClusterError, match=r"there are no clusters yet; make them with cluster\(\)"):
        c.rename_cluster("a", "b")
    with pytest.raises(pt.ClusterError, match="no clusters yet"):
        c.cluster_table()
    c.cluster()
    with pytest.raises(pt.TableError, match=r"\['kind'\] is not a column of the table"):
        c.cluster_table(["kind"])  # type: ignore[arg-type]
    with pytest.raises(pt.ClusterError, match="'cow' is not a cluster; there are: "):
        c.rename_cluster("cow", "b")
    with pytest.raises(pt.ClusterError, match="'cat' is another cluster's name: merge the two"):
        c.rename_cluster("dog", "cat")
    with pytest.raises(pt.ClusterError, match="' ' is no name"):
        c.rename_cluster("dog", " ")
    for few in (["dog"], "dog", ["dog", "dog"], None, 3, ["dog", ["cat"]]):
        with pytest.raises(pt.ClusterError, match="at least two clusters"):
            c.merge_clusters(few)
    with pytest.raises(pt.ClusterError, match="'cat' is another cluster's name: merge it too"):
        c.merge_clusters(["dog", "owl"], into="cat")
    with pytest.raises(pt.TableError, match="'breed' is not a column"):
        c.cluster_table("breed")
    with pytest.raises(pt.TableError, match="no positions were given"):
        c.cluster(layout="given")
    with pytest.raises(pt.ProjectionError, match="'tsney' is not a projection"):
        c.cluster(layout="tsney")


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([1.0, np.nan, 2.0], {"1", "2"}),  # whole numbers with some missing, as the legend writes them
        ([["a"], ["b"], ["c"]], {"cluster 1", "cluster 2", "cluster 3"}),
        ([("a", 1), ("b", 1), ("c", 1)], {"('a', 1)", "('b', 1)", "('c', 1)"}),
    ],
)
def test_labels_of_odd_kinds(labels: list[object], names: set[str]) -> None:
    given, x = table()
    given["kind"] = labels * 30
    found = Collection(given, image="image", label="kind", embeddings=x, store=None).cluster("kmeans", count=3)
    assert set(found.names) >= names


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
@pytest.mark.parametrize("way", ["kmeans", "hdbscan", "communities"])
@pytest.mark.parametrize("how", ["cancel", "interrupt"])
def test_cancel_and_interrupt_do_not_wait_for_what_cannot_be_stopped(
    how: str, way: Literal["kmeans", "hdbscan", "communities"], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go, sent, job = threading.Event(), threading.Event(), [], Job("finding clusters")

    def slow(graph: Any, *_: Any, **__: Any) -> np.ndarray:
        begun.set()
        assert go.wait(60)
        return np.zeros(12, np.int32)

    def stop() -> None:
        assert begun.wait(60)
        sent.append(time.monotonic())
        if how == "cancel":
            job.cancel()
        else:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(f"pointillist.analysis.clusters.{way}", slow)
    vectors = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.Thread(target=stop)
    try:
        with Collection(np.zeros((12, 4, 4, 3), np.uint8), embeddings=vectors, store=None) as c:
            thread.start()
            with pytest.raises(Cancelled if how == "cancel" else KeyboardInterrupt):
                c.cluster(way, job=job, **({"count": 3} if way == "kmeans" else {}))
            assert time.monotonic() - sent[0] < 1
            assert c.clusters is None
    finally:
        go.set()
        thread.join()
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (pd.to_datetime(["2024-01-01", "2024-02-01"]), ["2024-01-01", "2024-02-01"]),
        (pd.to_datetime(["2024-01-01", "2024-02-01"]).tz_localize("Europe/Berlin"), ["2024-01-01", "2024-02-01"]),
        (np.array([datetime(2024, 1, 1), datetime(2024, 2, 1)], object), ["2024-01-01", "2024-02-01"]),
        (
            pd.to_datetime(["2024-01-01", "2024-02-01 10:30"], format="mixed"),
            ["2024-01-01 00:00:00", "2024-02-01 10:30:00"],
        ),
        (pd.to_timedelta([2, 0.25], unit="D"), ["2 d", "6 h"]),
        (np.array([timedelta(minutes=10), timedelta(seconds=-10)], object), ["10 min", "-10 s"]),
        (pd.to_timedelta([12345.6, 0], unit="D"), ["12,350 d", "0 s"]),
        ([1.5, 2], ["1.5", "2.0"]),
    ],
)
def test_clusters_named_after_days_and_durations_are_called_as_in_the_legend(labels: Any, names: list[str]) -> None:
    groups = np.array([0, 0, 1, 1])
    assert names_from_labels(groups, pd.Series(labels).iloc[groups]) == names
