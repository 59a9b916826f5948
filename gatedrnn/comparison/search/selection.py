"""What selection looks at, and what it selects: the trial of the best score on the validation part."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.experiment.trials import curve_entry, trial_entry
from gatedrnn.training.member import member

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.runs import SearchEntry, TrialEntry
    from gatedrnn.experiment.measure import Measure
    from gatedrnn.experiment.trials import RunEntry
    from gatedrnn.tasks.parts import Visible
    from gatedrnn.training.early_stopping import EarlyStoppingState
    from gatedrnn.types import Params


class SearchResult(NamedTuple):
    """What a search found: its entry in results.json, less the test, and the parameters of the selected trial."""

    entry: SearchEntry
    params: Params


def select(
    states: EarlyStoppingState,
    seconds: float,
    measure: Measure,
    visible: Visible,
    trivial: float | None,
    eligible: int | None,
) -> SearchResult:
    """Select one of the trials that were trained together.

    Args:
        states: where all trials ended.
        seconds: the time that all trials took together; each is told its part by its epochs.
        measure: what scores the parameters of each on the validation part.
        visible: the parts of the data that may be seen.
        trivial: validation score of the trivial baseline in the verdict's metric; None where there is none.
        eligible: how many of the trials, from the first, may be selected; None is all.
    """
    runs = [trial_entry(member(states, k), visible.offset) for k in range(len(states.epoch))]
    epochs = sum(run["epochs"] for run in runs)
    worth = measure.selection(runs, states.best_params, visible)
    trials: list[TrialEntry] = [
        {
            **run,
            "score": score_of(run, score, trivial),
            "seconds": seconds * run["epochs"] / epochs,
            "ended_by_clock": not stopped,
        }
        for run, score, stopped in zip(runs, worth, states.stopped, strict=True)
    ]
    winner = member(states, selected := int(np.argmin([reached(trial) for trial in trials[:eligible]])))
    curve = curve_entry(winner.train_curve, int(winner.epoch), visible.offset)
    entry: SearchEntry = {"trials": trials, "selected": selected, "train_curve": curve, "seconds": seconds}
    return SearchResult(entry, winner.best_params)


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
