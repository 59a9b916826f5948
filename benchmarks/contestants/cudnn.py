"""``jax.experimental.rnn``: cuDNN's LSTM, batch-major, its weights packed beforehand; float32 on an NVIDIA GPU."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax.experimental import rnn
from shapes import Pass

from contestants.contestant import Contestant, Problem, Program, jax_program
from gatedrnn.layers.engines import cudnn


def program(problem: Problem, which: Pass) -> Program:
    """Compile a pass."""
    if problem.cell != "LSTM" or not cudnn.available():
        raise ValueError("expected an LSTM and an NVIDIA GPU")
    batch, length, in_dim, hidden = problem.shape

    def apply(weights: Any, xs: Any) -> Any:
        zeros = jnp.zeros((1, batch, hidden))
        lengths = jnp.full(batch, length, jnp.int32)
        out: Any = rnn.lstm(xs, zeros, zeros, weights, lengths, in_dim, hidden, 1, 0.0, False)
        return out[0]

    return jax_program(which, apply, cudnn.packed(problem.params), problem.xs, batch_major=True)


CONTESTANT = Contestant("cudnn", program)
