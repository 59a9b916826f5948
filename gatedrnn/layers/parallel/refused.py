"""Which cells have no backward pass that is a linear recurrence."""

from __future__ import annotations

from typing import Any

from gatedrnn.cells.gated import clips_gradient
from gatedrnn.layers.engines.fast.engine import is_gated


def no_linear_backward(cell: Any) -> str | None:
    """Return why cotangents of this cell's carry can't be solved for all steps at once; else None.

    Args:
        cell: the cell that an engine is asked to run.

    Example:
        >>> import gatedrnn as gr
        >>> no_linear_backward(gr.clip_gradient(gr.LSTM(3), 1.0))
        'expected "auto" or "reference", as GatedClipGradient(inner=LSTM(hidden=3), limit=1.0) clips its gradient'
    """
    if not is_gated(cell):
        return f'expected "auto" or "reference", as {cell!r} has no project, recur and gate'
    return f'expected "auto" or "reference", as {cell!r} clips its gradient' if clips_gradient(cell) else None
