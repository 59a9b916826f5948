"""Keras on JAX: a GRU with reset after (two biases) or before; lengths by mask.

Its arithmetic on JAX is float32 whatever the layer's dtype says, which is why it alone is compared in that type.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

import jax.numpy as jnp
import numpy as np

from gatedrnn.convert.orders import ORDERS, reordered
from tests.peers.cases import LENGTHS, B, Case, H, T

# Read by Keras when it is imported, which the tests leave to the moment of use.
os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("KERAS_HOME", tempfile.gettempdir())

PACKAGE, DTYPE, WITHOUT = "keras", "float32", ()
CELLS = {"lstm", "gru_after", "gru_before", "tanh_rnn", "relu_rnn"}


def weights(cell: str, params: Any) -> list[Any]:
    """Kernel, recurrent kernel, bias."""
    if not cell.startswith("gru"):
        return list(params)
    w_x, w_h, b = (reordered(p, ORDERS["gatedrnn"].gru, ORDERS["keras"].gru) for p in params[:3])
    if cell == "gru_before":
        return [w_x, w_h, b]
    return [w_x, w_h, jnp.stack([b, jnp.concatenate([jnp.zeros(2 * H, b.dtype), params.b_h])])]


def run(case: Case, params: Any, xs: Any) -> Any:
    import keras

    options = {"return_sequences": True, "zero_output_for_mask": True}
    kind, own = {
        "lstm": (keras.layers.LSTM, {}),
        "gru_after": (keras.layers.GRU, {"reset_after": True}),
        "gru_before": (keras.layers.GRU, {"reset_after": False}),
        "tanh_rnn": (keras.layers.SimpleRNN, {}),
        "relu_rnn": (keras.layers.SimpleRNN, {"activation": "relu"}),
    }[case.cell]
    ys = jnp.moveaxis(xs, 1, 0)
    mask = jnp.asarray(np.arange(T) < LENGTHS[:, None]) if case.lengths else None
    for layer in params:
        built = kind(H, **options, **own)
        if case.bidirectional:
            built = keras.layers.Bidirectional(built, merge_mode="concat")
        built.build((B, T, ys.shape[-1]))
        given = [w for p in (layer if case.bidirectional else [layer]) for w in weights(case.cell, p)]
        ys, _ = built.stateless_call(given, built.non_trainable_variables, ys, mask=mask)
    return jnp.moveaxis(ys, 0, 1)
