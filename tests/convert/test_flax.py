"""The cells of flax.linen and flax.nnx against what their weights become, in float64, there and back."""

from __future__ import annotations

from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from flax import nnx

import gatedrnn as gr
from gatedrnn.convert import from_linen, from_nnx, to_linen, to_nnx
from gatedrnn.errors import InputError
from tests.helpers.drawn import drawn

T, B, I, H = 5, 3, 2, 4  # noqa: E741
# Five steps of ten products, in another order: some fifty roundings of 1e-16.
CLOSE = {"rtol": 1e-12, "atol": 1e-13}
CELLS = ("LSTMCell", "OptimizedLSTMCell", "GRUCell", "SimpleCell")


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def redrawn(tree: Any) -> Any:
    """Return a tree of the same shapes with every weight, biases too, drawn at random."""
    rng = np.random.default_rng(0)
    return jax.tree.map(lambda leaf: rng.normal(size=leaf.shape), tree)


def h_and_ys(carry: Any, ys: Any) -> list[Any]:
    """Return all arrays, Flax's (c, h) in the order of ours."""
    return [*jax.tree.leaves(carry), ys]


def as_ours(carry: Any, both: bool) -> Any:
    """Return Flax's carry of one or both directions as ours has it: h before c."""
    if both:
        return tuple(as_ours(one, False) for one in carry)
    return carry[::-1] if isinstance(carry, tuple) else carry


@pytest.mark.parametrize("both", [False, True], ids=["one direction", "both"])
@pytest.mark.parametrize("name", CELLS)
def test_outputs_and_states_are_linens(name: str, both: bool) -> None:
    rnns = [nn.RNN(getattr(nn, name)(H, param_dtype=float), time_major=True) for _ in range(2)]
    module = nn.Bidirectional(*rnns, time_major=True, return_carry=True) if both else rnns[0].clone(return_carry=True)
    xs = np.random.default_rng(1).normal(size=(T, B, I))
    variables = redrawn(module.init(jax.random.key(0), xs))
    expected = module.apply(variables, xs)
    layer, params = from_linen(variables)
    found = layer.apply(params, jnp.asarray(xs))
    for one, other in zip(h_and_ys(*found), h_and_ys(as_ours(expected[0], both), expected[1]), strict=True):
        np.testing.assert_allclose(one, other, **CLOSE)
    again = to_linen(layer, params)
    chex.assert_trees_all_equal(again, variables["params"])


def test_a_minimal_unit_of_linens_is_a_gru_whose_gates_are_one() -> None:
    module = nn.RNN(nn.MGUCell(H, param_dtype=float), time_major=True, return_carry=True)
    xs = np.random.default_rng(1).normal(size=(T, B, I))
    variables = redrawn(module.init(jax.random.key(0), xs))
    layer, params = from_linen(variables)
    assert layer.cell == gr.GRU(H, policy=gr.Policy(params="float64"))
    for one, other in zip(layer.apply(params, jnp.asarray(xs)), module.apply(variables, xs), strict=True):
        np.testing.assert_allclose(one, other, **CLOSE)
    variables = nn.RNN(nn.MGUCell(H, param_dtype=float, reset_gate=False)).init(jax.random.key(0), xs)
    with pytest.raises(InputError, match=r"MGUCell\(reset_gate=False\) is no cell of gatedrnn's"):
        from_linen(variables)


@pytest.mark.parametrize("both", [False, True], ids=["one direction", "both"])
@pytest.mark.parametrize("name", CELLS)
def test_outputs_and_states_are_nnxs(name: str, both: bool) -> None:
    def rnn() -> Any:
        cell = getattr(nnx, name)(I, H, dtype=float, param_dtype=float, rngs=nnx.Rngs(0))
        return nnx.RNN(cell, time_major=True, return_carry=not both)

    module = nnx.Bidirectional(rnn(), rnn(), time_major=True, return_carry=True) if both else rnn()
    given = redrawn(nnx.to_pure_dict(nnx.state(module, nnx.Param)))
    nnx.update(module, given)
    xs = np.random.default_rng(1).normal(size=(T, B, I))
    expected = module(jnp.asarray(xs), rngs=nnx.Rngs(0))
    layer, params = from_nnx(nnx.state(module, nnx.Param))
    found = layer.apply(params, jnp.asarray(xs))
    for one, other in zip(h_and_ys(*found), h_and_ys(as_ours(expected[0], both), expected[1]), strict=True):
        np.testing.assert_allclose(one, other, **CLOSE)
    again = to_nnx(layer, params, lstm="LSTMCell" if name == "LSTMCell" else "OptimizedLSTMCell")
    chex.assert_trees_all_equal(again, given)


@pytest.mark.parametrize("cell", [gr.LSTM(3), gr.GRU(3), gr.SimpleRNN(3)], ids=repr)
def test_there_and_back_is_exact(cell: Any) -> None:
    layer = gr.bidirectional(cell)
    params = drawn(layer, 2)
    assert_back(from_linen(to_linen(layer, params)), layer, params)
    # The GRU of nnx has no bias inside its reset gate's product.
    params = jax.tree.map_with_path(lambda path, leaf: leaf * (path[-1].name != "b_h"), params)
    assert_back(from_nnx(to_nnx(layer, params)), layer, params)
    assert_back(from_nnx(to_nnx(layer, params, lstm="LSTMCell")), layer, params)


def assert_back(found: tuple[Any, Any], layer: Any, params: Any) -> None:
    assert found[0] == layer
    chex.assert_trees_all_equal(params, found[1])


def test_a_cell_made_inside_a_module_is_found() -> None:
    class Net(nn.Module):
        @nn.compact
        def __call__(self, xs: Any) -> Any:
            return nn.RNN(nn.GRUCell(H, name="memory", param_dtype=float), name="layer")(xs)

    params = Net().init(jax.random.key(0), jnp.ones((B, T, I)))["params"]
    assert from_linen(params)[0].cell.hidden == H


def test_what_does_not_fit_is_named() -> None:
    layer = gr.scan(gr.GRU(3))
    good = to_linen(layer, drawn(layer, 2))["cell"]
    lstm = gr.scan(gr.LSTM(3))
    side_by_side = to_nnx(lstm, drawn(lstm, 2))["cell"]
    for read, given, said in [
        (from_linen, np.zeros(3), "params: expected nested mappings by name, got ndarray"),
        (from_linen, {"a": {"cell": good}, "b": {"cell": good}}, "params: expected the tree of one cell"),
        (from_linen, {**good, "ir": {"kernel": np.zeros((2, 3))}}, r"weights: expected ir\.bias"),
        (from_linen, {**good, "hr": {"kernel": np.zeros((4, 3))}}, "weights: expected kernels of as many rows, got"),
        (from_linen, {**good, "hz": good["iz"]}, r"weights: expected no hz\.bias"),
        (from_nnx, {**side_by_side, "dense_h": {"kernel": np.zeros((3, 7))}}, "expected dense_h.kernel of 1, 3 or 4"),
        (from_nnx, {**side_by_side, "dense_i": {"kernel": np.zeros((2, 9))}}, r"dense_i.kernel \[any, 12\]"),
        (from_nnx, {"a": {"kernel": np.zeros((2, 9))}, "b": {}}, r"expected hi\.kernel, got a\.kernel"),
    ]:
        with pytest.raises(InputError, match=said):
            read(given)


def test_what_flax_has_not_is_refused() -> None:
    for layer, said in [
        (gr.scan(gr.GRU(3, reset="before")), "expected LSTM, GRU or SimpleRNN with tanh, which flax.nnx has"),
        (gr.scan(gr.LSTM(3, activation=jnp.sin)), "expected LSTM, GRU or SimpleRNN with tanh, which flax.nnx has"),
        (gr.chain(gr.scan(gr.GRU(3)), gr.scan(gr.GRU(3))), "expected one, as flax.nnx has an object for each; got 2"),
    ]:
        with pytest.raises(InputError, match=f"layer: {said}"):
            to_nnx(layer, drawn(layer, 3))
    layer = gr.scan(gr.GRU(3))
    params = drawn(layer, 2)._replace(b_h=jnp.ones(3))
    with pytest.raises(InputError, match=r"expected zeros as b_h, .* GRUCell has no bias .* got up to 1"):
        to_nnx(layer, params)
