"""States of all steps at once, by Newton's method on the whole trajectory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from gatedrnn.config import config
from gatedrnn.layers.blocks import scan_blocks
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.parallel.answer import answered
from gatedrnn.layers.parallel.convergence import (
    SWEEPS,
    Progress,
    beginning,
    default_tolerance,
    largest,
    rounding,
    size_of,
)
from gatedrnn.layers.parallel.jacobians import Method, jacobians
from gatedrnn.layers.parallel.steps import before_each, from_products, last_of, projected, real
from gatedrnn.layers.parallel.uncertainty import ALLOWED, Found, none_yet, uncertainty
from gatedrnn.layers.sequence import Steps
from gatedrnn.trees import exportable

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Bool, Float, Int

    from gatedrnn.types import Carry, Params


@exportable
class Statistics(NamedTuple):
    """What solving a call's steps at once took, each a number; ``[K]`` under ``jax.vmap``."""

    iterations: Int[Array, ""]
    residual: Float[Array, ""]
    """The largest difference between a state and what its step makes of the state before, relative to 1 and it."""
    uncertainty: Float[Array, ""]
    """How far a state may be from the scan's, relative to 1 and it: what residuals and roundings grow to on the way."""
    converged: Bool[Array, ""]
    """Whether they were found so; if not, the fallback was used: what is returned is the scan's."""


@config
class Solver:
    """How steps are solved at once.

    Attributes:
        method: what stands for the Jacobians, as in ``jacobians``.
        iterations: the number of corrections after which the scan answers instead.
        tolerance: the error of the trajectory, relative to 1 and the state, that may be left; None is ``eps ** 0.8``.
        window: the number of steps that are solved at once.
    """

    method: Method
    iterations: int
    tolerance: float | None
    window: int


def trajectory(
    plan: ScanPlan, solver: Solver, params: Params, start: Carry, initial: Carry, steps: Steps, guess: Carry | None
) -> tuple[Carry, Array, Statistics]:
    """Return the carry that each step leaves, all outputs, and what finding them took.

    .. code-block:: text

        r[t] = step(s[t - 1]) - s[t]
        d[t] = A[t] d[t - 1] + r[t]          all at once
        s[t] = step((s + clip(d))[t - 1])    all at once, SWEEPS times

    A correction longer than the largest state is clipped, for where a trajectory is far from right, products of
    Jacobians grow without bound; and the steps that follow bring states back to where the cell can be. Windows of
    steps come one after the other, each from where the one before it ended; after one that has not converged, no other
    is tried. States that fit each other are the scan's only where roundings die out, which ``uncertainty`` says.

    Args:
        plan: the cell, and how it is scanned.
        solver: how the states are solved for.
        params: the parameters as the cell has prepared them.
        start: the carry before the first step.
        initial: the carry that a reset puts in the place of the carried one.
        steps: inputs, which of them exist, and where the carry is reset.
        guess: the carries to begin with, ``[T, *B, ...]``; None holds the one before each window.
    """
    like = 0 * jnp.nan_to_num(largest(real(start)))
    begun = Statistics(like.astype(jnp.int32), like, like, like == 0)

    def body(at: tuple[Carry, Carry, Statistics], window: tuple[Steps, Carry | None], _: None) -> Any:
        before, apart, known = at
        guessed = _Guessed(params, before, initial, *window)
        states, ys, end, now = _window(plan, solver, guessed, apart, known.converged)
        # Of what has not been tried nothing is known.
        largest_of = lambda one, other: jnp.where(known.converged, jnp.maximum(one, other), one)  # noqa: E731
        both = Statistics(
            jnp.maximum(known.iterations, now.iterations),
            largest_of(known.residual, now.residual),
            largest_of(known.uncertainty, now.uncertainty),
            known.converged & now.converged,
        )
        return (last_of(states, reverse=plan.reverse), end, both), (states, ys)

    begin = start, none_yet(start).end, begun
    ended, found = scan_blocks(body, begin, (steps, guess), None, solver.window, reverse=plan.reverse)
    return *found, ended[2]


class _Guessed(NamedTuple):
    """The steps of one window, and what its states are taken for."""

    params: Params
    start: Carry
    initial: Carry
    steps: Steps
    guess: Carry | None


def _window(
    plan: ScanPlan, solver: Solver, guessed: _Guessed, apart: Carry, wanted: Bool[Array, ""]
) -> tuple[Carry, Array, Carry, Statistics]:
    """Solve the steps of one window, where it is still wanted; ``apart`` is how far its start may be off."""
    params, start, initial, steps, guess = guessed
    z = projected(plan, params, steps)
    if guess is None:
        length = jax.tree.leaves(steps)[0].shape[0]
        guess = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (length, *leaf.shape)), start)
    leaves = jax.tree.leaves(guess)
    tolerance = default_tolerance(leaves) if solver.tolerance is None else solver.tolerance
    last, ys, progress, residual = _iterated(plan, solver, guessed._replace(guess=guess), z, wanted, tolerance)
    converged = progress.converged & (residual <= tolerance)
    found = Found(params, z, start, initial, steps, last)
    unknown = none_yet(start)._replace(largest=jnp.inf + 0 * residual)
    # Where nothing has converged, nothing is asked.
    spread = answered(~(wanted & converged), unknown, lambda: uncertainty(plan, solver.method, found, apart))
    certain = spread.largest <= ALLOWED * tolerance
    return last, ys, spread.end, Statistics(progress.iterations, residual, spread.largest, converged & certain)


def _iterated(
    plan: ScanPlan, solver: Solver, guessed: _Guessed, z: Any, wanted: Bool[Array, ""], tolerance: float
) -> tuple[Carry, Array, Progress, Float[Array, ""]]:
    """Return states, outputs, what it took, and the residual of these states."""
    params, start, initial, steps, guess = guessed
    floor = 8 * rounding(jax.tree.leaves(guess))

    def swept(states: Carry) -> tuple[Carry, Array]:
        return from_products(plan, params, z, before_each(states, start, reverse=plan.reverse), initial, steps)

    def corrected(at: tuple[Carry, Progress]) -> tuple[Carry, Progress]:
        states, progress = at
        before = before_each(states, start, reverse=plan.reverse)
        found = jacobians(solver.method, plan, params, z, before, initial, steps)
        after = swept(states)[0]
        leaves, tree = jax.tree.flatten(states)
        residual = jax.tree.leaves(jax.tree.map(jnp.subtract, after, states))
        correction = found.solve(residual, reverse=plan.reverse)
        limited = [_limited(d, of) for d, of in zip(correction, jax.tree.leaves(after), strict=True)]
        # Beside an overflow of 1e30 any other correction is small: sizes that are compared are those of what was done.
        size = jnp.where(jnp.isfinite(largest(correction)), size_of(limited, jax.tree.leaves(after)), jnp.inf)
        moved = tree.unflatten([leaf + d for leaf, d in zip(leaves, limited, strict=True)])
        for _ in range(SWEEPS):
            moved = swept(moved)[0]
        return moved, progress.after(size, tolerance, floor)

    def goes_on(at: tuple[Carry, Progress]) -> Bool[Array, ""]:
        return wanted & at[1].goes_on(solver.iterations)

    first = swept(guess)[0]
    begun = beginning(0 * jnp.nan_to_num(largest(jax.tree.leaves(first))))
    states, progress = jax.lax.while_loop(goes_on, corrected, (first, begun))
    last, ys = swept(states)
    difference = jax.tree.leaves(jax.tree.map(jnp.subtract, last, states))
    return last, ys, progress, size_of(difference, jax.tree.leaves(last))


def _limited(correction: Array, state: Array) -> Array:
    """Return a correction of which no entry is longer than 1 and the largest state, and none is NaN."""
    limit = jnp.max(jnp.abs(jnp.nan_to_num(state)), initial=1.0)
    return jnp.clip(jnp.where(jnp.isnan(correction), 0, correction), -limit, limit)
