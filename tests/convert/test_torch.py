"""PyTorch's modules against what their weights become, in float64: outputs and final states, there and back."""

from __future__ import annotations

from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.convert import from_torch, to_torch
from gatedrnn.convert.recurrent import taken_apart
from gatedrnn.errors import InputError
from tests.helpers.drawn import drawn
from tests.helpers.proofs import quick_rows

torch = pytest.importorskip("torch")

T, B, I, H = 5, 3, 2, 4  # noqa: E741
RNN, GRU, LSTM = torch.nn.RNN, torch.nn.GRU, torch.nn.LSTM
MODULES = {
    "LSTM": (LSTM, {}),
    "LSTM, three layers": (LSTM, {"num_layers": 3}),
    "LSTM, both directions, without bias": (LSTM, {"bidirectional": True, "bias": False}),
    "LSTM, projected, two layers in both directions": (LSTM, {"proj_size": 3, "num_layers": 2, "bidirectional": True}),
    "GRU, two layers in both directions": (GRU, {"num_layers": 2, "bidirectional": True}),
    "GRU, without bias": (GRU, {"bias": False}),
    "RNN": (RNN, {}),
    "RNN, relu": (RNN, {"nonlinearity": "relu"}),
}


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def made(kind: Any, **options: Any) -> Any:
    """Return a module of random weights in float64."""
    torch.manual_seed(0)
    return kind(I, H, dtype=torch.float64, **options)


def states(layer: Any, params: Any, carry: Any) -> list[np.ndarray]:
    """Return h of every direction, the lowest layer first, as PyTorch's h_n has it."""
    directions = [one for depth in taken_apart(layer, params, "PyTorch") for one in depth]
    kinds = (gr.LSTMCarry, jax.Array)
    leaves = jax.tree.leaves(carry, is_leaf=lambda leaf: isinstance(leaf, kinds))
    assert len(leaves) == len(directions)
    return [np.asarray(leaf.h if isinstance(leaf, gr.LSTMCarry) else leaf) for leaf in leaves]


QUICK = ("LSTM, projected, two layers in both directions", "GRU, without bias", "RNN, relu")


@pytest.mark.parametrize("name", quick_rows(MODULES, QUICK))
def test_outputs_and_states_are_pytorchs(name: str) -> None:
    kind, options = MODULES[name]
    module = made(kind, **options)
    xs = np.random.default_rng(0).normal(size=(T, B, I))
    expected, end = module(torch.tensor(xs))
    relu = {"nonlinearity": options["nonlinearity"]} if "nonlinearity" in options else {}
    layer, params = from_torch({f"net.{key}": value for key, value in module.state_dict().items()}, **relu)
    carry, ys = jax.jit(layer.apply)(params, jnp.asarray(xs))
    # Five steps of ten products in three layers, in another order: some hundred roundings of 1e-16.
    np.testing.assert_allclose(ys, expected.detach().numpy(), rtol=1e-12, atol=1e-13)
    h = end[0] if kind is LSTM else end
    np.testing.assert_allclose(states(layer, params, carry), h.detach().numpy(), rtol=1e-12, atol=1e-13)

    for bias in {True, options.get("bias", True)}:
        back = made(kind, **{**options, "bias": bias})
        back.load_state_dict({key: torch.tensor(value) for key, value in to_torch(layer, params, bias=bias).items()})
        np.testing.assert_allclose(back(torch.tensor(xs))[0].detach().numpy(), ys, rtol=1e-12, atol=1e-13)


def test_biases_that_are_not_zero_are_not_left_out() -> None:
    layer = gr.bidirectional(gr.GRU(3))
    params = jax.tree.map(jnp.zeros_like, drawn(layer, 2))
    assert sorted(to_torch(layer, params, bias=False)) == [
        "weight_hh_l0", "weight_hh_l0_reverse", "weight_ih_l0", "weight_ih_l0_reverse"
    ]  # fmt: skip
    for name in ("b", "b_h"):
        one = getattr(params.backward, name).at[1].set(1.0)
        with pytest.raises(InputError, match=f"bias: expected True, as {name} of GRU.* is not zero everywhere"):
            to_torch(layer, params._replace(backward=params.backward._replace(**{name: one})), bias=False)
    with pytest.raises(InputError, match="bias: expected"):
        to_torch(layer, params, bias="no")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("cell", [gr.LSTM(3), gr.GRU(3), gr.SimpleRNN(3), gr.ProjectedLSTM(4, 3)], ids=repr)
def test_there_and_back_is_exact(cell: Any) -> None:
    layer = gr.chain(gr.bidirectional(cell), gr.bidirectional(cell))
    params = drawn(layer, 2)
    again, restored = from_torch(to_torch(layer, params))
    assert again == layer
    chex.assert_trees_all_equal(params, restored)


@pytest.mark.parametrize("kind", [torch.nn.LSTMCell, torch.nn.GRUCell, torch.nn.RNNCell])
def test_cells_step_as_pytorchs(kind: Any) -> None:
    cell, x = made(kind), np.random.default_rng(1).normal(size=(B, I))
    layer, params = from_torch(cell.state_dict())
    expected = cell(torch.tensor(x))
    expected = expected[0] if kind is torch.nn.LSTMCell else expected
    y = layer.step(params, layer.initial_carry(params, jnp.asarray(x)), jnp.asarray(x))[1]
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=1e-12, atol=1e-13)


def wrong(weights: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**weights, **changes}.items() if value is not None}


def test_what_does_not_fit_is_named() -> None:
    good = to_torch(gr.scan(gr.LSTM(3)), drawn(gr.scan(gr.LSTM(3)), 2))
    for given, said in [
        ({}, "weights: expected names as in a state_dict, .*; got none"),
        ({"enc_w_ih": np.zeros((12, 2))}, "weights: expected names as in a state_dict, .*; got enc_w_ih"),
        (wrong(good, bias_hh_l0=None), "weights: expected bias_hh_l0, got"),
        (wrong(good, weight_hh_l0=None), "weights: expected weight_hh_l0, got"),
        (wrong(good, weight_ih_l0=np.zeros((11, 2))), r"weights: expected weight_hh_l0 \[11, any\], got \[12, 3\]"),
        (wrong(good, weight_ih_l0=np.zeros((12, 2), int)), "weights: expected floating point numbers as weight_ih_l0"),
        (wrong(good, bias_hh_l0=np.zeros(9)), r"weights: expected bias_hh_l0 \[12\], got \[9\]"),
        (
            {**good, **{f"b.{name}": value for name, value in good.items()}},
            "prefix: expected one of '', 'b.', got None",
        ),
    ]:
        with pytest.raises(InputError, match=said):
            from_torch(given)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (gr.scan(gr.GRU(3, reset="before")), "expected LSTM, GRU, ProjectedLSTM or SimpleRNN"),
        (gr.scan(gr.LSTM(3, activation=jnp.sin)), "expected tanh as activation"),
        (gr.scan(gr.LSTM(3), reverse=True), r"expected gr\.scan"),
        (gr.chain(gr.scan(gr.LSTM(3)), gr.dense(5)), r"expected gr\.scan"),
        (gr.chain(gr.scan(gr.LSTM(3)), gr.scan(gr.LSTM(4))), "expected the same cell everywhere"),
        (gr.chain(gr.bidirectional(gr.GRU(3)), gr.scan(gr.GRU(3))), "expected one direction everywhere or both"),
        (gr.bidirectional(gr.GRU(3), merge="sum"), "expected .* that concatenates"),
    ],
    ids=repr,
)
def test_what_pytorch_has_not_is_refused(layer: Any, said: str) -> None:
    with pytest.raises(InputError, match=f"layer: .*{said}"):
        to_torch(layer, drawn(layer, 3))
