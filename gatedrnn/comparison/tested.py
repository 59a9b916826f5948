"""The one reading of the test, after all searches: what baselines and selected networks are worth on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatedrnn.comparison.censored import Reach, reach, together
from gatedrnn.comparison.entries import (
    baseline_entries,
    tests_by_name,
    without_counts,
)
from gatedrnn.comparison.forecasts import forecast_entries
from gatedrnn.comparison.range import ranges
from gatedrnn.comparison.search.of_task import TaskSearch
from gatedrnn.comparison.search.replicate import Replicate
from gatedrnn.comparison.shares import shares
from gatedrnn.experiment.reckoning import trivial_test

if TYPE_CHECKING:
    from gatedrnn.comparison.folder import Folder
    from gatedrnn.comparison.schema.measures import ForecastEntry
    from gatedrnn.comparison.schema.runs import CountedTest, ReadTest
    from gatedrnn.tasks.parts import FinalTest
    from gatedrnn.tasks.simple_models import Baseline, FittedBaseline
    from gatedrnn.tasks.task import Task
    from gatedrnn.types import Params


def read_test(
    task: Task, replicates: list[Replicate], searched: TaskSearch, folder: Folder, *, lengths: bool = False
) -> ReadTest:
    """Read the test: baselines of every split, and the selected trial of every cell in every replicate.

    Baselines are fitted again: n-grams are large, and nothing of them is kept during the searches.

    Args:
        task: the task, with its test.
        replicates: the replicates of the comparison, in order.
        searched: what all searches of the task found.
        folder: where the selected parameters are kept.
        lengths: whether to ask how long the words are that are accepted.
    """
    metric, other, targets, _ = searched.reckoning
    baselines: list[list[Baseline]] = []
    cells: dict[str, list[CountedTest]] = {name: [] for name in searched.searches}
    left, shown, often = [], [], None
    reached: list[Reach] = []
    for k, replicate in enumerate(replicates):
        test, visible = task.read_test(replicate.seed), replicate.visible()
        fitted = task.baselines(visible)
        baselines.append([one.tested(test) for one in fitted])
        params = {name: searched.winner(name, replicate, folder) for name in cells}
        for name, one in searched.searches.items():
            entry = searched.found["replicates"][k]["cells"][name]
            diverged = entry["trials"][entry["selected"]]["diverged_at"] is not None
            cells[name].append(one.test(params[name], test, trivial_test(baselines[k], metric) if diverged else None))
        if lengths and task.read_lengths is not None:
            reached.append(reach(task.read_lengths(replicate.seed), searched, k, params, fitted))
        if k == 0:
            left = ranges(visible, test, targets)
            often = shares(task.kind, task.reading(replicate.seed).classes, visible.train, test.batch)
            shown = forecasts_of_test(searched, params, test, fitted)
    counts = next(test["counts"] for tests in cells.values() for test in tests)
    return {
        "baselines": baseline_entries(baselines, metric),
        "others": {} if other is None else tests_by_name(baselines, other),
        "counts": counts,
        "cells": {name: [without_counts(test) for test in tests] for name, tests in cells.items()},
        "shares": often,
        "range": left,
        "forecasts": shown,
        "lengths": together(reached),
    }


def forecasts_of_test(
    searched: TaskSearch, params: dict[str, Params], test: FinalTest, fitted: list[FittedBaseline]
) -> list[ForecastEntry]:
    """Return what is kept of one replicate's forecasts; an empty list where there are none of recorded numbers."""
    if test.recordings is None or test.scale is None:
        return []
    strongest = next((b["name"] for b in searched.found["baselines"] if b["strongest"]), None)
    best = next((one for one in fitted if one.name == strongest), None)
    outputs = {name: one.measure.outputs(params[name], test.batch) for name, one in searched.searches.items()}
    return forecast_entries(test, searched.reckoning.targets, outputs, best)
