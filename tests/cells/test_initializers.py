"""Initial parameters: each gate on its own, as the equations' sources say."""

from __future__ import annotations

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import gatedrnn as gr

I, H = 5, 32  # noqa: E741
KEY = jax.random.key(0)
GATES = {"lstm": (gr.LSTM(H), 4), "gru": (gr.GRU(H), 3), "gru, reset before": (gr.GRU(H, reset="before"), 3)}
RECURRENT = GATES | {"simple rnn": (gr.SimpleRNN(H), 1)}
ALL = RECURRENT | {"min gru": (gr.MinGRU(H), 2)}


def drawn(name, in_dim=I):
    cell, gates = ALL[name]
    params = cell.init(jax.random.key(3), in_dim)
    return jax.tree.map(np.asarray, params), gates


@pytest.mark.parametrize("name", RECURRENT)
def test_every_gates_recurrent_block_is_orthogonal(name):
    params, gates = drawn(name)
    blocks = np.split(params.w_h.astype(np.float64), gates, axis=1)
    # A QR factorisation is orthogonal to a few roundings for each of H columns.
    for block in blocks:
        np.testing.assert_allclose(block.T @ block, np.eye(H), atol=H * np.finfo(np.float32).eps)
    assert len({block.tobytes() for block in blocks}) == gates


@pytest.mark.parametrize("name", ALL)
def test_every_gates_input_block_is_glorot_uniform(name):
    """Uniform in ±sqrt(6 / (I + H)), H being one gate's width: the number of gates plays no part."""
    params, gates = drawn(name, in_dim=200)
    bound = np.sqrt(6 / (200 + H))
    for block in np.split(params.w_x, gates, axis=1):
        assert stats.kstest(block.ravel(), stats.uniform(-bound, 2 * bound).cdf).pvalue > 1e-3


@pytest.mark.parametrize("name", ALL)
def test_biases_are_zero_but_for_the_forget_gate(name):
    params, _ = drawn(name)
    expected = np.zeros_like(params.b)
    if name == "lstm":
        expected[H : 2 * H] = 1
    np.testing.assert_array_equal(params.b, expected)
    if name == "gru":
        np.testing.assert_array_equal(params.b_h, np.zeros(H))


def test_the_forget_bias_is_a_parameter_and_nothing_more():
    """With all parameters zero the forget gate is sigmoid(0): nothing is added at run time."""
    params = jax.tree.map(jnp.zeros_like, gr.LSTM(2).init(jax.random.key(0), 1))
    carry, _ = gr.LSTM(2).step(params, gr.LSTMCarry(jnp.zeros(2), jnp.ones(2)), jnp.ones(1))
    assert carry.c.tolist() == [0.5, 0.5]


def test_low_precision_draws_are_rounded_once():
    """A bfloat16 draw is the float32 one, rounded: orthogonal to its own precision."""
    wide = gr.GRU(H).init(jax.random.key(0), I)
    low = gr.GRU(H, policy=gr.Policy(params="bfloat16")).init(jax.random.key(0), I)
    chex.assert_trees_all_equal(low, jax.tree.map(lambda p: p.astype(jnp.bfloat16), wide))


def test_keys_decide():
    a, b, c = (gr.LSTM(3).init(jax.random.key(seed), 2) for seed in (0, 0, 1))
    chex.assert_trees_all_equal(a, b)
    assert not np.array_equal(a.w_x, c.w_x)
    assert not np.array_equal(a.w_h, c.w_h)


@pytest.mark.parametrize("bias", [2.5, np.linspace(-1, 1, H, dtype=np.float32)], ids=["one", "one for each unit"])
@pytest.mark.parametrize("name", GATES)
def test_memory_bias_sets_the_second_gate_alone(name, bias):
    """Forget gate f of i, f, g, o; update gate z of r, z, n. The bias may be traced."""
    params, _ = drawn(name)
    got = jax.jit(gr.memory_bias)(params, bias)
    expected = params.b.copy()
    expected[H : 2 * H] = bias
    chex.assert_trees_all_equal(got, params._replace(b=expected))


@pytest.mark.parametrize("name", GATES)
def test_chrono_bias_is_log_uniform(name):
    """exp(b) is uniform in 1 to longest - 1, for the gate that keeps; an LSTM's input gate has its negative."""
    params, _ = drawn(name)
    keys = jax.random.split(jax.random.key(0), 100)
    biases = np.asarray(
        jax.jit(jax.vmap(lambda key, longest: gr.chrono_bias(params, key, longest).b, (0, None)))(keys, 50)
    )
    keep = biases[:, H : 2 * H]
    assert stats.kstest(np.exp(keep.ravel().astype(np.float64)), stats.uniform(1, 48).cdf).pvalue > 1e-3
    others = np.delete(biases, np.s_[H : 2 * H], axis=1)
    if name == "lstm":
        np.testing.assert_array_equal(others[:, :H], -keep)
        others = others[:, H:]
    np.testing.assert_array_equal(others, np.zeros_like(others))


@pytest.mark.parametrize("set_bias", [lambda p: gr.memory_bias(p, 2.5), lambda p: gr.chrono_bias(p, KEY, 50)])
def test_equal_memory_biases_keep_equal_parts_of_the_state(set_bias):
    """Whichever way round a cell's gate is: with nothing to let in, one step leaves sigmoid(bias) of the state."""
    kept = []
    for cell, _ in (ALL[name] for name in (*GATES, "min gru")):
        params = set_bias(jax.tree.map(jnp.zeros_like, cell.init(KEY, I)))
        carry = jax.tree.map(jnp.ones_like, cell.initial_carry(params, jnp.zeros(I)))
        kept.append(np.asarray(jax.tree.leaves(cell.step(params, carry, jnp.zeros(I))[0])[-1]))
    np.testing.assert_allclose(kept, [jax.nn.sigmoid(set_bias(gr.GRU(H).init(KEY, I)).b[H : 2 * H])] * 4, rtol=1e-6)


@pytest.mark.parametrize("name", RECURRENT)
def test_scale_recurrent_sets_the_gain(name):
    params, gates = drawn(name)
    scaled = jax.jit(gr.scale_recurrent)(params, 0.7)
    for block in np.split(np.asarray(scaled.w_h, np.float64), gates, axis=1):
        singular = np.linalg.svd(block, compute_uv=False)
        np.testing.assert_allclose(singular, 0.7, rtol=H * np.finfo(np.float32).eps)
    np.testing.assert_array_equal(scaled.w_x, params.w_x)
    np.testing.assert_array_equal(scaled.b, params.b)


def test_dense_is_glorot_uniform_and_embed_normal():
    dense = gr.dense(40).init(jax.random.key(0), 60)
    assert stats.kstest(np.ravel(dense.w), stats.uniform(-np.sqrt(0.06), 2 * np.sqrt(0.06)).cdf).pvalue > 1e-3
    assert not dense.b.any()
    rows = np.asarray(gr.embed(25).init(jax.random.key(0), 200).table)
    assert stats.kstest(rows.ravel(), stats.norm(0, 0.2).cdf).pvalue > 1e-3
