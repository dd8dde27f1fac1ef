"""images: a folder, or a list of paths, becomes rows with ids that stay."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pointillist.decode import content_key, decode
from pointillist.errors import DecodeError, SourceError
from pointillist.images import Images, read_source
from pointillist.images.names import natural, unique


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def problem(source: object, **options: object) -> str:
    with pytest.raises(SourceError) as caught:
        read_source(source, **options)  # type: ignore[arg-type]
    return str(caught.value)


def test_folder_is_read_in_natural_order_with_labels(tmp_path: Path, draw_folder: Callable[..., Path]) -> None:
    images = read_source(draw_folder(tmp_path / "photos", per_color=12, colors=("red", "blue")))
    assert len(images) == 24
    assert images.ids[:2] == ["blue/000.jpg", "blue/001.jpg"]
    assert images.names[0] == "000.jpg"
    assert images.title == "photos/"
    assert images.label == "label"
    assert images.table.index.tolist() == images.ids
    assert images.table["path"].tolist() == [str(tmp_path / "photos" / one) for one in images.ids]
    assert images.table["label"].value_counts().to_dict() == {"blue": 12, "red": 12}
    assert decode(images.payload(0), at_least_px=50).width == 96


def test_natural_order_counts(tmp_path: Path) -> None:
    touch(tmp_path, "b2.jpg", "b10.jpg", "B1.jpg", "a/10.png", "a/9.png", "c²3.jpg", "٣.jpg")
    assert read_source(str(tmp_path)).ids == ["٣.jpg", "a/9.png", "a/10.png", "B1.jpg", "b2.jpg", "b10.jpg", "c²3.jpg"]


def test_extensions_and_hidden_files(tmp_path: Path) -> None:
    ends = ["jpg", "JPG", "jpeg", "png", "webp", "gif", "bmp", "tif", "TIFF", "avif", "ppm", "pgm"]
    kept = [f"{i}.{end}" for i, end in enumerate(ends)]
    touch(tmp_path, *kept, ".hidden.jpg", ".cache/a.jpg", "notes.txt", "jpg", "a.jpg.part")
    assert read_source(tmp_path).ids == kept


def test_one_parent_is_no_label(tmp_path: Path) -> None:
    touch(tmp_path, "all/a.jpg", "all/b.jpg")
    images = read_source(tmp_path)
    assert images.label is None
    assert list(images.table.columns) == ["path"]


def test_label_is_the_folder_that_holds_the_file(tmp_path: Path) -> None:
    touch(tmp_path, "top.jpg", "train/cat/1.jpg", "val/dog/2.jpg")
    table = read_source(tmp_path).table
    assert table["label"].isna().tolist() == [True, False, False]
    assert table["label"].tolist()[1:] == ["cat", "dog"]


def test_the_same_folder_has_the_same_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "photos", "a.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    found = {
        read_source(source).identity
        for source in ("photos", "photos/", "./link", tmp_path / "photos", "link/../photos")
    }
    assert found == {str((tmp_path / "photos").resolve())}


def test_loops_of_links_end_and_nothing_is_listed_twice(tmp_path: Path) -> None:
    touch(tmp_path / "photos", "z/a.jpg", "b.jpg")
    touch(tmp_path / "elsewhere", "c.jpg")
    (tmp_path / "photos" / "z" / "up").symlink_to(tmp_path / "photos")
    (tmp_path / "photos" / "a_link").symlink_to(tmp_path / "photos" / "z")
    (tmp_path / "photos" / "self.jpg").symlink_to("self.jpg")
    (tmp_path / "photos" / "outside").symlink_to(tmp_path / "elsewhere")
    assert read_source(tmp_path / "photos").ids == ["b.jpg", "outside/c.jpg", "self.jpg", "z/a.jpg"]


def test_broken_link_is_a_row_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    images = read_source(tmp_path)
    assert images.signature(0) == (str(tmp_path / "gone.jpg"), -1, 0)
    with pytest.raises(DecodeError, match=r"no such file: .*gone\.jpg"):
        images.payload(0)


def test_a_pipe_named_like_an_image_does_not_hang(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    os.mkfifo(tmp_path / "b.jpg")
    assert read_source(tmp_path).ids == ["a.jpg"]
    with pytest.raises(DecodeError, match="not a regular file"):
        read_source([tmp_path / "b.jpg"]).payload(0)


def test_file_names_that_are_no_unicode_can_be_stored_and_read(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.png"
    with open(path, "wb") as file:  # noqa: PTH123
        Image.new("RGB", (5, 4)).save(file, "PNG")
    images = read_source(tmp_path)
    assert images.ids == ["caf\\xe9.png"]
    assert images.signature(0)[0].encode().endswith(b"caf\\xe9.png")  # type: ignore[index]
    assert images.table["path"].iloc[0].encode()
    assert decode(images.payload(0), at_least_px=4).width == 5


def test_markup_in_names_is_kept_as_text(tmp_path: Path) -> None:
    touch(tmp_path, "<b>x<b>.jpg", "<i>&amp;/1.jpg")
    images = read_source(tmp_path)
    assert images.names == ["<b>x<b>.jpg", "1.jpg"]
    assert images.table["label"].iloc[1] == "<i>&amp;"


def test_signature_follows_the_file(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    images = read_source(tmp_path)
    before = images.signature(0)
    assert before is not None
    assert before[:2] == (str(tmp_path / "a.jpg"), 0)
    (tmp_path / "a.jpg").write_bytes(b"12345")
    os.utime(tmp_path / "a.jpg", ns=(1, 7))
    assert images.signature(0) == (str(tmp_path / "a.jpg"), 5, 7)


def test_many_files_are_listed_without_looking_at_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, *(f"{i % 20}/{i}.jpg" for i in range(2000)))
    stats: list[object] = []
    real = os.stat

    def counted(path: object, **options: object) -> os.stat_result:
        stats.append(path)
        return real(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", counted)
    assert len(read_source(tmp_path)) == 2000
    assert len(stats) < 100


def test_missing_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert problem("photso/") == f"no such folder: 'photso/' in {tmp_path}"
    assert problem("/no/photos") == "no such folder: '/no/photos'"
    assert problem("photos/*.jpg").endswith("give the list of paths: glob.glob('photos/*.jpg')")


def test_empty_folder(tmp_path: Path) -> None:
    text = problem(tmp_path)
    assert text.startswith(f"no images in '{tmp_path}': the folder is empty; images end in .jpg, .png")


def test_folder_of_other_files(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt", "b.txt", "README")
    assert "it holds 3 other files, .txt (2), without extension (1); images end in .jpg" in problem(tmp_path)


def test_folders_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a.jpg", "secret/b.jpg")
    real, closed = os.scandir, tmp_path / "secret"

    def guarded(path: str) -> object:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert read_source(tmp_path).ids == ["a.jpg"]
    closed = tmp_path
    assert problem(tmp_path) == f"the folder {tmp_path} cannot be listed: Permission denied"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.jpg", "is one image; give its folder, or a list of paths"),
        ("a.csv", "is a table; read it with pandas and give the DataFrame"),
        ("a.zip", "is a file; give a folder of images, a list of paths or a DataFrame"),
    ],
)
def test_a_file_instead_of_a_folder(tmp_path: Path, name: str, words: str) -> None:
    touch(tmp_path, name)
    assert words in problem(tmp_path / name)


def test_no_readable_image_is_rows_with_reasons(tmp_path: Path) -> None:
    touch(tmp_path, "empty.jpg")
    (tmp_path / "text.jpg").write_text("Hello")
    images = read_source(tmp_path)
    reasons = []
    for row in range(len(images)):
        with pytest.raises(DecodeError) as caught:
            decode(images.payload(row), at_least_px=64)
        reasons.append(str(caught.value))
    assert reasons == ["the file is empty (0 bytes)", "not an image: the file starts with “Hello”"]


def test_one_image_and_two_identical_images(tmp_path: Path) -> None:
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    assert len(read_source(tmp_path)) == 1
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
    images = read_source(tmp_path)
    assert images.ids == ["a.png", "b.png"]
    assert content_key(images.payload(0), None) == content_key(images.payload(1), None)


def test_list_of_paths_has_the_ids_of_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "photos", "cat/1.jpg", "dog/2.jpg", "dog/3.jpg")
    whole = read_source(tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    some = read_source([tmp_path / "photos/dog/3.jpg", "photos/cat/../cat/1.jpg"])
    assert some.identity == whole.identity
    assert some.ids == ["dog/3.jpg", "cat/1.jpg"]
    assert some.table.index.tolist() == some.ids
    assert some.table["label"].tolist() == ["dog", "cat"]
    assert some.title == "2 images"
    assert some.signature(0) == whole.signature(2)


def test_a_path_given_twice_is_two_rows(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.jpg")
    images = read_source([tmp_path / "a.jpg", tmp_path / "b.jpg", tmp_path / "a.jpg"])
    assert images.ids == ["a.jpg", "b.jpg", "a.jpg#2"]
    assert images.table.index.tolist() == ["a.jpg", "b.jpg", "a.jpg"]


def test_lists_of_one_kind_of_thing_only() -> None:
    assert problem([]) == "the list of images is empty; give at least one path, or a folder"
    assert problem([1, 2]).startswith("item 0 is int 1, not an image; needs paths, URLs, bytes")
    assert "item 1 is dict {'a': 3}" in problem(["a.jpg", {"a": 3}])


def test_generators_and_sets(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.jpg")
    assert read_source(tmp_path.glob("*.jpg")).table.shape == (2, 1)
    assert read_source({str(tmp_path / "b.jpg"), str(tmp_path / "a.jpg")}).ids == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize("source", [3, None, object(), 2.5])
def test_things_that_hold_no_images(source: object) -> None:
    assert f"cannot read images from a {type(source).__name__}; needs a folder, a list of paths" in problem(source)


def test_options_that_name_columns_need_columns(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    assert problem(tmp_path, image="path") == (
        f"image='path' names a column, and {str(tmp_path)!r} is not a table; leave it out"
    )
    assert problem(tmp_path, label="breed") == "label='breed' is not a column of the table; it has 'path'"
    assert problem(tmp_path, box="bbox") == "box='bbox' is not a column of the table; it has 'path'"
    assert problem("https://example.org/a/") == (
        "'https://example.org/a/' is one URL; give a list of URLs, or a DataFrame with a column of them"
    )


@given(st.lists(st.sampled_from(["a", "a#2", "a#3", "b", "b#2"]), max_size=30))
def test_ids_are_unique_and_first_occurrences_stay(ids: list[str]) -> None:
    made = unique(ids)
    assert len(set(made)) == len(ids)
    assert set(ids) <= set(made)
    assert made == unique(ids)


@given(st.lists(st.text(max_size=8), max_size=20))
def test_natural_order_is_an_order(names: list[str]) -> None:
    assert sorted(names, key=natural) == sorted(sorted(names, reverse=True), key=natural)


@given(st.lists(st.integers(0, 10**9), max_size=20))
def test_natural_order_of_numbers(numbers: list[int]) -> None:
    names = [f"IMG_{number}.jpg" for number in numbers]
    assert sorted(names, key=natural) == [f"IMG_{number}.jpg" for number in sorted(numbers)]


def test_images_is_what_comes_out(tmp_path: Path) -> None:
    images = read_source(touch(tmp_path, "a.jpg"))
    assert isinstance(images, Images)
    assert images.box(0) is None
