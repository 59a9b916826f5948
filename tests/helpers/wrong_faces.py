"""Wrong calls of what faces others, in tables: keys, embeddings, the adapters to Flax, and the laws."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

import gatedrnn as gr
from tests.helpers.wrong_cells import KEY, XS, Row

NO_KEYS = (0, 1.5, None, "key", np.ones(2), np.zeros(3, np.uint32), np.zeros((2, 2), np.uint32), np.uint32(0))
"""What is no random key; raw ones of JAX's default implementation have two numbers."""
NO_LAYERS = (gr.LSTM, None, 3, "LSTM", nnx.Linear)
NO_FLAGS = ("no", 1, np.True_)


def of_keys() -> Iterator[Row]:
    """What is no key, where parameters are drawn and where noise is."""
    cell = gr.LSTM(4)
    both, several = gr.bidirectional(cell), gr.stack(cell, cell)
    net = gr.chain(gr.scan(cell), gr.dropout(0.5), gr.dense(2))
    params = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), jax.eval_shape(lambda: net.init(KEY, 3)))
    for wrong in NO_KEYS:
        for one in (cell, gr.scan(cell), both, several, net, gr.dense(2), gr.embed(2), gr.zoneout(cell, 0.1)):
            yield "key", lambda one=one, wrong=wrong: one.init(wrong, 3)
        if wrong is not None:  # evaluation
            yield "key", lambda wrong=wrong: net.apply(params, XS, key=wrong)


def of_embeddings() -> Iterator[Row]:
    """Tokens that are none, and tables of other embeddings."""
    layer, tokens = gr.embed(4), np.ones((5, 2), np.int32)
    params = gr.EmbedParams(np.ones((7, 4), np.float32))
    any_layer: Any = gr
    for wrong in (True, float("nan"), (3,), np.ones(2)):
        yield "features", lambda wrong=wrong: any_layer.embed(wrong)
    for wrong in ("bf16", None, 16, jnp.float32):
        yield "policy", lambda wrong=wrong: any_layer.embed(4, policy=wrong)
        yield "policy", lambda wrong=wrong: any_layer.dense(4, policy=wrong)
    for wrong in (0, -1, 2.0, "7", None, {"x": 3}):
        yield "in_dim", lambda wrong=wrong: layer.init(KEY, wrong)
    for wrong in (XS, tokens.astype(complex), tokens > 0, None, "tokens", {"x": tokens}, (tokens, tokens), 3):
        yield "xs", lambda wrong=wrong: layer.apply(params, wrong)
    for wrong in (params._asdict(), None, gr.EmbedParams(np.ones((7, 3), np.float32)), gr.EmbedParams(tokens), ()):
        yield "params", lambda wrong=wrong: layer.apply(wrong, tokens)
    for wrong in (gr.EmbedParams(np.ones(7, np.float32)), gr.EmbedParams("table"), gr.DenseParams(XS[0], XS[0, 0])):
        yield "params", lambda wrong=wrong: layer.apply(wrong, tokens)
    for wrong in (np.ones(2), None, (params,)):
        yield "carry", lambda wrong=wrong: layer.step(params, wrong, tokens[0])


def of_linen() -> Iterator[Row]:
    """What the module of ``flax.linen`` refuses, when it draws and when it runs."""
    rnn, any_rnn = gr.linen.RNN(gr.GRU(4)), partial(called, gr.linen.RNN)
    params = gr.GRU(4).init(KEY, 3)
    variables = rnn.variables_of(params)
    for wrong in NO_LAYERS:
        yield "layer", lambda wrong=wrong: any_rnn(wrong).init(KEY, XS)
    for wrong in (0, -1, 2.0, "3", True):
        yield "in_dim", lambda wrong=wrong: any_rnn(gr.GRU(4), in_features=wrong).init(KEY, XS)
    for wrong in (None, "abc", 1.0, XS[0, 0], (XS, XS), XS.astype(str), {"x": None}, {}):
        yield "inputs", lambda wrong=wrong: rnn.apply(variables, wrong)
    for wrong in (np.ones(5), np.ones(3, int), "two"):
        yield "seq_lengths", lambda wrong=wrong: rnn.apply(variables, XS, seq_lengths=wrong)
    for wrong in (np.ones((5, 2)), np.ones((4, 2), bool), "all", True):
        yield "mask", lambda wrong=wrong: rnn.apply(variables, XS, mask=wrong)
        yield "resets", lambda wrong=wrong: rnn.apply(variables, XS, resets=wrong)
    for wrong in (np.ones((2, 4)), "carry", (XS, XS)):
        yield "carry", lambda wrong=wrong: rnn.apply(variables, XS, initial_carry=wrong)
    for name in ("time_major", "return_carry", "deterministic"):
        for wrong in NO_FLAGS:
            yield name, lambda name=name, wrong=wrong: any_rnn(gr.GRU(4), **{name: wrong}).apply(variables, XS)
            yield name, lambda name=name, wrong=wrong: called(rnn.apply, variables, XS, **{name: wrong})
    tokens = gr.chain(gr.embed(3), gr.scan(gr.GRU(4)))
    yield "in_features", lambda: gr.linen.RNN(tokens).init(KEY, np.ones((2, 5), int))
    noisy = gr.chain(gr.scan(gr.GRU(4)), gr.dropout(0.1))
    yield "deterministic", lambda: gr.linen.RNN(noisy).init(KEY, XS)
    for wrong in (None, "variables", 3, {}, {"params": None}, {"params": 3}, {"params": {"w": XS}}, params):
        yield "variables", lambda wrong=wrong: rnn.params_of(wrong)
    for wrong in (None, "params", 3, {}, params._replace(b="b"), params._replace(b=params.b.astype(int))):
        yield "params", lambda wrong=wrong: rnn.variables_of(wrong)


def of_nnx() -> Iterator[Row]:
    """What the module of ``flax.nnx`` refuses, when it is made and when it runs."""
    any_rnn: Any = partial(called, gr.nnx.RNN)
    rnn: Any = gr.nnx.RNN(gr.GRU(4), in_features=3, rngs=nnx.Rngs(0))
    params = gr.GRU(4).init(KEY, 3)
    for wrong in NO_LAYERS:
        yield "layer", lambda wrong=wrong: any_rnn(wrong, 3, rngs=nnx.Rngs(0))
    for wrong in (0, -1, 2.0, "3", True, None):
        yield "in_dim", lambda wrong=wrong: any_rnn(gr.GRU(4), wrong, rngs=nnx.Rngs(0))
    for wrong in (None, 0, KEY, "rngs", nnx.Rngs):
        yield "rngs", lambda wrong=wrong: any_rnn(gr.GRU(4), 3, rngs=wrong)
    for name in ("time_major", "return_carry", "deterministic"):
        for wrong in (*NO_FLAGS, 3):
            made = {name: wrong, "rngs": nnx.Rngs(0)}
            yield name, lambda made=made: any_rnn(gr.GRU(4), 3, **made)
            yield name, lambda name=name, wrong=wrong: rnn(XS, **{name: wrong})
    for wrong in (None, "abc", 1.0, XS[0, 0], (XS, XS), XS.astype(str), {}):
        yield "inputs", lambda wrong=wrong: rnn(wrong)
    yield "seq_lengths", lambda: rnn(XS, seq_lengths=np.ones(5))
    yield "seq_lengths", lambda: rnn(XS, seq_lengths="two")
    for wrong in (np.ones((2, 4)), "carry", (XS, XS)):
        yield "carry", lambda wrong=wrong: rnn(XS, initial_carry=wrong)
    for wrong in (np.ones((5, 4)), "carry", (XS, XS)):
        yield "carry", lambda wrong=wrong: rnn.step(wrong, XS[0])
    noisy: Any = gr.nnx.RNN(gr.chain(gr.scan(gr.GRU(4)), gr.dropout(0.5)), 3, rngs=nnx.Rngs(params=0))
    for wrong in (None, 0, "rngs", np.ones(2), np.zeros(3, np.uint32), nnx.Rngs(params=0)):
        yield "rngs", lambda wrong=wrong: noisy(XS, rngs=wrong)
    for wrong in (None, "params", 3, {}, gr.LSTM(4).init(KEY, 3), params._asdict(), params._replace(b="b")):
        yield "params", lambda wrong=wrong: rnn.set_layer_params(wrong)
    yield "params", lambda: rnn.set_layer_params(params._replace(b=params.b.astype(complex)))


def of_laws() -> Iterator[Row]:
    """What ``gatedrnn.testing`` cannot check: no breach of a law, but no cell, key or input."""
    any_of: Any = gr.testing
    cell = gr.SimpleRNN(2)
    for wrong in (gr.LSTM, gr.scan(cell), None, "LSTM", 3):
        yield "cell", lambda wrong=wrong: any_of.check_cell(wrong)
    for wrong in (gr.LSTM, cell, None, "layer", 3):
        yield "layer", lambda wrong=wrong: any_of.check_layer(wrong)
    for check, one in ((any_of.check_cell, cell), (any_of.check_layer, gr.scan(cell))):
        for wrong in (0, 1.5, "key", np.ones(2), np.zeros(3, np.uint32), jax.random.split(KEY, 2)):
            yield "key", lambda check=check, one=one, wrong=wrong: check(one, key=wrong)
        for wrong in (0, -1, 2.5, "3", None):
            yield "in_dim", lambda check=check, one=one, wrong=wrong: check(one, in_dim=wrong)
        for wrong in (3, "draw", XS):
            yield "inputs", lambda check=check, one=one, wrong=wrong: check(one, inputs=wrong)


def called(function: Any, *given: Any, **named: Any) -> Any:
    return function(*given, **named)
