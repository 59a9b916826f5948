"""What results.json holds of a protocol, of its replicates, and of simple models."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from gatedrnn.experiment.space import REACH
from gatedrnn.tasks.metrics import verdict_score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatedrnn.comparison.schema.results import Found
    from gatedrnn.comparison.schema.runs import (
        BaselineEntry,
        CountedTest,
        ExtendedProtocol,
        FoundReplicate,
        ProtocolEntry,
        ReadTest,
        ReplicateEntry,
        SearchEntry,
        TestEntry,
        ValidatedBaselineEntry,
    )
    from gatedrnn.comparison.search.extension import Extension
    from gatedrnn.comparison.search.replicate import Replicate
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.experiment.space import Hyperparameter
    from gatedrnn.tasks.metrics import Deciding
    from gatedrnn.tasks.simple_models import Baseline, ValidatedBaseline
    from gatedrnn.tasks.task import VisibleTask

Named = TypeVar("Named", bound="ValidatedBaseline | Baseline")


def protocol_entry(settings: Settings, task: VisibleTask) -> ProtocolEntry:
    """Return the protocol as results.json has it."""
    return {
        "replicates": settings.replicates,
        "trials": settings.trials,
        "minutes": settings.minutes,
        "max_epochs": settings.max_epochs,
        "patience": settings.patience,
        "batch_size": settings.batch_size,
        "matching": settings.matching if settings.sizes is None else "explicit sizes",
        "architecture": settings.architecture.entry(),
        "space": settings.space_of(task).describe(),
        "extension": None,
    }


def extended_protocol(settings: Settings, extended: Extension) -> ExtendedProtocol:
    """Return what an extension changes in it."""
    ranges: dict[Hyperparameter, list[float]] = {
        field: list(getattr(settings.space.beyond(field, side), field)) for field, side in extended.edges
    }
    return {
        "max_epochs": extended.max_epochs or settings.max_epochs,
        "extension": {
            "max_epochs_before": settings.max_epochs,
            "ranges": ranges,
            "trials": len(extended.edges) * math.ceil(REACH * (settings.trials or 0)),
            "because": list(extended.because),
        },
    }


def replicate_entries(replicates: list[Replicate], entries: dict[str, list[SearchEntry]]) -> list[FoundReplicate]:
    """Return replicates as results.json has them, with the configurations that any cell has tried."""
    return [
        {
            "index": replicate.index,
            "seed": replicate.seed,
            "configurations": replicate.configurations[: max(len(cell[k]["trials"]) for cell in entries.values())],
            "cells": {name: cell[k] for name, cell in entries.items()},
        }
        for k, replicate in enumerate(replicates)
    ]


def with_tests(found: Found, tested: ReadTest) -> list[ReplicateEntry]:
    """Return the replicates with what was read of the test part."""
    return [
        {
            **replicate,
            "cells": {
                name: {**entry, "test": tested["cells"][name][replicate["index"]]}
                for name, entry in replicate["cells"].items()
            },
        }
        for replicate in found["replicates"]
    ]


def without_counts(test: CountedTest) -> TestEntry:
    """Return a test less its targets, which are the same for all cells."""
    return {"scores": test["scores"], "sequence_losses": test["sequence_losses"]}


def validation_entries(
    baselines: Sequence[Sequence[ValidatedBaseline | Baseline]], metric: Deciding
) -> list[ValidatedBaselineEntry]:
    """Return what is known of each baseline before the test: its choices, and its mean over replicates in validation.

    The strongest is the one of the best mean validation score, of those that could be fitted to every split. What lacks
    the metric is left out.

    Args:
        baselines: the baselines of each replicate.
        metric: the metric in which scores are reckoned.
    """
    by_name = _by_name(baselines, metric)
    means = {name: _mean([verdict_score(b.validation, metric) for b in same]) for name, same in by_name.items()}
    whole = [name for name, same in by_name.items() if len(same) == len(baselines)]
    strongest = min(whole, key=means.__getitem__, default=None)
    return [
        {
            "name": name,
            "choices": [b.choice for b in same],
            "validation": means[name],
            "strongest": name == strongest,
        }
        for name, same in by_name.items()
    ]


def baseline_entries(baselines: Sequence[Sequence[Baseline]], metric: Deciding) -> list[BaselineEntry]:
    """Return each baseline's means over replicates, and its test score in each."""
    by_name = _by_name(baselines, metric)
    return [
        {
            "name": known["name"],
            "choices": known["choices"],
            "validation": known["validation"],
            "test": float(np.mean(tests := test_scores(same, metric))),
            "tests": tests,
            "scores": {name: float(np.mean([b.test[name] for b in same])) for name in _of_all(same)},
            "strongest": known["strongest"],
        }
        for known, same in zip(validation_entries(baselines, metric), by_name.values(), strict=True)
    ]


def test_scores(baselines: Sequence[Baseline], metric: Deciding) -> list[float]:
    """Return the test scores of those baselines that have the metric; lower is better."""
    scores = [verdict_score(baseline.test, metric) for baseline in baselines]
    return [score for score in scores if score is not None]


def tests_by_name(baselines: Sequence[Sequence[Baseline]], metric: Deciding) -> dict[str, list[float]]:
    """Return by its name each baseline's test scores; without those that lack the metric."""
    return {name: test_scores(same, metric) for name, same in _by_name(baselines, metric).items()}


def _of_all(baselines: Sequence[Baseline]) -> list[str]:
    return [name for name in baselines[0].test if all(name in b.test for b in baselines)]


def _mean(scores: Sequence[float | None]) -> float:
    return float(np.mean([score for score in scores if score is not None]))


def _by_name(baselines: Sequence[Sequence[Named]], metric: Deciding) -> dict[str, list[Named]]:
    by_name: dict[str, list[Named]] = {}
    for baseline in (baseline for split in baselines for baseline in split):
        if metric in baseline.validation:
            by_name.setdefault(baseline.name, []).append(baseline)
    return by_name
