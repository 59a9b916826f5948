"""Which cell is better at which part of the budget, from validation scores alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gatedrnn.statistics.budget import Curves, against_seconds, against_trials, crossings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gatedrnn.comparison.schema.pairs import BudgetCurves, ChangeEntry, ExpectedBest
    from gatedrnn.comparison.schema.results import TestedTask

DIGITS = 5


class Change(NamedTuple):
    """A change of places between two cells.

    Attributes:
        against: "trials" or "seconds", of training.
        before: largest budget at which ``better_before`` is better.
        after: smallest budget at which ``better_after`` is better.
        better_before: the name of the cell that is better with less.
        better_after: the name of the cell that is better with more.
    """

    against: str
    before: float
    after: float
    better_before: str
    better_after: str


def expected_best(task: TestedTask, level: float) -> tuple[ExpectedBest | None, tuple[Change, ...]]:
    """Return the expected best validation of two cells as results.json has it, and where they change places.

    None, and no change, where a trial has no score: it diverged, and no baseline says what that is worth.

    Args:
        task: a task's entry with two cells, tested.
        level: the nominal coverage of the intervals.
    """
    names = list(task["cells"])
    entries = {name: [replicate["cells"][name] for replicate in task["replicates"]] for name in names}
    every = {name: [[trial["score"] for trial in entry["trials"]] for entry in entries[name]] for name in names}
    if any(score is None for cell in every.values() for search in cell for score in search):
        return None, ()
    scores = {name: [[score for score in s if score is not None] for s in cell] for name, cell in every.items()}
    timed = {
        name: [(found, entry["seconds"]) for found, entry in zip(scores[name], entries[name], strict=True)]
        for name in names
    }
    a, b = names
    curves = {
        "trials": against_trials(scores[a], scores[b], level),
        "seconds": against_seconds(timed[a], timed[b], level),
    }
    changes = tuple(
        Change(against, c.before, c.after, names[c.first], names[1 - c.first])
        for against, shown in curves.items()
        if shown is not None
        for c in crossings(shown)
    )
    return {
        "against_trials": _entry(names, curves["trials"]),
        "against_seconds": _entry(names, curves["seconds"]),
        "level": level,
        "changes": [_change(change) for change in changes],
    }, changes


def _change(change: Change) -> ChangeEntry:
    return {
        "against": change.against,
        "before": change.before,
        "after": change.after,
        "better_before": change.better_before,
        "better_after": change.better_after,
    }


def _entry(names: list[str], curves: Curves | None) -> BudgetCurves | None:
    if curves is None:
        return None
    return {
        "budgets": _rounded(curves.budgets),
        "cells": {name: _rounded(values) for name, values in zip(names, (curves.a, curves.b), strict=True)},
        "difference": {"mean": _rounded(curves.mean), "low": _rounded(curves.low), "high": _rounded(curves.high)},
    }


def _rounded(values: NDArray) -> list[float]:
    return [round(float(value), DIGITS) for value in values]
