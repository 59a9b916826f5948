"""What the command shows in a terminal while it works."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from gatedrnn.comparison.protocol import Progress as Report
    from gatedrnn.comparison.search.settings import Settings
    from gatedrnn.training.early_stopping import State


class CompareDisplay:
    """A bar for each cell on each task; without a terminal, a line for each finished replicate."""

    def __init__(self, console: Console, settings: Settings) -> None:
        self._console = console
        self._trials = trials = settings.trials
        self._lock = threading.Lock()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}", style="dim"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._bars: dict[tuple[str, str], TaskID] = {}
        for task in settings.task_names:
            for cell in settings.cells:
                self._bars[task, cell] = self._progress.add_task(
                    f"{task}  [bold]{cell}[/]",
                    total=None if trials is None else settings.replicates * trials,
                    state="",
                    start=False,
                )

    def __enter__(self) -> CompareDisplay:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, report: Report) -> None:
        """Show where a search stands; called from the threads of both cells."""
        bar = self._bars[report.task, report.cell]
        best = "preparing" if report.best is None else f"best {report.best:.3f}"
        with self._lock:
            self._progress.start_task(bar)
            where = f"{'extended, ' if report.extending else ''}replicate {report.replicate + 1}"
            self._progress.update(bar, state=f"{where}  {best}")
            if self._trials is not None and not report.extending:
                self._progress.update(bar, completed=report.replicate * self._trials + report.stopped)
            if report.done and not self._console.is_terminal:
                self._console.print(f"{report.task} {report.cell}: replicate {report.replicate + 1} done, {best}")


def print_segment(console: Console, state: State, offset: float) -> None:
    """Print a line on a single training run, in the task's unit."""
    epoch = int(state.epoch)
    train, validation = (float(c[epoch - 1]) + offset for c in (state.train_curve, state.validation_curve))
    best = float(state.best_validation) + offset
    note(
        console,
        f"epoch {epoch:4d}   train {train:8.4f}   validation {validation:8.4f}   "
        f"best {best:8.4f} at {int(state.best_epoch)}",
    )


def note(console: Console, *lines: Any) -> None:
    """Print lines that scripts may read, unwrapped."""
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)
