"""``gatedrnn describe``: what cells cost."""

from __future__ import annotations

from json import dumps
from typing import Annotated

import tyro

from gatedrnn.cells.registry import HELP
from gatedrnn.commands.console import make_console
from gatedrnn.costs.describe import SHOWN
from gatedrnn.costs.describe import describe as describe_cells
from gatedrnn.costs.table import render_description


def describe(
    in_dim: int,
    hidden: int,
    out_dim: int | None = None,
    *,
    batch: int = 16,
    length: int = 128,
    time: bool = False,
    cells: Annotated[tuple[str, ...], tyro.conf.arg(help=HELP)] = SHOWN,
    json: bool = False,
) -> None:
    """Show what cells cost: gates, states, parameters, FLOPs, memory, and sizes of equal cost.

    Args:
        in_dim: features of the input.
        hidden: units of every cell.
        out_dim: features of a dense head, which counts in equal sizes; none unless given.
        batch: examples, for memory and time.
        length: time steps, for memory and time.
        time: measure the time per step on this device.
        cells: those that stand side by side; the help text lists the table of cells.
        json: print JSON instead of a table.
    """
    description = describe_cells(in_dim, hidden, out_dim, batch=batch, length=length, time=time, cells=cells)
    if json:
        print(dumps(description.as_dict(), indent=1))
    else:
        make_console().print(render_description(description))
