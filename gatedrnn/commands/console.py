"""What the command shows in a terminal while it works."""

from __future__ import annotations

import collections
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from gatedrnn.comparison.search.context import Preparing
from gatedrnn.experiment.formatting import seconds

if TYPE_CHECKING:
    from typing import Self

    from gatedrnn.comparison.search.context import SearchProgress
    from gatedrnn.comparison.search.of_task import CompareProgress
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.sweep.sweep import SweepProgress
    from gatedrnn.training.early_stopping import EarlyStoppingState


RECENT = 6
"""Segments whose throughput is shown."""
ROOM = 80
"""Columns that bars need; in a terminal of fewer, their numbers would be cut."""


def make_console(*, quiet: bool = False) -> Console:
    """Return a console that takes what it prints as it is: a bracket or a colon in a name is no style and no emoji."""
    return _Console(quiet=quiet, markup=False, emoji=False)


class _Console(Console):
    """A console whose command goes on where nobody reads any more: what it trains is not lost."""

    def on_broken_pipe(self) -> None:
        """Say nothing from now on, where Rich would end the process."""
        self.quiet = True
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


class Display:
    """Bars in a terminal while this context lasts; without one, or without room, what a display prints besides."""

    def __init__(self, console: Console, *columns: str | ProgressColumn) -> None:
        self._console = console
        self._live = console.is_terminal and console.width >= ROOM
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}", style="dim", markup=False),
            TimeElapsedColumn(),
            *columns,
            console=console,
            disable=not self._live,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


class CompareDisplay(Display):
    """A bar for each cell on each task; without a terminal, a line for what is prepared and each finished replicate."""

    def __init__(self, console: Console, settings: Settings) -> None:
        super().__init__(console, TextColumn("left", style="dim"), TimeRemainingColumn())
        self._trials = trials = settings.trials
        self._lock = threading.Lock()
        self._prepared: Preparing | None = None
        self._bars: dict[tuple[str, str], TaskID] = {}
        for task in settings.task_names:
            for cell in settings.cells:
                self._bars[task, cell] = self._progress.add_task(
                    f"{task}  {cell}",
                    total=None if trials is None else settings.replicates * trials,
                    state="",
                    start=False,
                )

    def __call__(self, report: CompareProgress) -> None:
        """Show where a comparison stands; called from the threads of both cells."""
        if isinstance(report, Preparing):
            self._prepare(report)
        else:
            self._search(report)

    def _prepare(self, report: Preparing) -> None:
        for (task, _), bar in self._bars.items():
            if task == report.task:
                self._progress.update(bar, state=f"preparing: {report.what}")
        if not self._live and report != self._prepared:
            print_preparing(self._console, report)
        self._prepared = report

    def _search(self, report: SearchProgress) -> None:
        bar = self._bars[report.task, report.cell]
        best = "preparing" if report.best is None else f"best {report.best:.3f}"
        with self._lock:
            self._progress.start_task(bar)
            where = f"{'extended, ' if report.extending else ''}replicate {report.replicate + 1}"
            self._progress.update(bar, state=f"{where}  {best}")
            if self._trials is not None and not report.extending:
                self._progress.update(bar, completed=report.replicate * self._trials + report.stopped)
            if report.done and not self._live:
                note(self._console, f"{report.task} {report.cell}: replicate {report.replicate + 1} done, {best}")


class SweepDisplay(Display):
    """One bar for a sweep: members alive, the best so far, throughput and time left; without a terminal, lines."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._group, self._rate = "", 0.0
        self._seen: collections.deque[tuple[float, int]] = collections.deque(maxlen=RECENT)
        self._bar = self._progress.add_task("sweep", total=None, state="compiling")

    def __call__(self, report: SweepProgress) -> None:
        """Show where a sweep stands."""
        rate = self._throughput(report)
        state = [f"{report.group}: {report.alive} alive"]
        state += [f"{report.diverged} diverged"] if report.diverged else []
        if report.best is not None:
            best = report.best
            state.append(f"best {best['validation']:.3f} ({best['cell']} {best['hidden']})")
        if rate > 0 and report.epochs_left > 0:
            state += [f"{rate:.0f} epochs/s", f"about {seconds(report.epochs_left / rate)} left"]
        line = ", ".join(state)
        self._progress.update(self._bar, total=report.members, completed=report.ended, state=line)
        if not self._live:
            note(self._console, f"{report.ended} of {report.members} ended; {line}")

    def _throughput(self, report: SweepProgress) -> float:
        """Return epochs a second in the last segments of a group: less compiling, and what was found trained."""
        if report.group != self._group:
            self._group = report.group
            self._seen.clear()
        self._seen.append((time.perf_counter(), report.epochs))
        (then, before), (now, after) = self._seen[0], self._seen[-1]
        if len(self._seen) > 1:
            self._rate = (after - before) / (now - then)
        return self._rate


def print_preparing(console: Console, report: Preparing) -> None:
    """Print a line on what takes time before anything is trained."""
    note(console, f"{report.task}, preparing: {report.what}")


def print_segment(console: Console, state: EarlyStoppingState, offset: float) -> None:
    """Print a line on a single training run, in the task's unit."""
    epoch = int(state.epoch)
    if epoch == 0:  # a signal has come before the first was over
        return
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
        console.print(line, soft_wrap=True, highlight=False, markup=False, emoji=False)
