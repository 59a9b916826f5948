"""All searches of a task: every cell in a thread, replicate after replicate, finished ones taken from the folder."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np

from gatedrnn.comparison.search.replicate import joined
from gatedrnn.training.population import Interrupted

if TYPE_CHECKING:
    from gatedrnn.comparison.search.extension import Extra
    from gatedrnn.comparison.search.files import Folder
    from gatedrnn.comparison.search.replicate import Found, Replicate, Search
    from gatedrnn.training.early_stopping import State

WAVE = 4
"""Trials between two looks at the clock, where the budget is a time."""


class Progress(NamedTuple):
    """What is told at the start of a task, after each segment of a search, and when a search is done."""

    task: str
    cell: str
    replicate: int
    stopped: int
    """Trials of this replicate that have ended."""
    best: float | None
    """Best validation score of this replicate so far, in the task's unit."""
    done: bool
    """Whether the replicate is finished."""
    extending: bool = False
    """Whether these are the trials of an extension."""


class Phase(NamedTuple):
    """What all searches of a phase share.

    Attributes:
        task: its name.
        replicates: all of them.
        trivial: validation score of the trivial baseline on each of their splits; None where there is none.
        folder: where finished searches are found, and new ones kept.
        tell: called with the progress, from the threads of all cells.
        stage: appended to the names of files; "" for the search itself.
        seconds: of training for each cell in each replicate; None where the trials are the budget.
    """

    task: str
    replicates: list[Replicate]
    trivial: list[float | None]
    folder: Folder
    tell: Callable[[Progress], None]
    stage: str = ""
    seconds: float | None = None


def search_all(
    phase: Phase, searches: dict[str, Search], extras: dict[str, list[Extra]] | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Run all replicates of each cell, each cell in a thread; the first error, or Ctrl-C, stops all.

    Args:
        phase: what they share.
        searches: of each cell.
        extras: what an extension adds to each; None in the search itself.

    Returns:
        Each cell's entries, one for each replicate.
    """
    stop = threading.Event()
    errors: list[BaseException] = []

    def tell(progress: Progress) -> None:
        if stop.is_set():
            raise Interrupted("the comparison was stopped")
        phase.tell(progress)

    told = phase._replace(tell=tell)

    def search_cell(name: str) -> list[dict[str, Any]]:
        added = [None] * len(phase.replicates) if extras is None else extras[name]
        try:
            return [search_one(told, name, searches[name], k, extra) for k, extra in enumerate(added)]
        except BaseException as error:
            errors.append(error)
            stop.set()
            raise

    with ThreadPoolExecutor(max_workers=len(searches)) as pool:
        futures = {name: pool.submit(search_cell, name) for name in searches}
        try:
            return {name: future.result() for name, future in futures.items()}
        except Exception:
            # What stopped the others, not that they were stopped.
            raise errors[0] from None
        except BaseException:
            stop.set()
            raise


def search_one(phase: Phase, name: str, search: Search, k: int, extra: Extra | None) -> dict[str, Any]:
    """Run one cell's search in the k-th replicate, or return what it found before an interruption."""
    key = (phase.task, name, phase.replicates[k].index)
    entry = phase.folder.load(*key, phase.stage)
    if entry is None:
        found = _train_in_time(phase, name, search, k) if phase.seconds else _train(phase, name, search, k, extra)
        entry = found.entry
        phase.folder.finish(*key, entry, jax.tree.leaves(found.params), phase.stage)
    trials = entry["trials"]
    best = trials[entry["selected"]]["validation"]
    phase.tell(Progress(*key, len(trials), best, True, extra is not None))
    return entry


def _train(phase: Phase, name: str, search: Search, k: int, extra: Extra | None) -> Found:
    replicate = phase.replicates[k]
    split, key = replicate.split, (phase.task, name, replicate.index)

    def on_segment(states: State) -> None:
        best = float(np.min(states.best_validation))
        best_so_far = best + split.offset if np.isfinite(best) else None
        phase.tell(Progress(*key, int(np.sum(states.stopped)), best_so_far, False, extra is not None))

    with phase.folder.checkpoints(*key, phase.stage) as store:
        lot, eligible = (replicate.lot, None) if extra is None else (extra.lot, extra.eligible)
        return search.train(lot, split, phase.trivial[k], eligible=eligible, store=store, on_segment=on_segment)


def _train_in_time(phase: Phase, name: str, search: Search, k: int) -> Found:
    """Train wave after wave; none starts when the time is over, and each cell has at least one."""
    replicate = phase.replicates[k]
    split, lot, found = replicate.split, replicate.lot, None
    for start in range(0, len(lot.configurations), WAVE):
        if found is not None and found.entry["seconds"] >= (phase.seconds or 0.0):
            break
        wave = search.train(lot.part(start, start + WAVE), split, phase.trivial[k])
        found = wave if found is None else joined(found, wave)
        trials, selected = found.entry["trials"], found.entry["selected"]
        best = trials[selected]["validation"]
        phase.tell(Progress(phase.task, name, replicate.index, len(trials), best, False))
    assert found is not None
    return found
