"""The associative engine against a loop in NumPy, and what it refuses; the laws hold it to the reference engine."""

from __future__ import annotations

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError
from tests.helpers import numpy_cells as plain

T, I, H = 37, 3, 4  # noqa: E741


def test_values_are_those_of_a_loop_in_float64_in_one_run_and_in_chunks() -> None:
    with jax.enable_x64(True):
        layer = gr.scan(gr.MinGRU(H, policy=gr.Policy(params="float64")), engine="associative")
        rng = np.random.default_rng(0)
        params = jax.tree.map(lambda leaf: rng.normal(size=leaf.shape), layer.init(jax.random.key(0), I))
        xs, start = rng.normal(size=(T, I)), rng.normal(size=H)
        h, expected = start, []
        for x in xs:
            h, y = plain.min_gru(params, h, x)
            expected.append(y)
        params, xs, start = jax.tree.map(jnp.asarray, (params, xs, start))
        run = jax.jit(layer.apply)
        end, ys = run(params, xs, carry=start)
        middle, first = run(params, xs[:15], carry=start)
        _, second = run(params, xs[15:], carry=middle)
        # Each h is a sum of at most T products of T factors.
        rtol = 8 * T * float(np.finfo(np.float64).eps)
        np.testing.assert_allclose(ys, expected, rtol=rtol, atol=rtol)
        np.testing.assert_allclose(jnp.concatenate([first, second]), expected, rtol=rtol, atol=rtol)
        np.testing.assert_array_equal(end, ys[-1])


@pytest.mark.parametrize("make", [gr.MinGRU, gr.LogMinGRU])
def test_a_reset_forgets_nan(make) -> None:
    """In values wherever it stands; in gradients too where no step has consumed it, as with a reset at the start."""
    layer = gr.scan(make(H), engine="associative")
    params = layer.init(jax.random.key(0), I)
    xs, nan = jnp.cos(jnp.arange(6.0 * I)).reshape(6, I), jnp.full(H, jnp.nan)

    def after(params, at):
        resets = jnp.zeros(6, bool).at[at].set(True)
        return layer.apply(params, xs, carry=nan, resets=resets)[1][at:]

    alone = jax.jit(layer.apply)(params, xs[2:])[1]
    np.testing.assert_allclose(jax.jit(after, static_argnums=1)(params, 2), alone, rtol=1e-5, atol=1e-6)
    got = jax.jit(jax.grad(lambda params: after(params, 0).sum()))(params)
    alone = jax.jit(jax.grad(lambda params: layer.apply(params, xs)[1].sum()))(params)
    chex.assert_trees_all_close(got, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cell", [gr.GRU(H), gr.IndRNN(H), gr.stack(gr.MinGRU(H))])
def test_a_cell_that_is_no_linear_recurrence_is_refused(cell) -> None:
    with pytest.raises(InputError, match="engine: expected another than associative"):
        gr.scan(cell, engine="associative")
