"""How far states that were found may be from the scan's: what became of their residuals and of roundings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.parallel.convergence import SWEEPS, largest, rounding, size_of
from gatedrnn.layers.parallel.jacobians import Method, exact_method, jacobians
from gatedrnn.layers.parallel.steps import before_each, from_products, last_of
from gatedrnn.layers.sequence import Steps

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Float

    from gatedrnn.types import Carry, Params

ALLOWED = 4
"""Tolerances that the estimate of an error may be: it follows one set of roundings, and is rough."""
ENOUGH = 0.1
"""The last correction of an estimate, relative to it, at which it is known well enough."""
MOST = 20
"""Corrections of an estimate after which differences are taken to grow."""


class Uncertainty(NamedTuple):
    """How far states may be from those of a scan."""

    end: Carry
    """The difference of the carry that the last step of a window leaves, with which the next one begins."""
    largest: Float[Array, ""]
    """The largest difference of all states, relative to 1 and the state."""


class Found(NamedTuple):
    """The steps of a window, and what was found for them."""

    params: Params
    z: Any
    start: Carry
    initial: Carry
    steps: Steps
    states: Carry


def none_yet(start: Carry) -> Uncertainty:
    """Return that of a carry which is known; it has the types of what is added to it."""
    zeros = jax.tree.map(lambda leaf: 0 * jnp.nan_to_num(leaf), start)
    return Uncertainty(zeros, largest(jax.tree.leaves(zeros)))


def uncertainty(plan: ScanPlan, method: Method, found: Found, start: Carry) -> Uncertainty:
    """Return what small differences grow to by the end of a window, and on the way.

    .. code-block:: text

        e[t] = J[t] e[t - 1] + r[t] + rounding[t]         e[0]: the difference at the end of the window before

    J are the true Jacobians, whatever the method: whether states that fit each other are those of a scan depends on
    them. Where trajectories part, roundings grow until two programs agree in nothing. Another Jacobian in J's place is
    corrected, as states are; where that takes more than ``MOST`` corrections, the differences are taken for endless.

    Args:
        plan: the cell, and how it is scanned.
        method: what stands for the Jacobians.
        found: the window's steps and states.
        start: the difference of the carry before the first step.
    """
    params, z, edge, initial, steps, states = found
    before = before_each(states, edge, reverse=plan.reverse)
    after, push = jax.linearize(lambda before: from_products(plan, params, z, before, initial, steps)[0], before)
    noise = jax.tree.map(_perturbed, after, states)

    def pushed(e: Carry) -> Carry:
        return jax.tree.map(jnp.add, push(before_each(e, start, reverse=plan.reverse)), noise)

    solver, tree = jacobians(method, plan, params, z, before, initial, steps), jax.tree.structure(states)

    def solved(summand: Carry) -> Carry:
        return tree.unflatten(solver.solve(jax.tree.leaves(summand), reverse=plan.reverse))

    first, exact = solved(pushed(jax.tree.map(jnp.zeros_like, states))), method == exact_method(plan.cell)
    e, known = (first, jnp.bool_(True)) if exact else _corrected(pushed, solved, first)
    size = size_of(jax.tree.leaves(e), jax.tree.leaves(states))
    return Uncertainty(last_of(e, reverse=plan.reverse), jnp.where(known, size, jnp.inf))


def _corrected(
    pushed: Callable[[Carry], Carry], solved: Callable[[Carry], Carry], first: Carry
) -> tuple[Carry, Bool[Array, ""]]:
    """Return ``e`` of ``e = pushed(e)``, and whether its corrections became small beside it."""

    def corrected(at: tuple[Carry, Array, Array]) -> tuple[Carry, Array, Array]:
        e, _, number = at
        for _ in range(SWEEPS):
            e = pushed(e)
        d = solved(jax.tree.map(jnp.subtract, pushed(e), e))
        e = jax.tree.map(jnp.add, e, d)
        return e, largest(jax.tree.leaves(d)) / largest(jax.tree.leaves(e)), number + 1

    def goes_on(at: tuple[Carry, Array, Array]) -> Bool[Array, ""]:
        return ~(at[1] <= ENOUGH) & (at[2] < MOST)

    like = 0 * jnp.nan_to_num(largest(jax.tree.leaves(first)))
    e, left, _ = jax.lax.while_loop(goes_on, corrected, (first, jnp.inf + like, like.astype(jnp.int32)))
    return e, left <= ENOUGH


def _perturbed(after: Array, state: Array) -> Array:
    """Return the residual of a state and a rounding beside it, of signs that have nothing to do with the network's."""
    sign = jnp.cos(jnp.arange(state.size, dtype=jnp.float32)).reshape(state.shape)
    return after - state + (rounding([state]) * (1 + jnp.abs(state)) * sign).astype(state.dtype)
