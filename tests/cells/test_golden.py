"""Published models' weights in our cells give the outputs of the software that they came from.

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
WIDE = gr.Policy(params="float64")


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


def load(name: str) -> dict[str, np.ndarray]:
    with np.load(FOLDER / name, allow_pickle=False) as file:
        return {key: file[key].astype(np.float64) for key in file.files}


def torch_lstm(z: dict[str, np.ndarray], prefix: str = "", suffix: str = "") -> gr.LSTMParams:
    """PyTorch: gates i f g o, weights ``[4H, I]``, two biases that are added."""
    w_x, w_h, b_x, b_h = (z[f"{prefix}{n}{suffix}"] for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    return gr.LSTMParams(*map(jnp.asarray, (w_x.T, w_h.T, b_x + b_h)))


def keras_gru(z: dict[str, np.ndarray], name: str, hidden: int) -> gr.GRUResetBeforeParams:
    """Keras: gates z r h, weights ``[I, 3H]``; here 8-bit integers over 256."""

    def gates(w: np.ndarray) -> jax.Array:
        z, r, h = np.split(w.reshape(-1, 3 * hidden) / 256, 3, axis=-1)
        return jnp.concatenate([r, z, h], axis=-1)

    w_x, w_h, b = (gates(z[f"{name}_gru_{part}"]) for part in ("weights", "recurrent_weights", "bias"))
    return gr.GRUResetBeforeParams(w_x, w_h, b[0])


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
    layer, params = gr.scan(gr.LSTM(128, policy=WIDE)), torch_lstm(z)
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
    params = gr.BidirectionalParams(torch_lstm(z, "lstm.", "_l0"), torch_lstm(z, "lstm.", "_l0_reverse"))
    carry, ys = jax.jit(gr.bidirectional(gr.LSTM(32, policy=WIDE)).apply)(params, z["x"].swapaxes(0, 1))
    assert_within(2 * 7e-7, ys.swapaxes(0, 1), z["y"])
    assert_within(2 * 7e-7, jnp.stack([carry.forward.h, carry.backward.h]), z["h_n"])
    assert_within(2 * 7e-7, jnp.stack([carry.forward.c, carry.backward.c]), z["c_n"])


def test_rnnoise_grus_with_reset_before_and_relu():
    """RNNoise 0.1.1, noise suppression: three GRUs, each fed with what those before it gave, and two heads."""
    z = load("rnnoise_v0.1.1_gru_reset_before.npz")
    x = z["x"]

    def dense(name: str, given) -> np.ndarray:
        bias = z[f"{name}_bias"] / 256
        return given @ (z[f"{name}_weights"].reshape(-1, bias.size) / 256) + bias

    def gru(name: str, hidden: int, *given) -> jax.Array:
        cell = gr.GRU(hidden, reset="before", activation=jax.nn.relu, policy=WIDE)
        return jax.jit(gr.scan(cell).apply)(keras_gru(z, name, hidden), np.concatenate(given, axis=-1))[1]

    first = np.tanh(dense("input_dense", x))
    vad = gru("vad", 24, first)
    noise = gru("noise", 48, first, vad, x)
    denoise = gru("denoise", 96, vad, noise, x)
    for name, ys in [("vad_gru", vad), ("noise_gru", noise), ("denoise_gru", denoise)]:
        assert_within(2 * 3e-5, ys, z[name])
    assert_within(2 * 3e-5, sigmoid(dense("denoise_output", denoise)), z["gains"])
    assert_within(2 * 3e-5, sigmoid(dense("vad_output", vad))[:, 0], z["vad"])
