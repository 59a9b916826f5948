"""The verdicts on one task of results.json: statistics, decision, words, for each pair of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from gatedrnn.comparison.verdict import wording
from gatedrnn.comparison.verdict.budgets import expected_best
from gatedrnn.comparison.verdict.caveats import caveats
from gatedrnn.comparison.verdict.decide import ERROR, Evidence, decide, weigh
from gatedrnn.comparison.verdict.entries import bootstrap_entry, equivalence_entry, estimate_entry, superiority_entry
from gatedrnn.comparison.verdict.pairs import names_of_pairs, restricted
from gatedrnn.comparison.verdict.region import mean_validation, strongest_baseline
from gatedrnn.costs.cheaper import cheaper
from gatedrnn.statistics.bootstrap import bootstrap, two_way_bootstrap
from gatedrnn.statistics.equivalence import equivalence
from gatedrnn.statistics.holm import holm
from gatedrnn.statistics.paired import difference_p, estimate, paired_difference
from gatedrnn.statistics.power import replicates_needed
from gatedrnn.tasks.task import CLASSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gatedrnn.comparison.schema.pairs import AccuracyEntry, PairEntry, TestStatistics
    from gatedrnn.comparison.schema.results import TestedTask
    from gatedrnn.experiment.provenance import Device

POWER = 0.8


def judge(task: TestedTask, device: Device) -> list[PairEntry]:
    """Return the entry ``pairs`` of one task of results.json.

    With more than two cells, p-values of differences and of equivalences are corrected for the number of pairs (Holm
    1979), and so are the levels of the intervals in which cells may change places, and of those for which replicates
    are reckoned (Bonferroni).

    Args:
        task: the task's entry, without that one.
        device: the entry of the device in results.json.

    Raises:
        InputError: where there are fewer than two cells or two replicates, more or fewer strongest baselines than
            one, or scores that are not finite.
    """
    every = names_of_pairs(task["cells"])
    scores = {name: replicate_scores(task, name, "nats") for name in task["cells"]}
    size = task["region"]["half_width"]
    p = list(
        zip(
            holm([difference_p(paired_difference(scores[a], scores[b])) for a, b in every]).tolist(),
            holm([equivalence(scores[a], scores[b], size).p for a, b in every]).tolist(),
            strict=True,
        )
    )
    return [
        _judge_pair(restricted(task, names), device, names, corrected, len(every))
        for names, corrected in zip(every, p, strict=True)
    ]


def _judge_pair(
    task: TestedTask, device: Device, names: tuple[str, str], p: tuple[float, float], pairs: int
) -> PairEntry:
    """Return the entry of a task with two cells."""
    baseline = strongest_baseline(task)
    budgets, changes = expected_best(task, 1 - ERROR / pairs)
    evidence = weigh(
        names,
        *(replicate_scores(task, name, "nats") for name in names),
        region=task["region"]["half_width"],
        baseline=None if baseline is None else baseline["tests"],
        p=p,
        changes=changes,
    )
    decision = decide(evidence)
    spread = evidence.difference.standard_deviation
    needed = replicates_needed(evidence.difference.mean, spread, POWER, 1 - ERROR / pairs)
    cost = cheaper(task["cells"])
    findings = wording.Findings(evidence, decision, baseline, needed, cost, task["unit"], task["region"]["part"])
    return {
        "names": list(names),
        "statistics": {
            **_statistics(task, evidence),
            "replicates_needed": needed,
            "power": POWER,
            "expected_best": budgets,
            "pairs": pairs,
        },
        "verdict": {
            **decision.entry(),
            "headline": wording.headline(findings),
            **wording.sentence(findings, task, device),
            "cheaper": {"cell": cost.cell, "by": list(cost.by), "against": list(cost.against)},
            "caveats": caveats(task, evidence.equivalence.region),
        },
    }


def _statistics(task: TestedTask, evidence: Evidence) -> TestStatistics:
    """Return what is said of the test scores of two cells."""
    (a, b), beats = evidence.names, evidence.beats_baseline()
    over = evidence.over_baseline or (None, None)
    return {
        "cells": {
            name: {
                "test": estimate_entry(test),
                "validation": mean_validation(task, name),
                "over_baseline": None if less is None else estimate_entry(less),
                "beats_baseline": None if less is None else beaten,
            }
            for name, test, less, beaten in zip(evidence.names, evidence.tests, over, beats, strict=True)
        },
        "difference": {**estimate_entry(evidence.difference), "p": evidence.p[0]},
        "bootstrap": bootstrap_entry(bootstrap(score_differences(task, a, b))),
        "two_way_bootstrap": bootstrap_entry(two_way_bootstrap(sequence_differences(task, a, b), task["test_counts"])),
        "superiority": superiority_entry(evidence.superiority),
        "equivalence": equivalence_entry(evidence.equivalence._replace(p=evidence.p[1])),
        "accuracy": _accuracy(task, a, b),
    }


def replicate_scores(task: TestedTask, name: str, metric: Literal["nats", "accuracy"]) -> NDArray:
    """Return one test score of a cell for each replicate."""
    return np.array([replicate["cells"][name]["test"][metric] for replicate in task["replicates"]], float)


def score_differences(task: TestedTask, a: str, b: str) -> NDArray:
    """Return A - B of each replicate, ``[n]``."""
    return np.subtract(replicate_scores(task, a, "nats"), replicate_scores(task, b, "nats"))


def sequence_differences(task: TestedTask, a: str, b: str) -> NDArray:
    """Return A - B of each replicate on each test sequence, summed over its targets, ``[n, sequences]``."""
    first, second = (
        np.array([r["cells"][name]["test"]["sequence_nats"] for r in task["replicates"]]) for name in (a, b)
    )
    return first - second


def _accuracy(task: TestedTask, a: str, b: str) -> AccuracyEntry | None:
    """Return accuracies with their paired difference: reported beside, deciding nothing."""
    if task["kind"] not in CLASSES:
        return None
    scores = {name: replicate_scores(task, name, "accuracy") for name in (a, b)}
    return {
        "cells": {name: estimate_entry(estimate(values)) for name, values in scores.items()},
        "difference": estimate_entry(paired_difference(scores[a], scores[b])),
    }
