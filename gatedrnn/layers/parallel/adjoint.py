"""Gradients of all steps at once, from states that are known: the cotangents of states are a linear recurrence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells.cotangents import complete, known, zeros
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.engines.fast.backward import Saved as Scanned
from gatedrnn.layers.engines.fast.backward import backward
from gatedrnn.layers.engines.fast.forms import FastForm
from gatedrnn.layers.parallel.answer import answered
from gatedrnn.layers.parallel.convergence import beginning, default_tolerance, largest, rounding
from gatedrnn.layers.parallel.jacobians import Method, jacobians, projected
from gatedrnn.layers.parallel.steps import all_steps, before_each, last_of, real, with_real
from gatedrnn.layers.sequence import Steps

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool

    from gatedrnn.types import Carry, Params

SEGMENT = 64
"""Steps whose gates the scan backward computes again at a time."""


class Saved(NamedTuple):
    """What the backward pass needs."""

    params: Params
    start: Carry
    initial: Carry
    steps: Steps
    states: Carry
    """The carry that each step has left."""


def gradients(
    plan: ScanPlan, method: Method, iterations: int, saved: Saved, cotangents: tuple[Carry, Array]
) -> tuple[Params, Carry, Carry, Steps]:
    """Return the cotangents of params, start, initial carry and steps.

    .. code-block:: text

        d[t] = J[t]^T d[t + 1] + (d y[t] / d before[t])^T d_y[t]        J[t] = d after[t] / d before[t]

    d is the cotangent of the carry before each step. With whole Jacobians one associative scan has it. With others, A,
    corrections ``e[t] = A[t]^T e[t + 1] + residual[t]`` are made until they are as small as roundings; residuals are of
    J. All other gradients are those of one call of ``step`` for all steps. Where that does not converge, or
    a product of Jacobians overflows, the gradients are those of a scan backward.

    Args:
        plan: the cell, and how it was scanned.
        method: what stands for the Jacobians, as in ``jacobians``.
        iterations: the number of corrections after which the scan answers instead; 1 for whole Jacobians.
        saved: what the forward pass has left.
        cotangents: those of the carry that was returned, and of all outputs.
    """
    d_end, d_ys = known(cotangents[0]), cotangents[1]
    before = before_each(saved.states, saved.start, reverse=plan.reverse)
    z = projected(plan, saved.params, saved.steps)
    found = jacobians(method, plan, saved.params, z, before, saved.initial, saved.steps)
    of_carry = jax.vjp(lambda before: _all(plan, saved, before), before)[1]

    def pulled(d_before: Carry) -> Carry:
        d_after = before_each(d_before, d_end, reverse=not plan.reverse)
        return known(of_carry((complete(d_after, saved.states), d_ys))[0])

    nothing = zeros(before)
    if iterations == 1:
        solved = found.solve_transposed(real(pulled(nothing)), reverse=plan.reverse)
        d_before = with_real(nothing, solved)
        right = _all_finite(d_before)
    else:
        d_before, right = _iterated(pulled, found, nothing, iterations, reverse=plan.reverse)
    d_after = before_each(d_before, d_end, reverse=not plan.reverse)
    return answered(right, _others(plan, saved, before, d_after, d_ys), _scanned(plan), saved, before, d_end, d_ys)


def _all(plan: ScanPlan, saved: Saved, before: Carry) -> tuple[Carry, Array]:
    return all_steps(plan, saved.params, before, saved.initial, saved.steps)


def _iterated(pulled: Any, found: Any, nothing: Carry, iterations: int, *, reverse: bool) -> tuple[Carry, Any]:
    """Correct the cotangents until corrections are as small as roundings; return them, and whether they became so."""
    tolerance, floor = default_tolerance(real(nothing)), 8 * rounding(real(nothing))

    def corrected(at: Any) -> Any:
        d_before, progress = at
        now = pulled(d_before)
        residual = [a - b for a, b in zip(real(now), real(d_before), strict=True)]
        correction = found.solve_transposed(residual, reverse=reverse)
        moved = [d + e for d, e in zip(real(d_before), correction, strict=True)]
        size = largest(correction) / jnp.maximum(largest(moved), jnp.finfo(jnp.float32).tiny)
        return pulled(with_real(nothing, moved)), progress.after(size, tolerance, floor)

    first = pulled(nothing)
    begun = beginning(0 * jnp.nan_to_num(largest(real(first))))
    d_before, progress = jax.lax.while_loop(lambda at: at[1].goes_on(iterations), corrected, (first, begun))
    return d_before, progress.converged & _all_finite(d_before)


def _others(plan: ScanPlan, saved: Saved, before: Carry, d_after: Carry, d_ys: Array) -> Any:
    """Return all cotangents from those of the carries that the steps leave, by one call of ``step`` for all."""

    def run(params: Params, before: Carry, initial: Carry, x: Any) -> tuple[Carry, Array]:
        return all_steps(plan, params, before, initial, saved.steps._replace(x=x))

    pull = jax.vjp(run, saved.params, before, saved.initial, saved.steps.x)[1]
    d_params, d_before, d_initial, d_x = known(pull((complete(d_after, saved.states), d_ys)))
    return d_params, last_of(d_before, reverse=not plan.reverse), d_initial, Steps(d_x, None, None)


def _scanned(plan: ScanPlan) -> Any:
    """Return the function that finds the same cotangents by a scan backward."""

    def run(saved: Saved, before: Carry, d_end: Carry, d_ys: Array) -> Any:
        scanned = Scanned(saved.params, saved.start, saved.initial, saved.steps, d_ys, before, None)
        return backward(plan, FastForm(recompute=SEGMENT), scanned, (complete(d_end, saved.start), d_ys))

    return run


def _all_finite(tree: Any) -> Bool[Array, ""]:
    return jnp.all(jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(tree)]))
