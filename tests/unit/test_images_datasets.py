"""images: datasets are told by what they can do; these stand for torch's, torchvision's and Hugging Face's."""

from __future__ import annotations

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pointillist.decode import decode
from pointillist.errors import DecodeError, SourceError
from pointillist.images import read_source


def png(value: int) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (12, 8), (value, value, value)).save(made, "PNG")
    return made.getvalue()


def problem(source: object, **options: object) -> str:
    with pytest.raises(SourceError) as caught:
        read_source(source, **options)  # type: ignore[arg-type]
    return str(caught.value)


class Cifar:
    """Like torchvision's: (image, target) by number, with targets and classes."""

    classes = ("cat", "dog")
    targets = (0, 1, 1, 0)

    def __len__(self) -> int:
        return 4

    def __getitem__(self, row: int) -> Any:
        if row == 3:
            raise RuntimeError("worn out")
        return Image.new("RGB", (12, 8), (row, row, row)), self.targets[row]


class Subset:
    """Like torch.utils.data.Subset."""

    def __init__(self, dataset: Any, indices: list[int]) -> None:
        self.dataset, self.indices = dataset, indices

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, row: int) -> Any:
        return self.dataset[self.indices[row]]


class Items:
    """Items of any kind, and nothing else."""

    def __init__(self, *items: Any) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, row: int) -> Any:
        return self.items[row]


def test_items_with_targets_and_classes() -> None:
    images = read_source(Cifar())
    assert images.title == "Cifar of 4 images"
    assert images.label == "label"
    assert images.table["label"].tolist() == ["cat", "dog", "dog", "cat"]
    assert images.table["label"].cat.categories.tolist() == ["cat", "dog"]
    assert decode(images.payload(2), at_least_px=8).rgb[0, 0].tolist() == [2, 2, 2]
    assert images.signature(0) is None
    assert images.ids == ["0", "1", "2", "3"]
    assert images.identity == read_source(Cifar()).identity


def test_an_item_that_fails_is_a_row_with_a_reason() -> None:
    with pytest.raises(DecodeError, match="the dataset cannot give item 3: worn out"):
        read_source(Cifar()).payload(3)


def test_subsets_take_their_targets_along() -> None:
    images = read_source(Subset(Subset(Cifar(), [0, 1, 2]), [2, 0]))
    assert images.table["label"].tolist() == ["dog", "cat"]
    assert decode(images.payload(0), at_least_px=8).rgb[0, 0, 0] == 2


def test_items_are_made_one_at_a_time() -> None:
    class Fragile(Items):
        inside = 0

        def __getitem__(self, row: int) -> Any:
            self.inside += 1
            time.sleep(0.001)
            assert self.inside == 1
            self.inside -= 1
            return super().__getitem__(row)

    images = read_source(Fragile(*[np.zeros((8, 9), np.uint8)] * 20))
    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(images.payload, range(20)))) == 20
    assert threading.active_count() < 20


@pytest.mark.parametrize(
    "item",
    [
        np.zeros((8, 12, 3), np.uint8),
        (np.zeros((3, 8, 12)), 5),
        {"label": 3, "image": np.zeros((8, 12))},
        [png(3), {"boxes": []}],
        {"bytes": png(3), "path": "x.png"},
    ],
    ids=["image", "tuple", "dict", "list", "bytes"],
)
def test_kinds_of_items(item: Any) -> None:
    images = read_source(Items(item))
    assert decode(images.payload(0), at_least_px=8).width == 12
    assert images.label is None


def test_image_folder_is_read_from_its_files(tmp_path: Path) -> None:
    samples = []
    for number, name in enumerate(["cat", "dog"]):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_bytes(png(number))
        samples.append((str(tmp_path / name / "a.png"), number))

    class ImageFolder(Items):
        classes = ("cat", "dog")

    dataset: Any = ImageFolder(*samples)
    dataset.samples, dataset.targets = samples, [0, 1]
    images = read_source(dataset)
    assert images.ids == ["cat/a.png", "dog/a.png"]
    assert images.table["label"].tolist() == ["cat", "dog"]
    assert images.table.columns.tolist() == ["path", "label"]
    assert images.identity == read_source(tmp_path).identity
    assert images.signature(0) == read_source(tmp_path).signature(0)
    assert decode(images.payload(1), at_least_px=8).rgb[0, 0, 0] == 1
    assert read_source(Subset(dataset, [1])).names == ["a.png"]


def test_datasets_without_images_or_length() -> None:
    assert problem(Items(("a", 3))) == (
        "item 0 of Items is tuple without an image; needs an image, (image, target), or a dict with an image"
    )
    assert problem(Items()) == "the Items is empty"

    class Endless:
        def __getitem__(self, row: int) -> Any:
            return row

    assert problem(Endless()) == (
        "Endless has no length: a map needs a fixed set of images; take some into a list first"
    )


def test_address_in_the_repr_does_not_change_the_identity() -> None:
    item = np.zeros((8, 9), np.uint8)
    assert read_source(Items(item)).identity == read_source(Items(item)).identity


class ImageFeature:
    """Stands for datasets.Image."""

    def __init__(self, decode: bool = True) -> None:
        self.decode = decode


ImageFeature.__name__ = "Image"


class ClassLabel:
    def __init__(self, *names: str) -> None:
        self.names = list(names)


class HuggingFace:
    """The part of datasets.Dataset that is used."""

    split = "train"
    builder_name = "pets"
    _fingerprint = "abc123"

    def __init__(self, columns: dict[str, list[Any]], features: dict[str, Any]) -> None:
        self.columns, self.features = columns, features
        self.column_names = list(columns)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, row: int) -> dict[str, Any]:
        feature = self.features.get("image")
        item = {name: values[row] for name, values in self.columns.items()}
        if isinstance(feature, ImageFeature) and feature.decode:
            raise AssertionError("decoded by the dataset")
        return item

    def remove_columns(self, names: list[str]) -> HuggingFace:
        kept = {name: values for name, values in self.columns.items() if name not in names}
        return HuggingFace(kept, {name: self.features[name] for name in kept})

    def cast_column(self, name: str, feature: Any) -> HuggingFace:
        return HuggingFace(self.columns, {**self.features, name: feature})

    def to_pandas(self) -> pd.DataFrame:
        return pd.DataFrame(self.columns)


def pets() -> HuggingFace:
    cells = [{"bytes": png(row), "path": f"{row}.png"} for row in range(3)]
    return HuggingFace(
        {"image": cells, "species": [1, 0, -1], "age": [3, 4, 5]},
        {"image": ImageFeature(), "species": ClassLabel("cat", "dog"), "age": "int64"},
    )


def test_hugging_face() -> None:
    images = read_source(pets())
    assert images.table.columns.tolist() == ["species", "age"]
    assert images.label == "species"
    assert images.table["species"].tolist()[:2] == ["dog", "cat"]
    assert images.table["species"].isna().tolist() == [False, False, True]
    assert images.payload(2) == png(2)
    assert images.ids == ["0", "1", "2"]
    assert "abc123" in images.identity
    assert read_source(pets()).identity == images.identity


def test_hugging_face_columns() -> None:
    assert problem(pets(), image="pixels") == (
        "image='pixels' is not a column of the dataset; it has 'image', 'species', 'age'"
    )
    assert problem(pets().remove_columns(["image"])) == (
        "the dataset has no column of type Image; say which: image=, one of 'species', 'age'"
    )


def test_splits_must_be_chosen() -> None:
    assert problem({"train": pets(), "test": pets()}) == (
        "a dict has no order of rows; give one of its values ('train', 'test'), or pd.DataFrame of it"
    )
