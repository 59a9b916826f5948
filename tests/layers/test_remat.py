"""Rematerialisation: the same values and gradients from less memory; and truncated backpropagation through time."""

from itertools import product

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.layers.engines.fast.forms import FastForm
from tests.helpers.proofs import quick_rows

MIB = 2**20
FLOAT64 = gr.Policy(params="float64")
CELLS = {"lstm": gr.LSTM(4, policy=FLOAT64), "gru": gr.GRU(4, policy=FLOAT64)}


def problem(layer, length=10):
    """Return parameters, inputs and a mask with padding inside, drawn at random."""
    keys = jax.random.split(jax.random.key(0), 4)
    params = layer.init(keys[0], 3)
    params = jax.tree.map(lambda p: p + jax.random.normal(keys[1], p.shape, p.dtype) / 8, params)
    xs = jax.random.normal(keys[2], (length, 2, 3), jnp.float64)
    return params, xs, jax.random.bernoulli(keys[3], 0.8, (length, 2))


def gradients(layer, params, xs, **flags):
    """Return a loss that sees all outputs and the last carry, and its gradients."""

    def loss(params, xs):
        carry, ys = layer.apply(params, xs, **flags)
        weights = jnp.cos(jnp.arange(ys.size)).reshape(ys.shape)
        return jnp.sum(weights * ys) + sum(jnp.sum(jnp.sin(leaf)) for leaf in jax.tree.leaves(carry))

    return jax.jit(jax.value_and_grad(loss, (0, 1)))(params, xs)


def assert_close(got, expected):
    # A gradient sums some hundred products of size one: rounding of 1e-16 each.
    chex.assert_trees_all_close(got, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "remat"),
    quick_rows(product(CELLS, (1, 4, 10, 99, "sqrt")), (("lstm", 4), ("gru", "sqrt"))),
)
def test_segments_change_nothing(name, remat):
    with jax.enable_x64():
        cell = CELLS[name]
        reference = gr.scan(cell, engine="reference")
        params, xs, mask = problem(reference)
        got = gradients(gr.scan(cell, remat=remat), params, xs, mask=mask, resets=~mask)
        assert_close(got, gradients(reference, params, xs, mask=mask, resets=~mask))


def test_a_plain_cell_has_segments_too():
    with jax.enable_x64():
        cell = gr.GRU(4, reset="before", policy=FLOAT64)
        params, xs, mask = problem(gr.scan(cell))
        got = gradients(gr.scan(cell, remat=3, reverse=True), params, xs, mask=mask)
        assert_close(got, gradients(gr.scan(cell, reverse=True), params, xs, mask=mask))


def temporary_bytes(layer, length, whole):
    """Return what a compiled training step holds; its loss sees all outputs, or the last carry alone."""

    def loss(params, xs):
        carry, ys = layer.apply(params, xs)
        return jnp.mean((ys if whole else jax.tree.leaves(carry)[0]) ** 2)

    params = jax.eval_shape(lambda: layer.init(jax.random.key(0), 64))
    xs = jax.ShapeDtypeStruct((length, 16, 64), jnp.float32)
    program = jax.jit(jax.value_and_grad(loss, (0, 1))).lower(params, xs).compile()
    return program.memory_analysis().temp_size_in_bytes


@pytest.mark.usefixtures("optimised")
@pytest.mark.parametrize(
    ("cell", "mebibytes"), quick_rows([(gr.LSTM(128), 36), (gr.GRU(128), 27)], [(gr.LSTM(128), 36)])
)
def test_long_sequences_fit_in_little_memory(cell, mebibytes):
    # 16 sequences of 1000 steps, 64 inputs, 128 units: plain autodiff holds 109 MiB for an LSTM, 86 for a GRU.
    blocks = gr.scan(cell, engine=FastForm(recompute=20))
    assert temporary_bytes(blocks, 1000, whole=True) <= mebibytes * MIB
    assert temporary_bytes(gr.scan(cell, remat=50), 1000, whole=True) <= mebibytes * MIB


@pytest.mark.verify
@pytest.mark.usefixtures("optimised")
def test_sqrt_grows_like_the_square_root():
    layer = gr.scan(gr.LSTM(128), remat="sqrt")
    short, long = (temporary_bytes(layer, length, whole=False) for length in (400, 6400))
    # 16 times the steps hold 4 times the carries; weights and what a segment needs once grow less.
    assert 2 < long / short < 4.5


@pytest.mark.parametrize("remat", [0, -1, True])
def test_other_values_are_refused(remat):
    with pytest.raises(ValueError, match="remat: expected None, a positive int or"):
        gr.scan(gr.LSTM(2), remat=remat)


def test_truncated_backpropagation_is_the_recipe_of_the_docs():
    """Chunk by chunk with the carry's gradient stopped: no output's gradient reaches back beyond its chunk."""
    with jax.enable_x64():
        layer = gr.scan(CELLS["lstm"])
        params, xs, _ = problem(layer, length=12)
        chunk = 4

        def truncated(params, xs):
            def one(carry, part):
                carry, ys = layer.apply(params, part, carry=jax.lax.stop_gradient(carry))
                return carry, ys

            start = layer.initial_carry(params, xs[0])
            return jax.lax.scan(one, start, xs.reshape(-1, chunk, *xs.shape[1:]))[1].reshape(12, 2, 4)

        # The definition: the loss of each chunk alone, from the carry that the steps before it left, as a constant.
        expected = jax.tree.map(jnp.zeros_like, params)
        carry = layer.initial_carry(params, xs[0])

        @jax.jit
        def of_chunk(params, part, carry):
            def loss(params):
                carry_out, ys = layer.apply(params, part, carry=carry)
                return jnp.sum(ys**2), carry_out

            return jax.grad(loss, has_aux=True)(params)

        for part in xs.reshape(3, chunk, *xs.shape[1:]):
            own, carry = of_chunk(params, part, carry)
            expected = jax.tree.map(jnp.add, expected, own)
        got = jax.jit(jax.grad(lambda p: jnp.sum(truncated(p, xs) ** 2)))(params)
        assert_close(got, expected)
        whole = jax.jit(jax.grad(lambda p: jnp.sum(layer.apply(p, xs)[1] ** 2)))(params)
        assert not np.allclose(got.w_h, whole.w_h, rtol=1e-3)
