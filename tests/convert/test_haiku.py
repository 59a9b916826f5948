"""Haiku's cores against what their weights become, in float64, there and back."""

from __future__ import annotations

from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.convert import from_haiku, to_haiku
from gatedrnn.errors import InputError
from tests.helpers.drawn import drawn

hk = pytest.importorskip("haiku")

T, B, I, H = 5, 3, 2, 4  # noqa: E741
CORES = {
    "LSTM": (lambda: hk.LSTM(H), gr.LSTM(H)),
    "GRU": (lambda: hk.GRU(H), gr.GRU(H, reset="before")),
    "VanillaRNN": (lambda: hk.VanillaRNN(H, double_bias=False), gr.SimpleRNN(H, activation=jax.nn.relu)),
    "VanillaRNN, two biases": (lambda: hk.VanillaRNN(H), None),
}


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def unrolled(core: Any) -> Any:
    def unroll(xs: Any) -> Any:
        made = core()
        return hk.dynamic_unroll(made, xs, made.initial_state(xs.shape[1]))

    return hk.without_apply_rng(hk.transform(unroll))


@pytest.mark.parametrize("name", CORES)
def test_outputs_and_states_are_haikus(name: str) -> None:
    program = unrolled(CORES[name][0])
    rng = np.random.default_rng(0)
    xs = jnp.asarray(rng.normal(size=(T, B, I)))
    weights = jax.tree.map(lambda leaf: rng.normal(size=leaf.shape), program.init(jax.random.key(0), xs))
    expected, end = program.apply(weights, xs)
    layer, params = from_haiku(weights)
    carry, ys = layer.apply(params, xs)
    # Five steps of ten products, in another order: some fifty roundings of 1e-16.
    np.testing.assert_allclose(ys, expected, rtol=1e-12, atol=1e-13)
    chex.assert_trees_all_close(jax.tree.leaves(carry), jax.tree.leaves(end), rtol=1e-12, atol=1e-13)
    if CORES[name][1] is not None:
        np.testing.assert_allclose(program.apply(to_haiku(layer, params), xs)[0], ys, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", [name for name in CORES if CORES[name][1] is not None])
def test_there_and_back_is_exact(name: str) -> None:
    layer = gr.scan(CORES[name][1])
    params = drawn(layer, 2)  # multiples of 1/64, so that 1 is taken away without rounding
    again, restored = from_haiku(to_haiku(layer, params))
    assert again == layer
    chex.assert_trees_all_equal(params, restored)


def test_one_core_of_several_is_told_by_its_prefix() -> None:
    layer = gr.scan(gr.GRU(3, reset="before"))
    weights = to_haiku(layer, drawn(layer, 2))["gru"]
    net = {"net/~/gru": weights, "net/~/linear": {"w": np.zeros((3, 2)), "b": np.zeros(2)}}
    assert from_haiku(net, prefix="net/~/gru")[0].cell == layer.cell
    with pytest.raises(InputError, match=r"expected one LSTM, GRU or VanillaRNN, and prefix .* got \['net/~/gru'"):
        from_haiku(net)


def test_what_does_not_fit_is_named() -> None:
    for given, said in [
        ({"lstm/linear": {"w": np.zeros((5, 11)), "b": np.zeros(11)}}, r"expected lstm/linear/w \[I \+ H, 4\*H\]"),
        ({"lstm/linear": {"w": np.zeros((5, 12))}}, "weights: expected lstm/linear/b, got lstm/linear/w"),
        ({"gru": {"w_i": np.zeros((2, 9)), "w_h": np.zeros((3, 8)), "b": np.zeros(9)}}, r"expected gru/w_i \[any, 6\]"),
        ({"gru": {"w_i": np.zeros((2, 9)), "w_h": np.zeros((2, 9)), "b": np.zeros(9)}}, r"expected gru/w_h \[3, 9\]"),
    ]:
        with pytest.raises(InputError, match=said):
            from_haiku(given)
    for layer, said in [
        (gr.scan(gr.GRU(3)), 'expected LSTM, GRU with reset="before" or SimpleRNN with tanh'),
        (gr.scan(gr.SimpleRNN(3)), "expected SimpleRNN with relu, which Haiku has"),
        (gr.bidirectional(gr.LSTM(3)), "expected one direction, as Haiku has no layer of both"),
    ]:
        with pytest.raises(InputError, match=f"layer: {said}"):
            to_haiku(layer, drawn(layer, 2))
