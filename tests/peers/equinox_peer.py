"""Equinox: cells for one example, gates i f g o and r z n, weights ``[G*H, I]``; the loop and the batch are ours."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from tests.peers.cases import Case, H
from tests.peers.one_by_one import run_net

PACKAGE, DTYPE, WITHOUT = "equinox", "float64", ()
CELLS = {"lstm", "gru_after"}


def weights(cell: str, params: Any) -> Any:
    """Return the peer's cell with these weights."""
    import equinox as eqx

    kind = {"lstm": eqx.nn.LSTMCell, "gru_after": eqx.nn.GRUCell}[cell]
    shape_only = eqx.filter_eval_shape(kind, params.w_x.shape[0], H, key=jax.random.key(0))
    fields = ["weight_ih", "weight_hh", "bias", "bias_n"][: len(params)]
    given = [w.T for w in params]
    return eqx.tree_at(lambda c: [getattr(c, f) for f in fields], shape_only, given)


def sequence(cell: str, params: Any, xs: Any, *, reverse: bool) -> Any:
    """Scan one sequence ``[T, I]``."""
    built = weights(cell, params)
    zeros = jnp.zeros(H, xs.dtype)

    def step(state: Any, x: Any) -> tuple[Any, Any]:
        state = built(x, state)
        return state, state[0] if cell == "lstm" else state

    return jax.lax.scan(step, (zeros, zeros) if cell == "lstm" else zeros, xs, reverse=reverse)[1]


def run(case: Case, params: Any, xs: Any) -> Any:
    return run_net(sequence, case, params, xs)
