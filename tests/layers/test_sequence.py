"""Lengths, masks, resets and reverse, against plain loops and against sums that one can do in one's head."""

from __future__ import annotations

import dataclasses
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding, PartitionSpec

import gatedrnn as gr
from gatedrnn.testing import compare
from tests.helpers import numpy_cells as plain
from tests.helpers.proofs import quick_rows

SUM = gr.SimpleRNN(1, activation=lambda x: x)
"""A cell that adds up its inputs: y = h + x."""
ONES = gr.SimpleRNNParams(w_x=jnp.ones((1, 1)), w_h=jnp.ones((1, 1)), b=jnp.zeros(1))


def bits(text):
    return jnp.array([flag == "1" for flag in text])


# Inputs 1, 2, 3, 4, 5; what is given; the outputs; the last carry.
SUMS = {
    "nothing": ({}, [1, 3, 6, 10, 15], 15),
    "carry": ({"carry": 100}, [101, 103, 106, 110, 115], 115),
    "length": ({"lengths": 3}, [1, 3, 6, 0, 0], 6),
    "length 0": ({"lengths": 0, "carry": 100}, [0, 0, 0, 0, 0], 100),
    "length below 0": ({"lengths": -2, "carry": 100}, [0, 0, 0, 0, 0], 100),
    "length above T": ({"lengths": 9}, [1, 3, 6, 10, 15], 15),
    "holes": ({"mask": "10110"}, [1, 0, 4, 8, 0], 8),
    "length and mask": ({"mask": "10111", "lengths": 4}, [1, 0, 4, 8, 0], 8),
    "reset": ({"resets": "00100", "carry": 100}, [101, 103, 3, 7, 12], 12),
    "reset at the start": ({"resets": "10000", "carry": 100}, [1, 3, 6, 10, 15], 15),
    "reset of a NaN": ({"resets": "10000", "carry": np.nan}, [1, 3, 6, 10, 15], 15),
    "reset at each step": ({"resets": "11111"}, [1, 2, 3, 4, 5], 5),
    "reset on a hole": ({"resets": "00100", "mask": "11011"}, [1, 3, 0, 7, 12], 12),
    "reset after a hole": ({"resets": "00010", "mask": "11011"}, [1, 3, 0, 4, 9], 9),
    "reset beyond the length": ({"resets": "00010", "lengths": 3}, [1, 3, 6, 0, 0], 6),
    "reverse": ({"reverse": True}, [15, 14, 12, 9, 5], 15),
    "reverse, carry": ({"reverse": True, "carry": 100}, [115, 114, 112, 109, 105], 115),
    "reverse, length": ({"reverse": True, "lengths": 3, "carry": 100}, [106, 105, 103, 0, 0], 106),
    "reverse, length 0": ({"reverse": True, "lengths": 0, "carry": 100}, [0, 0, 0, 0, 0], 100),
    "reverse, holes": ({"reverse": True, "mask": "10110"}, [8, 0, 7, 4, 0], 8),
    "reverse, reset": ({"reverse": True, "resets": "00100", "carry": 100}, [3, 2, 112, 109, 105], 3),
    "reverse, reset at the start": ({"reverse": True, "resets": "10000", "carry": 100}, [115, 114, 112, 109, 105], 115),
    "reverse, reset at each step": ({"reverse": True, "resets": "11111", "carry": 100}, [1, 2, 3, 4, 105], 1),
    "reverse, reset on a hole": ({"reverse": True, "resets": "00100", "mask": "11011"}, [12, 11, 0, 9, 5], 12),
    "reverse, reset after a hole": ({"reverse": True, "resets": "00010", "mask": "11011"}, [3, 2, 0, 9, 5], 3),
    "reverse, reset before a hole": ({"reverse": True, "resets": "01000", "mask": "11011"}, [1, 11, 0, 9, 5], 1),
    "reverse, reset before holes alone": ({"reverse": True, "resets": "00100", "mask": "00111"}, [0, 0, 12, 9, 5], 12),
    "reverse, reset beyond the length": ({"reverse": True, "resets": "00010", "lengths": 3}, [6, 5, 3, 0, 0], 6),
}


@pytest.mark.parametrize("name", SUMS)
def test_sums(name):
    given, expected, last = SUMS[name]
    given = dict(given)
    layer = gr.scan(SUM, reverse=given.pop("reverse", False))
    for flag in given.keys() & {"mask", "resets"}:
        given[flag] = bits(given[flag])
    if "carry" in given:
        given["carry"] = jnp.full(1, float(given["carry"]))
    xs = jnp.arange(1.0, 6.0)[:, None]
    carry, ys = jax.jit(lambda xs: layer.apply(ONES, xs, **given))(xs)
    assert (ys[:, 0].tolist(), carry.tolist()) == (expected, [last])


T, B, I, H = 7, 40, 2, 3  # noqa: E741
CELLS = {
    "lstm": (gr.LSTM, plain.lstm),
    "gru": (gr.GRU, plain.gru),
    "gru, reset before": (gr.GRUResetBefore, plain.gru_reset_before),
    "simple rnn": (gr.SimpleRNN, plain.simple_rnn),
    "min gru": (gr.MinGRU, plain.min_gru),
}
# Each of T steps adds up I + H products and takes about 16 operations more.
RTOL = compare.tolerance(np.finfo(np.float64).eps, T * (I + H + 16))


@pytest.mark.parametrize(
    ("name", "reverse"),
    quick_rows(product(CELLS, (False, True)), (("lstm", False), ("gru", True), ("gru, reset before", True))),
)
def test_any_lengths_masks_and_resets_are_a_plain_loop(name, reverse):
    """Forty random sequences: lengths from -2 to T + 2, a third of all steps holes, a third of all steps resets."""
    make, step = CELLS[name]
    rng = np.random.default_rng(len(name) + reverse)
    xs = rng.normal(size=(T, B, I))
    lengths = rng.integers(-2, T + 3, B)
    mask, resets = rng.random((2, T, B)) < [[[0.67]], [[0.33]]]
    with jax.enable_x64(True):
        layer = gr.scan(make(H, policy=gr.Policy(params="float64")), reverse=reverse)
        params = layer.init(jax.random.key(0), I)
        initial = layer.initial_carry(params, jnp.asarray(xs[0]))
        start = jax.tree.map(lambda leaf: rng.normal(size=leaf.shape), initial)
        garbage = np.where((mask & (np.arange(T)[:, None] < lengths))[..., None], xs, np.nan)
        given = {"carry": start, "lengths": lengths, "mask": mask, "resets": resets}
        carry, ys = jax.jit(layer.apply)(params, garbage, **given)
    params, initial = jax.tree.map(np.asarray, (params, initial))
    for b in range(B):
        member = lambda tree, b=b: jax.tree.map(lambda leaf: leaf[b], tree)  # noqa: E731
        exists = mask[:, b] & (np.arange(T) < lengths[b])
        last, expected = plain.run(
            step,
            params,
            xs[:, b],
            member(start),
            member(initial),
            H,
            exists=exists,
            starts=resets[:, b],
            reverse=reverse,
        )
        got = jax.tree.leaves(member(carry)), ys[:, b]
        compare.assert_close(got, (jax.tree.leaves(last), expected), f"(carry, ys) of sequence {b}", rtol=RTOL)


@pytest.mark.parametrize(
    "given",
    [
        {"lengths": jnp.array(3)},
        {"lengths": jnp.array([3, 5])},
        {"mask": bits("110110")},
        {"resets": bits("010010")},
        {"resets": bits("010010"), "lengths": jnp.array([[1, 6, 3], [0, 2, 4]])},
        {"mask": bits("110110"), "lengths": jnp.array([2, 6])},
        {"mask": bits("110110"), "resets": jnp.ones((6, 2), bool)},
    ],
    ids=lambda given: ", ".join(f"{name} {list(value.shape)}" for name, value in given.items()),
)
@pytest.mark.parametrize("reverse", quick_rows((False, True), (False,)))
def test_what_lacks_batch_axes_counts_for_all_of_them(given, reverse):
    layer = gr.chain(gr.scan(SUM, reverse=reverse), gr.residual(gr.scan(SUM)))
    xs = jax.random.normal(jax.random.key(0), (6, 2, 3, 1))

    def spread(name, value):
        shape = (2, 3) if name == "lengths" else (6, 2, 3)
        return jnp.broadcast_to(value.reshape(value.shape + (1,) * (len(shape) - value.ndim)), shape)

    full = {name: spread(name, value) for name, value in given.items()}
    got, expected = (jax.jit(lambda xs, g=g: layer.apply((ONES, ONES), xs, **g))(xs) for g in (given, full))
    compare.assert_equal(got, expected, "(carry, ys)")


def test_lengths_of_a_small_type_count_far():
    xs = jnp.ones((300, 2, 1))
    _, ys = jax.jit(lambda xs: gr.scan(SUM).apply(ONES, xs, lengths=jnp.array([7, 127], jnp.int8)))(xs)
    assert ys.sum((0, 2)).tolist() == [7 * 8 / 2, 127 * 128 / 2]


def test_last_is_the_output_at_the_end():
    ys = jnp.arange(1.0, 13.0).reshape(4, 3, 1).at[3, 0].set(jnp.nan)
    last = jax.jit(gr.last)
    assert last(ys, jnp.array([3, 0, 9])).ravel().tolist() == [7, 0, 12]
    assert last(ys[:, 1:]).ravel().tolist() == [11, 12]
    grad = jax.jit(jax.grad(lambda ys: gr.last(ys, jnp.array([3, 0, 9])).sum()))(ys)
    assert np.argwhere(grad[..., 0]).tolist() == [[2, 0], [3, 2]]


@dataclasses.dataclass(frozen=True)
class Choosing:
    """A cell that selects between its carry and its input; its first carry is made from shapes alone."""

    out_dim: int = 2

    def init(self, key, in_dim):
        return jnp.ones(in_dim)

    def initial_carry(self, params, x):
        return jnp.zeros(x.shape)

    def step(self, params, carry, x):
        h = jnp.where(x > 0, carry, params * x)
        return h, h


@pytest.mark.skipif(jax.device_count() < 2, reason="needs 2 devices: --xla_force_host_platform_device_count=2")
def test_a_cell_may_select_between_carry_and_input_on_explicit_meshes():
    mesh = jax.make_mesh((2,), ("b",), axis_types=(AxisType.Explicit,), devices=jax.devices()[:2])
    xs = jax.random.normal(jax.random.key(0), (5, 4, 2))
    expected = gr.scan(Choosing()).apply(jnp.ones(2), xs)
    with jax.set_mesh(mesh):
        spread = jax.device_put(xs, NamedSharding(mesh, PartitionSpec(None, "b")))
        got = jax.jit(gr.scan(Choosing()).apply)(jnp.ones(2), spread)
    compare.assert_equal(got, expected, "(carry, ys)")
