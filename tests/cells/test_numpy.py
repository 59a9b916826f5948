"""Each cell against its equation in plain NumPy, in float64: values, and derivatives along the imaginary axis."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.testing import compare
from tests.helpers import numpy_cells as plain
from tests.helpers import numpy_grus, numpy_lstms
from tests.helpers.proofs import quick_rows

T, I, H = 5, 3, 4  # noqa: E741
WIDE = gr.Policy(params="float64")
CASES = {
    "lstm": (gr.LSTM(H, policy=WIDE), plain.lstm),
    "lstm, sine": (gr.LSTM(H, jnp.sin, WIDE), partial(plain.lstm, activation=np.sin)),
    "lstm, projected": (gr.ProjectedLSTM(6, H, policy=WIDE), plain.projected_lstm),
    "lstm, projected, sine": (
        gr.ProjectedLSTM(6, H, jnp.sin, WIDE),
        partial(plain.projected_lstm, activation=np.sin),
    ),
    "gru": (gr.GRU(H, policy=WIDE), plain.gru),
    "gru, sine": (gr.GRU(H, activation=jnp.sin, policy=WIDE), partial(plain.gru, activation=np.sin)),
    "gru, reset before": (gr.GRU(H, reset="before", policy=WIDE), plain.gru_reset_before),
    "gru, reset before, sine": (
        gr.GRU(H, reset="before", activation=jnp.sin, policy=WIDE),
        partial(plain.gru_reset_before, activation=np.sin),
    ),
    "simple rnn": (gr.SimpleRNN(H, policy=WIDE), plain.simple_rnn),
    "simple rnn, sine": (gr.SimpleRNN(H, jnp.sin, WIDE), partial(plain.simple_rnn, activation=np.sin)),
    "min gru": (gr.MinGRU(H, policy=WIDE), plain.min_gru),
    "min gru, sine": (gr.MinGRU(H, jnp.sin, WIDE), partial(plain.min_gru, activation=np.sin)),
    "log min gru": (gr.LogMinGRU(H, policy=WIDE), partial(plain.min_gru, activation=plain.positive)),
    **numpy_lstms.cases(H, WIDE),
    **numpy_grus.cases(H, WIDE),
}
# Every equation; and one cell with two states and one with a single one by an activation that is not the default.
QUICK = [name for name in CASES if not name.endswith("sine") or name in ("lstm, sine", "mgu, sine")]
# Each of T steps adds up I + H products and takes about 16 operations more; a loss sums over T * H outputs.
RTOL = compare.tolerance(np.finfo(np.float64).eps, T * (I + H + 16) * T * H)


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def drawn(cell):
    """Return params, inputs and a carry of normal numbers, biases too."""
    rng = np.random.default_rng(0)
    shapes = jax.eval_shape(lambda: cell.init(jax.random.key(0), I))
    carry = jax.eval_shape(lambda: cell.initial_carry(cell.init(jax.random.key(0), I), jnp.zeros(I)))
    return jax.tree.map(lambda s: rng.normal(size=s.shape), (shapes, np.zeros((T, I)), carry))


def plain_loop(step, params, xs, carry):
    ys = []
    for x in xs:
        carry, y = step(params, carry, x)
        ys.append(y)
    return carry, np.stack(ys)


def imaginary_derivatives(loss, args):
    """Return the gradient of ``loss``: Im f(x + ih) / h has no cancellation, so h may be as small as 1e-30."""
    leaves, tree = jax.tree.flatten(args)
    grads = [np.zeros_like(leaf) for leaf in leaves]
    for leaf, grad in zip(leaves, grads, strict=True):
        for index in np.ndindex(leaf.shape):
            moved = [other.astype(complex) if other is leaf else other for other in leaves]
            next(m for m, other in zip(moved, leaves, strict=True) if other is leaf)[index] += 1e-30j
            grad[index] = loss(*jax.tree.unflatten(tree, moved)).imag / 1e-30
    return jax.tree.unflatten(tree, grads)


@pytest.mark.parametrize("name", quick_rows(CASES, QUICK))
def test_values_and_gradients_are_the_equations(name):
    cell, step = CASES[name]
    args = drawn(cell)
    weights = np.cos(np.arange(T * H)).reshape(T, H)

    def loss(params, xs, carry):
        carry, ys = gr.scan(cell, engine="reference").apply(params, xs, carry=carry)
        return (ys * weights).sum() + sum(leaf.sum() for leaf in jax.tree.leaves(carry)), (carry, ys)

    def plain_loss(params, xs, carry):
        carry, ys = plain_loop(step, params, xs, carry)
        return (ys * weights).sum() + sum(leaf.sum() for leaf in jax.tree.leaves(carry))

    grads, (carry, ys) = jax.jit(jax.grad(loss, (0, 1, 2), has_aux=True))(*jax.tree.map(jnp.asarray, args))
    expected, expected_ys = plain_loop(step, *args)
    got = jax.tree.leaves(carry), ys, jax.tree.leaves(grads)
    wanted = jax.tree.leaves(expected), expected_ys, jax.tree.leaves(imaginary_derivatives(plain_loss, args))
    compare.assert_close(got, wanted, "(carry, ys, gradients)", rtol=RTOL)


def test_the_plain_derivative_is_one():
    """The yardstick itself, on a function whose derivative is known."""
    x = np.array([0.3, -0.7])
    (grad,) = imaginary_derivatives(lambda x: np.sin(x).sum(), (x,))
    np.testing.assert_allclose(grad, np.cos(x), rtol=1e-15)
