"""The fast engine: a scan of a ``GatedCell`` with a backward pass of its own.

Autodiff through a scan accumulates the gradient of each weight matrix step by step, in T small products. Here the
reverse scan carries cotangents of the state alone and stacks those of the linear maps' outputs; all gradients of
weights and inputs are large matrix products after it, as the VJP of ``project`` and ``recur`` over all steps at once.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import Literal

from gatedrnn.layers.reference import Plan, reference
from gatedrnn.layers.sequence import Steps, select, zero_padding

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry, Params


class Saved(NamedTuple):
    """What the backward pass needs."""

    params: Params
    initial: Carry
    steps: Steps
    carries: Carry
    """What each step consumed."""
    gate_vjps: Any
    """Each step's pointwise derivative."""
    linear: Any
    """Each step's ``z`` and ``u``, where the gate reads parameters as well; else None."""


def fast(plan: Plan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
    """Scan ``plan.cell`` over ``steps`` from ``start``, with the reference engine's values and gradients.

    There is no forward mode: ``jax.jvp`` through it is a ``TypeError`` of JAX's; the reference engine serves it.
    """
    return _fast(plan, params, start, initial, steps)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _fast(plan: Plan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
    return reference(plan, params, start, initial, steps)


def _forward(plan: Plan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Any, Saved]:
    cell = plan.cell

    def step(carry: Carry, now: Steps) -> Any:
        carry = now.consumed(carry, initial)
        z, u = cell.project(params, now.x), cell.recur(params, carry)
        (new, y), gate_vjp = jax.vjp(partial(cell.gate, params), z, u, carry)
        linear = (z, u) if reads_params(cell.gate, params, z, u, carry) else None
        return now.left(new, carry), (zero_padding(now.valid, y), carry, gate_vjp, linear)

    end, (ys, *saved) = jax.lax.scan(step, start, steps, reverse=plan.reverse, unroll=plan.unroll)
    return (end, ys), Saved(params, initial, steps, *saved)


def reads_params(gate: Any, params: Params, *others: Any) -> bool:
    """Whether ``gate`` computes anything with its parameters, as peepholes do."""
    jaxpr = jax.make_jaxpr(gate)(params, *others).jaxpr
    own = set(jaxpr.invars[: len(jax.tree.leaves(params))])
    used = [*jaxpr.outvars, *(var for equation in jaxpr.eqns for var in equation.invars)]
    return any(not isinstance(var, Literal) and var in own for var in used)


def _backward(plan: Plan, saved: Saved, cotangents: tuple[Carry, Array]) -> tuple[Params, Carry, Carry, Steps]:
    cell, params, steps = plan.cell, saved.params, saved.steps
    d_end, d_ys = cotangents

    def step(d_carry: Carry, now: Any) -> Any:
        this, d_y, carry, gate_vjp = now
        d_new, d_kept = d_carry, None
        if this.valid is not None:
            d_new, d_kept = _part(this.valid, d_carry)
            d_y = zero_padding(this.valid, d_y)
        d_z, d_u, d_consumed = gate_vjp((d_new, d_y))
        (d_recurred,) = jax.vjp(partial(cell.recur, params), carry)[1](d_u)
        d_carry = _add(d_consumed, d_recurred) if d_kept is None else _add(_add(d_consumed, d_recurred), d_kept)
        d_initial = None
        if this.fresh is not None:
            d_initial, d_carry = _part(this.fresh, d_carry)
        return d_carry, (d_z, d_u, d_initial, None if saved.linear is None else (d_new, d_y))

    d_start, (d_z, d_u, d_initial, d_gated) = jax.lax.scan(
        step, d_end, (steps, d_ys, saved.carries, saved.gate_vjps), reverse=not plan.reverse, unroll=plan.unroll
    )
    d_projected, d_x = jax.vjp(cell.project, params, steps.x)[1](d_z)
    d_params = _add(d_projected, jax.vjp(lambda p: cell.recur(p, saved.carries), params)[1](d_u)[0])
    if saved.linear is not None:
        d_params = _add(d_params, jax.vjp(lambda p: cell.gate(p, *saved.linear, saved.carries), params)[1](d_gated)[0])
    if d_initial is None:
        d_initial = jax.tree.map(jnp.zeros_like, saved.initial)
    else:
        d_initial = jax.tree.map(lambda d: d.sum(0), d_initial)
    return d_params, d_start, d_initial, Steps(d_x, None, None)


def _add(one: Any, other: Any) -> Any:
    return jax.tree.map(jnp.add, one, other)


def _part(flag: Any, tree: Any) -> tuple[Any, Any]:
    """Split cotangents into those where ``flag`` holds and the others, zeros elsewhere."""
    zeros = jax.tree.map(jnp.zeros_like, tree)
    return select(flag, tree, zeros), select(flag, zeros, tree)


_fast.defvjp(_forward, _backward)
