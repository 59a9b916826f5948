"""Two cells of a comparison at a time: what is compared is always a pair."""

from __future__ import annotations

import itertools
from typing import Any

from gatedrnn.errors import InputError
from gatedrnn.statistics.superiority import Superiority


def names_of_pairs(task: dict[str, Any]) -> list[tuple[str, str]]:
    """Return all pairs of a task's cells in their order.

    Example:
        >>> names_of_pairs({"cells": {"LSTM": {}, "GRU": {}, "SimpleRNN": {}}})
        [('LSTM', 'GRU'), ('LSTM', 'SimpleRNN'), ('GRU', 'SimpleRNN')]

    Raises:
        InputError: where there are fewer than two cells.
    """
    if len(task["cells"]) < 2:
        raise InputError(f"cells: expected two or more, got {', '.join(task['cells']) or 'none'}")
    return list(itertools.combinations(task["cells"], 2))


def restricted(task: dict[str, Any], names: tuple[str, str]) -> dict[str, Any]:
    """Return a task's entry as if only these two cells had been compared."""
    replicates = [
        {**replicate, "cells": {name: replicate["cells"][name] for name in names}} for replicate in task["replicates"]
    ]
    return {**task, "cells": {name: task["cells"][name] for name in names}, "replicates": replicates}


def pairs(task: dict[str, Any]) -> list[dict[str, Any]]:
    """Return for each pair the task's entry with those two cells, and with its ``statistics`` and ``verdict``.

    Args:
        task: an entry of ``tasks`` in results.json.
    """
    return [
        {**restricted(task, tuple(pair["names"])), "statistics": pair["statistics"], "verdict": pair["verdict"]}
        for pair in task["pairs"]
    ]


def favoured(task: dict[str, Any]) -> tuple[str, Superiority]:
    """Return the cell that is better in more replicates, and its probability of superiority.

    Args:
        task: an entry of `pairs`.
    """
    (a, b), s = task["cells"], Superiority(**task["statistics"]["superiority"])
    return (a, s) if s.probability >= 0.5 else (b, s.mirrored())
