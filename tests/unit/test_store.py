from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pointillist.errors import StoreError
from pointillist.journal import Op
from pointillist.store import Batch, FailureRecord, ImageRecord, Store, cache_path
from pointillist.store.store import KEPT_BYTES, KEPT_STAGES


def key(number: int) -> bytes:
    return hashlib.blake2b(str(number).encode(), digest_size=16).digest()


def image(number: int, **changes: object) -> ImageRecord:
    given = {
        "key": key(number),
        "signature": (f"/p/{number}.jpg", 10, 1),
        "id": f"{number}.jpg",
        "width": 4,
        "height": 3,
    }
    return ImageRecord(**{**given, "thumbnail": b"jpeg %d" % number, **changes})  # type: ignore[arg-type]


def vectors_of(numbers: list[int], d: int = 5) -> np.ndarray:
    return np.stack([np.random.default_rng(number).standard_normal(d).astype(np.float32) for number in numbers])


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store.sqlite" if request.param == "file" else None, "photos")


def test_a_batch_comes_back(store: Store) -> None:
    x = vectors_of([1, 2])
    store.put_batch(Batch([image(1), image(2, thumbnail=None)], [], "enc", [key(1), key(2)], x))
    signatures = [
        ("/p/2.jpg", 10, 1),
        None,
        ("/p/1.jpg", 10, 1),
        ("/p/1.jpg", 10, 2),
        ("/p/1.jpg", 11, 1),
        ("/q", 10, 1),
    ]
    assert store.keys(signatures) == [key(2), None, key(1), None, None, None]
    keys = [key(2), None, key(3), key(1), key(2)]
    present, vectors = store.vectors("enc", keys)
    assert present.tolist() == [True, False, False, True, True]
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors[[0, 3, 4]], x[[1, 0, 1]])
    assert np.isnan(vectors[[1, 2]]).all()
    assert store.have_vectors("enc", keys).tolist() == present.tolist()
    assert store.have_thumbnails(keys).tolist() == [False, False, False, True, False]
    assert store.thumbnails([key(1), None, key(2), key(9)]) == [b"jpeg 1", None, None, None]
    assert store.sizes([key(9), key(1)]).tolist() == [[0, 0], [4, 3]]


def test_an_empty_store_knows_nothing(store: Store) -> None:
    present, vectors = store.vectors("enc", [key(1), None])
    assert present.tolist() == [False, False]
    assert vectors.shape == (2, 0)
    assert store.vectors("enc", [])[1].shape == (0, 0)
    assert store.keys([]) == store.thumbnails([]) == store.ops() == []
    assert store.arrays("umap") is None
    assert store.notice == ""


def test_encoders_do_not_mix(store: Store) -> None:
    store.put_batch(Batch([], [], "small", [key(1)], vectors_of([1], d=2)))
    store.put_batch(Batch([], [], "large", [key(1), key(2)], vectors_of([3, 4], d=6)))
    assert store.vectors("small", [key(1), key(2)])[0].tolist() == [True, False]
    np.testing.assert_array_equal(store.vectors("large", [key(1)])[1], vectors_of([3], d=6))
    with pytest.raises(ValueError, match="width 6 for 'small', whose vectors here have 2"):
        store.put_batch(Batch([image(7)], [], "small", [key(7)], vectors_of([7], d=6)))
    assert store.keys([image(7).signature]) == [None]  # all or nothing
    with pytest.raises(ValueError, match="one row for each key"):
        store.put_batch(Batch([], [], "small", [key(7)], vectors_of([1, 2], d=2)))


def test_the_last_vector_and_thumbnail_win(store: Store) -> None:
    store.put_batch(Batch([image(1)], [], "enc", [key(1)], vectors_of([1])))
    store.put_batch(Batch([image(1, thumbnail=b"new", width=8)], [], "enc", [key(1)], vectors_of([2])))
    store.put_batch(Batch([image(1, thumbnail=None, width=8)]))
    assert store.thumbnails([key(1)]) == [b"new"]
    assert store.sizes([key(1)]).tolist() == [[8, 3]]
    np.testing.assert_array_equal(store.vectors("enc", [key(1)])[1], vectors_of([2]))


def test_failures_are_forgotten_when_the_file_changes_or_is_read(store: Store) -> None:
    old, new = ("/p/1.jpg", 0, 5), ("/p/1.jpg", 90, 6)
    store.put_batch(
        Batch(failures=[FailureRecord("1.jpg", old, "0 bytes"), FailureRecord("row", None, "not an image")])
    )
    assert store.failures(["1.jpg", "2.jpg", "row"], [old, old, None]) == ["0 bytes", None, "not an image"]
    assert store.failures(["1.jpg", "row"], [new, old]) == [None, None]
    store.put_batch(Batch([image(1, signature=old)]))
    assert store.failures(["1.jpg"], [old]) == [None]


def test_file_names_that_are_not_utf8_survive(store: Store) -> None:
    signature = ("/p/caf\udce9.jpg", 1, 2)
    store.put_batch(Batch([image(1, signature=signature)], [FailureRecord("x\udce9", signature, "cut off")]))
    assert store.keys([signature]) == [key(1)]
    assert store.failures(["x\udce9"], [signature]) == ["cut off"]


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.uint32).reshape(2, 3),
        np.array([np.nan, -0.0, np.inf], np.float32),
        np.zeros((0, 2), np.float64),
        np.array(True),
        np.arange(12).reshape(3, 4)[:, ::2],
        np.array(["naïve", "b"]),
    ],
)
def test_arrays_come_back_exactly(store: Store, array: np.ndarray) -> None:
    store.put_arrays("stage", {"a": array, "b": np.zeros(3)})
    back = store.arrays("stage")
    assert back is not None
    assert back["a"].dtype == array.dtype
    np.testing.assert_array_equal(back["a"], array)
    back["a"][...] = back["a"]  # writable


def test_arrays_are_replaced_as_a_whole(store: Store) -> None:
    store.put_arrays("stage", {"a": np.zeros(1), "b": np.zeros(1)})
    store.put_arrays("stage", {"c": np.ones(2)})
    back = store.arrays("stage")
    assert back is not None
    assert list(back) == ["c"]
    with pytest.raises(TypeError, match="'d' of stage 'stage' holds Python objects"):
        store.put_arrays("stage", {"d": np.array([{}])})
    assert list(store.arrays("stage") or {}) == ["c"]


def test_old_large_stages_are_forgotten_small_ones_kept(store: Store) -> None:
    store.put_arrays("small", {"a": np.zeros(8, np.uint8)})
    for number in range(KEPT_STAGES + 2):
        store.put_arrays(f"large {number}", {"a": np.zeros(KEPT_BYTES + 1, np.uint8)})
    kept = [store.arrays(f"large {number}") is not None for number in range(KEPT_STAGES + 2)]
    assert kept == [False] * 2 + [True] * KEPT_STAGES
    assert store.arrays("small") is not None


def test_the_journal_is_in_order_and_read_from_where_one_was(store: Store) -> None:
    first = store.append(Op("tag", "cars", ("1", "2"), at=5.5, who="me"))
    second = store.append(Op("undo", target=first))
    assert second > first > 0
    ops = store.ops()
    assert [op.number for op in ops] == [first, second]
    assert ops[0] == Op("tag", "cars", ("1", "2"), 5.5, "me", number=first)
    assert store.ops(after=first) == ops[1:]


def test_many_threads_at_once(store: Store) -> None:
    def work(thread: int) -> None:
        for step in range(10):
            number = thread * 100 + step
            store.put_batch(Batch([image(number)], [], "enc", [key(number)], vectors_of([number])))
            assert store.thumbnails([key(number)]) == [b"jpeg %d" % number]
            store.append(Op("tag", f"t{thread}", (str(step),)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    numbers = [thread * 100 + step for thread in range(8) for step in range(10)]
    present, vectors = store.vectors("enc", [key(number) for number in numbers])
    assert present.all()
    np.testing.assert_array_equal(vectors, vectors_of(numbers))
    assert len(store.ops()) == 80


def test_reading_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "s.sqlite", "photos")
    store.put_batch(Batch([image(1)]))
    read = threading.Event()

    def reader() -> None:
        assert store.thumbnails([key(1)]) == [b"jpeg 1"]
        read.set()

    with store._database.write() as db:
        db.execute("DELETE FROM thumbnails")
        thread = threading.Thread(target=reader)
        thread.start()
        assert read.wait(20)
    thread.join()
    assert store.thumbnails([key(1)]) == [None]


def test_a_closed_store_says_so_and_opens_again(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "s.sqlite", "photos")
    store.put_batch(Batch([image(1)]))
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.keys([None])
    assert Store.open(tmp_path / "s.sqlite", "photos").thumbnails([key(1)]) == [b"jpeg 1"]
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith((".sqlite",))] == ["s.sqlite"]


def test_ten_thousand_images_are_looked_up_in_one_question(tmp_path: Path) -> None:
    n, d = 10_000, 1280
    store = Store.open(tmp_path / "s.sqlite", "photos")
    keys = [key(number) for number in range(n)]
    signatures = [(f"/a/long/folder/of/photos/{number}.jpg", number, number) for number in range(n)]
    x = np.random.default_rng(0).standard_normal((n, d)).astype(np.float32)
    for start in range(0, n, 1000):
        part = range(start, start + 1000)
        records = [image(number, key=keys[number], signature=signatures[number], thumbnail=None) for number in part]
        store.put_batch(Batch(records, [], "enc", keys[start : start + 1000], x[part]))

    assert store.keys(signatures) == keys
    np.testing.assert_array_equal(store.vectors("enc", keys)[1], x)


def test_auto_lies_in_the_cache_directory_and_is_named_after_the_collection(own_cache: Path) -> None:
    store = Store.open("auto", "/data/My photos/2024 été/")
    store.append(Op("tag", "a", ("1",)))
    assert store.path == cache_path("/data/My photos/2024 été/")
    assert store.path is not None
    assert store.path.parent == own_cache
    assert store.path.name.startswith("2024-été-")
    assert cache_path("/a/photos") != cache_path("/b/photos")
    assert len(cache_path("x" * 500).name) < 80
    assert cache_path("").name.startswith("images-")
