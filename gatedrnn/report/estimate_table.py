"""The estimate of a dry run as a table for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatedrnn.comparison.estimate import PILOT_SECONDS
from gatedrnn.costs.narrow import fitting
from gatedrnn.errors import needed
from gatedrnn.experiment.formatting import count, seconds

if TYPE_CHECKING:
    from gatedrnn.comparison.reckoned_time import CellEstimate, TaskEstimate
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.costs.narrow import Fitting


def render_estimate(estimates: list[TaskEstimate], settings: Settings) -> Fitting:
    """Return the estimate as a table for a terminal; as lines where a terminal has no room for it."""
    with needed("the estimate's table needs rich", "rich", "gatedrnn[compare]"):
        from rich.table import Table
        from rich.text import Text
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", caption_justify="left")
    table.caption = Text(f"{in_all(estimates, settings)} {' '.join(map(extended, estimates))}".strip(), justify="left")
    table.add_column("")
    for head in ("parameters", "trials", "epochs", "time of a trial", "FLOPs in all", "time"):
        table.add_column(head, justify="right")
    for task in estimates:
        table.add_row(Text(task.task, "bold"), *[""] * 5, seconds(task.seconds))
        for name, cell in task.cells.items():
            table.add_row(Text(f"  {name}"), *_row(cell))
        if task.full_seconds:
            table.add_row("  less data, gates, windows", *[""] * 5, seconds(task.full_seconds))
        table.add_row("  around it", *[""] * 5, seconds(task.around_seconds))
    return fitting(table)


def in_all(estimates: list[TaskEstimate], settings: Settings) -> str:
    """Return the time of all tasks in a sentence: a range where an extension may come on top."""
    low, high = sum(task.seconds for task in estimates), sum(task.most_seconds for task in estimates)
    said = f"About {seconds(low)} in all" if high == low else f"About {seconds(low)} to {seconds(high)} in all"
    budget = "" if settings.minutes is None else f", of which {seconds(60 * settings.minutes)} of training on each task"
    most = max(task.pilot for task in estimates)
    trials = "one trial" if most == 1 else f"{most} trials"
    pilot = f"{said}{budget}, by a pilot of {trials}; {settings.replicates} replicates."
    unended = sum(cell.unended for task in estimates for cell in task.cells.values())
    if not unended or settings.minutes is not None:
        return pilot
    return (
        f"{pilot} {unended} of the pilot's trials had not ended after {seconds(PILOT_SECONDS)}: they are reckoned with "
        f"all {settings.max_epochs} epochs of the cap, and may take less. --minutes is a limit."
    )


def extended(task: TaskEstimate) -> str:
    """Return in a sentence what an extension of a task's search would add, and what the pilot says of it."""
    if task.extension is None:
        return ""
    e = task.extension
    cap = (
        f"{e.capped} of the pilot's {e.pilot} trials reached the cap on epochs: should they be the best ones, "
        f"{seconds(e.cap)} more."
        if e.capped
        else f"None of the pilot's {e.pilot} trials reached the cap on epochs."
    )
    return f"{task.task}: should the best runs lie at the edge of a range, {seconds(e.edge)} more. {cap}"


def _row(cell: CellEstimate) -> list[Any]:
    time_of_all = seconds(cell.trials * cell.trial_seconds)
    shown = (count(cell.parameters), count(cell.trials), f"{cell.epochs:.0f}", seconds(cell.trial_seconds))
    return [*shown, f"{cell.flops:.1e}", time_of_all]
