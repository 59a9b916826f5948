"""An equal copy of a cell or a layer is the same one: equal, of one hash, traced once, with its derivative."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import gatedrnn as gr
from gatedrnn.cells import registry
from gatedrnn.cells.optional import optional_method

CONFIGURED = {
    **{name: entry.make(4) for name, entry in registry.CELLS.items()},
    "relu": gr.SimpleRNN(4, activation=jax.nn.relu),
    "sine in bfloat16": gr.LSTM(4, activation=jnp.sin, policy=gr.Policy(compute="bfloat16")),
    "layers": gr.chain(gr.bidirectional(gr.GRU(3)), gr.dropout(0.5), gr.scan(gr.stack(gr.LSTM(3), gr.LSTM(3)))),
    "residual": gr.residual(gr.LSTM(4)),
    "zoneout": gr.zoneout(gr.LSTM(4), 0.1, 0.2),
    "variational dropout": gr.variational_dropout(gr.drop_connect(gr.GRU(4), 0.1), 0.2),
    "learned start": gr.learned_start(gr.clip_gradient(gr.GRU(4), 1.0)),
    "images": gr.ConvLSTM(4, space=1),
    "parallel": gr.parallel(gr.GRU(4)),
    "split": gr.data_parallel(gr.bidirectional(gr.GRU(4), merge="sum")),
}


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


def cloudpickled(value: Any) -> Any:
    return pickle.loads(pytest.importorskip("cloudpickle").dumps(value))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled, cloudpickled], ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", CONFIGURED)
def test_a_copy_is_the_same(name: str, copied: Any) -> None:
    one = CONFIGURED[name]
    twin = copied(one)
    assert twin == one
    assert hash(twin) == hash(one)
    assert repr(twin) == repr(one)
    if name in registry.CELLS:
        derivatives = (optional_method(cell, "gate_derivative") for cell in (one, twin))
        assert len({type(each) for each in derivatives}) == 1


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled, cloudpickled], ids=lambda one: one.__name__)
def test_a_copy_is_traced_once(copied: Any) -> None:
    traces = []

    def length_of(layer: Any, xs: jax.Array) -> Any:
        traces.append(layer)
        return layer.apply(layer.init(jax.random.key(0), 2), xs)[1]

    program = jax.jit(length_of, static_argnums=0)
    for layer in (gr.scan(gr.LSTM(3)), copied(gr.scan(gr.LSTM(3)))):
        program(layer, jnp.ones((4, 2)))
    assert len(traces) == 1
