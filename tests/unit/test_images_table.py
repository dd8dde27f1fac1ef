"""images: a DataFrame keeps its index and columns; its images may be paths, URLs, bytes, Pillow images or arrays."""

from __future__ import annotations

import http.server
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pointillist.decode import decode
from pointillist.errors import DecodeError, SourceError
from pointillist.images import read_source
from pointillist.images.payload import fetch


def png(value: int = 9) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (12, 8), (value, value, value)).save(made, "PNG")
    return made.getvalue()


def problem(source: object, **options: object) -> str:
    with pytest.raises(SourceError) as caught:
        read_source(source, **options)  # type: ignore[arg-type]
    return str(caught.value)


def reason(source: object, row: int = 0) -> str:
    with pytest.raises(DecodeError) as caught:
        read_source(source, image="image").payload(row)
    return str(caught.value)


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    made = []
    for i in range(4):
        made.append(str(tmp_path / "photos" / f"{i}.png"))
        (tmp_path / "photos").mkdir(exist_ok=True)
        Path(made[-1]).write_bytes(png(i))
    return made


def test_index_and_columns_are_the_callers(paths: list[str]) -> None:
    for index in (
        pd.Index(["x", "y", "x", "y"], name="who"),
        pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("a", 1), ("b", 1)], names=["site", "visit"]),
        pd.date_range("2024-01-01", periods=4),
    ):
        table = pd.DataFrame({"file": paths, "score": [1.0, 2.0, 3.0, 4.0]}, index=index)
        images = read_source(table)
        pd.testing.assert_frame_equal(images.table, table)
        assert images.ids == ["0.png", "1.png", "2.png", "3.png"]
        assert images.title == "DataFrame of 4 rows"


def test_the_callers_frame_is_not_ours(paths: list[str]) -> None:
    table = pd.DataFrame({"file": paths})
    images = read_source(table)
    table["file"] = "other.png"
    images.table["tags"] = None
    assert images.table["file"].tolist() == paths
    assert list(table.columns) == ["file"]


def test_a_frame_of_paths_shares_the_store_of_their_folder(paths: list[str]) -> None:
    images = read_source(pd.DataFrame({"file": paths}))
    assert images.identity == read_source(Path(paths[0]).parent).identity
    assert images.ids == read_source(Path(paths[0]).parent).ids


def test_every_kind_of_cell_is_read(paths: list[str]) -> None:
    pixels = np.full((8, 12, 3), 9, np.uint8)
    cells = [
        paths[0],
        Path(paths[1]),
        png(),
        bytearray(png()),
        {"bytes": png(), "path": None},
        {"bytes": None, "path": paths[2]},
    ]
    cells += [Image.fromarray(pixels), pixels, Image.open(paths[3]), memoryview(png())]
    images = read_source(pd.DataFrame({"image": pd.Series(cells, dtype=object)}))
    for row in range(len(images)):
        assert (decode(images.payload(row), at_least_px=8).width, row) == (12, row)
    assert images.ids == [str(row) for row in range(len(cells))]
    assert images.signature(0) is not None
    assert images.signature(2) is None


def test_tensors_with_the_channels_first() -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.zeros(3, 8, 12)
    tensor[0] = 1
    for cell in (tensor, (tensor * 255).to(torch.uint8), tensor.to(torch.bfloat16), tensor.requires_grad_()):
        rgb = decode(read_source([cell]).payload(0), at_least_px=8).rgb
        assert rgb.shape == (8, 12, 3)
        assert rgb[0, 0].tolist() == [255, 0, 0]


def test_images_in_memory_keep_their_identity_and_ids() -> None:
    def made(value: int) -> pd.DataFrame:
        return pd.DataFrame({"image": [png(1), png(value)], "n": [1, 2]}, index=["a", "b"])

    one, same, other = read_source(made(2)), read_source(made(2)), read_source(made(3))
    assert one.identity == same.identity != other.identity
    assert one.ids == same.ids == ["a", "b"]
    assert one.names == ["a", "b"]


def test_pillow_images_not_read_yet_are_read_from_their_files(paths: list[str]) -> None:
    images = read_source([Image.open(path) for path in paths])
    assert images.signature(1) == read_source(paths).signature(1)
    changed = Image.open(paths[0])
    changed.putpixel((0, 0), (255, 0, 0))
    assert decode(read_source([changed]).payload(0), at_least_px=8).rgb[0, 0].tolist() == [255, 0, 0]


def test_missing_cells_are_rows_with_a_reason(paths: list[str]) -> None:
    images = read_source(pd.DataFrame({"image": [paths[0], None, np.nan, ""]}, index=list("abcd")))
    assert images.ids == ["0.png", "[b]", "[c]", "[d]"]
    for row in (1, 2, 3):
        with pytest.raises(DecodeError, match="no image given: the cell is empty"):
            images.payload(row)


def test_arrays_that_cannot_be_had_are_rows_with_a_reason() -> None:
    class Lost:
        def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
            raise RuntimeError("the device is gone")

    with pytest.raises(DecodeError, match="the Lost cannot be read as an array: the device is gone"):
        fetch(Lost())


def test_missing_files_and_folders_have_reasons(paths: list[str]) -> None:
    folder = str(Path(paths[0]).parent)
    assert reason(pd.DataFrame({"image": ["/no/such.png"]})) == "no such file: /no/such.png"
    assert reason(pd.DataFrame({"image": [folder]})) == "a folder, not an image file"
    assert reason(pd.DataFrame({"image": ["a\0b.png"]})).startswith("the file cannot be read: ")


def test_image_column_is_guessed(paths: list[str]) -> None:
    others = {"label": list("abca"), "n": [1, 2, 3, 4], "note": ["see a.jpg!", "", None, "x"]}
    assert read_source(pd.DataFrame({**others, "where": paths})).names[0] == "0.png"
    assert read_source(pd.DataFrame({**others, "pixels": [png()] * 4})).payload(0) == png()
    both = pd.DataFrame({"mask_file": paths[::-1], "image_path": paths, "path": paths[::-1]})
    assert read_source(both).names == ["0.png", "1.png", "2.png", "3.png"]
    with_gaps = pd.DataFrame({"file": [None, *paths[1:]]})
    assert read_source(with_gaps).names[1:] == ["1.png", "2.png", "3.png"]


def test_what_cannot_be_guessed_is_asked_for(paths: list[str]) -> None:
    assert problem(pd.DataFrame({"left": paths, "right": paths})) == (
        "several columns hold images: 'left', 'right'; say which: image='left'"
    )
    assert problem(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})) == (
        "no column looks like images (paths that end in .jpg, .png, …, bytes, Pillow images or arrays); "
        "say which it is with image=, one of 'a', 'b'"
    )


def test_a_column_that_is_not_there(paths: list[str]) -> None:
    table = pd.DataFrame({"file": paths, "<b>": 1})
    assert problem(table, image="path") == "image='path' is not a column of the table; it has 'file', '<b>'"
    for values in (["cat"], np.array(["cat"]), pd.Series(["cat"])):
        assert problem(table, label=values) == (
            f"label= takes the name of a column, not a value of type {type(values).__name__}; "
            "put the values into a DataFrame and name their column"
        )
    assert problem(table, label="breed") == "label='breed' is not a column of the table; it has 'file', '<b>'"


def test_a_column_that_is_there_twice(paths: list[str]) -> None:
    table = pd.DataFrame(list(zip(paths, paths, strict=True)), columns=["file", "file"])
    assert problem(table, image="file") == "image='file' names 2 columns of the table; rename one of them"


def test_a_column_without_images(paths: list[str]) -> None:
    text = problem(pd.DataFrame({"file": paths, "n": [1, 2, 3, 4]}), image="n")
    assert text.startswith("column 'n' holds int values such as 1, not images; image= needs a column of paths, URLs")
    assert "nothing but missing values" in problem(pd.DataFrame({"file": [None, None]}), image="file")
    assert problem(pd.DataFrame({"file": []})) == "the DataFrame has no rows"


def test_label_column(paths: list[str]) -> None:
    table = pd.DataFrame({"file": paths, "label": list("abca"), "breed": list("xyxy")})
    assert read_source(table).label == "label"
    assert read_source(table, label="breed").label == "breed"
    assert read_source(table.drop(columns="label")).label is None


def test_series_and_other_frames(paths: list[str]) -> None:
    series = read_source(pd.Series(paths, index=list("wxyz"), name="file"))
    assert series.table.index.tolist() == list("wxyz")
    arrow = pytest.importorskip("pyarrow").table({"file": paths, "n": [1, 2, 3, 4]})
    assert read_source(arrow).table["n"].tolist() == [1, 2, 3, 4]


def test_box_is_four_columns_or_one(paths: list[str]) -> None:
    table = pd.DataFrame(
        {"file": [paths[0], paths[0], paths[1]], "x": [1, 5, 0], "y": [2, 0, 0], "w": [4, 2.5, 3], "h": [4, 4, 3]}
    )
    table["bbox"] = table[["x", "y", "w", "h"]].to_numpy().tolist()
    four, one = read_source(table, box=("x", "y", "w", "h")), read_source(table, box="bbox")
    assert four.box(1) == one.box(1) == read_source(table, box=table.columns[1:5]).box(1) == (5.0, 0.0, 2.5, 4.0)
    assert four.ids == one.ids == ["0.png[1,2,4,4]", "0.png[5,0,2.5,4]", "1.png[0,0,3,3]"]
    assert decode(four.payload(0), at_least_px=8, box=four.box(0)).rgb.shape == (4, 4, 3)


def test_boxes_told_as_shares_of_the_image_are_refused(paths: list[str]) -> None:
    table = pd.DataFrame({"file": paths, "bbox": [(0.1, 0.1, 0.5, 0.5), (0, 0, 1, 1), None, (0.5, 0, 0.5, 1)]})
    with pytest.raises(SourceError, match=r"holds shares of the images .* multiply x and w by the image's width"):
        read_source(table, box="bbox")
    table["bbox"] = [(0, 0, 1, 1)] * 4  # one pixel each
    assert read_source(table, box="bbox").box(0) == (0, 0, 1, 1)


def test_two_boxes_in_one_file_have_two_signatures(paths: list[str]) -> None:
    table = pd.DataFrame(
        {"file": [paths[0], paths[0], "/no/such.png"], "bbox": [(0, 0, 4, 4), (0, 0, 4.0001, 4), (1, 2, 3, 4)]}
    )
    images = read_source(table, box="bbox")
    whole = read_source(paths).signature(0)
    assert whole is not None
    assert images.signature(0) == (f"{paths[0]}#xywh=0,0,4,4", *whole[1:])
    assert images.signature(1) == (f"{paths[0]}#xywh=0,0,4.0001,4", *whole[1:])
    assert images.signature(2) == ("/no/such.png#xywh=1,2,3,4", -1, 0)


def test_box_is_padded_and_its_id_stays(paths: list[str]) -> None:
    table = pd.DataFrame({"file": paths, "bbox": [(4, 2, 4, 2)] * 4})
    images = read_source(table, box="bbox", pad=0.5)
    assert images.box(0) == (2.0, 1.0, 8.0, 4.0)
    assert images.ids == read_source(table, box="bbox").ids
    assert decode(images.payload(0), at_least_px=8, box=images.box(0)).rgb.shape == (4, 8, 3)


def test_the_same_box_twice_is_two_rows(paths: list[str]) -> None:
    table = pd.DataFrame({"file": [paths[0]] * 3, "bbox": [(0, 0, 4, 4), (0, 0, 4, 4), (1, 0, 4, 4)]})
    assert read_source(table, box="bbox").ids == ["0.png[0,0,4,4]", "0.png[0,0,4,4]#2", "0.png[1,0,4,4]"]


def test_missing_boxes_are_rows_with_a_reason(paths: list[str]) -> None:
    table = pd.DataFrame({"file": paths, "bbox": [(0, 0, 4, 4), None, (0, 0, None, 4), (50, 50, 4, 4)]})
    images = read_source(table, box="bbox")
    reasons = []
    for row in (1, 2, 3):
        with pytest.raises(DecodeError) as caught:
            decode(images.payload(row), at_least_px=8, box=images.box(row))
        reasons.append(str(caught.value))
    assert "is not a box: a number is missing" in reasons[0]
    assert "is not a box: a number is missing" in reasons[1]
    assert reasons[2] == "the box x=50, y=50, w=4, h=4 lies outside the image of 12 × 8 pixels"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"box": ("x", "y", "w", "tall")},
            "box='tall' is not a column of the table; it has 'file', 'x', 'y', 'w', 'h'",
        ),
        ({"box": 3}, "box=3 needs four columns x, y, w, h, or one column of four numbers"),
        ({"box": ("x", "y", "w")}, "box=['x', 'y', 'w'] needs four columns x, y, w, h, or one column of four numbers"),
        ({"box": ("x", "y", "w", "file")}, "box column 'file' does not hold numbers"),
        ({"box": "file"}, " in row 0; needs four numbers x, y, w, h"),
        ({"box": "short"}, "box column 'short' holds [1, 2] in row 0; needs four numbers x, y, w, h"),
        ({"box": ("x", "y", "w", "h"), "pad": -1}, "pad=-1 is not a fraction of the box; needs a number of at least 0"),
        ({"box": ("x", "y", "w", "h"), "pad": float("nan")}, "pad=nan is not a fraction of the box"),
        ({"box": ("x", "y", "w", "h"), "pad": "a"}, "pad='a' is not a fraction of the box"),
        ({"pad": 0.1}, "pad=0.1 widens boxes, and there are none: give box= too"),
    ],
)
def test_bad_box_options(paths: list[str], options: dict[str, object], words: str) -> None:
    table = pd.DataFrame({"file": paths, "x": 1, "y": 2, "w": 3, "h": 4})
    if options.get("box") == "short":
        table["short"] = [[1, 2]] * 4
    assert words in problem(table, **options)


@pytest.fixture
def web() -> Iterator[str]:
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path.startswith("/a.png")
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(png() if found else b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_urls_are_fetched(web: str) -> None:
    images = read_source(pd.DataFrame({"url": [f"{web}/a.png?size=large", f"{web}/b.png"]}))
    assert decode(images.payload(0), at_least_px=8).width == 12
    assert images.signature(0) == (f"{web}/a.png?size=large", 0, 0)
    assert images.ids == [f"{web}/a.png?size=large", f"{web}/b.png"]
    assert images.identity == f"{web}/"
    with pytest.raises(DecodeError) as caught:
        images.payload(1)
    assert str(caught.value) == f"cannot be fetched: HTTP Error 404: Not Found: {web}/b.png"


def test_other_urls_go_through_fsspec() -> None:
    with fsspec.open("memory://photos/a.png", "wb") as file:
        file.write(png())
    images = read_source(["memory://photos/a.png", "nosuch://a.png"])
    assert decode(images.payload(0), at_least_px=8).width == 12
    with pytest.raises(DecodeError, match=r"cannot be fetched: .*nosuch"):
        images.payload(1)
