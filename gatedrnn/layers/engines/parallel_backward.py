"""The engine whose backward pass runs all steps at once: its forward pass is a scan, its gradients are exact."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import jax

from gatedrnn.cells.cotangents import complete, known, zeros
from gatedrnn.config import config
from gatedrnn.layers.blocks import flat
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.engines.fast.engine import is_gated
from gatedrnn.layers.engines.reference import REFERENCE
from gatedrnn.layers.parallel.dense import dense
from gatedrnn.layers.parallel.steps import all_steps, before_each, last_of, leading_axes, one_by_one, real, with_real
from gatedrnn.layers.sequence import Steps

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry, Params


@config
class ParallelBackward:
    """Serves every ``GatedCell`` in every call, without forward mode.

    .. code-block:: text

        d_before[t] = J[t]^T d_before[t + 1] + (d y[t] / d before[t])^T d_y[t]        J[t] = d after[t] / d before[t]

    Once the states are known, their cotangents are a linear recurrence, however nonlinear the cell is, so that one
    associative scan of matrices and vectors solves it in a logarithmic number of steps. All other gradients are those
    of one call of ``step`` for all steps. J has n^2 numbers a step for a carry of n, and products of it n^3: this is
    for small carries, long sequences and devices with arithmetic to spare.
    """

    name: ClassVar[str] = "parallel_backward"
    automatic: ClassVar[bool] = False

    def refuses(self, cell: Any) -> str | None:
        """Refuse a cell that is no ``GatedCell``."""
        return None if is_gated(cell) else f'expected "auto" or "reference", as {cell!r} has no project, recur and gate'

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
        if jax.tree.leaves(steps)[0].shape[0] == 0:
            return REFERENCE.run(plan, params, start, initial, steps)
        return _run(plan, params, start, initial, steps)


PARALLEL_BACKWARD = ParallelBackward()


class Saved(NamedTuple):
    """What the backward pass needs."""

    params: Params
    start: Carry
    initial: Carry
    steps: Steps
    states: Carry
    """The carry that each step has left."""


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _run(plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
    states, ys = one_by_one(plan, params, start, initial, steps)
    return last_of(states, reverse=plan.reverse), ys


def _forward(plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Any, Saved]:
    states, ys = one_by_one(plan, params, start, initial, steps)
    return (last_of(states, reverse=plan.reverse), ys), Saved(params, start, initial, steps, states)


def _backward(plan: ScanPlan, saved: Saved, cotangents: tuple[Carry, Array]) -> tuple[Params, Carry, Carry, Steps]:
    """Return the cotangents of params, start, initial carry and steps."""
    d_end, d_ys = cotangents
    before = before_each(saved.states, saved.start, reverse=plan.reverse)
    consumed = saved.steps.consumed(before, saved.initial)
    leading = leading_axes(saved.steps)
    z = flat(partial(plan.cell.project, saved.params), saved.steps.x, leading=leading)
    u = flat(partial(plan.cell.recur, saved.params), consumed, leading=leading)
    jacobians = dense(plan.cell, saved.params, (z, u), consumed, saved.steps)
    # Nothing comes from later steps yet; at the last one there is what comes from the carry that is returned.
    alone = before_each(zeros(saved.states), known(d_end), reverse=not plan.reverse)
    summand = pulled(plan, saved, before, alone, d_ys)[1]
    solved = jacobians.solve_transposed(real(summand), reverse=plan.reverse)
    d_after = before_each(with_real(summand, solved), known(d_end), reverse=not plan.reverse)
    d_params, d_before, d_initial, d_x = pulled(plan, saved, before, d_after, d_ys)
    return d_params, last_of(d_before, reverse=not plan.reverse), d_initial, Steps(d_x, None, None)


def pulled(plan: ScanPlan, saved: Saved, before: Carry, d_after: Carry, d_ys: Array) -> tuple[Any, Any, Any, Any]:
    """Return the cotangents of params, of the carry before each step, of the initial carry and of inputs."""

    def run(params: Params, before: Carry, initial: Carry, x: Any) -> tuple[Carry, Array]:
        return all_steps(plan.cell, params, before, initial, saved.steps._replace(x=x))

    (states, _), pull = jax.vjp(run, saved.params, before, saved.initial, saved.steps.x)
    return known(pull((complete(d_after, states), d_ys)))


_run.defvjp(_forward, _backward)
