"""flax.nnx: as flax.linen, but gates side by side in a GRU, and no second bias there (google/flax issue 5594)."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from gatedrnn.convert.orders import ORDERS, by_gate
from tests.peers.cases import LENGTHS, Case, H

PACKAGE, DTYPE, WITHOUT = "flax.nnx", "float64", ("b_h",)
CELLS = {"lstm", "gru_after", "tanh_rnn"}


def module(cell: str, params: Any) -> Any:
    """Build the peer's RNN around these weights."""
    from flax import nnx

    kind = {"lstm": nnx.LSTMCell, "gru_after": nnx.GRUCell, "tanh_rnn": nnx.SimpleCell}[cell]
    types = dict.fromkeys(("dtype", "param_dtype"), params.w_x.dtype)
    blank = dict.fromkeys(("kernel_init", "recurrent_kernel_init"), nnx.initializers.zeros)
    rnn = kind(params.w_x.shape[0], H, **types, **blank, rngs=nnx.Rngs(0))
    if cell != "lstm":
        rnn.dense_i.kernel[...], rnn.dense_h.kernel[...], rnn.dense_i.bias[...] = params[:3]
    else:
        w_x, w_h, b = (by_gate(w, ORDERS["gatedrnn"].lstm) for w in params)
        for gate in w_x:
            getattr(rnn, "if_" if gate == "f" else f"i{gate}").kernel[...] = w_x[gate]
            recurrent = getattr(rnn, f"h{gate}")
            recurrent.kernel[...], recurrent.bias[...] = w_h[gate], b[gate]
    return nnx.RNN(rnn, time_major=True)


def run(case: Case, params: Any, xs: Any) -> Any:
    from flax import nnx

    lengths = jnp.asarray(LENGTHS) if case.lengths else None
    for layer in params:
        if case.bidirectional:
            both = (module(case.cell, p) for p in layer)
            xs = nnx.Bidirectional(*both, time_major=True)(xs, seq_lengths=lengths)
        else:
            xs = module(case.cell, layer)(xs, seq_lengths=lengths)
    return xs
