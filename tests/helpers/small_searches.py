"""A task that is quick to search: what the tests of searches share."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from gatedrnn.comparison.settings import Settings
from gatedrnn.experiment.space import Space
from gatedrnn.tasks import registry
from gatedrnn.tasks.parts import Batch, FinalTest, Part, Visible
from gatedrnn.tasks.simple_models import FittedBaseline, Scores
from gatedrnn.tasks.task import Task

SETTINGS = Settings(
    hidden=(3,), replicates=2, trials=4, max_epochs=4, patience=3, batch_size=8, space=Space(dropout=(0.0,))
)


def small_split(seed: int) -> Visible:
    """Sequences of random numbers, to be classified by the sign of their sum."""
    rng = np.random.default_rng(seed)
    return Visible(_part(rng, 24), _part(rng, 12), 0.0)


def small_test(seed: int) -> FinalTest:
    """More such sequences, the same for every seed."""
    del seed
    return FinalTest(_part(np.random.default_rng(99), 10), 0.0)


def _part(rng: np.random.Generator, size: int) -> Batch:
    x = rng.normal(size=(6, size, 2)).astype(np.float32)
    return Batch(x, np.full(size, 6, np.int32), (x.sum((0, 2)) > 0).astype(np.int32))


def small_baselines(visible: Visible) -> list[FittedBaseline]:
    """Chance, and something a little better; the score gives away which part was read."""
    del visible
    return [
        FittedBaseline("chance", {"nats": math.log(2), "accuracy": 0.5}, lambda part: _given_away(part, 0.0)),
        FittedBaseline("fair", {"nats": 0.69, "accuracy": 0.5}, lambda part: _given_away(part, 0.01)),
    ]


def _given_away(part: Part, less: float) -> Scores:
    return {"nats": float(part.batch.x.sum()) - less, "accuracy": 0.5 + 10 * less}


def signs() -> Task:
    """Return the task of naming the sign."""
    speaker = registry.load("japanese-vowels-speaker")
    return dataclasses.replace(
        speaker,
        name="signs",
        in_dim=2,
        out_dim=2,
        split=small_split,
        read_test=small_test,
        baselines=small_baselines,
        source="made up",
    )


def without_seconds(entry: dict) -> list[dict]:
    """Return a search's trials less what a clock says."""
    return [{key: value for key, value in trial.items() if key != "seconds"} for trial in entry["trials"]]
