"""The search of one cell in one replicate: train every configuration, select on validation, test once."""

from __future__ import annotations

import dataclasses
import time
import zlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.comparison.search.model import evaluate, make_run
from gatedrnn.comparison.search.space import as_hypers
from gatedrnn.training.early_stopping import Data
from gatedrnn.training.population import Population, member

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.comparison.search.settings import Settings
    from gatedrnn.tasks.task import Batch, Score, Split, Task
    from gatedrnn.training.early_stopping import State
    from gatedrnn.training.population import Store
    from gatedrnn.types import Cell


@dataclasses.dataclass(frozen=True, eq=False)
class Replicate:
    """One repetition of the whole procedure: what both cells share in it."""

    index: int
    seed: int
    task: Task
    configurations: list[dict[str, float | str]]

    @property
    def split(self) -> Split:
        """The data's parts, made anew each time: those of all replicates together may not fit into memory."""
        return self.task.split(self.seed)


def draw_replicate(task: Task, settings: Settings, index: int) -> Replicate:
    """Draw the split, the configurations and the seed of one replicate; all follow from ``settings.seed``."""
    rng = np.random.default_rng([settings.seed, zlib.crc32(task.name.encode()), index])
    seed = int(rng.integers(2**31))
    return Replicate(index, seed, task, settings.space.sample(rng, settings.trials))


class Search:
    """One cell on one task, compiled once for all its replicates and trials."""

    def __init__(self, cell: Cell, task: Task, settings: Settings, train: Batch) -> None:
        run = make_run(
            cell,
            task,
            train,
            batch_size=settings.batch_size,
            max_epochs=settings.max_epochs,
            patience=settings.patience,
        )
        self.population = Population(run)
        self._evaluate = jax.jit(partial(evaluate, cell, task))
        self._classes = task.classes

    def run(
        self, replicate: Replicate, *, store: Store | None = None, on_segment: Callable[[State], None] | None = None
    ) -> dict[str, Any]:
        """Train all configurations, select the one of the best validation loss, and test that one.

        Returns:
            The entry of this cell in this replicate, as results.json has it.
        """
        started, compiling = time.perf_counter(), self.population.compile_seconds
        split = replicate.split
        members = self.population.train(
            as_hypers(replicate.configurations),
            jax.random.split(jax.random.key(replicate.seed), len(replicate.configurations)),
            Data(split.train, split.validation),
            store=store,
            on_segment=None if on_segment is None else lambda members: on_segment(members.states),
        )
        states = jax.tree.map(_on_host, members.states)
        selected = int(np.argmin(states.best_validation))
        winner = member(states, selected)
        score = self._evaluate(winner.best_params, split.test)
        return {
            "trials": [trial_entry(member(states, k), split.offset) for k in range(len(states.epoch))],
            "selected": selected,
            "test": score_entry(score, split.offset, classes=self._classes),
            "train_curve": curve_entry(winner.train_curve, int(winner.epoch), split.offset),
            "seconds": time.perf_counter() - started - (self.population.compile_seconds - compiling),
        }


def score_entry(score: Score, offset: float, *, classes: bool) -> dict[str, float | None]:
    """Return a test score as results.json has it."""
    accuracy = float(score.correct / score.count) if classes else None
    return {"nats": float(score.nats / score.count) + offset, "accuracy": accuracy}


def trial_entry(state: State, offset: float) -> dict[str, Any]:
    """Return one trial as results.json has it."""
    diverged_at = int(state.diverged_at)
    best = float(state.best_validation)
    return {
        "validation": best + offset if np.isfinite(best) else None,
        "best_epoch": int(state.best_epoch),
        "epochs": int(state.epoch),
        "diverged_at": None if diverged_at < 0 else diverged_at,
        "curve": curve_entry(state.validation_curve, int(state.epoch), offset),
    }


def curve_entry(curve: Array, epochs: int, offset: float) -> list[float | None]:
    """Return the epochs that were trained, to five digits; None where the loss was not finite."""
    values = np.asarray(curve[:epochs], np.float64) + offset
    return [round(float(v), 5) if np.isfinite(v) else None for v in values]


def _on_host(x: Any) -> Any:
    return x if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else np.asarray(x)
