"""What a comparison takes, reckoned from what a few trials took: arithmetic alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from gatedrnn.comparison.diagnostics.parts_of_data import PARTS
from gatedrnn.comparison.search.extension import MORE_EPOCHS
from gatedrnn.experiment.space import REACH

if TYPE_CHECKING:
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.tasks.parts import Visible

PILOT = 4
"""Trials of each cell that are run, or all where there are fewer."""


class CellEstimate(NamedTuple):
    """What one cell takes on one task.

    Attributes:
        parameters: how many parameters recurrent layer and head have.
        epochs: how many epochs a trial takes in the mean.
        trial_seconds: how long a trial takes in the mean, beside the other cells.
        once_seconds: seconds that compiling all programs takes.
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


def extension_cost(cells: dict[str, CellEstimate], settings: Settings, pilot: int) -> ExtensionCost | None:
    """Return what an extension adds: half of the trials at an edge; what the cap cut off again, twice as long."""
    if not settings.extend or settings.minutes is not None or settings.trials is None:
        return None
    trial = max(cell.trial_seconds for cell in cells.values())
    edge = settings.replicates * math.ceil(REACH * settings.trials) * trial
    again = max(max(cell.capped, 1) / pilot * cell.trials * cell.trial_seconds for cell in cells.values())
    compiled = max(cell.once_seconds for cell in cells.values())
    capped = sum(cell.capped for cell in cells.values())
    return ExtensionCost(edge, compiled + MORE_EPOCHS * again, capped, pilot * len(cells))
