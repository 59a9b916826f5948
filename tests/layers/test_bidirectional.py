"""Both directions and how they are merged, against plain loops in NumPy and against each direction alone."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.cells.configuration import as_data, class_name, from_data
from gatedrnn.errors import InputError
from gatedrnn.testing import compare
from tests.helpers import numpy_cells as plain
from tests.helpers.drawn import shifted

MERGED = {
    "concat": lambda forward, backward: np.concatenate([forward, backward], axis=-1),
    "sum": np.add,
    "mean": lambda forward, backward: np.mean([forward, backward], axis=0),
    "product": np.multiply,
}
T, B, I, H = 5, 3, 2, 3  # noqa: E741
LENGTHS = [5, 2, 0]
RTOL = compare.tolerance(2.0**-52, operations=T * (I + H) * 10)


def drawn(dtype="float64", **options):
    """A layer of an LSTM forward and a GRU backward, its parameters with biases, and inputs with garbage beyond."""
    policy = gr.Policy(params=dtype)
    layer = gr.bidirectional(gr.LSTM(H, policy=policy), gr.GRU(H, policy=policy), **options)
    params = layer.init(jax.random.key(0), I)
    params = shifted(params, 0.1)
    xs = np.asarray(jax.random.normal(jax.random.key(1), (T, B, I), dtype)).copy()
    for b, length in enumerate(LENGTHS):
        xs[length:, b] = np.nan
    return layer, params, xs


def in_numpy(params, xs):
    """Outputs of each direction, ``[T, B, H]``."""
    params = jax.tree.map(np.asarray, params)
    forward, backward = np.zeros((2, T, B, H))
    for b, length in enumerate(LENGTHS):
        steps = {"exists": np.arange(T) < length, "starts": np.zeros(T, bool)}
        zero = np.zeros(H)
        forward[:, b] = plain.run(plain.lstm, params.forward, xs[:, b], (zero, zero), None, H, **steps)[1]
        backward[:, b] = plain.run(plain.gru, params.backward, xs[:, b], zero, None, H, reverse=True, **steps)[1]
    return forward, backward


@pytest.mark.parametrize("merge", MERGED)
def test_merged_outputs_are_those_of_both_directions(merge):
    with jax.enable_x64():
        layer, params, xs = drawn(merge=merge)
        ys = np.asarray(layer.apply(params, xs, lengths=jnp.array(LENGTHS))[1])
    expected = MERGED[merge](*in_numpy(params, xs))
    assert layer.out_dim == expected.shape[-1]
    np.testing.assert_allclose(ys, expected, rtol=RTOL, atol=RTOL)
    assert all((ys[length:, b] == 0).all() for b, length in enumerate(LENGTHS))


@pytest.mark.parametrize("merge", ["sum", "mean", "product"])
def test_unequal_widths_are_refused_by_name(merge):
    with pytest.raises(InputError, match=f'^merge: expected "concat", as .* put out 2 and 3 features; got {merge!r}'):
        gr.bidirectional(gr.GRU(2), gr.GRU(3), merge=merge)
    assert gr.bidirectional(gr.GRU(2), gr.GRU(3)).out_dim == 5


@pytest.mark.usefixtures("unchecked_annotations")
@pytest.mark.parametrize("merge", ["ave", "CONCAT", None, 0])
def test_another_merge_is_refused_by_name(merge):
    with pytest.raises(InputError, match=r"^merge: expected one of concat, sum, mean, product; got "):
        gr.bidirectional(gr.GRU(2), merge=merge)


@pytest.mark.parametrize("merge", MERGED)
def test_the_configuration_is_written_down_and_read_again(merge):
    layer = gr.bidirectional(gr.GRU(2), merge=merge)
    kinds = {class_name(kind): kind for kind in (gr.Bidirectional, gr.Scan)}
    assert from_data(as_data(layer), further=kinds) == layer
    assert repr(merge) in repr(layer) or merge == "concat"


def test_flax_modules_take_it():
    layer = gr.bidirectional(gr.GRU(2), merge="mean")
    module = gr.linen.RNN(layer)
    inputs = jax.random.normal(jax.random.key(1), (3, 4, 2))  # [B, T, I]
    variables = module.init(jax.random.key(0), inputs)
    held = variables["params"]
    params = gr.BidirectionalParams(*(gr.GRUParams(**held[way]) for way in ("forward", "backward")))
    expected = layer.apply(params, jnp.moveaxis(inputs, 1, 0))[1]
    assert (module.apply(variables, inputs) == jnp.moveaxis(expected, 0, 1)).all()


@pytest.mark.verify
@pytest.mark.parametrize("merge", ["sum", "mean", "product"])
def test_laws(merge):
    gr.testing.check_layer(gr.bidirectional(gr.LSTM(2), gr.SimpleRNN(2), merge=merge))
