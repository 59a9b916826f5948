"""What follows the recurrent product in a step of a gated cell: its gate, and the output map where it has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry, Params


def emitted(cell: Any, params: Params, carry: Carry, y: Array) -> tuple[Carry, Array]:
    """Return what the cell makes of its gate's carry and output: the same, unless it has ``emit``."""
    emit = getattr(cell, "emit", None)
    return (carry, y) if emit is None else emit(params, carry, y)


def gated(cell: Any, params: Params, z: Any, u: Any, carry: Carry) -> tuple[Carry, Array]:
    """Return the carry and the output of a step, from the products of its input and of the carry that it consumes."""
    return emitted(cell, params, *cell.gate(params, z, u, carry))


def mixes_units(cell: Any) -> bool:
    """Return whether the cell says that its ``gate`` is not elementwise over units, as one that normalises.

    Example:
        >>> import gatedrnn as gr
        >>> mixes_units(gr.LSTM(3))
        False
    """
    return bool(getattr(cell, "mixes_units", False))


def clips_gradient(cell: Any) -> bool:
    """Return whether the cell says that it clips its carry's gradient, which is no linear map of what comes back then.

    Example:
        >>> import gatedrnn as gr
        >>> clips_gradient(gr.LSTM(3)), clips_gradient(gr.learned_start(gr.clip_gradient(gr.LSTM(3), 1.0)))
        (False, True)
    """
    return bool(getattr(cell, "clips_gradient", False))
