"""The fast engine: a scan of a ``GatedCell`` with a backward pass of its own.

Autodiff through a scan accumulates the gradient of each weight matrix step by step, in T small products. Here the
reverse scan carries cotangents of the state alone; gradients of weights and inputs are large matrix products after
it (``backward.py``). ``forms.py`` says which forms both passes have, and when each is chosen.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeGuard

import jax
import jax.numpy as jnp

from gatedrnn.cells.derivatives import derivative_of
from gatedrnn.cells.gated import emitted, gated
from gatedrnn.cells.optional import optional_method
from gatedrnn.config import config
from gatedrnn.layers.blocks import flat, scan_blocks, step_of
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.engines.fast.backward import Saved, backward, gate_of
from gatedrnn.layers.engines.fast.forms import FastForm, choose
from gatedrnn.layers.engines.forward_mode import refuse_forward_mode
from gatedrnn.layers.sequence import Steps, zero_padding

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array

    from gatedrnn.types import Carry, GatedCell, Params


@config
class Fast:
    """Serves every ``GatedCell`` in every call, without forward mode.

    It refuses forward mode (``jax.jvp``), for which the reference engine is; inside ``jax.jit``, where that cannot be
    seen, the ``TypeError`` is JAX's own.

    Attributes:
        form: how the engine runs; None has the form chosen by backend and shape in each call.
    """

    form: FastForm | None = None
    name: ClassVar[str] = "fast"
    automatic: ClassVar[bool] = True

    def refuses(self, cell: Any) -> str | None:
        """Refuse a cell that is no ``GatedCell``, and for a form with one product of input and carry one without it."""
        if not is_gated(cell):
            return f'expected "auto" or "reference", as {cell!r} has no project, recur and gate'
        if self.form is not None and self.form.project == 0 and optional_method(cell, "joint") is None:
            return f"expected FastForm with project of 1 or more, as {cell!r} has no joint"
        return None

    def refuses_call(self, start: Carry, steps: Steps) -> str | None:
        """Refuse blocks of steps of which nobody knows how many there are."""
        length = jax.tree.leaves(steps)[0].shape[0]
        if self.form is not None and not isinstance(length, int) and (self.form.project > 1 or self.form.recompute):
            return f"expected a form without blocks of steps, as their number is the symbol {length}; got {self.form}"
        return None

    def variants(self, cell: Any) -> tuple[FastForm, ...]:
        """Return a form with everything in blocks of 4 steps, and that of the joint product where the cell has one."""
        blocks = FastForm(project=4, recompute=4)
        return (blocks,) if optional_method(cell, "joint") is None else (blocks, FastForm(project=0))

    def run(self, plan: ScanPlan, params: Params, start: Carry, initial: Carry, steps: Steps) -> tuple[Carry, Array]:
        """Scan ``plan.cell`` over ``steps`` from ``start``, in this form or in the one that the shapes ask for."""
        refuse_forward_mode(self.name, params, start, steps)
        form = choose(plan.cell, params, steps.x, plan.axes) if self.form is None else self.form
        return _fast(plan, form, params, start, initial, steps)


FAST = Fast()


def is_gated(cell: Any) -> TypeGuard[GatedCell]:
    """Whether the cell has the three methods of a ``GatedCell``."""
    return all(hasattr(cell, name) for name in ("project", "recur", "gate"))


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _fast(
    plan: ScanPlan, form: FastForm, params: Params, start: Carry, initial: Carry, steps: Steps
) -> tuple[Carry, Array]:
    def step(carry: Carry, now: Steps, z: Any) -> tuple[Carry, Array]:
        carry = now.consumed(carry, initial)
        new, y = gated(plan.cell, params, *_linear(plan, params, now, z, carry), carry)
        return now.carry_out(new, carry), zero_padding(now.valid, y)

    return _scan_projected(plan, form, params, step, start, steps)


def _forward(
    plan: ScanPlan, form: FastForm, params: Params, start: Carry, initial: Carry, steps: Steps
) -> tuple[Any, Saved]:
    cell, derivative = plan.cell, derivative_of(plan.cell, params)

    def step(carry: Carry, now: Steps, z: Any) -> Any:
        consumed = now.consumed(carry, initial)
        z, u = _linear(plan, params, now, z, consumed)
        saved = derivative.save(z, u, consumed)
        new, y = emitted(cell, params, *saved[:2])
        carried, y = now.carry_out(new, consumed), zero_padding(now.valid, y)
        # What is handed on as it is put out (an LSTM's h) need not be saved twice.
        unlike_y = jax.tree.map(lambda before, after: None if after is y else before, carry, carried)
        if form.recompute:
            return carried, (y, unlike_y, None)
        return carried, (y, unlike_y, gate_of(cell, saved))

    end, (ys, *saved) = _scan_projected(plan, form, params, step, start, steps)
    return (end, ys), Saved(params, start, initial, steps, ys, *saved)


def _linear(plan: ScanPlan, params: Params, now: Steps, z: Any, carry: Carry) -> tuple[Any, Any]:
    """Return what the gate reads: both products, or, where ``z`` is None, their sum and zero."""
    if z is not None:
        return z, plan.cell.recur(params, carry)
    z = plan.cell.joint(params, now.x, carry)
    return z, jax.tree.map(jnp.zeros_like, z)


def _scan_projected(
    plan: ScanPlan,
    form: FastForm,
    params: Params,
    step: Callable[[Carry, Steps, Any], Any],
    start: Carry,
    steps: Steps,
) -> Any:
    """Scan ``step(carry, now, z)`` as the form says; ``z`` is the projected input, or None."""
    project = partial(plan.cell.project, params)
    leaves = jax.tree.leaves(steps.x)
    options = {"reverse": plan.reverse, "unroll": plan.unroll}
    if form.project == 0:
        return jax.lax.scan(lambda carry, now: step(carry, now, None), start, steps, **options)
    if form.project < 2 or leaves[0].shape[0] < 2:
        return jax.lax.scan(lambda carry, now: step(carry, now, project(now.x)), start, steps, **options)

    def block(carry: Carry, steps: Steps, _: None) -> Any:
        z = flat(project, steps.x, leading=plan.axes)
        flags = Steps(None, steps.valid, steps.reset)
        at = jnp.arange(jax.tree.leaves(z)[0].shape[0])
        return jax.lax.scan(
            lambda carry, now: step(carry, now[0], step_of(z, now[1], plan.cell.out_dim)), carry, (flags, at), **options
        )

    return scan_blocks(block, start, steps, None, form.project, reverse=plan.reverse)


_fast.defvjp(_forward, backward)
