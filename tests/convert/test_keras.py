"""Keras's layers against what their weights become, there and back; Keras computes in float32."""

from __future__ import annotations

from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.convert import from_keras, to_keras
from gatedrnn.errors import InputError
from tests.helpers.drawn import drawn
from tests.helpers.proofs import quick_rows

T, B, I, H = 5, 3, 2, 4  # noqa: E741
LAYERS: dict[str, tuple[Any, dict[str, Any], bool]] = {
    "LSTM": ("LSTM", {}, False),
    "LSTM, both directions": ("LSTM", {}, True),
    "LSTM, without bias": ("LSTM", {"use_bias": False}, False),
    "GRU": ("GRU", {}, False),
    "GRU, both directions": ("GRU", {}, True),
    "GRU, reset before": ("GRU", {"reset_after": False}, False),
    "GRU, reset before, relu": ("GRU", {"reset_after": False, "activation": "relu"}, False),
    "LSTM, relu": ("LSTM", {"activation": "relu"}, False),
    "SimpleRNN": ("SimpleRNN", {}, False),
}


QUICK = ("LSTM, both directions", "GRU", "GRU, reset before, relu")


@pytest.mark.parametrize("name", quick_rows(LAYERS, QUICK))
def test_outputs_are_kerass(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras")
    kind, options, both = LAYERS[name]
    rng = np.random.default_rng(0)
    theirs = getattr(keras.layers, kind)(H, return_sequences=True, **options)
    theirs = keras.layers.Bidirectional(theirs) if both else theirs
    xs = rng.normal(size=(B, T, I)).astype(np.float32)
    theirs.build(xs.shape)
    theirs.set_weights([rng.normal(size=weight.shape) for weight in theirs.get_weights()])
    expected = np.asarray(theirs(xs)).swapaxes(0, 1)
    layer, params = from_keras(theirs.get_weights(), kind, activation=options.get("activation", "tanh"))
    ys = jax.jit(layer.apply)(params, jnp.asarray(xs.swapaxes(0, 1)))[1]
    # Five steps of ten products, in another order: some fifty roundings of 1e-7.
    np.testing.assert_allclose(ys, expected, rtol=5e-6, atol=5e-6)
    theirs.set_weights([np.zeros_like(weight) for weight in theirs.get_weights()])
    theirs.set_weights(to_keras(layer, params, bias=options.get("use_bias", True)))
    np.testing.assert_allclose(np.asarray(theirs(xs)).swapaxes(0, 1), ys, rtol=5e-6, atol=5e-6)


@pytest.mark.parametrize(
    ("kind", "cell"),
    [("LSTM", gr.LSTM(3)), ("GRU", gr.GRU(3)), ("GRU", gr.GRU(3, reset="before")), ("SimpleRNN", gr.SimpleRNN(3))],
    ids=repr,
)
def test_there_and_back_is_exact(kind: Any, cell: Any) -> None:
    layer = gr.bidirectional(cell)
    params = drawn(layer, 2)
    again, restored = from_keras(to_keras(layer, params), kind)
    assert again == layer
    chex.assert_trees_all_equal(params, restored)


def cudnn_outputs(kind: str, w_x: np.ndarray, w_h: np.ndarray, b: np.ndarray, xs: np.ndarray) -> np.ndarray:
    """Return what cuDNN computes from the memory of Keras's arrays: its matrices are ``[H, I]`` and ``[H, H]``."""
    gates = 4 if kind == "LSTM" else 3
    parts = [np.split(w, gates, axis=1) for w in (w_x, w_h)]
    inputs, state = ([part.ravel().reshape(H, -1) for part in found] for found in parts)
    b_x, b_h = b.reshape(2, gates, H)
    h = c = np.zeros((B, H))
    ys = []
    for x in xs:
        a, u = (
            [z @ w.T + one for w, one in zip(*maps, strict=True)] for z, maps in ((x, (inputs, b_x)), (h, (state, b_h)))
        )
        if kind == "LSTM":
            i, f, g, o = (p + q for p, q in zip(a, u, strict=True))
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        else:
            z, r = sigmoid(a[0] + u[0]), sigmoid(a[1] + u[1])
            h = z * h + (1 - z) * np.tanh(a[2] + r * u[2])
        ys.append(h)
    return np.stack(ys)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(("kind", "gates"), [("LSTM", 4), ("GRU", 3)])
def test_arrays_of_keras_2_lie_as_cudnn_reads_them(kind: Any, gates: int) -> None:
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=shape) for shape in [(I, gates * H), (H, gates * H), (2 * gates * H,)]]
    xs = rng.normal(size=(T, B, I))
    with jax.enable_x64(True):
        layer, params = from_keras(weights, kind)
        ys = jax.jit(layer.apply)(params, jnp.asarray(xs))[1]
        # Five steps of ten products, in another order: some fifty roundings of 1e-16.
        np.testing.assert_allclose(ys, cudnn_outputs(kind, *weights, xs), rtol=1e-12, atol=1e-13)
        there = to_keras(layer, params, cudnn=True)
        np.testing.assert_array_equal(there[0], weights[0])
        np.testing.assert_array_equal(there[1], weights[1])
        np.testing.assert_allclose(cudnn_outputs(kind, *there, xs), ys, rtol=1e-12, atol=1e-13)
        restored = from_keras(there, kind)[1]
    chex.assert_trees_all_equal(params, restored)


def test_what_does_not_fit_is_named() -> None:
    for weights, said in [
        ([np.zeros((2, 12))], "weights: expected 2 or 3 arrays, .* got 1"),
        ([np.zeros((2, 11)), np.zeros((3, 12))], r"weights: expected kernel \[any, 12\], got \[2, 11\]"),
        ([np.zeros((2, 12)), np.zeros((3, 12)), np.zeros((2, 12))], r"weights: expected bias \[12\], got \[2, 12\]"),
    ]:
        with pytest.raises(InputError, match=said):
            from_keras(weights, "LSTM")
    for layer, said in [
        (gr.chain(gr.scan(gr.LSTM(2)), gr.scan(gr.LSTM(2))), "expected one, .* got 2"),
        (gr.scan(gr.LSTM(2, activation=jnp.sin)), "expected LSTM, GRU, GRU with .* or SimpleRNN with tanh or relu"),
    ]:
        params = drawn(layer, 2)
        with pytest.raises(InputError, match=f"layer: {said}"):
            to_keras(layer, params)
    layer = gr.scan(gr.LSTM(3))
    with pytest.raises(InputError, match=r"bias: expected True, as b of LSTM.* is not zero everywhere; got False"):
        to_keras(layer, drawn(layer, 2), bias=False)
    with pytest.raises(InputError, match="bias: expected True, as CuDNNLSTM and CuDNNGRU have biases always"):
        to_keras(layer, drawn(layer, 2), bias=False, cudnn=True)
