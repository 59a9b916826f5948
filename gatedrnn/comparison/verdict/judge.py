"""The verdict on one task of results.json: statistics, decision, words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gatedrnn.comparison.costs.cheaper import cheaper
from gatedrnn.comparison.statistics.paired import estimate, paired_difference
from gatedrnn.comparison.statistics.power import replicates_needed
from gatedrnn.comparison.verdict import wording
from gatedrnn.comparison.verdict.caveats import caveats
from gatedrnn.comparison.verdict.decide import decide, weigh
from gatedrnn.tasks.task import CLASSES

REGION_PART = 0.02
"""Region of practical equivalence, as a part of what the best cell gains over the strongest simple baseline."""
POWER = 0.8


def judge(task: dict[str, Any], device: dict[str, Any]) -> dict[str, Any]:
    """Return the entries ``statistics`` and ``verdict`` of one task of results.json.

    Args:
        task: the task's entry, without those two.
        device: the device's entry.

    Raises:
        ValueError: where there are not two cells, fewer than two replicates, more or fewer strongest baselines than
            one, or scores that are not finite.
    """
    a, b = names = _two_cells(task)
    baseline = strongest_baseline(task)
    scores = [replicate_scores(task, name, "nats") for name in names]
    evidence = weigh(names, *scores, region=region(task), baseline=None if baseline is None else baseline["test"])
    decision = decide(evidence)
    difference = evidence.difference
    needed = replicates_needed(difference.mean, difference.standard_deviation, POWER)
    cost = cheaper(task["cells"])
    findings = wording.Findings(evidence, decision, baseline, needed, cost, task["unit"])
    return {
        "statistics": {
            "cells": {
                name: {
                    "test": test._asdict(),
                    "validation": mean_validation(task, name),
                    "beats_baseline": None if baseline is None else beats,
                }
                for name, test, beats in zip(names, evidence.tests, evidence.beats_baseline(), strict=True)
            },
            "difference": difference._asdict(),
            "superiority": evidence.superiority._asdict(),
            "equivalence": evidence.equivalence._asdict(),
            "replicates_needed": needed,
            "power": POWER,
            "accuracy": _accuracy(task, a, b),
        },
        "verdict": {
            **decision._asdict(),
            "headline": wording.headline(findings),
            **wording.sentence(findings, task, device),
            "cheaper": cost._asdict(),
            "caveats": caveats(task, evidence.equivalence.region),
        },
    }


def replicate_scores(task: dict[str, Any], name: str, metric: str) -> list[float]:
    """Return one test score of a cell for each replicate."""
    return [replicate["cells"][name]["test"][metric] for replicate in task["replicates"]]


def mean_validation(task: dict[str, Any], name: str) -> float | None:
    """Return the mean validation score of a cell's selected trials; None where one of them has none."""
    cells = [replicate["cells"][name] for replicate in task["replicates"]]
    scores = [cell["trials"][cell["selected"]]["validation"] for cell in cells]
    return None if any(score is None for score in scores) else float(np.mean(scores))


def strongest_baseline(task: dict[str, Any]) -> dict[str, Any] | None:
    """Return the simple baseline of the best validation score, as the task says; None where it has no baselines.

    Raises:
        ValueError: where none or more than one of them is called the strongest.
    """
    strongest = [baseline for baseline in task["baselines"] if baseline["strongest"]]
    if task["baselines"] and len(strongest) != 1:
        raise ValueError(f"baselines: expected one that is the strongest, got {len(strongest)}")
    return strongest[0] if strongest else None


def region(task: dict[str, Any]) -> float:
    """Return the half-width of the region of practical equivalence, from validation scores alone.

    .. code-block:: text

        R = 0.02 max(0, strongest baseline - best cell),  both means over replicates; the cell's of selected trials

    It is 0, and nothing equivalent, where there is no baseline or no cell is better than it.
    """
    baseline = strongest_baseline(task)
    scores = [mean_validation(task, name) for name in task["cells"]]
    best = min((score for score in scores if score is not None), default=math.inf)
    return 0.0 if baseline is None else REGION_PART * max(0.0, baseline["validation"] - best)


def _two_cells(task: dict[str, Any]) -> tuple[str, str]:
    if len(task["cells"]) != 2:
        raise ValueError(f"cells: expected two, got {', '.join(task['cells']) or 'none'}")
    a, b = task["cells"]
    return a, b


def _accuracy(task: dict[str, Any], a: str, b: str) -> dict[str, Any] | None:
    """Return accuracies with their paired difference: reported beside, deciding nothing."""
    if task["kind"] not in CLASSES:
        return None
    scores = {name: replicate_scores(task, name, "accuracy") for name in (a, b)}
    return {
        "cells": {name: estimate(values)._asdict() for name, values in scores.items()},
        "difference": paired_difference(scores[a], scores[b])._asdict(),
    }
