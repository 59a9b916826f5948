"""The protocol: the same procedure for all cells, repeated with its own split, configurations and seed each time.

Search on training and validation parts; write down what difference matters; then read the test part, once.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from gatedrnn.comparison.beside import beside_entry, region_beside
from gatedrnn.comparison.diagnostics.gates import gates
from gatedrnn.comparison.diagnostics.parts_of_data import parts_of_data
from gatedrnn.comparison.diagnostics.windows import Basis, windows
from gatedrnn.comparison.entries import (
    baseline_entries,
    extended_protocol,
    protocol_entry,
    replicate_entries,
    tests_by_name,
    validation_entries,
    with_tests,
    without_counts,
)
from gatedrnn.comparison.forecasts import forecast_entries
from gatedrnn.comparison.range import ranges
from gatedrnn.comparison.search.context import Preparing, SearchContext, SearchProgress, extend_all, search_all
from gatedrnn.comparison.search.extension import STAGE, extension, extras, with_extra
from gatedrnn.comparison.search.in_time import search_in_time
from gatedrnn.comparison.search.replicate import Replicate, Search, draw_replicate
from gatedrnn.comparison.shares import shares
from gatedrnn.comparison.sizes import cells_of, costs_of_network, hidden_sizes, step_times, widest
from gatedrnn.comparison.tuned import save_tuned
from gatedrnn.comparison.verdict.judge import judge
from gatedrnn.comparison.verdict.region import region_entry
from gatedrnn.experiment import provenance
from gatedrnn.experiment.reckoning import Reckoning, reckoning, trivial_test, trivial_validation
from gatedrnn.tasks import registry

if TYPE_CHECKING:
    from gatedrnn.comparison.folder import Folder
    from gatedrnn.comparison.schema.further import FullEntry
    from gatedrnn.comparison.schema.measures import ForecastEntry
    from gatedrnn.comparison.schema.results import Found, RegionEntry, Results, TestedTask
    from gatedrnn.comparison.schema.runs import CountedTest, ReadTest
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.tasks.parts import FinalTest
    from gatedrnn.tasks.simple_models import Baseline, FittedBaseline, Scores, ValidatedBaseline
    from gatedrnn.tasks.task import Task, VisibleTask
    from gatedrnn.types import Cell, Params

SCHEMA = 3

Progress: TypeAlias = SearchProgress | Preparing
"""What is told meanwhile."""


def compare(
    settings: Settings, folder: Folder, *, command: str, on_progress: Callable[[Progress], None] | None = None
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


class TaskSearch(NamedTuple):
    """All searches of a task, before anything was tested.

    Attributes:
        found: what results.json holds of the searches.
        searches: the search of each cell, by the cell's name.
        stages: the stage in which each replicate's winner was found, by cell, as its files are called.
        baselines: what is known of the simple models on each replicate's split.
        reckoning: what scores are reckoned in.
    """

    found: Found
    searches: dict[str, Search]
    stages: dict[str, list[str]]
    baselines: list[list[ValidatedBaseline]]
    reckoning: Reckoning

    def winner(self, name: str, replicate: Replicate, folder: Folder) -> Params:
        """Return the parameters that a cell's search selected in a replicate."""
        leaves = folder.winner(replicate.task.name, name, replicate.index, self.stages[name][replicate.index])
        return self.searches[name].restore(leaves)

    def network(self, name: str, replicate: Replicate, folder: Folder) -> tuple[Cell, Params]:
        """Return the network that a cell's search selected in a replicate, in its own width."""
        entry = self.found["replicates"][replicate.index]
        chosen = entry["configurations"][entry["cells"][name]["selected"]]
        return self.searches[name].narrow(self.winner(name, replicate, folder), chosen)


def compare_on(task: Task, settings: Settings, folder: Folder, on_progress: Callable[[Progress], None]) -> TestedTask:
    """Compare cells on one task: everything but statistics and verdict."""
    for name in settings.cells:
        on_progress(SearchProgress(task.name, name, 0, 0, None, False))
    replicates = [draw_replicate(task, settings, index) for index in range(settings.replicates)]
    train = replicates[0].visible().train
    on_progress(Preparing(task.name, "sizes of an equal budget, and the time of a step"))
    sizes = folder.once(task.name, "sizes", lambda: hidden_sizes(task, settings, train))
    widths = {name: cells_of(name, settings, sizes) for name in settings.cells}
    cells = {name: widest(of_cell) for name, of_cell in widths.items()}
    timed = folder.once(task.name, "times", lambda: step_times(task, settings, cells, train))
    searches = {name: Search(cell, task, settings, train, widths=widths[name]) for name, cell in cells.items()}
    searched = search(task, settings, folder, replicates, searches, on_progress)
    found, reckoned = searched.found, searched.reckoning
    # From here on, what difference matters is written down. Only now is the test part read.
    region = folder.region(task.name, lambda: region_entry(found, settings.equivalence))
    beside = folder.once(task.name, "beside", lambda: regions_beside(searched, replicates, settings, folder))
    tested = folder.once(task.name, "test", lambda: read_test(task, replicates, searched, folder))
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
                "step_seconds": timed[name],
                "training_seconds": float(np.mean([r["cells"][name]["seconds"] for r in found["replicates"]])),
                "compile_seconds": searched.searches[name].population.compile_seconds,
            }
            for name, cell in cells.items()
        },
        "replicates": with_tests(found, tested),
        "region": region,
        "beside": beside_entry(reckoned, beside, tested["others"]),
        "test_counts": tested["counts"],
        "shares": tested["shares"],
        "range": tested["range"],
        "forecasts": tested["forecasts"],
        "full": folder.once(task.name, "full", lambda: further(cells, replicates, searched, region, folder))
        if settings.full
        else None,
    }


def search(
    task: VisibleTask,
    settings: Settings,
    folder: Folder,
    replicates: list[Replicate],
    searches: dict[str, Search],
    on_progress: Callable[[Progress], None],
) -> TaskSearch:
    """Run simple baselines, then the search of every cell in every replicate, and what has to be extended."""
    first = replicates[0]
    reckoned = reckoning(task, settings.metric, first.visible(), first.seed)
    baselines = []
    for k, replicate in enumerate(replicates):
        on_progress(Preparing(task.name, f"simple baselines, split {k + 1} of {len(replicates)}"))
        baselines.append([fitted.validated() for fitted in task.baselines(replicate.visible())])
    trivial = [trivial_validation(of_split, reckoned.metric) for of_split in baselines]
    context = SearchContext(task.name, replicates, trivial, folder, on_progress)
    if settings.minutes is None:
        entries = search_all(context, searches)
    else:
        entries = search_in_time(context, searches, 60 * settings.minutes)
    found: Found = {
        "protocol": protocol_entry(settings, task),
        "baselines": validation_entries(baselines, reckoned.metric),
        "replicates": replicate_entries(replicates, entries),
    }
    stages = {name: [""] * len(replicates) for name in searches}
    extended = extension(found, settings)
    if extended is None:
        return TaskSearch(found, searches, stages, baselines, reckoned)
    if extended.max_epochs is not None:
        train = replicates[0].visible().train
        searches = {name: old.on(task, train, extended.max_epochs) for name, old in searches.items()}
    added = extras(found, replicates, settings, extended)
    after = extend_all(context._replace(stage=STAGE), searches, added)
    for k, replicate in enumerate(found["replicates"]):
        replicate["configurations"] += next(iter(added.values()))[k].configurations
        for name in searches:
            before = replicate["cells"][name]
            replicate["cells"][name], moved = with_extra(before, after[name][k], added[name][k])
            stages[name][k] = STAGE if moved else ""
    found["protocol"] = {**found["protocol"], **extended_protocol(settings, extended)}
    return TaskSearch(found, searches, stages, baselines, reckoned)


def read_test(task: Task, replicates: list[Replicate], searched: TaskSearch, folder: Folder) -> ReadTest:
    """Read the test: baselines of every split, and the selected trial of every cell in every replicate.

    Baselines are fitted again: n-grams are large, and nothing of them is kept during the searches.
    """
    metric, other, targets, _ = searched.reckoning
    baselines: list[list[Baseline]] = []
    cells: dict[str, list[CountedTest]] = {name: [] for name in searched.searches}
    left, shown, often = [], [], None
    for k, replicate in enumerate(replicates):
        test, visible = task.read_test(replicate.seed), replicate.visible()
        fitted = task.baselines(visible)
        baselines.append([one.tested(test) for one in fitted])
        params = {name: searched.winner(name, replicate, folder) for name in cells}
        for name, one in searched.searches.items():
            entry = searched.found["replicates"][k]["cells"][name]
            diverged = entry["trials"][entry["selected"]]["diverged_at"] is not None
            cells[name].append(one.test(params[name], test, trivial_test(baselines[k], metric) if diverged else None))
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
