"""CLIP models through open_clip: images and sentences as vectors in one space, so that text finds images."""

from __future__ import annotations

import difflib
import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pointillist.encoders import devices, lacks_tokeniser
from pointillist.encoders.base import unit_length
from pointillist.encoders.fetching import CLIP_FILES, cached_file, from_hub, from_url, repository
from pointillist.encoders.model import Model, ModelEncoder
from pointillist.encoders.network import Network
from pointillist.encoders.preprocessing import Preprocessing
from pointillist.encoders.weights import file_digest, in_short, read_checkpoint
from pointillist.errors import EncoderError
from pointillist.named_file import named_file

if TYPE_CHECKING:
    import torch

CODE = "1"
"""Changed when the same weights begin to give other vectors."""
CONFIG = "open_clip_config.json"
TEXTS_AT_ONCE = 64
CROP_MODES: dict[str, Any] = {"shortest": "center", "longest": "border", "squash": "squash"}


class ClipEncoder(ModelEncoder):
    """The image tower of a CLIP model as an encoder, and its text tower as `encode_text`."""

    def __init__(self, model: str, *, checkpoint: str | Path | None = None) -> None:
        """
        Args:
            model: "<architecture>/<tag of its weights>", "<architecture>/<file>", "hf-hub:<repository>",
                or a folder with an open_clip_config.json and the weights.
            checkpoint: a file with weights for "<architecture>".

        Raises:
            EncoderError: if there is no such file or folder, or no weights are named.
        """
        super().__init__()
        self.name = f"clip/{model}"
        self._architecture, self._tag = "", ""
        self._hub_id, self._folder, self._file = "", None, None
        if model.startswith("hf-hub:"):
            self._hub_id = model.removeprefix("hf-hub:")
        elif model.startswith("local-dir:") or (Path(model).expanduser() / CONFIG).is_file():
            self._folder = Path(model.removeprefix("local-dir:")).expanduser()
            if not (self._folder / CONFIG).is_file():
                raise EncoderError(f"{str(self._folder)!r} is no folder of an open_clip model: it has no {CONFIG}")
        else:
            self._architecture, _, rest = model.partition("/")
            file = Path(rest).expanduser() if rest and checkpoint is None else None
            self._file = file if file is not None and file.is_file() else None
            self._tag = "" if self._file else rest
            if file is not None and self._file is None and (file.is_absolute() or file.suffix in {".pt", ".bin"}):
                raise EncoderError(f"there is no checkpoint file {str(file)!r}")
        if checkpoint is not None:
            self._file = named_file(checkpoint, "checkpoint", EncoderError)
            if not self._file.is_file():
                raise EncoderError(f"there is no checkpoint file {str(self._file)!r}")
            if not self._architecture or self._tag:
                raise EncoderError("checkpoint= goes with an architecture alone, for example 'clip/ViT-B-32'")
            self.name += f" ({self._file.name})"
        if self._architecture and not self._tag and not self._file:
            raise EncoderError(
                f"'clip/{self._architecture}' names no weights: add a tag of open_clip, for example "
                f"'clip/{self._architecture}/laion2b_s34b_b79k', or give a file with checkpoint="
            )

    def __getstate__(self) -> dict[str, Any]:
        """Without the text tower, which is loaded again with the model."""
        return {key: value for key, value in super().__getstate__().items() if key not in ("_whole", "_text_tower")}

    @cached_property
    def fingerprint(self) -> str:
        """Model, weights, open_clip's version (it carries the preprocessing), precision and version of this code."""
        if self._hub_id:
            _ = self._model if self._hub_folder() is None else None
            folder = self._hub_folder()
            what = f"hf-hub:{self._hub_id} revision {folder.name if folder else self._model.network.digest}"
        elif self._folder is not None:
            weights = weights_in(self._folder)
            config = hashlib.blake2b((self._folder / CONFIG).read_bytes(), digest_size=16).hexdigest()
            what = f"folder {config} {file_digest(weights)}"
        elif self._file is not None:
            what = f"{self._architecture} file {file_digest(self._file)}"
        else:
            what = f"{self._architecture} {self._tag}"
        return f"clip/{what} open_clip-{version('open-clip-torch')} {self._precision} {CODE}"

    def encode_text(self, texts: Sequence[str], *, prompts: Sequence[str] = ("{}",)) -> np.ndarray:
        """(m, d) float32 of unit length, in the space of the images' vectors.

        Args:
            prompts: each text is put into each of these in place of {}, and the mean direction taken: for names of
                things, "a photo of a {}" finds more than the name alone.

        Raises:
            EncoderError: if the model has no tokeniser here.
        """
        if not texts:
            return np.empty((0, self.dims), np.float32)
        tower = self._text_tower
        filled = [prompt.replace("{}", text) for text in texts for prompt in prompts]
        parts = [tower(filled[i : i + TEXTS_AT_ONCE]) for i in range(0, len(filled), TEXTS_AT_ONCE)]
        vectors = unit_length(np.concatenate(parts)).reshape(len(texts), len(prompts), -1)
        return unit_length(vectors.mean(axis=1))

    @cached_property
    def _text_tower(self) -> _TextTower:
        _ = self._model
        return _TextTower(self._whole, self._tokenizer_name(), self.name)

    def _load(self) -> Model:
        whole = self._created()
        visual = whole.visual
        preprocessing = _preprocessing(visual.preprocess_cfg)
        try:
            network = Network(_first_of(visual) if _is_coca(whole) else visual, preprocessing, self._precision)
        finally:
            del whole.visual  # the network holds what it needs of it
        self._whole = whole
        return Model(network, preprocessing)

    def _created(self) -> Any:
        """The open_clip model with its weights, in float32."""
        import open_clip

        if self._hub_id:
            folder = self._hub_folder() or repository(self._hub_id, CONFIG, CLIP_FILES, self.name)
            return _from_folder(folder, self.name)
        if self._folder is not None:
            return _from_folder(self._folder, self.name)
        known = open_clip.list_models()
        if self._architecture not in known:
            close = difflib.get_close_matches(self._architecture, known, 3, cutoff=0.4)
            raise EncoderError(
                f"open_clip has no model {self._architecture!r}"
                + (f"; its closest names are {', '.join(close)}" if close else "; open_clip.list_models() lists them")
            )
        if self._file is not None:
            return _from_file(self._architecture, self._file, {}, self.name)
        config = open_clip.get_pretrained_cfg(self._architecture, self._tag)
        if not config:
            tags = open_clip.list_pretrained_tags_by_model(self._architecture)
            raise EncoderError(
                f"open_clip has no weights {self._tag!r} for {self._architecture!r}, and there is no such file; "
                f"it has {', '.join(tags) or 'none'}"
            )
        return _from_file(self._architecture, _fetched(config, self.name), config, self.name)

    def _hub_folder(self) -> Path | None:
        """The snapshot of the repository in the hub's cache, where its config and its weights are there."""
        config = cached_file(self._hub_id, (CONFIG,))
        return config.parent if config is not None and cached_file(self._hub_id, CLIP_FILES) is not None else None

    def _tokenizer_name(self) -> str:
        if self._hub_id:
            folder = self._hub_folder()
            return f"local-dir:{folder}" if folder else f"hf-hub:{self._hub_id}"
        return self._architecture if self._folder is None else f"local-dir:{self._folder}"


class _TextTower:
    """Turns sentences into vectors; float32, since few are asked for at a time."""

    def __init__(self, whole: Any, tokenizer: str, name: str) -> None:
        import open_clip

        with _quiet():
            try:
                self._tokenize = open_clip.get_tokenizer(tokenizer)
            except Exception as error:
                hint = " Install it with: pip install transformers" if "transformers" in str(error) else ""
                raise EncoderError(
                    f"{name!r} cannot read text here, its tokeniser is missing: {error}.{hint}"
                ) from error
        self._device = devices.best()
        self._alone = devices.alone_on(self._device)
        with self._alone:
            self._whole = whole.eval().to(self._device)

    def __call__(self, texts: list[str]) -> np.ndarray:
        """(m, d) float32, not yet of unit length."""
        import torch

        tokens = self._tokenize(texts)
        with self._alone, torch.inference_mode():
            return np.asarray(self._whole.encode_text(tokens.to(self._device)).float().cpu().numpy())


def _made(name: str, model: str, **options: Any) -> Any:
    import open_clip

    try:
        with _quiet():
            return open_clip.create_model(model, require_pretrained=True, weights_only=True, **options).eval()
    except Exception as error:
        hint = ". Install it with: pip install transformers" if "transformers" in str(error) else ""
        raise EncoderError(f"open_clip cannot load {name!r}: {in_short(error)}{hint}") from error


def _from_folder(folder: Path, name: str) -> Any:
    _refuse_code(weights_in(folder))
    return _made(name, f"local-dir:{folder}")


def _from_file(architecture: str, file: Path, config: dict[str, Any], name: str) -> Any:
    """The architecture with the weights of a file, and the preprocessing that open_clip's `config` of them says."""
    _refuse_code(file)
    asked = {key: config[key] for key in ("mean", "std", "interpolation", "resize_mode") if key in config}
    return _made(
        name,
        architecture,
        pretrained=str(file),
        force_preprocess_cfg=asked,
        force_quick_gelu=bool(config.get("quick_gelu")),
    )


def weights_in(folder: Path) -> Path:
    """The weights that open_clip takes from a folder."""
    from open_clip.factory import _find_checkpoint_in_dir

    with _quiet():
        found = _find_checkpoint_in_dir(folder)
    if found is None:
        raise EncoderError(f"there are no weights in {str(folder)!r}: it needs a file such as {CLIP_FILES[0]}")
    return Path(found)


def _refuse_code(file: Path) -> None:
    """Raises EncoderError if loading the file could run code: under some versions of torch open_clip would do it."""
    if file.suffix != ".safetensors":
        read_checkpoint(file)


def _fetched(config: dict[str, Any], name: str) -> Path:
    """The weights file of open_clip's `config`, from the hub's cache or else from the network."""
    hub_id, _, file = str(config.get("hf_hub") or "").rpartition("/")
    if hub_id:
        safe = [f"{file.rpartition('.')[0]}.safetensors"] if file.endswith((".bin", ".pth")) else []
        files = (*safe, file) if file else CLIP_FILES
        cached = cached_file(hub_id, files)
        if cached is None and lacks_tokeniser(name):
            raise EncoderError(
                f"{name!r} needs the package transformers to read sentences, so nothing was fetched. Install it with: "
                "pip install transformers"
            )
        return cached or from_hub(hub_id, files, name)
    return from_url(str(config.get("url")), Path("~/.cache/clip").expanduser(), name)


def _preprocessing(config: dict[str, Any]) -> Preprocessing:
    """From open_clip's `preprocess_cfg`; its own transform is torchvision's resize, crop and normalise."""
    size = config["size"]
    height, width = (size, size) if isinstance(size, int) else size
    return Preprocessing(
        height=height,
        width=width,
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        crop_pct=1.0,
        interpolation="bilinear" if config["interpolation"] == "bilinear" else "bicubic",
        crop_mode=CROP_MODES[config["resize_mode"]],
        ground=(int(config.get("fill_color", 0)),) * 3,
    )


def _is_coca(whole: Any) -> bool:
    return type(whole).__name__ == "CoCa"


def _first_of(visual: torch.nn.Module) -> torch.nn.Module:
    """CoCa's image tower gives its vector and its tokens; this gives the vector."""
    import torch

    class First(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.visual = visual

        def forward(self, x: torch.Tensor) -> Any:
            return self.visual(x)[0]

    return First()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep open_clip from setting up the user's logging, which its `logging.info` does where there is none yet."""
    root, nothing = logging.getLogger(), logging.NullHandler()
    root.addHandler(nothing)
    try:
        yield
    finally:
        root.removeHandler(nothing)
