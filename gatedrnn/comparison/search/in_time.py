"""Searches within a budget of time: all cells try the same configurations, a few at a time, as long as more fit."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gatedrnn.comparison.received import waves_check
from gatedrnn.comparison.search.context import Work, find, tell_done, together
from gatedrnn.comparison.search.extension import NOTHING
from gatedrnn.comparison.search.pace import Pace
from gatedrnn.comparison.search.replicate import Trials
from gatedrnn.comparison.search.selection import reached

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.runs import SearchEntry
    from gatedrnn.comparison.search.context import SearchContext
    from gatedrnn.comparison.search.search import Search

WAVE = 4
"""Trials that start together at most: the number that is compiled, to which fewer are filled up.

Where epochs are long it is 1: what fills a wave up takes an epoch to end, and the budget with it.
"""

CLOCK = "clock"
"""What the files are called that say where the clock ended a wave: no cell has this name."""

Wave: TypeAlias = "dict[str, SearchEntry]"
"""What each cell found in the same few trials, as results.json has it of a whole search."""


def search_in_time(context: SearchContext, searches: dict[str, Search], seconds: float) -> dict[str, list[SearchEntry]]:
    """Run all replicates within a time of training, all cells at the same time and with the same configurations.

    The slowest cell holds the clock. Replicates share the time evenly: what one leaves or takes too much, the next ones
    have more or less. In each, one trial is begun at least; where the time of a replicate is over, its trials end, in
    all cells after the same epochs. What is finished is found in the folder, with its times, so that a resumed search
    decides as one that was not interrupted.

    Args:
        context: what all cells share.
        searches: the search of each cell, by the cell's name.
        seconds: the time of training that all replicates share, without compiling.

    Returns:
        Each cell's entries, one for each replicate.
    """
    entries: dict[str, list[SearchEntry]] = {name: [] for name in searches}
    used, lengths, count = 0.0, [], len(context.replicates)
    for k in range(count):
        until = used + (seconds - used) / (count - k)
        waves = _finished(context, searches, k) or _waves(context, searches, k, until - used, lengths)
        used += sum(map(spent, waves))
        lengths += [length for wave in waves for length in trial_lengths(wave)]
        for name, search in searches.items():
            entry = joined([wave[name] for wave in waves])
            tell_done(context, Work(name, search, k, context.replicates[k].lot), entry)
            entries[name].append(entry)
    return entries


def fitting(lengths: list[float], left: float, *, first: bool, most: int = WAVE) -> int:
    """Return how many trials start next.

    None where a trial of the mean length does not fit; as many as fit if all took as long as the longest; otherwise
    one. A trial that is longer than all before is ended by the clock.

    Args:
        lengths: seconds of the trials so far, of the slowest cell.
        left: seconds of this replicate.
        first: whether the replicate has no trial yet: one is run in any case.
        most: how many may start together.

    Example:
        >>> [fitting([1.0, 3.0], left, first=False) for left in (1.9, 2.0, 6.1, 100.0)]
        [0, 1, 2, 4]
    """
    if not lengths:
        return 1
    if left < np.mean(lengths):
        return int(first)
    return int(np.clip(left // max(lengths), 1, most))


def most_together(searches: dict[str, Search]) -> int:
    """Return how many trials start together at most."""
    return 1 if any(search.long_epochs for search in searches.values()) else WAVE


def spent(wave: Wave) -> float:
    """Return how long a wave took: its slowest cell."""
    return max(entry["seconds"] for entry in wave.values())


def trial_lengths(wave: Wave) -> list[float]:
    """Return how long each trial took, in the cell in which it took longest."""
    each = zip(*([trial["seconds"] for trial in entry["trials"]] for entry in wave.values()), strict=True)
    return [max(of_cells) for of_cells in each]


def joined(waves: list[SearchEntry]) -> SearchEntry:
    """Return what one cell found in several waves as one search's entry."""
    best = waves[winning(waves)]
    before = sum(len(wave["trials"]) for wave in waves[: waves.index(best)])
    return {
        "trials": [trial for wave in waves for trial in wave["trials"]],
        "selected": before + best["selected"],
        "train_curve": best["train_curve"],
        "seconds": sum(wave["seconds"] for wave in waves),
    }


def winning(waves: list[SearchEntry]) -> int:
    """Return the first wave whose selected trial has the best score."""
    return int(np.argmin([reached(wave["trials"][wave["selected"]]) for wave in waves]))


def _waves(
    context: SearchContext, searches: dict[str, Search], k: int, seconds: float, lengths: list[float]
) -> list[Wave]:
    """Run one replicate's waves, each in all cells, and keep the winners of all waves as those of the search."""
    replicate, waves, start = context.replicates[k], [], 0
    lot, lengths, left = replicate.lot, list(lengths), seconds
    most = most_together(searches)
    while size := min(fitting(lengths, left, first=not waves, most=most), len(lot.configurations) - start):
        pace = _pace(context, list(searches), k, start, left)
        jobs = {
            name: partial(_wave, Work(name, one, k, lot, size, start, pace=pace), pace, most)
            for name, one in searches.items()
        }
        wave = together(context, jobs)
        waves.append(wave)
        left -= spent(wave)
        lengths += trial_lengths(wave)
        start += size
    for name in searches:
        key = context.task, name, replicate.index
        own = [wave[name] for wave in waves]
        before = sum(len(wave["trials"]) for wave in own[: winning(own)])
        params = context.folder.winner(*key, _stage(context, before), like=searches[name].leaves)
        context.folder.finish(*key, {"waves": own}, params, context.stage)
    for name in searches:
        context.folder.drop(context.task, name, replicate.index, f"{context.stage}-wave-")
    context.folder.drop(context.task, CLOCK, replicate.index, f"{context.stage}-wave-")
    return waves


def _pace(context: SearchContext, cells: list[str], k: int, start: int, seconds: float) -> Pace:
    """Return what ends a wave in all cells when its time is over; that it did is kept in the folder."""
    key = context.task, CLOCK, context.replicates[k].index, _stage(context, start)
    return Pace(cells, seconds, context.folder.stopped(*key), partial(context.folder.stop, *key))


def _wave(work: Work, pace: Pace, most: int, context: SearchContext) -> SearchEntry:
    """Run one wave of one cell, filled up to the number that is compiled."""
    start, size, lot = work.before, work.eligible or 0, work.lot
    filling = most - size
    some = lot.part(start, start + size)
    keys = lot.keys[np.minimum(np.arange(start, start + most), len(lot.keys) - 1)]
    filled = Trials([*some.configurations, *[NOTHING] * filling], keys)
    with pace.taking_part(work.cell):
        entry = find(context._replace(stage=_stage(context, start)), work._replace(lot=filled))
    return {**entry, "trials": entry["trials"][:size]}


def _stage(context: SearchContext, start: int) -> str:
    return f"{context.stage}-wave-{start}"


def _finished(context: SearchContext, searches: dict[str, Search], k: int) -> list[Wave] | None:
    """Return the waves of a finished replicate; None where it is not finished in all cells."""
    replicate = context.replicates[k]
    key, trials = (replicate.index, context.stage), len(replicate.lot.configurations)
    found = {
        name: context.folder.load_waves(context.task, name, *key, check=waves_check(trials, one.max_epochs))
        for name, one in searches.items()
    }
    if any(entry is None for entry in found.values()):
        return None
    own = {name: entry["waves"] for name, entry in found.items() if entry is not None}
    return [dict(zip(own, of_cells, strict=True)) for of_cells in zip(*own.values(), strict=True)]
