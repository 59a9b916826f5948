"""Clipping inside the recurrence: a backward loop written by hand in NumPy, and no change where nothing is clipped."""

from __future__ import annotations

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.cells.configuration import as_data, from_data
from gatedrnn.errors import InputError
from gatedrnn.testing import compare
from tests.helpers.numpy_cells import sigmoid

T, B, I, H = 6, 3, 2, 4  # noqa: E741
LENGTHS = np.array([6, 4, 0])
LIMIT = {"value": 0.07, "norm": 0.15}
RTOL = compare.tolerance(2.0**-52, operations=T * B * (I + H) * 40)


def drawn():
    rng = np.random.default_rng(0)
    params = gr.LSTMParams(rng.normal(size=(I, 4 * H)), rng.normal(size=(H, 4 * H)) / 2, rng.normal(size=4 * H))
    start = gr.LSTMCarry(rng.normal(size=(B, H)), rng.normal(size=(B, H)))
    return params, start, rng.normal(size=(T, B, I)), rng.normal(size=(T, B, H))


def clipped(d, by, limit):
    if by == "value":
        return np.minimum(np.maximum(d, -limit), limit), (np.abs(d) > limit).any()
    norms = np.array([max(float(np.sqrt(row @ row)), 1e-300) for row in d])
    return d * np.minimum(1, limit / norms)[:, None], (norms > limit).any()


def by_hand(params, start, xs, weights, by, limit):
    """Gradients of ``sum(weights * ys) + sum(h) + sum(c)`` at the end; and at how many steps something was clipped."""
    h, c = start
    kept = []
    for t in range(T):
        there = (t < LENGTHS)[:, None]
        i, f, g, o = np.split(xs[t] @ params.w_x + h @ params.w_h + params.b, 4, axis=1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        new = f * c + i * g
        kept.append((there, h, c, i, f, g, o, np.tanh(new)))
        h, c = np.where(there, o * np.tanh(new), h), np.where(there, new, c)
    d_params = [np.zeros_like(p) for p in params]
    d_h, d_c, d_xs, bitten = np.ones((B, H)), np.ones((B, H)), np.zeros_like(xs), 0
    for t in reversed(range(T)):
        there, h, c, i, f, g, o, squashed = kept[t]
        (cut_h, bit_h), (cut_c, bit_c) = clipped(d_h * there, by, limit), clipped(d_c * there, by, limit)
        bitten += bit_h or bit_c
        of_h = cut_h + weights[t] * there
        of_c = cut_c + of_h * o * (1 - squashed**2)
        a = [of_c * g * i * (1 - i), of_c * c * f * (1 - f), of_c * i * (1 - g**2), of_h * squashed * o * (1 - o)]
        a = np.concatenate(a, axis=1)
        for total, one in zip(d_params, (xs[t].T @ a, h.T @ a, a.sum(0)), strict=True):
            total += one
        d_xs[t] = a @ params.w_x.T
        d_h, d_c = np.where(there, a @ params.w_h.T, d_h), np.where(there, of_c * f, d_c)
    return (gr.LSTMParams(*d_params), gr.LSTMCarry(d_h, d_c), d_xs), bitten


def gradients(cell, params, start, xs, weights, engine):
    def loss(params, start, xs):
        carry, ys = gr.scan(cell, engine=engine).apply(params, xs, carry=start, lengths=jnp.array(LENGTHS))
        return (ys * weights).sum() + carry.h.sum() + carry.c.sum()

    return jax.jit(jax.value_and_grad(loss, (0, 1, 2)))(params, start, xs)


@pytest.mark.parametrize("engine", ["reference", "fast"])
@pytest.mark.parametrize("by", LIMIT)
def test_gradients_are_those_of_a_loop_by_hand(by, engine):
    with jax.enable_x64(True):
        args = drawn()
        types = gr.Policy(params="float64")
        wide, _ = by_hand(*args, by, np.inf)
        expected, bitten = by_hand(*args, by, LIMIT[by])
        plain, of_plain = gradients(gr.LSTM(H, policy=types), *args, engine)
        for limit, wanted in ((LIMIT[by], expected), (1e9, wide)):
            loss, got = gradients(gr.clip_gradient(gr.LSTM(H, policy=types), limit, by), *args, engine)
            assert loss == plain
            chex.assert_trees_all_close(jax.tree.leaves(got), jax.tree.leaves(wanted), rtol=RTOL, atol=RTOL)
        chex.assert_trees_all_close(got, of_plain, rtol=RTOL, atol=RTOL)
    assert bitten >= T - 1
    assert np.abs(expected[0].w_h - wide[0].w_h).max() > 0.1


def test_an_exploding_gradient_comes_out_finite():
    cell = gr.SimpleRNN(2, jax.nn.identity)
    params = gr.SimpleRNNParams(jnp.eye(2), 1e30 * jnp.eye(2), jnp.zeros(2))  # after two steps beyond float32

    def end(xs, by):
        return gr.scan(gr.clip_gradient(cell, 0.5, by)).apply(params, xs)[1][-1, 0]

    for by in LIMIT:
        got = jax.jit(jax.grad(end), static_argnums=1)(jnp.zeros((5, 2)), by)
        np.testing.assert_array_equal(got, [[0.5, 0]] * 4 + [[1, 0]])


@pytest.mark.verify
def test_the_limit_may_be_traced():
    params, start, xs, weights = jax.tree.map(jnp.float32, drawn())

    def gradient(limit):
        layer = gr.scan(gr.clip_gradient(gr.LSTM(H), limit))
        return jax.grad(lambda p: (layer.apply(p, xs, carry=start)[1] * weights).sum())(params)

    limits = [0.05, 0.5]
    together = jax.jit(jax.vmap(gradient))(jnp.array(limits))
    for k, limit in enumerate(limits):
        one = jax.tree.map(lambda leaf, k=k: leaf[k], together)
        chex.assert_trees_all_close(one, gradient(limit), rtol=1e-5, atol=1e-5)


@pytest.mark.usefixtures("unchecked_annotations")
def test_wrong_arguments_are_refused_by_name():
    for limit in (0, -1.0, float("nan"), float("inf"), "1", None, True):
        with pytest.raises(InputError, match=r"^limit: expected a finite number above 0, got"):
            gr.clip_gradient(gr.LSTM(3), limit)
    with pytest.raises(InputError, match=r"^by: expected one of value, norm; got 'global'"):
        gr.clip_gradient(gr.LSTM(3), 1.0, "global")
    with pytest.raises(InputError, match=r"^cell: expected a cell"):
        gr.clip_gradient(gr.scan(gr.LSTM(3)), 1.0)


@pytest.mark.parametrize("engine", ["parallel", "parallel_backward"])
def test_engines_that_solve_cotangents_as_a_linear_recurrence_refuse_it(engine):
    """Whatever stands around it: clipped ones are none."""
    for cell in (
        gr.clip_gradient(gr.LSTM(3), 1.0),
        gr.learned_start(gr.zoneout(gr.clip_gradient(gr.GRU(3), 1.0), 0.1)),
    ):
        with pytest.raises(InputError, match=r'^engine: expected "auto" or "reference", as .* clips its gradient'):
            gr.scan(cell, engine=engine)
        assert gr.scan(cell, engine="fast").cell == cell


def test_gate_biases_and_the_saved_form_are_as_of_the_inner_cell():
    cell = gr.clip_gradient(gr.LSTM(2), 1.0)
    params = cell.init(jax.random.key(0), 1)
    assert (gr.memory_bias(params, 3.0, cell=cell).b == gr.memory_bias(params, 3.0).b).all()
    kind = type(cell)
    assert from_data(as_data(cell), further={f"{kind.__module__}:{kind.__qualname__}": kind}) == cell


@pytest.mark.verify
@pytest.mark.parametrize(
    "cell",
    [
        gr.clip_gradient(gr.LSTM(3), 0.05),
        gr.clip_gradient(gr.GRU(3), 0.05, "norm"),
        gr.clip_gradient(gr.ProjectedLSTM(4, 2), 0.05),
        gr.clip_gradient(gr.stack(gr.GRU(3), gr.MinGRU(2)), 0.05),
    ],
    ids=repr,
)
def test_laws(cell):
    gr.testing.check_cell(cell)
