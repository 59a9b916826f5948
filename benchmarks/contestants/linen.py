"""flax.linen: ``nn.RNN`` around its fastest cells, whose kernels are stored gate by gate; time-major."""

from __future__ import annotations

from typing import Any

from shapes import CellName, Pass

from contestants.contestant import Contestant, Problem, Program, jax_program
from gatedrnn.convert.orders import ORDERS, by_gate


def weights(cell: CellName, params: Any) -> dict[str, Any]:
    """Return our weights in the cell's names; the LSTM's biases are on the recurrent side."""
    gates = ORDERS["gatedrnn"].lstm if cell == "LSTM" else ORDERS["gatedrnn"].gru
    w_x, w_h, b = (by_gate(p, gates) for p in params[:3])
    if cell == "LSTM":
        recurrent = {f"h{g}": {"kernel": w_h[g], "bias": b[g]} for g in gates}
        return recurrent | {f"i{g}": {"kernel": w_x[g]} for g in gates}
    recurrent = {"hr": {"kernel": w_h["r"]}, "hz": {"kernel": w_h["z"]}, "hn": {"kernel": w_h["n"], "bias": params.b_h}}
    return recurrent | {f"i{g}": {"kernel": w_x[g], "bias": b[g]} for g in gates}


def program(problem: Problem, which: Pass) -> Program:
    """Compile a pass."""
    from flax import linen as nn

    kind = nn.OptimizedLSTMCell if problem.cell == "LSTM" else nn.GRUCell
    layer = nn.RNN(kind(problem.shape.hidden), time_major=True)
    params = {"params": {"cell": weights(problem.cell, problem.params)}}
    return jax_program(which, lambda params, xs: layer.apply(params, xs), params, problem.xs)


CONTESTANT = Contestant("linen", program)
