"""Images and table in an object store that speaks S3, and workers on two machines, of which one goes away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import pytest

import pointillist as pt
from pointillist.jobs import Job

ENCODER = "pixels/8"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty bucket of a server on this machine; what is needed to reach it stands in the environment."""
    import fsspec
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        for name, value in {
            "AWS_ENDPOINT": f"http://{host}:{port}",
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }.items():
            monkeypatch.setenv(name, value)
        # What the server of another test held is still there, and so is the way to where that one was.
        urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST"), timeout=10).close()
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        fsspec.filesystem("s3", skip_instance_cache=True).mkdir("s3://photos")
        yield "s3://photos"
    finally:
        server.stop()


@pytest.mark.slow
def test_images_and_table_in_an_object_store(bucket: str, tmp_path: Path, draw_folder: Callable[..., Path]) -> None:
    import fsspec

    folder = draw_folder(tmp_path / "photos", per_color=3)
    (folder / "red" / "bad.jpg").write_bytes(b"no picture")
    fsspec.filesystem("s3", skip_instance_cache=True).put(f"{folder}/", f"{bucket}/in/", recursive=True)
    paths = sorted(folder.rglob("*.jpg"))
    urls = [f"{bucket}/in/{path.relative_to(folder).as_posix()}" for path in paths]
    plain = pt.Collection([str(path) for path in paths], store=None)
    expected = plain.embed(ENCODER)

    def stop(job: Job) -> None:
        if job.done:
            job.cancel()

    place = f"{bucket}/photos.lance"
    many = [*urls, *(f"{bucket}/in/missing/{i}.jpg" for i in range(20))]
    with pytest.raises(pt.PointillistError, match="cancelled"):
        pt.embed(many, ENCODER, to=place, engine="local", workers=1, job=Job("embedding", changed=stop))
    done = pt.embed(many, ENCODER, to=place, engine="local")
    assert 0 < done.there < 33
    assert done.there + done.made + done.failed == 33
    with pt.open(place, store=tmp_path / "tags.sqlite") as c:
        row_of = {cell: row for row, cell in enumerate(c.images.cells[:])}
        rows = [row_of[url] for url in urls]
        np.testing.assert_array_equal(c.embeddings[ENCODER][rows], expected)
        assert c.contents.thumbnails(rows) == plain.contents.thumbnails(range(len(paths)))
        assert c.contents.picture(rows[0], 512).width == 96
        assert len(c.failures) == 21


IN_A_BUCKET = """
import sys

import ray

import pointillist as pt

START_RAY
done = pt.embed(sys.argv[2:], "pixels/8", to=sys.argv[1], workers=2)
print("done", done.there, done.made, done.failed, flush=True)
ray.shutdown()
"""


@pytest.mark.slow
def test_workers_of_ray_with_images_and_table_in_an_object_store(
    bucket: str, tmp_path: Path, draw_folder: Callable[..., Path], on_ray: Callable[[str], str]
) -> None:
    import fsspec

    folder, place = draw_folder(tmp_path / "photos", per_color=8), f"{bucket}/photos.lance"
    fsspec.filesystem("s3", skip_instance_cache=True).put(f"{folder}/", f"{bucket}/größer in/", recursive=True)
    paths = sorted(folder.rglob("*.jpg"))
    urls = [f"{bucket}/größer in/{path.relative_to(folder).as_posix()}" for path in paths]
    env = {**os.environ, "PYTHONPATH": str(Path(pt.__file__).parents[1]), "RAY_USAGE_STATS_ENABLED": "0"}
    command = [sys.executable, "-c", on_ray(IN_A_BUCKET), place, *urls, urls[0], f"{bucket}/none.jpg"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "done 0 32 1" in done.stdout.split("\n")
    expected = pt.Collection([str(path) for path in paths], store=None).embed(ENCODER)
    with pt.open(place, store=tmp_path / "tags.sqlite") as c:
        row_of = {cell: row for row, cell in enumerate(c.images.cells[:])}
        np.testing.assert_array_equal(c.embeddings[ENCODER][[row_of[url] for url in urls]], expected)
        assert c.failures["reason"].tolist() == [f"cannot be fetched: no such file: {bucket}/none.jpg"]


PROGRAM = """
import os, sys, threading, time
from pathlib import Path
from urllib.request import Request, urlopen

import ray
from ray.cluster_utils import Cluster

import pointillist as pt
from pointillist.encoders import encoder
from pointillist.jobs import Cancelled, Job

class Slow:
    # pixels/8, slowed down; each batch leaves a line under the name of the node that it ran on
    name = fingerprint = "slow"
    inner = encoder("pixels/8")
    dims, input_px, batch = inner.dims, inner.input_px, 8
    prepare = inner.prepare
    notes = sys.argv[3]
    def encode(self, batch):
        time.sleep(0.02 * len(batch))
        with (Path(self.notes) / ray.get_runtime_context().get_node_id()).open("a") as log:
            log.write(f"{len(batch)}\\n")
        until = time.monotonic() + 60
        while len(list(Path(self.notes).iterdir())) < 2 and time.monotonic() < until:
            time.sleep(0.05)  # a loaded machine takes its time to start the second worker
        return self.inner.encode(batch)

for attempt in range(3):
    try:
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 100_000_000})
        second = cluster.add_node(num_cpus=1, object_store_memory=100_000_000)
        cluster.wait_for_nodes()
        break
    except Exception:  # Ray gives its own processes 30 s to start, which a loaded machine may exceed
        ray.shutdown()
        if attempt == 2:
            raise
os.environ["RAY_ADDRESS"] = cluster.address
model = Slow()

def stop(job):
    if job.done >= 30:
        job.cancel()

try:
    pt.embed(sys.argv[1], model, to=sys.argv[2], workers=2, job=Job("embedding", changed=stop))
except Cancelled:
    print("cancelled", flush=True)
print("nodes", len(list(Path(sys.argv[3]).iterdir())), flush=True)

def lose(job):
    if job.done and lose.left:
        lose.left = False
        threading.Thread(target=cluster.remove_node, args=(second,), kwargs={"allow_graceful": False}).start()
lose.left = True
done = pt.embed(sys.argv[1], model, to=sys.argv[2], workers=2, job=Job("embedding", changed=lose))
print("done", done.there > 0, done.there + done.made, done.failed, lose.left, flush=True)
print("alive", sum(node["Alive"] for node in ray.nodes()), flush=True)
ray.shutdown()
cluster.shutdown()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Ray's cluster for tests is not for Windows")
def test_two_machines_of_which_one_goes_away(tmp_path: Path, draw_folder: Callable[..., Path]) -> None:
    folder, place, notes = draw_folder(tmp_path / "photos", per_color=50), tmp_path / "photos.lance", tmp_path / "notes"
    notes.mkdir()
    env = {**os.environ, "PYTHONPATH": str(Path(pt.__file__).parents[1]), "RAY_USAGE_STATS_ENABLED": "0"}
    command = [sys.executable, "-c", PROGRAM, str(folder), str(place), str(notes)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    said = [line for line in done.stdout.split("\n") if line.startswith(("cancelled", "nodes", "done", "alive"))]
    assert said == ["cancelled", "nodes 2", "done True 200 0 False", "alive 1"]
    plain = pt.Collection(folder, store=None)
    expected = dict(zip(plain.images.ids, plain.embed(ENCODER), strict=True))
    with pt.open(place) as c:
        found = dict(zip(c.table.index, c.embeddings["slow"], strict=True))
        assert found.keys() == expected.keys()
        assert all(np.allclose(found[id_], expected[id_], rtol=0, atol=1e-5) for id_ in expected)
