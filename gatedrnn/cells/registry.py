"""The one table of cells: by name, each made from its number of units."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from gatedrnn.cells.gru import GRU, GRUResetAfter
from gatedrnn.cells.gru_reset_before import GRUResetBefore
from gatedrnn.cells.lstm import LSTM
from gatedrnn.cells.min_gru import MinGRU
from gatedrnn.cells.simple_rnn import SimpleRNN
from gatedrnn.errors import InputError

if TYPE_CHECKING:
    from gatedrnn.types import Cell

MakeCell: TypeAlias = "Callable[[int], Cell]"
"""What makes a cell from its number of units."""


class Entry(NamedTuple):
    """One row of the table."""

    make: MakeCell
    kind: type
    """The class of what is made."""
    help: str = ""
    """What the name alone does not say, for help texts."""


CELLS = {
    "LSTM": Entry(LSTM, LSTM),
    "GRU": Entry(GRU, GRUResetAfter),
    "GRU-before": Entry(lambda hidden: GRU(hidden, reset="before"), GRUResetBefore, "reset gate before the product"),
    "MinGRU": Entry(MinGRU, MinGRU),
    "SimpleRNN": Entry(SimpleRNN, SimpleRNN),
}
"""The cells that a comparison knows by name: a new one is a row."""

NAMES = ", ".join(name + (f" ({entry.help})" if entry.help else "") for name, entry in CELLS.items())
"""All names, as help texts list them."""

HELP = f"{NAMES}, or package.module:Class."
"""Help text of every option that names a cell."""


def cell_maker(name: str) -> MakeCell:
    """Return what makes a cell of that name from its number of units.

    Args:
        name: a name of ``CELLS``; or the import path of a cell of one's own, "package.module:Class".

    Raises:
        InputError: where there is none.

    Example:
        >>> cell_maker("gatedrnn.cells.gru:GRUResetAfter")(3)
        GRUResetAfter(hidden=3)
    """
    if name in CELLS:
        return CELLS[name].make
    module, colon, attribute = name.partition(":")
    if not colon or not module or module.startswith("."):
        raise InputError(f"cells: expected some of {', '.join(CELLS)}, or package.module:Class; got {name}")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(f"cells: expected a class that can be imported, got {name} ({error})") from error


def make_cell(name: str, hidden: int) -> Cell:
    """Return the cell of that name; errors as in `cell_maker`."""
    return cell_maker(name)(hidden)
