"""Encoders trained from the widget: an autoencoder on the images, a model tuned on a column; how it goes, in figures
and pictures."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pointillist.collection import Collection
from pointillist.encoders.titles import title_of
from pointillist.errors import DecodeError, EncoderError
from pointillist.jobs import Job
from pointillist.protocol.encoders import AddEncoderParams
from pointillist.protocol.state import Training
from pointillist.training import finetune, train_autoencoder, trained_path

if TYPE_CHECKING:
    from pointillist.encoders import Encoder
    from pointillist.explorer.switching import Switching


class Trainings:
    """The training that goes on, or ended last; one at a time. Safe from many threads."""

    def __init__(self, collection: Collection, switching: Switching, changed: Callable[..., None]) -> None:
        self._collection, self._switching, self._changed = collection, switching, changed
        self._lock = threading.Lock()
        self._state: Training | None = None
        self._path: Path | None = None

    def state(self) -> Training | None:
        """How it goes, None where nothing was trained in this session."""
        with self._lock:
            return None if self._state is None else {**self._state, "losses": list(self._state["losses"])}

    def autoencoder(self, params: AddEncoderParams) -> None:
        """Train an autoencoder, embed with it, show it."""
        options: dict[str, Any] = {
            "dims": params["dims"] or 64,
            "size": params["size"] or 64,
            "kind": params["net"] or "convolutional",
            "epochs": params["epochs"] or 20,
        }
        place = trained_path(self._collection, "autoencoder", **options)
        deep = options["kind"] == "convolutional"
        state = _begun("autoencoder", "autoencoder" if deep else "pixels after PCA", options["epochs"] if deep else 1)

        def training(job: Job) -> Encoder:
            self._note(run=job.id)
            model = train_autoencoder(
                self._collection, **options, path=place, job=job, on_epoch=lambda losses: self._note(losses=losses)
            )
            self._note(losses=list(model.losses), said=f"Mean squared error of a pixel: {model.losses[-1]:.4f}.")
            return model

        self._start(
            state,
            place,
            f"training an {state['title']}" if state["epochs"] > 1 else "finding the pixels' main directions",
            training,
        )

    def finetuned(self, params: AddEncoderParams) -> None:
        """Tune a timm model on a column of labels, embed with it, show it."""
        base, column, epochs = params["model"] or "", params["column"] or "", params["epochs"] or 10
        state = _begun("finetuned", f"{title_of(base)} on {column}", epochs)

        def training(job: Job) -> Encoder:
            self._note(run=job.id)
            model = finetune(
                self._collection,
                base,
                label=column,
                epochs=epochs,
                job=job,
                on_epoch=lambda losses, before: self._note(losses=losses, before=before),
            )
            report = model.report
            self._note(before=report["before"], after=report["after"], said=report["summary"])
            return model

        self._start(state, None, f"tuning {state['title']}", training)

    def reconstructions(self, most: int) -> list[bytes]:
        """PNG pictures: first up to `most` images, then what the autoencoder makes of them by now.

        Raises:
            EncoderError: if no autoencoder was trained here yet, or its first epoch goes on.
        """
        from pointillist.decode import THUMBNAIL_PX, decode
        from pointillist.encoders.reconstructions import enlarged, reconstructed

        path = self._path
        if path is None or not path.is_file():
            raise EncoderError("there are no pictures before the first epoch has ended")
        rows = np.random.default_rng(1).permutation(len(self._collection))[: 3 * most].tolist()
        images: list[np.ndarray] = []
        for picture in self._collection.contents.thumbnails(sorted(rows)):
            with suppress(DecodeError):
                if isinstance(picture, bytes) and len(images) < most:
                    images.append(decode(picture, at_least_px=THUMBNAIL_PX).rgb)
        made = []
        for pixels in reconstructed(path, images):
            file = BytesIO()
            enlarged(pixels).save(file, "PNG")
            made.append(file.getvalue())
        return made

    def _start(self, state: Training, path: Path | None, title: str, training: Callable[[Job], Encoder]) -> None:
        with self._lock:
            self._state, self._path = state, path
        self._changed("training")
        self._switching.train(title, training)

    def _note(self, **news: Any) -> None:
        with self._lock:
            if self._state is not None:
                self._state.update(news)  # type: ignore[typeddict-item]
        self._changed("training")


def _begun(kind: Literal["autoencoder", "finetuned"], title: str, epochs: int) -> Training:
    return {
        "kind": kind,
        "run": "",
        "title": title,
        "epochs": epochs,
        "losses": [],
        "before": None,
        "after": None,
        "said": "",
    }
