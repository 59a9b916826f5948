"""What a censored metric sees of each replicate: steps by the curve of the selected trial, lengths in the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, assert_never

import numpy as np

from gatedrnn.comparison.search.limits import selected
from gatedrnn.tasks.censored import CENSORED, accepted_up_to, censored_metric, first_reached
from gatedrnn.tasks.parts import Part

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.censored import CensoredEntry, LengthsEntry
    from gatedrnn.comparison.schema.results import Found
    from gatedrnn.comparison.schema.runs import ReadTest
    from gatedrnn.comparison.search.of_task import TaskSearch
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.tasks.parts import FinalTest
    from gatedrnn.tasks.simple_models import FittedBaseline, ValidatedBaseline
    from gatedrnn.tasks.task import Task
    from gatedrnn.types import Params


def censored_entry(
    task: Task, settings: Settings, searched: TaskSearch, tested: ReadTest, examples: int
) -> CensoredEntry | None:
    """Return what the verdict rests on; None where it rests on scores.

    Args:
        task: the task, with its test.
        settings: the settings of the comparison, which say what was asked for.
        searched: what all searches of the task found.
        tested: what was read of the test part.
        examples: sequences of the training part.
    """
    match censored_metric(settings.metric):
        case None:
            return None
        case "steps-to-threshold":
            threshold = settings.threshold_of(task)
            assert threshold is not None  # or settings would have been refused
            return steps_entry(
                searched.found, searched.baselines, threshold, examples // min(settings.batch_size, examples)
            )
        case "longest-length":
            assert tested["lengths"] is not None
            return lengths_entry(tested["lengths"])
        case other:
            assert_never(other)


def steps_entry(found: Found, baselines: list[list[ValidatedBaseline]], threshold: float, every: int) -> CensoredEntry:
    """Return after how many updates the selected trials first had a validation loss of the threshold or lower.

    It is looked at after each epoch. A run that ended before, by its patience or as it diverged, does not reach it: the
    procedure ended. One that the cap ended may yet; that is after the limit as well. A simple model that reaches it
    does so after no update.

    Args:
        found: what the searches of a task found.
        baselines: what is known of the simple models on each replicate's split.
        threshold: the loss that steps are counted to, in nats by the task's unit.
        every: updates of an epoch.
    """

    def steps(name: str) -> list[int | None]:
        epochs = [first_reached(trial["curve"], threshold) for trial in selected(found, name)]
        return [None if epoch is None else every * epoch for epoch in epochs]

    known: dict[str, list[int | None]] = {}
    for model in (model for of_split in baselines for model in of_split):
        if "nats" in model.validation:
            known.setdefault(model.name, []).append(0 if model.validation["nats"] <= threshold else None)
    return {
        "name": "steps-to-threshold",
        "words": CENSORED["steps-to-threshold"].words,
        "unit": CENSORED["steps-to-threshold"].unit,
        "higher": CENSORED["steps-to-threshold"].higher,
        "threshold": threshold,
        "every": every,
        "limit": every * found["protocol"]["max_epochs"],
        "cells": {name: steps(name) for name in found["replicates"][0]["cells"]},
        "baselines": {name: each for name, each in known.items() if len(each) == len(baselines)},
    }


def lengths_entry(lengths: LengthsEntry) -> CensoredEntry:
    """Return how far was counted as what a verdict may rest on; whoever accepts all words is beyond the limit.

    Args:
        lengths: what was read of the test.

    Example:
        >>> lengths_entry({"longest": 9, "cells": {"LSTM": [9, 4]}, "baselines": {}})["cells"]
        {'LSTM': [None, 4]}
    """

    def seen(of: dict[str, list[int]]) -> dict[str, list[int | None]]:
        return {name: [n if n < lengths["longest"] else None for n in each] for name, each in of.items()}

    return {
        "name": "longest-length",
        "words": CENSORED["longest-length"].words,
        "unit": CENSORED["longest-length"].unit,
        "higher": CENSORED["longest-length"].higher,
        "threshold": None,
        "every": 1,
        "limit": lengths["longest"],
        "cells": seen(lengths["cells"]),
        "baselines": seen(lengths["baselines"]),
    }


class Reach(NamedTuple):
    """How far was counted in one replicate: the largest n up to which all words are accepted, by name."""

    cells: dict[str, int]
    baselines: dict[str, int]
    longest: int


def reach(
    words: FinalTest, searched: TaskSearch, k: int, params: dict[str, Params], fitted: list[FittedBaseline]
) -> Reach:
    """Return how far the selected networks and the simple models of one replicate count.

    A word is accepted where all letters that follow from others are the likeliest. What diverged accepts none.

    Args:
        words: one word of each length, from n = 1 on.
        searched: what all searches of the task found.
        k: the place of the replicate.
        params: the selected parameters by the cell's name.
        fitted: the simple models of the replicate's split.
    """
    cells = {}
    for name, one in searched.searches.items():
        each = one.measure.each(params[name], words.batch)
        entry = searched.found["replicates"][k]["cells"][name]
        alive = entry["trials"][entry["selected"]]["diverged_at"] is None
        cells[name] = int(accepted_up_to(np.asarray(each.of["correct"] == each.count))) if alive else 0
    known = {model.name: _counted(model, words) for model in fitted}
    return Reach(cells, known, len(words.batch.lengths))


def _counted(model: FittedBaseline, words: FinalTest) -> int:
    """Return how far a simple model counts, word after word: it seldom comes far."""
    batch = words.batch
    for k, length in enumerate(batch.lengths):
        one = batch.take(slice(k, k + 1))
        word = one._replace(x=one.x[:length], y=one.y[:length])
        if model.score(Part(word, words.offset, words.scale)).get("accuracy") != 1.0:
            return k
    return len(batch.lengths)


def together(of_replicates: list[Reach]) -> LengthsEntry | None:
    """Return how far was counted in all replicates; None where lengths are not asked for."""
    if not of_replicates:
        return None
    models = [name for name in of_replicates[0].baselines if all(name in each.baselines for each in of_replicates)]
    return {
        "longest": of_replicates[0].longest,
        "cells": {name: [each.cells[name] for each in of_replicates] for name in of_replicates[0].cells},
        "baselines": {name: [each.baselines[name] for each in of_replicates] for name in models},
    }
