"""Jacobians of all steps: whole ones against JAX's own, those of units against what they are of whole ones."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.layers.engines.base import ScanPlan
from gatedrnn.layers.parallel.dense import Dense, dense
from gatedrnn.layers.parallel.dependencies import dependencies
from gatedrnn.layers.parallel.units import Units, units
from gatedrnn.layers.scan import prepare
from gatedrnn.layers.sequence import Steps
from tests.helpers.cell_table import CELLS
from tests.helpers.proofs import quick_rows

QUICK = ("BlockGRU",)
APART = ("counted", "centred", "LayerNormLSTM", "LayerNormGRU", "DreamerGRU", "LSTM-projected")
BY_UNIT = [name for name, cell in CELLS.items() if isinstance(cell, gr.GatedCell) and name not in APART]


@pytest.mark.parametrize("name", quick_rows(BY_UNIT, QUICK))
def test_jacobians_are_those_of_a_step(name: str) -> None:
    cell: Any = CELLS[name]
    with jax.enable_x64(True):
        keys = jax.random.split(jax.random.key(0), 3)
        params = cell.init(keys[0], 2)
        params = jax.tree.map(lambda leaf: leaf.astype(float), params)
        xs = jax.random.normal(keys[1], (3, 2), float)
        params, prepared = prepare(cell, params, xs, None)
        like = cell.initial_carry(params, xs)
        carry = jax.tree.map(lambda leaf: jnp.cos(jnp.arange(1.0, 1 + leaf.size)).reshape(leaf.shape), like)
        linear = cell.project(params, prepared), cell.recur(params, carry)
        steps = Steps(prepared, None, None)
        leaves, tree = jax.tree.flatten(carry)
        size = leaves[0].shape[-1]

        def step(vector: Any, x: Any) -> Any:
            one = tree.unflatten(jnp.split(vector, len(leaves)))
            return jnp.concatenate(jax.tree.leaves(cell.step(params, one, x)[0]))

        whole = jax.vmap(jax.jacfwd(step))(jnp.concatenate(leaves, axis=-1), prepared)
        got = dense(ScanPlan(cell, False, 1, 1), params, linear, carry, steps).matrix
        np.testing.assert_allclose(got, whole, rtol=1e-12, atol=1e-13)
        of_units = units(cell, params, linear, carry, steps, through_recur=True).entries
        for i in range(len(leaves)):
            for j in range(len(leaves)):
                block = whole[:, i * size : (i + 1) * size, j * size : (j + 1) * size]
                own = np.diagonal(block, axis1=1, axis2=2)
                np.testing.assert_allclose(of_units.get((i, j), np.zeros_like(own)), own, rtol=1e-12, atol=1e-13)


def test_an_lstm_with_its_product_held_fixed_needs_the_cell_state_alone() -> None:
    cell = gr.LSTM(2)
    params, carry = cell.init(jax.random.key(0), 3), gr.LSTMCarry(jnp.ones((1, 2)), jnp.ones((1, 2)))
    z = cell.project(params, jnp.ones((1, 3)))
    found = units(cell, params, (z, 0 * z), carry, Steps(jnp.ones((1, 3)), None, None), through_recur=False)
    assert set(found.entries) == {(0, 1), (1, 1)}
    forget = jax.nn.sigmoid(jnp.split(z, 4, axis=-1)[1])
    np.testing.assert_allclose(found.entries[1, 1], forget, rtol=1e-6)


@pytest.mark.parametrize("reverse", [False, True])
def test_recurrences_are_solved_in_both_directions(reverse: bool) -> None:
    """Against NumPy's loops, whole and by unit, and transposed ones against the inner product that defines them."""
    rng = np.random.default_rng(0)
    length, size = 7, 2
    a, b, c = rng.normal(size=(length, size, size)), rng.normal(size=(length, size)), rng.normal(size=(length, size))
    expected, d = np.zeros((length, size)), np.zeros(size)
    for t in reversed(range(length)) if reverse else range(length):
        d = a[t] @ d + b[t]
        expected[t] = d
    with jax.enable_x64(True):
        whole = Dense(jnp.asarray(a))
        one_unit = Units({(i, j): jnp.asarray(a[:, i, j, None]) for i in range(size) for j in range(size)})
        columns = [jnp.asarray(b[:, i, None]) for i in range(size)]
        np.testing.assert_allclose(whole.solve([jnp.asarray(b)], reverse=reverse)[0], expected, rtol=1e-12)
        got = jnp.concatenate(one_unit.solve(columns, reverse=reverse), axis=-1)
        np.testing.assert_allclose(got, expected, rtol=1e-12)
        # The transposed solve has what the loop above makes of b, seen from c: d[t] = A[t]^T (d[t + 1] + c[t]).
        pushed = jnp.einsum("tij,ti->tj", a, c)
        transposed = whole.solve_transposed([pushed], reverse=reverse)[0]
        nothing = np.zeros((1, size))

        def before(values: Any) -> Any:
            return np.concatenate([values[1:], nothing] if reverse else [nothing, values[:-1]])

        inflow = np.einsum("ti,ti->", transposed, before(b))
        np.testing.assert_allclose(np.einsum("tij,tj,ti->", a, before(expected), c), inflow, rtol=1e-10)


def test_dependencies_run_through_what_lies_between() -> None:
    found = dependencies(lambda a, b, c: (jnp.sin(a) * b, jax.nn.relu(c), jnp.float32(1.0)), 1.0, 2.0, 3.0)
    assert found == [{0, 1}, {2}, set()]
