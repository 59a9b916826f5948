"""What a reader must know before believing a verdict: said aloud, with numbers."""

from __future__ import annotations

import math
from typing import Any

from gatedrnn.comparison.formatting import percent

LATE = 0.05
"""A run is late when its best epoch lies in this last part of the cap."""
MOST_LATE = 0.10
MISMATCH = 0.02
EDGE = 0.1
"""The outermost part of a range, on a logarithmic axis where it is positive."""
FEWEST_VALUES = 9
"""Hyperparameters with fewer different values are lists of choices, which have no edge."""


def caveats(task: dict[str, Any], region: float) -> list[str]:
    """Return warnings about a task's runs in whole sentences; an empty list where there are none.

    Args:
        task: its entry in results.json.
        region: half-width of the region of practical equivalence.
    """
    names = list(task["cells"])
    lines = [line for line in (_diverged(task), *(_late(task, name) for name in names)) if line]
    lines += [line for name in names for line in _edges(task, name)]
    if region == 0:
        lines.append("No cell improves on a simple baseline in validation, so nothing can count as equivalent.")
    a, b = (task["cells"][name]["parameters"]["total"] for name in names)
    if abs(b / a - 1) > MISMATCH:
        more = "more" if b > a else "fewer"
        lines.append(f"{names[1]} has {percent(abs(b / a - 1))} {more} parameters than {names[0]}.")
    return lines


def runs(task: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return all trials of a cell in all replicates."""
    return [trial for replicate in task["replicates"] for trial in replicate["cells"][name]["trials"]]


def diverged(task: dict[str, Any], name: str) -> int:
    """Return how many of a cell's runs diverged."""
    return sum(trial["diverged_at"] is not None for trial in runs(task, name))


def late(task: dict[str, Any], name: str) -> int:
    """Return how many of a cell's runs have their best epoch in the last 5 % of the cap."""
    first_late = (1 - LATE) * task["protocol"]["max_epochs"]
    return sum(trial["best_epoch"] > first_late for trial in runs(task, name))


def _diverged(task: dict[str, Any]) -> str | None:
    counts = {name: diverged(task, name) for name in task["cells"]}
    if not any(counts.values()):
        return None
    said = " and ".join(f"{number} of {len(runs(task, name))} {name} runs" for name, number in counts.items())
    return f"{said} diverged. They took part with what they had reached; none was left out."


def _late(task: dict[str, Any], name: str) -> str | None:
    count, total = late(task, name), len(runs(task, name))
    if count <= MOST_LATE * total:
        return None
    return (
        f"{count} of {total} {name} runs ({percent(count / total)}) had their best epoch in the last 5 % of the "
        f"{task['protocol']['max_epochs']} epochs: a higher cap could make them better."
    )


def _edges(task: dict[str, Any], name: str) -> list[str]:
    """Name the ranges at whose edge half of the selected configurations lie, or more."""
    lines = []
    for field in task["protocol"]["space"]:
        tried = [c[field] for replicate in task["replicates"] for c in replicate["configurations"]]
        if len(set(tried)) < FEWEST_VALUES or any(isinstance(value, str) for value in tried):
            continue
        chosen = [r["configurations"][r["cells"][name]["selected"]][field] for r in task["replicates"]]
        places = _places(tried, chosen)
        for side, part in (("lower", [p < EDGE for p in places]), ("upper", [p > 1 - EDGE for p in places])):
            if 2 * sum(part) >= len(part):
                lines.append(
                    f"{name} does best at the {side} edge of the range of {field.replace('_', ' ')} "
                    f"({sum(part)} of {len(part)} selections): a wider range may suit it better."
                )
    return lines


def _places(tried: list[float], chosen: list[float]) -> list[float]:
    """Return where values lie between the lowest (0) and the highest (1) that was tried."""
    scale = math.log if min(tried) > 0 else float
    low, high = scale(min(tried)), scale(max(tried))
    return [(scale(value) - low) / (high - low) for value in chosen]
