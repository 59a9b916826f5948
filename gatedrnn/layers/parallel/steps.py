"""All steps of a cell at once, each from the carry that is said to stand before it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax

from gatedrnn.cells.cotangents import differentiable
from gatedrnn.cells.gated import gated
from gatedrnn.layers.blocks import flat, shifted
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.sequence import Steps, zero_padding

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry, Params


def all_steps(plan: ScanPlan, params: Params, before: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
    """Return the carries ``[T, *B, ...]`` and outputs ``[T, *B, O]`` of all steps, no step waiting for another.

    Args:
        plan: the cell that takes each step, and how many axes lead in its inputs.
        params: the parameters as the cell has prepared them.
        before: the carry before each step, ``[T, *B, ...]``.
        initial: the carry that a reset puts in its place, ``[*B, ...]``.
        steps: inputs, which of them exist, and where the carry is reset.
    """
    return from_products(plan, params, projected(plan, params, steps), before, initial, steps)


def projected(plan: ScanPlan, params: Params, steps: Steps) -> Any:
    """Return what ``project`` makes of the inputs of all steps, ``z`` ``[T, *B, ...]``."""
    return flat(partial(plan.cell.project, params), steps.x, leading=plan.axes)


def recurred(plan: ScanPlan, params: Params, consumed: Carry) -> Any:
    """Return what ``recur`` makes of the carries that all steps consume, ``u`` ``[T, *B, ...]``."""
    return flat(partial(plan.cell.recur, params), consumed, leading=plan.axes)


def from_products(
    plan: ScanPlan, params: Params, z: Any, before: Carry, initial: Carry, steps: Steps
) -> tuple[Carry, Array]:
    """Return what ``all_steps`` does, from ``z`` that ``projected`` has given."""
    consumed = steps.consumed(before, initial)
    new, y = gated(plan.cell, params, z, recurred(plan, params, consumed), consumed)
    return steps.carry_out(new, consumed), zero_padding(steps.valid, y)


def one_by_one(plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
    """Return what ``all_steps`` does where each carry is the one that the step before has left: a scan.

    Args:
        plan: the cell, and how it is scanned.
        params: the parameters as the cell has prepared them.
        start: the carry before the first step.
        initial: the carry that a reset puts in the place of the carried one.
        steps: inputs, which of them exist, and where the carry is reset.
    """

    def step(carry: Carry, now: Steps) -> tuple[Carry, tuple[Carry, Array]]:
        consumed = now.consumed(carry, initial)
        new, y = plan.cell.step(params, consumed, now.x)
        carry = now.carry_out(new, consumed)
        return carry, (carry, zero_padding(now.valid, y))

    return jax.lax.scan(step, start, steps, reverse=plan.reverse, unroll=plan.unroll)[1]


def before_each(states: Carry, start: Carry, *, reverse: bool) -> Carry:
    """Return the carry before each step, from those that the steps leave, ``[T, *B, ...]``."""
    return jax.tree.map(partial(shifted, reverse=reverse), states, start)


def last_of(states: Carry, *, reverse: bool) -> Carry:
    """Return the carry that the last step leaves."""
    return jax.tree.map(lambda leaf: leaf[0 if reverse else -1], states)


def real(tree: Any) -> list[Array]:
    """Return the leaves that have a derivative."""
    return [leaf for leaf in jax.tree.leaves(tree) if differentiable(leaf)]


def with_real(tree: Any, leaves: list[Array]) -> Any:
    """Return the tree with other leaves in the place of those that have a derivative."""
    others = iter(leaves)
    return jax.tree.map(lambda leaf: next(others) if differentiable(leaf) else leaf, tree)
