"""What users of other frameworks run into in a single cell; ``test_where_peers_fail.py`` says what was looked at."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from tests.peers.test_where_peers_fail import BOTH, WIDE, H, I, assert_same, normal, random_params


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


@BOTH
def test_each_gate_starts_orthogonal(cell):
    """flax: one orthogonal draw over all gates; one gate's singular values, H of 4: 0.78, 0.67, 0.43, 0.05."""
    w_h = cell.init(jax.random.key(0), I).w_h
    for block in np.split(np.asarray(w_h), w_h.shape[1] // H, axis=1):
        np.testing.assert_allclose(block.T @ block, np.eye(H), atol=1e-14)


def test_forget_bias_is_a_parameter_and_nothing_else():
    """haiku adds 1 in the forward pass; equinox, PyTorch (issue 20102) and flax have none.

    Without weights, from c: c' = sigmoid(b_f) c, and h' = tanh(c') / 2.
    """
    cell = gr.LSTM(H, policy=WIDE)
    params = cell.init(jax.random.key(0), I)
    np.testing.assert_array_equal(params.b, np.repeat([0.0, 1.0, 0.0, 0.0], H))
    c, x = normal(1, H), normal(2, I)
    for bias in (1.0, 0.0, -3.0):
        only = gr.memory_bias(jax.tree.map(jnp.zeros_like, params), bias)
        carry, h = cell.step(only, gr.LSTMCarry(jnp.zeros(H), c), x)
        assert_same(carry.c, c / (1 + np.exp(-bias)))
        assert_same(h, np.tanh(c / (1 + np.exp(-bias))) / 2)


def test_gru_has_the_bias_inside_the_reset_product():
    """flax.nnx.GRUCell has none (issue 5594), so that it can't hold the weights of PyTorch, cuDNN or Keras.

    Without weights: h' = (1 - z) n + z h with n = tanh(b_n + r b_h); d h' / d b_h = (1 - z) (1 - n^2) r.
    """
    cell, rng = gr.GRU(1, policy=WIDE), np.random.default_rng(0)
    (b_r, b_z, b_n), b_h, h = rng.normal(size=3), rng.normal(), rng.normal()
    zeros = jax.tree.map(jnp.zeros_like, random_params(cell))
    params = zeros._replace(b=jnp.array([b_r, b_z, b_n]), b_h=jnp.array([b_h]))
    r, z = 1 / (1 + np.exp(-b_r)), 1 / (1 + np.exp(-b_z))
    n = np.tanh(b_n + r * b_h)
    value, grads = jax.value_and_grad(lambda p: cell.step(p, jnp.array([h]), jnp.ones(I))[1][0])(params)
    assert_same(value, (1 - z) * n + z * h)
    assert_same(grads.b_h[0], (1 - z) * (1 - n**2) * r)
