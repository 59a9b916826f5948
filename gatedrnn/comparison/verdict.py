"""The verdict: from statistics and baselines to exactly one label of a closed vocabulary."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gatedrnn.comparison import wording
from gatedrnn.comparison.caveats import caveats
from gatedrnn.comparison.cost_order import cheaper
from gatedrnn.comparison.power import replicates_needed
from gatedrnn.comparison.statistics import (
    Equivalence,
    Estimate,
    Superiority,
    equivalence,
    estimate,
    paired_difference,
    superiority,
)

REGION_PART = 0.02
"""Region of practical equivalence, as a part of what the best cell gains over the strongest simple baseline."""
MEANINGFUL = 0.75
"""Least probability of superiority of a meaningful difference: Bouthillier et al. 2021, arXiv 2103.03098v1."""
FEWEST_REPLICATES = 6
"""With fewer the comparison is exploratory: not even unanimous replicates would reject a sign test at 5 %."""
POWER = 0.8


class Evidence(NamedTuple):
    """All that a verdict rests on.

    Attributes:
        names: of the cells A and B.
        tests: test score of each with its interval; lower is better.
        difference: A - B, paired.
        superiority: P(A better than B).
        equivalence: of A and B.
        baseline: test score of the strongest simple baseline; None where the task has no baseline.
    """

    names: tuple[str, str]
    tests: tuple[Estimate, Estimate]
    difference: Estimate
    superiority: Superiority
    equivalence: Equivalence
    baseline: float | None

    def beats_baseline(self) -> tuple[bool, bool]:
        """Return for each cell whether its whole interval is better than the baseline; true without a baseline.

        The upper end of a 95 % interval is a test at 2.5 %, so that both cells together err in 5 of 100 at most.
        """
        a, b = (self.baseline is None or test.high < self.baseline for test in self.tests)
        return a, b


class Decision(NamedTuple):
    """A verdict without its words.

    Attributes:
        label: of the vocabulary that ``PRECEDENCE`` lists.
        winner: the better cell; None where there is none.
        meaningful: whether it is better in 3 of 4 replicates or more, in more than half of them for certain, and
            by more than the region of equivalence.
        exploratory: whether there are too few replicates for more than a hint.
    """

    label: str
    winner: str | None
    meaningful: bool
    exploratory: bool


PRECEDENCE: tuple[tuple[str, Callable[[Evidence], bool]], ...] = (
    ("neither beats the baseline", lambda e: not any(e.beats_baseline())),
    ("{a} better", lambda e: e.difference.high < 0),
    ("{b} better", lambda e: e.difference.low > 0),
    ("practically equivalent", lambda e: e.equivalence.equivalent),
    ("not resolved", lambda e: True),
)
"""Labels with their conditions; the first that holds is the verdict, and the last always holds."""


def decide(evidence: Evidence) -> Decision:
    """Return the one verdict that the precedence table gives.

    Example:
        >>> a, b = [1.0, 1.1, 0.9, 1.0, 1.1, 0.9], [2.0, 2.2, 1.9, 2.1, 2.0, 2.1]
        >>> decide(weigh(("LSTM", "GRU"), a, b, region=0.1, baseline=3.0)).label
        'LSTM better'
    """
    a, b = evidence.names
    label = next(label for label, holds in PRECEDENCE if holds(evidence))
    winner = {"{a} better": a, "{b} better": b}.get(label)
    s = evidence.superiority if winner == a else evidence.superiority.mirrored()
    return Decision(
        label=label.format(a=a, b=b),
        winner=winner,
        meaningful=winner is not None
        and s.probability >= MEANINGFUL
        and s.low > 0.5
        and not evidence.equivalence.equivalent,
        exploratory=evidence.difference.n < FEWEST_REPLICATES,
    )


def weigh(names: tuple[str, str], a: Any, b: Any, region: float, baseline: float | None) -> Evidence:
    """Return the evidence in test scores ``a [n]`` and ``b [n]`` of paired replicates.

    Raises:
        ValueError: as ``statistics.paired_difference`` and ``statistics.equivalence``.
    """
    return Evidence(
        names=names,
        tests=(estimate(a), estimate(b)),
        difference=paired_difference(a, b),
        superiority=superiority(a, b),
        equivalence=equivalence(a, b, region),
        baseline=baseline,
    )


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
    if task["kind"] != "classification":
        return None
    scores = {name: replicate_scores(task, name, "accuracy") for name in (a, b)}
    return {
        "cells": {name: estimate(values)._asdict() for name, values in scores.items()},
        "difference": paired_difference(scores[a], scores[b])._asdict(),
    }
