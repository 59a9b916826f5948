"""The protocol: the same procedure for both cells, repeated with its own split, configurations and seed each time."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gatedrnn.comparison import provenance
from gatedrnn.comparison.costs.counting import network_costs
from gatedrnn.comparison.costs.matching import match
from gatedrnn.comparison.costs.timing import step_seconds
from gatedrnn.comparison.search.model import CELLS, make_cell
from gatedrnn.comparison.search.replicate import Replicate, Search, draw_replicate
from gatedrnn.comparison.verdict.judge import judge
from gatedrnn.tasks import registry

if TYPE_CHECKING:
    from gatedrnn.comparison.search.files import Folder
    from gatedrnn.comparison.search.settings import Settings
    from gatedrnn.tasks.task import Baseline, Task
    from gatedrnn.training.early_stopping import State

SCHEMA = 1


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
    """Whether the replicate is finished, and tested."""


def compare(
    settings: Settings, folder: Folder, *, command: str, on_progress: Callable[[Progress], None] | None = None
) -> dict[str, Any]:
    """Compare two cells on each task, and return what results.json holds.

    Finished searches found in ``folder`` are not repeated, and an interrupted one goes on where its last
    checkpoint is. Both cells are searched at the same time, in a thread each.
    """
    started, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()
    tasks = [registry.load(name) for name in settings.tasks]
    results = [compare_on(task, settings, folder, on_progress or (lambda _: None)) for task in tasks]
    device, versions = provenance.device(), provenance.versions()
    return {
        "schema": SCHEMA,
        "command": command,
        "started": started.isoformat(timespec="seconds"),
        "seconds": time.perf_counter() - clock,
        "versions": versions,
        "device": device,
        "seed": settings.seed,
        "settings": settings.as_dict(),
        "tasks": [{**result, **judge(result, device)} for result in results],
    }


def compare_on(
    task: Task, settings: Settings, folder: Folder, on_progress: Callable[[Progress], None]
) -> dict[str, Any]:
    """Compare two cells on one task: everything but statistics and verdict."""
    for name in settings.cells:
        on_progress(Progress(task.name, name, 0, 0, None, False))
    sizes = hidden_sizes(task, settings)
    replicates = [draw_replicate(task, settings, index) for index in range(settings.replicates)]
    baselines = [task.baselines(replicate.split) for replicate in replicates]
    train = replicates[0].split.train
    timed = step_seconds(
        {name: make_cell(name, sizes[name]) for name in settings.cells},
        task.in_dim,
        batch=settings.batch_size,
        length=train.x.shape[0],
    )
    searches = {name: Search(make_cell(name, sizes[name]), task, settings, train) for name in settings.cells}
    entries = search_both(task, searches, replicates, folder, on_progress)
    return {
        "name": task.name,
        "title": task.title,
        "kind": task.kind,
        "unit": task.unit,
        "source": task.source,
        "data_sha256": task.data_sha256,
        "protocol": protocol_entry(settings),
        "baselines": baseline_entries(baselines),
        "cells": {
            name: {
                **network_costs(make_cell(name, sizes[name]), task.in_dim, task.out_dim),
                "step_seconds": timed[name],
                "training_seconds": float(np.mean([entry["seconds"] for entry in entries[name]])),
                "compile_seconds": searches[name].population.compile_seconds,
            }
            for name in settings.cells
        },
        "replicates": [
            {
                "index": replicate.index,
                "seed": replicate.seed,
                "configurations": replicate.configurations,
                "cells": {name: entries[name][replicate.index] for name in settings.cells},
            }
            for replicate in replicates
        ],
    }


def hidden_sizes(task: Task, settings: Settings) -> dict[str, int]:
    """Return each cell's units: those asked for, or those of equal parameters, recurrent layer and head counted."""
    if settings.sizes is not None:
        return dict(zip(settings.cells, settings.sizes, strict=True))
    kinds = {name: CELLS[name] for name in settings.cells}
    matched = match(kinds, task.in_dim, task.out_dim, settings.hidden, by="parameters")
    return {name: matched[name].hidden for name in settings.cells}


def search_both(
    task: Task,
    searches: dict[str, Search],
    replicates: list[Replicate],
    folder: Folder,
    on_progress: Callable[[Progress], None],
) -> dict[str, list[dict[str, Any]]]:
    """Run all replicates of each cell, each cell in a thread; the first error, or Ctrl-C, stops both."""
    stop = threading.Event()

    def search_all(name: str) -> list[dict[str, Any]]:
        try:
            return [search_one(task, name, searches[name], r, folder, tell) for r in replicates]
        except BaseException:
            stop.set()
            raise

    def tell(progress: Progress) -> None:
        if stop.is_set():
            raise InterruptedError("the comparison was stopped")
        on_progress(progress)

    with ThreadPoolExecutor(max_workers=len(searches)) as pool:
        futures = {name: pool.submit(search_all, name) for name in searches}
        try:
            return {name: future.result() for name, future in futures.items()}
        except BaseException:
            stop.set()
            raise


def search_one(
    task: Task,
    name: str,
    search: Search,
    replicate: Replicate,
    folder: Folder,
    tell: Callable[[Progress], None],
) -> dict[str, Any]:
    """Run one cell's search in one replicate, or return what it found before an interruption."""
    entry = folder.load(task.name, name, replicate.index)
    if entry is None:
        offset = replicate.split.offset

        def on_segment(states: State) -> None:
            best = float(np.min(states.best_validation))
            best_so_far = best + offset if np.isfinite(best) else None
            tell(Progress(task.name, name, replicate.index, int(np.sum(states.stopped)), best_so_far, False))

        with folder.checkpoints(task.name, name, replicate.index) as store:
            entry = search.run(replicate, store=store, on_segment=on_segment)
        folder.finish(task.name, name, replicate.index, entry)
    trials = entry["trials"]
    tell(Progress(task.name, name, replicate.index, len(trials), trials[entry["selected"]]["validation"], True))
    return entry


def protocol_entry(settings: Settings) -> dict[str, Any]:
    """Return the protocol as results.json has it."""
    return {
        "replicates": settings.replicates,
        "trials": settings.trials,
        "max_epochs": settings.max_epochs,
        "patience": settings.patience,
        "batch_size": settings.batch_size,
        "matching": "parameters" if settings.sizes is None else "explicit sizes",
        "space": settings.space.describe(),
    }


def baseline_entries(baselines: list[list[Baseline]]) -> list[dict[str, Any]]:
    """Return each baseline's means over replicates; the strongest is the one of the best mean validation score."""
    by_name: dict[str, list[Baseline]] = {}
    for baseline in (baseline for split in baselines for baseline in split):
        by_name.setdefault(baseline.name, []).append(baseline)
    means = [
        {
            "name": name,
            "choices": [b.choice for b in same],
            "validation": float(np.mean([b.validation for b in same])),
            "test": float(np.mean([b.test for b in same])),
            "accuracy": None if same[0].accuracy is None else float(np.mean([b.accuracy or 0.0 for b in same])),
        }
        for name, same in by_name.items()
    ]
    strongest = min(means, key=lambda mean: mean["validation"])
    return [{**mean, "strongest": mean is strongest} for mean in means]
