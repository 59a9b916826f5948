"""Keras's layers against what their weights become, there and back; Keras computes in float32."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.convert import from_keras, to_keras
from gatedrnn.errors import InputError

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


@pytest.mark.parametrize("name", LAYERS)
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
    ys = layer.apply(params, jnp.asarray(xs.swapaxes(0, 1)))[1]
    # Five steps of ten products, in another order: some fifty roundings of 1e-7.
    np.testing.assert_allclose(ys, expected, rtol=5e-6, atol=5e-6)
    if options.get("use_bias", True):
        theirs.set_weights(to_keras(layer, params))
        np.testing.assert_allclose(np.asarray(theirs(xs)).swapaxes(0, 1), ys, rtol=5e-6, atol=5e-6)


@pytest.mark.parametrize(
    ("kind", "cell"),
    [("LSTM", gr.LSTM(3)), ("GRU", gr.GRU(3)), ("GRU", gr.GRU(3, reset="before")), ("SimpleRNN", gr.SimpleRNN(3))],
    ids=repr,
)
def test_there_and_back_is_exact(kind: Any, cell: Any) -> None:
    layer = gr.bidirectional(cell)
    params = layer.init(jax.random.key(0), in_dim=2)
    again, restored = from_keras(to_keras(layer, params), kind)
    assert again == layer
    assert jax.tree.all(jax.tree.map(lambda a, b: (a == b).all(), params, restored))


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
        params = layer.init(jax.random.key(0), in_dim=2)
        with pytest.raises(InputError, match=f"layer: {said}"):
            to_keras(layer, params)
