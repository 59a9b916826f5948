"""Haiku: 1 added to an LSTM's forget gate in the forward pass; GRU with its reset before, and z exchanged."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from gatedrnn.convert.orders import ORDERS, reordered
from tests.peers.cases import Case, H
from tests.peers.one_by_one import run_net

PACKAGE, DTYPE, WITHOUT = "haiku", "float64", ()
CELLS = {"lstm", "gru_before", "relu_rnn"}
OURS, THEIRS = ORDERS["gatedrnn"], ORDERS["haiku"]


def weights(cell: str, params: Any) -> dict[str, Any]:
    """``1 - sigmoid(a) = sigmoid(-a)``: an exchanged update gate has negated weights."""
    if cell == "lstm":
        w_x, w_h, b = (reordered(p, OURS.lstm, THEIRS.lstm) for p in params)
        b = b - THEIRS.forget_offset * jnp.repeat(jnp.array([gate == "f" for gate in THEIRS.lstm]), H)
        return {"lstm/linear": {"w": jnp.concatenate([w_x, w_h]), "b": b}}
    if cell == "gru_before":
        sign = jnp.repeat(jnp.array([-1 if gate == "z" else 1 for gate in THEIRS.gru]), H)
        w_x, w_h, b = (sign * reordered(p, OURS.gru, THEIRS.gru) for p in params)
        return {"gru": {"w_i": w_x, "w_h": w_h, "b": b}}
    return {"vanilla_rnn/linear": {"w": params.w_x, "b": params.b}, "vanilla_rnn/linear_1": {"w": params.w_h}}


def sequence(cell: str, params: Any, xs: Any, *, reverse: bool) -> Any:
    """Unroll one sequence ``[T, I]``."""
    import haiku as hk

    def unroll(xs: Any) -> Any:
        core = {"lstm": hk.LSTM, "gru_before": hk.GRU, "relu_rnn": lambda h: hk.VanillaRNN(h, double_bias=False)}[cell](
            H
        )
        return hk.dynamic_unroll(core, xs, core.initial_state(None), reverse=reverse)[0]

    return hk.transform(unroll).apply(weights(cell, params), None, xs)


def run(case: Case, params: Any, xs: Any) -> Any:
    return run_net(sequence, case, params, xs)
