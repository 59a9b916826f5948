"""Wrong input is an ``InputError`` that names the argument, what was expected and what came."""

from __future__ import annotations

import re

import jax
import jax.numpy as jnp
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError
from tests.helpers.drawn import drawn

pytestmark = pytest.mark.usefixtures("unchecked_annotations")

KEY = jax.random.key(0)
XS = jnp.ones((5, 2, 3))
GRU, LSTM, DENSE = gr.scan(gr.GRU(3)), gr.scan(gr.LSTM(3)), gr.dense(3)
BIDIRECTIONAL = gr.bidirectional(gr.GRU(3))
CHAIN = gr.chain(GRU, DENSE)
PARAMS = {layer: drawn(layer, 3) for layer in (GRU, LSTM, DENSE, BIDIRECTIONAL, CHAIN)}


def apply(layer, **given):
    return lambda: layer.apply(**{"params": PARAMS.get(layer, ()), "xs": XS} | given)


def bools(*shape):
    return jnp.ones(shape, bool)


CASES = [
    # Construction: sizes.
    (lambda: gr.LSTM(0), "hidden: expected a positive int, got 0"),
    (lambda: gr.GRU(2.0), "hidden: expected a positive int, got 2.0"),
    (lambda: gr.GRU(True), "hidden: expected a positive int, got True"),
    (lambda: gr.SimpleRNN(-1), "hidden: expected a positive int, got -1"),
    (lambda: gr.GRU("3", reset="before"), "hidden: expected a positive int, got '3'"),
    (lambda: gr.dense(0), "features: expected a positive int, got 0"),
    (lambda: gr.embed(None), "features: expected a positive int, got None"),
    # Construction: choices.
    (lambda: gr.GRU(3, reset="never"), 'reset: expected "after" or "before", got \'never\''),
    (lambda: gr.scan(gr.GRU(3), engine="warp"), "got 'warp'"),
    (lambda: gr.scan(gr.GRU(3), unroll=0), "unroll: expected a positive int, got 0"),
    (lambda: gr.bidirectional(gr.GRU(3), unroll="2"), "unroll: expected a positive int, got '2'"),
    (lambda: gr.dropout(1.5), "rate: expected a probability, got 1.5"),
    (lambda: gr.dropout(-0.1), "rate: expected a probability, got -0.1"),
    (lambda: gr.Policy("int32"), "params: expected a floating point type, got 'int32'"),
    (lambda: gr.Policy(compute="wide"), "compute: expected a floating point type, got 'wide'"),
    (lambda: gr.Policy(params=None), "params: expected a floating point type, got None"),
    (lambda: gr.Policy(carry=bool), "carry: expected a floating point type, got <class 'bool'>"),
    # Construction: parts.
    (lambda: gr.scan(GRU), "cell: expected a cell, with init, initial_carry and step; got Scan("),
    (lambda: gr.scan(3), "cell: expected a cell, with init, initial_carry and step; got 3"),
    (lambda: gr.chain(), "layers: expected at least one, got none"),
    (lambda: gr.chain(gr.GRU(3)), "layers: expected layers, got GRUResetAfter(hidden=3); gr.scan makes a layer"),
    (lambda: gr.stack(), "cells: expected at least one, got none"),
    (lambda: gr.stack(GRU), "cells: expected cells, got Scan(cell=GRUResetAfter(hidden=3)); gr.chain takes layers"),
    (lambda: gr.stack("lstm"), "cells: expected cells, got 'lstm'"),
    (lambda: gr.residual(3), "inner: expected a cell or a layer, got 3"),
    # init.
    (lambda: gr.LSTM(3).init(KEY, 0), "in_dim: expected a positive int, got 0"),
    (lambda: gr.GRU(3, reset="before").init(KEY, 1.0), "in_dim: expected a positive int, got 1.0"),
    (lambda: DENSE.init(KEY, -3), "in_dim: expected a positive int, got -3"),
    (lambda: gr.embed(3).init(KEY, 0), "in_dim: expected a positive int, got 0"),
    (lambda: gr.residual(GRU).init(KEY, 2), "in_dim: expected 3, the output of Scan("),
    (lambda: gr.residual(gr.GRU(3)).init(KEY, 2), "in_dim: expected 3, the output of GRUResetAfter(hidden=3)"),
    # Inputs and parameters.
    (apply(GRU, xs=jnp.ones((5, 2, 4))), "x: expected [..., 3] as in init, got shape (2, 4)"),
    (apply(GRU, xs=jnp.ones(5)), "xs: expected [T, *B, I], got shape (5,)"),
    (apply(DENSE, xs=jnp.ones((5, 4))), "x: expected [..., 3] as in init, got shape (5, 4)"),
    (apply(gr.embed(3), params=gr.EmbedParams(XS[0])), "xs: expected integer tokens [T, *B], got float32"),
    (apply(LSTM, params=PARAMS[GRU]), "params: expected LSTMParams, got GRUParams"),
    (apply(gr.scan(gr.LSTM(4)), params=PARAMS[LSTM]), "params: expected w_h [4, 16], got [3, 12]"),
    (
        lambda: gr.scan(gr.MinGRU(4)).apply(gr.MinGRU(3).init(KEY, 3), XS),
        "params: expected b [8], got [6]",
    ),
    (apply(BIDIRECTIONAL, params=PARAMS[GRU]), "params: expected BidirectionalParams, got GRUParams"),
    (apply(DENSE, params=()), "params: expected DenseParams, got tuple"),
    (apply(gr.embed(3)), "params: expected EmbedParams, got tuple"),
    (apply(CHAIN, params=(PARAMS[GRU],)), "params: expected a tuple of 2, one for each of (Scan("),
    (apply(gr.scan(gr.stack(gr.GRU(3), gr.GRU(3)))), "params: expected a tuple of 2, one for each of (GRUResetAfter("),
    # lengths, mask, resets.
    (apply(GRU, lengths=jnp.ones(2)), "lengths: expected integers, got float32"),
    (apply(GRU, lengths=jnp.ones(3, int)), "lengths: expected the leading axes of (2,), got (3,)"),
    (apply(GRU, lengths=jnp.ones((2, 3), int)), "lengths: expected the leading axes of (2,), got (2, 3)"),
    (apply(GRU, mask=jnp.ones((5, 2))), "mask: expected bool, got float32"),
    (apply(GRU, mask=bools(2, 5)), "mask: expected the leading axes of (5, 2), got (2, 5)"),
    (apply(GRU, mask=bools(5, 2, 3)), "mask: expected the leading axes of (5, 2), got (5, 2, 3)"),
    (apply(GRU, mask=True), "mask: expected [T] or [T, *B], got a scalar"),
    (apply(GRU, resets=jnp.ones((5, 2), int)), "resets: expected bool, got int32"),
    (apply(GRU, resets=bools(4, 2)), "resets: expected the leading axes of (5, 2), got (4, 2)"),
    (apply(DENSE, resets=jnp.ones(5)), "resets: expected bool, got float32"),
    (apply(BIDIRECTIONAL, mask=bools(4)), "mask: expected the leading axes of (5, 2), got (4,)"),
    (apply(CHAIN, lengths=jnp.ones(3, int)), "lengths: expected the leading axes of (2, 3), got (3,)"),
    (apply(DENSE, mask=bools(4)), "mask: expected the leading axes of (5, 2, 3), got (4,)"),
    (lambda: gr.last(XS, jnp.ones(2)), "lengths: expected integers, got float32"),
    # Carries.
    (apply(GRU, carry=jnp.ones(3)), "carry: expected shapes (2, 3), got (3,)"),
    (
        apply(LSTM, carry=(jnp.ones((2, 3)),) * 2),
        "carry: expected shapes LSTMCarry(h=(2, 3), c=(2, 3)), got ((2, 3), (2, 3))",
    ),
    (apply(DENSE, carry=jnp.ones(3)), "carry: expected (), as Dense(features=3) has none; got "),
    (apply(CHAIN, carry=jnp.ones((2, 3))), "carry: expected a tuple of 2, one for each of (Scan("),
    (apply(BIDIRECTIONAL, carry=jnp.ones((2, 3))), "carry: expected a pair (forward, backward), got "),
    # Steps that do not exist.
    (
        lambda: gr.scan(gr.GRU(3), reverse=True).step(PARAMS[GRU], XS[0], XS[0]),
        "step: expected a layer that reads forward alone, got Scan(",
    ),
    (
        lambda: BIDIRECTIONAL.step(PARAMS[BIDIRECTIONAL], None, XS[0]),
        "step: expected a layer that reads forward alone, got Bidirectional(",
    ),
    # Gate biases.
    (
        lambda: gr.memory_bias(gr.SimpleRNN(3).init(KEY, 2), 1.0),
        "params: expected those of a cell that names its gates, as LSTM, GRU and MinGRU; got SimpleRNN",
    ),
    (
        lambda: gr.chrono_bias(PARAMS[DENSE], KEY, 10),
        "params: expected those of a cell that names its gates, as LSTM, GRU and MinGRU; got DenseParams",
    ),
    (
        lambda: gr.scale_recurrent(gr.MinGRU(3).init(KEY, 2), 1.0),
        "params: expected some with a recurrent map w_h, got MinGRUParams",
    ),
    (lambda: gr.chrono_bias(PARAMS[GRU], KEY, 2), "longest: expected a number above 2, got 2"),
]


@pytest.mark.parametrize(("call", "message"), CASES, ids=[message for _, message in CASES])
def test_wrong_input_is_named(call, message):
    with pytest.raises(InputError, match=re.escape(message)):
        call()
