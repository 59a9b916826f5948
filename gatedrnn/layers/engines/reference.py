"""The reference engine: a plain ``jax.lax.scan`` of ``step``, which defines what is correct."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax

from gatedrnn.layers.engines.fast.forms import FastForm
from gatedrnn.layers.sequence import Steps, zero_padding

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry, Params


class ScanPlan(NamedTuple):
    """What is static in a scan, for any engine."""

    cell: Any
    reverse: bool
    unroll: int
    forms: FastForm = FastForm()
    """Of the fast engine."""


def reference(plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
    """Scan ``plan.cell`` over ``steps`` from ``start``, and leave all derivatives to JAX."""

    def step(carry: Carry, now: Steps) -> tuple[Carry, Array]:
        carry = now.consumed(carry, initial)
        new, y = plan.cell.step(params, carry, now.x)
        return now.carry_out(new, carry), zero_padding(now.valid, y)

    return jax.lax.scan(step, start, steps, reverse=plan.reverse, unroll=plan.unroll)
