"""How many units each cell has, so that all have the same budget, and how long a step of them takes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import gatedrnn as gr
from gatedrnn.cells.registry import make_cell
from gatedrnn.costs.counting import network_costs
from gatedrnn.costs.matching import match
from gatedrnn.costs.matching_time import match_time
from gatedrnn.costs.timing import step_seconds
from gatedrnn.errors import InputError
from gatedrnn.experiment.widths import check_widths

if TYPE_CHECKING:
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.costs.counting import NetworkCosts
    from gatedrnn.costs.timing import Seconds
    from gatedrnn.layers.engines.table import EngineChoice
    from gatedrnn.tasks.parts import Batch
    from gatedrnn.tasks.task import VisibleTask
    from gatedrnn.types import Cell, Layer


def hidden_sizes(task: VisibleTask, settings: Settings, train: Batch) -> list[dict[str, int]]:
    """Return each cell's units, for each number that is asked for, ascending: those of an equal budget."""
    if settings.sizes is not None:
        return [dict(zip(settings.cells, settings.sizes, strict=True))]
    return [_equal_sizes(task, settings, train, hidden) for hidden in sorted(settings.hidden)]


def _equal_sizes(task: VisibleTask, settings: Settings, train: Batch, hidden: int) -> dict[str, int]:
    if settings.matching != "time":
        return counted_sizes(task, settings, hidden)
    timed = {name: partial(_body, settings, name, engine="auto") for name in settings.cells}
    sizes = {"batch": min(settings.batch_size, train.x.shape[1]), "length": train.x.shape[0]}
    return match_time(timed, settings.architecture.width(task.in_dim), task.out_dim, hidden, **sizes)


def counted_sizes(task: VisibleTask, settings: Settings, hidden: int) -> dict[str, int]:
    """Return each cell's units of an equal budget near that of so many, all recurrent layers and head counted.

    An embedding is the same for all cells, and is left out. No data are read.

    Args:
        task: what the cells are compared on.
        settings: cells, what is around them, and the budget, which can be counted: any but time.
        hidden: units of the first cell.

    Raises:
        InputError: where the budget is time, which is measured.
    """
    if settings.matching == "time":
        raise InputError("matching: expected a budget that can be counted, got 'time'")
    counted = {name: partial(_body, settings, name, engine="reference") for name in settings.cells}
    matched = match(counted, settings.architecture.width(task.in_dim), task.out_dim, hidden, by=settings.matching)
    return {name: matched[name].hidden for name in settings.cells}


def _body(settings: Settings, name: str, units: int, engine: EngineChoice) -> Cell | Layer:
    return settings.architecture.body(make_cell(name, units), engine=engine)


def cells_of(name: str, settings: Settings, sizes: list[dict[str, int]]) -> dict[int, Cell]:
    """Return a cell in all its widths, by the units that are asked for, ascending.

    Args:
        name: the name of the cell.
        settings: the settings of the comparison.
        sizes: the units of every cell, as ``hidden_sizes`` gives them.

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
    """Measure the time of a step in training, recurrent layers and head; looking up an embedding is not in it."""
    around = settings.architecture
    networks = {name: gr.chain(*around.recurrent(cell), gr.dense(task.out_dim)) for name, cell in cells.items()}
    width = around.width(task.in_dim)
    steps, sequences = train.x.shape[:2]
    return dict(step_seconds(networks, width, batch=min(settings.batch_size, sequences), length=steps))


def costs_of_network(cell: Cell, task: VisibleTask, settings: Settings) -> NetworkCosts:
    """Count the network of a cell on a task: an embedding, all recurrent layers, and the head."""
    around = settings.architecture
    return network_costs(
        cell,
        around.width(task.in_dim),
        task.out_dim,
        body=around.body(cell, engine="reference"),
        tokens=task.in_dim if around.embed else 0,
    )
