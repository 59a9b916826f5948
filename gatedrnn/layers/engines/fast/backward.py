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

from gatedrnn.cells.cotangents import complete, known, zeros
from gatedrnn.cells.derivatives import derivative_of
from gatedrnn.cells.optional import optional_method
from gatedrnn.layers.blocks import block_edges, flat, merged, scan_blocks, shifted
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.engines.fast.forms import FastForm
from gatedrnn.layers.sequence import Steps, select, zero_padding

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry, Params


class Gate(NamedTuple):
    """What the derivatives of a step's gate and output map need."""

    pointwise: Any
    """What the derivative of the gate needs."""
    out: Any
    """The carry and the output that the gate gave, where an output map follows; else None."""


class Saved(NamedTuple):
    """What the backward pass needs."""

    params: Params
    start: Carry
    initial: Carry
    steps: Steps
    ys: Array
    carries: Carry
    """What each step started from; None for a leaf that is the output of the step before."""
    gate: Gate | None
    """What each step's gate leaves; None where it is computed again."""


class Block(NamedTuple):
    """The part of what is saved that belongs to some steps, and their outputs' cotangents."""

    steps: Steps
    ys: Array
    carries: Carry
    gate: Gate | None
    d_ys: Array


def gate_of(cell: Any, saved: tuple[Carry, Array, Any]) -> Gate:
    """Return what is kept of a step's gate, from what the gate's derivative returned."""
    new, y, pointwise = saved
    return Gate(pointwise, (new, y) if hasattr(cell, "emit") else None)


def backward(
    plan: ScanPlan, form: FastForm, saved: Saved, cotangents: tuple[Carry, Array]
) -> tuple[Params, Carry, Carry, Steps]:
    """Return the cotangents of params, start, initial carry and steps."""
    d_end, d_ys = cotangents
    d_end = known(d_end)
    block = Block(saved.steps, saved.ys, saved.carries, saved.gate, d_ys)
    pull = partial(_pull_block, plan, form, saved.params, saved.initial)
    if not form.recompute:
        d_start, d_x, (d_params, d_initial) = pull(d_end, block, saved.start)
        return d_params, d_start, d_initial, Steps(d_x, None, None)
    length, size = d_ys.shape[0], form.recompute
    before = jax.tree.map(
        lambda own, leaf: block_edges(saved.ys, leaf, size, reverse=plan.reverse) if own is None else None,
        saved.carries,
        saved.start,
        is_leaf=lambda leaf: leaf is None,
    )

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
    gate = _recomputed(plan, params, block, consumed) if block.gate is None else block.gate
    d_carry, d_initial, pulled = _reverse_scan(plan, params, d_end, block._replace(gate=gate), consumed)
    d_params, d_x = _large_products(plan, params, (block.steps.x, consumed), gate, pulled)
    d_initial = zeros(initial) if d_initial is None else jax.tree.map(lambda d: d.sum(0), d_initial)
    return d_carry, d_x, (d_params, d_initial)


def _recomputed(plan: ScanPlan, params: Params, block: Block, consumed: Carry) -> Gate:
    """Compute what the gates' derivatives need again, for all steps of a block at once."""
    cell, leading = plan.cell, plan.axes
    if joint := optional_method(cell, "joint"):
        z = flat(partial(joint, params), block.steps.x, consumed, leading=leading)
        u = jax.tree.map(jnp.zeros_like, z)
    else:
        z = flat(partial(cell.project, params), block.steps.x, leading=leading)
        u = flat(partial(cell.recur, params), consumed, leading=leading)
    saved = jax.vmap(derivative_of(cell, params).save)(z, u, consumed)
    return gate_of(cell, saved)


class Pulled(NamedTuple):
    """Cotangents in each step, of which those of weights and inputs are made by large products."""

    linear: Any
    """Of ``z`` and ``u``, as the gate's derivative has them."""
    emitted: Any
    """Of the carry and the output after the output map, where there is one; else None."""


def _reverse_scan(
    plan: ScanPlan, params: Params, d_end: Carry, block: Block, consumed: Carry
) -> tuple[Carry, Carry | None, Pulled]:
    """Carry the state's cotangent back in time; return it, that of the initial carry in each step, and all others."""
    cell, derivative = plan.cell, derivative_of(plan.cell, params)

    def step(d_carry: Carry, now: Any) -> Any:
        this, d_y, carry, gate = now
        d_new, d_kept = d_carry, None
        if this.valid is not None:
            d_new, d_kept = _part(this.valid, d_carry)
            d_y = zero_padding(this.valid, d_y)
        d_emitted = None
        if gate.out is not None:
            d_emitted = d_new, d_y
            d_new, d_y = _pulled_through(partial(cell.emit, params), gate.out, d_emitted)
        d_linear, d_consumed = derivative.transpose(gate.pointwise, carry, d_new, d_y)
        d_u = derivative.of_u(d_linear)
        d_recurred = known(jax.vjp(partial(cell.recur, params), carry)[1](d_u)[0])
        d_carry = _add(d_consumed, d_recurred)
        if d_kept is not None:
            d_carry = _add(d_carry, d_kept)
        d_initial = None
        if this.reset is not None:
            d_initial, d_carry = _part(this.reset, d_carry)
        return d_carry, (d_initial, Pulled(d_linear, d_emitted))

    flags = Steps(None, block.steps.valid, block.steps.reset)
    d_carry, stacked = jax.lax.scan(
        step, d_end, (flags, block.d_ys, consumed, block.gate), reverse=not plan.reverse, unroll=plan.unroll
    )
    return d_carry, *stacked


def _pulled_through(emit: Any, out: tuple[Carry, Array], d_emitted: tuple[Carry, Array]) -> tuple[Carry, Array]:
    """Return the cotangents of what the gate gave from those of what the output map made of it."""
    made, pull = jax.vjp(emit, *out)
    d_new, d_y = pull(complete(d_emitted, made))
    return known(d_new), d_y


def _large_products(
    plan: ScanPlan, params: Params, read: tuple[Any, Carry], gate: Gate, pulled: Pulled
) -> tuple[Params, Any]:
    """Return the cotangents of parameters and inputs from those in all steps at once.

    Args:
        plan: the cell that was scanned, and how.
        params: the parameters that it was scanned with.
        read: the inputs of all steps, and the carries that they consumed.
        gate: what the steps' gates left.
        pulled: the cotangents that the reverse scan has found.
    """
    cell, leading = plan.cell, plan.axes
    derivative = derivative_of(cell, params)
    of_linear = derivative.of_z(pulled.linear), derivative.of_u(pulled.linear)
    x, carries = merged(read, leading)
    d_z, d_u = merged(of_linear, leading)
    if joint := optional_method(cell, "joint"):
        d_x = jax.vjp(lambda x: cell.project(params, x), x)[1](d_z)[0]
        d_params = jax.vjp(lambda p: joint(p, x, carries), params)[1](d_z)[0]
    else:
        d_projected, d_x = jax.vjp(cell.project, params, x)[1](d_z)
        d_params = _add(known(d_projected), known(jax.vjp(lambda p: cell.recur(p, carries), params)[1](d_u)[0]))
    if of_params := getattr(derivative, "of_params", None):
        own = of_params(pulled.linear, read[1])
        d_params = jax.tree.map(lambda d, more: d if more is None else d + more, d_params, own, is_leaf=_is_nothing)
    if gate.out is not None:
        out, d_emitted = merged((gate.out, pulled.emitted), leading)
        made, pull = jax.vjp(lambda p: cell.emit(p, *out), params)
        d_params = _add(d_params, known(pull(complete(d_emitted, made))[0]))
    return d_params, jax.tree.map(_shaped_like, read[0], known(d_x))


def _shaped_like(leaf: Any, d: Any) -> Any:
    """Part a cotangent's axes of time and batch again; what has no derivative has None."""
    return None if d is None else d.reshape(leaf.shape)


def _is_nothing(leaf: Any) -> bool:
    return leaf is None


def _add(one: Any, other: Any) -> Any:
    return jax.tree.map(jnp.add, one, other)


def _part(flag: Any, tree: Any) -> tuple[Any, Any]:
    """Split cotangents into those where ``flag`` holds and the others, zeros elsewhere."""
    zeros = jax.tree.map(jnp.zeros_like, tree)
    return select(flag, tree, zeros), select(flag, zeros, tree)
