"""Laws of gated cells: an elementwise function between linear maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.cells.optional import optional_method
from gatedrnn.layers.scan import prepare
from gatedrnn.testing.compare import assert_equal

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.testing.probe import Probe
    from gatedrnn.types import GatedCell


def step_is_gate_of_project_and_recur(probe: Probe, cell: GatedCell) -> None:
    """``step(params, carry, x)`` is ``gate(params, project(params, x), recur(params, carry), carry)``."""

    @jax.jit
    def both(params: Any, carry: Any, x: Any) -> Any:
        parts = cell.gate(params, cell.project(params, x), cell.recur(params, carry), carry)
        return cell.step(params, carry, x), parts

    params, xs = prepare(cell, probe.params, probe.whole.xs, None)
    step, parts = both(params, probe.whole.carry, _first(xs))
    probe.assert_close(parts, step, "(carry, y) of the parts")


def project_takes_any_number_of_steps(probe: Probe, cell: GatedCell) -> None:
    """``project`` of a whole sequence is that of its steps; ``recur`` of stacked carries likewise."""

    @jax.jit
    def both(params: Any, carries: Any, xs: Any) -> Any:
        together = cell.project(params, xs), cell.recur(params, carries)
        return together, (
            jax.vmap(cell.project, (None, 0))(params, xs),
            jax.vmap(cell.recur, (None, 0))(params, carries),
        )

    params, xs = prepare(cell, probe.params, probe.whole.xs, None)
    carries = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf * 2]), probe.whole.carry)
    together, apart = both(params, carries, xs)
    probe.assert_close(together, apart, "(project, recur)")


def gate_is_elementwise(probe: Probe, cell: GatedCell) -> None:
    """``gate`` is elementwise over hidden units: NaN in all that belongs to one unit reaches no other.

    Arguments and results are ``[*B, H]``, or ``[*B, G*H]`` with a block of H columns for each gate.
    """
    hidden = cell.out_dim
    gate = jax.jit(cell.gate)
    params, xs = prepare(cell, probe.params, probe.whole.xs, None)
    carry = probe.whole.carry
    args = cell.project(params, _first(xs)), cell.recur(params, carry), carry

    def spoiled(leaf: Array) -> Array:
        if leaf.shape[-1] % hidden:
            raise AssertionError(f"gate: expected arguments [*B, G*{hidden}], got {list(leaf.shape)}")
        return leaf.at[..., ::hidden].set(jnp.nan)

    got = gate(params, *jax.tree.map(spoiled, args))
    expected = gate(params, *args)
    got, expected = (jax.tree.map(lambda leaf: leaf.at[..., 0].set(0), tree) for tree in (got, expected))
    assert_equal(got, expected, "(carry, y) of the units that were not spoiled")


def joint_is_the_sum_of_project_and_recur(probe: Probe, cell: Any) -> None:
    """A cell's ``joint``, where it has one, is ``project`` plus ``recur``; and their sum is all that ``gate`` reads."""
    if (combined := optional_method(cell, "joint")) is None:
        return

    @jax.jit
    def both(params: Any, carry: Any, x: Any) -> Any:
        z, u, joint = cell.project(params, x), cell.recur(params, carry), combined(params, x, carry)
        nothing = jax.tree.map(jnp.zeros_like, joint)
        return (joint, cell.gate(params, joint, nothing, carry)), (
            jax.tree.map(jnp.add, z, u),
            cell.gate(params, z, u, carry),
        )

    params, xs = prepare(cell, probe.params, probe.whole.xs, None)
    got, expected = both(params, probe.whole.carry, _first(xs))
    probe.assert_close(got, expected, "(joint, its (carry, y))")


def _first(xs: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf[0], xs)


LAWS = (
    step_is_gate_of_project_and_recur,
    project_takes_any_number_of_steps,
    gate_is_elementwise,
    joint_is_the_sum_of_project_and_recur,
)
