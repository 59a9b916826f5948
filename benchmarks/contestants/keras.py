"""Keras on JAX: batch-major only, a second bias of all the GRU's gates."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import numpy as np
from shapes import Pass

from contestants.contestant import Contestant, Problem, Program, jax_program
from gatedrnn.convert.orders import ORDERS

# Read by Keras when it is imported.
os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("KERAS_HOME", tempfile.gettempdir())


def program(problem: Problem, which: Pass) -> Program:
    """Compile a pass."""
    import keras

    batch, length, in_dim, hidden = problem.shape
    kind = keras.layers.LSTM if problem.cell == "LSTM" else keras.layers.GRU
    layer = kind(hidden, return_sequences=True)
    layer.build((batch, length, in_dim))
    params = list(problem.params)
    if problem.cell == "GRU":
        w_x, w_h, b, b_h = problem.blocks(ORDERS["keras"].gru)
        params = [w_x, w_h, np.stack([b, np.concatenate([np.zeros(2 * hidden, b.dtype), b_h])])]

    def apply(params: Any, xs: Any) -> Any:
        return layer.stateless_call(params, layer.non_trainable_variables, xs)[0]

    return jax_program(which, apply, params, problem.xs, batch_major=True)


CONTESTANT = Contestant("keras", program)
