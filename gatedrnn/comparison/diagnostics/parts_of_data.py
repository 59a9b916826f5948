"""A learning curve over training data: the selected configurations, trained again on a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import numpy as np

from gatedrnn.comparison.search.replicate import Trials

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.further import DataEntry
    from gatedrnn.comparison.schema.results import Found
    from gatedrnn.comparison.schema.runs import TrialEntry
    from gatedrnn.comparison.search.replicate import Replicate
    from gatedrnn.comparison.search.search import Search
    from gatedrnn.tasks.parts import Batch

PARTS = (0.1, 0.3)
"""Parts of the training sequences; the whole is what the search itself trained on."""


def parts_of_data(searches: dict[str, Search], replicates: list[Replicate], found: Found) -> DataEntry:
    """Return validation scores of each cell on 10, 30 and 100 % of the training sequences.

    In each replicate the configuration that was selected on all data is trained on a part, the same one for all cells;
    nothing is searched again, and the test part is not looked at.

    Args:
        searches: the search of each cell, by name.
        replicates: the replicates of the comparison.
        found: what the searches of the task found.
    """
    whole = replicates[0].visible().train
    examples = [max(2, round(part * whole.x.shape[1])) for part in PARTS]
    scores: dict[str, list[list[float | None]]] = {}
    for name, search in searches.items():
        scores[name] = []
        for size in examples:
            less = search.on(replicates[0].task, subset(whole, size, 0), found["protocol"]["max_epochs"])
            scores[name].append([_score(less, r, found, name, size) for r in replicates])
        scores[name].append([_selected(found, name, r.index)["validation"] for r in replicates])
    return {"parts": [*PARTS, 1.0], "examples": [*examples, whole.x.shape[1]], "validation": scores}


def subset(train: Batch, size: int, seed: int) -> Batch:
    """Return ``size`` sequences of the training part, which a seed draws.

    Example:
        >>> from gatedrnn.tasks.parts import Batch
        >>> whole = Batch(np.zeros((3, 8, 2)), np.full(8, 3), np.arange(8))
        >>> subset(whole, 2, seed=0).x.shape
        (3, 2, 2)
    """
    rows = np.sort(np.random.default_rng([seed, 2]).permutation(train.x.shape[1])[:size])
    return train.take(rows)


def _selected(found: Found, name: str, index: int) -> TrialEntry:
    entry = found["replicates"][index]["cells"][name]
    return entry["trials"][entry["selected"]]


def _score(search: Search, replicate: Replicate, found: Found, name: str, size: int) -> float | None:
    entry = found["replicates"][replicate.index]
    configuration = entry["configurations"][entry["cells"][name]["selected"]]
    visible = replicate.visible()
    lot = Trials([configuration], jax.random.split(jax.random.key(replicate.seed), 1))
    part = subset(visible.train, size, replicate.seed)
    go_on = search.as_long_as(_selected(found, name, replicate.index))
    return search.train(lot, visible._replace(train=part), None, go_on=go_on).entry["trials"][0]["validation"]
