"""The fast engine: a scan of a ``GatedCell`` with a backward pass of its own.

Autodiff through a scan accumulates the gradient of each weight matrix step by step, in T small products. Here the
reverse scan carries cotangents of the state alone; gradients of weights and inputs are large matrix products after
it (``backward.py``). ``forms.py`` says which forms both passes have, and when each is chosen.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.cells.derivatives import derivative_of
from gatedrnn.layers.blocks import flat, scan_blocks, step_of
from gatedrnn.layers.engines.fast.backward import Saved, backward, reads_params
from gatedrnn.layers.engines.reference import ScanPlan
from gatedrnn.layers.sequence import Steps, zero_padding

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array

    from gatedrnn.types import Carry, Params


def fast(plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
    """Scan ``plan.cell`` over ``steps`` from ``start``, with the reference engine's values and gradients.

    There is no forward mode: ``jax.jvp`` through it is a ``TypeError`` of JAX's; the reference engine serves it.
    """
    return _fast(plan, params, start, initial, steps)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _fast(plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
    def step(carry: Carry, now: Steps, z: Any) -> tuple[Carry, Array]:
        carry = now.consumed(carry, initial)
        new, y = plan.cell.gate(params, *_linear(plan, params, now, z, carry), carry)
        return now.carry_out(new, carry), zero_padding(now.valid, y)

    return _scan_projected(plan, params, step, start, steps)


def _forward(plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Any, Saved]:
    cell, derivative = plan.cell, derivative_of(plan.cell, params)

    def step(carry: Carry, now: Steps, z: Any) -> Any:
        consumed = now.consumed(carry, initial)
        z, u = _linear(plan, params, now, z, consumed)
        new, y, pointwise = derivative.save(z, u, consumed)
        carried, y = now.carry_out(new, consumed), zero_padding(now.valid, y)
        # What is handed on as it is put out (an LSTM's h) need not be saved twice.
        unlike_y = jax.tree.map(lambda before, after: None if after is y else before, carry, carried)
        if plan.forms.recompute:
            return carried, (y, unlike_y, None, None)
        linear = (z, u) if reads_params(cell.gate, params, z, u, consumed) else None
        return carried, (y, unlike_y, pointwise, linear)

    end, (ys, *saved) = _scan_projected(plan, params, step, start, steps)
    return (end, ys), Saved(params, start, initial, steps, ys, *saved)


def _linear(plan: ScanPlan, params: Params, now: Steps, z: Any, carry: Carry) -> tuple[Any, Any]:
    """Return what the gate reads: both products, or, where ``z`` is None, their sum and zero."""
    if z is not None:
        return z, plan.cell.recur(params, carry)
    z = plan.cell.joint(params, now.x, carry)
    return z, jax.tree.map(jnp.zeros_like, z)


def _scan_projected(
    plan: ScanPlan, params: Params, step: Callable[[Carry, Steps, Any], Any], start: Carry, steps: Steps
) -> Any:
    """Scan ``step(carry, now, z)`` as the plan's form says; ``z`` is the projected input, or None."""
    project = partial(plan.cell.project, params)
    leaves = jax.tree.leaves(steps.x)
    options = {"reverse": plan.reverse, "unroll": plan.unroll}
    if plan.forms.project == 0:
        return jax.lax.scan(lambda carry, now: step(carry, now, None), start, steps, **options)
    if plan.forms.project < 2 or leaves[0].shape[0] < 2:
        return jax.lax.scan(lambda carry, now: step(carry, now, project(now.x)), start, steps, **options)

    def block(carry: Carry, steps: Steps, _: None) -> Any:
        z = flat(project, steps.x, leading=leaves[0].ndim - 1)
        flags = Steps(None, steps.valid, steps.reset)
        at = jnp.arange(jax.tree.leaves(z)[0].shape[0])
        return jax.lax.scan(
            lambda carry, now: step(carry, now[0], step_of(z, now[1], plan.cell.out_dim)), carry, (flags, at), **options
        )

    return scan_blocks(block, start, steps, None, plan.forms.project, reverse=plan.reverse)


_fast.defvjp(_forward, backward)
