"""The summary of a sequence: PyTorch's ``h_n`` of packed sequences; each direction's output at its own last step."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.cells import registry
from gatedrnn.layers.output import output_in
from gatedrnn.testing import compare
from tests.helpers import cell_table as cells
from tests.helpers.drawn import shifted

T, B, I, H = 6, 4, 3, 2  # noqa: E741
LENGTHS = [6, 2, 1, 4]
RTOL = compare.tolerance(2.0**-52, operations=2 * T * (I + 2 * H) * 10)
F64 = gr.Policy(params="float64")


def drawn(layer, in_dim=I, carry_too=False):
    """Parameters whose biases are not zero, inputs, and a carry to start from."""
    params = layer.init(jax.random.key(0), in_dim)
    params = shifted(params, 0.1)
    xs = jax.random.normal(jax.random.key(1), (T, B, in_dim), jax.tree.leaves(params)[0].dtype)
    start = layer.initial_carry(params, xs[0]) if carry_too else None
    return params, xs, shifted(start, 1.0)


def of_torch(kind: str, params: Any, xs: Any, start: Any) -> Any:
    """Return h_n of two bidirectional layers over packed sequences, ``[layers * 2, B, H]``."""
    torch = pytest.importorskip("torch")
    module = getattr(torch.nn, kind)(I, H, 2, bidirectional=True, dtype=torch.float64)
    with torch.no_grad():
        for depth, layer in enumerate(params):
            for ending, one in zip((f"l{depth}", f"l{depth}_reverse"), layer, strict=True):
                second = jnp.zeros_like(one.b) if kind == "LSTM" else jnp.pad(one.b_h, (2 * H, 0))
                held = {"weight_ih": one.w_x.T, "weight_hh": one.w_h.T, "bias_ih": one.b, "bias_hh": second}
                for name, array in held.items():
                    getattr(module, f"{name}_{ending}").copy_(torch.tensor(np.asarray(array)))
        ways = [way for layer in start for way in layer]
        parts = [(way.h, way.c) for way in ways] if kind == "LSTM" else [(way,) for way in ways]
        given = tuple(torch.tensor(np.stack(part)) for part in zip(*parts, strict=True))
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            torch.tensor(np.asarray(xs)), torch.tensor(LENGTHS), enforce_sorted=False
        )
        state = module(packed, given if kind == "LSTM" else given[0])[1]
        return (state[0] if kind == "LSTM" else state).numpy()


@pytest.mark.parametrize(("kind", "make"), [("LSTM", gr.LSTM), pytest.param("GRU", gr.GRU, marks=pytest.mark.verify)])
def test_it_is_h_n_of_pytorch(kind, make):
    with jax.enable_x64():
        net = gr.chain(*(gr.bidirectional(make(H, policy=F64)) for _ in range(2)))
        params, xs, start = drawn(net, carry_too=True)
        carry, _ = jax.jit(net.apply)(params, xs, carry=start, lengths=jnp.array(LENGTHS))
        h_n = of_torch(kind, params, xs, start)
        for got, expected in (
            (gr.final(net, carry), [h_n[2], h_n[3]]),
            (gr.final(net.layers[0], carry[0]), [h_n[0], h_n[1]]),
            (gr.final(gr.scan(make(H, policy=F64), reverse=True), carry[0].backward), [h_n[1]]),
        ):
            np.testing.assert_allclose(got, np.concatenate(expected, axis=-1), rtol=RTOL, atol=RTOL)


LAYERS = {
    "forward": gr.scan(gr.LSTM(H)),
    "reverse": gr.scan(gr.GRU(H), reverse=True),
    "stack": gr.scan(gr.stack(gr.LSTM(4), gr.residual(gr.LSTM(4)), gr.GRU(H))),
    "chain": gr.chain(gr.dense(4), gr.scan(gr.GRU(3)), gr.dropout(0.5), gr.scan(gr.MinGRU(H)), gr.dropout(0.5)),
    "split over devices": gr.data_parallel(gr.chain(gr.residual(gr.dense(I)), gr.scan(gr.SimpleRNN(H)))),
    "concat": gr.bidirectional(gr.LSTM(H), gr.GRU(H)),
    "sum": gr.bidirectional(gr.LSTM(H), gr.GRU(H), merge="sum"),
    "mean": gr.bidirectional(gr.LSTM(H), gr.GRU(H), merge="mean"),
    "product": gr.bidirectional(gr.LSTM(H), gr.GRU(H), merge="product"),
}


SLOW = ("stack", "split over devices", "sum", "mean")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.verify) if name in SLOW else name for name in LAYERS]
)
def test_each_direction_at_its_own_last_step(name):
    """The bits of the outputs there, of sequences of different lengths, one of them empty."""
    layer, lengths = LAYERS[name], [6, 2, 1, 0]
    params, xs, _ = drawn(layer)
    carry, ys = jax.jit(layer.apply)(params, xs, lengths=jnp.array(lengths))
    if isinstance(layer, gr.Bidirectional):
        parts = [
            jax.jit(way.apply)(p, xs, lengths=jnp.array(lengths))[1]
            for way, p in zip(layer_ways(layer), params, strict=True)
        ]
        expected = layer.merged(gr.last(parts[0], jnp.array(lengths)), parts[1][0])
    else:
        expected = ys[0] if name == "reverse" else gr.last(ys, jnp.array(lengths))
    got = gr.final(layer, carry)
    assert got.dtype == ys.dtype
    assert got.shape == (B, layer.out_dim)
    np.testing.assert_array_equal(got, expected)
    assert (got[3] == 0).all()


def layer_ways(layer):
    return layer.forward, layer.backward


def test_without_a_step_it_is_the_output_that_came():
    layer = gr.scan(gr.LSTM(H))
    params, xs, start = drawn(layer, carry_too=True)
    carry, _ = jax.jit(layer.apply)(params, xs, carry=start, lengths=jnp.array([0, 0, 0, 3]))
    got = gr.final(layer, carry)
    np.testing.assert_array_equal(got[:3], start.h[:3])
    assert (got[3] != start.h[3]).any()


def test_chunks_with_the_carry_passed_on_end_as_one_run():
    layer = gr.chain(gr.scan(gr.GRU(3)), gr.scan(gr.LSTM(H)))
    params, xs, _ = drawn(layer)
    lengths = jnp.array(LENGTHS)
    run = jax.jit(layer.apply)
    whole, _ = run(params, xs, lengths=lengths)
    carry, _ = run(params, xs[:3], lengths=lengths)
    carry, _ = run(params, xs[3:], carry=carry, lengths=lengths - 3)
    np.testing.assert_allclose(gr.final(layer, carry), gr.final(layer, whole), rtol=1e-5, atol=1e-6)


def test_last_after_both_directions_is_something_else():
    layer = gr.bidirectional(gr.GRU(H))
    params, xs, _ = drawn(layer)
    carry, ys = jax.jit(layer.apply)(params, xs)
    one_input = jax.jit(layer.backward.apply)(params.backward, xs[-1:])[1][0]
    np.testing.assert_allclose(gr.last(ys)[:, H:], one_input, rtol=1e-6)
    assert np.abs(gr.final(layer, carry)[:, H:] - one_input).max() > 0.1


WIDE = gr.Policy(compute="bfloat16", carry="float32")


@pytest.mark.parametrize("types", [gr.Policy(), WIDE], ids=["float32", "carry wider"])
@pytest.mark.parametrize("name", cells.rows(registry.CELLS))
def test_every_built_in_cell_says_what_its_output_is(name, types):
    cell = dataclasses.replace(registry.CELLS[name].make(H), policy=types)
    params, xs, _ = drawn(cell)
    carry, y = cell.step(cell.prepare(params, xs, None)[0], cell.initial_carry(params, xs[0]), xs[0])
    got = output_in(cell, carry)
    assert got.dtype == y.dtype
    np.testing.assert_array_equal(got, y)


AROUND = {
    "zoneout": gr.zoneout(gr.LSTM(H), 0.1, 0.2),
    "learned start": gr.learned_start(gr.GRU(H)),
    "projected": gr.ProjectedLSTM(5, H),
    "clipped": gr.clip_gradient(gr.stack(gr.GRU(3), gr.LSTM(H)), 1.0),
    "clipped, gated": gr.clip_gradient(gr.LSTM(H), 1.0),
}


@pytest.mark.parametrize("name", AROUND)
def test_so_do_cells_around_cells(name):
    layer = gr.scan(AROUND[name])
    params, xs, _ = drawn(layer)
    carry, ys = jax.jit(layer.apply)(params, xs)
    np.testing.assert_array_equal(gr.final(layer, carry), ys[-1])


@pytest.mark.verify
def test_of_images_it_is_the_last_state():
    layer = gr.scan(gr.ConvLSTM(2, space=1))
    params = layer.init(jax.random.key(0), 3)
    carry, ys = layer.apply(params, jax.random.normal(jax.random.key(1), (4, 2, 5, 3)))
    np.testing.assert_array_equal(gr.final(layer, carry), ys[-1])
