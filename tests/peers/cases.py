"""What is run through every framework: cells and layers, their weights, inputs and the loss that is differentiated."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import gatedrnn as gr

T, B, I, H = 7, 3, 5, 4  # noqa: E741 - the letters of gatedrnn.types
LENGTHS = np.array([3, 7, 1])


class Case(NamedTuple):
    """A net: ``depth`` layers of a cell, in one direction or two, over whole or shorter sequences."""

    cell: str
    depth: int = 1
    bidirectional: bool = False
    lengths: bool = False

    def __str__(self) -> str:
        flags = (
            "bidirectional" * self.bidirectional,
            "lengths" * self.lengths,
            f"depth{self.depth}" * (self.depth > 1),
        )
        return "-".join([self.cell, *filter(None, flags)])


CELLS: dict[str, Callable[..., Any]] = {
    "lstm": gr.LSTM,
    "gru_after": gr.GRU,
    "gru_before": lambda hidden, **kw: gr.GRU(hidden, reset="before", **kw),
    "tanh_rnn": gr.SimpleRNN,
    "relu_rnn": lambda hidden, **kw: gr.SimpleRNN(hidden, activation=jax.nn.relu, **kw),
}
CASES = [
    *(Case(cell) for cell in CELLS),
    Case("lstm", depth=2),
    Case("gru_before", lengths=True),
    Case("lstm", bidirectional=True, lengths=True),
    Case("gru_after", depth=2, bidirectional=True, lengths=True),
]


class Result(NamedTuple):
    """Outputs ``[T, B, O]``, and the gradients of ``sum(cotangent * outputs)``."""

    ys: Any
    params: Any
    xs: Any


def net(case: Case) -> gr.Layer:
    """Build the case's layer; its params are a tuple with one entry for each depth."""
    cells = [CELLS[case.cell](H, policy=gr.Policy(params="float64")) for _ in range(case.depth)]
    if case.bidirectional:
        return gr.chain(*map(gr.bidirectional, cells))
    return gr.scan(gr.stack(*cells))


@cache
def problem(case: Case, without: tuple[str, ...] = ()) -> tuple[Any, np.ndarray, np.ndarray]:
    """Return params, inputs and the loss's cotangent, drawn at random: every bias too, but zero those ``without``."""
    rng = np.random.default_rng(0)
    shapes = jax.eval_shape(lambda: net(case).init(jax.random.key(0), I))
    params = jax.tree.map(lambda s: rng.normal(size=s.shape) / 2, shapes)
    params = jax.tree.map_with_path(lambda path, p: 0 * p if path[-1].name in without else p, params)
    cotangent = rng.normal(size=(T, B, H * (1 + case.bidirectional)))
    if case.lengths:  # what a padded output is, is the framework's choice: it is no part of the loss
        cotangent = np.where(np.arange(T)[:, None, None] < LENGTHS[:, None], cotangent, 0)
    return params, rng.normal(size=(T, B, I)), cotangent


def differentiate(run: Callable[..., Any], params: Any, xs: np.ndarray, cotangent: np.ndarray) -> Result:
    """Run ``run(params, xs)`` in JAX, forward and backward; ys only where the loss looks."""

    @jax.jit
    def both(params: Any, xs: Any) -> Any:
        ys, pull = jax.vjp(run, params, xs)
        return ys, pull(jnp.asarray(cotangent))

    ys, (grads, grads_xs) = both(params, jnp.asarray(xs))
    return Result(jnp.where(cotangent == 0, 0, ys), grads, grads_xs)


@cache
def ours(case: Case, without: tuple[str, ...] = ()) -> Result:
    """Run the case through gatedrnn."""
    lengths = jnp.asarray(LENGTHS) if case.lengths else None
    return differentiate(lambda p, xs: net(case).apply(p, xs, lengths=lengths)[1], *problem(case, without))
