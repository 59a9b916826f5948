"""flax.nnx: ``nnx.RNN`` around its fastest cells; time-major."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapes import CellName, Pass

from contestants.contestant import Contestant, Problem, Program, jax_program


def recurrent(cell: CellName, params: Any) -> Any:
    """Build an ``nnx.RNN`` around our weights: gates as ours, the LSTM's bias on the recurrent side."""
    from flax import nnx

    kind = nnx.OptimizedLSTMCell if cell == "LSTM" else nnx.GRUCell
    blank = dict.fromkeys(("kernel_init", "recurrent_kernel_init"), nnx.initializers.zeros)
    built = kind(params.w_x.shape[0], params.w_h.shape[0], **blank, rngs=nnx.Rngs(0))
    built.dense_i.kernel[...], built.dense_h.kernel[...] = params.w_x, params.w_h
    bias = (built.dense_h if cell == "LSTM" else built.dense_i).bias
    assert bias is not None
    bias[...] = params.b
    return nnx.RNN(built, time_major=True)


def module_program(module: Any, xs: Any, which: Pass, run: Callable[[Any, Any], Any]) -> Program:
    """Compile a pass of ``run(module, xs)`` with respect to its ``nnx.Param``."""
    from flax import nnx

    graph, params, rest = nnx.split(module, nnx.Param, ...)
    return jax_program(which, lambda params, xs: run(nnx.merge(graph, params, rest, copy=True), xs), params, xs)


def run_layer(layer: Any, xs: Any) -> Any:
    """Apply an ``nnx.RNN`` or ``nnx.Bidirectional``."""
    from flax import nnx

    return layer(xs, rngs=nnx.Rngs(0))


def program(problem: Problem, which: Pass) -> Program:
    """Compile a pass."""
    return module_program(recurrent(problem.cell, problem.params), problem.xs, which, run_layer)


CONTESTANT = Contestant("nnx", program)
