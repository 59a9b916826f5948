"""What a comparison will take, from a few trials of each cell: nothing is kept, and the test part is not read."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gatedrnn.comparison.costs.counting import network_costs
from gatedrnn.comparison.formatting import count, seconds
from gatedrnn.comparison.protocol import hidden_sizes, step_times, without_test
from gatedrnn.comparison.search.model import make_cell
from gatedrnn.comparison.search.replicate import Search, draw_replicate
from gatedrnn.tasks import registry

if TYPE_CHECKING:
    from rich.table import Table

    from gatedrnn.comparison.search.replicate import Replicate
    from gatedrnn.comparison.search.settings import Settings
    from gatedrnn.tasks.task import Task
    from gatedrnn.types import Cell

PILOT = 4
"""Trials of each cell that are run, or all where there are fewer."""


class CellEstimate(NamedTuple):
    """What one cell takes on one task.

    Attributes:
        parameters: of layer and head.
        epochs: of a trial, in the mean.
        trial_seconds: of a trial, in the mean, beside the other cells.
        once_seconds: to compile all programs.
        trials: in all replicates.
        flops: of all of them: matrix products, of sequences as long as the longest.
    """

    parameters: int
    epochs: float
    trial_seconds: float
    once_seconds: float
    trials: int
    flops: float


class TaskEstimate(NamedTuple):
    """What one task takes: its cells train beside each other.

    Attributes:
        task: its name.
        cells: by name.
        around_seconds: measuring the time of a step, and simple baselines, twice on every split.
        minutes: the budget of training, where it is a time.
    """

    task: str
    cells: dict[str, CellEstimate]
    around_seconds: float
    minutes: float | None

    @property
    def seconds(self) -> float:
        """The whole task, without an extension."""
        training = max(cell.trials * cell.trial_seconds for cell in self.cells.values())
        if self.minutes is not None:
            training = min(training, 60 * self.minutes)
        return self.around_seconds + training + max(cell.once_seconds for cell in self.cells.values())


def estimate(settings: Settings) -> list[TaskEstimate]:
    """Return what a comparison with these settings takes on this device, by running a few trials of each cell."""
    return [_of_task(task if not isinstance(task, str) else registry.load(task), settings) for task in settings.tasks]


def _of_task(task: Task, settings: Settings) -> TaskEstimate:
    replicate = draw_replicate(task, settings, 0)
    split = replicate.split
    clock = time.perf_counter()
    task.baselines(without_test(split))
    baselines, clock = time.perf_counter() - clock, time.perf_counter()
    sizes = hidden_sizes(task, settings, split.train)
    cells = {name: make_cell(name, sizes[name]) for name in settings.cells}
    step_times(task, settings, cells, split.train)
    around = time.perf_counter() - clock + 2 * settings.replicates * baselines
    with ThreadPoolExecutor(max_workers=len(cells)) as pool:
        futures = {n: pool.submit(_of_cell, cell, task, settings, replicate) for n, cell in cells.items()}
        return TaskEstimate(task.name, {n: f.result() for n, f in futures.items()}, around, settings.minutes)


def _of_cell(cell: Cell, task: Task, settings: Settings, replicate: Replicate) -> CellEstimate:
    split, clock = replicate.split, time.perf_counter()
    search = Search(cell, task, settings, split.train)
    found = search.train(replicate.lot.part(0, PILOT), split, None)
    # The program of the test is compiled and run on the validation part in its place.
    search.test(found.params, without_test(split), None)
    once = time.perf_counter() - clock - found.entry["seconds"]
    trials = found.entry["trials"]
    epochs = float(np.mean([trial["epochs"] for trial in trials]))
    costs = network_costs(cell, task.in_dim, task.out_dim)
    steps = split.train.x.shape[0] * split.train.x.shape[1]
    # Without a number of trials, time alone is the budget, and how many fit into it is what it is.
    trial = found.entry["seconds"] / len(trials)
    every = settings.replicates * (settings.trials or round(60 * (settings.minutes or 0) / settings.replicates / trial))
    flops = sum(costs["flops_per_step"].values()) * steps * epochs * every
    return CellEstimate(costs["parameters"]["total"], epochs, trial, once, every, float(flops))


def render_estimate(estimates: list[TaskEstimate], settings: Settings) -> Table:
    """Return the estimate as a table for a terminal."""
    try:
        from rich.table import Table
    except ImportError as error:
        raise ImportError("the estimate's table needs rich: pip install 'gatedrnn[compare]'") from error
    total = sum(task.seconds for task in estimates)
    more = " An extension of the search, where the best runs lie at a limit, comes on top." if settings.extend else ""
    said = f"About {seconds(total)} in all, by a pilot of {PILOT} trials; {settings.replicates} replicates.{more}"
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", caption=said, caption_justify="left")
    table.add_column("")
    for head in ("parameters", "trials", "epochs", "time of a trial", "FLOPs in all", "time"):
        table.add_column(head, justify="right")
    for task in estimates:
        table.add_row(f"[bold]{task.task}", *[""] * 5, seconds(task.seconds))
        for name, cell in task.cells.items():
            table.add_row(f"  {name}", *_row(cell))
    return table


def _row(cell: CellEstimate) -> list[Any]:
    time_of_all = seconds(cell.trials * cell.trial_seconds)
    shown = (count(cell.parameters), count(cell.trials), f"{cell.epochs:.0f}", seconds(cell.trial_seconds))
    return [*shown, f"{cell.flops:.1e}", time_of_all]
