"""The methods by name: what each takes for the derivative of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from gatedrnn.cells.optional import optional_method
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.parallel.dense import Dense, dense
from gatedrnn.layers.parallel.steps import recurred
from gatedrnn.layers.parallel.units import Units, units
from gatedrnn.layers.sequence import Steps

if TYPE_CHECKING:
    from gatedrnn.types import Carry, Params

Method: TypeAlias = Literal["newton", "block", "gate"]
METHODS: tuple[Method, ...] = ("newton", "block", "gate")


def jacobians(
    method: Method, plan: ScanPlan, params: Params, z: Any, before: Carry, initial: Carry, steps: Steps
) -> Any:
    """Return what stands for the derivatives of all steps: ``Dense`` where it is whole, else ``Units``.

    Args:
        method: "newton" for whole Jacobians, "block" for what each unit makes of itself, "gate" for what it does so
            while the recurrent product is held fixed.
        plan: the ``GatedCell`` that takes each step, and how many axes lead in its inputs.
        params: the parameters as the cell has prepared them.
        z: what ``project`` made of the inputs, ``[T, *B, ...]``.
        before: the carry before each step, ``[T, *B, ...]``.
        initial: the carry that a reset puts in its place.
        steps: which steps exist, and where the carry is reset.
    """
    consumed = steps.consumed(before, initial)
    linear = z, recurred(plan, params, consumed)
    found: Dense | Units
    if method == "newton":
        found = dense(plan, params, linear, consumed, steps)
    else:
        found = units(plan.cell, params, linear, consumed, steps, through_recur=method == "block")
    return found


def exact_method(cell: Any) -> Method:
    """Return the cheapest method whose Jacobians are whole: "block" for a cell whose units see themselves alone.

    Such a cell says so by ``diagonal = True``, or by ``linear``.

    Example:
        >>> import gatedrnn as gr
        >>> exact_method(gr.ParaGRU(3)), exact_method(gr.MinGRU(3)), exact_method(gr.GRU(3))
        ('block', 'block', 'newton')
    """
    apart = optional_method(cell, "diagonal") or optional_method(cell, "linear") is not None
    return "block" if apart else "newton"
