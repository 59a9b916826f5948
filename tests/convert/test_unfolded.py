"""What computes the same in evaluation goes to other frameworks as the plain layers that it is then."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.convert import from_torch, save, to_equinox, to_jax_rnn, to_keras, to_torch
from gatedrnn.errors import InputError
from tests.helpers.drawn import drawn

torch = pytest.importorskip("torch")

T, B, I, H = 5, 3, 2, 4  # noqa: E741
LSTM = gr.LSTM(H)
TWO = {
    "stack": gr.scan(gr.stack(LSTM, LSTM), remat=2),
    "stack in a stack": gr.scan(gr.drop_connect(gr.stack(gr.stack(LSTM), gr.clip_gradient(LSTM, 1.0)), 0.2)),
    "dropout between": gr.chain(gr.dropout(0.3), gr.scan(LSTM), gr.dropout(0.3), gr.scan(LSTM), gr.dropout(0.3)),
    "noise within": gr.chain(gr.scan(gr.variational_dropout(LSTM, 0.3)), gr.scan(gr.drop_connect(LSTM, 0.3))),
    "split over devices": gr.data_parallel(gr.chain(gr.scan(LSTM), gr.chain(gr.dropout(0.3), gr.scan(LSTM)))),
}
"""By what they are: layers that in evaluation are two LSTMs one on the other."""


@pytest.mark.parametrize("name", TWO)
def test_pytorch_computes_the_same(name: str) -> None:
    layer, xs = TWO[name], np.random.default_rng(0).normal(size=(T, B, I)).astype(np.float32)
    params = drawn(layer, I)
    theirs = torch.nn.LSTM(I, H, 2)
    theirs.load_state_dict({key: torch.tensor(value) for key, value in to_torch(layer, params).items()})
    ys = jax.jit(layer.apply)(params, jnp.asarray(xs))[1]
    # Five steps of ten products in two layers, in another order: 1e-7 each.
    np.testing.assert_allclose(theirs(torch.tensor(xs))[0].detach().numpy(), ys, rtol=1e-5, atol=1e-5)


def test_both_directions_and_every_framework_leave_out_noise() -> None:
    noisy = gr.drop_connect(gr.GRU(H), 0.3)
    layer = gr.chain(gr.bidirectional(noisy, gr.variational_dropout(gr.GRU(H), 0.2)), gr.dropout(0.5))
    plain = gr.bidirectional(gr.GRU(H))
    params = drawn(layer, I)
    for key, weight in to_torch(plain, params[0]).items():
        np.testing.assert_array_equal(to_torch(layer, params)[key], weight)
    for one, other in zip(to_keras(layer, params), to_keras(plain, params[0]), strict=True):
        np.testing.assert_array_equal(one, other)
    single = gr.scan(noisy)
    np.testing.assert_array_equal(to_equinox(single, params[0].forward)["weight_hh"], params[0].forward.w_h.T)
    deep = gr.scan(gr.stack(LSTM, LSTM))
    both = drawn(deep, I)
    np.testing.assert_array_equal(to_jax_rnn(deep, both), to_jax_rnn(gr.chain(gr.scan(LSTM), gr.scan(LSTM)), both))


@pytest.mark.parametrize(
    "layer",
    [
        gr.scan(gr.zoneout(LSTM, 0.1)),  # mixes states in evaluation
        gr.scan(gr.learned_start(LSTM)),
        gr.scan(gr.residual(gr.stack(LSTM, LSTM))),
        gr.bidirectional(gr.stack(LSTM, LSTM)),  # both directions meet after the second alone
        gr.chain(gr.dropout(0.5)),
    ],
    ids=["zoneout", "learned start", "residual", "stacks of directions", "no weights"],
)
def test_what_computes_otherwise_is_refused(layer: Any) -> None:
    with pytest.raises(InputError, match=r"^layer: expected"):
        to_torch(layer, drawn(layer, H))


def test_a_file_keeps_a_whole_layer_or_none(tmp_path: Any) -> None:
    for layer in (TWO["stack"], TWO["dropout between"], TWO["noise within"]):
        with pytest.raises(InputError, match="expected"):
            save(tmp_path / "net.safetensors", layer, drawn(layer, I))


def test_parameters_of_another_depth_are_refused() -> None:
    with pytest.raises(InputError, match="params: expected a tuple of 2"):
        to_torch(TWO["stack"], drawn(TWO["stack"], I)[:1])
    assert from_torch(to_torch(TWO["stack"], drawn(TWO["stack"], I)))[0] == gr.chain(gr.scan(LSTM), gr.scan(LSTM))
