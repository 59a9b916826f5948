"""Types of parameters, arithmetic and carry follow the policy."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr

HALF, SINGLE, DOUBLE = "bfloat16", "float32", "float64"
# policy; then the types of parameters, of h, of an LSTM's c, of the outputs. None: as h.
EXPECTED = [
    (gr.Policy(), SINGLE, SINGLE, SINGLE, SINGLE),
    (gr.Policy(params=HALF), HALF, HALF, SINGLE, HALF),
    (gr.Policy(compute=HALF), SINGLE, HALF, SINGLE, HALF),
    (gr.Policy(compute="float16"), SINGLE, "float16", SINGLE, "float16"),
    (gr.Policy(params=HALF, compute=SINGLE), HALF, SINGLE, SINGLE, SINGLE),
    (gr.Policy(params=DOUBLE), DOUBLE, DOUBLE, DOUBLE, DOUBLE),
    (gr.Policy(params=SINGLE, compute=DOUBLE), SINGLE, DOUBLE, DOUBLE, DOUBLE),
]
CELLS = [gr.LSTM, gr.GRU, gr.GRUResetBefore, gr.SimpleRNN, gr.MinGRU]


def types(tree):
    return {str(leaf.dtype) for leaf in jax.tree.leaves(tree)}


@pytest.mark.parametrize("make", CELLS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("row", EXPECTED, ids=lambda row: repr(row[0]))
def test_types_of_cells(make, row):
    policy, params_type, h_type, c_type, y_type = row
    with jax.enable_x64(True):
        layer = gr.scan(make(3, policy=policy))

        def everything(key, xs):
            params = layer.init(key, 2)
            loss = lambda params: layer.apply(params, xs)[1].astype(SINGLE).sum()  # noqa: E731
            return params, jax.grad(loss)(params), layer.initial_carry(params, xs[0]), *layer.apply(params, xs)

        params, grads, initial, carry, ys = jax.eval_shape(everything, jax.random.key(0), jnp.ones((4, 2)))
    assert types(params) == types(grads) == {params_type}
    assert types(ys) == {y_type}
    assert jax.tree.map(lambda leaf: leaf.dtype, initial) == jax.tree.map(lambda leaf: leaf.dtype, carry)
    if make is gr.LSTM:
        assert (str(carry.h.dtype), str(carry.c.dtype)) == (h_type, c_type)
    else:
        assert types(carry) == {h_type}


@pytest.mark.parametrize("make", CELLS, ids=lambda make: make.__name__)
def test_the_carry_has_a_type_of_its_own(make):
    for carry_type in (SINGLE, HALF):
        layer = gr.scan(make(3, policy=gr.Policy(compute=HALF, carry=carry_type)))
        params = layer.init(jax.random.key(0), 2)
        carry, ys = jax.eval_shape(layer.apply, params, jnp.ones((4, 2)))
        assert types(carry.c if make is gr.LSTM else carry) == {carry_type}
        assert types(ys) == {HALF}


@pytest.mark.parametrize("layer", [gr.dense(3, policy=gr.Policy(compute=HALF)), gr.embed(3, policy=gr.Policy(HALF))])
def test_types_of_stateless_layers(layer):
    params = layer.init(jax.random.key(0), 2)
    assert types(params) == {layer.policy.params}
    xs = jnp.ones((4, 2)) if isinstance(layer, gr.Dense) else jnp.ones(4, int)
    assert types(layer.apply(params, xs)) == {HALF}


def test_a_long_sum_in_the_cell_state_needs_float32():
    """Each step adds 0.5 * 2^-6: in bfloat16, with 8 bits, a sum stops growing near 2^2 = 0.5 * 2^-6 * 2^9."""
    steps, added = 2048, 2.0**-7

    def last(policy):
        cell = gr.LSTM(1, lambda a: a, policy)
        zero = jax.tree.map(jnp.zeros_like, cell.init(jax.random.key(0), 1))
        # Gates: i = sigmoid(0), f = sigmoid(20), 1 in bfloat16; the candidate is the input.
        params = zero._replace(w_x=zero.w_x.at[0, 2].set(1), b=gr.memory_bias(zero, 20.0).b)
        carry, _ = jax.jit(gr.scan(cell).apply)(params, jnp.full((steps, 1), 2 * added))
        return float(carry.c[0])

    assert last(gr.Policy(compute=HALF)) == steps * added
    assert last(gr.Policy(compute=HALF, carry=HALF)) < 0.25 * steps * added


def test_low_precision_values_are_near():
    """bfloat16 arithmetic has 8 bits: T steps of gates in (0, 1), each within a few roundings."""
    xs = jax.random.normal(jax.random.key(1), (6, 3, 2))
    for make in CELLS:
        params = make(4).init(jax.random.key(0), 2)
        expected = jax.jit(gr.scan(make(4)).apply)(params, xs)[1]
        got = jax.jit(gr.scan(make(4, policy=gr.Policy(compute=HALF))).apply)(params, xs)[1]
        np.testing.assert_allclose(got.astype(SINGLE), expected, atol=6 * 4 * float(jnp.finfo(HALF).eps))
