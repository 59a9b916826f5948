"""What ``gr.linen.RNN`` refuses, by name, and the parameters of a part of a module."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest
from flax import linen as nn

import gatedrnn as gr
from tests.test_linen import PLAIN, draw


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def test_parameters_of_a_part_of_a_module():
    class Model(nn.Module):
        @nn.compact
        def __call__(self, inputs):
            return nn.Dense(1)(gr.linen.RNN(PLAIN, name="rnn")(inputs))

    variables = Model().init(jax.random.key(0), draw(1, 2, 6, 5))
    params = gr.linen.RNN(PLAIN).params_of({"params": variables["params"]["rnn"]})
    assert params.w_x is variables["params"]["rnn"]["w_x"]


@pytest.mark.parametrize("wrong", [{"params": {"w_x": jnp.ones((5, 16))}}, {"batch_stats": {}}, {}])
def test_variables_of_another_layer_are_refused(wrong):
    with pytest.raises(ValueError, match=r"^variables: expected the parameters of Scan\(cell=LSTM"):
        gr.linen.RNN(PLAIN).params_of(wrong)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"seq_lengths": jnp.ones(3, int)}, r"seq_lengths: expected integers \(2,\), got .* \(3,\)"),
        ({"mask": jnp.ones((6, 2), bool)}, r"mask: expected bool \(2, 6\), got bool \(6, 2\)"),
        ({"resets": jnp.ones((2, 6))}, r"resets: expected bool \(2, 6\), got float"),
        ({"initial_carry": jnp.zeros((2, 9))}, "carry: expected"),
        ({"inputs": jnp.ones((2, 6, 9))}, r"x: expected \[\.\.\., 5\]"),
    ],
)
def test_bad_input_is_named(bad, message):
    inputs = jnp.ones((2, 6, 5))
    rnn, variables = gr.linen.RNN(PLAIN), {"params": PLAIN.init(jax.random.key(0), 5)._asdict()}
    with pytest.raises(ValueError, match=message):
        rnn.apply(variables, **{"inputs": inputs, **bad})


def test_bad_construction_is_named():
    with pytest.raises(ValueError, match="layer: expected a layer or a cell of gatedrnn"):
        gr.linen.RNN(nn.LSTMCell(4)).init(jax.random.key(0), jnp.ones((2, 6, 5)))
