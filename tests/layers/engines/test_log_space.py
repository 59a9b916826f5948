"""Linear recurrences by their logarithms: against NumPy in float64, over long sequences, and across chunks."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.cells.positive import log_positive, positive
from gatedrnn.testing import compare
from tests.helpers import numpy_cells as plain
from tests.helpers.numpy_lstms import minimal

T, I, H = 7, 2, 3  # noqa: E741
STEPS = {
    "gru": (gr.LogMinGRU, partial(plain.min_gru, activation=plain.positive)),
    "lstm": (gr.LogMinLSTM, partial(minimal, activation=plain.positive)),
}


def loop(step, params, xs, h):
    """Return all states in NumPy, which has no other form than the step."""
    return np.stack([h := step(params, h, x)[0] for x in xs])


@pytest.mark.parametrize("name", ["gru", pytest.param("lstm", marks=pytest.mark.verify)])
def test_values_in_chunks_and_gradients_are_those_of_the_equations(name: str) -> None:
    """A carry goes on as it is: put through g again, it would be larger by 1/2."""
    make, step = STEPS[name]
    with jax.enable_x64(True):
        cell = make(H, policy=gr.Policy(params="float64"))
        layer, loops = (gr.scan(cell, engine=engine) for engine in ("associative", "reference"))
        rng = np.random.default_rng(0)
        params = jax.tree.map(lambda leaf: rng.normal(size=leaf.shape), cell.init(jax.random.key(0), I))
        xs = rng.normal(size=(T, I))
        expected = loop(step, params, xs, np.full(H, 0.5))
        rtol = compare.tolerance(np.finfo(np.float64).eps, T * (I + 16) * T * H)

        def outcome(layer, params, xs, carry):
            """Return outputs in one run and in two chunks, and of a run with a reset the gradients."""

            def loss(*args):
                return jnp.sin(layer.apply(*args[:2], carry=args[2], resets=jnp.arange(T) == 3)[1]).sum()

            middle, first = layer.apply(params, xs[:4])
            chunks = first, layer.apply(params, xs[4:], carry=middle)[1]
            return layer.apply(params, xs)[1], jnp.concatenate(chunks), jax.grad(loss, (0, 1, 2))(params, xs, carry)

        # A gradient of a carry of 0 too, whose logarithm has none.
        args = *jax.tree.map(jnp.asarray, (params, xs)), jnp.zeros(H)
        whole, chunks, gradients = jax.jit(partial(outcome, layer))(*args)
        np.testing.assert_allclose(whole, expected, rtol=rtol)
        np.testing.assert_allclose(chunks, expected, rtol=rtol)
        compare.assert_close(gradients, jax.jit(partial(outcome, loops))(*args)[2], "gradients", rtol=rtol)


@pytest.mark.parametrize(
    ("name", "length"),
    [("gru", 200), *(pytest.param(name, 10_000, marks=pytest.mark.verify) for name in STEPS)],
)
def test_long_sequences_neither_vanish_nor_overflow(name: str, length: int) -> None:
    """Float32 beside float64: states from e^-60 to 1e6, products of factors far below e^-100."""
    make, step = STEPS[name]
    layer = gr.scan(make(2), engine="associative")
    params = jax.tree.map(np.asarray, layer.init(jax.random.key(0), 1))
    params = params._replace(w_x=np.ones_like(params.w_x), b=np.zeros_like(params.b))
    params.b[-2:] = -60.0, 1e6
    xs = 10 * np.sin(np.arange(length, dtype=np.float32))[:, None]
    expected = loop(step, jax.tree.map(np.float64, params), xs.astype(np.float64), np.full(2, 0.5))

    def total(params):
        ys = layer.apply(params, jnp.asarray(xs))[1]
        return jnp.log(ys).sum(), ys

    grads, ys = jax.jit(jax.grad(total, has_aux=True))(jax.tree.map(jnp.asarray, params))
    # Logarithms of at most 70 round to 70 eps, in each of log2(T) levels of the tree.
    rtol = 70 * np.log2(length) * float(np.finfo(np.float32).eps)
    np.testing.assert_allclose(ys, expected, rtol=rtol)
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(grads))


def test_the_logarithm_of_g_is_that_and_has_its_derivative_on_both_sides() -> None:
    with jax.enable_x64(True):
        a = jnp.array([-700.0, -3.0, -1e-9, 0.0, 2.0])
        np.testing.assert_allclose(jnp.exp(log_positive(a)), positive(a), rtol=1e-13)
        of_log, of_g = (jax.vmap(jax.grad(function))(a) for function in (log_positive, positive))
        np.testing.assert_allclose(of_log, of_g / positive(a), rtol=1e-13)
