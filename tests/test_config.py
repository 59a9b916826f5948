"""Configurations hash, compare and print as what was written; equal ones share programs."""

from __future__ import annotations

import dataclasses

import chex
import jax
import jax.numpy as jnp
import pytest

import gatedrnn as gr
from gatedrnn.testing.program_laws import rebuilt

SHOWN = {
    "LSTM(hidden=64)": gr.LSTM(64),
    "GRUResetAfter(hidden=3)": gr.GRU(3),
    "GRUResetBefore(hidden=3)": gr.GRU(3, reset="before"),
    "MinGRU(hidden=3)": gr.MinGRU(3),
    "SimpleRNN(hidden=3, activation=sin)": gr.SimpleRNN(3, jnp.sin),
    "LSTM(hidden=3, policy=Policy(compute='bfloat16'))": gr.LSTM(3, policy=gr.Policy(compute=jnp.bfloat16)),
    "Policy()": gr.Policy(params=jnp.float32),
    "Scan(cell=LSTM(hidden=3), reverse=True)": gr.scan(gr.LSTM(3), reverse=True),
    "Scan(cell=Stack(cells=(LSTM(hidden=3), ResidualCell(inner=SimpleRNN(hidden=3)))))": gr.scan(
        gr.stack(gr.LSTM(3), gr.residual(gr.SimpleRNN(3)))
    ),
    "Chain(layers=(Embed(features=2), Dropout(rate=0.1), ResidualLayer(inner=Dense(features=2))))": gr.chain(
        gr.embed(2), gr.dropout(0.1), gr.residual(gr.dense(2))
    ),
    "Bidirectional(forward=Scan(cell=GRUResetAfter(hidden=3)), backward=Scan(cell=LSTM(hidden=2), reverse=True))": (
        gr.bidirectional(gr.GRU(3), gr.LSTM(2))
    ),
}


@pytest.mark.parametrize("text", SHOWN)
def test_repr_is_what_differs_from_the_defaults(text):
    assert repr(SHOWN[text]) == text


@pytest.mark.parametrize("text", SHOWN)
def test_equal_when_built_alike(text):
    again = rebuilt(SHOWN[text])
    assert again is not SHOWN[text]
    assert again == SHOWN[text]
    assert hash(again) == hash(SHOWN[text])
    assert [other for other in SHOWN.values() if other == again] == [SHOWN[text]]


@pytest.mark.parametrize("text", SHOWN)
def test_frozen(text):
    field = dataclasses.fields(SHOWN[text])[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(SHOWN[text], field, 1)


def test_types_are_equal_however_they_are_spelled():
    spelled = [gr.Policy(compute=dtype) for dtype in ("bfloat16", jnp.bfloat16, jnp.dtype("bfloat16"))]
    assert len({*spelled}) == 1
    assert gr.Policy("float64") != gr.Policy()


def results_of_one_trace(build, hypers):
    """Run one training-like function that builds its net inside, over many settings."""
    chex.clear_trace_counter()

    @jax.jit
    @chex.assert_max_traces(n=1)
    def loss(hyper, xs):
        net = build(hyper)
        params = net.init(jax.random.key(0), 2)
        return net.apply(params, xs, key=jax.random.key(1))[1].sum()

    return [float(loss(hyper, jnp.ones((3, 2)))) for hyper in hypers]


def test_what_may_be_traced_is_traced_once():
    results = results_of_one_trace(lambda rate: gr.chain(gr.dropout(rate), gr.scan(gr.GRU(2))), [0.1, 0.4, 0.9])
    assert len(set(results)) == 3


def test_configs_as_static_arguments():
    """An equal configuration hits the cache, another one does not."""
    traces = []

    def apply(layer, x):
        traces.append(layer)
        params = layer.init(jax.random.key(0), 2)
        return layer.apply(params, x)[1]

    program = jax.jit(apply, static_argnums=0)
    layers = [gr.scan(gr.GRU(2)), gr.scan(gr.GRU(2)), gr.scan(gr.LSTM(2)), gr.scan(gr.GRU(2)), gr.scan(gr.GRU(3))]
    for layer in layers:
        program.eval_shape(layer, jnp.ones((3, 2)))
    assert traces == [gr.scan(gr.GRU(2)), gr.scan(gr.LSTM(2)), gr.scan(gr.GRU(3))]


def test_a_traced_rate_prints():
    shown = []
    jax.eval_shape(lambda rate: shown.append(repr(gr.chain(gr.dropout(rate)))), 0.5)
    assert shown[0].startswith("Chain(layers=(Dropout(rate=")
