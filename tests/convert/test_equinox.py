"""Equinox's cells against what their weights become, in float64: step by step, there and back."""

from __future__ import annotations

from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.convert import from_equinox, to_equinox
from gatedrnn.errors import InputError
from tests.helpers.drawn import drawn

eqx = pytest.importorskip("equinox")

T, I, H = 5, 2, 4  # noqa: E741


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("kind", ["LSTMCell", "GRUCell"])
def test_outputs_and_states_are_equinoxs(kind: str, bias: bool) -> None:
    cell = getattr(eqx.nn, kind)(I, H, use_bias=bias, dtype=float, key=jax.random.key(0))
    layer, params = from_equinox(cell)
    xs = np.random.default_rng(0).normal(size=(T, I))
    carry, ys = layer.apply(params, jnp.asarray(xs))
    state = (jnp.zeros(H), jnp.zeros(H)) if kind == "LSTMCell" else jnp.zeros(H)
    for x, y in zip(xs, ys, strict=True):
        state = cell(jnp.asarray(x), state)
        # Five steps of ten products, in another order: some fifty roundings of 1e-16.
        np.testing.assert_allclose(y, state[0] if kind == "LSTMCell" else state, rtol=1e-12, atol=1e-13)
    chex.assert_trees_all_close(jax.tree.leaves(carry), jax.tree.leaves(state), rtol=1e-12, atol=1e-13)
    there = to_equinox(layer, params, bias=bias)
    assert ("bias" in there) is bias
    for name, array in there.items():
        np.testing.assert_array_equal(array, getattr(cell, name))


@pytest.mark.parametrize("cell", [gr.LSTM(3), gr.GRU(3)], ids=repr)
def test_there_and_back_is_exact(cell: Any) -> None:
    layer = gr.scan(cell)
    params = drawn(layer, 2)
    again, restored = from_equinox(to_equinox(layer, params))
    assert again == layer
    chex.assert_trees_all_equal(params, restored)


def test_what_does_not_fit_is_named() -> None:
    layer = gr.scan(gr.GRU(3))
    good = to_equinox(layer, drawn(layer, 2))
    for given, said in [
        (object(), "weights: expected weight_ih, got none"),
        ({**good, "weight_hh": np.zeros((8, 3))}, "weights: expected weight_hh of 3 or 4 blocks of 3 rows, got 8"),
        ({**good, "bias_n": None}, "weights: expected bias_n, got weight_ih, weight_hh, bias"),
        ({**good, "bias_n": np.zeros(2)}, r"weights: expected bias_n \[3\], got \[2\]"),
    ]:
        with pytest.raises(InputError, match=said):
            from_equinox(given)
    with pytest.raises(InputError, match=r"bias: expected True, as b of GRU.* is not zero everywhere; got False"):
        to_equinox(layer, drawn(layer, 2), bias=False)
    for layer, said in [
        (gr.bidirectional(gr.GRU(3)), "expected one direction, as Equinox has no layer of both"),
        (gr.scan(gr.GRU(3, reset="before")), "expected LSTM or GRU with tanh, which Equinox has"),
    ]:
        with pytest.raises(InputError, match=f"layer: {said}"):
            to_equinox(layer, drawn(layer, 2))
