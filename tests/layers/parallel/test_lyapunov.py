"""Lyapunov exponents that are known: of linear maps, and of a chaotic map in closed form."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError
from tests.helpers.cell_table import CELLS
from tests.helpers.proofs import quick_rows


def test_a_network_at_rest_has_the_logarithm_of_its_spectral_radius() -> None:
    """A complex pair of eigenvalues of size 0.9 and one of 0.5; tanh has slope 1 at 0."""
    with jax.enable_x64(True):
        turn = 0.9 * np.array([[np.cos(1.0), -np.sin(1.0)], [np.sin(1.0), np.cos(1.0)]])
        basis = np.random.default_rng(0).normal(size=(3, 3))
        w_h = basis @ np.block([[turn, np.zeros((2, 1))], [np.zeros((1, 2)), 0.5]]) @ np.linalg.inv(basis)
        params = gr.SimpleRNNParams(jnp.zeros((1, 3)), jnp.asarray(w_h), jnp.zeros(3))
        skip, length = 60, 2060  # (0.5 / 0.9)^60 is 5e-16
        got = gr.lyapunov(gr.SimpleRNN(3), params, jnp.zeros((length, 2, 1)), skip=skip)
        # A pair turns, so that lengths come back to what they were up to the basis' condition.
        condition = np.linalg.cond(basis)
        np.testing.assert_allclose(got, [math.log(0.9)] * 2, atol=math.log(condition) / (length - skip))


def test_units_apart_have_the_largest_of_their_weights() -> None:
    """Linear units, each with a constant weight: above 1 as well."""
    for weights, largest in (([0.3, 0.8], 0.8), ([0.5, 1.1], 1.1)):
        params = gr.IndRNNParams(jnp.ones((1, 2)), jnp.array(weights), jnp.zeros(2))
        cell = gr.IndRNN(2, activation=lambda a: a)
        got = gr.lyapunov(cell, params, jnp.ones((300, 1)), skip=100)
        np.testing.assert_allclose(got, math.log(largest), rtol=1e-5)


def test_the_logistic_map_has_the_logarithm_of_two() -> None:
    """``h' = 4 h (1 - h)`` as a cell: its exponent is log 2 from almost every start."""
    with jax.enable_x64(True):
        cell = gr.IndRNN(1, activation=lambda a: 4 * a * (1 - a))
        params = gr.IndRNNParams(jnp.zeros((1, 1)), jnp.ones(1), jnp.zeros(1))
        starts = jnp.array([[0.2], [0.37], [0.61]])
        got = gr.lyapunov(cell, params, jnp.zeros((20_000, 3, 1)), carry=starts)
        # log |4 - 8 h| has the standard deviation pi / sqrt(12) under the map's invariant density, and telescopes.
        np.testing.assert_allclose(got, math.log(2), atol=5 * math.pi / math.sqrt(12 * 20_000))


@pytest.mark.parametrize("name", quick_rows(("counted", "GRU-before", "LSTM"), ("counted",)))
def test_it_is_the_mean_growth_of_a_small_difference(name: str) -> None:
    """Against products of JAX's whole Jacobians in float64, of any cell, and without what has no derivative."""
    with jax.enable_x64(True):
        cell: Any = CELLS[name]
        params = jax.tree.map(lambda leaf: leaf.astype(float), cell.init(jax.random.key(0), 2))
        xs = jax.random.normal(jax.random.key(1), (200, 2), float)
        got = gr.lyapunov(cell, params, xs, skip=50)
        carry = cell.initial_carry(params, xs[0])
        leaves, tree = jax.tree.flatten(carry)
        real = [k for k, leaf in enumerate(leaves) if jnp.issubdtype(leaf.dtype, jnp.floating)]

        def step(vector: Any, leaves: Any, x: Any) -> Any:
            parts = jnp.split(vector, np.cumsum([leaves[k].size for k in real])[:-1])
            given = list(leaves)
            for k, part in zip(real, parts, strict=True):
                given[k] = part.reshape(leaves[k].shape)
            new = jax.tree.leaves(cell.step(params, tree.unflatten(given), x)[0])
            return jnp.concatenate([new[k].ravel() for k in real]), new

        jacobian = jax.jit(jax.jacfwd(step, has_aux=True))
        v, logs = None, []
        for x in xs:
            matrix, leaves = jacobian(jnp.concatenate([leaves[k].ravel() for k in real]), leaves, x)
            matrix = np.asarray(matrix)
            v = matrix @ (np.ones(len(matrix)) if v is None else v)
            logs.append(math.log(np.linalg.norm(v)))
            v = v / np.linalg.norm(v)
        # Both directions turn to the one that grows fastest; what is left of another start is below the mean of 150.
        np.testing.assert_allclose(got, np.mean(logs[50:]), atol=0.02)


@pytest.mark.usefixtures("unchecked_annotations")
def test_wrong_arguments_are_named() -> None:
    params = gr.GRU(2).init(jax.random.key(0), 1)
    with pytest.raises(InputError, match="skip: expected"):
        gr.lyapunov(gr.GRU(2), params, jnp.ones((4, 1)), skip=4)
    with pytest.raises(InputError, match=r"xs: expected \[T, \*B, I\]"):
        gr.lyapunov(gr.GRU(2), params, jnp.ones(4))
