"""The search of one cell in one replicate: train every configuration, select on validation; test once, later."""

from __future__ import annotations

import dataclasses
import math
import time
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.comparison.search.timed import Timed
from gatedrnn.experiment.measure import Measure
from gatedrnn.experiment.network import init_params, make_run
from gatedrnn.experiment.space import as_hypers
from gatedrnn.experiment.trials import curve_entry, trial_entry
from gatedrnn.experiment.widths import narrowed, units_of
from gatedrnn.tasks.metrics import verdict_score
from gatedrnn.tasks.sums import losses, no_better
from gatedrnn.training.early_stopping import Data, EarlyStopping
from gatedrnn.training.population import Population, member

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.runs import CountedTest, SearchEntry, TrialEntry
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.experiment.space import Configuration
    from gatedrnn.experiment.trials import RunEntry
    from gatedrnn.tasks.parts import Batch, FinalTest, Visible
    from gatedrnn.tasks.simple_models import Scores
    from gatedrnn.tasks.task import VisibleTask
    from gatedrnn.training.early_stopping import EarlyStoppingState
    from gatedrnn.training.store import Store
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
    return Replicate(index, seed, task, settings.space_of(task).sample(rng, settings.trials or MOST_TRIALS))


class Search:
    """One cell on one task, compiled once for all its replicates.

    Args:
        cell: the cell that is searched for.
        task: the task that it is trained on.
        settings: the settings of the comparison: sizes of batches, patience, cap.
        train: the training part of any split, for its shapes.
        max_epochs: the cap, where it is not that of the settings.
        widths: the cell of each width by the units that are asked for, this one last; None where there is one width.
        clock: what tells the seconds.
    """

    def __init__(
        self,
        cell: Cell,
        task: VisibleTask,
        settings: Settings,
        train: Batch,
        max_epochs: int | None = None,
        widths: Mapping[int, Cell] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.cell, self._clock, self._settings, self._widths = cell, clock, settings, widths
        self._task, self._longest, self.architecture = task, train.x.shape[0], settings.architecture
        run = make_run(
            cell,
            task,
            train,
            batch_size=settings.batch_size,
            max_epochs=max_epochs or settings.max_epochs,
            patience=settings.patience,
            widths=widths,
            architecture=settings.architecture,
        )
        self._run = watched(run, steps=train.x.shape[0])
        self.long_epochs = long_epochs(train, settings.batch_size)
        self.population = Population(self._run)
        self.measure = Measure(cell, task, settings.metric, settings.architecture)

    def on(self, task: VisibleTask, train: Batch, max_epochs: int) -> Search:
        """Return the search of the same cell on other data, or with another cap."""
        return Search(self.cell, task, self._settings, train, max_epochs, self._widths)

    def narrow(self, params: Params, configuration: Configuration) -> tuple[Cell, Params]:
        """Return the cell of the width that a configuration asks for, and its network's parameters, without others."""
        cell = self.cell if self._widths is None else self._widths[configuration["hidden"]]
        if cell == self.cell:
            return cell, params
        hyper = jax.tree.map(lambda column: column[0], as_hypers([configuration]))

        def alone(key: Any) -> Params:
            return init_params(cell, self._task, self._longest, hyper, key, self.architecture)

        shapes = jax.eval_shape(alone, jax.random.key(0))
        return cell, narrowed(params, shapes, (units_of(cell), units_of(self.cell)))

    def as_long_as(self, trial: TrialEntry) -> Callable[[int, float], bool]:
        """Return what ends a training after the epochs of a trial that the clock ended; after others, nothing does.

        So what ``full`` adds to a budget in minutes takes about as long as the trials that were selected within it.
        """
        most = trial["epochs"] if trial["ended_by_clock"] else math.inf
        return lambda segments, seconds: segments * self._run.segment < most

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
            trivial: validation score of the trivial baseline in the verdict's metric, which a run that diverged gets,
                or worse; None where there is none.
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
        worth = self.measure.selection(runs, states.best_params, visible)
        trials: list[TrialEntry] = [
            {
                **run,
                "score": score_of(run, score, trivial),
                "seconds": seconds * run["epochs"] / epochs,
                "ended_by_clock": not stopped,
            }
            for run, score, stopped in zip(runs, worth, states.stopped, strict=True)
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

    def test(self, params: Params, test: FinalTest, trivial: Scores | None) -> CountedTest:
        """Evaluate parameters on the test.

        Args:
            params: the parameters of the selected trial.
            test: the test of the split that they were trained on.
            trivial: test scores that the result is at best, as the selected trial diverged; None where it did not.

        Returns:
            ``scores`` and ``sequence_losses``, as results.json has them, and ``counts``, the targets of each sequence.
        """
        part, metric = test.part(), self.measure.metric(test.scale)
        each = self.measure.each(params, test.batch)
        own = self.measure.worth(each.together(), part)
        scores = dict(own) if trivial is None else no_better(own, trivial)
        lost, counts = losses(each, part, metric), np.asarray(each.count)
        reached, bound = verdict_score(own, metric), verdict_score(scores, metric)
        if lost is not None and reached is not None and bound is not None and bound != reached:
            # Should it not even be finite, every sequence gets the trivial baseline's mean.
            lost = lost + (bound - reached) * counts if np.isfinite(reached) else bound * counts
        rounded = [] if lost is None else [float(f"{loss:.8g}") for loss in lost]
        return {"scores": scores, "sequence_losses": rounded, "counts": counts.tolist()}


def watched(run: EarlyStopping, steps: int) -> EarlyStopping:
    """Return the run in segments so short that it shows where it stands, and a clock can end it when it should.

    Args:
        run: what trains one trial.
        steps: time steps of its sequences.
    """
    an_epoch = steps * (run.examples // run.batch_size)
    segment = min(max(1, STEPS_BETWEEN_LOOKS // an_epoch), run.segment)
    return dataclasses.replace(run, segment=segment)


def long_epochs(train: Batch, batch_size: int) -> bool:
    """Return whether an epoch alone is longer than what is trained between two looks at the clock."""
    steps, examples = train.x.shape[:2]
    return steps * (examples // min(batch_size, examples)) > STEPS_BETWEEN_LOOKS


EXAMPLE: Configuration = {
    "learning_rate": 1e-2,
    "clip_norm": 1.0,
    "dropout": 0.0,
    "gate_bias": "1",
    "difference": "no",
    "hidden": 0,
}


def score_of(run: RunEntry, own: float | None, trivial: float | None) -> float | None:
    """Return what selection looks at: a run that diverged scores the trivial baseline, or what it reached if worse.

    None where there is neither.

    Args:
        run: what is written down of the run.
        own: the run's validation score in the verdict's metric; None where it has none.
        trivial: the trivial baseline's score; None where there is none.

    Example:
        >>> [score_of({"diverged_at": at}, 1.5, trivial=2.0) for at in (None, 3)]
        [1.5, 2.0]
    """
    if run["diverged_at"] is None:
        return own
    return max((score for score in (own, trivial) if score is not None), default=None)


def reached(trial: TrialEntry) -> float:
    """Return what selection looks at as a number: infinite where there is none."""
    return math.inf if trial["score"] is None else trial["score"]


def _on_host(x: Any) -> Any:
    return x if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else np.asarray(x)
