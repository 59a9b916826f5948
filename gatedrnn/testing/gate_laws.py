"""Laws of gated cells: an elementwise function between linear maps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from gatedrnn.cells.cotangents import differentiable
from gatedrnn.cells.gated import gated, mixes_units
from gatedrnn.cells.optional import optional_method
from gatedrnn.layers.scan import prepare
from gatedrnn.testing.compare import assert_equal

if TYPE_CHECKING:
    from jax import Array

    from gatedrnn.testing.probe import Probe
    from gatedrnn.types import GatedCell


def step_is_gate_of_project_and_recur(probe: Probe, cell: GatedCell) -> None:
    """``step(params, carry, x)`` is ``gate(params, project(params, x), recur(params, carry), carry)``, and ``emit``."""

    @jax.jit
    def both(params: Any, carry: Any, x: Any) -> Any:
        parts = gated(cell, params, cell.project(params, x), cell.recur(params, carry), carry)
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

    Units stand in the axis after the batch, a block for each gate side by side; there are as many as the largest number
    that divides all of these axes. What has no such axis belongs to all units, and stays. A cell with ``mixes_units``
    promises none of this.
    """
    if mixes_units(cell):
        return
    gate = jax.jit(cell.gate)
    args = _arguments(probe, cell)
    expected = gate(*args)
    units = math.gcd(*(leaf.shape[1] for leaf in jax.tree.leaves((args[1:3], expected)) if leaf.ndim > 1))

    def first_unit(leaf: Array, value: float) -> Array:
        if leaf.ndim < 2 or leaf.shape[1] % units:
            return leaf
        return leaf.at[:, ::units].set(value)

    spoiled = jax.tree.map(lambda leaf: first_unit(leaf, jnp.nan) if differentiable(leaf) else leaf, args[1:])
    got = gate(args[0], *spoiled)
    got, expected = (jax.tree.map(lambda leaf: first_unit(leaf, 0.0), tree) for tree in (got, expected))
    assert_equal(got, expected, "(carry, y) of the units that were not spoiled")


def gate_mixes_no_rows(probe: Probe, cell: GatedCell) -> None:
    """``gate``, elementwise or not, mixes no rows of the batch: NaN in all that belongs to one row reaches no other."""

    def first_row(leaf: Array, value: float) -> Array:
        return leaf.at[0].set(value) if differentiable(leaf) else leaf

    gate = jax.jit(cell.gate)
    args = _arguments(probe, cell)
    got = gate(args[0], *jax.tree.map(lambda leaf: first_row(leaf, jnp.nan), args[1:]))
    got, expected = (jax.tree.map(lambda leaf: first_row(leaf, 0.0), tree) for tree in (got, gate(*args)))
    assert_equal(got, expected, "(carry, y) of the rows that were not spoiled")


def emit_is_linear(probe: Probe, cell: Any) -> None:
    """A cell's ``emit``, where it has one, is linear in the gate's carry and output: twice as much of twice as much."""
    if not hasattr(cell, "emit"):
        return
    params, z, u, carry = _arguments(probe, cell)

    def twice(tree: Any) -> Any:
        return jax.tree.map(lambda leaf: 2 * leaf if differentiable(leaf) else leaf, tree)

    @jax.jit
    def both(params: Any, z: Any, u: Any, carry: Any) -> Any:
        out = cell.gate(params, z, u, carry)
        return cell.emit(params, *twice(out)), twice(cell.emit(params, *out))

    got, expected = both(params, z, u, carry)
    probe.assert_close(got, expected, "(carry, y) of twice as much")


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


def _arguments(probe: Probe, cell: GatedCell) -> tuple[Any, Any, Any, Any]:
    """Return what the gate reads at the first step: parameters, both products, and the carry."""
    params, xs = prepare(cell, probe.params, probe.whole.xs, None)
    carry = probe.whole.carry
    return params, cell.project(params, _first(xs)), cell.recur(params, carry), carry


def _first(xs: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf[0], xs)


LAWS = (
    step_is_gate_of_project_and_recur,
    project_takes_any_number_of_steps,
    gate_is_elementwise,
    gate_mixes_no_rows,
    emit_is_linear,
    joint_is_the_sum_of_project_and_recur,
)
