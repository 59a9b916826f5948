"""``layer.step``: what it does where sequences start anew, and what it refuses by name."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError

ONE = jnp.ones((1, 1))
SUM, ONES = gr.SimpleRNN(1, activation=lambda a: a), gr.SimpleRNNParams(ONE, ONE, jnp.zeros(1))
"""A cell whose state is the sum of its inputs."""


def stepped(layer, params, x, carry, resets):
    return jax.jit(lambda carry, x, resets: layer.step(params, carry, x, resets=resets))(carry, x, resets)


def test_sequences_that_start_anew_forget_whatever_came():
    carry, x = jnp.array([[10.0], [jnp.nan], [30.0]]), jnp.array([[1.0], [2.0], [3.0]])
    new, y = stepped(gr.scan(SUM), ONES, x, carry, jnp.array([False, True, False]))
    assert (new.ravel().tolist(), y.ravel().tolist()) == ([11, 2, 33], [11, 2, 33])
    gradient = jax.grad(lambda c: gr.scan(SUM).step(ONES, c, x, resets=jnp.array([False, True, False]))[1].sum())(carry)
    assert gradient.ravel().tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("batch", "resets", "expected"),
    [
        ((), jnp.array(True), 1.0),
        ((), False, 11.0),
        ((2, 3), jnp.array([True, False]), [[1, 1, 1], [11, 11, 11]]),
        ((2, 2), jnp.array([[True, False], [False, True]]), [[1, 11], [11, 1]]),
    ],
)
def test_flags_may_lack_batch_axes(batch, resets, expected):
    x, carry = jnp.ones((*batch, 1)), jnp.full((*batch, 1), 10.0)
    assert stepped(gr.scan(SUM), ONES, x, carry, resets)[1][..., 0].tolist() == expected


def test_the_learned_carry_is_the_one_to_start_from():
    layer = gr.scan(gr.learned_start(SUM))
    params = layer.init(jax.random.key(0), 1)._replace(cell=ONES, start=jnp.array([100.0]))
    x, carry = jnp.ones((2, 1)), jnp.array([[10.0], [20.0]])
    assert stepped(layer, params, x, carry, jnp.array([True, False]))[1].ravel().tolist() == [101, 21]


def test_every_layer_hands_them_on():
    net = gr.chain(gr.data_parallel(gr.scan(SUM)), gr.dropout(0.5), gr.residual(gr.scan(SUM)), gr.dense(1))
    params = (ONES, (), ONES, gr.DenseParams(ONE, jnp.zeros(1)))
    carry = (jnp.array([[10.0], [10.0]]), (), jnp.array([[100.0], [100.0]]), ())
    new, y = stepped(net, params, jnp.ones((2, 1)), carry, jnp.array([True, False]))
    assert new[2].ravel().tolist() == [1, 111]
    assert y.ravel().tolist() == [1 + 1, 111 + 11]


@pytest.mark.parametrize(
    "layer", [gr.scan(SUM), gr.chain(gr.scan(SUM)), gr.residual(gr.scan(SUM)), gr.dense(1)], ids=repr
)
@pytest.mark.parametrize(
    ("resets", "message"),
    [
        (jnp.ones(2), "^resets: expected bool, got float32"),
        (jnp.ones(3, bool), r"^resets: expected the leading axes of \(2,"),
        ((True, False), "^resets: expected one array of numbers, got a tuple"),
    ],
)
def test_other_flags_are_refused(layer, resets, message):
    params = layer.init(jax.random.key(0), 1)
    with pytest.raises(InputError, match=message):
        layer.step(params, layer.initial_carry(params, jnp.ones((2, 1))), jnp.ones((2, 1)), resets=resets)


@pytest.mark.parametrize("resets", [None, jnp.array([True, False])], ids=["", "resets"])
@pytest.mark.parametrize("carry", [jnp.zeros((1, 1)), jnp.zeros((2, 1), int), None, (jnp.zeros((2, 1)),), "zeros"])
def test_other_carries_are_refused(carry, resets):
    with pytest.raises(InputError, match=r"^carry: expected"):
        gr.scan(SUM).step(ONES, carry, jnp.ones((2, 1)), resets=resets)


@pytest.mark.parametrize("resets", [None, jnp.array([True, False])], ids=["", "resets"])
def test_the_future_is_not_there(resets):
    layer = gr.bidirectional(SUM)
    with pytest.raises(InputError, match=r"^step: expected a layer that reads forward alone, got Bidirectional\("):
        layer.step(gr.BidirectionalParams(ONES, ONES), None, jnp.ones((2, 1)), resets=resets)
