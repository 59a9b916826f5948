"""``jax.debug_nans`` looks at the result of every operation: none may read padding before it is safe."""

from __future__ import annotations

from typing import Any

import chex
import jax
import jax.numpy as jnp
import pytest

import gatedrnn as gr
from gatedrnn.cells import registry
from tests.helpers.proofs import quick_rows

LAYERS = {
    "fast": gr.scan(gr.LSTM(3)),
    "reference": gr.scan(gr.GRU(3), engine="reference"),
    "both directions": gr.bidirectional(gr.GRU(3)),
    "stacked": gr.scan(gr.stack(gr.residual(gr.LSTM(3)), gr.GRU(3))),
    "chained": gr.chain(gr.dropout(0.5), gr.scan(gr.LSTM(3)), gr.residual(gr.scan(gr.GRU(3))), gr.dense(2)),
    "dense": gr.dense(2),
    "wrapped": gr.scan(gr.learned_start(gr.zoneout(gr.clip_gradient(gr.LSTM(3), 0.1), 0.1))),
    "variational dropout": gr.scan(gr.variational_dropout(gr.drop_connect(gr.GRU(3), 0.1), 0.1)),
    **{name: gr.scan(entry.make(4)) for name, entry in registry.CELLS.items()},
}


@pytest.mark.parametrize("name", quick_rows(LAYERS, ("chained",)))
def test_padding_may_be_nan(name: str) -> None:
    layer = LAYERS[name]
    params = layer.init(jax.random.key(0), 3)
    xs = jax.random.normal(jax.random.key(1), (5, 2, 3))
    padded = xs.at[3:, 1].set(jnp.nan)
    resets = jnp.arange(10).reshape(5, 2) % 3 == 0
    steps: dict[str, Any] = {"lengths": jnp.array([5, 3]), "resets": resets, "key": jax.random.key(2)}

    def loss(params: Any, xs: jax.Array) -> jax.Array:
        return layer.apply(params, xs, **steps)[1].sum()

    expected = jax.grad(loss, (0, 1))(params, jnp.nan_to_num(padded))
    with jax.debug_nans(True):
        got = jax.grad(loss, (0, 1))(params, padded)
    chex.assert_trees_all_equal(got, expected)
