"""The traits of the explorer, and what they take: a value that cannot be is refused, whoever sets it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import traitlets

from pointillist.errors import TableError
from pointillist.explorer import camera as cameras
from pointillist.explorer import looks
from pointillist.explorer.encoders import checked_encoder
from pointillist.explorer.filters import checked
from pointillist.explorer.scene import TAGS, Scene
from pointillist.protocol.envelopes import PROTOCOL_VERSION
from pointillist.protocol.state import ColorScale

CHECKED: dict[str, Callable[[Scene, Any], Any]] = {
    "filters": checked,
    "palette": looks.palette,
    "color_scale": looks.color_scale,
    "card_columns": looks.card_columns,
    "encoder": checked_encoder,
}
"""Traits that hold more than a word, and what checks them; what it returns is what is kept."""


class Traits(traitlets.HasTraits):
    """Named and explained in protocol/state.py, and for users in `Explorer`."""

    _scene: Scene
    _trusted: Mapping[str, Any] = MappingProxyType({})
    """Values of the view before a restart, taken unseen until the columns are known."""

    protocol = traitlets.Int(PROTOCOL_VERSION, read_only=True).tag(sync=True)
    comm_id = traitlets.Unicode().tag(sync=True)
    source = traitlets.Unicode().tag(sync=True)
    n = traitlets.Int().tag(sync=True)
    failures = traitlets.Int().tag(sync=True)
    missing = traitlets.Int().tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)
    encoder = traitlets.Unicode().tag(sync=True)
    encoders: traitlets.List[Any] = traitlets.List().tag(sync=True)
    training = traitlets.Any(None).tag(sync=True)
    columns: traitlets.List[Any] = traitlets.List().tag(sync=True)
    layouts: traitlets.List[Any] = traitlets.List().tag(sync=True)
    missing_ways: traitlets.Dict[str, str] = traitlets.Dict().tag(sync=True)
    tags: traitlets.List[Any] = traitlets.List().tag(sync=True)
    runs: traitlets.List[Any] = traitlets.List().tag(sync=True)
    history: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    selected: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    layout_name = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    color_by = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    filters = traitlets.Any().tag(sync=True)
    live_selection = traitlets.Bool(False).tag(sync=True)
    palette = traitlets.Any().tag(sync=True)
    color_scale = traitlets.Any().tag(sync=True)
    card_columns = traitlets.Any(None).tag(sync=True)
    sort_by = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    sort_descending = traitlets.Bool(False).tag(sync=True)
    thumb_px = traitlets.Int(104, min=24, max=512).tag(sync=True)
    height_px = traitlets.Int(640, min=200, max=4000).tag(sync=True)
    camera = traitlets.Any(None).tag(sync=True)
    picture_px = traitlets.Int(56, min=0, max=160).tag(sync=True)
    names_shown = traitlets.Bool(True).tag(sync=True)
    tags_shown = traitlets.Bool(True).tag(sync=True)
    point_size = traitlets.Float(None, allow_none=True, min=0.5, max=32).tag(sync=True)
    point_opacity = traitlets.Float(None, allow_none=True, min=0.02, max=1).tag(sync=True)
    density = traitlets.Float(None, allow_none=True, min=0, max=1).tag(sync=True)
    restored = traitlets.Bool(False).tag(sync=True)
    rows = traitlets.Any(read_only=True)

    @traitlets.validate("layout_name", "color_by", "sort_by")
    def _validate_name(self, proposal: Any) -> Any:
        self._check(proposal["trait"].name, proposal["value"])
        return proposal["value"]

    @traitlets.default("filters")
    def _no_filters(self) -> list[Any]:
        return []

    @traitlets.default("color_scale")
    def _even_scale(self) -> ColorScale:
        return {"kind": "linear", "reversed": False}

    @traitlets.validate(*CHECKED)
    def _validate_shape(self, proposal: Any) -> Any:
        name, value = proposal["trait"].name, proposal["value"]
        return value if self._is_trusted(name, value) else CHECKED[name](self._scene, value)

    @traitlets.validate("camera")
    def _validate_camera(self, proposal: Any) -> Any:
        return cameras.checked(proposal["value"], self.layout_name)

    @traitlets.validate("point_size", "point_opacity", "density")
    def _validate_look(self, proposal: Any) -> Any:
        value, name = proposal["value"], proposal["trait"].name
        if value is not None and math.isnan(value):
            raise traitlets.TraitError(f"{name!r} is nan; it must be a number, or None to let the map choose")
        return value

    def _check(self, name: str, value: Any) -> None:
        """Raise TableError if a trait cannot name this column or layout, CameraError if the map cannot look there."""
        if self._is_trusted(name, value):
            return
        if name in CHECKED:
            CHECKED[name](self._scene, value)
        if name == "camera":
            cameras.checked(value, self.layout_name)
        if value is None or not isinstance(value, str):
            return
        if name == "color_by" and value == self._scene.label and not self._scene.colorless_label:
            return  # known to be there; whether it has too many values is seen when the columns are sent
        if name == "layout_name":
            self._scene.layouts.get(value)
        needs_column = name == "sort_by" or (name == "color_by" and value != TAGS)
        if needs_column and self._scene.column(value).kind == "text":
            verb = "colour" if name == "color_by" else "sort"
            raise TableError(f"cannot {verb} by {value!r}: it holds text that differs from row to row")

    def _is_trusted(self, name: str, value: Any) -> bool:
        return name in self._trusted and self._trusted[name] == value
