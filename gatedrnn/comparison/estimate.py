"""What a comparison will take, from a few trials of each cell: nothing is kept, and the test is not read."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.comparison.diagnostics.windows import other_windows
from gatedrnn.comparison.reckoned_time import (
    PILOT,
    CellEstimate,
    TaskEstimate,
    extension_cost,
    full_seconds,
    trials_of_all,
    within,
)
from gatedrnn.comparison.search.context import Preparing
from gatedrnn.comparison.search.replicate import draw_replicate
from gatedrnn.comparison.search.search import Search
from gatedrnn.comparison.search.segments import long_epochs
from gatedrnn.comparison.sizes import cells_of, costs_of_network, hidden_sizes, step_times, widest
from gatedrnn.costs.counting import step_flops
from gatedrnn.statistics.bootstrap import bootstrap, two_way_bootstrap
from gatedrnn.tasks import registry

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.runs import SearchEntry
    from gatedrnn.comparison.search.replicate import Trials
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.tasks.parts import Visible
    from gatedrnn.tasks.task import VisibleTask

PILOT_SECONDS = 8.0
"""The time of a cell's pilot, less compiling: trials that take longer are reckoned with all epochs of the cap."""
REPORT_SECONDS = 1.0
"""The report of one task, with its figures: measured on 2 CPU cores; it does not depend on what is compared."""


def estimate(settings: Settings, tell: Callable[[Preparing], None] = lambda _: None) -> list[TaskEstimate]:
    """Return what a comparison with these settings takes on this device, by running a few trials of each cell.

    Args:
        settings: the settings of the comparison.
        tell: called with what is done next, before it is.

    Raises:
        InputError: where a task is unfit for the settings.
    """
    settings.refuse_unfit()
    return [
        _of_task(task if not isinstance(task, str) else registry.load(task), settings, tell) for task in settings.tasks
    ]


def _of_task(task: VisibleTask, settings: Settings, tell: Callable[[Preparing], None]) -> TaskEstimate:
    replicate = draw_replicate(task, settings, 0)
    visible = replicate.visible()
    pilot = replicate.lot.part(0, pilot_trials(visible, settings))
    tell(Preparing(task.name, "simple baselines, on one split"))
    clock = time.perf_counter()
    task.baselines(visible)
    baselines, clock = time.perf_counter() - clock, time.perf_counter()
    tell(Preparing(task.name, "sizes of an equal budget, and the time of a step"))
    sizes = hidden_sizes(task, settings, visible.train)
    widths = {name: cells_of(name, settings, sizes) for name in settings.cells}
    cells = {name: widest(of_cell) for name, of_cell in widths.items()}
    step_times(task, settings, cells, visible.train)
    around = time.perf_counter() - clock + 2 * settings.replicates * baselines
    around += _statistics_seconds(settings, visible) + REPORT_SECONDS
    tell(Preparing(task.name, f"a pilot of each cell, {len(pilot.configurations)} of its trials"))
    with ThreadPoolExecutor(max_workers=len(cells)) as pool:
        # First all cells compile, then all train, as in most of a comparison.
        searches = [Search(cell, task, settings, visible.train, widths=widths[name]) for name, cell in cells.items()]
        ready = list(pool.map(lambda search: _compiled(search, visible, pilot), searches))
        each = list(pool.map(lambda one: _of_cell(one, task, settings, visible, pilot), ready))
        found = within(dict(zip(cells, each, strict=True)), settings)
    count = trials_of_all(settings, max(cell.trial_seconds for cell in found.values()))
    found = {name: cell._replace(trials=count, flops=cell.flops * count) for name, cell in found.items()}
    windows = len(other_windows(task, task.reading(replicate.seed).window, replicate.seed)) if settings.full else 0
    full = full_seconds(found, settings, visible, windows) if settings.full else 0.0
    trials = len(pilot.configurations)
    extension = extension_cost(found, settings, trials)
    return TaskEstimate(task.name, found, around, settings.minutes, full, extension, trials)


def pilot_trials(visible: Visible, settings: Settings) -> int:
    """Return how many trials a pilot has: one where epochs are so long that none would end within it anyway."""
    return 1 if long_epochs(visible.train, settings.batch_size) else min(PILOT, settings.trials or PILOT)


class _Compiled(NamedTuple):
    """A search whose programs are compiled, the seconds from nothing to the end of its pilot, and what that found."""

    search: Search
    whole: float
    entry: SearchEntry


def _fits(segments: int, seconds: float) -> bool:
    """Return whether the pilot has time for another segment; it has for one."""
    return segments == 0 or seconds * (segments + 1) / segments <= PILOT_SECONDS


def _compiled(search: Search, visible: Visible, pilot: Trials) -> _Compiled:
    clock = time.perf_counter()
    found = search.train(pilot, visible, None, go_on=_fits)
    # The program that will score the test is compiled, and run on the validation part.
    search.measure.each(found.params, visible.validation)
    return _Compiled(search, time.perf_counter() - clock, found.entry)


def _of_cell(ready: _Compiled, task: VisibleTask, settings: Settings, visible: Visible, pilot: Trials) -> CellEstimate:
    """Return what one cell takes, with the FLOPs of a single trial and without a number of trials.

    A pilot whose trials all ended is run again: what happens for the first time, and not only compiling, takes longer
    than few trials.
    """
    entry = ready.entry
    if not any(trial["ended_by_clock"] for trial in entry["trials"]):
        entry = ready.search.train(pilot, visible, None, go_on=_fits).entry
    trials = entry["trials"]
    unended = sum(trial["ended_by_clock"] for trial in trials)
    epochs = float(np.mean([settings.max_epochs if t["ended_by_clock"] else t["epochs"] for t in trials]))
    costs = costs_of_network(ready.search.cell, task, settings)
    steps = visible.train.x.shape[0] * visible.train.x.shape[1]
    return CellEstimate(
        parameters=costs["parameters"]["total"],
        epochs=epochs,
        trial_seconds=epochs * entry["seconds"] / sum(trial["epochs"] for trial in trials),
        once_seconds=max(0.0, ready.whole - entry["seconds"]),
        trials=0,
        flops=float(step_flops(costs) * steps * epochs),
        capped=sum(trial["epochs"] >= settings.max_epochs for trial in trials),
        unended=unended,
    )


def _statistics_seconds(settings: Settings, visible: Visible) -> float:
    """Return what the bootstraps of all pairs take, by running them on zeros, as many as sequences in validation."""
    sequences, pairs = visible.validation.x.shape[1], math.comb(len(settings.cells), 2)
    clock = time.perf_counter()
    zeros = np.zeros((settings.replicates, sequences))
    bootstrap(zeros[:, 0])
    two_way_bootstrap(zeros, np.ones(sequences))
    return pairs * (time.perf_counter() - clock)
