"""Where the best runs lie at the edge of a range or at the cap, the search is extended: once, and for all cells."""

from __future__ import annotations

import math
import zlib
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.comparison.search import limits
from gatedrnn.comparison.search.replicate import Trials
from gatedrnn.comparison.search.selection import reached
from gatedrnn.experiment.space import RANGES, REACH

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import Found
    from gatedrnn.comparison.schema.runs import SearchEntry, TrialEntry
    from gatedrnn.comparison.search.replicate import Replicate
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.experiment.space import Configuration, Hyperparameter

STAGE = "-extended"
"""What the files of an extension are called, after those of the search."""
MORE_EPOCHS = 2
"""By how much the cap grows."""
NOTHING: Configuration = {
    "learning_rate": math.inf,
    "clip_norm": 1.0,
    "dropout": 0.0,
    "gate_bias": "0",
    "initial_weights": "own",
    "difference": "no",
    "hidden": 0,
}
"""A trial that ends in its first epoch: it fills up lots, so that all have the size that was compiled."""


class Extension(NamedTuple):
    """What is extended.

    Attributes:
        max_epochs: the new cap; None where it stays.
        edges: ranges with their sides, ("learning_rate", "lower").
        because: what was seen, in whole sentences.
    """

    max_epochs: int | None
    edges: tuple[tuple[Hyperparameter, str], ...]
    because: tuple[str, ...]


class Extra(NamedTuple):
    """What an extension adds to one cell in one replicate.

    Attributes:
        configurations: new configurations, which all cells share.
        again: places of the trials that the old cap had cut off, to be run again with the new one, and of the best of
            the others: should what was cut off diverge now, the best of all is among those that are run.
        lot: new trials, then those run again, filled up to the size that all cells have.
    """

    configurations: list[Configuration]
    again: list[int]
    lot: Trials

    @property
    def eligible(self) -> int:
        """How many trials of the lot are no filling."""
        return len(self.configurations) + len(self.again)


def extension(task: Found, settings: Settings) -> Extension | None:
    """Return what is to be extended; None where nothing is, or a budget in minutes leaves no room for more.

    Args:
        task: what the searches of a task found.
        settings: the settings of the comparison.
    """
    if not settings.extend or settings.minutes is not None:
        return None
    cap, names, n = settings.max_epochs, list(task["replicates"][0]["cells"]), len(task["replicates"])
    capped = [name for name in names if limits.capped(task, name)]
    found = [edge for name in names for edge in limits.edges(task, name) if edge.field in RANGES]
    because = [f"{name} had its best epoch at the cap of {cap}" for name in capped]
    because += [
        f"{e.cell} did best at the {e.side} edge of {e.field.replace('_', ' ')} ({e.selections} of {n})" for e in found
    ]
    sides: dict[tuple[Hyperparameter, str], None] = dict.fromkeys((edge.field, edge.side) for edge in found)
    return Extension(MORE_EPOCHS * cap if capped else None, tuple(sides), tuple(because)) if because else None


def extras(task: Found, replicates: list[Replicate], settings: Settings, extended: Extension) -> dict[str, list[Extra]]:
    """Return what the extension adds to each cell in each replicate.

    A run that had stopped before the old cap would end the same under any higher one, so that only those which it cut
    off are run again: the result is that of a search which had the new cap from the start.
    """
    new = [_configurations(replicate, settings, extended) for replicate in replicates]
    again = {
        name: [_again(entry["cells"][name]["trials"], settings, extended) for entry in task["replicates"]]
        for name in task["replicates"][0]["cells"]
    }
    size = max(len(places) + len(new[0]) for cell in again.values() for places in cell)

    def extra(replicate: Replicate, configurations: list[Configuration], places: list[int]) -> Extra:
        filling = size - len(configurations) - len(places)
        rerun = [replicate.configurations[place] for place in places]
        fresh = jax.random.split(jax.random.fold_in(jax.random.key(replicate.seed), 1), size)
        keys = [fresh[: len(configurations)], replicate.lot.keys[np.array(places, int)], fresh[size - filling :]]
        return Extra(
            configurations, places, Trials([*configurations, *rerun, *[NOTHING] * filling], jnp.concatenate(keys))
        )

    return {name: [extra(*each) for each in zip(replicates, new, cell, strict=True)] for name, cell in again.items()}


def with_extra(before: SearchEntry, after: SearchEntry | None, extra: Extra) -> tuple[SearchEntry, bool]:
    """Return a search's entry together with its extension's, and whether the selected trial is the latter's.

    It is that of a search which had the new cap from the start, also in the seconds it took, and where a run that was
    cut off diverges later.

    Args:
        before: the entry of the search.
        after: the entry of the extension, its trials in the order of ``extra.lot``; None where it added nothing.
        extra: what the extension added to this search.
    """
    if after is None:
        return before, False
    trials, count = list(before["trials"]), len(extra.configurations)
    for place, trial in zip(extra.again, after["trials"][count : extra.eligible], strict=True):
        trials[place] = trial
    places = [*range(len(trials), len(trials) + count), *extra.again]
    trials += after["trials"][:count]
    old, new = (entry["trials"][entry["selected"]] for entry in (before, after))
    # Where something was run again, the best of what was not is in the lot as well.
    better = bool(extra.again) or (new["diverged_at"] is None and reached(new) <= reached(old))
    return {
        "trials": trials,
        "selected": places[after["selected"]] if better else before["selected"],
        "train_curve": (after if better else before)["train_curve"],
        "seconds": sum(trial["seconds"] for trial in trials),
    }, better


def _configurations(replicate: Replicate, settings: Settings, extended: Extension) -> list[Configuration]:
    """Draw as many configurations beyond each edge as the search has on that length of the axis."""
    rng = np.random.default_rng([settings.seed, zlib.crc32(replicate.task.name.encode()), replicate.index, 1])
    each = math.ceil(REACH * (settings.trials or 0))
    return [c for edge in extended.edges for c in settings.space_of(replicate.task).beyond(*edge).sample(rng, each)]


def _again(trials: list[TrialEntry], settings: Settings, extended: Extension) -> list[int]:
    cut_off = _cut_off(trials, settings, extended)
    others = [place for place in range(len(trials)) if place not in cut_off]
    scores = [reached(trials[place]) for place in others]
    return [*cut_off, others[int(np.argmin(scores))]] if cut_off and others else cut_off


def _cut_off(trials: list[TrialEntry], settings: Settings, extended: Extension) -> list[int]:
    """Return the places of trials that were still improving when the cap ended them."""
    if extended.max_epochs is None:
        return []
    return [
        place
        for place, trial in enumerate(trials)
        if trial["epochs"] == settings.max_epochs
        and trial["diverged_at"] is None
        and trial["epochs"] - trial["best_epoch"] < settings.patience
    ]
