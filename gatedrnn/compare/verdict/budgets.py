"""Which cell is better at which part of the budget, from validation scores alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gatedrnn.statistics.budget import Curves, against_seconds, against_trials, crossings

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIGITS = 5


class Change(NamedTuple):
    """A change of places between two cells.

    Attributes:
        against: "trials" or "seconds", of training.
        before: largest budget at which the first one is better.
        after: smallest budget at which the other one is.
        better_before: the name of the first one.
        better_after: the name of the other one.
    """

    against: str
    before: float
    after: float
    better_before: str
    better_after: str


def expected_best(task: dict[str, Any], level: float) -> tuple[dict[str, Any] | None, tuple[Change, ...]]:
    """Return the expected best validation of two cells as results.json has it, and where they change places.

    None, and no change, where a trial has no score: it diverged, and no baseline says what that is worth.

    Args:
        task: an entry of ``tasks`` with two cells.
        level: the nominal coverage of the intervals.
    """
    names = list(task["cells"])
    entries = {name: [replicate["cells"][name] for replicate in task["replicates"]] for name in names}
    scores = {name: [[trial["score"] for trial in entry["trials"]] for entry in entries[name]] for name in names}
    if any(score is None for cell in scores.values() for search in cell for score in search):
        return None, ()
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
    entry = {f"against_{against}": shown and _entry(names, shown) for against, shown in curves.items()}
    return {**entry, "level": level, "changes": [change._asdict() for change in changes]}, changes


def _entry(names: list[str], curves: Curves) -> dict[str, Any]:
    return {
        "budgets": _rounded(curves.budgets),
        "cells": {name: _rounded(values) for name, values in zip(names, (curves.a, curves.b), strict=True)},
        "difference": {key: _rounded(getattr(curves, key)) for key in ("mean", "low", "high")},
    }


def _rounded(values: NDArray) -> list[float]:
    return [round(float(value), DIGITS) for value in values]
