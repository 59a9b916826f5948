"""The one table of cells: by name, each made from its number of units."""

from __future__ import annotations

import importlib
import inspect
import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from gatedrnn.cells.block_gru import BlockGRU
from gatedrnn.cells.block_lstm import BlockLSTM
from gatedrnn.cells.coupled_lstm import CoupledLSTM
from gatedrnn.cells.dreamer_gru import DreamerGRU
from gatedrnn.cells.greff_lstm import VARIANTS, GreffLSTM
from gatedrnn.cells.gru import GRU, GRUResetAfter
from gatedrnn.cells.gru_reset_before import GRUResetBefore
from gatedrnn.cells.ind_rnn import IndRNN
from gatedrnn.cells.irnn import IRNN
from gatedrnn.cells.janet import JANET
from gatedrnn.cells.layer_norm_gru import LayerNormGRU
from gatedrnn.cells.layer_norm_lstm import LayerNormLSTM
from gatedrnn.cells.log_min_gru import LogMinGRU
from gatedrnn.cells.log_min_lstm import LogMinLSTM
from gatedrnn.cells.lstm import LSTM
from gatedrnn.cells.mgu import MGU
from gatedrnn.cells.min_gru import MinGRU
from gatedrnn.cells.min_lstm import MinLSTM
from gatedrnn.cells.multiplicative_lstm import MultiplicativeLSTM
from gatedrnn.cells.mut import MUT1, MUT2, MUT3
from gatedrnn.cells.para_gru import ParaGRU
from gatedrnn.cells.para_lstm import ParaLSTM
from gatedrnn.cells.peephole_lstm import PeepholeLSTM
from gatedrnn.cells.projected_lstm import ProjectedLSTM
from gatedrnn.cells.simple_rnn import SimpleRNN
from gatedrnn.cells.slstm import SLSTM
from gatedrnn.cells.ur_lstm import URLSTM
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
    "PeepholeLSTM": Entry(PeepholeLSTM, PeepholeLSTM),
    "CoupledLSTM": Entry(CoupledLSTM, CoupledLSTM),
    "JANET": Entry(JANET, JANET),
    **{f"Greff-{name}": Entry(partial(GreffLSTM, variant=name), GreffLSTM) for name in VARIANTS},
    "MultiplicativeLSTM": Entry(MultiplicativeLSTM, MultiplicativeLSTM),
    "URLSTM": Entry(URLSTM, URLSTM),
    "BlockLSTM": Entry(lambda hidden: BlockLSTM(hidden, heads=math.gcd(hidden, 4)), BlockLSTM, "4 heads, or 2, or 1"),
    "SLSTM": Entry(SLSTM, SLSTM),
    "ParaLSTM": Entry(ParaLSTM, ParaLSTM),
    "MinLSTM": Entry(MinLSTM, MinLSTM),
    "LayerNormLSTM": Entry(LayerNormLSTM, LayerNormLSTM),
    "BlockGRU": Entry(lambda hidden: BlockGRU(hidden, heads=math.gcd(hidden, 4)), BlockGRU, "4 heads, or 2, or 1"),
    "MGU": Entry(MGU, MGU),
    "MUT1": Entry(MUT1, MUT1),
    "MUT2": Entry(MUT2, MUT2),
    "MUT3": Entry(MUT3, MUT3),
    "IndRNN": Entry(IndRNN, IndRNN),
    "IRNN": Entry(IRNN, IRNN),
    "ParaGRU": Entry(ParaGRU, ParaGRU),
    "LayerNormGRU": Entry(LayerNormGRU, LayerNormGRU),
    "DreamerGRU": Entry(
        lambda hidden: DreamerGRU(hidden, heads=math.gcd(hidden, 8)), DreamerGRU, "8 heads, or 4, or 2, or 1"
    ),
    "LogMinGRU": Entry(LogMinGRU, LogMinGRU, "MinGRU with positive candidates"),
    "LogMinLSTM": Entry(LogMinLSTM, LogMinLSTM, "MinLSTM with positive candidates"),
    "LSTM-projected": Entry(
        lambda hidden: ProjectedLSTM(hidden, max(1, hidden // 2)), ProjectedLSTM, "puts out half as many features"
    ),
}
"""The cells that a comparison knows by name: a new one is a row."""

NAMES = ", ".join(name + (f" ({entry.help})" if entry.help else "") for name, entry in CELLS.items())
"""All names, as help texts list them."""

HELP = f"{NAMES}, or package.module:Class."
"""Help text of every option that names a cell."""


METHODS = ("init", "initial_carry", "step")
"""What every class of cells has; a ``GatedCell`` has more."""


def cell_maker(name: str, setting: str = "cells") -> MakeCell:
    """Return what makes a cell of that name from its number of units.

    Args:
        name: a name of ``CELLS``; or the import path of a cell of one's own, "package.module:Class". Importing a module
            runs it, so that only a name that the user gave may come here, and none that a file holds.
        setting: what the user gave it as.

    Raises:
        InputError: where there is none; what is returned raises it where units alone make no cell of it.

    Example:
        >>> cell_maker("gatedrnn.cells.gru:GRUResetAfter")(3)
        GRUResetAfter(hidden=3)
    """
    if not isinstance(name, str):
        raise InputError(f"{setting}: expected the name of a cell, got {name!r}")
    return CELLS[name].make if name in CELLS else partial(_made, name, own_class(name, setting), setting)


def _made(name: str, kind: type[Any], setting: str, hidden: int) -> Cell:
    try:
        return kind(hidden)
    except InputError:
        raise
    except Exception as error:  # it may want more than its units, or cells in their place
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(f"{setting}: expected a cell that its units alone make, got {name} ({why})") from error


def own_class(name: str, setting: str = "cells") -> type[Any]:
    """Return the class of a cell at an import path, checked to be one before anybody calls it.

    Args:
        name: "package.module:Class", which the user gave.
        setting: what the user gave it as.

    Raises:
        InputError: where there is nothing that can be imported, or it is no class of cells.

    Example:
        >>> own_class("os:system")
        Traceback (most recent call last):
        ...
        gatedrnn.errors.InputError: cells: expected a class of cells, with init, initial_carry, step; got os:system
    """
    module, colon, attribute = name.partition(":")
    if not colon or not module or module.startswith("."):
        raise InputError(f"{setting}: expected some of {', '.join(CELLS)}, or package.module:Class; got {name}")
    try:
        found: Any = getattr(importlib.import_module(module), attribute)
    except (Exception, SystemExit) as error:  # a module of the user's may raise anything while it is run, or exit
        why = str(error) or type(error).__name__
        raise InputError(f"{setting}: expected a class that can be imported, got {name} ({why})") from error
    concrete = isinstance(found, type) and not inspect.isabstract(found) and not getattr(found, "_is_protocol", False)
    if not concrete or not all(callable(getattr(found, method, None)) for method in METHODS):
        raise InputError(f"{setting}: expected a class of cells, with {', '.join(METHODS)}; got {name}")
    if hasattr(found, "causal"):
        raise InputError(f"{setting}: expected a class of cells, got the layer {name}")
    return found


def make_cell(name: str, hidden: int, setting: str = "cells") -> Cell:
    """Return the cell of that name; errors as in `cell_maker`."""
    return cell_maker(name, setting)(hidden)
