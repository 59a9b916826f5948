"""The region of practical equivalence, from validation scores alone; written down before the test part is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

import numpy as np

from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import RegionEntry, Searched, TestedTask
    from gatedrnn.comparison.schema.runs import BaselineEntry, ValidatedBaselineEntry


def region_entry(task: Searched, part: float) -> RegionEntry:
    """Return a task's region as region.json and results.json have it.

    .. code-block:: text

        half_width = part max(0, strongest baseline - best cell),    means over replicates, of a cell's selected trials

    It is 0, and nothing equivalent, where there is no baseline or no cell is better than it.

    Args:
        task: a task's entry, before or after the test; no test score is looked at.
        part: the part of that distance: 0.02 for 2 %.
    """
    baseline = strongest_baseline(task)
    scores = {name: mean_validation(task, name) for name in task["replicates"][0]["cells"]}
    reached, best = min(((score, name) for name, score in scores.items() if score is not None), default=(None, None))
    gain = 0.0 if baseline is None or reached is None else max(0.0, baseline["validation"] - reached)
    return {
        "half_width": part * gain,
        "part": part,
        "baseline": None if baseline is None else baseline["name"],
        "baseline_validation": None if baseline is None else baseline["validation"],
        "best_cell": best,
        "best_validation": reached,
    }


def mean_validation(task: Searched, name: str) -> float | None:
    """Return the mean score in validation of a cell's selected trials; None where one of them has none."""
    cells = [replicate["cells"][name] for replicate in task["replicates"]]
    scores = [cell["trials"][cell["selected"]]["score"] for cell in cells]
    known = [score for score in scores if score is not None]
    return float(np.mean(known)) if len(known) == len(scores) else None


@overload
def strongest_baseline(task: TestedTask) -> BaselineEntry | None: ...
@overload
def strongest_baseline(task: Searched) -> ValidatedBaselineEntry | None: ...


def strongest_baseline(task: Searched) -> ValidatedBaselineEntry | None:
    """Return the simple baseline of the best validation score, as the task says; None where it has no baselines.

    Raises:
        InputError: where none or more than one of them is called the strongest.
    """
    strongest = [baseline for baseline in task["baselines"] if baseline["strongest"]]
    if task["baselines"] and len(strongest) != 1:
        raise InputError(f"baselines: expected one that is the strongest, got {len(strongest)}")
    return strongest[0] if strongest else None
