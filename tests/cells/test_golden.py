"""Published models' weights, as ``gr.convert`` takes them, give the outputs of the software that they came from.

Files: tests/golden, whose NOTICE says whose they are. The tolerance of each is twice what a plain NumPy
cell in float64 reached, as the references were computed in float32 or, for RNNoise, with tabulated activations.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from tests.helpers.paths import ROOT

FOLDER = ROOT / "tests" / "golden"


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def load(name: str) -> dict[str, np.ndarray]:
    with np.load(FOLDER / name, allow_pickle=False) as file:
        return {key: file[key].astype(np.float64) for key in file.files}


def keras_gru(z: dict[str, np.ndarray], name: str, hidden: int) -> tuple[gr.Layer, gr.Params]:
    """RNNoise's own files hold Keras's weights as 8-bit integers over 256, without their shapes."""
    named = [f"{name}_gru_{part}" for part in ("weights", "recurrent_weights", "bias")]
    kernels = [z[part].reshape(-1, 3 * hidden) / 256 for part in named[:2]]
    return gr.convert.from_keras([*kernels, z[named[2]] / 256], "GRU", activation="relu")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def assert_within(tolerance: float, got, expected) -> None:
    assert got.dtype == np.float64
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= tolerance


def numpy_lstm(z: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return every h and c of the plain transcription that the tolerances are said in terms of."""
    h = c = np.zeros(z["weight_hh"].shape[1])
    hs, cs = [], []
    for x in z["x"]:
        i, f, g, o = np.split(z["weight_ih"] @ x + z["bias_ih"] + z["weight_hh"] @ h + z["bias_hh"], 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        hs.append(h)
        cs.append(c)
    return np.stack(hs), np.stack(cs)


def test_silero_voice_activity_lstm():
    """Silero VAD, 16 kHz: one LSTM cell of 128, and the speech probability read from it; stepped as it is used.

    The published figure is the probability's. For h and c (up to 18) it is what the NumPy cell reaches: 4e-7, 5e-6.
    """
    z = load("silero_vad_16k_lstmcell.npz")
    layer, params = gr.convert.from_torch(z)
    carry, ys = jax.jit(layer.apply)(params, z["x"])
    assert_within(2 * 2e-7, sigmoid(np.maximum(ys, 0) @ z["out_w"][0] + z["out_b"]), z["prob"])
    plain_h, plain_c = numpy_lstm(z)
    reached_h, reached_c = np.abs(plain_h - z["h"]).max(), np.abs(plain_c - z["c"]).max()
    assert_within(np.finfo(float).eps * 74 * (2 * 128 + 10), ys, plain_h)  # roundings of 74 steps at most
    assert_within(2 * reached_h, ys, z["h"])
    assert_within(2 * reached_c, carry.c, z["c"][-1])
    step, carry = jax.jit(layer.step), layer.initial_carry(params, z["x"][0])
    for x, h, c in zip(z["x"], z["h"], z["c"], strict=True):
        carry, y = step(params, carry, x)
        assert_within(2 * reached_h, y, h)
        assert_within(2 * reached_c, carry.c, c)


def test_g2pm_bidirectional_lstm():
    """g2pM, Chinese characters to pinyin: a bidirectional LSTM, 64 to 2 x 32."""
    z = load("g2pM_bilstm_torch.npz")
    layer, params = gr.convert.from_torch(z)
    carry, ys = jax.jit(layer.apply)(params, z["x"].swapaxes(0, 1))
    assert_within(2 * 7e-7, ys.swapaxes(0, 1), z["y"])
    assert_within(2 * 7e-7, jnp.stack([carry.forward.h, carry.backward.h]), z["h_n"])
    assert_within(2 * 7e-7, jnp.stack([carry.forward.c, carry.backward.c]), z["c_n"])


def test_uzmorph_two_bidirectional_grus():
    """uzmorph, Uzbek morphology: two layers of bidirectional GRUs, 64 to 2 x 64 to 2 x 64."""
    z = load("uzmorph_bigru_torch.npz")
    layer, params = gr.convert.from_torch(z)
    carry, ys = jax.jit(layer.apply)(params, z["x"].swapaxes(0, 1))
    assert_within(2 * 3e-6, ys.swapaxes(0, 1), z["y"])
    assert_within(2 * 3e-6, jnp.stack([state for depth in carry for state in depth]), z["h_n"])


def test_rnnoise_grus_with_reset_before_and_relu():
    """RNNoise 0.1.1, noise suppression: three GRUs, each fed with what those before it gave, and two heads."""
    z = load("rnnoise_v0.1.1_gru_reset_before.npz")
    x = z["x"]

    def dense(name: str, given) -> np.ndarray:
        bias = z[f"{name}_bias"] / 256
        return given @ (z[f"{name}_weights"].reshape(-1, bias.size) / 256) + bias

    def gru(name: str, hidden: int, *given) -> jax.Array:
        layer, params = keras_gru(z, name, hidden)
        return jax.jit(layer.apply)(params, np.concatenate(given, axis=-1))[1]

    first = np.tanh(dense("input_dense", x))
    vad = gru("vad", 24, first)
    noise = gru("noise", 48, first, vad, x)
    denoise = gru("denoise", 96, vad, noise, x)
    for name, ys in [("vad_gru", vad), ("noise_gru", noise), ("denoise_gru", denoise)]:
        assert_within(2 * 3e-5, ys, z[name])
    assert_within(2 * 3e-5, sigmoid(dense("denoise_output", denoise)), z["gains"])
    assert_within(2 * 3e-5, sigmoid(dense("vad_output", vad))[:, 0], z["vad"])
