"""Equinox: its cells are for one example; here under ``vmap`` inside a scan; time-major, weights ``[G*H, I]``."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from shapes import Pass

from contestants.contestant import Contestant, Problem, Program, jax_program


def program(problem: Problem, which: Pass) -> Program:
    """Compile a pass; gates i f g o and r z n as ours."""
    import equinox as eqx

    lstm, hidden = problem.cell == "LSTM", problem.shape.hidden
    kind = eqx.nn.LSTMCell if lstm else eqx.nn.GRUCell
    blank = eqx.filter_eval_shape(kind, problem.shape.in_dim, hidden, key=jax.random.key(0))
    fields = ("weight_ih", "weight_hh", "bias", "bias_n")[: len(problem.params)]
    given = [jnp.asarray(p.T) for p in problem.params]
    params, static = eqx.partition(eqx.tree_at(lambda c: [getattr(c, f) for f in fields], blank, given), eqx.is_array)

    def apply(params: Any, xs: Any) -> Any:
        cell = jax.vmap(eqx.combine(params, static))
        zeros = jnp.zeros((xs.shape[1], hidden))

        def step(state: Any, x: Any) -> tuple[Any, Any]:
            state = cell(x, state)
            return state, state[0] if lstm else state

        return jax.lax.scan(step, (zeros, zeros) if lstm else zeros, xs)[1]

    return jax_program(which, apply, params, problem.xs)


CONTESTANT = Contestant("equinox", program)
