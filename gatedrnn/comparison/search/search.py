"""The search of one cell in one replicate: train every configuration, select on validation; test once, later."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.comparison.search.segments import long_epochs, watched
from gatedrnn.comparison.search.selection import SearchResult, select
from gatedrnn.comparison.search.timed import Stopwatch, Timed
from gatedrnn.experiment.measure import Measure
from gatedrnn.experiment.network import RunSizes, init_params, make_run
from gatedrnn.experiment.space import as_hypers
from gatedrnn.experiment.widths import narrowed, units_of
from gatedrnn.tasks.metrics import verdict_score
from gatedrnn.tasks.sums import losses, no_better
from gatedrnn.training.early_stopping import Data
from gatedrnn.training.population import Population

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.runs import CountedTest, TrialEntry
    from gatedrnn.comparison.search.replicate import Trials
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.experiment.space import Configuration
    from gatedrnn.tasks.parts import Batch, FinalTest, Visible
    from gatedrnn.tasks.simple_models import Scores
    from gatedrnn.tasks.task import VisibleTask
    from gatedrnn.training.early_stopping import EarlyStoppingState
    from gatedrnn.training.store import Store
    from gatedrnn.types import Cell, Params

EXAMPLE: Configuration = {
    "learning_rate": 1e-2,
    "clip_norm": 1.0,
    "dropout": 0.0,
    "gate_bias": "1",
    "initial_weights": "own",
    "difference": "no",
    "hidden": 0,
}


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
            RunSizes(settings.batch_size, max_epochs or settings.max_epochs, settings.patience),
            widths=widths,
            architecture=settings.architecture,
            weights=settings.space.initial_weights,
        )
        self._run = watched(run, steps=train.x.shape[0])
        self.long_epochs = long_epochs(train, settings.batch_size)
        self.population = Population(self._run)
        self.measure = Measure(cell, task, settings.scored, settings.architecture)

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
        stopwatch = Stopwatch(self._clock, lambda: self.population.compile_seconds)
        timed = None if store is None else Timed(store, stopwatch.elapsed)

        def so_far() -> float:
            return stopwatch.elapsed() + (0.0 if timed is None else timed.before)

        members = self.population.train(
            as_hypers(lot.configurations),
            lot.keys,
            Data(visible.train, visible.validation),
            store=timed,
            on_segment=None if on_segment is None else lambda members: on_segment(members.states),
            go_on=lambda segments: stopwatch.apart(go_on, segments, so_far()),
        )
        states = jax.tree.map(_on_host, members.states)
        return select(states, so_far(), self.measure, visible, trivial, eligible)

    @property
    def max_epochs(self) -> int:
        """Cap on the epochs of a trial."""
        return self._run.max_epochs

    @property
    def leaves(self) -> list[Any]:
        """Shapes and types of the parameters' leaves."""
        return jax.tree.leaves(self._shapes())

    def restore(self, leaves: list[np.ndarray]) -> Params:
        """Return parameters from their leaves, as ``jax.tree.leaves`` has them."""
        return jax.tree.unflatten(jax.tree.structure(self._shapes()), leaves)

    def _shapes(self) -> Params:
        hyper = jax.tree.map(lambda column: column[0], as_hypers([EXAMPLE]))
        return jax.eval_shape(self._run.init_params, hyper, jax.random.key(0))

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


def _on_host(x: Any) -> Any:
    return x if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else np.asarray(x)
