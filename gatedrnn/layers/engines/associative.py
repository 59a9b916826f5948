"""The associative engine: cells that are linear recurrences, in a logarithmic number of steps over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import jax
import jax.numpy as jnp

from gatedrnn.cells.optional import optional_method
from gatedrnn.config import config
from gatedrnn.layers.blocks import flat
from gatedrnn.layers.engines import log_space
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.engines.reference import REFERENCE
from gatedrnn.layers.sequence import Steps, select, zero_padding

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.types import Carry, Params


@config
class Associative:
    """Serves a cell with ``linear(params, z) -> (a, b)``, which says that a step is ``h' = a * h + b`` and puts out h'.

    Two such steps are one: ``h'' = (a2 a1) h + (a2 b1 + b2)``, so that any grouping of steps gives the same. Where both
    are positive, a cell may have their logarithms too, as ``log_linear``: those are joined then (``log_space.py``).
    """

    name: ClassVar[str] = "associative"
    automatic: ClassVar[bool] = False

    def refuses(self, cell: Any) -> str | None:
        """Refuse a cell that does not say that it is a linear recurrence."""
        if optional_method(cell, "linear") is None:
            return f"expected another than associative, as {cell!r} has no linear"
        return None

    def refuses_call(self, start: Carry, steps: Steps) -> str | None:
        """Refuse a number of steps that is a symbol: how steps are grouped follows from it."""
        length = jax.tree.leaves(steps.x)[0].shape[0]
        return None if isinstance(length, int) else f"expected another than associative, as the steps are {length}"

    def variants(self, cell: Any) -> tuple[()]:
        """Return nothing: there is one way to run it."""
        del cell
        return ()

    def run(self, plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
        """Scan ``plan.cell`` over ``steps`` from ``start``, all steps at once."""
        if jax.tree.leaves(steps.x)[0].shape[0] == 0:
            return REFERENCE.run(plan, params, start, initial, steps)
        cell = plan.cell
        z = flat(lambda x: cell.project(params, x), steps.x, leading=plan.axes)
        logs = optional_method(cell, "log_linear")
        if logs is None:
            hs = self._states(plan, cell.linear(params, z), (start, initial), steps)
        else:
            hs = log_space.states(logs(params, z), (start, initial), steps, reverse=plan.reverse)
        return hs[0 if plan.reverse else -1], zero_padding(steps.valid, hs.astype(z.dtype))

    def _states(self, plan: ScanPlan, parts: tuple[Array, Array], carries: tuple[Array, Array], steps: Steps) -> Array:
        """Return every h of ``h' = a * h + b``, of which ``parts`` has a and b."""
        start, initial = carries
        a, b = (part.astype(start.dtype) for part in parts)
        fresh = jnp.zeros(a.shape, bool)
        if steps.reset is not None:
            # A reset step forgets: a is nothing there, and what it makes of the initial carry stands in b.
            fresh = select(steps.reset, jnp.ones_like(fresh), fresh)
            a, b = jnp.where(fresh, 0, a), jnp.where(fresh, a * initial + b, b)
        if steps.valid is not None:
            a, b = select(steps.valid, a, jnp.ones_like(a)), select(steps.valid, b, jnp.zeros_like(b))
        first = -1 if plan.reverse else 0
        b = b.at[first].add(a[first] * jnp.where(fresh[first], 0, start))
        return jax.lax.associative_scan(_joined, (a, b, fresh), reverse=plan.reverse)[1]


def _joined(one: Any, two: Any) -> Any:
    """Return two groups of steps as one; where the second forgets, NaN in the first must not be multiplied by zero."""
    (a1, b1, fresh1), (a2, b2, fresh2) = one, two
    return jnp.where(fresh2, 0, a1) * a2, a2 * jnp.where(fresh2, 0, b1) + b2, fresh1 | fresh2


ASSOCIATIVE = Associative()
