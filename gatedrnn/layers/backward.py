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

    from gatedrnn.cells.derivatives import GateDerivative
    from gatedrnn.types import Carry, Params


class Saved(NamedTuple):
    """What the backward pass needs."""

    params: Params
    initial: Carry
    steps: Steps
    carries: Carry
    """What each step consumed."""
    pointwise: Any
    """What the derivative of each step's gate needs."""
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
    cell, derivative = plan.cell, derivative_of(plan.cell, params)

    def step(carry: Carry, now: Steps) -> Any:
        carry = now.consumed(carry, initial)
        z, u = cell.project(params, now.x), cell.recur(params, carry)
        new, y, pointwise = derivative.save(z, u, carry)
        linear = (z, u) if reads_params(cell.gate, params, z, u, carry) else None
        return now.left(new, carry), (zero_padding(now.valid, y), carry, pointwise, linear)

    end, (ys, *saved) = jax.lax.scan(step, start, steps, reverse=plan.reverse, unroll=plan.unroll)
    return (end, ys), Saved(params, initial, steps, *saved)


class TracedDerivative(NamedTuple):
    """JAX's derivative of a gate; its VJP is a pytree, and saved as such."""

    cell: Any
    params: Params

    def save(self, z: Any, u: Any, carry: Carry) -> tuple[Carry, Array, Any]:
        """Return the next carry, the output, and the VJP."""
        (new, y), vjp = jax.vjp(partial(self.cell.gate, self.params), z, u, carry)
        return new, y, vjp

    def transpose(self, saved: Any, carry: Carry, d_carry: Carry, d_y: Array) -> tuple[Any, Any, Carry]:
        """Return the cotangents of ``z``, ``u`` and the consumed carry."""
        del carry
        return saved((d_carry, d_y))


def derivative_of(cell: Any, params: Params) -> GateDerivative:
    """Return the cell's own derivative where it has one, else JAX's."""
    return getattr(cell, "gate_derivative", None) or TracedDerivative(cell, params)


def reads_params(gate: Any, params: Params, *others: Any) -> bool:
    """Whether ``gate`` computes anything with its parameters, as peepholes do."""
    jaxpr = jax.make_jaxpr(gate)(params, *others).jaxpr
    own = set(jaxpr.invars[: len(jax.tree.leaves(params))])
    used = [*jaxpr.outvars, *(var for equation in jaxpr.eqns for var in equation.invars)]
    return any(not isinstance(var, Literal) and var in own for var in used)


def _backward(plan: Plan, saved: Saved, cotangents: tuple[Carry, Array]) -> tuple[Params, Carry, Carry, Steps]:
    cell, params, steps = plan.cell, saved.params, saved.steps
    derivative = derivative_of(cell, params)
    d_end, d_ys = cotangents

    def step(d_carry: Carry, now: Any) -> Any:
        this, d_y, carry, pointwise = now
        d_new, d_kept = d_carry, None
        if this.valid is not None:
            d_new, d_kept = _part(this.valid, d_carry)
            d_y = zero_padding(this.valid, d_y)
        d_z, d_u, d_consumed = derivative.transpose(pointwise, carry, d_new, d_y)
        (d_recurred,) = jax.vjp(partial(cell.recur, params), carry)[1](d_u)
        d_carry = _add(d_consumed, d_recurred) if d_kept is None else _add(_add(d_consumed, d_recurred), d_kept)
        d_initial = None
        if this.fresh is not None:
            d_initial, d_carry = _part(this.fresh, d_carry)
        # An additive gate gives one array for both, to be stored once.
        d_linear = (d_z,) if d_u is d_z else (d_z, d_u)
        return d_carry, (d_linear, d_initial, None if saved.linear is None else (d_new, d_y))

    d_start, (d_linear, d_initial, d_gated) = jax.lax.scan(
        step, d_end, (steps, d_ys, saved.carries, saved.pointwise), reverse=not plan.reverse, unroll=plan.unroll
    )
    d_params, d_x = _large_products(cell, saved, d_linear, d_gated)
    if d_initial is None:
        d_initial = jax.tree.map(jnp.zeros_like, saved.initial)
    else:
        d_initial = jax.tree.map(lambda d: d.sum(0), d_initial)
    return d_params, d_start, d_initial, Steps(d_x, None, None)


def _large_products(cell: Any, saved: Saved, d_linear: tuple[Any, ...], d_gated: Any) -> tuple[Params, Any]:
    """Return the cotangents of parameters and inputs from those of ``z`` and ``u`` in all steps at once."""
    x, params = saved.steps.x, saved.params
    leading = jnp.ndim(jax.tree.leaves(x)[0]) - 1
    x_flat, carries, d_z, d_u, linear, d_gated = _flatten(
        (x, saved.carries, d_linear[0], d_linear[-1], saved.linear, d_gated), leading
    )
    d_projected, d_x = jax.vjp(cell.project, params, x_flat)[1](d_z)
    d_params = _add(d_projected, jax.vjp(lambda p: cell.recur(p, carries), params)[1](d_u)[0])
    if linear is not None:
        d_params = _add(d_params, jax.vjp(lambda p: cell.gate(p, *linear, carries), params)[1](d_gated)[0])
    return d_params, jax.tree.map(lambda d, like: d.reshape(like.shape), d_x, x)


def _flatten(trees: Any, leading: int) -> Any:
    """Merge time and batch into one axis: on CPU, XLA's product over several axes is slower.

    ``python benchmarks/flat_products.py`` measures it.

    Not where the batch is sharded over an explicit mesh axis, which has no place in the merged axis.
    """
    leaves = jax.tree.leaves(trees)
    if any(axis is not None for leaf in leaves for axis in jax.typeof(leaf).sharding.spec):
        return trees
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[leading:]), trees)


def _add(one: Any, other: Any) -> Any:
    return jax.tree.map(jnp.add, one, other)


def _part(flag: Any, tree: Any) -> tuple[Any, Any]:
    """Split cotangents into those where ``flag`` holds and the others, zeros elsewhere."""
    zeros = jax.tree.map(jnp.zeros_like, tree)
    return select(flag, tree, zeros), select(flag, zeros, tree)


_fast.defvjp(_forward, _backward)
