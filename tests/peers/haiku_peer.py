"""Haiku: LSTM gates i g f o with 1 added to f in the forward pass; GRU gates z r a, reset before, z exchanged."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from tests.peers.cases import Case, H
from tests.peers.one_by_one import run_net

PACKAGE, DTYPE, WITHOUT = "haiku", "float64", ()
CELLS = {"lstm", "gru_before", "relu_rnn"}


def weights(cell: str, params: Any) -> dict[str, Any]:
    """``1 - sigmoid(a) = sigmoid(-a)``: an exchanged update gate has negated weights."""
    if cell == "lstm":
        w_x, w_h, b = (jnp.concatenate([p[..., k * H : (k + 1) * H] for k in (0, 2, 1, 3)], axis=-1) for p in params)
        b = b - jnp.repeat(jnp.array([0.0, 0.0, 1.0, 0.0]), H)
        return {"lstm/linear": {"w": jnp.concatenate([w_x, w_h]), "b": b}}
    if cell == "gru_before":
        blocks = [jnp.split(p, 3, axis=-1) for p in params]
        w_x, w_h, b = (jnp.concatenate([-z, r, n], axis=-1) for r, z, n in blocks)
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
