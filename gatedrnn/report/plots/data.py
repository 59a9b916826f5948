"""What the plots show, taken from a task's entry in results.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from gatedrnn.comparison.verdict.judge import sequence_differences
from gatedrnn.comparison.verdict.region import strongest_baseline
from gatedrnn.statistics.paired import t_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gatedrnn.comparison.schema.pairs import BudgetCurves, EstimateEntry, PairEntry
    from gatedrnn.comparison.schema.results import TaskEntry
    from gatedrnn.comparison.schema.runs import BaselineEntry
    from gatedrnn.comparison.verdict.pairs import TaskOfPair


BudgetKind = Literal["trials", "seconds"]
"""What a search is given: trials, or seconds of training."""


class TrialPoints(NamedTuple):
    """All trials of a cell: learning rate, what selection looked at (infinite without it), and whether it diverged."""

    rates: NDArray
    scores: NDArray
    diverged: NDArray


def baseline_in_nats(task: TaskEntry) -> BaselineEntry | None:
    """Return the strongest baseline where its validation score stands beside curves of training, which are in nats."""
    return strongest_baseline(task) if task["metric"]["name"] == "nats" else None


def selected_curves(task: TaskEntry, cell: str) -> list[NDArray]:
    """Return the validation curves of a cell's selected trials; NaN where the loss was not finite."""
    entries = [replicate["cells"][cell] for replicate in task["replicates"]]
    return [np.array(entry["trials"][entry["selected"]]["curve"], float) for entry in entries]


def best_so_far(curve: NDArray, cap: int) -> NDArray:
    """Return the best score up to each epoch; a run that has stopped keeps its best; before any, infinity."""
    padded = np.concatenate([curve, np.full(cap - len(curve), np.inf)])
    return np.minimum.accumulate(np.where(np.isfinite(padded), padded, np.inf))


def trials(task: TaskEntry, cell: str) -> TrialPoints:
    """Return all trials of a cell in all replicates."""
    pairs = [
        pair for r in task["replicates"] for pair in zip(r["configurations"], r["cells"][cell]["trials"], strict=False)
    ]
    return TrialPoints(
        rates=np.array([configuration["learning_rate"] for configuration, _ in pairs]),
        scores=np.array([np.inf if trial["score"] is None else trial["score"] for _, trial in pairs]),
        diverged=np.array([trial["diverged_at"] is not None for _, trial in pairs]),
    )


def binned_median(trials: TrialPoints, low: float, high: float, bins: int = 6) -> tuple[NDArray, NDArray]:
    """Return centres and medians of equal parts of the logarithmic range, those with 3 trials or more."""
    edges = np.geomspace(low, high, bins + 1)
    place = np.clip(np.digitize(trials.rates, edges) - 1, 0, bins - 1)
    filled = [k for k in range(bins) if (place == k).sum() >= 3]
    medians = np.array([np.median(trials.scores[place == k]) for k in filled])
    return np.sqrt(edges[:-1] * edges[1:])[filled], np.where(np.isfinite(medians), medians, np.nan)


def tests(task: TaskEntry) -> dict[str, EstimateEntry]:
    """Return each cell's test score as an estimate, which is the same in all its pairs."""
    return {name: pair["statistics"]["cells"][name]["test"] for pair in task["pairs"] for name in pair["names"]}


def expected_best(pair: PairEntry, against: BudgetKind) -> BudgetCurves | None:
    """Return a pair's expected best scores against one kind of budget; None without any."""
    expected = pair["statistics"]["expected_best"]
    if expected is None:
        return None
    return expected["against_trials"] if against == "trials" else expected["against_seconds"]


def tuning(task: TaskEntry, against: BudgetKind) -> dict[str, tuple[NDArray, NDArray]]:
    """Return each cell's budgets and expected best scores, of the pair that looks furthest; empty without any."""
    found: dict[str, tuple[NDArray, NDArray]] = {}
    for pair in task["pairs"]:
        entry = expected_best(pair, against)
        if entry is None:
            continue
        for name in entry["cells"]:
            budgets = np.array(entry["budgets"], float)
            if name not in found or budgets[-1] > found[name][0][-1]:
                found[name] = budgets, np.array(entry["cells"][name], float)
    return {name: found[name] for name in task["cells"] if name in found}


class SequencePoints(NamedTuple):
    """Two cells on each test sequence, per target: A - B with its interval, and the mean of both.

    Attributes:
        mean: the difference A - B in the mean over replicates, ``[S]``.
        low: the lower end of that mean's 95 % t interval, ``[S]``.
        high: the upper end of that mean's 95 % t interval, ``[S]``.
        level: mean score of both cells: high is hard.
        total: the difference summed over a sequence's targets.
        place: the place of each sequence in the test part, from 0.
    """

    mean: NDArray
    low: NDArray
    high: NDArray
    level: NDArray
    total: NDArray
    place: NDArray

    def better(self) -> NDArray:
        """Return -1 where A's interval says so, 1 where B's does, else 0."""
        return np.where(self.high < 0, -1, np.where(self.low > 0, 1, 0))


def sequences(pair: TaskOfPair) -> SequencePoints:
    """Return what two cells score on each test sequence that has targets."""
    counts = np.array(pair["test_counts"], float)
    kept = counts > 0
    a, b = pair["cells"]
    d = sequence_differences(pair, a, b)[:, kept]
    both = [[r["cells"][name]["test"]["sequence_losses"] for name in (a, b)] for r in pair["replicates"]]
    per_target = d / counts[kept]
    mean, low, high = t_interval(per_target.T, 0.95)
    level = np.mean(both, axis=(0, 1))[kept] / counts[kept]
    return SequencePoints(np.asarray(mean), np.asarray(low), np.asarray(high), level, d.mean(0), np.flatnonzero(kept))
