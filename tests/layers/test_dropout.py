"""Dropout: what is dropped, how often, and what it does to gradients."""

from __future__ import annotations

import math

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr

SHAPE = (100, 10, 50)
N = math.prod(SHAPE)


def dropped(rate, key=0, dtype="float32"):
    return gr.dropout(rate).apply((), jnp.ones(SHAPE, dtype), key=jax.random.key(key))[1]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9, 0.999])
def test_as_many_are_kept_as_the_binomial_says(rate, dtype):
    """Kept entries are binomial(N, 1 - rate): within five standard deviations. They are 1 / (1 - rate)."""
    ys = np.asarray(dropped(rate, dtype=dtype).astype("float32"))
    kept = int((ys != 0).sum())
    assert abs(kept - N * (1 - rate)) < 5 * math.sqrt(N * rate * (1 - rate))
    eps = float(jnp.finfo(dtype).eps)
    # In float32, 1 - 0.999 is known to eps / 0.001.
    np.testing.assert_allclose(ys[ys != 0], 1 / (1 - rate), rtol=eps + 2.0**-23 / (1 - rate))


def test_entries_are_independent():
    """Neighbours in time, batch and features: correlations of N products of signs stay below five deviations."""
    signs = np.where(np.asarray(dropped(0.5)) != 0, 1, -1)
    for axis in range(3):
        products = signs * np.roll(signs, 1, axis)
        assert abs(products.sum()) < 5 * math.sqrt(N)


def test_rates_0_and_1():
    assert (dropped(0.0) == 1).all()
    assert (dropped(1.0) == 0).all()


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_gradients_are_the_mask_and_finite(rate):
    """For the input it is the scaled mask; for the rate, which may be traced, it is finite, at 1 too."""
    xs = jnp.full((4, 8), 3.0)
    key = jax.random.key(0)

    @jax.jit
    def run(xs, rate):
        ys = gr.dropout(rate).apply((), xs, key=key)[1]
        return ys.sum(), ys

    (d_xs, d_rate), ys = jax.grad(run, (0, 1), has_aux=True)(xs, rate)
    np.testing.assert_allclose(d_xs, ys / 3.0, rtol=1e-6)
    assert np.isfinite(d_rate)


def test_a_traced_rate_is_a_rate():
    """One program for all rates, under jit and vmap."""

    def run(rate):
        return gr.chain(gr.dropout(rate)).apply(((),), jnp.ones(SHAPE[1:]), key=jax.random.key(0))[1]

    chex.clear_trace_counter()
    program = jax.jit(chex.assert_max_traces(run, n=1))
    rates = jnp.array([0.2, 0.7])
    one_by_one = jnp.stack([program(rate) for rate in rates])
    np.testing.assert_array_equal(jax.vmap(run)(rates), one_by_one)
    np.testing.assert_array_equal(one_by_one[0], run(0.2))


def test_keys_decide():
    np.testing.assert_array_equal(dropped(0.5), dropped(0.5))
    assert not np.array_equal(dropped(0.5), dropped(0.5, key=1))


def test_a_chain_gives_each_layer_a_key():
    """Two layers of rate 1/2 keep a quarter, not a half: their masks differ."""
    ys = gr.chain(gr.dropout(0.5), gr.dropout(0.5)).apply(((), ()), jnp.ones(SHAPE), key=jax.random.key(0))[1]
    assert abs(int((ys != 0).sum()) - N / 4) < 5 * math.sqrt(N * 3 / 16)


def test_without_a_key_nothing_happens():
    xs = jax.random.normal(jax.random.key(0), SHAPE)
    np.testing.assert_array_equal(gr.dropout(0.9).apply((), xs)[1], xs)
    np.testing.assert_array_equal(gr.dropout(0.9).step((), (), xs[0])[1], xs[0])


def test_whole_numbers_are_dropped_too():
    ys = gr.dropout(0.5).apply((), jnp.full(SHAPE, 3), key=jax.random.key(0))[1]
    assert set(np.unique(ys).tolist()) == {0.0, 6.0}
