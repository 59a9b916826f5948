"""States at every step: those of a plain loop, of each layer in forward time, with gradients, at no cost when off."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError
from gatedrnn.testing import compare
from tests.helpers import numpy_cells as plain
from tests.helpers.drawn import shifted

T, B, I, H = 6, 4, 3, 2  # noqa: E741
LENGTHS = np.array([6, 2, 0, 4])
RESETS = np.arange(T)[:, None] == np.array([3, 1, 0, 0])  # where a new segment starts
RTOL = compare.tolerance(2.0**-52, operations=T * (I + H) * 10)


def drawn(layer, dtype="float32"):
    """Parameters whose biases are not zero, and inputs."""
    params = layer.init(jax.random.key(0), I)
    params = shifted(params, 0.1)
    return params, jax.random.normal(jax.random.key(1), (T, B, I), dtype)


def loop(params, xs, start, reverse):
    """Both states of an LSTM at every step, ``[2, T, B, H]``, one sequence and one step at a time."""
    states = np.zeros((2, T, B, H))
    for b in range(B):
        held = (start.h[b], start.c[b])
        steps = [t for t in range(T) if t < LENGTHS[b]]
        for t in reversed(steps) if reverse else steps:
            starts = (t + 1 in steps and RESETS[t + 1, b]) if reverse else RESETS[t, b]
            if starts:
                held = (np.zeros(H), np.zeros(H))
            held, _ = plain.lstm(params, held, xs[t, b])
            states[:, t, b] = held
    return states


@pytest.mark.parametrize("reverse", [False, True])
def test_an_lstms_states_are_those_of_a_loop(reverse):
    with jax.enable_x64(True):
        layer = gr.scan(gr.LSTM(H, policy=gr.Policy(params="float64")), reverse=reverse, remat=2, unroll=2)
        params, xs = drawn(layer, "float64")
        start = gr.LSTMCarry(*(jax.random.normal(jax.random.key(k), (B, H), "float64") for k in (2, 3)))
        steps = {"lengths": jnp.array(LENGTHS), "resets": jnp.array(RESETS), "carry": start}
        carry, ys, carries = jax.jit(partial(gr.states, layer))(params, xs, **steps)
        applied = jax.jit(layer.apply)(params, xs, **steps)
        chex.assert_trees_all_close((carry, ys), applied, rtol=RTOL, atol=RTOL)
        expected = loop(*jax.tree.map(np.asarray, (params, xs, start)), reverse)
    np.testing.assert_allclose(carries.h, expected[0], rtol=RTOL, atol=RTOL)
    np.testing.assert_allclose(carries.c, expected[1], rtol=RTOL, atol=RTOL)
    assert carries.c.shape == (T, B, H)


@dataclasses.dataclass(frozen=True)
class Doubled:
    """A layer of one's own around another, a frozen dataclass that hands carries through."""

    inner: Any
    out_dim = property(lambda self: self.inner.out_dim)
    causal = property(lambda self: self.inner.causal)

    def init(self, key, in_dim):
        return self.inner.init(key, in_dim)

    def initial_carry(self, params, x):
        return self.inner.initial_carry(params, x)

    def step(self, params, carry, x):
        carry, y = self.inner.step(params, carry, x)
        return carry, 2 * y

    def apply(self, params, xs, **steps):
        carry, ys = self.inner.apply(params, xs, **steps)
        return carry, 2 * ys


LAYERS = {
    "stack": gr.scan(gr.stack(gr.LSTM(3), gr.residual(gr.GRU(3)), gr.MinGRU(H))),
    "deep": gr.chain(
        gr.dropout(0.5), gr.bidirectional(gr.LSTM(H), gr.GRU(3)), gr.residual(gr.scan(gr.GRU(5))), gr.dense(H)
    ),
    "split over devices": gr.data_parallel(gr.chain(gr.scan(gr.LSTM(H)), gr.scan(gr.GRU(H), reverse=True))),
    "wrapped": gr.scan(gr.learned_start(gr.zoneout(gr.LSTM(H), 0.2, 0.3))),
    "one's own": Doubled(gr.chain(gr.scan(gr.GRU(3)), gr.scan(gr.clip_gradient(gr.LSTM(H), 1.0)))),
}


SLOW = ("stack", "split over devices")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.verify) if name in SLOW else name for name in LAYERS]
)
def test_the_layer_is_the_same_and_its_states_end_in_its_carry(name):
    layer = LAYERS[name]
    params, xs = drawn(layer)
    key = None if name == "split over devices" else jax.random.key(7)
    steps = {"lengths": jnp.array(LENGTHS), "key": key}
    carry, ys, carries = jax.jit(partial(gr.states, layer))(params, xs, **steps)
    expected_carry, expected = jax.jit(layer.apply)(params, xs, **steps)
    assert jax.tree.structure(carries) == jax.tree.structure(carry) == jax.tree.structure(expected_carry)
    chex.assert_trees_all_close((carry, ys), (expected_carry, expected), rtol=1e-5, atol=1e-6)
    backward = {"deep": lambda tree: tree[1].backward, "split over devices": lambda tree: tree[1]}.get(name)
    ends = np.maximum(LENGTHS - 1, 0)
    first = [id(leaf) for leaf in jax.tree.leaves(backward(carries))] if backward else []
    for every, last in zip(jax.tree.leaves(carries), jax.tree.leaves(carry), strict=True):
        assert every.shape == (T, *last.shape)
        at = every[0] if id(every) in first else every[ends, np.arange(B)]
        np.testing.assert_array_equal(at[LENGTHS > 0], last[LENGTHS > 0])
        assert all((every[length:, b] == 0).all() for b, length in enumerate(LENGTHS))


@pytest.mark.parametrize("merge", ["concat", "product"])
def test_the_summary_of_all_states_is_all_outputs(merge):
    layer = gr.chain(gr.bidirectional(gr.LSTM(H), gr.GRU(H), merge=merge))
    params, xs = drawn(layer)
    _, ys, carries = jax.jit(partial(gr.states, layer))(params, xs, lengths=jnp.array(LENGTHS))
    np.testing.assert_array_equal(gr.final(layer, carries), ys)


def test_gradients_run_through_the_states():
    """Of a loss of c alone, by differences along the imaginary axis."""
    with jax.enable_x64(True):
        layer = gr.scan(gr.LSTM(H, policy=gr.Policy(params="float64")))
        params, xs = drawn(layer, "float64")
        weights = np.cos(np.arange(T * B * H)).reshape(T, B, H)

        def loss(params):
            return (gr.states(layer, params, xs, lengths=jnp.array(LENGTHS))[2].c * weights).sum()

        got = jax.jit(jax.grad(loss))(params)
    xs = np.asarray(xs)

    def plainly(params):
        total = 0
        for b in range(B):
            held = (np.zeros(H), np.zeros(H))
            for t in range(LENGTHS[b]):
                held, _ = plain.lstm(params, held, xs[t, b])
                total = total + held[1] @ weights[t, b]
        return total

    params = jax.tree.map(lambda leaf: np.asarray(leaf, complex), params)
    for name in params._fields:
        for place in np.ndindex(getattr(params, name).shape):
            moved = getattr(params, name).copy()
            moved[place] += 1e-30j
            expected = plainly(params._replace(**{name: moved})).imag / 1e-30
            np.testing.assert_allclose(getattr(got, name)[place], expected, rtol=RTOL * 100, atol=RTOL * 100)


def test_what_is_not_asked_for_is_not_computed():
    layer = gr.scan(gr.LSTM(H))
    params, xs = drawn(layer)
    before = str(jax.make_jaxpr(layer.apply)(params, xs))
    gr.states(layer, params, xs)
    assert str(jax.make_jaxpr(layer.apply)(params, xs)) == before


@pytest.mark.usefixtures("unchecked_annotations")
def test_a_layer_of_another_kind_is_refused_by_name():
    class Own(Doubled):
        def apply(self, params, xs, **steps):
            return jnp.zeros(()), xs

    params, xs = drawn(gr.dense(2))
    with pytest.raises(InputError, match=r"^layer: expected scans and what is made of them, got another"):
        gr.states(Own(gr.dense(2)), params, xs)
    with pytest.raises(InputError, match=r"^layer: expected a layer, got LSTM\(hidden=2\)"):
        gr.states(gr.LSTM(2), params, xs)
    layer = gr.scan(gr.LSTM(2))
    params = drawn(layer)[0]
    with pytest.raises(InputError, match=r"^carry: expected"):
        gr.states(layer, params, xs, carry=jnp.zeros(3))
