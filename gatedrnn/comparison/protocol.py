"""The protocol: the same procedure for all cells, repeated with its own split, configurations and seed each time.

Search on training and validation parts; write down what difference matters; then read the test part, once.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.comparison import received
from gatedrnn.comparison.beside import beside_entry, region_beside
from gatedrnn.comparison.censored import censored_entry
from gatedrnn.comparison.diagnostics.gates import gates
from gatedrnn.comparison.diagnostics.parts_of_data import parts_of_data
from gatedrnn.comparison.diagnostics.windows import Basis, windows
from gatedrnn.comparison.entries import with_tests
from gatedrnn.comparison.search.of_task import CompareProgress, TaskSearch
from gatedrnn.comparison.search.replicate import Replicate
from gatedrnn.comparison.searched import search_task
from gatedrnn.comparison.sizes import costs_of_network
from gatedrnn.comparison.tested import read_test
from gatedrnn.comparison.tuned import save_tuned
from gatedrnn.comparison.verdict.judge import judge
from gatedrnn.comparison.verdict.region import region_entry
from gatedrnn.experiment import provenance
from gatedrnn.tasks import registry

if TYPE_CHECKING:
    from gatedrnn.comparison.folder import Folder
    from gatedrnn.comparison.schema.further import FullEntry
    from gatedrnn.comparison.schema.results import RegionEntry, Results, TestedTask
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.tasks.simple_models import Scores
    from gatedrnn.tasks.task import Task
    from gatedrnn.types import Cell

SCHEMA = 4


def compare(
    settings: Settings, folder: Folder, *, command: str, on_progress: Callable[[CompareProgress], None] | None = None
) -> Results:
    """Compare cells on each task, and return what results.json holds.

    Finished searches found in ``folder`` are not repeated, and an interrupted one goes on where its last
    checkpoint is. All cells are searched at the same time, in a thread each.
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
        "tasks": [{**result, "pairs": judge(result, device)} for result in results],
    }


def compare_on(
    task: Task, settings: Settings, folder: Folder, on_progress: Callable[[CompareProgress], None]
) -> TestedTask:
    """Compare cells on one task: everything but statistics and verdict."""
    searched, replicates, sized, examples = search_task(task, settings, folder, on_progress)
    found, reckoned = searched.found, searched.reckoning
    # From here on, what difference matters is written down. Only now is the test part read.
    region, beside = written_regions(task, replicates, searched, settings, folder)
    tested = folder.once(
        task.name,
        "test",
        lambda: read_test(task, replicates, searched, folder, lengths=settings.metric == "longest-length"),
        received.test_check(found, beside, lengths=settings.metric == "longest-length"),
    )
    save_tuned(task, found, searched.searches, searched.stages, folder)
    return {
        "name": task.name,
        "title": task.title,
        "kind": task.kind,
        "unit": task.unit,
        "metric": reckoned.entry(reckoned.metric),
        "facts": dict(task.facts),
        "source": task.source,
        "data_sha256": task.data_sha256,
        "protocol": found["protocol"],
        "baselines": tested["baselines"],
        "cells": {
            name: {
                **costs_of_network(cell, task, settings),
                "step_seconds": sized.times[name],
                "training_seconds": float(np.mean([r["cells"][name]["seconds"] for r in found["replicates"]])),
                "compile_seconds": searched.searches[name].population.compile_seconds,
            }
            for name, cell in sized.cells.items()
        },
        "replicates": with_tests(found, tested),
        "region": region,
        "beside": beside_entry(reckoned, beside, tested["others"]),
        "censored": censored_entry(task, settings, searched, tested, examples),
        "test_counts": tested["counts"],
        "shares": tested["shares"],
        "range": tested["range"],
        "forecasts": tested["forecasts"],
        "full": folder.once(
            task.name,
            "full",
            lambda: further(sized.cells, replicates, searched, region, folder),
            received.full_check(found),
        )
        if settings.full
        else None,
    }


def written_regions(
    task: Task, replicates: list[Replicate], searched: TaskSearch, settings: Settings, folder: Folder
) -> tuple[RegionEntry, RegionEntry | None]:
    """Write down what difference matters, by the verdict's metric and by the other one, and return both."""
    found, part = searched.found, settings.equivalence
    by_metric = received.region_check(found, part, [entry["name"] for entry in found["baselines"]])
    region = folder.region(task.name, lambda: region_entry(found, part), by_metric)
    # Some simple models have scores by one of the two metrics alone.
    every = dict.fromkeys(model.name for of_split in searched.baselines for model in of_split)
    by_other = received.region_check(found, part, every)
    beside = folder.once(
        task.name,
        "beside",
        lambda: regions_beside(searched, replicates, settings, folder),
        received.beside_check(by_other, wanted=searched.reckoning.other is not None),
    )
    return region, beside


def regions_beside(
    searched: TaskSearch, replicates: list[Replicate], settings: Settings, folder: Folder
) -> RegionEntry | None:
    """Return the region by the other metric; None where there is no such metric."""
    other = searched.reckoning.other
    if other is None:
        return None

    def selected(name: str, k: int) -> Scores:
        params = searched.winner(name, replicates[k], folder)
        return searched.searches[name].measure.scores(params, replicates[k].visible().validated())

    return region_beside(searched.found, searched.baselines, other, settings.equivalence, selected)


def further(
    cells: dict[str, Cell],
    replicates: list[Replicate],
    searched: TaskSearch,
    region: RegionEntry,
    folder: Folder,
) -> FullEntry:
    """Return what ``full`` adds: scores on parts of the training data, what the gates do, and other windows."""
    architecture = next(iter(searched.searches.values())).architecture
    winners = {name: [searched.network(name, r, folder) for r in replicates] for name in searched.searches}
    basis = Basis(replicates, searched.found, searched.baselines, searched.reckoning.metric)
    return {
        "data": parts_of_data(searched.searches, replicates, searched.found),
        "gates": gates(cells, architecture, replicates, searched.found, winners),
        "windows": windows(searched.searches, basis, region["half_width"]),
    }
