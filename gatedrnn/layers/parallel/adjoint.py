"""Gradients of all steps at once, from states that are known: the cotangents of states are a linear recurrence."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.cells.cotangents import complete, known, zeros
from gatedrnn.layers.blocks import block_edges, scan_blocks
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.parallel.answer import answered
from gatedrnn.layers.parallel.convergence import SWEEPS, beginning, default_tolerance, largest, rounding
from gatedrnn.layers.parallel.jacobians import Method, jacobians
from gatedrnn.layers.parallel.steps import all_steps, before_each, from_products, last_of, projected, real, with_real
from gatedrnn.layers.sequence import Steps

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Float

    from gatedrnn.types import Carry, Params


class Saved(NamedTuple):
    """What the backward pass needs."""

    params: Params
    start: Carry
    initial: Carry
    steps: Steps
    states: Carry
    """The carry that each step has left."""


class Cotangents(NamedTuple):
    """Those of what a scan returns; the carry's are None where a number has no derivative."""

    end: Carry
    ys: Array
    states: Carry | None
    """Of the carry that each step leaves, where it was returned."""


class Backward(NamedTuple):
    """How the cotangents are solved."""

    method: Method
    iterations: int
    """The number of corrections after which a scan answers instead; 1 for whole Jacobians."""
    window: int


class Window(NamedTuple):
    """What is known of the steps of one window."""

    saved: Saved
    cotangents: Cotangents
    before: Carry


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def gradients(
    plan: ScanPlan, how: Backward, saved: Saved, cotangents: Cotangents
) -> tuple[Params, Carry, Carry, Steps]:
    """Return the cotangents of params, start, initial carry and steps.

    .. code-block:: text

        d[t] = J[t]^T d[t + 1] + (d y[t] / d before[t])^T d_y[t]        J[t] = d after[t] / d before[t]

    d is the cotangent of the carry before each step. With whole Jacobians one linear recurrence has it. With others, A,
    corrections ``e[t] = A[t]^T e[t + 1] + residual[t]`` are made until they are as small as roundings; residuals are of
    J. All other gradients are those of one call of ``step`` for all steps of a window. Where that does not converge, or
    a product of Jacobians overflows, the gradients are those of a scan backward; so are derivatives of them.

    Args:
        plan: the cell, and how it was scanned.
        how: what stands for the Jacobians, how often it may correct, and how many steps are solved at once.
        saved: what the forward pass has left.
        cotangents: the cotangents of all that was returned.
    """
    found, right = _through_windows(plan, how, saved, cotangents, _solved)
    return answered(right, found, partial(_scanned, plan, how, saved, cotangents))


@gradients.defjvp
def _(plan: ScanPlan, how: Backward, primals: Any, tangents: Any) -> Any:
    out = gradients(plan, how, *primals)
    return out, jax.jvp(partial(_scanned, plan, how), primals, tangents)[1]


def _scanned(plan: ScanPlan, how: Backward, saved: Saved, cotangents: Cotangents) -> tuple[Params, Carry, Carry, Steps]:
    """Return what ``gradients`` does, by a scan backward."""
    return _through_windows(plan, how, saved, cotangents, _one_by_one)[0]


def _through_windows(
    plan: ScanPlan, how: Backward, saved: Saved, cotangents: Cotangents, solve: Any
) -> tuple[Any, Any]:
    """Return all cotangents, and whether they are right, by solving one window after the other, the last first."""
    edges = jax.tree.map(
        lambda leaf, start: block_edges(leaf, start, how.window, reverse=plan.reverse), saved.states, saved.start
    )

    def window_of(blocks: tuple[Steps, Carry, Array, Carry | None], edge: Carry, d_end: Carry) -> Window:
        steps, states, d_ys, d_states = blocks
        before = before_each(states, edge, reverse=plan.reverse)
        return Window(saved._replace(steps=steps, states=states), Cotangents(d_end, d_ys, d_states), before)

    def body(at: Any, blocks: tuple[Steps, Carry, Array, Carry | None], edge: Carry) -> Any:
        d_end, total, right, scale = at
        window = window_of(blocks, edge, d_end)
        d_before, so_far, scale = solve(plan, how, window, right, scale)
        d_params, d_start, d_initial, d_x = _others(plan, window, d_before)
        total = jax.tree.map(jnp.add, total, (d_params, d_initial))
        return (d_start, total, right & so_far, scale), d_x

    blocks = saved.steps, saved.states, cotangents.ys, cotangents.states
    one: Any = jax.tree.map(lambda leaf: leaf[:1], blocks)
    # Only a gradient knows over which axes of a mesh the gradients vary; all of it but the type is dead code.
    first = window_of(one, jax.tree.map(lambda leaf: leaf[0], one[1]), cotangents.end)
    total = jax.tree.map(jnp.zeros_like, _others(plan, first, zeros(one[1]))[::2])
    like = 0 * jnp.nan_to_num(largest([*real(saved.start), *real((cotangents.end, one[1:]))]))
    begun = cotangents.end, total, like == 0, like
    ended, d_x = scan_blocks(body, begun, blocks, edges, how.window, reverse=not plan.reverse)
    d_start, (d_params, d_initial), right, _ = ended
    return (d_params, d_start, d_initial, Steps(d_x, None, None)), right


def _after(plan: ScanPlan, window: Window, d_before: Carry) -> Carry:
    """Return the cotangents of the carries that the steps leave, from those of the carries before them."""
    d_after = before_each(d_before, window.cotangents.end, reverse=not plan.reverse)
    if window.cotangents.states is not None:
        d_after = jax.tree.map(jnp.add, d_after, window.cotangents.states)
    return complete(d_after, window.saved.states)


def _solved(
    plan: ScanPlan, how: Backward, window: Window, wanted: Bool[Array, ""], scale: Float[Array, ""]
) -> tuple[Carry, Bool[Array, ""], Float[Array, ""]]:
    """Return the cotangents of the carries before each step, whether they are right, and the largest until now."""
    params, _, initial, steps, _ = window.saved
    z = projected(plan, params, steps)
    found = jacobians(how.method, plan, params, z, window.before, initial, steps)
    of_carry = jax.vjp(lambda before: from_products(plan, params, z, before, initial, steps), window.before)[1]

    def pulled(d_before: Carry) -> Carry:
        return known(of_carry((_after(plan, window, d_before), window.cotangents.ys))[0])

    nothing = zeros(window.before)
    first = pulled(nothing)
    if how.iterations == 1:
        d_before = with_real(nothing, found.solve_transposed(real(first), reverse=plan.reverse))
        return d_before, _all_finite(d_before), scale
    tolerance, floor = default_tolerance(real(nothing)), 8 * rounding(real(nothing))

    def corrected(at: Any) -> Any:
        d_before, progress, _ = at
        now = pulled(d_before)
        residual = [a - b for a, b in zip(real(now), real(d_before), strict=True)]
        correction = found.solve_transposed(residual, reverse=plan.reverse)
        moved = [d + e for d, e in zip(real(d_before), correction, strict=True)]
        beside = jnp.maximum(jnp.maximum(largest(moved), scale), jnp.finfo(jnp.float32).tiny)
        size = largest(correction) / beside
        d_before = with_real(nothing, moved)
        for _ in range(SWEEPS):
            d_before = pulled(d_before)
        return d_before, progress.after(size, tolerance, floor), beside

    begun = beginning(0 * jnp.nan_to_num(largest(real(first)) + scale))
    goes_on = lambda at: wanted & at[1].goes_on(how.iterations)  # noqa: E731
    d_before, progress, scale = jax.lax.while_loop(goes_on, corrected, (first, begun, scale + begun.sizes.min() * 0))
    return d_before, progress.converged & _all_finite(d_before), scale


def _one_by_one(
    plan: ScanPlan, how: Backward, window: Window, right: Bool[Array, ""], scale: Float[Array, ""]
) -> tuple[Carry, Bool[Array, ""], Float[Array, ""]]:
    """Do what ``_solved`` does, by a scan backward."""
    del how
    params, _, initial, steps, _ = window.saved
    z = projected(plan, params, steps)

    def step(d_after: Carry, now: Any) -> tuple[Carry, Carry]:
        before, z, valid, reset, d_y, d_state = now
        if d_state is not None:
            d_after = jax.tree.map(jnp.add, d_after, d_state)

        def run(before: Carry) -> tuple[Carry, Array]:
            return from_products(one, params, z, before, initial, Steps(None, valid, reset))

        after, pull = jax.vjp(run, before)
        d_before = known(pull((complete(d_after, after[0]), d_y))[0])
        return d_before, d_before

    one = plan._replace(axes=plan.axes - 1)
    d = window.cotangents
    over = window.before, z, steps.valid, steps.reset, d.ys, d.states
    return jax.lax.scan(step, d.end, over, reverse=not plan.reverse)[1], right, scale


def _others(plan: ScanPlan, window: Window, d_before: Carry) -> tuple[Params, Carry, Carry, Any]:
    """Return all cotangents from those of the carries before each step, by one call of ``step`` for all."""
    saved = window.saved

    def run(params: Params, before: Carry, initial: Carry, x: Any) -> tuple[Carry, Array]:
        return all_steps(plan, params, before, initial, saved.steps._replace(x=x))

    pull = jax.vjp(run, saved.params, window.before, saved.initial, saved.steps.x)[1]
    d_after = _after(plan, window, d_before)
    d_params, d_before, d_initial, d_x = known(pull((d_after, window.cotangents.ys)))
    return d_params, last_of(d_before, reverse=not plan.reverse), d_initial, d_x


def _all_finite(tree: Any) -> Bool[Array, ""]:
    return jnp.all(jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(tree)]))
