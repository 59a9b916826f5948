"""The region of equivalence by another metric, whose verdict stands beside the one that counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatedrnn.comparison.entries import validation_entries
from gatedrnn.comparison.search.selection import score_of
from gatedrnn.comparison.verdict.region import region_entry
from gatedrnn.experiment.reckoning import trivial_validation
from gatedrnn.tasks.metrics import verdict_score

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatedrnn.comparison.schema.results import BesideEntry, Found, RegionEntry
    from gatedrnn.comparison.schema.runs import FoundReplicate, SearchEntry
    from gatedrnn.experiment.reckoning import Reckoning
    from gatedrnn.tasks.metrics import Deciding
    from gatedrnn.tasks.simple_models import Scores, ValidatedBaseline


def region_beside(
    found: Found,
    baselines: list[list[ValidatedBaseline]],
    metric: Deciding,
    part: float,
    selected: Callable[[str, int], Scores],
) -> RegionEntry:
    """Return the region of practical equivalence by another metric, of the trials that were selected.

    Args:
        found: what the searches of the task found.
        baselines: the baselines of each replicate.
        metric: the other metric, in which their scores are reckoned.
        part: the part of the gain over the strongest baseline that the region is.
        selected: a cell's name and the place of a replicate to the validation scores of the selected trial.
    """

    def rescored(entry: SearchEntry, name: str, k: int) -> SearchEntry:
        trial = entry["trials"][entry["selected"]]
        own = None if trial["validation"] is None else verdict_score(selected(name, k), metric)
        score = score_of(trial, own, trivial_validation(baselines[k], metric))
        return {**entry, "selected": 0, "trials": [{**trial, "score": score}]}

    replicates: list[FoundReplicate] = [
        {**replicate, "cells": {name: rescored(entry, name, k) for name, entry in replicate["cells"].items()}}
        for k, replicate in enumerate(found["replicates"])
    ]
    by_other: Found = {
        "protocol": found["protocol"],
        "baselines": validation_entries(baselines, metric),
        "replicates": replicates,
    }
    return region_entry(by_other, part)


def beside_entry(reckoned: Reckoning, region: RegionEntry | None, tests: dict[str, list[float]]) -> BesideEntry | None:
    """Return what the other metric's verdict rests on, as results.json has it; None where there is no such metric.

    Args:
        reckoned: what scores are reckoned in.
        region: the region of equivalence by the other metric.
        tests: each baseline's test scores in the other metric, by its name.
    """
    if reckoned.other is None or region is None:
        return None
    baseline = region["baseline"]
    return {
        "metric": reckoned.entry(reckoned.other),
        "region": region,
        "tests": None if baseline is None else [tests[baseline], *(v for k, v in tests.items() if k != baseline)],
    }
