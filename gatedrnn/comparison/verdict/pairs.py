"""Two cells of a comparison at a time: what is compared is always a pair."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from gatedrnn.comparison.schema.results import TestedTask
from gatedrnn.errors import InputError
from gatedrnn.statistics.superiority import Superiority

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatedrnn.comparison.schema.pairs import StatisticsEntry, VerdictEntry
    from gatedrnn.comparison.schema.results import TaskEntry
    from gatedrnn.comparison.schema.runs import ReplicateEntry


class TaskOfPair(TestedTask):
    """A task as if only two of its cells had been compared, with what is said of them."""

    statistics: StatisticsEntry
    verdict: VerdictEntry


def names_of_pairs(cells: Iterable[str]) -> list[tuple[str, str]]:
    """Return all pairs of cells in their order.

    Example:
        >>> names_of_pairs(["LSTM", "GRU", "SimpleRNN"])
        [('LSTM', 'GRU'), ('LSTM', 'SimpleRNN'), ('GRU', 'SimpleRNN')]

    Raises:
        InputError: where there are fewer than two cells.
    """
    names = list(cells)
    if len(names) < 2:
        raise InputError(f"cells: expected two or more, got {', '.join(names) or 'none'}")
    return list(itertools.combinations(names, 2))


def restricted(task: TestedTask, names: Sequence[str]) -> TestedTask:
    """Return a task's entry as if only these two cells had been compared."""
    replicates: list[ReplicateEntry] = [
        {**replicate, "cells": {name: replicate["cells"][name] for name in names}} for replicate in task["replicates"]
    ]
    return {**task, "cells": {name: task["cells"][name] for name in names}, "replicates": replicates}


def pairs(task: TaskEntry) -> list[TaskOfPair]:
    """Return for each pair the task's entry with those two cells, and with its ``statistics`` and ``verdict``.

    Args:
        task: an entry of ``tasks`` in results.json.
    """
    return [
        {**restricted(task, pair["names"]), "statistics": pair["statistics"], "verdict": pair["verdict"]}
        for pair in task["pairs"]
    ]


def favoured(task: TaskOfPair) -> tuple[str, Superiority]:
    """Return the cell that is better in more replicates, and its probability of superiority.

    Args:
        task: an entry of `pairs`.
    """
    (a, b), s = task["cells"], Superiority(**task["statistics"]["superiority"])
    return (a, s) if s.probability >= 0.5 else (b, s.mirrored())
