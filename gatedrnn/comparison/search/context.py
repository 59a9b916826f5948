"""One search among those of a task: what they share, how they run beside each other, what the folder has of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import jax
import numpy as np

from gatedrnn.comparison.received import search_check
from gatedrnn.training.store import Interrupted

if TYPE_CHECKING:
    from gatedrnn.comparison.folder import Folder
    from gatedrnn.comparison.schema.runs import SearchEntry
    from gatedrnn.comparison.search.pace import Pace
    from gatedrnn.comparison.search.replicate import Replicate, Trials
    from gatedrnn.comparison.search.search import Search
    from gatedrnn.comparison.search.selection import SearchResult
    from gatedrnn.experiment.schema import Check
    from gatedrnn.training.early_stopping import EarlyStoppingState
    from gatedrnn.training.store import Store

T = TypeVar("T")


class Preparing(NamedTuple):
    """What is told before and between searches: what takes time there."""

    task: str
    what: str


class SearchProgress(NamedTuple):
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


class SearchContext(NamedTuple):
    """What all searches of a phase share.

    Attributes:
        task: the name of the task.
        replicates: the replicates of the comparison, in order.
        trivial: the validation score of the trivial baseline on each of their splits; None where there is none.
        folder: where finished searches are found, and new ones kept.
        tell: called with the progress, from the threads of all cells.
        stage: what is appended to the names of files; "" for the search itself.
    """

    task: str
    replicates: list[Replicate]
    trivial: list[float | None]
    folder: Folder
    tell: Callable[[SearchProgress], None]
    stage: str = ""


class Work(NamedTuple):
    """Trials of one cell in one replicate, to be run together.

    Attributes:
        cell: the name of the cell.
        search: the search that trains the trials.
        k: the place of the replicate, from 0.
        lot: the trials to be trained together.
        eligible: how many of the trials, from the first, are no filling; None is all.
        before: how many trials of this replicate were run before these.
        extending: whether the trials extend a search.
        pace: what keeps all cells together within a time; None where there is none.
    """

    cell: str
    search: Search
    k: int
    lot: Trials
    eligible: int | None = None
    before: int = 0
    extending: bool = False
    pace: Pace | None = None


def together(context: SearchContext, jobs: dict[str, Callable[[SearchContext], T]]) -> dict[str, T]:
    """Do each cell's job in a thread; the first error, or Ctrl-C, stops all at their next report.

    Args:
        context: what all searches of this stage share.
        jobs: what to do for each cell, called with a context whose ``tell`` stops it.
    """
    stop = threading.Event()
    errors: list[BaseException] = []

    def tell(progress: SearchProgress) -> None:
        if stop.is_set():
            raise Interrupted("the comparison was stopped")
        context.tell(progress)

    told = context._replace(tell=tell)

    def do(job: Callable[[SearchContext], T]) -> T:
        try:
            return job(told)
        except BaseException as error:
            errors.append(error)
            stop.set()
            raise

    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        futures = {name: pool.submit(do, job) for name, job in jobs.items()}
        try:
            return {name: future.result() for name, future in futures.items()}
        except Exception:
            # What stopped the others, not that they were stopped.
            raise errors[0] from None
        except BaseException:
            stop.set()
            raise


def search_one(context: SearchContext, work: Work) -> SearchEntry:
    """Run one cell's search in one replicate, or return what it found before an interruption."""
    entry = find(context, work)
    tell_done(context, work, entry)
    return entry


def find(context: SearchContext, work: Work) -> SearchEntry:
    """Return what trials found, from the folder where they are finished, and keep it there where they were not."""
    key = key_of(context, work)
    entry = context.folder.load(*key, context.stage, check=check_of(work))
    if entry is not None:
        return entry
    with context.folder.checkpoints(*key, context.stage) as store:
        found = train(context, work, store)
    context.folder.finish(*key, found.entry, jax.tree.leaves(found.params), context.stage)
    return found.entry


def key_of(context: SearchContext, work: Work) -> tuple[str, str, int]:
    """Return what a search is called in the folder: task, cell, replicate."""
    return context.task, work.cell, context.replicates[work.k].index


def check_of(work: Work) -> Check:
    """Return what refuses a finished search that is not of this work."""
    return search_check(len(work.lot.configurations), work.eligible, work.search.max_epochs)


def train(context: SearchContext, work: Work, store: Store) -> SearchResult:
    """Train one cell's trials, and tell how far they are after each segment."""
    replicate = context.replicates[work.k]
    visible = replicate.visible()

    def on_segment(states: EarlyStoppingState) -> None:
        best = float(np.min(states.best_validation[: work.eligible]))
        best_so_far = best + visible.offset if np.isfinite(best) else None
        ended = work.before + int(np.sum(states.stopped[: work.eligible]))
        context.tell(
            SearchProgress(context.task, work.cell, replicate.index, ended, best_so_far, False, work.extending)
        )

    within = {} if work.pace is None else {"go_on": partial(work.pace.go_on, work.cell)}
    return work.search.train(
        work.lot,
        visible,
        context.trivial[work.k],
        eligible=work.eligible,
        store=store,
        on_segment=on_segment,
        **within,
    )


def tell_done(context: SearchContext, work: Work, entry: SearchEntry) -> None:
    """Tell that a replicate of one cell is finished."""
    trials, index = entry["trials"], context.replicates[work.k].index
    best = trials[entry["selected"]]["validation"]
    context.tell(SearchProgress(context.task, work.cell, index, len(trials), best, True, work.extending))
