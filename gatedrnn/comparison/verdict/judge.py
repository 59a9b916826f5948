"""The verdicts on one task of results.json: statistics, decision, words, for each pair of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.comparison.verdict import wording
from gatedrnn.comparison.verdict.budgets import expected_best
from gatedrnn.comparison.verdict.by_censored import by_censored
from gatedrnn.comparison.verdict.caveats import caveats
from gatedrnn.comparison.verdict.censored import weigh_censored
from gatedrnn.comparison.verdict.decide import ERROR, Evidence, decide, weigh
from gatedrnn.comparison.verdict.entries import bootstrap_entry, equivalence_entry, estimate_entry, superiority_entry
from gatedrnn.comparison.verdict.metric import unit_in_words
from gatedrnn.comparison.verdict.other import Other, beside
from gatedrnn.comparison.verdict.pairs import names_of_pairs, restricted
from gatedrnn.comparison.verdict.region import mean_validation, strongest_baseline
from gatedrnn.costs.cheaper import cheaper
from gatedrnn.statistics.bootstrap import bootstrap, two_way_bootstrap
from gatedrnn.statistics.equivalence import equivalence
from gatedrnn.statistics.holm import holm
from gatedrnn.statistics.paired import difference_p, estimate, paired_difference
from gatedrnn.statistics.power import replicates_needed
from gatedrnn.tasks.metrics import limits, verdict_score
from gatedrnn.tasks.task import CLASSES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gatedrnn.comparison.schema.pairs import AccuracyEntry, BootstrapEntry, PairEntry, TestStatistics
    from gatedrnn.comparison.schema.results import RegionEntry, TestedTask
    from gatedrnn.experiment.provenance import Device
    from gatedrnn.tasks.metrics import Deciding

POWER = 0.8


def judge(task: TestedTask, device: Device) -> list[PairEntry]:
    """Return the entry ``pairs`` of one task of results.json.

    With more than two cells, p-values of differences and of equivalences are corrected for the number of pairs (Holm
    1979), and so are the levels of the intervals in which cells may change places, and of those for which replicates
    are reckoned (Bonferroni).

    Args:
        task: the task's entry, without its pairs.
        device: the entry of the device in results.json.

    Raises:
        InputError: where there are fewer than two cells or two replicates, more or fewer strongest baselines than
            one, or scores that are not finite.
    """
    every = names_of_pairs(task["cells"])
    p = corrected(task, task["metric"]["name"], task["region"])
    other = task["beside"]
    weighed = None if task["censored"] is None else weigh_censored(task["censored"], list(task["cells"]))
    p_other = [None] * len(every) if other is None else corrected(task, other["metric"]["name"], other["region"])
    found = [
        _judge_pair(restricted(task, names), device, names, Corrected(mine, theirs, len(every)))
        for names, mine, theirs in zip(every, p, p_other, strict=True)
    ]
    if weighed is None:
        return found
    return [by_censored(pair, weighed[names], task, device) for names, pair in zip(every, found, strict=True)]


class Corrected(NamedTuple):
    """What is corrected for the number of pairs.

    Attributes:
        p: the p-values of difference and equivalence in the verdict's metric.
        other: the p-values of both in the other metric; None where there is none.
        pairs: the number of pairs for which p-values were corrected.
    """

    p: tuple[float, float]
    other: tuple[float, float] | None
    pairs: int


def corrected(task: TestedTask, metric: Deciding, region: RegionEntry) -> list[tuple[float, float]]:
    """Return p-values of difference and equivalence of each pair, corrected for their number (Holm 1979).

    Args:
        task: the entry of all cells.
        metric: the metric in which scores are reckoned.
        region: the region of equivalence in that metric.
    """
    every, size = names_of_pairs(task["cells"]), region["half_width"]
    scores = {name: replicate_scores(task, name, metric) for name in task["cells"]}
    return list(
        zip(
            holm([difference_p(paired_difference(scores[a], scores[b])) for a, b in every]).tolist(),
            holm([equivalence(scores[a], scores[b], size).p for a, b in every]).tolist(),
            strict=True,
        )
    )


def _judge_pair(task: TestedTask, device: Device, names: tuple[str, str], correct: Corrected) -> PairEntry:
    """Return the entry of a task with two cells."""
    baseline, pairs = strongest_baseline(task), correct.pairs
    budgets, changes = expected_best(task, 1 - ERROR / pairs)
    evidence = weigh(
        names,
        *(replicate_scores(task, name, task["metric"]["name"]) for name in names),
        region=task["region"]["half_width"],
        baseline=tests_of(task),
        p=correct.p,
        changes=changes,
    ).within(*limits(task["metric"]["name"], task["kind"]))
    decision = decide(evidence)
    other = _other(task, evidence, correct.other)
    spread = evidence.difference.standard_deviation
    needed = replicates_needed(evidence.difference.mean, spread, POWER, 1 - ERROR / pairs)
    cost = cheaper(task["cells"])
    best = min(task["baselines"], key=lambda one: one["test"], default=None)
    unit, aside = unit_in_words(task["metric"]), "" if other is None else other.aside()
    findings = wording.Findings(evidence, decision, baseline, needed, cost, unit, task["region"]["part"], aside, best)
    of_other = (
        ""
        if other is None
        else wording.headline(findings._replace(evidence=other.evidence, decision=other.decision, aside=""))
    )
    disagreeing = None if other is None else other.caveat(task["metric"], of_other)
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
            "caveats": [
                *([disagreeing] if disagreeing else []),
                *caveats(task, evidence.equivalence.region),
            ],
        },
        "other": None if other is None else other.entry(of_other),
        "censored": None,
    }


def _other(task: TestedTask, evidence: Evidence, p: tuple[float, float] | None) -> Other | None:
    """Return the verdict by the other metric, with its own region and baseline; None where there is none."""
    basis = task["beside"]
    if basis is None:
        return None
    scores = (replicate_scores(task, name, basis["metric"]["name"]) for name in evidence.names)
    size, tests = basis["region"]["half_width"], basis["tests"]
    other = weigh(evidence.names, *scores, region=size, baseline=tests, p=p)
    return beside(basis["metric"], other.within(*limits(basis["metric"]["name"], task["kind"])), evidence)


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
        "two_way_bootstrap": _two_way(task, a, b),
        "superiority": superiority_entry(evidence.superiority),
        "equivalence": equivalence_entry(evidence.equivalence._replace(p=evidence.p[1])),
        "accuracy": _accuracy(task, a, b),
    }


def tests_of(task: TestedTask) -> list[list[float]] | None:
    """Return each simple baseline's test scores, the strongest in validation first; None where there is none.

    One that could not be fitted to every split is left out, as it is nothing to be paired with.
    """
    first = strongest_baseline(task)
    if first is None:
        return None
    others = [b["tests"] for b in task["baselines"] if b is not first and len(b["tests"]) == len(first["tests"])]
    return [first["tests"], *others]


def replicate_scores(task: TestedTask, name: str, metric: Deciding) -> NDArray:
    """Return one test score of a cell for each replicate; lower is better, NaN where there is no such score."""
    scores = [replicate["cells"][name]["test"]["scores"] for replicate in task["replicates"]]
    return np.array([verdict_score(each, metric) for each in scores], float)


def score_differences(task: TestedTask, a: str, b: str) -> NDArray:
    """Return A - B of each replicate in the verdict's metric, ``[n]``."""
    metric = task["metric"]["name"]
    return np.subtract(replicate_scores(task, a, metric), replicate_scores(task, b, metric))


def sequence_differences(task: TestedTask, a: str, b: str) -> NDArray:
    """Return A - B of each replicate on each test sequence, summed over its targets, ``[n, sequences]``.

    There are no sequences where the metric is no mean over targets.
    """
    first, second = (
        np.array([r["cells"][name]["test"]["sequence_losses"] for r in task["replicates"]]) for name in (a, b)
    )
    return first - second


def _two_way(task: TestedTask, a: str, b: str) -> BootstrapEntry | None:
    differences = sequence_differences(task, a, b)
    return bootstrap_entry(two_way_bootstrap(differences, task["test_counts"])) if differences.size else None


def _accuracy(task: TestedTask, a: str, b: str) -> AccuracyEntry | None:
    """Return accuracies with their paired difference: reported beside, deciding nothing."""
    if task["kind"] not in CLASSES:
        return None
    scores = {name: 1 - replicate_scores(task, name, "accuracy") for name in (a, b)}
    return {
        "cells": {name: estimate_entry(estimate(values).within(0.0, 1.0)) for name, values in scores.items()},
        "difference": estimate_entry(paired_difference(scores[a], scores[b])),
    }
