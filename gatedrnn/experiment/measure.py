"""What networks are worth by every metric, and the score that trials are selected by: that of the verdict's metric."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import jax
import numpy as np

from gatedrnn.experiment.architecture import Architecture
from gatedrnn.experiment.network import evaluate_each
from gatedrnn.tasks.metrics import metric_of, verdict_score
from gatedrnn.tasks.sums import scores_of, sums

if TYPE_CHECKING:
    from gatedrnn.experiment.trials import RunEntry
    from gatedrnn.tasks.metrics import Deciding
    from gatedrnn.tasks.parts import Batch, Part, Scale, Score, Visible
    from gatedrnn.tasks.simple_models import Scores
    from gatedrnn.tasks.sums import Sums
    from gatedrnn.tasks.task import VisibleTask
    from gatedrnn.types import Cell, Params


class Measure:
    """One cell's networks on one task, measured by all metrics; compiled once for each shape.

    Args:
        cell: the cell in the networks.
        task: the task that the networks are of.
        asked: the metric that was asked for; None: the task's default.
        architecture: what stands around the cell.
    """

    def __init__(
        self,
        cell: Cell,
        task: VisibleTask,
        asked: Deciding | None,
        architecture: Architecture = Architecture(),
    ) -> None:
        self._task = task
        self._asked: Deciding | None = asked

        def each_of(task: VisibleTask, params: Params, batch: Batch) -> Score:
            return evaluate_each(cell, task, params, batch, architecture)

        measured = dataclasses.replace(task, score=cast(Any, partial(sums, task)))
        self._outputs = jax.jit(
            partial(each_of, dataclasses.replace(task, score=cast(Any, lambda outputs, _: outputs[:, 0])))
        )
        self._each = jax.jit(each := cast(Any, partial(each_of, measured)))
        self._members = jax.jit(
            lambda members, batch: jax.lax.map(lambda params: each(params, batch).together(), members)
        )

    def metric(self, scale: Scale | None) -> Deciding:
        """Return what the verdict rests on, on data with this scale."""
        return metric_of(self._task, self._asked, scale)

    def each(self, params: Params, batch: Batch) -> Sums:
        """Return the sums of each sequence of a batch, in float64 on the host."""
        return jax.tree.map(_on_host, self._each(params, batch))

    def outputs(self, params: Params, batch: Batch) -> np.ndarray:
        """Return what the head gives for each sequence, ``[B, T, out_dim]``."""
        return _on_host(self._outputs(params, batch))

    def scores(self, params: Params, part: Part) -> Scores:
        """Return what parameters are worth on a part."""
        return self.worth(self.each(params, part.batch).together(), part)

    def selection(self, runs: Sequence[RunEntry], members: Params, visible: Visible) -> list[float | None]:
        """Return each run's validation score in the verdict's metric; None where no epoch had a finite loss.

        By nats these are what training found, and nothing is computed.

        Args:
            runs: what is written down of the runs.
            members: the best parameters of each, stacked.
            visible: the parts that may be seen.
        """
        metric = self.metric(visible.scale)
        if metric == "nats":
            return [run["validation"] for run in runs]
        part = visible.validated()
        found: Sums = jax.tree.map(_on_host, self._members(members, part.batch))
        totals = [jax.tree.map(lambda of_all, k=k: of_all[k], found) for k in range(len(runs))]
        return [self._reached(run, total, part, metric) for run, total in zip(runs, totals, strict=True)]

    def _reached(self, run: RunEntry, total: Sums, part: Part, metric: Deciding) -> float | None:
        if run["validation"] is None:
            return None
        score = verdict_score(self.worth(total, part), metric)
        return score if score is not None and np.isfinite(score) else None

    def worth(self, total: Sums, part: Part) -> Scores:
        """Return what sums over a whole part are worth."""
        return scores_of(total, part, tokens=self._task.kind == "next-token")


def _on_host(x: Any) -> np.ndarray:
    return np.asarray(x, np.float64)
