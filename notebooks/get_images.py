"""Fetch the images of the notebooks: about 2,500 public domain drawings, one folder per subject.

They come from Debian's package `openclipart-png` (131 MB), unpacked without installing it. Where there is no
apt, 2,000 photos of woven textile (PyPI `conformal-clip-data`, MIT) take their place.

    python notebooks/get_images.py data/clipart
"""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

PACKAGE = "openclipart-png"

# subject -> folders of the package; a file belongs to the first subject that claims it
SUBJECTS = {
    "birds": ["animals/birds"],
    "bugs": ["animals/bugs"],
    "mammals": ["animals/mammals"],
    "other animals": ["animals"],
    "fruit": ["food/fruit", "food/vegetables"],
    "desserts": ["food/desserts"],
    "drinks": ["food/beverages"],
    "dishes": ["food"],
    "stickmen": ["people/stickmen"],
    "smilies": ["people/smilies"],
    "clothing": ["people/clothing"],
    "people": ["people"],
    "flowers": ["plants/flowers"],
    "plants": ["plants"],
    "buildings": ["buildings"],
    "road signs": ["transportation/roadsigns"],
    "pictograms": ["transportation/aiga-symbols"],
    "vehicles": ["transportation"],
    "playing cards": ["recreation/games/cards/simple", "recreation/games/cards/ornamental"],
    "music": ["recreation/music"],
    "sports": ["recreation/sports"],
    "tools": ["tools"],
    "office": ["office"],
    "computers": ["computer/hardware"],
    "flags": [f"signs_and_symbols/flags/{part}" for part in ("africa", "asia", "europe", "america")],
    "maps": ["geography"],
    "weather": ["signs_and_symbols/weather"],
    "clocks": ["signs_and_symbols/clocks"],
    "patterns": ["special/patterns"],
}
LEFT_OUT = (
    "tools/weapons",
    "people/clothing/pantyhose",
    "geography/astronomy",
    "signs_and_symbols/flags/europe/france",
)

SMALLEST_PX = 32
# A dozen drawings have 168 megapixels and take seconds each. One of 623 stays in: a picture nobody should open
# by accident is a good example of one that cannot be read.
LARGEST_PIXELS = 20_000_000
TOO_LARGE = "transportation/roadsigns/stop_sign_right_font_mig_.png"


def main() -> None:
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "data/clipart")
    for folder in (openclipart, textiles):
        count = folder(target)
        if count:
            print(f"images: {count:,} in {target}/")
            return
    raise SystemExit("images: neither apt-get nor the package conformal-clip-data is there; pass your own folder")


def openclipart(target: Path) -> int:
    """Download, unpack and sort the drawings; 0 where apt is missing or refuses."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        print(f"images: downloading Debian's {PACKAGE} (131 MB) and unpacking it, without installing", flush=True)
        package = download(Path(temporary))
        if package is None:
            return 0
        subprocess.run(["dpkg-deb", "-x", str(package), temporary], check=True)
        return sort_by_subject(Path(temporary, "usr/share/openclipart/png"), target)


def download(folder: Path) -> Path | None:
    """The package's file in `folder`; the list of packages is refreshed once when it does not know it."""
    for refresh in (False, True):
        if refresh and subprocess.run(["apt-get", "update", "-qq"], capture_output=True).returncode:
            print("images: apt-get update was refused (it needs root)", flush=True)
        # As root, apt fetches as a user who may not write into a private folder; it then falls back and says so.
        said = subprocess.run(["apt-get", "download", PACKAGE], cwd=folder, capture_output=True, text=True)
        found = list(folder.glob("*.deb"))
        if said.returncode == 0 and found:
            return found[0]
    print(f"images: apt-get download failed: {said.stderr.strip().splitlines()[-1:]}", flush=True)
    return None


def sort_by_subject(root: Path, target: Path) -> int:
    """Copy what SUBJECTS names from `root` to `target/<subject>/`; returns how many."""
    taken: set[Path] = set()
    copies: set[Path] = set()
    for subject, folders in SUBJECTS.items():
        (target / subject).mkdir(parents=True, exist_ok=True)
        for path in (path for folder in folders for path in drawings(root, root / folder)):
            if path.resolve() in taken:
                continue
            taken.add(path.resolve())
            name = path.name.removesuffix(".png").replace("_", " ").strip()
            copy = target / subject / f"{name}.png"
            if copy in copies:  # the same name in another folder of this subject
                copy = next(c for i in range(2, 100) if (c := copy.with_stem(f"{name} {i}")) not in copies)
            copies.add(copy)
            shutil.copy(path, copy)
    return len(taken)


def drawings(root: Path, folder: Path) -> Iterator[Path]:
    """The drawings under `folder` that are of a sensible size."""
    for path in sorted(folder.rglob("*.png")):
        relative = path.relative_to(root).as_posix()
        if relative.startswith(LEFT_OUT):
            continue
        width, height = size(path)
        if relative == TOO_LARGE or (min(width, height) >= SMALLEST_PX and width * height <= LARGEST_PIXELS):
            yield path


def size(path: Path) -> tuple[int, int]:
    """Width and height in pixels, read from the header; PNG keeps them in bytes 16 to 24."""
    head = path.read_bytes()[:24]
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def textiles(target: Path) -> int:
    """Copy the textile photos of the package conformal-clip-data; 0 where it is not installed."""
    try:
        files = importlib.metadata.files("conformal-clip-data") or []
    except importlib.metadata.PackageNotFoundError:
        return 0
    photos = [file for file in files if file.suffix.lower() in Image.registered_extensions()]
    for file in photos:
        folder = target / file.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(file.locate(), folder / file.name)
    return len(photos)


if __name__ == "__main__":
    main()
