"""How many units each cell has, so that all have the same budget, and how long a step of them takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gatedrnn as gr
from gatedrnn.cells.registry import cell_maker, make_cell
from gatedrnn.costs.matching import match
from gatedrnn.costs.matching_time import match_time
from gatedrnn.costs.timing import step_seconds
from gatedrnn.experiment.widths import check_widths

if TYPE_CHECKING:
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.costs.timing import Seconds
    from gatedrnn.tasks.task import Batch, VisibleTask
    from gatedrnn.types import Cell


def hidden_sizes(task: VisibleTask, settings: Settings, train: Batch) -> list[dict[str, int]]:
    """Return each cell's units, for each number that is asked for, ascending: those of an equal budget."""
    if settings.sizes is not None:
        return [dict(zip(settings.cells, settings.sizes, strict=True))]
    return [_equal_sizes(task, settings, train, hidden) for hidden in sorted(settings.hidden)]


def _equal_sizes(task: VisibleTask, settings: Settings, train: Batch, hidden: int) -> dict[str, int]:
    """Return each cell's units of an equal budget near that of so many, recurrent layer and head counted."""
    kinds = {name: cell_maker(name) for name in settings.cells}
    if settings.matching == "time":
        length = train.x.shape[0]
        return match_time(kinds, task.in_dim, task.out_dim, hidden, batch=settings.batch_size, length=length)
    matched = match(kinds, task.in_dim, task.out_dim, hidden, by=settings.matching)
    return {name: matched[name].hidden for name in settings.cells}


def cells_of(name: str, settings: Settings, sizes: list[dict[str, int]]) -> dict[int, Cell]:
    """Return a cell in all its widths, by the units that are asked for, ascending.

    Args:
        name: the name of the cell.
        settings: the settings of the comparison.
        sizes: what ``hidden_sizes`` gives.

    Raises:
        InputError: where the widths of a cell cannot be tried together.
    """
    widths = {
        hidden: make_cell(name, units[name]) for hidden, units in zip(sorted(settings.hidden), sizes, strict=True)
    }
    check_widths(widths)
    return widths


def widest(widths: dict[int, Cell]) -> Cell:
    """Return the widest of a cell's widths: what is compiled, and what costs are counted of."""
    return [*widths.values()][-1]


def step_times(task: VisibleTask, settings: Settings, cells: dict[str, Cell], train: Batch) -> dict[str, Seconds]:
    """Measure the time of a step in training, recurrent layer and head."""
    networks = {name: gr.chain(gr.scan(cell), gr.dense(task.out_dim)) for name, cell in cells.items()}
    return dict(step_seconds(networks, task.in_dim, batch=settings.batch_size, length=train.x.shape[0]))
