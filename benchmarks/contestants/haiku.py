"""Haiku: ``hk.dynamic_unroll`` of its cells, time-major; its only GRU resets before the product."""

from __future__ import annotations

from typing import Any

import numpy as np
from shapes import Pass

from contestants.contestant import Contestant, Problem, Program, jax_program
from gatedrnn.convert.orders import ORDERS

THEIRS = ORDERS["haiku"]


def weights(problem: Problem) -> dict[str, Any]:
    """Return our weights: 1 is added to the forget gate in the forward pass; z and 1 - z of a GRU are exchanged.

    As ``1 - sigmoid(a) = sigmoid(-a)``, an exchanged gate has negated weights.
    """
    hidden = problem.shape.hidden
    if problem.cell == "LSTM":
        params = problem.blocks(THEIRS.lstm)
        offsets = [THEIRS.forget_offset if gate == "f" else 0.0 for gate in THEIRS.lstm]
        b = params.b - np.repeat(np.array(offsets, np.float32), hidden)
        return {"lstm/linear": {"w": np.concatenate([params.w_x, params.w_h]), "b": b}}
    sign = np.repeat(np.array([-1 if gate == "z" else 1 for gate in THEIRS.gru], np.float32), hidden)
    w_x, w_h, b = (sign * p for p in problem.blocks(THEIRS.gru)[:3])
    return {"gru": {"w_i": w_x, "w_h": w_h, "b": b}}


def program(problem: Problem, which: Pass) -> Program:
    """Compile a pass."""
    import haiku as hk

    def unroll(xs: Any) -> Any:
        core = hk.LSTM(problem.shape.hidden) if problem.cell == "LSTM" else hk.GRU(problem.shape.hidden)
        return hk.dynamic_unroll(core, xs, core.initial_state(xs.shape[1]))[0]

    layer = hk.without_apply_rng(hk.transform(unroll))
    return jax_program(which, layer.apply, weights(problem), problem.xs)


CONTESTANT = Contestant("haiku", program, reset="before")
