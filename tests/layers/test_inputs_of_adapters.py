"""Inputs of several arrays by name, handed on by the adapters to Flax."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest
from flax import nnx

import gatedrnn as gr
from gatedrnn.errors import InputError
from gatedrnn.testing import compare
from tests.layers.test_inputs import IN_DIM, B, H, I, SeesLSTM, T, draw


def test_adapters_hand_them_on():
    """Time is known where arrays are alike up to their last axis; with time first they may have any axes."""
    layer = gr.scan(SeesLSTM(H))
    params, xs = layer.init(jax.random.key(0), IN_DIM), draw(jax.random.key(1), (T, B))
    lengths = jnp.array([T, 4, 0])
    _, expected = layer.apply(params, xs, lengths=lengths)
    rnn = gr.linen.RNN(layer, in_features=IN_DIM, time_major=True)
    got = rnn.apply({"params": params._asdict()}, xs, seq_lengths=lengths)
    compare.assert_equal(got, expected, "ys of linen")
    assert jax.tree.map(jnp.shape, rnn.init(jax.random.key(0), xs))["params"]["w_x"] == (I, 4 * H)
    module = gr.nnx.RNN(layer, IN_DIM, time_major=True, rngs=nnx.Rngs(0))
    module.set_layer_params(params)
    compare.assert_equal(module(xs, seq_lengths=lengths), expected, "ys of nnx")

    class Both(gr.LSTM):
        def init(self, key, in_dim):
            return super().init(key, sum(in_dim.values()))

        def initial_carry(self, params, x):
            return super().initial_carry(params, x["a"])

        def project(self, params, x):
            return super().project(params, jnp.concatenate([x["a"], x["b"]], axis=-1))

    a, b = jax.random.normal(jax.random.key(2), (2, B, T, 2))
    rnn = gr.linen.RNN(Both(H))
    variables = rnn.init(jax.random.key(0), {"a": a, "b": b[..., :1]})
    together = jnp.concatenate([a, b[..., :1]], axis=-1)
    expected = gr.linen.RNN(gr.LSTM(H)).apply(variables, together, seq_lengths=lengths)
    got = rnn.apply(variables, {"a": a, "b": b[..., :1]}, seq_lengths=lengths)
    compare.assert_close(got, expected, "ys", rtol=compare.tolerance(2.0**-23, T * 32))
    with pytest.raises(InputError, match=r"^inputs: expected arrays \[\*B, T, I\] that are alike .*time_major=True"):
        rnn.apply(variables, {"a": a, "b": b[..., 0]})
