"""What a comparison will take, from a few trials of each cell: nothing is kept, and the test is not read."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.comparison.diagnostics.parts_of_data import PARTS
from gatedrnn.comparison.diagnostics.windows import other_windows
from gatedrnn.comparison.search.context import Preparing
from gatedrnn.comparison.search.extension import MORE_EPOCHS
from gatedrnn.comparison.search.replicate import Search, draw_replicate, long_epochs
from gatedrnn.comparison.sizes import cells_of, costs_of_network, hidden_sizes, step_times, widest
from gatedrnn.costs.counting import step_flops
from gatedrnn.experiment.space import REACH
from gatedrnn.statistics.bootstrap import bootstrap, two_way_bootstrap
from gatedrnn.tasks import registry

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.runs import SearchEntry
    from gatedrnn.comparison.search.replicate import Trials
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.tasks.parts import Visible
    from gatedrnn.tasks.task import VisibleTask

PILOT = 4
"""Trials of each cell that are run, or all where there are fewer."""
PILOT_SECONDS = 8.0
"""The time of a cell's pilot, less compiling: trials that take longer are reckoned with all epochs of the cap."""
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
        unended: how many of them were still training when the pilot's time was over.
    """

    parameters: int
    epochs: float
    trial_seconds: float
    once_seconds: float
    trials: int
    flops: float
    capped: int = 0
    unended: int = 0


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
        pilot: how many trials of each cell all this was reckoned from.
    """

    task: str
    cells: dict[str, CellEstimate]
    around_seconds: float
    minutes: float | None
    full_seconds: float = 0.0
    extension: ExtensionCost | None = None
    pilot: int = PILOT

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
    extension = _extension(found, settings, trials)
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


def within(cells: dict[str, CellEstimate], settings: Settings) -> dict[str, CellEstimate]:
    """Return what cells take where the clock ends a trial that takes longer than its replicate's share of the minutes.

    The slowest decides: all have the same epochs, one at least.

    Example:
        >>> from gatedrnn.comparison.settings import Settings
        >>> slow, fast = CellEstimate(9, 100.0, 50.0, 1.0, 0, 1e9), CellEstimate(9, 100.0, 40.0, 1.0, 0, 1e9)
        >>> both = within({"LSTM": slow, "GRU": fast}, Settings(minutes=1.0, replicates=6))
        >>> [(cell.epochs, cell.trial_seconds) for cell in both.values()]
        [(20.0, 10.0), (20.0, 8.0)]
    """
    slowest = max(cells.values(), key=lambda cell: cell.trial_seconds)
    if settings.minutes is None or slowest.trial_seconds <= (share := 60 * settings.minutes / settings.replicates):
        return cells
    part = max(share / slowest.trial_seconds, 1 / slowest.epochs)
    return {
        name: cell._replace(epochs=part * cell.epochs, trial_seconds=part * cell.trial_seconds, flops=part * cell.flops)
        for name, cell in cells.items()
    }


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


def full_seconds(cells: dict[str, CellEstimate], settings: Settings, visible: Visible, windows: int = 0) -> float:
    """Return what ``full`` adds: for each part of the data and each cell a program, and a trial in each replicate.

    So too for each other window, on all of the data.

    An epoch on a part of the training sequences validates on all of the validation part: forward alone, a third of what
    training takes for a sequence. What the gates do takes another program for each cell.
    """
    train, validation = 3 * visible.train.x.shape[1], visible.validation.x.shape[1]
    each = sum((part * train + validation) / (train + validation) for part in PARTS)
    each += windows
    programs = len(PARTS) + windows + 1
    # In the pilot all cells compile and train at once; here it is one after the other.
    shared = len(cells)
    return sum(
        (programs * cell.once_seconds + settings.replicates * each * cell.trial_seconds) / shared
        for cell in cells.values()
    )


def _extension(cells: dict[str, CellEstimate], settings: Settings, pilot: int) -> ExtensionCost | None:
    """Return what an extension adds: half of the trials at an edge; what the cap cut off again, twice as long."""
    if not settings.extend or settings.minutes is not None or settings.trials is None:
        return None
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
