"""The engine whose backward pass runs all steps at once: its forward pass is a scan, its gradients are exact."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import jax

from gatedrnn.cells.cotangents import known
from gatedrnn.config import config
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.engines.forward_mode import refuse_forward_mode
from gatedrnn.layers.engines.reference import REFERENCE
from gatedrnn.layers.parallel.adjoint import Backward, Cotangents, Saved, gradients
from gatedrnn.layers.parallel.jacobians import exact_method
from gatedrnn.layers.parallel.refused import no_linear_backward
from gatedrnn.layers.parallel.steps import last_of, one_by_one
from gatedrnn.layers.parallel.windows import window_of
from gatedrnn.layers.sequence import Steps

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry, Params


@config
class ParallelBackward:
    """Serves every ``GatedCell`` in every call, without forward mode.

    Once the states are known, their cotangents are a linear recurrence, however nonlinear the cell is, so that one
    associative scan of matrices and vectors has them (``layers/parallel/adjoint.py``). A Jacobian has n^2 numbers a
    step for a carry of n, and a product of two takes n^3: this is for small carries, long sequences and devices with
    arithmetic to spare. Where units see themselves alone, as in a ParaGRU, both grow like n.
    """

    name: ClassVar[str] = "parallel_backward"
    automatic: ClassVar[bool] = False

    def refuses(self, cell: Any) -> str | None:
        """Refuse a cell that is no ``GatedCell``, and one that clips cotangents: they are no linear recurrence then."""
        return no_linear_backward(cell)

    def refuses_call(self, start: Carry, steps: Steps) -> str | None:
        """Refuse steps of which nobody knows how many there are."""
        length = jax.tree.leaves(steps)[0].shape[0]
        return None if isinstance(length, int) else f"expected another than {self.name}, as the steps are {length}"

    def variants(self, cell: Any) -> tuple[()]:
        """Return nothing: there is one way to run it."""
        del cell
        return ()

    def run(self, plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
        """Scan ``plan.cell`` over ``steps`` from ``start``."""
        refuse_forward_mode(self.name, params, start, steps)
        if jax.tree.leaves(steps)[0].shape[0] == 0:
            return REFERENCE.run(plan, params, start, initial, steps)
        return _run(plan, params, start, initial, steps)


PARALLEL_BACKWARD = ParallelBackward()


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _run(plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
    states, ys = one_by_one(plan, params, start, initial, steps)
    return last_of(states, reverse=plan.reverse), ys


def _forward(plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Any, Saved]:
    states, ys = one_by_one(plan, params, start, initial, steps)
    return (last_of(states, reverse=plan.reverse), ys), Saved(params, start, initial, steps, states)


def _backward(plan: ScanPlan, saved: Saved, cotangents: tuple[Carry, Array]) -> tuple[Params, Carry, Carry, Steps]:
    """Return the cotangents of params, start, initial carry and steps."""
    window = window_of(cotangents[1].shape[0], None)
    how = Backward(exact_method(plan.cell), 1, window)
    return gradients(plan, how, saved, Cotangents(known(cotangents[0]), cotangents[1], None))


_run.defvjp(_forward, _backward)
