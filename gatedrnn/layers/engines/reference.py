"""The reference engine: a plain ``jax.lax.scan`` of ``step``, which defines what is correct."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import jax

from gatedrnn.config import config
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.sequence import Steps, zero_padding

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry, Params


@config
class Reference:
    """Serves every cell in every call, and leaves all derivatives to JAX."""

    name: ClassVar[str] = "reference"
    automatic: ClassVar[bool] = True

    def refuses(self, cell: Any) -> None:
        """Refuse no cell."""

    def refuses_call(self, start: Carry, steps: Steps) -> None:
        """Refuse no call."""

    def variants(self, cell: Any) -> tuple[()]:
        """Return nothing: there is one way to run it."""
        del cell
        return ()

    def run(self, plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
        """Scan ``plan.cell`` over ``steps`` from ``start``."""

        def step(carry: Carry, now: Steps) -> tuple[Carry, Array]:
            carry = now.consumed(carry, initial)
            new, y = plan.cell.step(params, carry, now.x)
            return now.carry_out(new, carry), zero_padding(now.valid, y)

        return jax.lax.scan(step, start, steps, reverse=plan.reverse, unroll=plan.unroll)


REFERENCE = Reference()
