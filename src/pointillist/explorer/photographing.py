"""The explorer's map as a picture, drawn without a browser: when asked for, and for the saved notebook."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from pointillist.errors import Cancelled, SnapshotError
from pointillist.explorer.outbox import Outbox
from pointillist.explorer.snapshot import Sight, snapshot
from pointillist.explorer.still import Still
from pointillist.explorer.traits import Traits
from pointillist.named_file import named_file

if TYPE_CHECKING:
    from PIL import Image

STILL_AFTER_S = 2.0
"""The picture in the notebook is taken so long after the last change: what is drawn on screen comes first."""
STILL_POINTS = 200_000
STILL_READS_S = 1.0
"""So long images are read for one that have no thumbnail yet; the rest is for the next."""
PICTURES = (".png", ".jpg", ".jpeg", ".webp")


class Photographing(Traits):
    """The part of the explorer that draws its map as a picture."""

    _sending: threading.Lock
    _settle: Callable[[], None]

    def _begin_pictures(self) -> None:
        self._still = Still(self._small_picture, self._sending)
        self._stills = Outbox(lambda _: self._still.update(), STILL_AFTER_S, at_rest=True)

    def snapshot(
        self,
        path: str | Path | None = None,
        *,
        width: int = 800,
        height: int = 600,
        scale: float = 2,
        dark: bool = False,
        names: bool = False,
        pictures: bool = True,
    ) -> Image.Image | Path:
        """A picture of the map as it is now: layout, colours, filters, selection and camera; needs no browser.

        Args:
            path: the file to write, its ending the kind of picture (.png, .jpg, .webp); without it the picture is
                returned.
            width, height: of the map, in the pixels that points are measured in.
            scale: pixels of the picture for each of these.
            names: write the values of the column that gives the colour amid their points.
            pictures: show images at their points, as many as have room, of the size that `picture_px` says.

        Returns:
            A Pillow image, or the path where one was given.

        Raises:
            SnapshotError: if there is no map yet, no picture of this size, or no picture with this ending.
        """
        besides = ", or none to be given the picture; width= and height= say how large it is"
        place = None if path is None else named_file(path, "path", SnapshotError, besides)
        sight = self._sight()
        picture = snapshot(self._scene, sight, width, height, scale=scale, dark=dark, names=names, pictures=pictures)
        if place is None:
            return picture
        if place.suffix.lower() not in PICTURES:
            raise SnapshotError(f"{place.name!r} is no kind of picture: end it with one of {', '.join(PICTURES)}")
        try:
            picture.save(place)
        except OSError as error:
            raise SnapshotError(f"{place} cannot be written: {error.strerror or error}") from error
        return place

    @traitlets.observe(
        *("layouts", "layout_name", "color_by", "palette", "color_scale", "filters", "rows", "camera"),
        *("point_size", "point_opacity", "density", "picture_px", "names_shown", "tags_shown"),
    )
    def _looks_changed(self, _: Any) -> None:
        if self._still.shown:
            self._stills.mark("still")

    @traitlets.observe("tags")
    def _tags_changed(self, change: Any) -> None:
        if self.tags_shown:
            self._looks_changed(change)

    @traitlets.observe("columns")
    def _columns_changed(self, change: Any) -> None:
        drawn = {self.color_by, *(one["column"] for one in self.filters)}
        before, now = ([info for info in change[which] if info["name"] in drawn] for which in ("old", "new"))
        if before != now:
            self._looks_changed(change)

    def _small_picture(self, width: int, height: int) -> Image.Image | None:
        if self.layout_name is None:
            return None
        return snapshot(
            self._scene,
            self._sight(),
            width,
            height,
            names=self.names_shown,
            pictures=True,
            most=STILL_POINTS,
            thumbnails=self._quick_thumbnails,
        )

    def _quick_thumbnails(self, rows: Sequence[int]) -> Sequence[bytes | str | None]:
        contents, until = self._scene.collection.contents, time.monotonic() + STILL_READS_S

        def stop() -> None:
            if time.monotonic() > until:
                raise Cancelled

        with suppress(Cancelled):
            return contents.thumbnails(rows, stop=stop)
        self._stills.mark("still")
        return contents.kept_thumbnails(rows)

    def _sight(self) -> Sight:
        self._settle()
        return Sight(
            self.layout_name,
            self.color_by,
            self.filters,
            self.camera,
            self.palette,
            self.color_scale,
            self.point_size,
            self.point_opacity,
            self.density,
            self.picture_px,
            self.tags_shown,
        )
