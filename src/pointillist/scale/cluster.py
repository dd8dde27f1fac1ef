"""Workers as Ray Data actors, on this machine or on a cluster: shares of the images in, what they wrote out."""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator
from contextlib import closing
from itertools import repeat
from typing import Any

from pointillist.encoders.base import Encoder
from pointillist.errors import EncoderError
from pointillist.jobs import Job
from pointillist.reading import ahead
from pointillist.scale.extra import ray
from pointillist.scale.table import Dtype
from pointillist.scale.worker import Worker

CORES_EACH = 4
"""Of a CPU worker when nobody says how many workers: decoding and a small model keep about so many busy."""


def join() -> None:
    """Connect to the cluster that RAY_ADDRESS names, or to the one on this machine, or start one here.

    A program that called ray.init itself keeps what it said there.
    """
    module = ray()
    if not module.is_initialized():
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "lance is not fork-safe")  # Ray's processes are programs of their own
            module.init(**({} if os.environ.get("RAY_ADDRESS") else {"include_dashboard": False}))


def workers_here() -> int:
    """How many workers the cluster has room for: one for each GPU, else one for every CORES_EACH cores."""
    have = ray().cluster_resources()
    return int(have.get("GPU", 0)) or max(1, int(have.get("CPU", 1)) // CORES_EACH)


def answers(
    shares: list[Any], encoder: Encoder, place: str, dtype: Dtype, *, workers: int, job: Job
) -> Generator[dict[str, Any]]:
    """What `Worker` says to each share, in the order in which they are done; a share whose worker dies goes to another.

    Args:
        shares: Arrow tables with a column `uri`.
        job: cancelling it ends the iteration within a second; workers then finish the share they are at.
    """
    module = ray()
    have = module.cluster_resources()
    gpus = 1 if have.get("GPU", 0) >= workers else 0
    cores = max(1, min(16, int(have.get("CPU", 1)) // workers))
    context = module.data.DataContext.get_current()
    context.enable_progress_bars = False
    made = module.data.from_arrow(shares).map_batches(
        Worker,
        fn_constructor_args=(encoder, place, dtype),
        batch_size=None,
        batch_format="pyarrow",
        compute=module.data.ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=2),
        num_cpus=1 if gpus else cores,
        num_gpus=gpus,
    )
    batches = iter(made.iter_batches(batch_size=None, batch_format="pyarrow"))
    with closing(ahead(lambda _: next(batches, None), repeat(None), threads=1, most=1, check=job.check)) as coming:
        try:
            for batch in coming:
                if batch is None:
                    return
                yield from batch.to_pylist()
        except module.exceptions.RayError as error:
            said = str(error).strip().splitlines()[-1]
            raise EncoderError(f"a worker failed: {said}") from error
