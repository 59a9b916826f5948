"""The backward pass of all steps at once has the gradients of the reverse scan, whatever the cell and the flags."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError
from gatedrnn.testing import compare
from gatedrnn.testing.probe import Probe, gradients_of
from tests.helpers.cell_table import CELLS
from tests.helpers.proofs import quick_rows

QUICK = ("LSTM-projected",)
GATED = [name for name, cell in CELLS.items() if isinstance(cell, gr.GatedCell)]


def wide(tree: Any) -> Any:
    """Return the tree in float64; what has no derivative stays."""
    return jax.tree.map(lambda leaf: leaf.astype(float) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf, tree)


@pytest.mark.parametrize("reverse", [False, pytest.param(True, marks=pytest.mark.verify)])
@pytest.mark.parametrize("name", quick_rows(GATED, QUICK))
def test_gradients_are_those_of_the_fast_engine_to_rounding(name: str, reverse: bool) -> None:
    """With lengths, mask, resets and a carry that came: of parameters, inputs and that carry."""
    with jax.enable_x64(True):
        probe = Probe(gr.scan(CELLS[name]), 3, jax.random.key(0))
        program = jax.jit(gradients_of, static_argnums=(0, 1))
        args = probe.argnums, *wide((probe.params, probe.padded, probe.weights))
        got = program(gr.scan(CELLS[name], engine="parallel_backward", reverse=reverse), *args)
        expected = program(gr.scan(CELLS[name], engine="fast", reverse=reverse), *args)
        compare.assert_close(got, expected, name, rtol=1e-12)


@pytest.mark.verify
def test_a_long_sequence_has_the_gradient_of_a_loop_written_out() -> None:
    """In NumPy, step by step backwards, of an Elman network: no engine and no autodiff on the right-hand side."""
    with jax.enable_x64(True):
        length, hidden = 50, 3
        rng = np.random.default_rng(0)
        w_x, w_h, b = rng.normal(size=(2, hidden)), rng.normal(size=(hidden, hidden)) / 2, rng.normal(size=hidden)
        xs, weights = rng.normal(size=(length, 2)), rng.normal(size=(length, hidden))
        states = [np.zeros(hidden)]
        for x in xs:
            states.append(np.tanh(x @ w_x + states[-1] @ w_h + b))
        d_h, d_w = np.zeros(hidden), np.zeros((hidden, hidden))
        for t in reversed(range(length)):
            d_a = (d_h + weights[t]) * (1 - states[t + 1] ** 2)
            d_w += np.outer(states[t], d_a)
            d_h = d_a @ w_h.T
        layer = gr.scan(gr.SimpleRNN(hidden), engine="parallel_backward")
        params = gr.SimpleRNNParams(*map(jnp.asarray, (w_x, w_h, b)))
        got, got_start = jax.grad(
            lambda params, start: (layer.apply(params, jnp.asarray(xs), carry=start)[1] * weights).sum(), (0, 1)
        )(params, jnp.zeros(hidden))
        # Fifty steps of some ten roundings each, in sums of fifty.
        np.testing.assert_allclose(got.w_h, d_w, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(got_start, d_h, rtol=1e-12, atol=1e-12)


@pytest.mark.verify
def test_second_derivatives_are_those_of_the_reference() -> None:
    with jax.enable_x64(True):
        xs = jax.random.normal(jax.random.key(1), (5, 2, 2), float)
        params = wide(gr.GRU(2).init(jax.random.key(0), 2))

        def gradient(engine: str, params: Any) -> Any:
            layer = gr.scan(gr.GRU(2), engine=engine)
            return jax.grad(lambda params: jnp.sin(layer.apply(params, xs)[1]).sum())(params)

        def product(engine: str) -> Any:
            return jax.vjp(partial(gradient, engine), params)[1](params)[0]

        compare.assert_close(product("parallel_backward"), product("reference"), "Hessian-vector product", rtol=1e-11)


def test_other_cells_and_unknown_numbers_of_steps_are_refused() -> None:
    with pytest.raises(InputError, match=r"engine: .* has no project, recur and gate"):
        gr.scan(gr.GRU(4, reset="before"), engine="parallel_backward")
    layer = gr.scan(gr.GRU(4), engine="parallel_backward")
    params = layer.init(jax.random.key(0), 3)
    (steps,) = jax.export.symbolic_shape("steps")
    with pytest.raises(InputError, match="engine: expected another than parallel_backward, as the steps are steps"):
        jax.export.export(jax.jit(lambda xs: layer.apply(params, xs)[1]))(jax.ShapeDtypeStruct((steps, 3), jnp.float32))
