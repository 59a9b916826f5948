"""flax.linen: a kernel for each gate, the LSTM's biases on the recurrent side; outputs in padding are not zeroed."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from gatedrnn.convert.orders import ORDERS, by_gate
from tests.peers.cases import LENGTHS, Case, H

PACKAGE, DTYPE, WITHOUT = "flax.linen", "float64", ()
CELLS = {"lstm", "gru_after", "tanh_rnn"}


def weights(cell: str, params: Any) -> dict[str, Any]:
    if cell == "tanh_rnn":
        return {"i": {"kernel": params.w_x, "bias": params.b}, "h": {"kernel": params.w_h}}
    gates = ORDERS["gatedrnn"].lstm if cell == "lstm" else ORDERS["gatedrnn"].gru
    w_x, w_h, b = (by_gate(w, gates) for w in params[:3])
    if cell == "lstm":
        kept = {f"i{g}": {"kernel": w_x[g]} for g in gates}
        return kept | {f"h{g}": {"kernel": w_h[g], "bias": b[g]} for g in gates}
    kept = {f"i{g}": {"kernel": w_x[g], "bias": b[g]} for g in gates} | {f"h{g}": {"kernel": w_h[g]} for g in "rz"}
    return kept | {"hn": {"kernel": w_h["n"], "bias": params.b_h}}


def run(case: Case, params: Any, xs: Any) -> Any:
    from flax import linen as nn

    kind = {"lstm": nn.OptimizedLSTMCell, "gru_after": nn.GRUCell, "tanh_rnn": nn.SimpleCell}[case.cell]
    lengths = jnp.asarray(LENGTHS) if case.lengths else None
    for layer in params:
        rnn = nn.RNN(kind(H, param_dtype=xs.dtype), time_major=True)
        given = {"cell": weights(case.cell, layer[0] if case.bidirectional else layer)}
        if case.bidirectional:
            back = nn.RNN(kind(H, param_dtype=xs.dtype), time_major=True)
            given = {"forward_rnn": given, "backward_rnn": {"cell": weights(case.cell, layer[1])}}
            rnn = nn.Bidirectional(rnn, back, time_major=True)
        xs = rnn.apply({"params": given}, xs, seq_lengths=lengths)
    return xs
