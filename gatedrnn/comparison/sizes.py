"""What networks cost on a task, and the units at which all cells have an equal budget."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import gatedrnn as gr
from gatedrnn.cells.registry import make_cell
from gatedrnn.costs.counting import network_costs
from gatedrnn.costs.matching import match
from gatedrnn.costs.matching_time import match_time
from gatedrnn.costs.timing import step_seconds

if TYPE_CHECKING:
    from gatedrnn.comparison.settings import Settings
    from gatedrnn.costs.counting import NetworkCosts
    from gatedrnn.costs.timing import Seconds
    from gatedrnn.layers.engines.table import EngineChoice
    from gatedrnn.tasks.task import Batch, VisibleTask
    from gatedrnn.types import Cell, Layer


def hidden_sizes(task: VisibleTask, settings: Settings, train: Batch) -> dict[str, int]:
    """Return each cell's units: those asked for, or those of an equal budget, all recurrent layers and head counted.

    An embedding is the same for all cells, and is left out.
    """
    if settings.sizes is not None:
        return dict(zip(settings.cells, settings.sizes, strict=True))
    width = settings.architecture.width(task.in_dim)

    def body(name: str, hidden: int, engine: EngineChoice) -> Cell | Layer:
        return settings.architecture.body(make_cell(name, hidden), engine=engine)

    if settings.matching == "time":
        timed = {name: partial(body, name, engine="auto") for name in settings.cells}
        sizes = {"batch": settings.batch_size, "length": train.x.shape[0]}
        return match_time(timed, width, task.out_dim, settings.hidden, **sizes)
    counted = {name: partial(body, name, engine="reference") for name in settings.cells}
    matched = match(counted, width, task.out_dim, settings.hidden, by=settings.matching)
    return {name: matched[name].hidden for name in settings.cells}


def step_times(task: VisibleTask, settings: Settings, cells: dict[str, Cell], train: Batch) -> dict[str, Seconds]:
    """Measure the time of a step in training, recurrent layers and head; looking up an embedding is not in it."""
    around = settings.architecture
    networks = {name: gr.chain(*around.recurrent(cell), gr.dense(task.out_dim)) for name, cell in cells.items()}
    width = around.width(task.in_dim)
    return dict(step_seconds(networks, width, batch=settings.batch_size, length=train.x.shape[0]))


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
