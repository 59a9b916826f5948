"""What relatives of the LSTM are in special cases: closed forms, and each other."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError

T, B, I, H = 6, 2, 3, 4  # noqa: E741
KEY = jax.random.key(0)
XS = jax.random.normal(jax.random.key(1), (T, B, I))
# Each of T steps adds up I + H products and takes some 20 operations more.
RTOL = T * (I + H + 20) * np.finfo(np.float32).eps


def outputs(cell, params, xs=XS):
    return gr.scan(cell, engine="reference").apply(params, xs)[1]


def close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=RTOL, atol=RTOL)


@pytest.mark.parametrize("cell", [gr.PeepholeLSTM(H), gr.GreffLSTM(H), gr.BlockLSTM(H)], ids=repr)
def test_some_begin_as_the_lstm_of_their_other_parameters(cell):
    params = cell.init(KEY, I)
    lstm = gr.LSTMParams(params.w_x, params.w_h.reshape(H, 4 * H), params.b)
    close(outputs(cell, params), outputs(gr.LSTM(H), lstm))


def test_no_peepholes_is_the_lstm_and_vanilla_the_one_with_peepholes():
    params = gr.GreffLSTM(H, variant="NP").init(KEY, I)
    close(outputs(gr.GreffLSTM(H, variant="NP"), params), outputs(gr.LSTM(H), params))
    params = gr.PeepholeLSTM(H).init(KEY, I)._replace(p=jnp.cos(jnp.arange(3.0 * H)))
    close(outputs(gr.GreffLSTM(H), gr.GreffLSTM(H)._kind(*params)), outputs(gr.PeepholeLSTM(H), params))


def test_coupled_gates_are_those_of_the_search_space_odyssey_with_the_sign_turned():
    """sigmoid(-a) = 1 - sigmoid(a): its input gate of -a is the forget gate of a."""
    params = gr.CoupledLSTM(H).init(KEY, I)
    sign = jnp.repeat(jnp.array([-1.0, 1.0, 1.0]), H)
    turned = gr.GreffParams(*(leaf * sign for leaf in params), p=jnp.zeros(2 * H))
    close(outputs(gr.GreffLSTM(H, variant="CIFG"), turned), outputs(gr.CoupledLSTM(H), params))


def test_janet_with_beta_0_is_a_coupled_lstm_that_puts_out_its_cell_state_unsquashed():
    """With recurrent maps of 0 both are one linear recurrence, of which the LSTM's c is JANET's h."""
    params = gr.JANET(H).init(KEY, I)
    none = params._replace(w_h=jnp.zeros_like(params.w_h))
    padded = [jnp.pad(leaf, [(0, 0)] * (leaf.ndim - 1) + [(0, H)]) for leaf in none]
    carry, _ = gr.scan(gr.CoupledLSTM(H)).apply(gr.CoupledLSTMParams(*padded), XS)
    close(outputs(gr.JANET(H, beta=0.0), none)[-1], carry.c)


def test_an_slstm_is_a_weighted_mean_of_its_candidates():
    """Without a recurrent map and with forget gates of 1, weights are exponentials: a softmax over the past."""
    cell = gr.SLSTM(H)
    params = cell.init(KEY, I)
    params = params._replace(w_h=jnp.zeros_like(params.w_h), b=params.b.at[H : 2 * H].set(60.0))
    params = params._replace(w_x=params.w_x.at[:, H : 2 * H].set(0.0))
    i, _, g, o = np.split(np.asarray(XS @ params.w_x, np.float64), 4, axis=-1)
    weights = np.exp(i)
    mean = np.cumsum(weights * np.tanh(g), axis=0) / np.cumsum(weights, axis=0)
    close(outputs(cell, params), mean / (1 + np.exp(-o)))


def test_exponentials_of_an_slstm_stay_in_range():
    """Sums of ±200, whose exponentials no float32 holds: values and gradients are finite."""
    cell = gr.SLSTM(H)
    params = jax.tree.map(lambda leaf: 200 * leaf, cell.init(KEY, I))
    ys = outputs(cell, params)
    grads = jax.jit(jax.grad(lambda params: outputs(cell, params).sum()))(params)
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in (ys, *jax.tree.leaves(grads)))


def test_gates_that_are_both_closed_share_what_they_let_through():
    """sigmoid(-200) is 0 in float32; f / (f + i) of two such is 1/2, and no NaN."""
    params = gr.MinLSTMParams(jnp.zeros((1, 3)), jnp.array([-200.0, -200.0, 3.0]))
    assert float(gr.MinLSTM(1).step(params, jnp.array([1.0]), jnp.ones(1))[1][0]) == 2.0


def test_a_refined_gate_stays_within_its_bounds_and_starts_uniform():
    hidden = 256
    b = np.asarray(gr.URLSTM(hidden).init(KEY, 1).b, np.float64)
    f = np.sort(1 / (1 + np.exp(-b[:hidden])))
    np.testing.assert_array_equal(b[:hidden], -b[hidden : 2 * hidden])
    assert not b[2 * hidden :].any()
    # Kolmogorov's distance of a uniform sample is above 1.95 / sqrt(n) once in a thousand.
    assert np.abs(f - (np.arange(hidden) + 0.5) / hidden).max() < 1.95 / np.sqrt(hidden)
    assert np.isfinite(gr.URLSTM(1).init(KEY, 1).b).all()


@pytest.mark.parametrize(("make", "message"), [
    (lambda: gr.GreffLSTM(H, variant="NIX"), "variant: expected one of V, NIG, .*got 'NIX'"),
    (lambda: gr.BlockLSTM(H, heads=3), "heads: expected a number that divides hidden=4, got 3"),
    (lambda: gr.SLSTM(H, heads=0), "heads: expected a positive int, got 0"),
    (lambda: gr.JANET(H, beta=float("nan")), "beta: expected "),
])  # fmt: skip
def test_what_makes_no_cell_is_refused(unchecked_annotations, make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_parameters_of_another_variant_are_refused():
    params = gr.GreffLSTM(H, variant="NIG").init(KEY, I)
    with pytest.raises(InputError, match=r"params: expected w_h \[4, 16\], got \[4, 12\]"):
        outputs(gr.GreffLSTM(H), params)
