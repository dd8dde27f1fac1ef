"""Encoders trained here: one .safetensors file each, with the config that opens it again."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pointillist.errors import EncoderError

if TYPE_CHECKING:
    import torch

    from pointillist.encoders.model import ModelEncoder

KEY = "pointillist"


def import_torch(*, optimizer: bool) -> None:
    """Import torch; and what its first optimizer brings, a thousand modules, which takes as long again."""
    import torch

    if optimizer:
        torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])


def save(path: Path, tensors: dict[str, torch.Tensor], config: dict[str, Any]) -> None:
    """Write tensors and config to the side, then rename: the file is whole or as it was.

    Raises:
        EncoderError: if it cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(
            {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()},
            aside,
            {KEY: json.dumps(config)},
        )
        aside.replace(path)
    except (OSError, SafetensorError) as error:
        raise EncoderError(
            f"the trained encoder cannot be written to {str(path)!r} ({error}): make room there, or name another file "
            "with path=; what was saved before is kept"
        ) from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def must_be_ours(path: Path) -> None:
    """Nothing, unless another program wrote the file, which is then not replaced.

    Raises:
        EncoderError: if there is such a file.
    """
    if not path.is_file():
        return
    try:
        config_of(path)
    except EncoderError as error:
        raise EncoderError(
            f"path={str(path)!r}: there is a file of another program, which is not replaced; name another file, or "
            "remove it first"
        ) from error


def config_of(path: Path) -> dict[str, Any]:
    """The config in a file that `save` wrote; reads no tensor.

    Raises:
        EncoderError: if there is no such file, or another program wrote it.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise EncoderError(f"there is no trained encoder {str(path)!r}")
    try:
        with safe_open(path, "np") as file:
            text = (file.metadata() or {}).get(KEY)
    except (SafetensorError, OSError) as error:
        raise EncoderError(f"{str(path)!r} is not a .safetensors file: {error}") from error
    if text is None:
        raise EncoderError(
            f"{str(path)!r} holds weights without the config of a trained encoder: give it as checkpoint= of the model"
        )
    config = json.loads(text)
    return dict(config)


def tensors_of(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file that `save` wrote, on the CPU."""
    from safetensors.torch import load_file

    return load_file(path)


def open_trained(path: Path) -> ModelEncoder:
    """The encoder in a file that `train_autoencoder` or `finetune` wrote.

    Raises:
        EncoderError: if it is not such a file.
    """
    kind = config_of(path).get("kind")
    if kind == "autoencoder":
        from pointillist.encoders.autoencoder import AutoencoderEncoder

        return AutoencoderEncoder(path)
    if kind == "finetuned":
        from pointillist.encoders.finetuned import FinetunedEncoder

        return FinetunedEncoder(path)
    raise EncoderError(f"{str(path)!r} holds an encoder of the kind {kind!r}, which this version does not know")
