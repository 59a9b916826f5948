"""The search of one cell in one replicate: train every configuration, select on validation; test once, later."""

from __future__ import annotations

import dataclasses
import math
import time
import zlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.comparison.search.timed import Timed
from gatedrnn.experiment.network import evaluate_each, make_run
from gatedrnn.experiment.space import as_hypers
from gatedrnn.experiment.trials import curve_entry, score_entry, trial_entry
from gatedrnn.training.early_stopping import Data, EarlyStopping
from gatedrnn.training.population import Population, member

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.runs import CountedTest, SearchEntry, TrialEntry
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.experiment.space import Configuration
    from gatedrnn.experiment.trials import RunEntry
    from gatedrnn.tasks.task import Batch, FinalTest, Score, Visible, VisibleTask
    from gatedrnn.training.early_stopping import EarlyStoppingState
    from gatedrnn.training.population import Store
    from gatedrnn.types import Cell, Params

MOST_TRIALS = 1000
"""Configurations drawn where minutes alone are the budget."""
STEPS_BETWEEN_LOOKS = 4000
"""Time steps that a trial trains between two looks at the clock: about 0.3 s on a CPU, where a look takes 0.015 s."""


class Trials(NamedTuple):
    """Trials to be run: a configuration and a key each."""

    configurations: list[Configuration]
    keys: Any

    def part(self, start: int, stop: int) -> Trials:
        """Return some of them."""
        return Trials(self.configurations[start:stop], self.keys[start:stop])


class SearchResult(NamedTuple):
    """What a search found: its entry in results.json, less the test, and the parameters of the selected trial."""

    entry: SearchEntry
    params: Params


@dataclasses.dataclass(frozen=True, eq=False)
class Replicate:
    """One repetition of the whole procedure: what all cells share in it."""

    index: int
    seed: int
    task: VisibleTask
    configurations: list[Configuration]

    def visible(self) -> Visible:
        """Make the parts of the data that may be seen, and don't keep them: all replicates' may not fit into memory."""
        return self.task.split(self.seed)

    @property
    def lot(self) -> Trials:
        """All configurations with their keys, the same for each cell."""
        return Trials(self.configurations, jax.random.split(jax.random.key(self.seed), len(self.configurations)))


def draw_replicate(task: VisibleTask, settings: Settings, index: int) -> Replicate:
    """Draw the split, the configurations and the seed of one replicate; all follow from ``settings.seed``."""
    rng = np.random.default_rng([settings.seed, zlib.crc32(task.name.encode()), index])
    seed = int(rng.integers(2**31))
    return Replicate(index, seed, task, settings.space.sample(rng, settings.trials or MOST_TRIALS))


class Search:
    """One cell on one task, compiled once for all its replicates.

    Args:
        cell: the cell that is searched for.
        task: the task that it is trained on.
        settings: the settings of the comparison: sizes of batches, patience, cap.
        train: the training part of any split, for its shapes.
        max_epochs: the cap, where it is not that of the settings.
        clock: what tells the seconds.
    """

    def __init__(
        self,
        cell: Cell,
        task: VisibleTask,
        settings: Settings,
        train: Batch,
        max_epochs: int | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.cell, self._clock = cell, clock
        run = make_run(
            cell,
            task,
            train,
            batch_size=settings.batch_size,
            max_epochs=max_epochs or settings.max_epochs,
            patience=settings.patience,
        )
        self._run = watched(run, steps=train.x.shape[0])
        self.population = Population(self._run)
        self._evaluate = jax.jit(partial(evaluate_each, cell, task))
        self._classes = task.classes

    def train(
        self,
        lot: Trials,
        visible: Visible,
        trivial: float | None,
        *,
        eligible: int | None = None,
        store: Store | None = None,
        on_segment: Callable[[EarlyStoppingState], None] | None = None,
        go_on: Callable[[int, float], bool] = lambda segments, seconds: True,
    ) -> SearchResult:
        """Train all trials on the training part, and select the one of the best score on the validation part.

        Args:
            lot: the trials to be trained together.
            visible: the parts of the data that may be seen.
            trivial: validation score of the trivial baseline, which a run that diverged gets, or worse; None where
                there is none.
            eligible: how many of the trials, from the first, may be selected; None is all.
            store: keeps states between segments.
            on_segment: called with all states after each segment.
            go_on: called before each segment with how many were trained and the seconds that they took, and may wait;
                where it returns False, the clock has ended the trials that have not stopped by themselves.
        """
        started, compiling, waited = self._clock(), self.population.compile_seconds, 0.0

        def elapsed() -> float:
            return self._clock() - started - (self.population.compile_seconds - compiling) - waited

        def so_far() -> float:
            return elapsed() + (0.0 if timed is None else timed.before)

        def may_go_on(segments: int) -> bool:
            nonlocal waited
            seconds, waiting = so_far(), self._clock()
            try:
                return go_on(segments, seconds)
            finally:
                waited += self._clock() - waiting

        timed = None if store is None else Timed(store, elapsed)
        members = self.population.train(
            as_hypers(lot.configurations),
            lot.keys,
            Data(visible.train, visible.validation),
            store=timed,
            on_segment=None if on_segment is None else lambda members: on_segment(members.states),
            go_on=may_go_on,
        )
        states = jax.tree.map(_on_host, members.states)
        seconds = so_far()
        runs = [trial_entry(member(states, k), visible.offset) for k in range(len(states.epoch))]
        epochs = sum(run["epochs"] for run in runs)
        trials: list[TrialEntry] = [
            {
                **run,
                "score": score_of(run, trivial),
                "seconds": seconds * run["epochs"] / epochs,
                "ended_by_clock": not stopped,
            }
            for run, stopped in zip(runs, states.stopped, strict=True)
        ]
        scores = [reached(trial) for trial in trials[:eligible]]
        winner = member(states, selected := int(np.argmin(scores)))
        curve = curve_entry(winner.train_curve, int(winner.epoch), visible.offset)
        entry: SearchEntry = {"trials": trials, "selected": selected, "train_curve": curve, "seconds": seconds}
        return SearchResult(entry, winner.best_params)

    def restore(self, leaves: list[np.ndarray]) -> Params:
        """Return parameters from their leaves, as ``jax.tree.leaves`` has them."""
        hyper = jax.tree.map(lambda column: column[0], as_hypers([EXAMPLE]))
        shapes = jax.eval_shape(self._run.init_params, hyper, jax.random.key(0))
        return jax.tree.unflatten(jax.tree.structure(shapes), leaves)

    def score(self, params: Params, batch: Batch) -> Score:
        """Return the sums of the task's score for each of these sequences, in float64."""
        return jax.tree.map(partial(np.asarray, dtype=np.float64), self._evaluate(params, batch))

    def test(self, params: Params, test: FinalTest, trivial: float | None) -> CountedTest:
        """Evaluate parameters on the test.

        Args:
            params: the parameters of the selected trial.
            test: the test of the split that they were trained on.
            trivial: test score that the result is at best, as the selected trial diverged; None where it did not.

        Returns:
            ``nats`` and ``accuracy``, as results.json has them, ``sequence_nats``, the sum over each sequence's
            targets, and ``counts``, how many these are.
        """
        score = self.score(params, test.batch)
        entry = score_entry(type(score)(*(part.sum() for part in score)), test.offset, classes=self._classes)
        nats = score.nats + test.offset * score.count
        reached = float(nats.sum() / score.count.sum())
        if trivial is not None and not reached >= trivial:
            # Should it not even be finite, every sequence gets the trivial baseline's mean.
            nats = nats + (trivial - reached) * score.count if np.isfinite(reached) else trivial * score.count
            entry["nats"] = trivial
        return {**entry, "sequence_nats": [round(float(n), 4) for n in nats], "counts": score.count.tolist()}


def watched(run: EarlyStopping, steps: int) -> EarlyStopping:
    """Return the run in segments so short that it shows where it stands, and a clock can end it when it should.

    Args:
        run: what trains one trial.
        steps: time steps of its sequences.
    """
    an_epoch = steps * (run.examples // run.batch_size)
    segment = min(max(1, STEPS_BETWEEN_LOOKS // an_epoch), run.segment)
    return dataclasses.replace(run, segment=segment)


EXAMPLE: Configuration = {"learning_rate": 1e-2, "clip_norm": 1.0, "dropout": 0.0, "gate_bias": "1"}


def score_of(trial: RunEntry, trivial: float | None) -> float | None:
    """Return what selection looks at: a run that diverged scores the trivial baseline, or what it reached if worse.

    None where there is neither.

    Example:
        >>> [score_of({"validation": 1.5, "diverged_at": at}, trivial=2.0) for at in (None, 3)]
        [1.5, 2.0]
    """
    if trial["diverged_at"] is None:
        return trial["validation"]
    return max((score for score in (trial["validation"], trivial) if score is not None), default=None)


def reached(trial: TrialEntry) -> float:
    """Return what selection looks at as a number: infinite where there is none."""
    return math.inf if trial["score"] is None else trial["score"]


def _on_host(x: Any) -> Any:
    return x if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else np.asarray(x)
