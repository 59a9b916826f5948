"""Whether the best runs lie where a search was cut off: at the edge of a range, or at the cap on epochs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import Searched
    from gatedrnn.comparison.schema.runs import TrialEntry
    from gatedrnn.experiment.space import Hyperparameter

LATE = 0.05
"""A run is late when its best epoch lies in this last part of the cap."""
MOST_LATE = 0.10
"""More than this part of a cell's selected runs may not be late."""
EDGE = 0.1
"""The outermost part of a range, on a logarithmic axis where it is positive."""
FEWEST_VALUES = 9
"""Hyperparameters with fewer different values are lists of choices, which have no edge."""


class Edge(NamedTuple):
    """A range at whose edge half of a cell's selected configurations lie, or more.

    Attributes:
        cell: the name of the cell.
        field: the name of the hyperparameter.
        side: "lower" or "upper", the end of the range.
        selections: how many of the cell's selections lie there.
    """

    cell: str
    field: Hyperparameter
    side: str
    selections: int


def selected(task: Searched, cell: str) -> list[TrialEntry]:
    """Return a cell's selected trial of each replicate.

    Args:
        task: a task's entry, before or after the test.
        cell: the name of the cell.
    """
    entries = [replicate["cells"][cell] for replicate in task["replicates"]]
    return [entry["trials"][entry["selected"]] for entry in entries]


def late(trials: list[TrialEntry], cap: int) -> int:
    """Return how many of those trials have their best epoch in the last 5 % of the cap."""
    return sum(trial["best_epoch"] > (1 - LATE) * cap for trial in trials)


def capped(task: Searched, cell: str) -> bool:
    """Return whether the cap cuts off more than 10 % of a cell's selected trials."""
    trials = selected(task, cell)
    return late(trials, task["protocol"]["max_epochs"]) > MOST_LATE * len(trials)


def edges(task: Searched, cell: str) -> list[Edge]:
    """Return the ranges at whose edge half of a cell's selected configurations lie, or more."""
    found = []
    for field in task["protocol"]["space"]:
        values = [c[field] for replicate in task["replicates"] for c in replicate["configurations"]]
        tried = [float(value) for value in values if not isinstance(value, str)]
        if len(set(tried)) < FEWEST_VALUES or len(tried) < len(values):
            continue
        chosen = [float(r["configurations"][r["cells"][cell]["selected"]][field]) for r in task["replicates"]]
        places = _places(tried, chosen)
        for side, part in (("lower", [p < EDGE for p in places]), ("upper", [p > 1 - EDGE for p in places])):
            if 2 * sum(part) >= len(part):
                found.append(Edge(cell, field, side, sum(part)))
    return found


def _places(tried: list[float], chosen: list[float]) -> list[float]:
    """Return where values lie between the lowest (0) and the highest (1) that was tried."""
    scale = math.log if min(tried) > 0 else float
    low, high = scale(min(tried)), scale(max(tried))
    return [(scale(value) - low) / (high - low) for value in chosen]
