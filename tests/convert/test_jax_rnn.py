"""The flat vector of ``jax.experimental.rnn`` against its own reference, in float64, there and back."""

from __future__ import annotations

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import rnn

import gatedrnn as gr
from gatedrnn.convert import from_jax_rnn, to_jax_rnn
from gatedrnn.errors import InputError
from tests.helpers.drawn import drawn

T, B, I, H = 5, 3, 2, 4  # noqa: E741


@pytest.mark.parametrize(("depth", "both"), [(1, False), (2, True)], ids=["one layer", "two layers in both directions"])
def test_outputs_and_states_are_those_of_jaxs_reference(depth: int, both: bool) -> None:
    rng = np.random.default_rng(0)
    size = rnn.get_num_params_in_lstm(I, H, depth, both)
    flat, xs = rng.normal(size=size), rng.normal(size=(T, B, I))
    with jax.enable_x64(True):
        zeros = jnp.zeros((depth * (1 + both), B, H))

        def reference(vector: np.ndarray) -> tuple[jax.Array, ...]:
            parts = rnn.unpack_lstm_weights(jnp.asarray(vector), I, H, depth, both)
            lengths = jnp.full(B, T, jnp.int32)
            return rnn.lstm_ref(jnp.asarray(xs.swapaxes(0, 1)), zeros, zeros, *parts, lengths, I, H, depth, 0.0, both)

        ys, h, c = reference(flat)
        layer, params = from_jax_rnn(flat, I, H, depth, bidirectional=both)
        carry, found = layer.apply(params, jnp.asarray(xs))
        # Five steps of ten products in two layers, in another order: some hundred roundings of 1e-16.
        close = {"rtol": 1e-12, "atol": 1e-13}
        np.testing.assert_allclose(found.swapaxes(0, 1), ys, **close)
        leaves = jax.tree.leaves(carry)
        np.testing.assert_allclose(np.stack(leaves[0::2]), h, **close)
        np.testing.assert_allclose(np.stack(leaves[1::2]), c, **close)
        np.testing.assert_allclose(reference(to_jax_rnn(layer, params))[0], ys, **close)


def test_there_and_back_is_exact() -> None:
    layer = gr.chain(gr.bidirectional(gr.LSTM(3)), gr.bidirectional(gr.LSTM(3)))
    params = drawn(layer, 2)
    again, restored = from_jax_rnn(to_jax_rnn(layer, params), 2, 3, 2, bidirectional=True)
    assert again == layer
    chex.assert_trees_all_equal(params, restored)


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(InputError, match=r"weights: expected weights \[84\], got \[83\]"):
        from_jax_rnn(np.zeros(83), 2, 3, 1, bidirectional=False)
    with pytest.raises(InputError, match="num_layers: expected"):
        from_jax_rnn(np.zeros(84), 2, 3, 0, bidirectional=False)
    layer = gr.scan(gr.GRU(3))
    with pytest.raises(InputError, match=r"layer: expected LSTM with tanh, which jax\.experimental\.rnn has"):
        to_jax_rnn(layer, drawn(layer, 2))
