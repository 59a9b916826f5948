"""The one table of engines: their names, and which of them ``engine=`` means for a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from gatedrnn.errors import InputError
from gatedrnn.layers.engines.associative import ASSOCIATIVE
from gatedrnn.layers.engines.base import Engine
from gatedrnn.layers.engines.cudnn import CUDNN
from gatedrnn.layers.engines.fast.engine import FAST, Fast
from gatedrnn.layers.engines.fast.forms import FastForm
from gatedrnn.layers.engines.native import NATIVE
from gatedrnn.layers.engines.parallel import PARALLEL
from gatedrnn.layers.engines.parallel_backward import PARALLEL_BACKWARD
from gatedrnn.layers.engines.reference import REFERENCE
from gatedrnn.layers.sequence import Steps

if TYPE_CHECKING:
    from collections.abc import Hashable

    from gatedrnn.types import Carry

EngineChoice: TypeAlias = str | FastForm | Engine
"""What ``gr.scan`` takes as ``engine``: "auto", the name of an engine, a form of the fast one, or an engine itself."""

ENGINES: dict[str, Engine] = {
    engine.name: engine for engine in (FAST, REFERENCE, CUDNN, ASSOCIATIVE, NATIVE, PARALLEL_BACKWARD, PARALLEL)
}
"""Every engine by its name, in the order in which "auto" asks them; the reference engine refuses nothing."""


def engine_for(choice: EngineChoice, cell: Any) -> Engine:
    """Return the engine that ``choice`` means for ``cell``.

    Args:
        choice: "auto", the name of an engine in the table, a form of the fast engine, or an engine that is in no table.
        cell: the cell to be run; "auto" is the first engine of the table that may be chosen so and takes it.

    Raises:
        InputError: where the choice is none of these, or where the engine refuses the cell.

    Example:
        >>> import gatedrnn as gr
        >>> engine_for("auto", gr.LSTM(4)).name, engine_for("auto", gr.GRU(4, reset="before")).name
        ('fast', 'reference')
    """
    if choice == "auto":
        return next(one for one in ENGINES.values() if one.automatic and one.refuses(cell) is None)
    if isinstance(choice, FastForm):
        engine = Fast(choice)
    elif isinstance(choice, str) and choice in ENGINES:
        engine = ENGINES[choice]
    elif isinstance(choice, Engine):
        engine = choice
    else:
        raise InputError(f"engine: expected one of {('auto', *ENGINES)}, got {choice!r}")
    if reason := engine.refuses(cell):
        raise InputError(f"engine: {reason}")
    return engine


def engine_in_call(choice: EngineChoice, cell: Any, start: Carry, steps: Steps) -> Engine:
    """Return the engine that runs a call: that of ``engine_for``, but for calls in which "auto" takes the native one.

    Args:
        choice: what ``engine_for`` takes: "auto", a name, a form of the fast engine or an engine itself.
        cell: the cell to be run.
        start: the carry before the first step.
        steps: prepared inputs and flags.

    Raises:
        InputError: where ``engine_for`` does.

    Example:
        >>> import jax.numpy as jnp, gatedrnn as gr
        >>> engine_in_call("auto", gr.GRU(4), jnp.zeros((2, 4)), Steps(jnp.zeros((5, 2, 3)), None, None)).name
        'fast'
    """
    return NATIVE if choice == "auto" and NATIVE.chosen(cell, start, steps) else engine_for(choice, cell)


def choices_for(cell: Any) -> tuple[Hashable, ...]:
    """Return the names of all engines that take ``cell``, each followed by its variants.

    Example:
        >>> import gatedrnn as gr
        >>> choices_for(gr.GRU(4))[:3]
        ('fast', FastForm(project=4, recompute=4), 'reference')
    """
    taking = [engine for engine in ENGINES.values() if engine.refuses(cell) is None]
    return tuple(choice for engine in taking for choice in (engine.name, *engine.variants(cell)))
