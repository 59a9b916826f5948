"""Initial parameters of other sources: what they set, what they leave, and that all of it may be traced."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import gatedrnn as gr
from gatedrnn.errors import InputError

I, H = 200, 32  # noqa: E741
KEY = jax.random.key(5)
CELLS = {"lstm": (gr.LSTM(H), 4), "gru": (gr.GRU(H), 3), "simple rnn": (gr.SimpleRNN(H), 1)}
EPS = float(np.finfo(np.float32).eps)


def drawn(name):
    cell, gates = CELLS[name]
    return cell.init(jax.random.key(0), I), gates


def assert_others_stay(got, before, *changed):
    for field in before._fields:
        if field not in changed:
            np.testing.assert_array_equal(getattr(got, field), getattr(before, field))


@pytest.mark.parametrize("name", CELLS)
def test_orthogonal_blocks_have_the_gain_as_every_singular_value(name):
    params, gates = drawn(name)
    got = gr.orthogonal_recurrent(params, KEY, 0.7)
    blocks = np.split(np.asarray(got.w_h, np.float64), gates, axis=1)
    for block in blocks:
        np.testing.assert_allclose(np.linalg.svd(block, compute_uv=False), 0.7, rtol=H * EPS)
    assert len({block.tobytes() for block in blocks}) == gates
    assert not np.array_equal(got.w_h, 0.7 * params.w_h)
    assert_others_stay(got, params, "w_h")


@pytest.mark.parametrize("name", CELLS)
def test_identity_blocks_are_the_gain_on_the_diagonal(name):
    params, gates = drawn(name)
    got = gr.identity_recurrent(params, 0.5)
    np.testing.assert_array_equal(got.w_h, np.hstack([0.5 * np.eye(H)] * gates))
    assert_others_stay(got, params, "w_h")


def test_an_irnn_is_a_simple_rnn_with_the_identity():
    params = gr.identity_recurrent(gr.SimpleRNN(H).init(KEY, I))
    chex.assert_trees_all_equal(gr.IRNN(H).init(KEY, I), params)


@pytest.mark.parametrize("name", CELLS)
def test_glorot_blocks_are_uniform_within_their_bound_times_the_gain(name):
    params, gates = drawn(name)
    got = gr.glorot_input(params, KEY, 2.0, hidden=H)
    bound = 2 * np.sqrt(6 / (I + H))
    for block in np.split(np.asarray(got.w_x, np.float64), gates, axis=1):
        assert stats.kstest(block.ravel(), stats.uniform(-bound, 2 * bound).cdf).pvalue > 1e-3
    assert_others_stay(got, params, "w_x")


def test_uniform_parameters_are_within_the_root_of_the_units_biases_too():
    params, _ = drawn("gru")
    got = gr.uniform_all(params, KEY, hidden=H)
    bound = 1 / np.sqrt(H)
    for leaf in got:
        assert stats.kstest(np.ravel(leaf).astype(np.float64), stats.uniform(-bound, 2 * bound).cdf).pvalue > 1e-3
    assert jax.tree.map(jnp.shape, got) == jax.tree.map(jnp.shape, params)


def test_kerass_unit_forget_bias_is_the_lstms_own_start():
    params, _ = drawn("lstm")
    cleared = params._replace(b=jnp.zeros(4 * H))
    np.testing.assert_array_equal(gr.memory_bias(cleared, 1.0).b, params.b)


def test_a_population_over_ways_and_gains_is_each_alone():
    params, _ = drawn("lstm")
    ways = (
        gr.orthogonal_recurrent,
        lambda params, key, gain: gr.identity_recurrent(params, gain),
        lambda params, key, gain: gr.glorot_input(params, key, gain, hidden=H),
        lambda params, key, gain: gr.uniform_all(params, key, gain, hidden=H),
        lambda params, key, gain: gr.memory_bias(params, gain),
    )
    which, gains, keys = jnp.arange(len(ways)), jnp.linspace(0.5, 1.5, len(ways)), jax.random.split(KEY, len(ways))
    got = jax.vmap(lambda way, gain, key: jax.lax.switch(way, ways, params, key, gain))(which, gains, keys)
    for k, way in enumerate(ways):
        alone = way(params, keys[k], gains[k])
        # A draw of an orthogonal block is a factorisation, whose roundings differ in a batch.
        close = jax.tree.map(lambda a, b: np.abs(a[k] - b).max() < 8 * H * EPS, got, alone)  # noqa: B023
        assert all(jax.tree.leaves(close))


PROJECTED = gr.ProjectedLSTM(8, 4).init(KEY, 2)
"""Its recurrent map has fewer rows than units, and yet columns that they divide."""

WAYS = (
    lambda params, gain: gr.orthogonal_recurrent(params, KEY, gain),
    gr.identity_recurrent,
    lambda params, gain: gr.glorot_input(params, KEY, gain, hidden=H),
    lambda params, gain: gr.uniform_all(params, KEY, gain, hidden=H),
)


@pytest.mark.parametrize("wide", [jnp.float32(0.5), np.float64(0.5)], ids=["JAX", "NumPy"])
@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.filterwarnings("error::FutureWarning")
def test_parameters_keep_their_type_whatever_the_type_of_what_is_set(wide, traced):
    """A population's hyperparameters are float32, its parameters may be of half precision; 0.5 is exact in all."""
    params = gr.GRU(4, policy=gr.Policy(params="bfloat16")).init(KEY, 3)
    ways = {
        "memory_bias": gr.memory_bias,
        "a bias for each unit": lambda params, bias: gr.memory_bias(params, jnp.full(4, bias)),
        "chrono_bias": lambda params, longest: gr.chrono_bias(params, KEY, longest + 9),
        "scale_recurrent": gr.scale_recurrent,
        "orthogonal_recurrent": WAYS[0],
        "identity_recurrent": WAYS[1],
        "glorot_input": lambda params, gain: gr.glorot_input(params, KEY, gain, hidden=4),
        "uniform_all": lambda params, gain: gr.uniform_all(params, KEY, gain, hidden=4),
    }
    for name, way in ways.items():
        got = (jax.jit(way) if traced else way)(params, wide)
        assert {leaf.dtype.name for leaf in got} == {"bfloat16"}, name
    assert gr.memory_bias(params, wide).b.tolist() == [0] * 4 + [0.5] * 4 + [0] * 4
    halved = np.asarray(gr.scale_recurrent(params, wide).w_h, np.float32)
    np.testing.assert_array_equal(halved, 0.5 * np.asarray(params.w_h, np.float32))


@dataclasses.dataclass(frozen=True)
class Own:
    """Parameters of a cell of one's own."""

    w_x: Any
    w_h: Any


@pytest.mark.parametrize("way", [*WAYS[:3], gr.scale_recurrent])
def test_parameters_may_be_a_dictionary_or_a_dataclass(way):
    params, _ = drawn("lstm")
    expected = way(params, 0.5)
    for own in (Own(params.w_x, params.w_h), {"w_x": params.w_x, "w_h": params.w_h}):
        got = way(own, 0.5)
        assert type(got) is type(own)
        found = got if isinstance(got, dict) else vars(got)
        np.testing.assert_array_equal(found["w_x"], expected.w_x)
        np.testing.assert_array_equal(found["w_h"], expected.w_h)


@pytest.mark.parametrize(("call", "message"), [
    (lambda p: gr.orthogonal_recurrent(gr.MinGRU(4).init(KEY, 2), KEY), "params: expected some with a map w_h"),
    (lambda p: gr.identity_recurrent(gr.IndRNN(4).init(KEY, 2)), r"params: expected w_h \[H, G\*H\], got \[4\]"),
    (lambda p: gr.glorot_input(drawn("simple rnn")[0], KEY, hidden=7), "hidden: .* divides the 32 columns of w_x"),
    (lambda p: gr.glorot_input(p, 3, hidden=H), "key: expected one key"),
    (lambda p: gr.uniform_all(p, KEY, hidden=0), "hidden: expected a positive int"),
    (lambda p: gr.uniform_all(p, KEY, hidden=H // 2), "hidden: expected 32, the units of these LSTMParams, got 16"),
    (lambda p: gr.glorot_input(p, KEY, hidden=H // 2), "hidden: expected 32, the units of these LSTMParams, got 16"),
    (lambda p: gr.orthogonal_recurrent(PROJECTED, KEY), r"params: expected w_h \[H, G\*H\], got \[4, 32\] in Proj"),
    (lambda p: gr.identity_recurrent(PROJECTED), r"params: expected w_h \[H, G\*H\], got \[4, 32\] in Projected"),
    *((lambda p, way=way, gain=gain: way(p, gain), f"gain: expected a number, got {got}") for way, (gain, got)
      in itertools.product(WAYS, ((None, "None"), ("1", "'1'"), (1j, "1j"), (float("nan"), "nan"), (True, "True"),
                                  (np.ones(3), "float64")))),
])  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(unchecked_annotations, call, message):
    with pytest.raises(InputError, match=message):
        call(drawn("lstm")[0])
