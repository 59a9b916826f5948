"""The fast engine on carries whose leaves are unlike the output: in all gradients, those of the carry too."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.layers.engines.fast.forms import FastForm
from gatedrnn.testing import compare
from tests.helpers.cell_table import Centred, Counted, PutsOutBoth
from tests.helpers.proofs import quick_rows

CELLS = {
    "puts out both": PutsOutBoth(3),
    "counted": Counted(3),
    "centred": Centred(3),
    "projected": gr.ProjectedLSTM(4, 3),
}
FORMS = ("fast", FastForm(project=4, recompute=4), FastForm(recompute=3))


def wide(tree: Any) -> Any:
    """Return the tree in float64; what has no derivative stays."""
    return jax.tree.map(lambda leaf: leaf.astype(float) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf, tree)


def moved(leaf: Any) -> Any:
    """Return a leaf of a carry with other numbers than those it starts with."""
    return leaf + jnp.cos(jnp.arange(leaf.size)).reshape(leaf.shape).astype(leaf.dtype)


def gradients(layer: Any, params: Any, xs: Any, carry: Any, **steps: Any) -> Any:
    """Return those of parameters, inputs and all leaves of the carry that have one."""
    leaves, tree = jax.tree.flatten(carry)
    real = [jnp.issubdtype(leaf.dtype, jnp.floating) for leaf in leaves]

    def loss(params: Any, xs: Any, given: list[Any]) -> Any:
        left = iter(given)
        start = jax.tree.unflatten(tree, [next(left) if one else leaf for one, leaf in zip(real, leaves, strict=True)])
        end, ys = layer.apply(params, xs, carry=start, **steps)
        return jnp.sin(ys).sum() + sum(jnp.sum(jnp.cos(leaf * 1.0)) for leaf in jax.tree.leaves(end))

    given = [leaf for one, leaf in zip(real, leaves, strict=True) if one]
    return jax.jit(jax.value_and_grad(loss, (0, 1, 2)))(params, xs, given)


@pytest.mark.parametrize("padded", [False, pytest.param(True, marks=pytest.mark.verify)])
@pytest.mark.parametrize("name", quick_rows(CELLS, ("puts out both", "counted", "projected")))
def test_gradients_are_those_of_the_reference(name: str, padded: bool) -> None:
    with jax.enable_x64(True):
        xs = jax.random.normal(jax.random.key(1), (7, 3, 2), float)
        steps: dict[str, Any] = {}
        if padded:
            resets = jnp.arange(7)[:, None] % 3 == jnp.array([1, 0, 1])
            steps = {"lengths": jnp.array([7, 4, 0]), "resets": resets}
        for reverse in (False, True) if padded else (False,):
            reference = gr.scan(CELLS[name], engine="reference", reverse=reverse)
            params = wide(reference.init(jax.random.key(0), 2))
            start = reference.initial_carry(params, xs[0])
            carry = jax.tree.map(moved, start)
            expected = gradients(reference, params, xs, carry, **steps)
            for engine in FORMS if padded else FORMS[:2]:
                got = gradients(gr.scan(CELLS[name], engine=engine, reverse=reverse), params, xs, carry, **steps)
                # Seven steps of some thirty products each, whose roundings come through at most seven gates.
                compare.assert_close(got, expected, f"{name}, {engine}", rtol=compare.tolerance(2.3e-16, 7 * 30 * 7))


def test_a_cell_that_puts_out_its_cell_state_has_the_gradient_of_finite_differences() -> None:
    """The case that failed, with its value by finite differences in float64 (``b.sum()`` 6.885446)."""
    key = jax.random.key(0)
    xs, params = jax.random.normal(key, (5, 2, 3)), gr.LSTM(4).init(key, 3)

    @jax.jit
    def loss(b: Any, params: Any, xs: Any) -> Any:
        return (gr.scan(PutsOutBoth(4)).apply(params._replace(b=b), xs)[1] ** 2).sum()

    gradient = jax.jit(jax.grad(loss))(params.b, params, xs)
    with jax.enable_x64(True):
        b, params, xs = jax.tree.map(lambda leaf: jnp.asarray(leaf, float), (params.b, params, xs))
        # The difference quotient's error is some 1e-10 of truncation and 1e-16 / 1e-5 of rounding, times 40 numbers.
        steps = [1e-5 * jnp.eye(16)[k] for k in range(16)]
        differences = [(loss(b + h, params, xs) - loss(b - h, params, xs)) / 2e-5 for h in steps]
    np.testing.assert_allclose(gradient, differences, rtol=2e-5, atol=2e-5)
    np.testing.assert_allclose(gradient.sum(), 6.885446, rtol=1e-5)
