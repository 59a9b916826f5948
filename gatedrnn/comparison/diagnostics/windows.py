"""Whether the verdict depends on the window: the selected configurations, trained again on shorter and longer ones."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import jax
import numpy as np

from gatedrnn.comparison.search.replicate import Trials
from gatedrnn.comparison.verdict.decide import decide, weigh
from gatedrnn.comparison.verdict.entries import estimate_entry
from gatedrnn.comparison.verdict.label import text_of
from gatedrnn.errors import InputError
from gatedrnn.experiment.reckoning import trivial_validation
from gatedrnn.tasks.metrics import verdict_score

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.further import WindowPair, WindowsEntry
    from gatedrnn.comparison.schema.results import Found
    from gatedrnn.comparison.schema.runs import TrialEntry
    from gatedrnn.comparison.search.replicate import Replicate
    from gatedrnn.comparison.search.search import Search
    from gatedrnn.tasks.metrics import Deciding
    from gatedrnn.tasks.simple_models import ValidatedBaseline
    from gatedrnn.tasks.task import VisibleTask

FACTORS = (0.5, 2.0)
"""Other windows, as parts of the one that was searched with."""


class Basis(NamedTuple):
    """What was searched, and with what result.

    Attributes:
        replicates: the replicates of the comparison.
        found: what the searches of the task found.
        baselines: what is known of the simple models on each replicate's split.
        metric: what the verdict rests on.
    """

    replicates: list[Replicate]
    found: Found
    baselines: list[list[ValidatedBaseline]]
    metric: Deciding

    def selected(self, name: str, k: int) -> TrialEntry:
        """Return the trial that a cell's search selected in a replicate."""
        entry = self.found["replicates"][k]["cells"][name]
        return entry["trials"][entry["selected"]]


def windows(searches: dict[str, Search], basis: Basis, region: float) -> WindowsEntry | None:
    """Return validation scores and verdicts with half the window and with twice as much.

    In each replicate the configuration that was selected with the window of the search is trained again with another;
    nothing is searched again, and the test is not looked at. What is scored are the same steps, whatever the window.

    Args:
        searches: the search of each cell, by name.
        basis: what was searched with the window of the task.
        region: half-width of the region of practical equivalence.

    Returns:
        What results.json holds; None where the task is not read in windows, or has steps for no other.
    """
    first = basis.replicates[0]
    own = first.task.reading(first.seed).window
    others = other_windows(first.task, own, first.seed)
    if own is None or not others:
        return None
    scores: dict[int, dict[str, list[float | None]]] = {
        window: {name: _scores(name, search, task, basis) for name, search in searches.items()}
        for window, task in others.items()
    }
    scores[own] = {name: [basis.selected(name, k)["score"] for k in range(len(basis.replicates))] for name in searches}
    sizes, known = sorted(scores), of_all_splits(basis.baselines, basis.metric)
    return {
        "windows": sizes,
        "searched": own,
        "validation": {name: [scores[size][name] for size in sizes] for name in searches},
        "pairs": [_pair(pair, [scores[size] for size in sizes], region, known) for pair in combinations(searches, 2)],
    }


def other_windows(task: VisibleTask, own: int | None, seed: int) -> dict[int, VisibleTask]:
    """Return the task in half its window and in twice as much, by their steps, where it has steps enough."""
    found = {}
    for steps in () if own is None else (round(factor * own) for factor in FACTORS):
        try:
            one = None if steps < 2 else task.with_window(steps)
        except InputError:  # too few steps for such a window
            continue
        if one is not None and one.split(seed).train.lengths.max() == steps:
            found[steps] = one
    return found


def of_all_splits(baselines: list[list[ValidatedBaseline]], metric: Deciding) -> list[list[float]]:
    """Return each simple model's validation score on every split, where it has one on all of them."""
    by_name: dict[str, list[float]] = {}
    for of_split in baselines:
        for one in of_split:
            score = verdict_score(one.validation, metric)
            by_name.setdefault(one.name, []).extend([] if score is None else [score])
    return [scores for scores in by_name.values() if len(scores) == len(baselines)]


def _scores(name: str, searched: Search, task: VisibleTask, basis: Basis) -> list[float | None]:
    """Return a cell's validation score in each replicate, by the configuration that it selected there."""
    train = task.split(basis.replicates[0].seed).train
    search = searched.on(task, train, basis.found["protocol"]["max_epochs"])
    scores = []
    for k, replicate in enumerate(basis.replicates):
        entry = basis.found["replicates"][k]
        chosen = entry["configurations"][entry["cells"][name]["selected"]]
        lot = Trials([chosen], jax.random.split(jax.random.key(replicate.seed), 1))
        trivial = trivial_validation(basis.baselines[k], basis.metric)
        go_on = search.as_long_as(basis.selected(name, k))
        scores.append(search.train(lot, task.split(replicate.seed), trivial, go_on=go_on).entry["trials"][0]["score"])
    return scores


def _pair(
    names: tuple[str, str], of_windows: list[dict[str, list[float | None]]], region: float, known: list[list[float]]
) -> WindowPair:
    """Return two cells' difference and label for each window, by the rules of the verdict, in validation."""
    differences, labels = [], []
    for scores in of_windows:
        a, b = (np.array([np.nan if s is None else s for s in scores[name]], float) for name in names)
        if not np.isfinite([*a, *b]).all():
            differences.append(None)
            labels.append(None)
            continue
        evidence = weigh(names, a, b, region=region, baseline=known or None)
        differences.append(estimate_entry(evidence.difference))
        labels.append(text_of(decide(evidence).label, names))
    return {"names": list(names), "differences": differences, "labels": labels}
