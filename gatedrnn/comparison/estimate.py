"""What a comparison will take, from a few trials of each cell: nothing is kept, and the test is not read."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.cells.registry import make_cell
from gatedrnn.comparison.diagnostics.parts_of_data import PARTS
from gatedrnn.comparison.protocol import hidden_sizes, step_times
from gatedrnn.comparison.search.extension import MORE_EPOCHS
from gatedrnn.comparison.search.replicate import Search, draw_replicate
from gatedrnn.costs.counting import network_costs, step_flops
from gatedrnn.experiment.space import REACH
from gatedrnn.statistics.bootstrap import bootstrap, two_way_bootstrap
from gatedrnn.tasks import registry

if TYPE_CHECKING:
    from gatedrnn.comparison.search.replicate import Trials
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.tasks.task import Visible, VisibleTask
    from gatedrnn.types import Cell

PILOT = 4
"""Trials of each cell that are run, or all where there are fewer."""
REPORT_SECONDS = 1.0
"""The report of one task, with its figures: measured on 2 CPU cores; it does not depend on what is compared."""


class CellEstimate(NamedTuple):
    """What one cell takes on one task.

    Attributes:
        parameters: how many parameters recurrent layer and head have.
        epochs: how many epochs a trial takes in the mean.
        trial_seconds: how long a trial takes in the mean, beside the other cells.
        once_seconds: how long it takes to compile all programs.
        trials: how many trials all replicates have together.
        flops: the matrix products of all these trials, of sequences as long as the longest.
        capped: how many of the pilot's trials reached the cap.
    """

    parameters: int
    epochs: float
    trial_seconds: float
    once_seconds: float
    trials: int
    flops: float
    capped: int = 0


class ExtensionCost(NamedTuple):
    """What an extension would add, in seconds: only the search itself shows whether there is one.

    Attributes:
        edge: seconds for each range at whose edge the best runs lie.
        cap: seconds where the cap on epochs cuts off the best runs.
        capped: how many of the pilot's trials reached the cap, of both cells.
        pilot: how many trials the pilot had.
    """

    edge: float
    cap: float
    capped: int
    pilot: int


class TaskEstimate(NamedTuple):
    """What one task takes: its cells train beside each other.

    Attributes:
        task: the name of the task.
        cells: what each cell takes, by its name.
        around_seconds: measuring the time of a step, simple baselines twice on every split, statistics and report.
        minutes: the budget of training, where it is a time.
        full_seconds: how long that takes which ``full`` adds.
        extension: what an extension would take on top of all that; None where there is none.
    """

    task: str
    cells: dict[str, CellEstimate]
    around_seconds: float
    minutes: float | None
    full_seconds: float = 0.0
    extension: ExtensionCost | None = None

    @property
    def seconds(self) -> float:
        """The whole task, without an extension."""
        training = max(cell.trials * cell.trial_seconds for cell in self.cells.values())
        once = max(cell.once_seconds for cell in self.cells.values())
        return self.around_seconds + training + once + self.full_seconds

    @property
    def most_seconds(self) -> float:
        """The whole task, with an extension of one range, and of the cap where a trial of the pilot reached it."""
        if self.extension is None:
            return self.seconds
        return self.seconds + self.extension.edge + (self.extension.cap if self.extension.capped else 0.0)


def estimate(settings: Settings) -> list[TaskEstimate]:
    """Return what a comparison with these settings takes on this device, by running a few trials of each cell."""
    return [_of_task(task if not isinstance(task, str) else registry.load(task), settings) for task in settings.tasks]


def _of_task(task: VisibleTask, settings: Settings) -> TaskEstimate:
    replicate = draw_replicate(task, settings, 0)
    visible, pilot = replicate.visible(), replicate.lot.part(0, PILOT)
    clock = time.perf_counter()
    task.baselines(visible)
    baselines, clock = time.perf_counter() - clock, time.perf_counter()
    sizes = hidden_sizes(task, settings, visible.train)
    cells = {name: make_cell(name, sizes[name]) for name in settings.cells}
    step_times(task, settings, cells, visible.train)
    around = time.perf_counter() - clock + 2 * settings.replicates * baselines
    around += _statistics_seconds(settings, visible) + REPORT_SECONDS
    with ThreadPoolExecutor(max_workers=len(cells)) as pool:
        # First all cells compile, then all train, as in most of a comparison.
        ready = list(pool.map(lambda cell: _compiled(cell, task, settings, visible, pilot), cells.values()))
        each = list(pool.map(lambda one: _of_cell(one[0], one[1], task, settings, visible, pilot), ready))
        found = dict(zip(cells, each, strict=True))
    count = trials_of_all(settings, max(cell.trial_seconds for cell in found.values()))
    found = {name: cell._replace(trials=count, flops=cell.flops * count) for name, cell in found.items()}
    full = full_seconds(found, settings, visible) if settings.full else 0.0
    return TaskEstimate(task.name, found, around, settings.minutes, full, _extension(found, settings))


def _compiled(
    cell: Cell, task: VisibleTask, settings: Settings, visible: Visible, pilot: Trials
) -> tuple[Search, float]:
    """Return a search whose programs are compiled, and the seconds from nothing to the end of the pilot."""
    clock = time.perf_counter()
    search = Search(cell, task, settings, visible.train)
    found = search.train(pilot, visible, None)
    # The program that will score the test is compiled, and run on the validation part.
    search.measure.each(found.params, visible.validation)
    return search, time.perf_counter() - clock


def _of_cell(
    search: Search, whole: float, task: VisibleTask, settings: Settings, visible: Visible, pilot: Trials
) -> CellEstimate:
    """Return what one cell takes, with the FLOPs of a single trial and without a number of trials.

    The pilot is run again: what happens for the first time, and not only compiling, takes longer than few trials.
    """
    found = search.train(pilot, visible, None)
    once = max(0.0, whole - found.entry["seconds"])
    trials = found.entry["trials"]
    epochs = float(np.mean([trial["epochs"] for trial in trials]))
    costs = network_costs(search.cell, task.in_dim, task.out_dim)
    steps = visible.train.x.shape[0] * visible.train.x.shape[1]
    flops = float(step_flops(costs) * steps * epochs)
    capped = sum(trial["epochs"] >= settings.max_epochs for trial in trials)
    trial = found.entry["seconds"] / len(trials)
    return CellEstimate(costs["parameters"]["total"], epochs, trial, once, 0, flops, capped)


def trials_of_all(settings: Settings, seconds: float) -> int:
    """Return the trials of each cell in all replicates: those asked for, or as many as the slowest cell has time for.

    Args:
        settings: the settings of the comparison.
        seconds: how long a trial of the slowest cell takes.

    Example:
        >>> from gatedrnn.comparison.settings import Settings
        >>> trials_of_all(Settings(), 2.0), trials_of_all(Settings(minutes=1.0), 2.0)
        (128, 30)
        >>> trials_of_all(Settings(trials=None, minutes=0.1), 2.0)  # one in each of 8 replicates
        8
    """
    asked = math.inf if settings.trials is None else settings.replicates * settings.trials
    fitting = math.inf if settings.minutes is None else max(settings.replicates, int(60 * settings.minutes // seconds))
    return int(min(asked, fitting))


def full_seconds(cells: dict[str, CellEstimate], settings: Settings, visible: Visible) -> float:
    """Return what ``full`` adds: for each part of the data and each cell a program, and a trial in each replicate.

    An epoch on a part of the training sequences validates on all of the validation part: forward alone, a third of what
    training takes for a sequence. What the gates do takes another program for each cell.
    """
    train, validation = 3 * visible.train.x.shape[1], visible.validation.x.shape[1]
    each = sum((part * train + validation) / (train + validation) for part in PARTS)
    programs = len(PARTS) + 1
    # In the pilot all cells compile and train at once; here it is one after the other.
    shared = len(cells)
    return sum(
        (programs * cell.once_seconds + settings.replicates * each * cell.trial_seconds) / shared
        for cell in cells.values()
    )


def _extension(cells: dict[str, CellEstimate], settings: Settings) -> ExtensionCost | None:
    """Return what an extension adds: half of the trials at an edge; what the cap cut off again, twice as long."""
    if not settings.extend or settings.minutes is not None or settings.trials is None:
        return None
    pilot = min(PILOT, settings.trials)
    trial = max(cell.trial_seconds for cell in cells.values())
    edge = settings.replicates * math.ceil(REACH * settings.trials) * trial
    again = max(max(cell.capped, 1) / pilot * cell.trials * cell.trial_seconds for cell in cells.values())
    compiled = max(cell.once_seconds for cell in cells.values())
    capped = sum(cell.capped for cell in cells.values())
    return ExtensionCost(edge, compiled + MORE_EPOCHS * again, capped, pilot * len(cells))


def _statistics_seconds(settings: Settings, visible: Visible) -> float:
    """Return what the bootstraps of all pairs take, by running them on zeros, as many as sequences in validation."""
    sequences, pairs = visible.validation.x.shape[1], math.comb(len(settings.cells), 2)
    clock = time.perf_counter()
    zeros = np.zeros((settings.replicates, sequences))
    bootstrap(zeros[:, 0])
    two_way_bootstrap(zeros, np.ones(sequences))
    return pairs * (time.perf_counter() - clock)
