"""The backward pass of the fast engine.

The reverse scan carries cotangents of the state alone and stacks those of the linear maps' outputs; all gradients of
weights and inputs are large matrix products after it, as the VJP of ``project`` and ``recur`` over all steps at once.
Both work on a block of steps: all of them where the forward scan saved what the gates' derivatives need, else some
at a time, for which the gates are computed again.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import Literal

from gatedrnn.cells.derivatives import derivative_of
from gatedrnn.cells.optional import optional_method
from gatedrnn.layers.blocks import block_edges, flat, merged, scan_blocks, shifted
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.engines.fast.forms import FastForm
from gatedrnn.layers.sequence import Steps, select, zero_padding

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry, Params


class Saved(NamedTuple):
    """What the backward pass needs."""

    params: Params
    start: Carry
    initial: Carry
    steps: Steps
    ys: Array
    carries: Carry
    """What each step started from; None for a leaf that is the output of the step before."""
    pointwise: Any
    """What the derivative of each step's gate needs; None where it is computed again."""
    linear: Any
    """Each step's ``z`` and ``u``, where the gate reads parameters as well and nothing is computed again; else None."""


class Block(NamedTuple):
    """The part of what is saved that belongs to some steps, and their outputs' cotangents."""

    steps: Steps
    ys: Array
    carries: Carry
    pointwise: Any
    linear: Any
    d_ys: Array


def backward(
    plan: ScanPlan, form: FastForm, saved: Saved, cotangents: tuple[Carry, Array]
) -> tuple[Params, Carry, Carry, Steps]:
    """Return the cotangents of params, start, initial carry and steps."""
    d_end, d_ys = cotangents
    block = Block(saved.steps, saved.ys, saved.carries, saved.pointwise, saved.linear, d_ys)
    length = d_ys.shape[0]
    size = form.recompute or max(length, 1)
    before = jax.tree.map(lambda leaf: block_edges(saved.ys, leaf, size, reverse=plan.reverse), saved.start)
    pull = partial(_pull_block, plan, form, saved.params, saved.initial)

    def body(carry: Any, block: Block, edge: Carry) -> Any:
        d_carry, total = carry
        d_carry, d_x, gradients = pull(d_carry, block, edge)
        return (d_carry, gradients if total is None else _add(total, gradients)), d_x

    total = None
    if length > size:
        # Only a gradient knows over which axes of a mesh the gradients vary; all of it but the type is dead code.
        one, edge = jax.tree.map(lambda leaf: leaf[:1], block), jax.tree.map(lambda leaf: leaf[0], before)
        total = jax.tree.map(jnp.zeros_like, pull(d_end, one, edge)[2])
    (d_start, (d_params, d_initial)), d_x = scan_blocks(
        body, (d_end, total), block, before, size, reverse=not plan.reverse
    )
    return d_params, d_start, d_initial, Steps(d_x, None, None)


def _pull_block(
    plan: ScanPlan, form: FastForm, params: Params, initial: Carry, d_end: Carry, block: Block, edge: Carry
) -> tuple[Carry, Any, tuple[Params, Carry]]:
    """Pull cotangents back through some steps; return those of the carry, the inputs, and (params, initial)."""
    before = jax.tree.map(
        lambda own, edge: shifted(block.ys, edge, reverse=plan.reverse) if own is None else own,
        block.carries,
        edge,
        is_leaf=lambda leaf: leaf is None,
    )
    consumed = block.steps.consumed(before, initial)
    leading = jnp.ndim(jax.tree.leaves(block.steps.x)[0]) - 1
    if form.recompute:
        block = _recomputed(plan, params, block, consumed, leading)
    d_carry, d_linear, d_initial, d_gated = _reverse_scan(plan, params, d_end, block, consumed)
    d_params, d_x = _large_products(plan.cell, params, block, consumed, d_linear, d_gated, leading)
    zeros = jax.tree.map(jnp.zeros_like, initial)
    return d_carry, d_x, (d_params, zeros if d_initial is None else jax.tree.map(lambda d: d.sum(0), d_initial))


def _recomputed(plan: ScanPlan, params: Params, block: Block, consumed: Carry, leading: int) -> Block:
    """Compute what the gates' derivatives need again, for all steps of a block at once."""
    cell = plan.cell
    if joint := optional_method(cell, "joint"):
        z = flat(partial(joint, params), block.steps.x, consumed, leading=leading)
        u = jax.tree.map(jnp.zeros_like, z)
    else:
        z = flat(partial(cell.project, params), block.steps.x, leading=leading)
        u = flat(partial(cell.recur, params), consumed, leading=leading)
    pointwise = jax.vmap(lambda *step: derivative_of(cell, params).save(*step)[2])(z, u, consumed)
    linear = (z, u) if reads_params(cell.gate, params, z, u, consumed) else None
    return block._replace(pointwise=pointwise, linear=linear)


def _reverse_scan(plan: ScanPlan, params: Params, d_end: Carry, block: Block, consumed: Carry) -> Any:
    """Carry the state's cotangent back in time; return it and, stacked, what the large products need."""
    cell, derivative = plan.cell, derivative_of(plan.cell, params)

    def step(d_carry: Carry, now: Any) -> Any:
        this, d_y, carry, pointwise = now
        d_new, d_kept = d_carry, None
        if this.valid is not None:
            d_new, d_kept = _part(this.valid, d_carry)
            d_y = zero_padding(this.valid, d_y)
        d_linear, d_consumed = derivative.transpose(pointwise, carry, d_new, d_y)
        d_u = derivative.of_u(d_linear)
        (d_recurred,) = jax.vjp(partial(cell.recur, params), carry)[1](d_u)
        d_carry = _add(d_consumed, d_recurred)
        if d_kept is not None:
            d_carry = _add(d_carry, d_kept)
        d_initial = None
        if this.reset is not None:
            d_initial, d_carry = _part(this.reset, d_carry)
        return d_carry, (d_linear, d_initial, None if block.linear is None else (d_new, d_y))

    flags = Steps(None, block.steps.valid, block.steps.reset)
    d_carry, stacked = jax.lax.scan(
        step, d_end, (flags, block.d_ys, consumed, block.pointwise), reverse=not plan.reverse, unroll=plan.unroll
    )
    return d_carry, *stacked


def _large_products(
    cell: Any, params: Params, block: Block, consumed: Carry, d_linear: Any, d_gated: Any, leading: int
) -> tuple[Params, Any]:
    """Return the cotangents of parameters and inputs from those of ``z`` and ``u`` in all steps at once."""
    derivative = derivative_of(cell, params)
    d_z, d_u = derivative.of_z(d_linear), derivative.of_u(d_linear)
    parts = (block.steps.x, consumed, d_z, d_u, block.linear, d_gated)
    x, carries, d_z, d_u, linear, d_gated = merged(parts, leading)
    if joint := optional_method(cell, "joint"):
        d_x = jax.vjp(lambda x: cell.project(params, x), x)[1](d_z)[0]
        d_params = jax.vjp(lambda p: joint(p, x, carries), params)[1](d_z)[0]
    else:
        d_projected, d_x = jax.vjp(cell.project, params, x)[1](d_z)
        d_params = _add(d_projected, jax.vjp(lambda p: cell.recur(p, carries), params)[1](d_u)[0])
    if linear is not None:
        d_params = _add(d_params, jax.vjp(lambda p: cell.gate(p, *linear, carries), params)[1](d_gated)[0])
    return d_params, jax.tree.map(lambda d, like: d.reshape(like.shape), d_x, block.steps.x)


def reads_params(gate: Any, params: Params, *others: Any) -> bool:
    """Whether ``gate`` computes anything with its parameters, as peepholes do."""
    jaxpr = jax.make_jaxpr(gate)(params, *others).jaxpr
    own = set(jaxpr.invars[: len(jax.tree.leaves(params))])
    used = [*jaxpr.outvars, *(var for equation in jaxpr.eqns for var in equation.invars)]
    return any(not isinstance(var, Literal) and var in own for var in used)


def _add(one: Any, other: Any) -> Any:
    return jax.tree.map(jnp.add, one, other)


def _part(flag: Any, tree: Any) -> tuple[Any, Any]:
    """Split cotangents into those where ``flag`` holds and the others, zeros elsewhere."""
    zeros = jax.tree.map(jnp.zeros_like, tree)
    return select(flag, tree, zeros), select(flag, zeros, tree)
