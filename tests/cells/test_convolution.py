"""Convolutional cells against sums over all pairs of places in NumPy, and every law on signals and images."""

from __future__ import annotations

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError
from gatedrnn.testing import compare
from tests.cells.test_numpy import imaginary_derivatives, plain_loop
from tests.helpers import numpy_lstms as plain
from tests.helpers.proofs import quick_rows

T, I, H = 3, 2, 2  # noqa: E741
EPS = float(np.finfo(np.float64).eps)
PLACES = {1: (4,), 2: (2, 3)}
CELLS = {"lstm": (gr.ConvLSTM, plain.conv_lstm), "gru": (gr.ConvGRU, plain.conv_gru)}


@pytest.mark.parametrize(("name", "space"), quick_rows(product(CELLS, PLACES), (("lstm", 2), ("gru", 1))))
def test_values_and_gradients_are_the_equations(name, space):
    kind, step = CELLS[name]
    cell = kind(H, policy=gr.Policy(params="float64"), space=space)
    rng = np.random.default_rng(0)
    xs = rng.normal(size=(T, *PLACES[space], I))
    with jax.enable_x64(True):
        shapes = jax.eval_shape(lambda: cell.init(jax.random.key(0), I))
        params = jax.tree.map(lambda s: rng.normal(size=s.shape), shapes)
        shapes = jax.eval_shape(lambda: cell.initial_carry(cell.init(jax.random.key(0), I), xs[0]))
        start = jax.tree.map(lambda s: rng.normal(size=s.shape), shapes)
        weights = np.cos(np.arange(T * H)).reshape(T, *[1] * space, H)

        def loss(params, xs, carry):
            carry, ys = gr.scan(cell).apply(params, xs, carry=carry)
            return (ys * weights).sum() + sum(leaf.sum() for leaf in jax.tree.leaves(carry)), (carry, ys)

        def plain_loss(params, xs, carry):
            carry, ys = plain_loop(step, params, xs, carry)
            return (ys * weights).sum() + sum(leaf.sum() for leaf in jax.tree.leaves(carry))

        args = params, xs, start
        grads, (carry, ys) = jax.jit(jax.grad(loss, (0, 1, 2), has_aux=True))(*jax.tree.map(jnp.asarray, args))
    expected, expected_ys = plain_loop(step, *args)
    got = jax.tree.leaves(carry), ys, jax.tree.leaves(grads)
    wanted = jax.tree.leaves(expected), expected_ys, jax.tree.leaves(imaginary_derivatives(plain_loss, args))
    # Each of T steps adds up what a kernel covers of I + H channels; a loss sums over all outputs.
    operations = T * (3**space * (I + H) + 16) * T * H * int(np.prod(PLACES[space]))
    compare.assert_close(got, wanted, "(carry, ys, gradients)", rtol=compare.tolerance(EPS, operations))


@pytest.mark.verify
@pytest.mark.parametrize("space", PLACES)
@pytest.mark.parametrize("name", CELLS)
def test_convolutional_layers_keep_every_law(name, space):
    def inputs(key, leading):
        return jax.random.normal(key, (*leading, *PLACES[space], I))

    gr.testing.check_layer(gr.scan(CELLS[name][0](H, space=space)), in_dim=I, inputs=inputs)


@pytest.mark.parametrize("name", CELLS)
def test_padding_is_a_sequences_and_not_a_places(name):
    """Lengths are of sequences, whatever stands behind: what comes after them changes nothing, NaN or not."""
    layer = gr.scan(CELLS[name][0](H, space=1))
    params = layer.init(jax.random.key(0), I)
    xs = jax.random.normal(jax.random.key(1), (T, 2, 4, I))
    lengths = jnp.array([3, 1])
    run = jax.jit(layer.apply)
    carry, ys = run(params, xs.at[1:, 1].set(jnp.nan), lengths=lengths)
    alone = [run(params, xs[:length, row])[0] for row, length in enumerate((3, 1))]
    together = jax.tree.map(lambda *rows: jnp.stack(rows), *alone)
    compare.assert_close(carry, together, "carry", rtol=T * 3 * (I + H) * float(np.finfo(np.float32).eps))
    assert not ys[1:, 1].any()


@pytest.mark.parametrize(("make", "message"), [
    (lambda: gr.ConvLSTM(2, size=4), "size: expected an odd number"),
    (lambda: gr.ConvGRU(2, space=3), "space: expected 2 or less, got 3"),
    (lambda: gr.ConvLSTM(2).step(gr.ConvLSTM(2).init(jax.random.key(0), 1), None, jnp.ones((4, 1))), "behind 2 axes"),
])  # fmt: skip
def test_what_is_no_convolution_is_refused(unchecked_annotations, make, message):
    with pytest.raises(InputError, match=message):
        make()
