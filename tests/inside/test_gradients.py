"""The gradient that reaches the carry at each step, against a backward loop in NumPy and closed forms."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError
from gatedrnn.testing import compare
from tests.helpers.numpy_cells import sigmoid

T, B, I, H = 5, 3, 2, 4  # noqa: E741
LENGTHS = np.array([5, 3, 0])
RTOL = compare.tolerance(2.0**-52, operations=T * (I + H) * 40)


def by_hand(params, xs, weights, start):
    """Norms of the gradients of ``sum(weights * ys) + sum(c)`` by h and c, ``[2, T, B]``, one sequence at a time."""
    norms = np.zeros((2, T, B))
    for b in range(B):
        h, c = start.h[b], start.c[b]
        kept = []
        for t in range(LENGTHS[b]):
            i, f, g, o = np.split(xs[t, b] @ params.w_x + h @ params.w_h + params.b, 4)
            i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
            kept.append((c, i, f, g, o))
            c = f * c + i * g
            h = o * np.tanh(c)
            kept[-1] += (np.tanh(c),)
        d_h, d_c = np.zeros(H), np.ones(H)
        for t in reversed(range(LENGTHS[b])):
            norms[:, t, b] = np.sqrt(d_h @ d_h), np.sqrt(d_c @ d_c)
            c, i, f, g, o, squashed = kept[t]
            of_h = d_h + weights[t, b]
            of_c = d_c + of_h * o * (1 - squashed**2)
            a = [of_c * g * i * (1 - i), of_c * c * f * (1 - f), of_c * i * (1 - g**2), of_h * squashed * o * (1 - o)]
            d_h, d_c = params.w_h @ np.concatenate(a), of_c * f
    return norms


@pytest.mark.parametrize("started", [False, True])
def test_norms_of_an_lstm_are_those_of_a_loop_by_hand(started):
    rng = np.random.default_rng(0)
    params = gr.LSTMParams(rng.normal(size=(I, 4 * H)), rng.normal(size=(H, 4 * H)) / 2, rng.normal(size=4 * H))
    xs, weights = rng.normal(size=(T, B, I)), rng.normal(size=(T, B, H))
    start = gr.LSTMCarry(*(rng.normal(size=(2, B, H)) if started else np.zeros((2, B, H))))
    expected = by_hand(params, xs, weights, start)

    def loss(carry, ys):
        return (ys * weights).sum() + carry.c.sum()

    with jax.enable_x64(True):
        layer = gr.scan(gr.LSTM(H, policy=gr.Policy(params="float64")))
        given = {"lengths": jnp.array(LENGTHS), "carry": jax.tree.map(jnp.asarray, start) if started else None}
        got = jax.jit(lambda p, xs: gr.gradient_norms(layer, p, xs, loss, **given))(params, xs)
    np.testing.assert_allclose(got.h, expected[0], rtol=RTOL, atol=RTOL)
    np.testing.assert_allclose(got.c, expected[1], rtol=RTOL, atol=RTOL)
    assert (expected[1] > 0).sum() == LENGTHS.sum()


DOUBLING = gr.SimpleRNNParams(jnp.eye(1), jnp.full((1, 1), 2.0), jnp.zeros(1))
"""h' = x + 2 h."""
LINEAR = gr.SimpleRNN(1, jax.nn.identity)


def test_every_layer_and_direction_has_its_own():
    net = gr.chain(
        gr.residual(gr.scan(LINEAR)),
        gr.dropout(0.5),
        gr.bidirectional(LINEAR, merge="sum"),
        gr.scan(gr.GRU(2)),
        gr.dense(1),
    )
    params = net.init(jax.random.key(0), 1)
    norms = jax.eval_shape(
        lambda params, xs: gr.gradient_norms(net, params, xs, lambda carry, ys: ys.sum()), params, jnp.ones((4, 3, 1))
    )
    assert jax.tree.map(jnp.shape, norms) == ((4, 3), (), gr.BidirectionalCarry((4, 3), (4, 3)), (4, 3), ())
    both = gr.bidirectional(LINEAR, merge="sum")
    norms = gr.gradient_norms(
        both,
        gr.BidirectionalParams(DOUBLING, DOUBLING),
        jnp.ones((4, 1)),
        lambda carry, ys: carry.forward.sum() + ys[0, 0],
    )
    np.testing.assert_array_equal(norms.forward, [8, 4, 2, 1])
    np.testing.assert_array_equal(norms.backward, [0, 2, 4, 8])


def test_a_reset_stops_them_and_explosions_are_finite_numbers():
    layer = gr.scan(LINEAR)
    got = gr.gradient_norms(layer, DOUBLING, jnp.ones((4, 1)), lambda carry, ys: carry.sum(), resets=jnp.arange(4) == 2)
    np.testing.assert_array_equal(got, [0, 0, 2, 1])
    wide = gr.SimpleRNNParams(jnp.eye(2), 1e13 * jnp.eye(2), jnp.zeros(2))
    got = gr.gradient_norms(
        gr.scan(gr.SimpleRNN(2, jax.nn.identity)), wide, jnp.ones((4, 2)), lambda carry, ys: carry.sum()
    )
    np.testing.assert_allclose(got, np.sqrt(2) * np.array([np.inf, 1e26, 1e13, 1]), rtol=1e-5)


def test_a_clipped_carry_is_seen_before_it_is_clipped():
    layer = gr.scan(gr.clip_gradient(LINEAR, 1.5))
    got = gr.gradient_norms(layer, DOUBLING, jnp.ones((4, 1)), lambda carry, ys: ys[-1].sum())
    np.testing.assert_array_equal(got, [3, 3, 2, 0])


@pytest.mark.usefixtures("unchecked_annotations")
def test_wrong_calls_name_their_argument():
    with pytest.raises(InputError, match=r"^layer: expected a layer, got SimpleRNN"):
        gr.gradient_norms(LINEAR, DOUBLING, jnp.ones((4, 1)), lambda carry, ys: ys.sum())
    with pytest.raises(InputError, match=r"^carry: expected"):
        gr.gradient_norms(gr.scan(LINEAR), DOUBLING, jnp.ones((4, 1)), lambda carry, ys: ys.sum(), carry=jnp.ones(3))
